/* SPDX-License-Identifier: MIT */
/*
 * A server on libevent's bufferevents: the frame of the bodies that use them. All
 * that matters to a bug is in its file.
 */
#ifndef TIDY_TESTS_BUGS_SUPPORT_EVENT_H
#define TIDY_TESTS_BUGS_SUPPORT_EVENT_H

#include "bugs/bugs.h"
#include "bugs/support_clients.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

struct ev_side;

struct ev_conn {
    struct ev_side *side;
    struct bufferevent *bev; /* NULL: closed */
    struct event *timer;     /* of on_time; stays until the body ends */
    bool has_ended;
    int n_seen; /* for what a body counts */
};

struct ev_ops {
    /* A connection was accepted; NULL: nothing more. */
    void (*on_open)(struct ev_conn *conn);
    /* More is there to be read. */
    void (*on_read)(struct ev_conn *conn);
    /* All is written; NULL: nothing. */
    void (*on_written)(struct ev_conn *conn);
    /* NULL: ev_conn_close(). */
    void (*on_event)(struct ev_conn *conn, short what);
    /* Its timer has run down. */
    void (*on_time)(struct ev_conn *conn);
    /* The clients have been started; NULL: nothing. */
    void (*on_begin)(struct ev_side *side);
};

/* Each client has one connection at most. */
struct ev_side {
    const struct ev_ops *ops;
    bool is_repaired;
    struct event_base *base;
    struct evconnlistener *listener;
    struct event *poll; /* for the clients */
    struct clients clients;
    struct ev_conn conns[MAX_CLIENTS];
    size_t n_conns, n_open;
};

/* Run a body: until all clients and all connections are gone. */
void ev_side_run(const struct ev_ops *ops,
                 bool is_repaired,
                 const struct step *const scripts[]);

/* @param fd  -1: it is going to be connected. */
struct ev_conn *ev_conn_new(struct ev_side *side, evutil_socket_t fd);
void ev_conn_close(struct ev_conn *conn);
void ev_conn_write(struct ev_conn *conn, const char *text);
void ev_conn_set_timer(struct ev_conn *conn, unsigned ms);
bool ev_conn_has_timer(const struct ev_conn *conn);

/* Take the first line of what was read; false: there is none yet. */
bool ev_conn_take_line(struct ev_conn *conn, char line[64]);

#endif
