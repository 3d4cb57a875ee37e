/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_STRATEGY_H
#define TIDY_EXPLORE_STRATEGY_H

#include "explore/search.h"

/*
 * A strategy says which run is next. It has a file of its own; it orders a run
 * with tidy__explore_order(), and says who chooses in it.
 */
struct explore_strategy {
    const char *name, *what;
    /* Plan the worker's next run, with its position and whether it counts;
     * false: there is none, for any worker that has finished. */
    bool (*next)(struct explore_worker *worker);
    /* The run that was planned is over. NULL: nothing is to be learned. */
    void (*learn)(struct explore_worker *worker);
};

extern const struct explore_strategy tidy__explore_portfolio;
extern const struct explore_strategy tidy__explore_depth;
extern const struct explore_strategy tidy__explore_random;
extern const struct explore_strategy tidy__explore_pct;

/* By its name; NULL: there is none. */
const struct explore_strategy *tidy__explore_strategy_find(const char *name);
/* One after the other, from 0 on; NULL: no more. */
const struct explore_strategy *tidy__explore_strategy_nth(size_t idx);

#endif
