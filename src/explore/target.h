/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_TARGET_H
#define TIDY_EXPLORE_TARGET_H

#include "sim/shared.h"

/*
 * What is explored: a body, or a whole program. Both are run by an order in
 * memory, in a process that is not the explorer's.
 */
struct explore_target {
    /* A body; or NULL, and a program. */
    tidy_world_body_cb body;
    void *arg;         /* borrowed */
    char *const *argv; /* borrowed */
    enum tidy_warm_up warm_up;
    bool
        is_quiet; /* what it writes to standard output and error is not shown */
};

/* Who runs a target: one for each process that wants to. */
struct explore_pilot;

/* NULL: it cannot be run, and *ret_why, owned, says why. */
struct explore_pilot *
tidy__explore_pilot_new(const struct explore_target *target,
                        struct tidy_world_report **ret_why);
struct explore_pilot *tidy__explore_pilot_free(struct explore_pilot *pilot);

/* The memory of its runs. */
struct sim_shared *tidy__explore_pilot_shared(struct explore_pilot *pilot);

/* As tidy__sim_runner_go_on(); never called for a program. */
void tidy__explore_pilot_go_on(struct explore_pilot *pilot,
                               bool (*go_on)(void *arg),
                               void *arg);

/* Run the order in the memory; and, of a body, those after it. */
struct tidy_world_report *tidy__explore_pilot_run(struct explore_pilot *pilot);

/* The same in a process in which nothing has been run yet. */
struct tidy_world_report *
tidy__explore_pilot_run_fresh(struct explore_pilot *pilot);

/* From now on each run has a process of its own. */
void tidy__explore_pilot_be_fresh(struct explore_pilot *pilot);

#endif
