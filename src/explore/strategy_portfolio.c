/* SPDX-License-Identifier: MIT */
/*
 * The default: what is simple first, in its order, for as long as half of the
 * schedules; then at random, in both ways in turn.
 */
#include "explore/strategy.h"

#include <string.h>

static bool next(struct explore_worker *worker)
{
    if (!worker->is_past_depth && tidy__explore_depth.next(worker))
        return true;
    worker->is_past_depth = true;
    return worker->n_seen % 2 == 0 ? tidy__explore_random.next(worker)
                                   : tidy__explore_pct.next(worker);
}

static void learn(struct explore_worker *worker)
{
    if (!worker->is_past_depth)
        tidy__explore_depth.learn(worker);
}

const struct explore_strategy tidy__explore_portfolio = {
    .name = "portfolio",
    .what = "depth, then random and pct in turn",
    .next = next,
    .learn = learn,
};

/* ------------------------------------------------------------------ by name */

static const struct explore_strategy *const strategies[] = {
    &tidy__explore_portfolio,
    &tidy__explore_depth,
    &tidy__explore_random,
    &tidy__explore_pct,
};

const struct explore_strategy *tidy__explore_strategy_nth(size_t idx)
{
    return idx < TIDY_COUNT(strategies) ? strategies[idx] : NULL;
}

const struct explore_strategy *tidy__explore_strategy_find(const char *name)
{
    size_t idx;

    for (idx = 0; idx < TIDY_COUNT(strategies); idx++) {
        if (strcmp(strategies[idx]->name, name) == 0)
            return strategies[idx];
    }
    return NULL;
}
