/* SPDX-License-Identifier: MIT */
/*
 * Fixed failures: a body and a schedule each, so that their reports are always
 * the same.
 */
#ifndef TIDY_TESTS_EXPLORE_FAILURES_H
#define TIDY_TESTS_EXPLORE_FAILURES_H

#include "explore/report.h"

#define MAX_CHOICES 64

struct failure {
    const char *name;  /* of its golden files */
    const char *title; /* in the report; NULL: the same */
    tidy_world_body_cb body;
    const char *kinds;
    size_t departs_at[4], alternative[4]; /* choices, from 1; 0: no more */
    enum tidy_outcome outcome; /* with a text, it is said instead, too */
    const char *decides;
    uint64_t max_steps;
    const char *text; /* instead of what the run said; NULL: that */
};

extern const struct failure failures[];
extern const size_t n_failures;

/* Run it. Owned. */
struct tidy_world_report *run_failure(const struct failure *failure);
/* A view of it: borrows both. */
struct explore_failure_view
view_failure(const struct failure *failure,
             const struct tidy_world_report *report);

/* Each writer by the end of a file's name. */
struct format {
    const char *suffix;
    int (*write)(FILE *out, const struct explore_failure_view *view);
};
extern const struct format formats[];
extern const size_t n_formats;

/* What a writer says; owned, to be freed. NULL: it has failed. */
char *write_report(const struct format *format,
                   const struct explore_failure_view *view,
                   size_t *ret_len);

#endif
