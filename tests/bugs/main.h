/* SPDX-License-Identifier: MIT */
/*
 * What tidysock-bugs can do with a bug. Each prints a line, or more if it is not
 * as it should be, and returns whether it is.
 */
#ifndef TIDY_TESTS_BUGS_MAIN_H
#define TIDY_TESTS_BUGS_MAIN_H

#include "bugs/bugs.h"

struct settings {
    uint64_t n_schedules; /* 0: 10,000 */
    uint64_t seed;
    unsigned n_runs; /* on the real kernel */
    bool has_report; /* also of what was to be found */
};

/* The default portfolio finds it. */
bool bug_is_found(const struct bug *bug, const struct settings *settings);

/* Its twin is never blamed, with either profile. */
bool twin_is_sound(const struct bug *bug, const struct settings *settings);

/* Both pass in a calm world, and once on the real kernel. */
bool bug_is_hidden(const struct bug *bug, const struct settings *settings);

/* How often it shows in so many runs on the real kernel. */
bool bug_is_counted(const struct bug *bug, const struct settings *settings);

/* Runs on the real kernel, in other processes, at most n_at_once at a time: how
 * many of them did not pass. A run that takes 2 s is one that does not. Stops
 * after max_shown of these.
 *
 * @param ret_n_done  Receives how many were made. */
unsigned count_real(const struct bug *bug,
                    bool is_repaired,
                    unsigned n_runs,
                    unsigned n_at_once,
                    unsigned max_shown,
                    unsigned *ret_n_done);

#endif
