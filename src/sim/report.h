/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_REPORT_H
#define TIDY_SIM_REPORT_H

#include "sim/shared.h"

struct tidy_world_report {
    enum tidy_outcome outcome;
    uint64_t n_steps, duration_ns, trace_hash;
    size_t n_lines;     /* of the trace, also if its text was not kept */
    char *text, *trace; /* owned */
    uint32_t *choices;  /* owned */
    size_t n_choices;
    struct sim_events *events; /* owned; NULL: not asked for */
    int exit_code;             /* of a program; -1: none */
    bool is_static;
};

/* Nothing was run, for a cause. */
struct tidy_world_report *tidy__sim_report_not_run(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/* A run with its outcome. */
struct tidy_world_report *tidy__sim_report_run(const struct sim_shared *shared,
                                               enum tidy_outcome outcome,
                                               const char *text);

/* A run that is told otherwise than it came about. Takes the report, and the text
 * if it is not NULL; both owned. */
struct tidy_world_report *
tidy__sim_report_retell(struct tidy_world_report *report,
                        enum tidy_outcome outcome,
                        char *text);

/* Did two runs of one schedule go the same way? */
bool tidy__sim_report_is_same(const struct tidy_world_report *first,
                              const struct tidy_world_report *second);

/* A sentence, and in what they differ: their outcomes, and the first event that
 * is another, if the traces are there. Owned; NULL: out of memory. */
char *tidy__sim_report_difference(const char *sentence,
                                  const struct tidy_world_report *first,
                                  const struct tidy_world_report *second);

/* A run whose process has ended with a status of waitpid(2)'s. */
struct tidy_world_report *
tidy__sim_report_ended(const struct sim_shared *shared, int status);

#endif
