/* SPDX-License-Identifier: MIT */
#include "core/deferred.h"
#include "support/chain_probe.h"
#include "support/death.h"
#include "support/oom.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define N_CHILDREN 3

struct fixture {
    struct chain_probe probe;
    struct tidy_deferred *children[N_CHILDREN]; /* one reference each */
};

static int set_up(void **state)
{
    static struct fixture fixture;

    chain_probe_init(&fixture.probe);
    for (size_t idx = 0; idx < N_CHILDREN; idx++)
        fixture.children[idx] = chain_probe_new(&fixture.probe, "child");
    *state = &fixture;
    return 0;
}

static void drop_children(struct fixture *f)
{
    for (size_t idx = 0; idx < N_CHILDREN; idx++)
        f->children[idx] = tidy_deferred_unref(f->children[idx]);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    drop_children(f);
    return chain_probe_deinit(&f->probe);
}

static void fire(struct fixture *f, size_t idx, const char *text)
{
    tidy_deferred_fire(f->children[idx], (void *)(uintptr_t)text, NULL);
}

static void fail_with(struct fixture *f, size_t idx, int code)
{
    tidy_deferred_fail(f->children[idx], tidy_failure_new(code, NULL));
}

static struct tidy_deferred *note_gathered(struct tidy_result *result,
                                           void *arg)
{
    const struct tidy_gathered *gathered = tidy_result_value(result);
    struct fixture *f = arg;

    for (size_t idx = 0; idx < gathered->n_values; idx++) {
        const char *text = gathered->values[idx];

        chain_probe_note(&f->probe, "%s", text ? text : "NULL");
    }
    chain_probe_note(&f->probe, "end");
    return NULL;
}

static struct tidy_deferred *note_failure(struct tidy_result *result, void *arg)
{
    struct tidy_failure *failure = tidy_result_failure(result);
    struct fixture *f = arg;

    chain_probe_note(
        &f->probe, "%s", tidy_error_name(tidy_failure_code(failure)));
    tidy_result_set(result, NULL, NULL);
    return NULL;
}

/* Gather all children; what comes of it is noted. */
static struct tidy_deferred *gather(struct fixture *f, unsigned flags)
{
    struct tidy_deferred *all[N_CHILDREN], *outcome;

    for (size_t idx = 0; idx < N_CHILDREN; idx++)
        all[idx] = tidy_deferred_ref(f->children[idx]);
    outcome = tidy_deferred_gather(&f->probe.ledger, all, N_CHILDREN, flags);
    tidy_deferred_add_callbacks(outcome, note_gathered, note_failure, f);
    return outcome;
}

/* The values come in the order given, whatever the order of firing. */
static void values_come_in_the_order_given(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outcome = gather(f, TIDY_GATHER_FIRST_FAILURE);

    fire(f, 2, "c");
    fire(f, 0, "a");
    assert_notes(&f->probe, "");
    fire(f, 1, NULL);
    assert_notes(&f->probe, "a NULL c end");
    tidy_deferred_unref(outcome);
}

/* What has fired already counts as well. */
static void fired_ones_count(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outcome;

    for (size_t idx = 0; idx < N_CHILDREN; idx++)
        fire(f, idx, "x");
    outcome = gather(f, TIDY_GATHER_WAIT_FOR_ALL);
    assert_notes(&f->probe, "x x x end");
    tidy_deferred_unref(outcome);
}

/* Of nothing is made an empty list, at once. */
static void nothing_is_gathered_at_once(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outcome;

    outcome = tidy_deferred_gather(&f->probe.ledger, NULL, 0, 0);
    tidy_deferred_add_callback(outcome, note_gathered, f);
    assert_notes(&f->probe, "end");
    tidy_deferred_unref(outcome);
}

/* The gathering owns the values that its deferreds owned. */
static void values_go_with_the_gathering(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outcome = gather(f, TIDY_GATHER_FIRST_FAILURE);

    for (size_t idx = 0; idx < N_CHILDREN; idx++)
        tidy_deferred_fire(
            f->children[idx], chain_probe_owned(&f->probe), chain_probe_free);
    drop_children(f);
    assert_notes(&f->probe, "owned owned owned end");
    assert_int_equal(f->probe.n_freed, 0);
    tidy_deferred_unref(outcome);
    assert_int_equal(f->probe.n_freed, N_CHILDREN);
}

/* Who takes a gathering ends it, and the values with it. */
static void a_taken_gathering_is_freed_by_its_taker(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outcome = gather(f, TIDY_GATHER_FIRST_FAILURE);
    struct tidy_gathered *gathered;

    for (size_t idx = 0; idx < N_CHILDREN; idx++)
        tidy_deferred_fire(
            f->children[idx], chain_probe_owned(&f->probe), chain_probe_free);
    drop_children(f);
    gathered = tidy_result_take(tidy__deferred_result(outcome));
    tidy_deferred_unref(outcome);
    assert_int_equal(f->probe.n_freed, 0);
    assert_null(tidy_gathered_free(gathered));
    assert_int_equal(f->probe.n_freed, N_CHILDREN);
    assert_null(tidy_gathered_free(NULL));
}

/* The first failure ends it; later ones count as handled. */
static void first_failure_ends_it(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outcome = gather(f, TIDY_GATHER_FIRST_FAILURE);

    tidy_deferred_fire(
        f->children[0], chain_probe_owned(&f->probe), chain_probe_free);
    fail_with(f, 1, -EIO);
    assert_notes(&f->probe, "EIO");
    fail_with(f, 2, -EPIPE);
    drop_children(f);
    assert_int_equal(f->probe.n_freed, 1);
    tidy_deferred_unref(outcome);
}

/* A value that comes after the end stays with its deferred. */
static void late_value_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outcome = gather(f, TIDY_GATHER_FIRST_FAILURE);

    fail_with(f, 1, -EIO);
    fire(f, 0, "late");
    chain_probe_step(&f->probe, f->children[0], .name = "a");
    assert_notes(&f->probe, "EIO a=late");
    tidy_deferred_unref(outcome);
}

/* If told so, it waits for all, and then tells the failure that was first in
 * time. */
static void failure_may_wait_for_all(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outcome = gather(f, TIDY_GATHER_WAIT_FOR_ALL);

    fail_with(f, 2, -EIO);
    fail_with(f, 0, -EPIPE);
    assert_notes(&f->probe, "");
    fire(f, 1, "value");
    assert_notes(&f->probe, "EIO");
    tidy_deferred_unref(outcome);
}

/* A NULL among the deferreds has failed. */
static void null_among_them_has_failed(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *all[] = { tidy_deferred_ref(f->children[0]), NULL };
    struct tidy_deferred *outcome;

    outcome = tidy_deferred_gather(
        &f->probe.ledger, all, 2, TIDY_GATHER_WAIT_FOR_ALL);
    tidy_deferred_add_errback(outcome, note_failure, f);
    fire(f, 0, "x");
    assert_notes(&f->probe, "ENOMEM");
    tidy_deferred_unref(outcome);
}

static void note_cancel(struct tidy_deferred *deferred, void *arg)
{
    struct fixture *f = arg;

    (void)deferred;
    chain_probe_note(&f->probe, "cancel");
}

/* Cancelling it cancels those that have not fired. */
static void cancel_reaches_those_that_have_not_fired(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outcome = gather(f, TIDY_GATHER_WAIT_FOR_ALL);

    for (size_t idx = 0; idx < N_CHILDREN; idx++)
        tidy_deferred_set_canceller(f->children[idx], note_cancel, f);
    fire(f, 1, "x");
    tidy_deferred_cancel(outcome);
    assert_notes(&f->probe, "cancel cancel TIDY_ECANCELLED");
    tidy_deferred_unref(outcome);
}

/* At the first one that is cancelled, the gathering may be over; the others are
 * cancelled all the same. */
static void cancel_reaches_all_even_when_over(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outcome = gather(f, TIDY_GATHER_FIRST_FAILURE);

    for (size_t idx = 0; idx < N_CHILDREN; idx++)
        tidy_deferred_set_canceller(f->children[idx], note_cancel, f);
    tidy_deferred_cancel(outcome);
    assert_notes(&f->probe, "cancel TIDY_ECANCELLED cancel cancel");
    tidy_deferred_unref(outcome);
}

static struct tidy_deferred *return_arg(struct tidy_result *result, void *arg)
{
    (void)result;
    return arg;
}

/* One that turns its cancellation into more waiting does not hold up the
 * gathering, which has been cancelled; its late result is ignored. */
static void cancel_does_not_wait(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *more = chain_probe_new(&f->probe, "more"), *outcome;

    tidy_deferred_add_errback(
        f->children[0], return_arg, tidy_deferred_ref(more));
    outcome = gather(f, TIDY_GATHER_WAIT_FOR_ALL);
    tidy_deferred_cancel(outcome);
    assert_notes(&f->probe, "TIDY_ECANCELLED");
    tidy_deferred_fire(more, NULL, NULL);
    tidy_deferred_unref(more);
    tidy_deferred_unref(outcome);
}

/* Nobody needs to hold the outcome: its callbacks run all the same. */
static void outcome_needs_no_owner(void **state)
{
    struct fixture *f = *state;

    tidy_deferred_unref(gather(f, TIDY_GATHER_FIRST_FAILURE));
    for (size_t idx = 0; idx < N_CHILDREN; idx++)
        fire(f, idx, "x");
    drop_children(f);
    assert_notes(&f->probe, "x x x end");
}

/* When those who would fire let go, the outcome stays pending, and nothing else
 * is left. */
static void dropped_ones_leave_it_pending(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outcome = gather(f, TIDY_GATHER_FIRST_FAILURE);

    tidy_deferred_fire(
        f->children[0], chain_probe_owned(&f->probe), chain_probe_free);
    drop_children(f);
    assert_int_equal(f->probe.n_freed, 1);
    assert_ptr_equal(tidy__ledger_first_pending(&f->probe.ledger), outcome);
    tidy_deferred_cancel(outcome);
    assert_notes(&f->probe, "TIDY_ECANCELLED");
    tidy_deferred_unref(outcome);
}

/* So it is when one has failed before and all are waited for. */
static void dropped_ones_leave_a_failure_behind(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outcome = gather(f, TIDY_GATHER_WAIT_FOR_ALL);

    fail_with(f, 0, -EIO);
    drop_children(f);
    assert_false(tidy_deferred_has_fired(outcome));
    tidy_deferred_unref(outcome);
}

/* Those that have fired and gone are not looked at when it is cancelled. */
static void cancel_leaves_out_those_that_are_gone(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outcome = gather(f, TIDY_GATHER_FIRST_FAILURE);

    fire(f, 0, "x");
    f->children[0] = tidy_deferred_unref(f->children[0]);
    f->children[1] = tidy_deferred_unref(f->children[1]);
    tidy_deferred_cancel(outcome);
    assert_notes(&f->probe, "TIDY_ECANCELLED");
    tidy_deferred_unref(outcome);
}

/* And when nobody has that either, all is gone. */
static void all_dropped_leave_nothing(void **state)
{
    struct fixture *f = *state;

    tidy_deferred_unref(gather(f, TIDY_GATHER_FIRST_FAILURE));
    drop_children(f);
    assert_notes(&f->probe, "");
}

/* One deferred may be given twice; it has its value once. */
static void same_deferred_may_be_given_twice(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *all[] = {
        tidy_deferred_ref(f->children[0]),
        tidy_deferred_ref(f->children[0]),
    };
    struct tidy_deferred *outcome;

    outcome = tidy_deferred_gather(&f->probe.ledger, all, 2, 0);
    tidy_deferred_add_callback(outcome, note_gathered, f);
    fire(f, 0, "x");
    assert_notes(&f->probe, "x NULL end");
    tidy_deferred_unref(outcome);
}

/* Gatherings can be gathered. */
static void gatherings_can_be_gathered(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *inner = gather(f, TIDY_GATHER_FIRST_FAILURE);
    struct tidy_deferred *outer;

    outer = tidy_deferred_gather(&f->probe.ledger, &inner, 1, 0);
    for (size_t idx = 0; idx < N_CHILDREN; idx++)
        fire(f, idx, "x");
    assert_notes(&f->probe, "x x x end");
    assert_true(tidy__deferred_is_done(outer));
    tidy_deferred_unref(outer);
}

static void gather_two(void *arg)
{
    struct fixture *f = arg;
    struct tidy_deferred *all[] = {
        chain_probe_new(&f->probe, "a"),
        chain_probe_new(&f->probe, "b"),
    };
    struct tidy_deferred *kept[] = { tidy_deferred_ref(all[0]),
                                     tidy_deferred_ref(all[1]) };
    struct tidy_deferred *outcome;

    outcome = tidy_deferred_gather(&f->probe.ledger, all, 2, 0);
    for (size_t idx = 0; idx < TIDY_COUNT(kept); idx++) {
        tidy_deferred_fire(kept[idx], NULL, NULL);
        tidy_deferred_unref(kept[idx]);
    }
    assert_true(tidy__deferred_is_done(outcome));
    if (outcome)
        tidy_result_set(tidy__deferred_result(outcome), NULL, NULL);
    tidy_deferred_unref(outcome);
}

/* When memory is short the outcome is a failure or NULL, which is one. */
static void each_allocation_may_fail(void **state)
{
    oom_try_all(gather_two, *state);
}

static void gather_with_flags(void *arg)
{
    tidy_deferred_gather(NULL, NULL, 0, *(unsigned *)arg);
}

static void gather_from_null(void *arg)
{
    (void)arg;
    tidy_deferred_gather(NULL, NULL, 1, 0);
}

/* Flags that do not exist are misuse, and so is no list of something. */
static void misuse_aborts(void **state)
{
    unsigned flags = 6;

    (void)state;
    assert_dies(
        gather_with_flags, &flags, "tidy_deferred_gather: unknown flags 0x6");
    assert_dies(
        gather_from_null, NULL, "tidy_deferred_gather: the deferreds are NULL");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_come_in_the_order_given),
        TEST(fired_ones_count),
        TEST(nothing_is_gathered_at_once),
        TEST(values_go_with_the_gathering),
        TEST(a_taken_gathering_is_freed_by_its_taker),
        TEST(first_failure_ends_it),
        TEST(late_value_is_left_alone),
        TEST(failure_may_wait_for_all),
        TEST(null_among_them_has_failed),
        TEST(cancel_reaches_those_that_have_not_fired),
        TEST(cancel_reaches_all_even_when_over),
        TEST(cancel_does_not_wait),
        TEST(outcome_needs_no_owner),
        TEST(dropped_ones_leave_it_pending),
        TEST(dropped_ones_leave_a_failure_behind),
        TEST(cancel_leaves_out_those_that_are_gone),
        TEST(all_dropped_leave_nothing),
        TEST(same_deferred_may_be_given_twice),
        TEST(gatherings_can_be_gathered),
        TEST(each_allocation_may_fail),
        TEST(misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
