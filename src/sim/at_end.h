/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_AT_END_H
#define TIDY_SIM_AT_END_H

#include "sim/world.h"

/* The process of runs is about to end: leave the world, and do what
 * tidy_world_at_end() was told, the last first. */
void tidy__sim_at_end_run(void);

/* If a body exits, what the process does at its end is done outside. */
void tidy__sim_at_end_watch_exit(void);

#endif
