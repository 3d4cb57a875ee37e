/* SPDX-License-Identifier: MIT */
/*
 * A server as its author would write it, on libuv alone: it listens, accepts,
 * and sends back what it reads. Nothing in it knows of tidysock but its three
 * functions.
 */
#ifndef TIDY_TESTS_ECHO_SERVER_H
#define TIDY_TESTS_ECHO_SERVER_H

#include <tidysock/server.h>

#include <uv.h>

union echo_stream {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
};

struct echo_connection {
    struct echo_connection *next; /* in server->connections */
    struct echo_server *server;
    union echo_stream socket;
};

struct echo_server {
    uv_loop_t *loop;
    union echo_stream listener;
    struct echo_connection *connections; /* owned */
    size_t n_handles;                    /* not closed yet */
    tidy_stopped_cb done;
    void *done_arg;
};

/* What it has done, ever, and how it is to misbehave; a test resets it. */
struct echo_log {
    size_t n_started, n_stopped, n_abandoned, n_freed;
    size_t n_accepted, n_closed;
    uint64_t n_bytes;

    void (*in_start)(void); /* called once it listens */
    void (*in_stop)(void);
    int start_error;    /* start fails with this code */
    bool drops_at_once; /* closes each connection that it accepts */
    bool never_says_so; /* closes everything, and does not call done */
    bool never_stops;   /* closes nothing before it is abandoned */
    bool stops_at_once; /* calls done from stop, and closes afterwards */
    bool is_late;       /* calls done from abandon's closing */
};

extern struct echo_log echo_log;
extern const struct tidy_server_ops echo_server_ops;

#endif
