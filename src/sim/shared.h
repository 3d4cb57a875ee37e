/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_SHARED_H
#define TIDY_SIM_SHARED_H

#include "sim/record.h"

#define SIM_MAX_CHOICES (1024 * 1024)
#define SIM_MAX_TEXT 16384
#define SIM_MAX_TRACE (64 * 1024 * 1024)

/*
 * What the process of a run shares with the one that asked for it: an order, and
 * what came of it. It is written as things happen, so that it is there whatever
 * becomes of the process. Pages that are not used cost nothing.
 */
struct sim_shared {
    /* The order. */
    struct tidy_world_options options; /* its choices are those here: */
    uint32_t order[SIM_MAX_CHOICES];
    uint64_t layout; /* of a program's memory (layout.h); 0: as it comes */

    /* The outcome, and the world in which it came about: how far it has come
     * is also a sign of life. */
    bool has_begun, has_ended;
    struct sim_random random; /* its chooser, if it has one of these */
    struct sim_replay replay;
    enum tidy_outcome outcome;
    char text[SIM_MAX_TEXT];
    struct sim_world world;
    uint32_t taken[SIM_MAX_CHOICES];
    char trace[SIM_MAX_TRACE];
    struct sim_record record; /* if has_events */
};

/* Memory to share with children that are forked, or by a descriptor (owned by
 * the caller; a new one is made as large as it has to be). NULL: errno. */
struct sim_shared *tidy__sim_shared_new(void);
struct sim_shared *tidy__sim_shared_map(int fd);
/* Write an order, of options that were taken (options.h), and forget what came
 * of the one before. */
void tidy__sim_shared_order(struct sim_shared *shared,
                            const struct tidy_world_options *options);
/* Accepts NULL, returns NULL. */
struct sim_shared *tidy__sim_shared_free(struct sim_shared *shared);

/* In the run's process: run the body by the order. Returns only if it passed;
 * else the process ends. */
void tidy__sim_work(struct sim_shared *shared,
                    tidy_world_body_cb body,
                    void *arg);

/* Enter the world that was ordered, and leave it again when all is well; else
 * the process ends. */
void tidy__sim_enter(struct sim_shared *shared);
void tidy__sim_leave(struct sim_shared *shared);

/* The run did not pass: leave the outcome, and end the process. */
_Noreturn void tidy__sim_shared_end(struct sim_shared *shared,
                                    enum tidy_outcome outcome,
                                    const char *text);

/* The code with which a process ends whose run did not pass. */
#define SIM_EXIT_ENDED 97

#endif
