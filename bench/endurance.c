/* SPDX-License-Identifier: MIT */
/*
 * Does the work go on as fast as it began, and is no port used up?
 *
 * For rows whose two sides are two ways of doing the same thing with our
 * library: each runs once, in one go, divided into a hundred laps. What it did
 * in its last ten laps is held against its first ten (medians of the laps, so
 * that one hiccup of the machine does not decide). The row shows the worse of
 * the two, and the sum of what they left in TIME_WAIT.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#define N_LAPS BENCH_MAX_LAPS
#define N_EDGE 10 /* laps at the beginning and at the end that count */

struct endurance {
    double first, last, whole;
    uint64_t n_time_wait;
};

/* The rate of n laps from one on. */
static double rate(const struct bench_report *report, size_t from, size_t n_ops)
{
    double rates[N_EDGE];

    for (size_t i = 0; i < N_EDGE; i++) {
        size_t lap = from + i;
        uint64_t begin = lap ? report->lap_ns[lap - 1] : 0;
        uint64_t took_ns = report->lap_ns[lap] - begin;

        rates[i] = (double)n_ops / N_LAPS * 1e9 / (double)(took_ns + !took_ns);
    }
    return bench_median(rates, N_EDGE);
}

static int run_once(const struct bench_options *options,
                    struct bench_result *result,
                    size_t side,
                    struct bench_report *ret_report)
{
    const struct bench_order order = {
        .n = result->n,
        .wants_connections = true,
    };
    struct bench_child child;
    int r = bench_child_start(result->row,
                              side,
                              bench_row_dir(options, result->row),
                              &child,
                              result->error,
                              sizeof(result->error));

    if (r < 0)
        return r;
    r = bench_child_run(&child, &order, ret_report);
    bench_child_end(&child);
    if (r < 0)
        snprintf(result->error, sizeof(result->error), "%s", ret_report->error);
    return r;
}

static int measure(const struct bench_options *options,
                   struct bench_result *result,
                   size_t side,
                   struct endurance *ret_endurance)
{
    struct bench_report report;

    if (run_once(options, result, side, &report) < 0)
        return -1;
    if (report.n_laps != N_LAPS) {
        snprintf(result->error,
                 sizeof(result->error),
                 "%zu laps, not %d",
                 report.n_laps,
                 N_LAPS);
        return -1;
    }
    ret_endurance->first = rate(&report, 0, result->n);
    ret_endurance->last = rate(&report, N_LAPS - N_EDGE, result->n);
    ret_endurance->whole =
        bench_value(result->row, result->n, report.elapsed_ns);
    ret_endurance->n_time_wait = report.n_time_wait;
    result->peak_kib[side] = report.peak_kib;
    result->cpu_us[side] = (double)report.cpu_ns / 1e3 / (double)result->n;
    return 0;
}

static void describe(struct bench_result *result,
                     const struct endurance *client,
                     const struct endurance *server)
{
    snprintf(result->note,
             sizeof(result->note),
             "%zu cycles, first and last tenth, whole run:\n"
             "client closes first %.0f, %.0f, %.0f a second, %llu left in "
             "TIME_WAIT\n"
             "server closes first %.0f, %.0f, %.0f a second, %llu left in "
             "TIME_WAIT",
             result->n,
             client->first,
             client->last,
             client->whole,
             (unsigned long long)client->n_time_wait,
             server->first,
             server->last,
             server->whole,
             (unsigned long long)server->n_time_wait);
    snprintf(result->extra,
             sizeof(result->extra),
             "\"cycles\": %zu, "
             "\"client_first\": {\"first\": %.1f, \"last\": %.1f, "
             "\"whole\": %.1f, \"time_wait\": %llu}, "
             "\"server_first\": {\"first\": %.1f, \"last\": %.1f, "
             "\"whole\": %.1f, \"time_wait\": %llu}",
             result->n,
             client->first,
             client->last,
             client->whole,
             (unsigned long long)client->n_time_wait,
             server->first,
             server->last,
             server->whole,
             (unsigned long long)server->n_time_wait);
}

void bench_measure_endurance(const struct bench_options *options,
                             struct bench_result *result)
{
    struct endurance client, server;
    const struct endurance *worse;

    if (measure(options, result, 0, &client) < 0 ||
        measure(options, result, 1, &server) < 0)
        return;
    worse = client.last / client.first < server.last / server.first ? &client
                                                                    : &server;
    result->value[0] = worse->last;
    result->value[1] = worse->first;
    result->ratio = worse->last / worse->first;
    result->min_ratio = result->ratio;
    result->max_ratio = worse == &client ? server.last / server.first
                                         : client.last / client.first;
    result->has_total_time_wait = true;
    result->total_time_wait = client.n_time_wait + server.n_time_wait;
    describe(result, &client, &server);
}
