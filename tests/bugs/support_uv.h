/* SPDX-License-Identifier: MIT */
/*
 * A server on libuv: the frame of the bodies that use it. All that matters to a
 * bug is in its file.
 */
#ifndef TIDY_TESTS_BUGS_SUPPORT_UV_H
#define TIDY_TESTS_BUGS_SUPPORT_UV_H

#include "bugs/bugs.h"
#include "bugs/support_clients.h"

#include <uv.h>

struct uv_side;

struct uv_conn {
    uv_tcp_t tcp;
    uv_timer_t timer; /* stays until the body ends */
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct uv_side *side;
    uint16_t port; /* of its client; 0: it was gone before we could ask */
    char in[64];   /* what was read, as a string */
    size_t n_in;
    bool is_open;
    int n_seen; /* for what a body counts */
};

struct uv_ops {
    /* A connection was accepted; NULL: uv_conn_read(). */
    void (*on_open)(struct uv_conn *conn);
    /* More is there. */
    void (*on_data)(struct uv_conn *conn);
    /* It has ended (UV_EOF), or failed. NULL: uv_conn_close(). */
    void (*on_end)(struct uv_conn *conn, int error);
    /* Called after each turn; NULL: nothing. */
    void (*on_turn)(struct uv_side *side);
    size_t buffer_len; /* of a read; 0: as much as there is room for */
};

/* Each client has one connection at most. */
struct uv_side {
    const struct uv_ops *ops;
    bool is_repaired;
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_poll_t poll;   /* for the clients */
    uv_timer_t timer; /* for a body's use; its data is this */
    struct clients clients;
    struct uv_conn conns[MAX_CLIENTS];
    size_t n_conns, n_open;
    int n_seen; /* for what a body counts */
};

/* Run a body: until all clients and all connections are gone. */
void uv_side_run(const struct uv_ops *ops,
                 bool is_repaired,
                 const struct step *const scripts[]);

void uv_conn_read(struct uv_conn *conn);
void uv_conn_close(struct uv_conn *conn);
/* The close callback that goes with a connection. */
void uv_conn_on_close(uv_handle_t *handle);

/* Take the first line from in; false: there is none yet. */
bool uv_conn_take_line(struct uv_conn *conn, char line[64]);

#endif
