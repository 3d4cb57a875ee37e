/* SPDX-License-Identifier: MIT */
/*
 * What the plain libuv sides share: one place for the handles of any stream.
 */
#ifndef TIDYSOCK_BENCH_PLAIN_H
#define TIDYSOCK_BENCH_PLAIN_H

#include "bench.h"
#include <tidysock/server.h>

#include <uv.h>

#define PLAIN_ECHO_LEN 16

/* Any stream of libuv's, without casts that the compiler cannot check. */
union plain_stream {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
};

/* Make the peer's end forget the connection too: see plain.c. */
void plain_linger_zero(uv_handle_t *handle);

/* Listen on 127.0.0.1 and a free port; returns that port. */
uint16_t plain_listen_tcp(uv_loop_t *loop,
                          union plain_stream *listener,
                          int backlog,
                          uv_connection_cb on_connection,
                          struct sockaddr_in *ret_address);

/* Note the connection of a client, if the run wants to know. */
void plain_note(struct bench_run *run,
                const union plain_stream *client,
                uint16_t server_port);

#endif
