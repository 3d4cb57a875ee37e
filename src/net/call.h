/* SPDX-License-Identifier: MIT */
#ifndef TIDY_NET_CALL_H
#define TIDY_NET_CALL_H

#include "net/task.h"
#include <tidysock/loop.h>

#include <uv.h>

/* One call at a later time; on its own libuv timer. */
struct tidy_call {
    struct tidy_call *prev, *next; /* in loop->calls while it is to come */
    struct tidy_loop *loop;
    uv_timer_t timer;
    struct tidy__task task; /* posted when it is due */
    tidy_call_cb cb;
    void *arg;
    const char *file;
    int line;
    bool is_ended; /* made or cancelled: libuv has the timer still */
    /* Told, with arg, when the loop ends first; NULL: nobody. */
    void (*dropped)(void *arg);
};

/* Cancel one because its loop ends. */
void tidy__call_drop(struct tidy_call *call);

/* The call to which a libuv timer belongs, or NULL. */
struct tidy_call *tidy__call_of(const struct tidy_loop *loop,
                                const uv_handle_t *handle);

#endif
