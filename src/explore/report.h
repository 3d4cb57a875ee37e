/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_REPORT_H
#define TIDY_EXPLORE_REPORT_H

#include "sim/event.h"

#include <stdio.h>

/*
 * A failure, for those who write reports of it. All is borrowed. Texts may be
 * hostile: the writers escape what their format needs escaped.
 */
struct explore_failure_view {
    const char *name; /* of the test or the program; NULL: it has none */
    enum tidy_outcome outcome;
    const char *text; /* of the outcome; may have lines */
    enum tidy_profile profile;
    uint32_t kinds;                  /* that were allowed to depart from calm */
    const struct sim_events *events; /* all of the failing run; NULL: none */
    /* What decides it: "fails when the client's close comes before accept,
     * passes the other way round". NULL: not known. */
    const char *decides;
    /* The departures: indices of choices in the events. NULL: every choice that
     * was not calm. */
    const size_t *departures;
    size_t n_departures;
    const char *replay, *debug; /* command lines; NULL: none */
    uint64_t seed;              /* 0: the run has none */
    uint64_t trace_hash;        /* 0: not known */
    uint64_t n_schedules;       /* after so many it was found; 0: not known */
    size_t n_found;             /* departures when it was found */
    size_t n_shrunk;            /* and when it was shrunk; both 0: not known */
};

struct explore_text_options {
    unsigned width;  /* columns; 0: 96 */
    bool has_colour; /* for a terminal */
};

/*
 * The writers. Each returns 0, -ENOMEM, or -EIO if the stream says so; what was
 * written then is not whole. The same view gives the same bytes.
 */

/* A table, a column for each who had a part in it (options: NULL: defaults). */
int tidy__explore_report_text(FILE *out,
                              const struct explore_failure_view *view,
                              const struct explore_text_options *options);
/* One page with a chart. */
int tidy__explore_report_html(FILE *out,
                              const struct explore_failure_view *view);
/* What was sent, as a capture file. */
int tidy__explore_report_pcapng(FILE *out,
                                const struct explore_failure_view *view);
/* A JSON object a line: docs/REPORTS.md has the schema. */
int tidy__explore_report_json(FILE *out,
                              const struct explore_failure_view *view);

#endif
