/* SPDX-License-Identifier: MIT */
/*
 * "Complete" counts what there is: the explorer's number of schedules is held
 * against a plain recursion over lists of choices, which knows nothing of it. An
 * alternative is there if a run that takes it is not astray.
 */
#include "explore/worlds.h"
#include <tidysock/explore.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MAX_CHOICES 512

struct counting {
    struct tidy_world_runner *runner;
    uint32_t kinds;
    unsigned max_departures, max_faults;
    uint64_t n;
};

struct run {
    bool is_there;
    size_t n_choices;
    unsigned n_departures, n_faults; /* that it made */
};

/* "choose eintr tcp#3: 1 of 2" */
static bool is_fault(const char *line)
{
    unsigned kind;

    for (kind = 0; kind < TIDY_N_CHOICES; kind++) {
        const char *name = tidy_choice_name((enum tidy_choice)kind);
        size_t len = strlen(name);

        if (strncmp(line, name, len) == 0 && line[len] == ' ')
            return (TIDY_CHOICES_FAULTS & TIDY_CHOICE_BIT(kind)) != 0;
    }
    fail_msg("no kind in \"%.30s\"", line);
    return false;
}

static void count_departures(const char *trace, struct run *run)
{
    const char *line = trace;

    while ((line = strstr(line, " choose "))) {
        line += strlen(" choose ");
        if (is_fault(line))
            run->n_faults++;
        else
            run->n_departures++;
    }
}

static struct run
run(struct counting *counting, const uint32_t *choices, size_t n_choices)
{
    struct tidy_world_options options = { .kinds = counting->kinds,
                                          .choices = choices,
                                          .n_choices = n_choices,
                                          .has_trace = true };
    struct tidy_world_report *report =
        tidy_world_runner_run(counting->runner, &options);
    enum tidy_outcome outcome = tidy_world_report_outcome(report);
    struct run result = { .is_there = outcome != TIDY_OUTCOME_ASTRAY };

    if (outcome != TIDY_OUTCOME_ASTRAY && outcome != TIDY_OUTCOME_PASSED)
        fail_msg("%s", tidy_world_report_text(report));
    tidy_world_report_choices(report, &result.n_choices);
    count_departures(tidy_world_report_trace(report), &result);
    tidy_world_report_free(report);
    return result;
}

/* The schedule of these choices, and all that depart once more behind them. */
static void count(struct counting *counting, uint32_t *choices, size_t n)
{
    struct run this = run(counting, choices, n), next;
    size_t at;

    assert_true(this.n_choices < MAX_CHOICES);
    counting->n++;
    for (at = n; at < this.n_choices; at++) {
        for (choices[at] = 1;; choices[at]++) {
            next = run(counting, choices, at + 1);
            if (!next.is_there)
                break;
            if (next.n_departures <= counting->max_departures &&
                next.n_faults <= counting->max_faults)
                count(counting, choices, at + 1);
            memset(
                &choices[at + 1], 0, (MAX_CHOICES - at - 1) * sizeof(*choices));
        }
        choices[at] = 0;
    }
}

static uint64_t count_plainly(tidy_world_body_cb body,
                              const struct tidy_explore_options *options)
{
    uint32_t choices[MAX_CHOICES] = { 0 };
    struct counting counting = {
        .runner = tidy_world_runner_new(body, NULL, TIDY_WARM_UP_NONE),
        .kinds = options->world.kinds,
        .max_departures = options->max_departures,
        .max_faults = options->max_faults,
    };

    counting.runner = tidy_world_runner_free(counting.runner);
    counting.runner = tidy_world_runner_new(body, NULL, TIDY_WARM_UP_OUTSIDE);
    count(&counting, choices, 0);
    tidy_world_runner_free(counting.runner);
    return counting.n;
}

static void expect_count(tidy_world_body_cb body,
                         const char *kinds,
                         unsigned max_departures,
                         unsigned max_faults)
{
    struct tidy_explore_options options = {
        .is_until_complete = true,
        .max_departures = max_departures,
        .has_no_departures = max_departures == 0,
        .max_faults = max_faults,
        .has_no_faults = max_faults == 0,
    };
    struct tidy_exploration *exploration;
    struct tidy_explore_summary summary;
    uint64_t n;

    assert_null(tidy_choices_parse(kinds, &options.world.kinds));
    n = count_plainly(body, &options);
    exploration = tidy_explore(&options, body, NULL);
    assert_int_equal(tidy_exploration_verdict(exploration),
                     TIDY_VERDICT_PASSED);
    tidy_exploration_summary(exploration, &summary);
    print_message("%s, d <= %u, f <= %u: %llu\n",
                  kinds,
                  max_departures,
                  max_faults,
                  (unsigned long long)n);
    assert_true(summary.is_complete);
    assert_int_equal(summary.n_schedules, n);
    assert_int_equal(summary.n_simple, n);
    tidy_exploration_free(exploration);
}

static void one_connection(void **state)
{
    unsigned d;

    (void)state;
    for (d = 0; d <= 3; d++)
        expect_count(world_connection, "orders,read-cut", d, 0);
}

static void two_clients(void **state)
{
    unsigned d;

    (void)state;
    for (d = 0; d <= 2; d++)
        expect_count(world_two_clients, "orders", d, 0);
}

static void faults_and_departures(void **state)
{
    (void)state;
    expect_count(world_ready, "ready,timer,eintr", 1, 0);
    expect_count(world_ready, "ready,timer,eintr", 0, 1);
    expect_count(world_ready, "ready,timer,eintr", 1, 1);
    expect_count(world_ready, "ready,timer,eintr", 2, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_connection),
        cmocka_unit_test(two_clients),
        cmocka_unit_test(faults_and_departures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
