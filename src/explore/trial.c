/* SPDX-License-Identifier: MIT */
/*
 * A schedule is run by who departed and how often, so that what is left of one
 * from which something was taken means what it meant.
 */
#include "explore/trial.h"

#include <string.h>

struct tidy_world_report *
tidy__explore_trial_init(struct explore_trial *trial,
                         const struct explore_target *target,
                         const struct tidy_world_options *world)
{
    struct tidy_world_report *why = NULL;

    *trial = (struct explore_trial){ .world = *world };
    trial->pilot = tidy__explore_pilot_new(target, &why);
    return why;
}

void tidy__explore_trial_deinit(struct explore_trial *trial)
{
    trial->pilot = tidy__explore_pilot_free(trial->pilot);
}

struct tidy_world_report *
tidy__explore_trial_run(struct explore_trial *trial,
                        const struct explore_schedule *schedule)
{
    struct sim_shared *run = tidy__explore_pilot_shared(trial->pilot);
    struct tidy_world_options options = trial->world;

    options.profile = schedule->profile;
    options.kinds = schedule->kinds;
    options.max_latency_ns = schedule->max_latency_ns;
    tidy__sim_shared_order(run, &options);
    if (schedule->n_turns > 0)
        memcpy(run->turns,
               schedule->turns,
               schedule->n_turns * sizeof(*schedule->turns));
    run->plan.kind = SIM_PLAN_KEYED;
    run->plan.n_listed = schedule->n_turns;
    trial->n_runs++;
    return tidy__explore_pilot_run(trial->pilot);
}

size_t tidy__explore_trial_n_departures(const struct explore_trial *trial)
{
    return tidy__explore_pilot_shared(trial->pilot)->world.n_departures;
}

size_t tidy__explore_trial_turns(struct explore_trial *trial,
                                 struct sim_turn *turns)
{
    const struct sim_shared *run = tidy__explore_pilot_shared(trial->pilot);

    return tidy__sim_turns_of(
        run->taken, run->world.taken.n, &trial->tally, turns);
}
