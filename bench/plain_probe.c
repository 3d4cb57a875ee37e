/* SPDX-License-Identifier: MIT */
/*
 * Port detection in plain libuv: connect, and reset what was connected.
 */
#include "plain.h"
#include "rows.h"

#include <unistd.h>

struct prober {
    uv_loop_t loop;
    union plain_stream client;
    uv_connect_t connecting;
    struct sockaddr_in address;
    bool is_running;
};

static void on_connected(uv_connect_t *connecting, int status)
{
    struct prober *prober = connecting->data;

    prober->is_running = status == 0;
    bench_check(uv_tcp_close_reset(&prober->client.tcp, NULL),
                "uv_tcp_close_reset");
}

static void probe_once(void *arg)
{
    struct prober *prober = arg;

    prober->is_running = false;
    prober->connecting.data = prober;
    bench_check(uv_tcp_init(&prober->loop, &prober->client.tcp), "uv_tcp_init");
    bench_check(uv_tcp_connect(&prober->connecting,
                               &prober->client.tcp,
                               (const struct sockaddr *)&prober->address,
                               on_connected),
                "uv_tcp_connect");
    bench_check(uv_run(&prober->loop, UV_RUN_DEFAULT), "uv_run");
    if (!prober->is_running)
        bench_fail("the probe found nothing");
}

void plain_probe(struct bench_run *run)
{
    struct prober prober;
    int fd = probe_listen(&prober.address);

    bench_check(uv_loop_init(&prober.loop), "uv_loop_init");
    probe_in_batches(run, fd, probe_once, &prober);
    bench_check(uv_loop_close(&prober.loop), "uv_loop_close");
    close(fd);
}
