/* SPDX-License-Identifier: MIT */
/*
 * The stopwatch of a side.
 *
 * Only what lies between bench_start() and bench_stop() counts: a loop that is
 * reused, a listener to probe, the tidying afterwards stay outside. Wall time
 * is what the rows compare; processor time is noted beside it, since it tells
 * the two sides apart even when the machine is busy with other things.
 */
#include "bench.h"

#include <time.h>
#include <unistd.h>

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Tells the process that traces us where the counted part begins and ends. */
static void mark(const struct bench_run *run, long number)
{
    if (run->is_traced)
        syscall(number);
}

void bench_start(struct bench_run *run)
{
    run->report.n_laps = 0;
    mark(run, BENCH_MARK_START);
    run->start_allocs = bench_n_allocations();
    run->start_cpu_ns = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    run->start_ns = read_clock(CLOCK_MONOTONIC);
}

/* Adds to what earlier pairs of start and stop in the same run measured. */
void bench_stop(struct bench_run *run)
{
    uint64_t now_ns = read_clock(CLOCK_MONOTONIC);
    uint64_t now_cpu_ns = read_clock(CLOCK_PROCESS_CPUTIME_ID);

    mark(run, BENCH_MARK_STOP);
    run->report.elapsed_ns += now_ns - run->start_ns;
    run->report.cpu_ns += now_cpu_ns - run->start_cpu_ns;
    run->report.n_allocs += bench_n_allocations() - run->start_allocs;
}

void bench_lap(struct bench_run *run)
{
    if (run->report.n_laps < BENCH_MAX_LAPS)
        run->report.lap_ns[run->report.n_laps++] =
            read_clock(CLOCK_MONOTONIC) - run->start_ns;
}

/* In the row's unit. */
double bench_value(const struct bench_row *row, size_t n, uint64_t elapsed_ns)
{
    double elapsed = elapsed_ns ? (double)elapsed_ns : 1.0;

    if (row->kind == BENCH_RATE)
        return (double)n * 1e9 / elapsed;
    return elapsed / 1e3 / (double)n;
}
