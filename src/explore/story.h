/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_STORY_H
#define TIDY_EXPLORE_STORY_H

#include "explore/report.h"

/* What the table and the page show: of the events of a run those that led to how
 * it ended, in words. */

#define STORY_NAME_MAX 48
#define STORY_TEXT_MAX 160
#define STORY_NOBODY SIZE_MAX

enum story_role {
    STORY_OTHER, /* epoll, eventfd, timers: the program's own affairs */
    STORY_LISTENER,
    STORY_CLIENT,
    STORY_SERVER, /* the other end of a client, accepted or not */
    STORY_END     /* of a pair or a pipe; a socket with neither */
};

/* What is known about a file, at the end. */
struct story_actor {
    unsigned id;
    enum story_role role;
    char name[STORY_NAME_MAX]; /* "client 1"; as the body gave it; "" */
    char about[2 * SIM_ADDRESS_TEXT_MAX]; /* its addresses */
    unsigned other, listener;             /* ids; 0: none */
    int n_fds, fd;                        /* fd: its last */
    bool is_accepted, is_connected, has_data;
    bool is_used;    /* by the program itself, and not only by a library */
    bool is_touched; /* it had a part in the failure */
    uint64_t closed_ns;
    size_t n_arrived, n_read;
    size_t column; /* of those that are shown, or STORY_NOBODY */
};

enum story_row_type {
    STORY_CALL,
    STORY_MESSAGE, /* it leaves and arrives at once */
    STORY_LEAVES,  /* it stays in flight */
    STORY_ARRIVES,
    STORY_LOST,
    STORY_READY,
    STORY_DEPARTURE,
    STORY_TIMER
};

struct story_row {
    enum story_row_type type;
    uint64_t now_ns;
    size_t event;    /* its index */
    size_t from, to; /* columns; a call is only from; STORY_NOBODY */
    size_t pair;     /* of what arrives or is lost: the row in which it left */
    size_t number;   /* of a departure, from 1 */
    bool is_bad;     /* an error, a reset, a loss */
    bool is_last;    /* the last call before the end */
    /* This and the rows before it, n_block of them, happened so often; 0, 1:
     * once. The last time was at until_ns. */
    size_t n_block, n_times;
    uint64_t until_ns;
    char text[STORY_TEXT_MAX];
    char by[STORY_TEXT_MAX]; /* callbacks of the program's: "on_read < step" */
};

struct story {
    const struct explore_failure_view *view; /* borrowed */
    struct story_actor *actors;              /* owned; of id 1, 2, ... */
    size_t n_actors;
    struct story_actor **columns; /* owned; those that are shown */
    size_t n_columns;
    size_t *numbers;   /* owned; of each event that is a departure, from 1 */
    size_t n_left_out; /* sockets that had no part in it */
    struct story_row *rows;
    size_t n_rows;
    size_t n_in_flight;          /* segments that never arrived */
    size_t n_by;                 /* callers that all calls have in common */
    char end_by[STORY_TEXT_MAX]; /* who made the call in which it ended */
};

/* Owned; NULL: out of memory. The view stays borrowed. */
struct story *tidy__story_new(const struct explore_failure_view *view);
/* Accepts NULL, returns NULL. */
struct story *tidy__story_free(struct story *story);

/* ------------------------------------------------------- between story_*.c */

/* Who takes part, what they are called, and whom the failure touches. */
int tidy__story_cast(struct story *story);
struct story_actor *tidy__story_actor(const struct story *story, unsigned id);
/* Is the event one of the view's departures? Its number, from 1; 0: no. */
size_t tidy__story_departure(const struct story *story, size_t event);

/* "read: 16 bytes" */
void tidy__story_call_text(const struct story *story,
                           const struct sim_event *event,
                           char text[STORY_TEXT_MAX]);
bool tidy__story_is_dull(const struct sim_event *event);
bool tidy__story_waits(const struct sim_event *event);
/* "data "GET " (4 bytes)" */
void tidy__story_segment_text(const struct sim_event *event,
                              char text[STORY_TEXT_MAX]);
void tidy__story_ready_text(const struct sim_event *event,
                            char text[STORY_TEXT_MAX]);
/* What a departure does, in a sentence. */
void tidy__story_departure_text(const struct story *story,
                                size_t event,
                                char text[STORY_TEXT_MAX]);
/* How one is at the end: "open, never accepted, 4 bytes unread". */
void tidy__story_state_text(const struct story_actor *actor,
                            char text[STORY_TEXT_MAX]);
/* Fold what repeats itself. */
void tidy__story_fold(struct story *story);

#endif
