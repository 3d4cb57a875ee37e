/* SPDX-License-Identifier: MIT */
/*
 * Many connections at once in plain libuv: all up, then all closed.
 *
 * A connection counts as up when both ends have it. At most as many connects
 * are in flight as the backlog takes: a listener whose backlog is full drops
 * the connect, and the kernel tries again only after a second.
 */
#include "plain.h"
#include "rows.h"

struct pair {
    union plain_stream client, server;
    uv_connect_t connecting;
};

struct crowd {
    struct bench_run *run;
    uv_loop_t loop;
    union plain_stream listener;
    struct sockaddr_in address;
    struct pair *pairs; /* run->n of them; owned */
    size_t n_started, n_connected, n_accepted;
    size_t backlog;
    char bytes[64 * 1024];
};

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *ret_buf)
{
    struct crowd *crowd = handle->data;

    (void)wanted;
    *ret_buf = uv_buf_init(crowd->bytes, sizeof(crowd->bytes));
}

/* Nobody writes, so all there is to read is the end. */
static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    (void)buf;
    if (n == 0)
        return;
    plain_linger_zero((uv_handle_t *)stream);
    uv_close((uv_handle_t *)stream, NULL);
}

/* Not from a callback: while libuv hands out a batch of events, each uv_close()
 * looks through the whole batch. */
static void close_all(struct crowd *crowd)
{
    uv_close(&crowd->listener.handle, NULL);
    for (size_t i = 0; i < crowd->run->n; i++)
        uv_close(&crowd->pairs[i].client.handle, NULL);
}

static void on_connected(uv_connect_t *connecting, int status);

static void start_one(struct crowd *crowd)
{
    struct pair *pair = &crowd->pairs[crowd->n_started++];

    bench_check(uv_tcp_init(&crowd->loop, &pair->client.tcp), "uv_tcp_init");
    pair->client.handle.data = crowd;
    bench_check(uv_tcp_connect(&pair->connecting,
                               &pair->client.tcp,
                               (const struct sockaddr *)&crowd->address,
                               on_connected),
                "uv_tcp_connect");
}

static void go_on(struct crowd *crowd)
{
    size_t n_up = crowd->n_connected < crowd->n_accepted ? crowd->n_connected
                                                         : crowd->n_accepted;

    while (crowd->n_started < crowd->run->n &&
           crowd->n_started - n_up < crowd->backlog)
        start_one(crowd);
    if (n_up == crowd->run->n)
        uv_stop(&crowd->loop);
}

static void on_connected(uv_connect_t *connecting, int status)
{
    struct crowd *crowd = connecting->handle->data;

    bench_check(status, "connect");
    bench_check(uv_read_start(connecting->handle, on_alloc, on_read),
                "uv_read_start");
    crowd->n_connected++;
    go_on(crowd);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct crowd *crowd = listener->data;
    union plain_stream *server;

    bench_check(status, "listener");
    if (crowd->n_accepted == crowd->run->n)
        return;
    server = &crowd->pairs[crowd->n_accepted].server;
    bench_check(uv_tcp_init(&crowd->loop, &server->tcp), "uv_tcp_init");
    server->handle.data = crowd;
    bench_check(uv_accept(listener, &server->stream), "uv_accept");
    bench_check(uv_read_start(&server->stream, on_alloc, on_read),
                "uv_read_start");
    crowd->n_accepted++;
    go_on(crowd);
}

static void do_crowd(struct crowd *crowd)
{
    bench_start(crowd->run);
    crowd->pairs = bench_malloc(crowd->run->n * sizeof(*crowd->pairs));
    plain_listen_tcp(&crowd->loop,
                     &crowd->listener,
                     TIDY_SERVER_BACKLOG,
                     on_connection,
                     &crowd->address);
    crowd->listener.handle.data = crowd;
    go_on(crowd);
    uv_run(&crowd->loop, UV_RUN_DEFAULT);
    bench_lap(crowd->run);
    close_all(crowd);
    bench_check(uv_run(&crowd->loop, UV_RUN_DEFAULT), "uv_run");
    bench_free(crowd->pairs);
    bench_stop(crowd->run);
}

void plain_conns(struct bench_run *run)
{
    struct crowd *crowd;

    bench_raise_descriptors(2 * run->n + BENCH_OTHER_DESCRIPTORS);
    crowd = bench_malloc(sizeof(*crowd));
    crowd->run = run;
    crowd->backlog = bench_backlog();
    bench_check(uv_loop_init(&crowd->loop), "uv_loop_init");
    do_crowd(crowd);
    bench_check(uv_loop_close(&crowd->loop), "uv_loop_close");
    bench_free(crowd);
}
