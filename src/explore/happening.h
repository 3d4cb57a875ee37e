/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_HAPPENING_H
#define TIDY_EXPLORE_HAPPENING_H

#include "sim/report.h"

/*
 * What happened in a run, made comparable with what happened in another: arrivals,
 * timers, what waits tell, and calls, each with who and the how many-th of its
 * kind it is. Choices and clock reads are none.
 */
struct explore_happenings;

/* Of a report with events, which is borrowed. NULL: out of memory, or it has
 * none. */
struct explore_happenings *
tidy__explore_happenings_new(const struct tidy_world_report *report);
/* Accepts NULL, returns NULL. */
struct explore_happenings *
tidy__explore_happenings_free(struct explore_happenings *happenings);

/* One of them. */
struct explore_moment {
    const struct explore_happenings *run; /* borrowed */
    size_t idx;
};

/* Where two runs part: the failing one has the first and then the second, which
 * may be never; the passing one has them the other way round. */
struct explore_parting {
    size_t at; /* happenings that are common to both before it */
    struct explore_moment first, second;
};

/*
 * Do they part in that way? Something arrives, or a timer fires, in the one run
 * right before what is next in the other: but for what it brings about itself,
 * nothing comes between the two.
 */
bool tidy__explore_part(const struct explore_happenings *passes,
                        const struct explore_happenings *fails,
                        struct explore_parting *ret_parting);

/* "the FIN of client 1 reaches server 1": owned; NULL: out of memory. */
char *tidy__explore_moment_text(struct explore_moment moment);

#endif
