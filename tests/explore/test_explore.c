/* SPDX-License-Identifier: MIT */
/*
 * Explorations of tiny bodies: what is found, how simple it is in the end, and
 * what becomes of bodies that cannot be explored.
 */
#include "explore/worlds.h"
#include <tidysock/explore.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct tidy_exploration *found;

static int tear_down(void **state)
{
    (void)state;
    found = tidy_exploration_free(found);
    unsetenv("TIDYSOCK_SCHEDULE");
    unsetenv("TIDYSOCK_EXPLORE");
    return 0;
}

static void explore(const struct tidy_explore_options *options,
                    tidy_world_body_cb body)
{
    tidy_exploration_free(found);
    found = tidy_explore(options, body, NULL);
    assert_non_null(found);
}

static void expect_text(const char *part)
{
    if (!strstr(tidy_exploration_text(found), part))
        fail_msg("\"%s\" is not in \"%s\"", part, tidy_exploration_text(found));
}

static const struct tidy_found *
expect_found(enum tidy_outcome outcome, const char *text, size_t n_departures)
{
    const struct tidy_found *first = tidy_exploration_found(found, 0);

    assert_int_equal(tidy_exploration_verdict(found), TIDY_VERDICT_FOUND);
    assert_non_null(first);
    if (!strstr(tidy_found_text(first), text))
        fail_msg("\"%s\" is not in \"%s\"", text, tidy_found_text(first));
    assert_int_equal(tidy_found_outcome(first), outcome);
    assert_int_equal(tidy_found_n_departures(first), n_departures);
    return first;
}

static void expect_refused(const struct tidy_explore_options *options,
                           const char *why)
{
    explore(options, world_connection);
    assert_int_equal(tidy_exploration_verdict(found), TIDY_VERDICT_NOT_RUN);
    assert_null(tidy_exploration_found(found, 0));
    expect_text(why);
}

static char *schedule_of(const struct tidy_found *one)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_int_equal(tidy_found_write_schedule(one, out), 0);
    fclose(out);
    return text;
}

/* ------------------------------------------------------------ what is found */

static void one_departure_is_found(void **state)
{
    (void)state;
    explore(NULL, world_impatient);
    expect_found(TIDY_OUTCOME_FAILED, "the byte is late", 1);
}

/* However it is looked for, it ends as simple as it can be. */
static void all_strategies_end_alike(void **state)
{
    struct tidy_explore_options options = { .seed = 7 };
    size_t idx;

    (void)state;
    for (idx = 0; (options.strategy = tidy_explore_strategy_name(idx, NULL));
         idx++) {
        explore(&options, world_overtaken);
        expect_found(TIDY_OUTCOME_FAILED, "overtaken twice", 2);
    }
    assert_in_range(idx, 4, 100);
}

static void a_deadlock_is_found(void **state)
{
    (void)state;
    explore(NULL, world_stuck);
    expect_found(TIDY_OUTCOME_DEADLOCK, "poll waits for ever", 1);
}

static void a_crash_is_contained(void **state)
{
    (void)state;
    explore(NULL, world_crash);
    expect_found(TIDY_OUTCOME_CRASHED, "signal 6", 1);
}

/* Which of them is found does not depend on who is quicker. */
static void two_searches_find_the_same(void **state)
{
    const struct tidy_explore_options options = { .n_workers = 4,
                                                  .is_not_shrunk = true };
    char *first = NULL, *again;
    int n;

    (void)state;
    for (n = 0; n < 10; n++) {
        explore(&options, world_overtaken);
        again = schedule_of(tidy_exploration_found(found, 0));
        if (first)
            assert_string_equal(again, first);
        free(first);
        first = again;
    }
    free(first);
}

/* All of a kind are one. */
static void failures_of_a_kind_are_one(void **state)
{
    const struct tidy_explore_options options = { .goes_on = true,
                                                  .max_schedules = 1000 };

    (void)state;
    explore(&options, world_impatient);
    assert_in_range(
        tidy_found_n_times(tidy_exploration_found(found, 0)), 2, 1000);
    assert_null(tidy_exploration_found(found, 1));
}

static void what_passes_is_told(void **state)
{
    const struct tidy_explore_options options = { .max_schedules = 500 };
    struct tidy_explore_summary summary;

    (void)state;
    explore(&options, world_ready);
    assert_int_equal(tidy_exploration_verdict(found), TIDY_VERDICT_PASSED);
    tidy_exploration_summary(found, &summary);
    assert_int_equal(summary.n_schedules, 500);
    assert_int_equal(summary.n_failed, 0);
    assert_in_range(summary.n_traces, 2, 500);
    assert_in_range(summary.shares[TIDY_CHOICE_READY].n_taken,
                    1,
                    summary.shares[TIDY_CHOICE_READY].n_offered);
}

/* ------------------------------------------------------- what is not controlled */

static void state_that_leaks_is_found(void **state)
{
    const struct tidy_explore_options options = { .n_workers = 1,
                                                  .max_schedules = 300 };

    (void)state;
    explore(&options, world_leaky);
    expect_found(TIDY_OUTCOME_UNCONTROLLED,
                 "went another way the next time in the same process",
                 0);
    assert_non_null(strstr(tidy_found_text(tidy_exploration_found(found, 0)),
                           "first differing event"));
}

static void failures_of_leaks_are_none(void **state)
{
    const struct tidy_explore_options options = { .n_workers = 1,
                                                  .max_schedules = 50 };

    (void)state;
    explore(&options, world_leaky_failure);
    assert_int_equal(tidy_exploration_verdict(found), TIDY_VERDICT_FOUND);
    assert_int_equal(tidy_found_outcome(tidy_exploration_found(found, 0)),
                     TIDY_OUTCOME_UNCONTROLLED);
    assert_non_null(strstr(tidy_found_text(tidy_exploration_found(found, 0)),
                           "state leaks between runs"));
}

#ifdef __x86_64__
static void other_uncontrolled_things_are_found(void **state)
{
    const struct tidy_explore_options options = { .max_schedules = 2000 };

    (void)state;
    explore(&options, world_by_counter);
    assert_int_equal(tidy_found_outcome(tidy_exploration_found(found, 0)),
                     TIDY_OUTCOME_UNCONTROLLED);
}
#endif

/* ------------------------------------------------------------------- replaying */

static void what_was_found_is_replayed(void **state)
{
    char path[] = "/tmp/tidysock-test-XXXXXX", *text;
    int fd = mkstemp(path);
    FILE *out = fdopen(fd, "w");

    (void)state;
    explore(NULL, world_stuck);
    text = schedule_of(tidy_exploration_found(found, 0));
    fputs(text, out);
    fclose(out);
    setenv("TIDYSOCK_SCHEDULE", path, 1);
    explore(NULL, world_stuck);
    expect_found(TIDY_OUTCOME_DEADLOCK, "poll waits for ever", 1);
    expect_text("");
    /* A change that takes the departure away. */
    explore(NULL, world_ready);
    assert_int_equal(tidy_exploration_verdict(found), TIDY_VERDICT_PASSED);
    expect_text("diverged at departure 1");
    free(text);
    unlink(path);
}

static void a_schedule_fits_into_a_line(void **state)
{
    (void)state;
    setenv("TIDYSOCK_SCHEDULE",
           "tidysock schedule 1;profile linux;kinds order;"
           "depart order tcp#2 3: 1 of 2;end",
           1);
    explore(NULL, world_impatient);
    expect_found(TIDY_OUTCOME_FAILED, "the byte is late", 1);
}

static void damaged_schedules_are_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } damages[] = {
        { "tidysock schedule 1", "its end is missing" },
        { "tidysock schedule 1;end", "its profile or its kinds are missing" },
        { "tidysock schedule 12;end", "it is of another version" },
        { "tidysock schedule 1;profile plan9;end", "no such profile" },
        { "tidysock schedule 1;kinds order,luck;end", "no such kind" },
        { "tidysock schedule 1;depart order tcp#2 1: 2 of 2;end",
          "no alternative that departs from calm" },
        { "tidysock schedule 1;depart order udp#2 1: 1 of 2;end",
          "no such actor" },
        { "tidysock schedule 1;depart order tcp#2 1: 1 of 2 or so;end",
          "not \"depart KIND ACTOR COUNT" },
        { "tidysock schedule 1;part;end", "not a line of a schedule" },
        { "tidysock schedule 1;profile linux;kinds none;end;kinds order",
          "something behind the end" },
        { "/nowhere/at/all", "No such file or directory" },
    };
    size_t idx;

    (void)state;
    for (idx = 0; idx < TIDY_COUNT(damages); idx++) {
        setenv("TIDYSOCK_SCHEDULE", damages[idx].text, 1);
        expect_refused(NULL, damages[idx].why);
    }
}

/* ---------------------------------------------------------------------- corpus */

static void remove_all(const char *directory)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -r '%s'", directory);
    assert_int_equal(system(command), 0);
}

static void what_failed_once_is_first(void **state)
{
    char directory[] = "/tmp/tidysock-test-XXXXXX";
    struct tidy_explore_options options = { .corpus = directory,
                                            .name = "stuck [tcp]" };
    struct tidy_explore_summary summary;

    (void)state;
    assert_non_null(mkdtemp(directory));
    explore(&options, world_stuck);
    tidy_exploration_summary(found, &summary);
    assert_in_range(summary.n_schedules, 2, 10000);
    explore(&options, world_stuck);
    tidy_exploration_summary(found, &summary);
    assert_int_equal(summary.n_schedules, 1);
    expect_found(TIDY_OUTCOME_DEADLOCK, "poll waits for ever", 1);
    /* It is of this test, and of no other. */
    options.name = "two clients";
    options.max_schedules = 10;
    explore(&options, world_two_clients);
    assert_int_equal(tidy_exploration_verdict(found), TIDY_VERDICT_PASSED);
    remove_all(directory);
}

/* --------------------------------------------------------------------- options */

static void options_are_looked_at(void **state)
{
    (void)state;
    expect_refused(&(struct tidy_explore_options){ .size = 4 },
                   "options of 4 bytes");
    expect_refused(&(struct tidy_explore_options){ .strategy = "luck" },
                   "there is no strategy \"luck\"");
    expect_refused(&(struct tidy_explore_options){ .strategy = "random",
                                                   .is_until_complete = true },
                   "only strategy \"depth\" is ever complete");
    expect_refused(&(struct tidy_explore_options){ .max_departures = 13 },
                   "at most 12 together");
    expect_refused(&(struct tidy_explore_options){ .n_workers = 1000 },
                   "at most 64");
    expect_refused(&(struct tidy_explore_options){ .world.seed = 3 },
                   "neither a seed of a world nor choices");
    expect_refused(&(struct tidy_explore_options){ .world.has_trace = true },
                   "neither a trace nor a check");
    expect_refused(&(struct tidy_explore_options){ .world.kinds = 1U << 31 },
                   "the highest kind of choice");
    expect_refused(&(struct tidy_explore_options){ .corpus = "/dev/null" },
                   "Not a directory");
}

static void the_environment_has_the_last_word(void **state)
{
    const struct tidy_explore_options options = { .max_schedules = 3 };
    struct tidy_explore_summary summary;

    (void)state;
    setenv("TIDYSOCK_EXPLORE", "schedules=20 kinds=orders strategy=random", 1);
    explore(&options, world_impatient);
    tidy_exploration_summary(found, &summary);
    assert_in_range(summary.n_schedules, 1, 20);
    assert_int_equal(summary.n_simple, 0);
    setenv("TIDYSOCK_EXPLORE", "schedules=many", 1);
    expect_refused(NULL,
                   "\"schedules=many\" is no option, or not such a value");
    setenv("TIDYSOCK_EXPLORE", "speed=9", 1);
    expect_refused(NULL, "\"speed=9\" is no option");
}

#define explore_test(fn) cmocka_unit_test_teardown(fn, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        explore_test(one_departure_is_found),
        explore_test(all_strategies_end_alike),
        explore_test(a_deadlock_is_found),
        explore_test(a_crash_is_contained),
        explore_test(two_searches_find_the_same),
        explore_test(failures_of_a_kind_are_one),
        explore_test(what_passes_is_told),
        explore_test(state_that_leaks_is_found),
        explore_test(failures_of_leaks_are_none),
#ifdef __x86_64__
        explore_test(other_uncontrolled_things_are_found),
#endif
        explore_test(what_was_found_is_replayed),
        explore_test(a_schedule_fits_into_a_line),
        explore_test(damaged_schedules_are_refused),
        explore_test(what_failed_once_is_first),
        explore_test(options_are_looked_at),
        explore_test(the_environment_has_the_last_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
