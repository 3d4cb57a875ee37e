/* SPDX-License-Identifier: MIT */
/*
 * The fixture cycle in plain libuv: listen, connect, echo 16 bytes, close all.
 *
 * The client writes when it is connected, the server echoes, the client closes
 * when all bytes are back and closes the listener too, the server reads the end
 * of file and closes. uv_run() returns when every close callback has been
 * called, and the struct is ready for the next cycle.
 */
#include "plain.h"
#include "rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cycle {
    struct bench_run *run;
    uv_loop_t *loop;
    bool is_unix;
    union plain_stream listener, client, server;
    uv_connect_t connecting;
    uint16_t port;
    size_t n_back;
    char dir[200], path[220]; /* Unix */
    char bytes[4096];
};

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *ret_buf)
{
    struct cycle *c = handle->data;

    (void)wanted;
    *ret_buf = uv_buf_init(c->bytes, sizeof(c->bytes));
}

/* Sixteen bytes always fit into an empty socket buffer. */
static void write_now(uv_stream_t *stream, char *bytes, size_t len)
{
    uv_buf_t buf = uv_buf_init(bytes, (unsigned)len);

    if (uv_try_write(stream, &buf, 1) != (int)len)
        bench_fail("uv_try_write was short");
}

static void on_server_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct cycle *c = stream->data;

    if (n > 0) {
        write_now(stream, buf->base, (size_t)n);
        return;
    }
    if (n == 0)
        return;
    if (!c->is_unix)
        plain_linger_zero(&c->server.handle);
    uv_close(&c->server.handle, NULL);
}

static void on_client_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct cycle *c = stream->data;

    (void)buf;
    bench_check((int)n, "client read");
    c->n_back += (size_t)n;
    if (c->n_back < PLAIN_ECHO_LEN)
        return;
    uv_close(&c->client.handle, NULL);
    uv_close(&c->listener.handle, NULL);
}

static void init_stream(struct cycle *c, union plain_stream *s)
{
    if (c->is_unix)
        bench_check(uv_pipe_init(c->loop, &s->pipe, 0), "uv_pipe_init");
    else
        bench_check(uv_tcp_init(c->loop, &s->tcp), "uv_tcp_init");
    s->handle.data = c;
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct cycle *c = stream->data;

    bench_check(status, "listener");
    init_stream(c, &c->server);
    bench_check(uv_accept(stream, &c->server.stream), "uv_accept");
    bench_check(uv_read_start(&c->server.stream, on_alloc, on_server_read),
                "uv_read_start");
}

static void on_connected(uv_connect_t *connecting, int status)
{
    struct cycle *c = connecting->data;
    char ping[PLAIN_ECHO_LEN] = "0123456789abcde";

    bench_check(status, "connect");
    if (!c->is_unix)
        plain_note(c->run, &c->client, c->port);
    bench_check(uv_read_start(&c->client.stream, on_alloc, on_client_read),
                "uv_read_start");
    write_now(&c->client.stream, ping, sizeof(ping));
}

static void begin_tcp(struct cycle *c)
{
    struct sockaddr_in address;

    c->port = plain_listen_tcp(
        c->loop, &c->listener, TIDY_SERVER_BACKLOG, on_connection, &address);
    c->listener.handle.data = c;
    init_stream(c, &c->client);
    bench_check(uv_tcp_connect(&c->connecting,
                               &c->client.tcp,
                               (struct sockaddr *)&address,
                               on_connected),
                "uv_tcp_connect");
}

static void begin_unix(struct cycle *c)
{
    snprintf(c->dir, sizeof(c->dir), "%s/bench-XXXXXX", c->run->dir);
    if (!mkdtemp(c->dir))
        bench_fail("mkdtemp(%s): %s", c->dir, strerror(errno));
    snprintf(c->path, sizeof(c->path), "%s/s", c->dir);
    init_stream(c, &c->listener);
    bench_check(uv_pipe_bind(&c->listener.pipe, c->path), "uv_pipe_bind");
    bench_check(
        uv_listen(&c->listener.stream, TIDY_SERVER_BACKLOG, on_connection),
        "uv_listen");
    init_stream(c, &c->client);
    uv_pipe_connect(&c->connecting, &c->client.pipe, c->path, on_connected);
}

/* libuv has removed the path when the listener was closed. */
static void do_cycle(struct cycle *c)
{
    c->n_back = 0;
    c->connecting.data = c;
    if (c->is_unix)
        begin_unix(c);
    else
        begin_tcp(c);
    bench_check(uv_run(c->loop, UV_RUN_DEFAULT), "uv_run");
    if (c->n_back != PLAIN_ECHO_LEN)
        bench_fail("%zu bytes came back", c->n_back);
    if (c->is_unix && rmdir(c->dir) < 0)
        bench_fail("rmdir(%s): %s", c->dir, strerror(errno));
}

static void run_cycles(struct bench_run *run, bool is_unix)
{
    struct cycle *c = bench_malloc(sizeof(*c));
    uv_loop_t loop;

    c->run = run;
    c->loop = &loop;
    c->is_unix = is_unix;
    bench_reserve_connections(run, run->n);
    bench_check(uv_loop_init(&loop), "uv_loop_init");
    bench_start(run);
    for (size_t i = 0; i < run->n; i++)
        do_cycle(c);
    bench_stop(run);
    bench_check(uv_loop_close(&loop), "uv_loop_close");
    bench_free(c);
}

void plain_cycle_tcp(struct bench_run *run)
{
    run_cycles(run, false);
}

void plain_cycle_unix(struct bench_run *run)
{
    run_cycles(run, true);
}

/* As a test would do it that shares nothing with the one before it. */
void plain_cycle_tcp_loop(struct bench_run *run)
{
    struct cycle *c = bench_malloc(sizeof(*c));
    uv_loop_t loop;

    c->run = run;
    c->loop = &loop;
    bench_reserve_connections(run, run->n);
    bench_start(run);
    for (size_t i = 0; i < run->n; i++) {
        bench_check(uv_loop_init(&loop), "uv_loop_init");
        do_cycle(c);
        bench_check(uv_loop_close(&loop), "uv_loop_close");
    }
    bench_stop(run);
    bench_free(c);
}
