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

/* Turns of each choice that was offered; of those that were taken, too. */
static uint32_t count_turn(struct explore_trial *trial,
                           const struct sim_choice *choice)
{
    return ++tidy__sim_tally_find(&trial->tally, choice->kind, choice->actor)
                 ->n;
}

size_t tidy__explore_trial_places(struct explore_trial *trial,
                                  struct sim_turn *places,
                                  size_t max_places)
{
    const struct sim_shared *run = tidy__explore_pilot_shared(trial->pilot);
    const struct sim_choice *choice;
    bool has_departed = false;
    size_t idx, n = 0;
    uint32_t nth, taken;

    memset(&trial->tally, 0, sizeof(trial->tally));
    for (idx = 0; idx < run->world.taken.n; idx++) {
        choice = &run->taken[idx];
        nth = count_turn(trial, choice);
        has_departed |= choice->taken > 0;
        if (!has_departed || choice->kind != TIDY_CHOICE_ORDER ||
            choice->taken > 0)
            continue;
        for (taken = 1; taken < choice->n; taken++)
            places[n++ % max_places] = (struct sim_turn){
                choice->kind, choice->actor, nth, choice->n, taken
            };
    }
    return n < max_places ? n : max_places;
}
