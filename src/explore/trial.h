/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_TRIAL_H
#define TIDY_EXPLORE_TRIAL_H

#include "explore/schedule.h"
#include "explore/target.h"

/* Runs of single schedules, one after the other. */
struct explore_trial {
    struct explore_pilot *pilot;     /* owned */
    struct tidy_world_options world; /* what worlds are like; kinds, profile and
                                      * latency are the schedule's */
    struct sim_tally tally;
    uint64_t n_runs;
};

/* NULL; or why nothing can be run, owned. */
struct tidy_world_report *
tidy__explore_trial_init(struct explore_trial *trial,
                         const struct explore_target *target,
                         const struct tidy_world_options *world);
void tidy__explore_trial_deinit(struct explore_trial *trial);

/* What becomes of a schedule: owned. */
struct tidy_world_report *
tidy__explore_trial_run(struct explore_trial *trial,
                        const struct explore_schedule *schedule);

/* The departures that the last run made: turns has room for its choices' number
 * of them. Returns how many. */
size_t tidy__explore_trial_turns(struct explore_trial *trial,
                                 struct sim_turn *turns);

/* Where the last run could have let something arrive and did not: alternatives of
 * kind "order", behind its first departure. Returns how many, max_places at most,
 * which are the last ones. */
size_t tidy__explore_trial_places(struct explore_trial *trial,
                                  struct sim_turn *places,
                                  size_t max_places);

/* How many there are at most; and how many turns of the schedule came. */
size_t tidy__explore_trial_n_departures(const struct explore_trial *trial);

#endif
