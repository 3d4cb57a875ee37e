/* SPDX-License-Identifier: MIT */
#include "explore/failures.h"

#include "explore/bodies.h"

#include <stdlib.h>
#include <string.h>

const struct failure failures[] = {
    { .name = "drop",
      .body = body_drop,
      .kinds = "orders",
      .departs_at = { 3 },
      .alternative = { 1 },
      .outcome = TIDY_OUTCOME_DEADLOCK,
      .decides = "fails when the listener learns of client 1 after it is "
                 "closed; passes the other way round" },
    { .name = "request",
      .body = body_request,
      .kinds = "orders",
      .departs_at = { 6 },
      .alternative = { 1 },
      .outcome = TIDY_OUTCOME_FAILED },
    { .name = "cut",
      .body = body_request,
      .kinds = "read-cut",
      .departs_at = { 1 },
      .alternative = { 1 },
      .outcome = TIDY_OUTCOME_FAILED },
    { .name = "reset",
      .body = body_request,
      .kinds = "order,reset",
      .departs_at = { 4 },
      .alternative = { 1 },
      .outcome = TIDY_OUTCOME_CRASHED },
    { .name = "lost",
      .body = body_request,
      .kinds = "unreached",
      .departs_at = { 1 },
      .alternative = { 1 },
      .outcome = TIDY_OUTCOME_DEADLOCK },
    { .name = "unix", .body = body_unix, .outcome = TIDY_OUTCOME_FAILED },
    { .name = "six", .body = body_six, .outcome = TIDY_OUTCOME_FAILED },
    { .name = "spin",
      .body = body_spin,
      .outcome = TIDY_OUTCOME_LIMIT,
      .max_steps = 2000 },
    { .name = "many", .body = body_many, .outcome = TIDY_OUTCOME_FAILED },
    { .name = "crowd",
      .body = body_many,
      .kinds = "orders",
      .departs_at = { 3, 12, 20 },
      .alternative = { 1, 1, 1 },
      .outcome = TIDY_OUTCOME_FAILED },
    { .name = "two",
      .body = body_two,
      .kinds = "orders",
      .departs_at = { 1, 6 },
      .alternative = { 1, 1 },
      .outcome = TIDY_OUTCOME_FAILED },
    { .name = "pipe", .body = body_pipe, .outcome = TIDY_OUTCOME_DEADLOCK },
    { .name = "unmodelled",
      .body = body_datagram,
      .outcome = TIDY_OUTCOME_UNMODELLED },
    { .name = "astray",
      .body = body_drop,
      .kinds = "reset",
      .departs_at = { 2 },
      .alternative = { 0 },
      .outcome = TIDY_OUTCOME_ASTRAY },
    { .name = "uncontrolled",
      .body = body_drop,
      .outcome = TIDY_OUTCOME_UNCONTROLLED,
      .text = "the same schedule went another way in a fresh process\n"
              "first differing event, 3:\n"
              "  once   0.000003 read(512) = 3\n"
              "  again  0.000003 read(512) = 4" },
    { .name = "not_run",
      .body = NULL,
      .outcome = TIDY_OUTCOME_NOT_RUN,
      .text = "no process for the run: Resource temporarily unavailable" },
    { .name = "left", .body = body_left, .outcome = TIDY_OUTCOME_LEFTOVER },
    { .name = "hostile",
      .title = "</title><script>alert(1)</script>&\"'\x1b[31m\x80\xff --> ]]>",
      .body = body_hostile,
      .outcome = TIDY_OUTCOME_FAILED },
    { .name = "crash",
      .body = body_crash,
      .kinds = "orders",
      .departs_at = { 3 },
      .alternative = { 1 },
      .outcome = TIDY_OUTCOME_CRASHED },
};
const size_t n_failures = TIDY_COUNT(failures);

static int write_text(FILE *out, const struct explore_failure_view *view)
{
    return tidy__explore_report_text(out, view, NULL);
}

const struct format formats[] = {
    { "txt", write_text },
    { "jsonl", tidy__explore_report_json },
    { "html", tidy__explore_report_html },
    { "pcapng", tidy__explore_report_pcapng },
};
const size_t n_formats = TIDY_COUNT(formats);

/* ------------------------------------------------------------------------ runs */

static size_t set_choices(const struct failure *failure,
                          uint32_t choices[MAX_CHOICES])
{
    size_t n = 0, idx;

    memset(choices, 0, MAX_CHOICES * sizeof(*choices));
    for (idx = 0; idx < 4 && failure->departs_at[idx] > 0; idx++) {
        n = failure->departs_at[idx];
        choices[n - 1] = (uint32_t)failure->alternative[idx];
    }
    return n;
}

struct tidy_world_report *run_failure(const struct failure *failure)
{
    uint32_t choices[MAX_CHOICES];
    struct tidy_world_options options = { .has_events = true,
                                          .max_steps = failure->max_steps,
                                          .choices = choices };

    if (failure->kinds)
        tidy_choices_parse(failure->kinds, &options.kinds);
    options.n_choices = set_choices(failure, choices);
    if (!failure->kinds)
        options.choices = NULL;
    return tidy_world_run(
        &options, failure->body ? failure->body : body_drop, NULL);
}

struct explore_failure_view view_failure(const struct failure *failure,
                                         const struct tidy_world_report *report)
{
    struct explore_failure_view view = {
        .name = failure->title ? failure->title : failure->name,
        .outcome = tidy_world_report_outcome(report),
        .text = tidy_world_report_text(report),
        .events = tidy__sim_report_events(report),
        .decides = failure->decides,
        .replay = "TIDYSOCK_SCHEDULE=drop.schedule ./test_server",
        .debug = "TIDYSOCK_SCHEDULE=drop.schedule gdb --args ./test_server",
        .seed = UINT64_C(0xfedcba9876543210),
        .trace_hash = UINT64_C(0x0123456789abcdef),
        .n_schedules = 1204,
        .n_found = 7,
        .n_shrunk = 1,
    };

    if (failure->kinds)
        tidy_choices_parse(failure->kinds, &view.kinds);
    if (failure->text) {
        view.outcome = failure->outcome;
        view.text = failure->text;
    }
    if (!failure->body)
        view.events = NULL;
    return view;
}

char *write_report(const struct format *format,
                   const struct explore_failure_view *view,
                   size_t *ret_len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_len);
    int result = out ? format->write(out, view) : -1;

    if (out)
        fclose(out);
    if (result == 0)
        return text;
    free(text);
    return NULL;
}
