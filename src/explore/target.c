/* SPDX-License-Identifier: MIT */
/*
 * Bodies by a runner, programs by being executed.
 */
#include "explore/target.h"

#include "base/alloc.h"
#include "sim/program.h"
#include "sim/report.h"
#include "sim/runner.h"

struct explore_pilot {
    struct tidy_world_runner *runner; /* owned; NULL: */
    struct sim_program *program;      /* owned */
    struct sim_shared *shared;        /* of one of them */
};

static struct tidy_world_report *begin_body(struct explore_pilot *pilot,
                                            const struct explore_target *target)
{
    char why[256];

    pilot->runner =
        tidy_world_runner_new(target->body, target->arg, target->warm_up);
    if (!pilot->runner)
        return tidy__sim_report_not_run("out of memory");
    pilot->shared = tidy__sim_runner_open(pilot->runner, why, sizeof(why));
    return pilot->shared ? NULL : tidy__sim_report_not_run("%s", why);
}

static struct tidy_world_report *
begin_program(struct explore_pilot *pilot, const struct explore_target *target)
{
    struct tidy_world_report *why = NULL;

    pilot->program = tidy__sim_program_new(target->argv, &why);
    if (pilot->program)
        pilot->shared = tidy__sim_program_shared(pilot->program);
    return why;
}

static void be_quiet(const struct explore_pilot *pilot)
{
    if (pilot->runner)
        tidy__sim_runner_be_quiet(pilot->runner);
    else
        tidy__sim_program_be_quiet(pilot->program);
}

struct explore_pilot *
tidy__explore_pilot_new(const struct explore_target *target,
                        struct tidy_world_report **ret_why)
{
    struct explore_pilot *pilot = tidy__zalloc(sizeof(*pilot));

    if (!pilot) {
        *ret_why = tidy__sim_report_not_run("out of memory");
        return NULL;
    }
    *ret_why =
        target->body ? begin_body(pilot, target) : begin_program(pilot, target);
    if (*ret_why)
        return tidy__explore_pilot_free(pilot);
    if (target->is_quiet)
        be_quiet(pilot);
    return pilot;
}

struct explore_pilot *tidy__explore_pilot_free(struct explore_pilot *pilot)
{
    if (!pilot)
        return NULL;
    tidy_world_runner_free(pilot->runner);
    tidy__sim_program_free(pilot->program);
    return tidy__dealloc(pilot);
}

struct sim_shared *tidy__explore_pilot_shared(struct explore_pilot *pilot)
{
    return pilot->shared;
}

void tidy__explore_pilot_go_on(struct explore_pilot *pilot,
                               bool (*go_on)(void *arg),
                               void *arg)
{
    if (pilot->runner)
        tidy__sim_runner_go_on(pilot->runner, go_on, arg);
}

struct tidy_world_report *tidy__explore_pilot_run(struct explore_pilot *pilot)
{
    return pilot->runner ? tidy__sim_runner_order(pilot->runner)
                         : tidy__sim_program_order(pilot->program);
}

struct tidy_world_report *
tidy__explore_pilot_run_fresh(struct explore_pilot *pilot)
{
    if (pilot->runner)
        tidy__sim_runner_restart(pilot->runner);
    return tidy__explore_pilot_run(pilot);
}

void tidy__explore_pilot_be_fresh(struct explore_pilot *pilot)
{
    if (pilot->runner)
        tidy__sim_runner_be_fresh(pilot->runner);
}
