/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_DECIDE_H
#define TIDY_EXPLORE_DECIDE_H

#include "explore/trial.h"

/*
 * Which two events decide: a sentence, "fails when the FIN of client 1 reaches
 * server 1 before accept of listener; passes the other way round". It is only
 * said if both were run: two schedules that are alike up to there, where the one
 * has the one event first and the other the other, and of which one passes and
 * the other fails as this schedule does.
 *
 * Owned; NULL: no such pair was found, or memory was short. The trial's worlds
 * must have events.
 */
char *tidy__explore_decide(struct explore_trial *trial,
                           const struct explore_schedule *schedule,
                           uint64_t signature);

#endif
