/* SPDX-License-Identifier: MIT */
#ifndef TIDY_NET_LOOP_H
#define TIDY_NET_LOOP_H

#include "core/ledger.h"
#include "net/alarm.h"
#include "net/group.h"
#include "net/sigpipe.h"
#include "net/task.h"
#include <tidysock/loop.h>

#include <uv.h>

/* The largest piece that data_received is handed at once. */
#define TIDY__READ_SIZE 65536

/* Begins a piece of memory that is freed with the loop. */
struct tidy__memory {
    struct tidy__memory *next; /* in tidy_loop.kept */
};

/* Our part of a libuv loop; see tidysock/loop.h. */
struct tidy_loop {
    uv_loop_t *uv;       /* borrowed */
    unsigned generation; /* of the process that may use it */
    struct tidy_ledger ledger;

    /* Around the poll, and the end of the turn: prepare_handle and
     * check_handle always, idle_handle while tasks wait, so that the loop
     * neither blocks nor ends before they have run. */
    uv_prepare_t prepare_handle;
    uv_check_t check_handle;
    uv_idle_t idle_handle;
    struct tidy__task *tasks;            /* DL, borrowed */
    unsigned task_round;                 /* counts: see task.c */
    struct tidy__task *tasks_after_poll; /* DL, borrowed */

    uv_timer_t limit_timer;            /* of the await that is running */
    uv_timer_t alarm_timer;            /* for the first of the alarms */
    struct tidy__alarm *alarms;        /* DL, borrowed, earliest first */
    uint64_t n_alarms_set;             /* so far */
    struct tidy__alarm drain_alarm;    /* looks at what peers have taken */
    struct tidy_transport *draining;   /* DL through drain_prev, drain_next */
    uint64_t drain_ms;                 /* doubles while nothing moves */
    struct tidy_transport *by_pair;    /* uthash: address pair to transport */
    struct tidy__group *groups;        /* DL, borrowed, but for own_group */
    struct tidy__group own_group;      /* connections without a server */
    struct tidy_listener *listeners;   /* DL, owned */
    struct tidy_connector *connectors; /* DL, owned */
    struct tidy_call *calls;           /* DL, owned */
    size_t n_handles;                  /* libuv handles of ours, not closed */
    char *read_buf;                    /* owned, TIDY__READ_SIZE */
    struct tidy__memory *kept;         /* owned */
    bool is_running;                   /* inside our uv_run(), or a callback */
    bool is_polling;                   /* inside anybody's uv_run(), polling */
    bool is_stopped;                   /* a check failed; leave the loop */
    bool has_limit_passed;
    struct tidy__sigpipe sigpipe;
    bool is_condemned;
    bool is_ending; /* tidy_loop_free() was called: nothing begins any more */
    struct tidy_loop *next_condemned; /* see condemn.c */
};

/* Are we inside a callback, where nothing may block or recurse? */
bool tidy__loop_is_inside(const struct tidy_loop *loop);

/* Inside libuv, whoever called it? Then no jump may leave what is running. */
bool tidy__loop_is_in_uv(const struct tidy_loop *loop);

/* A jump is about to leave a uv_run() that is not ours: be inside for good. */
void tidy__loop_left(struct tidy_loop *loop);

/* Run uv_run() once in a mode, noting that we are inside. */
int tidy__loop_run(struct tidy_loop *loop, uv_run_mode mode);

/* The statement that is a callback of libuv's to us. It is inside the loop also
 * if it was the user's own uv_run() that brought us here. */
#define TIDY__INSIDE(loop_, ...)                                               \
    do {                                                                       \
        struct tidy_loop *tidy__loop = (loop_);                                \
        bool tidy__was_running = tidy__loop->is_running;                       \
                                                                               \
        tidy__loop->is_running = true;                                         \
        __VA_ARGS__;                                                           \
        tidy__loop->is_running = tidy__was_running;                            \
    } while (0)

/* A libuv handle of ours begins or ends its life. */
void tidy__loop_handle_opened(struct tidy_loop *loop);
void tidy__loop_handle_closed(struct tidy_loop *loop);

/* Take memory over: somebody else's callback may still lead to it. */
void tidy__loop_keep(struct tidy_loop *loop, struct tidy__memory *memory);

/* Connections that are ending and wait for nothing but the end of file of their
 * other end, which is ours and closed, wait no longer: nobody is left to whom it
 * matters. True: there was one. */
bool tidy__loop_hasten(struct tidy_loop *loop);

/* Leave the loop at the end of this turn: a check has failed. */
void tidy__loop_stop(struct tidy_loop *loop);

/* Is this libuv handle one of tidy_loop's own, which no user ever sees? */
bool tidy__loop_owns(const struct tidy_loop *loop, const uv_handle_t *handle);

/* A year: whoever sets more means for ever, and nothing can overflow. */
#define TIDY__FOR_EVER_NS TIDY_S(365 * 24 * 3600)

/* Run the loop until a condition holds; the heart of every await. The codes of
 * tidy_loop_await(). For ever has no timer. */
int tidy__loop_run_until(struct tidy_loop *loop,
                         bool (*is_done)(void *arg),
                         void *arg,
                         uint64_t limit_ns);

/* Was the descriptor open before the loop, and is not the loop's to close? */
typedef bool (*tidy__is_kept_fd_cb)(int fd, void *arg);

/*
 * The loop's memory is no longer to be trusted (a handle lay on a stack that
 * has been left, or a jump left uv_run()): close every descriptor it has or
 * watches, and never touch it again. Our own objects on it are left in memory.
 */
void tidy__loop_condemn(struct tidy_loop *loop,
                        tidy__is_kept_fd_cb is_kept,
                        void *arg);

/* What a condemned loop answers to who wants to begin something on it: a failed
 * deferred. */
struct tidy_deferred *tidy__loop_refuse(struct tidy_loop *loop,
                                        const char *what,
                                        const char *file,
                                        int line);

/* Was this libuv loop condemned? */
bool tidy__loop_is_condemned(const uv_loop_t *uv);

#endif
