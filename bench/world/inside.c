/* SPDX-License-Identifier: MIT */
/*
 * Worlds, timed from outside.
 *
 * A side reads clocks of its own around its cycles. In a world those are the
 * world's, so they are not looked at: what counts is how long a run takes for
 * who asks for it. The runner's process is there, and warm, before the clock
 * starts; how many cycles it is to do is told through memory that both have.
 */
#include "world.h"
#include <tidysock/explore.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* What a body is to do; shared with the process of the runs. */
struct task {
    bench_side_cb side;
    size_t n;
};

static void do_task(void *arg)
{
    const struct task *task = arg;
    struct bench_run run = { .n = task->n };

    task->side(&run);
}

static struct task *new_task(bench_side_cb side)
{
    struct task *task = mmap(NULL,
                             sizeof(*task),
                             PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS,
                             -1,
                             0);

    if (task == MAP_FAILED)
        bench_fail("no memory to share: %s", strerror(errno));
    *task = (struct task){ .side = side, .n = 1 };
    return task;
}

/* Returns the calls that were made in the world. */
static uint64_t run_once(struct tidy_world_runner *runner)
{
    const struct tidy_world_options options = { .max_steps = UINT64_MAX };
    struct tidy_world_report *report = tidy_world_runner_run(runner, &options);
    uint64_t n_calls = tidy_world_report_n_steps(report);

    if (tidy_world_report_outcome(report) != TIDY_OUTCOME_PASSED)
        bench_fail("%s: %s",
                   tidy_outcome_name(tidy_world_report_outcome(report)),
                   tidy_world_report_text(report));
    tidy_world_report_free(report);
    return n_calls;
}

/* With the process that its first run is in. */
static struct tidy_world_runner *new_runner(struct task *task)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(do_task, task, TIDY_WARM_UP_OUTSIDE);

    if (!runner)
        bench_fail("out of memory");
    run_once(runner);
    return runner;
}

static void end(struct tidy_world_runner *runner, struct task *task)
{
    tidy_world_runner_free(runner);
    munmap(task, sizeof(*task));
}

/* The side's own reading of the clocks is part of no cycle. */
static void check_calls(uint64_t n_calls, size_t n_cycles, size_t n_each)
{
    if (n_each && n_calls / n_cycles != n_each)
        bench_fail("%llu calls in %zu cycles, not %zu in each",
                   (unsigned long long)n_calls,
                   n_cycles,
                   n_each);
}

void world_in_one_run(struct bench_run *run, bench_side_cb side, size_t n_calls)
{
    struct task *task = new_task(side);
    struct tidy_world_runner *runner = new_runner(task);
    uint64_t n_made;

    task->n = run->n;
    bench_start(run);
    n_made = run_once(runner);
    bench_stop(run);
    check_calls(n_made, run->n, n_calls);
    end(runner, task);
}

/* One worker; what it costs to begin and to end is part of it. */
void world_explored(struct bench_run *run, bench_side_cb side)
{
    struct task *task = new_task(side);
    const struct tidy_explore_options options = {
        .world.kinds = TIDY_CHOICES_ORDERS,
        .strategy = "random",
        .max_schedules = run->n,
        .n_workers = 1,
    };
    struct tidy_exploration *exploration;

    task->n = 1;
    bench_start(run);
    exploration = tidy_explore(&options, do_task, task);
    bench_stop(run);
    if (tidy_exploration_verdict(exploration) != TIDY_VERDICT_PASSED)
        bench_fail("explored: %s",
                   tidy_exploration_found(exploration, 0)
                       ? tidy_found_text(tidy_exploration_found(exploration, 0))
                       : tidy_exploration_text(exploration));
    tidy_exploration_free(exploration);
    munmap(task, sizeof(*task));
}

void world_in_many_runs(struct bench_run *run, bench_side_cb side)
{
    struct task *task = new_task(side);
    struct tidy_world_runner *runner = new_runner(task);

    bench_start(run);
    for (size_t i = 0; i < run->n; i++)
        run_once(runner);
    bench_stop(run);
    end(runner, task);
}
