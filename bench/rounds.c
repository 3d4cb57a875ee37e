/* SPDX-License-Identifier: MIT */
/*
 * The usual way to measure a row: rounds in which the two sides take turns.
 *
 * Ours, theirs, ours, theirs, ...: whatever the machine is busy with meanwhile
 * falls on both. Turns are short, a few milliseconds, and each gives a ratio of
 * its own; the row's is the median of them all. (One side held against itself
 * on a busy machine: within 2 % this way, 10 % when the medians of a few long
 * turns were divided.) A round is a number of turns; the medians of the rounds
 * give the spread. The first round warms up and is thrown away. Allocations and
 * TIME_WAIT are counted afterwards, in processes of their own and by no clock.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SAMPLES (BENCH_MAX_ROUNDS * BENCH_MAX_TURNS)

static const char *const side_names[2] = { "ours", "theirs" };

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

/* Sorts the values. */
double bench_median(double *values, size_t n)
{
    qsort(values, n, sizeof(*values), compare_doubles);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

const char *bench_row_dir(const struct bench_options *options,
                          const struct bench_row *row)
{
    return row->dir ? row->dir : options->dir;
}

static int start_side(const struct bench_row *row,
                      size_t side,
                      const char *dir,
                      struct bench_child *ret_child)
{
    if (row->world_sides[side])
        return bench_child_start_world(row->world_sides[side], dir, ret_child);
    return bench_child_start(row->sides[side], dir, ret_child);
}

static int start_pair(const struct bench_options *options,
                      struct bench_result *result,
                      struct bench_child ret_children[2])
{
    const struct bench_row *row = result->row;
    const char *dir = bench_row_dir(options, row);
    int r = start_side(row, 0, dir, &ret_children[0]);

    if (r == 0) {
        r = start_side(row, 1, dir, &ret_children[1]);
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

void bench_set_error(struct bench_result *result,
                     const char *who,
                     const struct bench_report *report)
{
    snprintf(
        result->error, sizeof(result->error), "%s: %s", who, report->error);
}

/* Turns are about as long on both sides, or a busy machine would interrupt one
 * of them more often. */
static size_t n_of(const struct bench_row *row, size_t side, size_t n)
{
    return side == 0 && row->n_times_ours ? n * row->n_times_ours : n;
}

/* One turn of each side. */
static int run_pair(struct bench_child children[2],
                    const struct bench_order *order,
                    struct bench_report ret_reports[2],
                    struct bench_result *result)
{
    for (size_t side = 0; side < 2; side++) {
        struct bench_order its = *order;

        its.n = n_of(result->row, side, order->n);
        if (bench_child_run(&children[side], &its, &ret_reports[side]) == 0)
            continue;
        bench_set_error(result, side_names[side], &ret_reports[side]);
        return -1;
    }
    return 0;
}

/* One for each turn. */
struct samples {
    double value[2][MAX_SAMPLES];
    double cpu_us[2][MAX_SAMPLES];
    double lap_us[2][MAX_SAMPLES]; /* to the first lap, an operation */
    double ratio[MAX_SAMPLES];
    size_t n;
    bool has_laps;
};

static void take_sample(struct samples *samples,
                        const struct bench_report reports[2],
                        struct bench_result *result)
{
    size_t i = samples->n++;

    for (size_t side = 0; side < 2; side++) {
        const struct bench_report *report = &reports[side];
        size_t n = n_of(result->row, side, result->n);

        samples->value[side][i] =
            bench_value(result->row, n, report->elapsed_ns);
        samples->cpu_us[side][i] = (double)report->cpu_ns / 1e3 / (double)n;
        samples->lap_us[side][i] = (double)report->lap_ns[0] / 1e3 / (double)n;
        samples->has_laps = report->n_laps > 0;
        result->peak_kib[side] = report->peak_kib;
    }
    samples->ratio[i] = samples->value[0][i] / samples->value[1][i];
}

/* The median ratio of the turns of one round; sorts them, among themselves. */
static void note_spread(struct samples *samples,
                        size_t n_turns,
                        struct bench_result *result)
{
    double *ratios = &samples->ratio[samples->n - n_turns];
    double ratio = bench_median(ratios, n_turns);
    bool is_first = samples->n == n_turns;

    if (is_first || ratio < result->min_ratio)
        result->min_ratio = ratio;
    if (is_first || ratio > result->max_ratio)
        result->max_ratio = ratio;
}

/* The first lap of a row that has laps is the moment when all is up. */
static void describe_laps(struct samples *samples, struct bench_result *result)
{
    double ours = bench_median(samples->lap_us[0], samples->n);
    double theirs = bench_median(samples->lap_us[1], samples->n);

    snprintf(result->note,
             sizeof(result->note),
             "ours %.1f us up and %.1f us down, other %.1f us up and %.1f us "
             "down",
             ours,
             result->value[0] - ours,
             theirs,
             result->value[1] - theirs);
    snprintf(result->extra,
             sizeof(result->extra),
             "\"ours_up\": %.3f, \"theirs_up\": %.3f",
             ours,
             theirs);
}

static void summarize(struct samples *samples, struct bench_result *result)
{
    for (size_t side = 0; side < 2; side++) {
        result->value[side] = bench_median(samples->value[side], samples->n);
        result->cpu_us[side] = bench_median(samples->cpu_us[side], samples->n);
    }
    result->ratio = bench_median(samples->ratio, samples->n);
    if (samples->has_laps)
        describe_laps(samples, result);
}

static int run_round(struct bench_child children[2],
                     struct samples *samples,
                     struct bench_result *result)
{
    const struct bench_order order = { .n = result->n };
    struct bench_report reports[2];

    for (size_t turn = 0; turn < result->row->n_turns; turn++) {
        if (run_pair(children, &order, reports, result) < 0)
            return -1;
        take_sample(samples, reports, result);
    }
    note_spread(samples, result->row->n_turns, result);
    return 0;
}

/* The first round is thrown away. */
static int run_rounds(size_t n_rounds,
                      struct bench_child children[2],
                      struct samples *samples,
                      struct bench_result *result)
{
    if (run_round(children, samples, result) < 0)
        return -1;
    samples->n = 0;
    for (size_t round = 0; round < n_rounds; round++) {
        if (run_round(children, samples, result) < 0)
            return -1;
    }
    return 0;
}

void bench_measure_time(const struct bench_options *options,
                        struct bench_result *result)
{
    struct samples *samples;
    struct bench_child children[2];

    if (start_pair(options, result, children) < 0)
        return;
    samples = bench_malloc(sizeof(*samples));
    if (run_rounds(options->n_rounds, children, samples, result) == 0)
        summarize(samples, result);
    bench_free(samples);
    bench_child_end(&children[1]);
    bench_child_end(&children[0]);
}

static void measure_counts(const struct bench_options *options,
                           struct bench_result *result)
{
    struct bench_order order = {
        .n = result->n < BENCH_N_COUNTED ? result->n : BENCH_N_COUNTED,
        .is_counting = true,
        .wants_connections = true,
    };
    struct bench_report reports[2];
    struct bench_child children[2];

    if (start_pair(options, result, children) < 0)
        return;
    result->n_counted = order.n;
    if (run_pair(children, &order, reports, result) == 0) {
        for (size_t side = 0; side < 2; side++) {
            result->n_allocs[side] =
                (double)reports[side].n_allocs / (double)order.n;
            result->n_time_wait[side] = reports[side].n_time_wait;
        }
    }
    bench_child_end(&children[1]);
    bench_child_end(&children[0]);
}

void bench_measure_rounds(const struct bench_options *options,
                          struct bench_result *result)
{
    bench_measure_time(options, result);
    if (!result->error[0])
        measure_counts(options, result);
}
