/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_SHRINK_H
#define TIDY_EXPLORE_SHRINK_H

#include "explore/trial.h"

/* Runs that it may take. */
#define EXPLORE_SHRINK_MAX_RUNS 5000

/*
 * Make a schedule simpler that does not pass, as long as it fails in the same way
 * (same.h): fewer faults, fewer departures, fewer connections, later ones. In the
 * end none of its departures can be left out.
 *
 * 0; -EINVAL: the schedule itself does not fail like that, and stays; -ENOMEM.
 */
int tidy__explore_shrink(struct explore_trial *trial,
                         struct explore_schedule *schedule,
                         uint64_t signature);

#endif
