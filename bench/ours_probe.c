/* SPDX-License-Identifier: MIT */
/*
 * Port detection with the library: is the service already running?
 */
#include "ours.h"
#include "rows.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct prober {
    struct ours_loop loop;
    struct tidy_detector detector;
    struct tidy_activation_config config;
    bool is_running;
};

/* Looks before the value goes with its deferred. */
static struct tidy_deferred *on_answer(struct tidy_result *result, void *arg)
{
    struct prober *prober = arg;

    prober->is_running = *(const bool *)tidy_result_value(result);
    return NULL;
}

static void probe_once(void *arg)
{
    struct prober *prober = arg;
    struct tidy_failure *failure = NULL;
    struct tidy_deferred *answer = tidy_detector_is_already_running(
        &prober->detector, prober->loop.tidy, &prober->config);

    prober->is_running = false;
    bench_check(tidy_deferred_add_callback(answer, on_answer, prober),
                "tidy_deferred_add_callback");
    ours_check(tidy_loop_await(
                   prober->loop.tidy, answer, OURS_LIMIT_NS, NULL, &failure),
               failure);
    if (!prober->is_running)
        bench_fail("the probe found nothing");
}

void ours_probe(struct bench_run *run)
{
    struct prober prober = { 0 };
    struct sockaddr_in address;
    char endpoint[64];
    int fd = probe_listen(&address);

    snprintf(endpoint,
             sizeof(endpoint),
             "tcp:host=127.0.0.1:port=%u",
             (unsigned)ntohs(address.sin_port));
    prober.config.endpoint = endpoint;
    ours_loop_init(&prober.loop);
    tidy_detector_init(&prober.detector);
    probe_in_batches(run, fd, probe_once, &prober);
    ours_loop_deinit(&prober.loop);
    close(fd);
}
