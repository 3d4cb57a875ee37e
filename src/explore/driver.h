/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_DRIVER_H
#define TIDY_EXPLORE_DRIVER_H

#include "explore/search.h"
#include "explore/target.h"

/*
 * One worker's driver, in a process of its own: it has runs made until the search
 * is over, and looks into each that did not pass. Never returns: the exit code is
 * 0, or 1 if nothing could be run, for which search->trouble has the cause.
 */
_Noreturn void tidy__explore_drive(struct explore_search *search,
                                   const struct explore_target *target,
                                   unsigned idx);

#endif
