/* SPDX-License-Identifier: MIT */
/*
 * Does the work go on as fast as it began, and is no port used up?
 *
 * For rows whose two sides are two ways of doing the same thing with our
 * library: each is done once, a hundred laps in a row in one process, and its
 * last ten laps are held against its first ten. They lie some ten seconds
 * apart, in which the machine may have become busy with something else; so
 * after each lap another process does some cycles of plain libuv, and what
 * counts is a lap's speed next to theirs. The row shows the worse of the two
 * ways, and the sum of what they left in TIME_WAIT.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#define N_LAPS 100
#define N_EDGE 10 /* laps at the beginning and at the end that count */

/* So many times fewer cycles of plain libuv than a lap has of ours. */
#define REFERENCE_PART 4

struct endurance {
    double rate[N_LAPS];        /* operations a second */
    double reference[N_LAPS];   /* plain libuv's beside it */
    double relative[N_LAPS];    /* one to the other */
    double raw_first, raw_last; /* medians of the rates at the edges */
    double first, last; /* the same, had plain libuv not changed its speed */
    double whole;       /* the rate of all laps together, raw */
    uint64_t n_time_wait;
};

static int run_lap(struct bench_child children[2],
                   size_t n,
                   struct bench_report ret_reports[2])
{
    const struct bench_order orders[2] = {
        { .n = n, .wants_connections = true },
        { .n = n / REFERENCE_PART },
    };
    int r = bench_child_run(&children[0], &orders[0], &ret_reports[0]);

    if (r == 0)
        r = bench_child_run(&children[1], &orders[1], &ret_reports[1]);
    return r;
}

static int run_laps(struct bench_child children[2],
                    struct bench_result *result,
                    size_t side,
                    struct endurance *ret_endurance)
{
    size_t n = result->n / N_LAPS;
    struct bench_report reports[2];
    uint64_t elapsed_ns = 0, cpu_ns = 0;

    for (size_t lap = 0; lap < N_LAPS; lap++) {
        memset(reports, 0, sizeof(reports));
        if (run_lap(children, n, reports) < 0) {
            bench_set_error(result,
                            reports[0].is_ok ? "plain" : "ours",
                            &reports[!!reports[0].is_ok]);
            return -1;
        }
        ret_endurance->rate[lap] =
            (double)n * 1e9 / (double)reports[0].elapsed_ns;
        ret_endurance->reference[lap] =
            (double)(n / REFERENCE_PART) * 1e9 / (double)reports[1].elapsed_ns;
        ret_endurance->relative[lap] =
            ret_endurance->rate[lap] / ret_endurance->reference[lap];
        elapsed_ns += reports[0].elapsed_ns;
        cpu_ns += reports[0].cpu_ns;
    }
    ret_endurance->whole = (double)n * N_LAPS * 1e9 / (double)elapsed_ns;
    ret_endurance->n_time_wait = reports[0].n_time_wait;
    result->peak_kib[side] = reports[0].peak_kib;
    result->cpu_us[side] = (double)cpu_ns / 1e3 / (double)(n * N_LAPS);
    return 0;
}

/* Sorts the laps at the edges, among themselves. */
static void compare_edges(struct endurance *e)
{
    size_t last = N_LAPS - N_EDGE;
    double speed;

    e->raw_first = bench_median(e->rate, N_EDGE);
    e->raw_last = bench_median(&e->rate[last], N_EDGE);
    e->first = bench_median(e->relative, N_EDGE);
    e->last = bench_median(&e->relative[last], N_EDGE);
    speed = bench_median(e->reference, N_LAPS);
    e->first *= speed;
    e->last *= speed;
}

static int start_children(const struct bench_options *options,
                          struct bench_result *result,
                          size_t side,
                          struct bench_child ret_children[2])
{
    const struct bench_row *row = result->row;
    const char *dir = bench_row_dir(options, row);
    int r = bench_child_start(row->sides[side], dir, &ret_children[0]);

    if (r == 0) {
        r = bench_child_start(row->reference, dir, &ret_children[1]);
        if (r < 0)
            bench_child_end(&ret_children[0]);
    }
    if (r < 0)
        snprintf(result->error,
                 sizeof(result->error),
                 "cannot start: %s",
                 strerror(-r));
    return r;
}

static int measure(const struct bench_options *options,
                   struct bench_result *result,
                   size_t side,
                   struct endurance *ret_endurance)
{
    struct bench_child children[2];
    int r = start_children(options, result, side, children);

    if (r < 0)
        return r;
    r = run_laps(children, result, side, ret_endurance);
    bench_child_end(&children[1]);
    bench_child_end(&children[0]);
    if (r == 0)
        compare_edges(ret_endurance);
    return r;
}

static void
describe_one(const char *who, const struct endurance *e, char *buf, size_t size)
{
    snprintf(buf,
             size,
             "%s closes first: %.0f and %.0f a second (by the clock %.0f and "
             "%.0f),\n  %llu left in TIME_WAIT",
             who,
             e->first,
             e->last,
             e->raw_first,
             e->raw_last,
             (unsigned long long)e->n_time_wait);
}

static void
write_one(const char *name, const struct endurance *e, char *buf, size_t size)
{
    snprintf(buf,
             size,
             "\"%s\": {\"first\": %.1f, \"last\": %.1f, \"raw_first\": %.1f, "
             "\"raw_last\": %.1f, \"whole\": %.1f, \"time_wait\": %llu}",
             name,
             e->first,
             e->last,
             e->raw_first,
             e->raw_last,
             e->whole,
             (unsigned long long)e->n_time_wait);
}

static void describe(struct bench_result *result,
                     const struct endurance *client,
                     const struct endurance *server)
{
    char texts[2][240];

    describe_one("client", client, texts[0], sizeof(texts[0]));
    describe_one("server", server, texts[1], sizeof(texts[1]));
    snprintf(result->note,
             sizeof(result->note),
             "%zu cycles; first and last tenth, at one speed of plain libuv\n"
             "%s\n%s",
             result->n,
             texts[0],
             texts[1]);
    write_one("client_first", client, texts[0], sizeof(texts[0]));
    write_one("server_first", server, texts[1], sizeof(texts[1]));
    snprintf(result->extra,
             sizeof(result->extra),
             "\"cycles\": %zu, %s, %s",
             result->n,
             texts[0],
             texts[1]);
}

static double ratio_of(const struct endurance *e)
{
    return e->last / e->first;
}

void bench_measure_endurance(const struct bench_options *options,
                             struct bench_result *result)
{
    struct endurance client, server;
    const struct endurance *worse, *better;

    if (measure(options, result, 0, &client) < 0 ||
        measure(options, result, 1, &server) < 0)
        return;
    worse = ratio_of(&client) < ratio_of(&server) ? &client : &server;
    better = worse == &client ? &server : &client;
    result->value[0] = worse->last;
    result->value[1] = worse->first;
    result->ratio = ratio_of(worse);
    result->min_ratio = ratio_of(worse);
    result->max_ratio = ratio_of(better);
    result->has_total_time_wait = true;
    result->total_time_wait = client.n_time_wait + server.n_time_wait;
    describe(result, &client, &server);
}
