/* SPDX-License-Identifier: MIT */
/*
 * Reports: what the memory shared with a run says when it is over, kept.
 *
 * There is always one to be had: when memory is short, a static one says so.
 */
#include "sim/report.h"

#include "base/alloc.h"
#include "base/misuse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static struct tidy_world_report out_of_memory = {
    .outcome = TIDY_OUTCOME_NOT_RUN,
    .text = (char *)(uintptr_t) "out of memory",
    .trace = (char *)(uintptr_t) "",
    .exit_code = -1,
    .is_static = true,
};

struct tidy_world_report *
tidy_world_report_free(struct tidy_world_report *report)
{
    if (!report || report->is_static)
        return NULL;
    tidy__dealloc(report->text);
    tidy__dealloc(report->trace);
    tidy__dealloc(report->choices);
    tidy__sim_events_free(report->events);
    return tidy__dealloc(report);
}

static struct tidy_world_report *
new_report(enum tidy_outcome outcome, const char *text, const char *trace)
{
    struct tidy_world_report *report = tidy__zalloc(sizeof(*report));

    if (!report)
        return &out_of_memory;
    report->outcome = outcome;
    report->exit_code = -1;
    report->text = tidy__strdup(text);
    report->trace = tidy__strdup(trace);
    if (report->text && report->trace)
        return report;
    tidy_world_report_free(report);
    return &out_of_memory;
}

struct tidy_world_report *tidy__sim_report_not_run(const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return new_report(TIDY_OUTCOME_NOT_RUN, text, "");
}

/* All that the shared memory says about the run. */
struct tidy_world_report *tidy__sim_report_run(const struct sim_shared *shared,
                                               enum tidy_outcome outcome,
                                               const char *text)
{
    const struct sim_world *world = &shared->world;
    struct tidy_world_report *report = new_report(outcome, text, shared->trace);
    size_t size = world->taken.n * sizeof(*report->choices), idx;

    if (report->is_static)
        return report;
    report->n_steps = world->n_steps;
    report->duration_ns = world->now_ns;
    report->trace_hash = world->trace.hash;
    report->n_lines = world->trace.n_lines;
    report->choices = tidy__alloc(size);
    if (shared->options.has_events)
        report->events = tidy__sim_events_new(&shared->record, outcome, text);
    if (!report->choices || (shared->options.has_events && !report->events)) {
        tidy_world_report_free(report);
        return &out_of_memory;
    }
    for (idx = 0; idx < world->taken.n; idx++)
        report->choices[idx] = shared->taken[idx].taken;
    report->n_choices = world->taken.n;
    return report;
}

struct tidy_world_report *
tidy__sim_report_retell(struct tidy_world_report *report,
                        enum tidy_outcome outcome,
                        char *text)
{
    if (!report->is_static && text) {
        tidy__dealloc(report->text);
        report->text = text;
        report->outcome = outcome;
        return report;
    }
    tidy__dealloc(text);
    tidy_world_report_free(report);
    return &out_of_memory;
}

/* By a signal, or by an exit that no run makes. */
static void
describe_status(int status, const char *when, char *text, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(text,
                 size,
                 "%sthe process was ended by signal %d (%s)",
                 when,
                 WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(text,
                 size,
                 "%sthe process has left by exit(%d)",
                 when,
                 WEXITSTATUS(status));
}

struct tidy_world_report *
tidy__sim_report_ended(const struct sim_shared *shared, int status)
{
    char text[256];

    if (shared->has_ended && WIFEXITED(status) &&
        (shared->outcome == TIDY_OUTCOME_PASSED ||
         WEXITSTATUS(status) == SIM_EXIT_ENDED))
        return tidy__sim_report_run(shared, shared->outcome, shared->text);
    describe_status(
        status,
        shared->has_begun ? "" : "in the warm-up, outside of any world, ",
        text,
        sizeof(text));
    return tidy__sim_report_run(shared, TIDY_OUTCOME_CRASHED, text);
}

enum tidy_outcome
tidy_world_report_outcome(const struct tidy_world_report *report)
{
    TIDY_REQUIRE(report, "tidy_world_report_outcome: the report is NULL");
    return report->outcome;
}

const char *tidy_outcome_name(enum tidy_outcome outcome)
{
    static const char *const names[] = {
        [TIDY_OUTCOME_PASSED] = "passed",
        [TIDY_OUTCOME_FAILED] = "failed",
        [TIDY_OUTCOME_DEADLOCK] = "deadlock",
        [TIDY_OUTCOME_LEFTOVER] = "leftover",
        [TIDY_OUTCOME_LIMIT] = "limit",
        [TIDY_OUTCOME_UNMODELLED] = "unmodelled",
        [TIDY_OUTCOME_UNCONTROLLED] = "uncontrolled",
        [TIDY_OUTCOME_ASTRAY] = "astray",
        [TIDY_OUTCOME_CRASHED] = "crashed",
        [TIDY_OUTCOME_NOT_RUN] = "not run",
    };

    return (size_t)outcome < TIDY_COUNT(names) ? names[outcome] : "?";
}

const char *tidy_world_report_text(const struct tidy_world_report *report)
{
    TIDY_REQUIRE(report, "tidy_world_report_text: the report is NULL");
    return report->text;
}

const char *tidy_world_report_trace(const struct tidy_world_report *report)
{
    TIDY_REQUIRE(report, "tidy_world_report_trace: the report is NULL");
    return report->trace;
}

const uint32_t *
tidy_world_report_choices(const struct tidy_world_report *report,
                          size_t *ret_n_choices)
{
    TIDY_REQUIRE(report, "tidy_world_report_choices: the report is NULL");
    *ret_n_choices = report->n_choices;
    return report->choices;
}

uint64_t tidy_world_report_n_steps(const struct tidy_world_report *report)
{
    TIDY_REQUIRE(report, "tidy_world_report_n_steps: the report is NULL");
    return report->n_steps;
}

uint64_t tidy_world_report_duration_ns(const struct tidy_world_report *report)
{
    TIDY_REQUIRE(report, "tidy_world_report_duration_ns: the report is NULL");
    return report->duration_ns;
}

int tidy_world_report_exit_code(const struct tidy_world_report *report)
{
    TIDY_REQUIRE(report, "tidy_world_report_exit_code: the report is NULL");
    return report->exit_code;
}
