/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_EXPLORATION_H
#define TIDY_EXPLORE_EXPLORATION_H

#include "explore/schedule.h"
#include "explore/target.h"
#include <tidysock/explore.h>

/* One failure, in the list of those that were found. */
struct tidy_found {
    struct tidy_found *prev, *next;
    struct tidy_exploration *exploration; /* borrowed: whose it is */
    struct explore_schedule schedule;     /* owned */
    enum tidy_outcome outcome;
    char *text; /* owned */
    uint64_t signature;
    uint64_t n_schedules, n_times;
    size_t n_departures_before; /* it was made simpler */
    bool is_shrunk;
    struct tidy_world_report
        *report;   /* owned: with all events; NULL: not yet */
    char *decides; /* owned: the pair of events that does; NULL: not known */
};

struct tidy_exploration {
    struct tidy_explore_options options;
    struct explore_target target;
    enum tidy_verdict verdict;
    char *text;        /* owned */
    char *environment; /* owned: what its options came from */
    struct tidy_explore_summary summary;
    struct tidy_found *found; /* DL, owned: simplest first */
    bool is_replay;           /* of one schedule, which was given */
    bool is_static;           /* there was no memory for another */
};

/* With the options that were taken; or NOT_RUN, and why. Never NULL. */
struct tidy_exploration *
tidy__exploration_new(const struct tidy_explore_options *given);

/* A search that could not be: the text is owned. */
void tidy__explore_not_run(struct tidy_exploration *exploration, char *text);

/* Add a failure, behind those that are as simple; its schedule is copied. NULL: out
 * of memory. */
struct tidy_found *
tidy__explore_add_found(struct tidy_exploration *exploration,
                        const struct explore_schedule *schedule,
                        enum tidy_outcome outcome,
                        const char *text);

void tidy__explore_insert(struct tidy_exploration *exploration,
                          struct tidy_found *found);

/* Run one schedule: adds what it finds. Of a file, whose name is for the text. */
void tidy__explore_replay(struct tidy_exploration *exploration,
                          const struct explore_schedule *schedule,
                          const char *path);

/* What a corpus has is run; true: one of it failed, and nobody wants more. */
bool tidy__explore_corpus_run(struct tidy_exploration *exploration);
/* What was found goes there. */
void tidy__explore_corpus_keep(struct tidy_exploration *exploration);

/* And the reports, if they are wanted. */
void tidy__explore_reports(struct tidy_exploration *exploration);

/* The search itself: fills in summary and what was found. */
void tidy__explore_run(struct tidy_exploration *exploration);

#endif
