/* SPDX-License-Identifier: MIT */
/*
 * A server on epoll, level-triggered, that tells one event at a time: the frame
 * of the bodies without a library. All that matters to a bug is in its file.
 */
#ifndef TIDY_TESTS_BUGS_SUPPORT_RAW_H
#define TIDY_TESTS_BUGS_SUPPORT_RAW_H

#include "bugs/bugs.h"
#include "bugs/support_clients.h"

#include <sys/epoll.h>
#include <sys/types.h>

struct raw;

struct conn {
    struct raw *raw;
    int fd;          /* -1: closed */
    uint32_t events; /* that are waited for; 0: it is not in the epoll */
    char in[256], out[256];
    size_t n_in, n_out;
    bool is_ending; /* it is to be closed when all is written */
    int n_seen;     /* for what a body counts */
};

struct raw_ops {
    /* The listener is readable; NULL: raw_accept(). */
    void (*on_connection)(struct raw *raw);
    void (*on_ready)(struct conn *conn, uint32_t events);
    /* The timer that raw_set_timer() has set is over; NULL: there is none. */
    void (*on_time)(struct raw *raw);
    /* What waits and tells; NULL: raw_turn(). */
    void (*turn)(struct raw *raw);
    /* What the events of a connection carry; NULL: its address. */
    uint64_t (*tag)(const struct conn *conn);
    /* How connections and the listener are waited for; 0: EPOLLIN. */
    uint32_t events, listener_events;
};

/* Each client has one connection at most. */
struct raw {
    const struct raw_ops *ops;
    bool is_repaired;
    int epfd, listener, timer; /* -1: none */
    struct clients clients;
    struct conn conns[MAX_CLIENTS];
    size_t n_conns, n_open;
    int n_seen; /* for what a body counts */
};

/* Run a body: until all clients and all connections are gone. */
void raw_run(const struct raw_ops *ops,
             bool is_repaired,
             const struct step *const scripts[]);

/* Wait for one thing, and tell the one whose it is. */
void raw_turn(struct raw *raw);
void raw_tell(struct raw *raw, const struct epoll_event *event);

/* Accept one connection, and wait for it. NULL: there is none now, or it is gone;
 * if there is, the listener stays readable. */
struct conn *raw_accept(struct raw *raw);
/* The same with what accept has returned. */
struct conn *raw_add(struct raw *raw, int fd);
void raw_set_timer(struct raw *raw, unsigned ms);
void raw_watch(struct raw *raw, int fd, uint32_t events, void *ptr);

void conn_watch(struct conn *conn, uint32_t events);
void conn_close(struct conn *conn);

/* Read once, into what is left of in. false: it is over, and was closed. */
bool conn_read(struct conn *conn);
/* Take the first line from in; false: there is none yet. */
bool conn_take_line(struct conn *conn, char line[64]);
/* Add to out, and write what can be. false: it is gone, and was closed. */
bool conn_write(struct conn *conn, const char *text);
bool conn_flush(struct conn *conn);

#endif
