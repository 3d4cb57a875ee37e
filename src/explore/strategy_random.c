/* SPDX-License-Identifier: MIT */
/*
 * Runs at random, of which no two workers have the same: uniform, where each
 * choice departs one time in so many; and by priorities of actors, which change a
 * few times (sim/choice_pct.c). How often is drawn for each run.
 *
 * In each run a random half of the faults is off, since one that always comes
 * first hides what is behind it.
 */
#include "explore/strategy.h"

/* Positions are behind those of all levels. */
#define FIRST_POSITION (UINT64_C(1) << 63)
#define MAX_CHANGES 4

/* The randomness of one run. */
static uint64_t draw(struct explore_worker *worker, struct sim_chance *chance)
{
    struct explore_search *search = worker->search;
    uint64_t number = atomic_fetch_add(&search->n_drawn, 1);

    worker->position = FIRST_POSITION | number;
    worker->is_counted = true;
    tidy__sim_chance_init(
        chance, search->settings.seed * UINT64_C(0x100000001b3) + number);
    return number;
}

/* All kinds that are no faults, and of the faults a half. */
static uint32_t draw_kinds(const struct explore_worker *worker,
                           struct sim_chance *chance)
{
    uint32_t kinds = worker->search->settings.world.kinds;

    return kinds &
           (~TIDY_CHOICES_FAULTS | (uint32_t)tidy__sim_chance_next(chance));
}

static bool next_uniform(struct explore_worker *worker)
{
    static const unsigned rates[] = { 4, 8, 16, 32 };
    struct sim_chance chance;
    struct sim_plan *plan;

    draw(worker, &chance);
    plan = tidy__explore_order(worker, draw_kinds(worker, &chance));
    plan->kind = SIM_PLAN_RANDOM;
    plan->seed = tidy__sim_chance_next(&chance);
    plan->one_in = rates[tidy__sim_chance_next(&chance) % TIDY_COUNT(rates)];
    return true;
}

static bool next_pct(struct explore_worker *worker)
{
    struct sim_chance chance;
    struct sim_plan *plan;

    draw(worker, &chance);
    plan = tidy__explore_order(worker, draw_kinds(worker, &chance));
    plan->kind = SIM_PLAN_PCT;
    plan->seed = tidy__sim_chance_next(&chance);
    plan->n_changes =
        (unsigned)(tidy__sim_chance_next(&chance) % (MAX_CHANGES + 1));
    plan->n_expected = worker->search->n_expected;
    return true;
}

const struct explore_strategy tidy__explore_random = {
    .name = "random",
    .what = "each choice departs at random",
    .next = next_uniform,
};

const struct explore_strategy tidy__explore_pct = {
    .name = "pct",
    .what = "actors have priorities, which change a few times",
    .next = next_pct,
};
