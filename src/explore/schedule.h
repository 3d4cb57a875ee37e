/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_SCHEDULE_H
#define TIDY_EXPLORE_SCHEDULE_H

#include "sim/choice_keyed.h"

#include <stdio.h>

/*
 * A schedule as text, version 1:
 *
 *     tidysock schedule 1
 *     # test_echo: deadlock
 *     profile linux
 *     kinds order,ready,accept
 *     depart order tcp#3 2: 1 of 2
 *     end
 *
 * "When tcp#3 is asked for its order the 2nd time, take alternative 1 of 2." All
 * else is calm. The last line tells a whole file from a part of one.
 */
struct explore_schedule {
    enum tidy_profile profile;
    uint32_t kinds;
    uint64_t max_latency_ns; /* 0: the default */
    struct sim_turn *turns;  /* owned */
    size_t n_turns;
};

/* 0 or -ENOMEM. */
int tidy__explore_schedule_copy(struct explore_schedule *schedule,
                                const struct explore_schedule *from);
void tidy__explore_schedule_deinit(struct explore_schedule *schedule);

/* note: for people, one line or more; "" for none. */
void tidy__explore_schedule_write(const struct explore_schedule *schedule,
                                  const char *note,
                                  FILE *out);

/* Returns NULL, or why it is none: a sentence with the name and the line, owned;
 * "" if memory was short. The schedule is to be ended only if it is one. */
char *tidy__explore_schedule_read(struct explore_schedule *schedule,
                                  const char *name,
                                  FILE *in);

/* The same from a file; or from the text itself, if it begins as a schedule does,
 * with semicolons for ends of lines: it fits on a command line then. */
bool tidy__explore_schedule_is_text(const char *path);
char *tidy__explore_schedule_load(struct explore_schedule *schedule,
                                  const char *path);

#endif
