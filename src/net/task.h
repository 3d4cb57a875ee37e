/* SPDX-License-Identifier: MIT */
#ifndef TIDY_NET_TASK_H
#define TIDY_NET_TASK_H

#include <stdbool.h>

struct tidy_loop;

/*
 * Something to do at the end of the loop's turn, when no callback of the user's
 * is running any more. Embedded in what it is for; posting it twice is posting
 * it once.
 */
struct tidy__task {
    struct tidy__task *prev, *next; /* in tidy_loop.tasks */
    void (*run)(struct tidy__task *task);
    unsigned round; /* of the loop's, in which it was posted */
    bool is_posted;
    bool is_after_poll; /* in tidy_loop.tasks_after_poll */
};

void tidy__task_post(struct tidy_loop *loop, struct tidy__task *task);
/* The same for after the next look at what has arrived. */
void tidy__task_post_after_poll(struct tidy_loop *loop,
                                struct tidy__task *task);
void tidy__task_withdraw(struct tidy_loop *loop, struct tidy__task *task);

/* Run all that are posted, and those that they post, and so on, up to a limit:
 * what is beyond it has the next turn. */
void tidy__tasks_run(struct tidy_loop *loop);

/* What has arrived has been looked at: the others are due, too. */
void tidy__tasks_polled(struct tidy_loop *loop);

#endif
