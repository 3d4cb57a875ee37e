/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_SAME_H
#define TIDY_EXPLORE_SAME_H

#include <tidysock/sim.h>

/*
 * Which failures are the same: of one kind, at one place. A number that two of
 * them have in common: the outcome, and its text without what differs from order
 * to order (numbers and the directories of paths; and, of a wait that never ends,
 * which descriptors are open meanwhile). Never 0.
 */
uint64_t tidy__explore_signature(enum tidy_outcome outcome, const char *text);

#endif
