/* SPDX-License-Identifier: MIT */
#include "core/ledger.h"
#include "support/chain_probe.h"
#include "support/oom.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct chain_probe probe;

static int set_up(void **state)
{
    (void)state;
    chain_probe_init(&probe);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return chain_probe_deinit(&probe);
}

/* What is pending, as notes. */
static void note_pending(void)
{
    const struct tidy_deferred *pending;

    for (pending = tidy__ledger_first_pending(&probe.ledger); pending;
         pending = tidy__ledger_next_pending(pending))
        chain_probe_note(&probe, "%s", tidy_deferred_what(pending));
}

#define assert_pending(expected)                                               \
    do {                                                                       \
        note_pending();                                                        \
        assert_notes(&probe, expected);                                        \
    } while (0)

static void fail_and_drop(struct tidy_deferred *deferred, int code)
{
    tidy_deferred_fail(deferred, tidy_failure_new(code, NULL));
    tidy_deferred_unref(deferred);
}

/* The oldest unhandled failure is this one. */
static void assert_unhandled(int code, const char *what, int line)
{
    const char *got_what, *got_file;
    int got_line;
    struct tidy_failure *failure = tidy__ledger_take_unhandled(
        &probe.ledger, &got_what, &got_file, &got_line);

    assert_non_null(failure);
    assert_int_equal(tidy_failure_code(failure), code);
    assert_string_equal(got_what, what);
    assert_string_equal(got_file, "made.c");
    assert_int_equal(got_line, line);
    tidy_failure_unref(failure);
}

static void assert_nothing_unhandled(void)
{
    const char *what, *file;
    int line;

    assert_null(
        tidy__ledger_take_unhandled(&probe.ledger, &what, &file, &line));
}

static struct tidy_deferred *new_at_line(const char *what, int line)
{
    return tidy_deferred_new_at(&probe.ledger, what, "made.c", line);
}

/* The pending are listed in the order in which they were made. */
static void pending_are_listed_in_order(void **state)
{
    struct tidy_deferred *a = chain_probe_new(&probe, "a"),
                         *b = chain_probe_new(&probe, "b"),
                         *c = chain_probe_new(&probe, "c");

    (void)state;
    assert_pending("a b c");
    tidy_deferred_fire(b, NULL, NULL);
    assert_pending("a c");
    tidy_deferred_unref(a);
    assert_pending("c");
    tidy_deferred_cancel(c);
    assert_pending("");
    tidy_result_set(tidy__deferred_result(c), NULL, NULL);
    tidy_deferred_unref(b);
    tidy_deferred_unref(c);
}

/* A chain that waits is not pending: what it waits for is. */
static void waiting_are_not_listed(void **state)
{
    struct tidy_deferred *outer = chain_probe_new(&probe, "outer"),
                         *inner = chain_probe_new(&probe, "inner");

    (void)state;
    chain_probe_step(
        &probe, outer, .name = "x", .returns = tidy_deferred_ref(inner));
    tidy_deferred_fire(outer, NULL, NULL);
    assert_notes(&probe, "x=NULL");
    assert_pending("inner");
    tidy_deferred_unref(outer);
    tidy_deferred_unref(inner);
}

/* Failures that nobody handled are kept, in the order in which they were
 * dropped, each with its deferred's origin. */
static void unhandled_failures_are_kept_in_order(void **state)
{
    struct tidy_deferred *first = new_at_line("first", 1),
                         *second = new_at_line("second", 2);

    (void)state;
    fail_and_drop(second, -EIO);
    fail_and_drop(first, -EPIPE);
    assert_pending("");
    assert_unhandled(-EIO, "second", 2);
    assert_unhandled(-EPIPE, "first", 1);
    assert_nothing_unhandled();
}

/* A failure is unhandled when the last reference goes, not before. */
static void handled_in_time_is_handled(void **state)
{
    struct tidy_deferred *d = new_at_line("d", 1);

    (void)state;
    fail_and_drop(tidy_deferred_ref(d), -EIO);
    assert_nothing_unhandled();
    chain_probe_step(&probe, d, .name = "x", .sets = "handled");
    tidy_deferred_unref(d);
    assert_notes(&probe, "x!EIO");
}

/* An errback that fails differently has handled one failure and made another. */
static void replaced_failure_is_handled(void **state)
{
    struct tidy_deferred *d = new_at_line("d", 1);

    (void)state;
    chain_probe_step(&probe, d, .name = "x", .fails = -EPIPE);
    fail_and_drop(d, -EIO);
    assert_notes(&probe, "x!EIO");
    assert_unhandled(-EPIPE, "d", 1);
    assert_nothing_unhandled();
}

/* An errback that only looks has not handled it. */
static void seen_failure_is_not_handled(void **state)
{
    struct tidy_deferred *d = new_at_line("d", 1);

    (void)state;
    chain_probe_step(&probe, d, .name = "x");
    fail_and_drop(d, -EIO);
    assert_notes(&probe, "x!EIO");
    assert_unhandled(-EIO, "d", 1);
}

/* A failure that was handed over counts where it went. */
static void handed_over_failure_counts_once(void **state)
{
    struct tidy_deferred *outer = new_at_line("outer", 1),
                         *inner = new_at_line("inner", 2);

    (void)state;
    chain_probe_step(
        &probe, outer, .name = "x", .returns = tidy_deferred_ref(inner));
    tidy_deferred_fire(outer, NULL, NULL);
    tidy_deferred_unref(outer);
    fail_and_drop(inner, -EIO);
    assert_notes(&probe, "x=NULL");
    assert_unhandled(-EIO, "outer", 1);
    assert_nothing_unhandled();
}

/* A check that failed has been reported already. */
static void failed_checks_need_no_handling(void **state)
{
    struct tidy_deferred *d = new_at_line("d", 1);

    (void)state;
    chain_probe_step(&probe, d, .name = "x", .is_left = true);
    tidy_deferred_fire(d, NULL, NULL);
    tidy_deferred_unref(d);
    assert_notes(&probe, "x=NULL");
    assert_nothing_unhandled();
}

/* A hidden one is not listed until it is shown, with its place then. */
static void hidden_one_is_listed_when_shown(void **state)
{
    struct tidy_deferred *hidden =
                             tidy__deferred_new_hidden(&probe.ledger, "hidden"),
                         *seen = chain_probe_new(&probe, "seen");

    (void)state;
    assert_pending("seen");
    tidy__deferred_show(hidden, "shown.c", 3);
    assert_pending("seen hidden");
    assert_string_equal(tidy__deferred_file(hidden), "shown.c");
    assert_int_equal(tidy__deferred_line(hidden), 3);

    tidy__deferred_show(hidden, "again.c", 4);
    assert_string_equal(tidy__deferred_file(hidden), "shown.c");
    tidy_deferred_unref(hidden);
    tidy_deferred_unref(seen);
}

/* Nobody could have handled the failure of one that was never shown. */
static void hidden_failure_is_nobodys(void **state)
{
    (void)state;
    fail_and_drop(tidy__deferred_new_hidden(&probe.ledger, "hidden"), -EIO);
    assert_nothing_unhandled();
}

/* Shown after it has fired, it is like any other that has. */
static void hidden_one_may_fire_before_it_is_shown(void **state)
{
    struct tidy_deferred *d = tidy__deferred_new_hidden(&probe.ledger, "d");

    (void)state;
    tidy_deferred_fail(d, tidy_failure_new(-EIO, NULL));
    tidy__deferred_show(d, "made.c", 3);
    assert_pending("");
    tidy_deferred_unref(d);
    assert_unhandled(-EIO, "d", 3);
}

/* Deferreds may live longer than their ledger, whatever their state. */
static void deferreds_may_outlive_the_ledger(void **state)
{
    struct tidy_deferred *pending = new_at_line("pending", 1),
                         *fired = new_at_line("fired", 2),
                         *failed = new_at_line("failed", 3),
                         *hidden =
                             tidy__deferred_new_hidden(&probe.ledger, "hidden");

    (void)state;
    tidy_deferred_fire(fired, NULL, NULL);
    tidy_deferred_fail(failed, tidy_failure_new(-EIO, NULL));
    fail_and_drop(new_at_line("unhandled", 4), -EIO);
    tidy__ledger_deinit(&probe.ledger);
    memset(&probe.ledger, 0xff, sizeof(probe.ledger));

    tidy_deferred_fire(pending, NULL, NULL);
    tidy__deferred_show(hidden, "made.c", 5);
    tidy_deferred_unref(pending);
    tidy_deferred_unref(fired);
    tidy_deferred_unref(failed);
    tidy_deferred_unref(hidden);
    tidy__ledger_init(&probe.ledger);
}

/* One that nobody wants any more is cancelled, and its failure is nobody's. */
static void dropped_one_is_cancelled_and_handled(void **state)
{
    struct tidy_deferred *d = new_at_line("d", 1);

    (void)state;
    chain_probe_step(&probe, d, .name = "x");
    assert_null(tidy__deferred_drop(tidy_deferred_ref(d)));
    assert_notes(&probe, "x!TIDY_ECANCELLED");
    tidy_deferred_fire(d, NULL, NULL);
    tidy_deferred_unref(d);
    assert_nothing_unhandled();
    assert_null(tidy__deferred_drop(NULL));
}

/* So is the failure that it has already. */
static void dropped_failure_is_handled(void **state)
{
    struct tidy_deferred *d = new_at_line("d", 1);

    (void)state;
    tidy_deferred_fail(d, tidy_failure_new(-EIO, NULL));
    tidy__deferred_drop(d);
    assert_nothing_unhandled();
}

static void make_a_hidden_one(void *arg)
{
    struct tidy_deferred *d = tidy__deferred_new_hidden(&probe.ledger, "d");

    (void)arg;
    assert_int_equal(!d, oom_has_failed());
    tidy__deferred_show(d, "made.c", 1);
    tidy_deferred_unref(d);
}

/* When memory is short there is no hidden one, and showing it does nothing. */
static void hidden_one_may_be_missing(void **state)
{
    (void)state;
    oom_try_all(make_a_hidden_one, NULL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pending_are_listed_in_order),
        TEST(waiting_are_not_listed),
        TEST(unhandled_failures_are_kept_in_order),
        TEST(handled_in_time_is_handled),
        TEST(replaced_failure_is_handled),
        TEST(seen_failure_is_not_handled),
        TEST(handed_over_failure_counts_once),
        TEST(failed_checks_need_no_handling),
        TEST(hidden_one_is_listed_when_shown),
        TEST(hidden_failure_is_nobodys),
        TEST(hidden_one_may_fire_before_it_is_shown),
        TEST(deferreds_may_outlive_the_ledger),
        TEST(dropped_one_is_cancelled_and_handled),
        TEST(dropped_failure_is_handled),
        TEST(hidden_one_may_be_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
