/* SPDX-License-Identifier: MIT */
#include "base/guard.h"
#include "core/deferred.h"
#include "support/chain_probe.h"
#include "support/death.h"
#include "support/oom.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

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

static struct tidy_deferred *new_deferred(void)
{
    return tidy_deferred_new_at(&probe.ledger, "the answer", "there.c", 7);
}

static void fire_owned(struct tidy_deferred *deferred)
{
    tidy_deferred_fire(deferred, chain_probe_owned(&probe), chain_probe_free);
}

/* A new one has not fired and knows what it is for. */
static void new_one_has_not_fired(void **state)
{
    struct tidy_deferred *d = new_deferred();

    (void)state;
    assert_false(tidy_deferred_has_fired(d));
    assert_string_equal(tidy_deferred_what(d), "the answer");
    assert_string_equal(tidy__deferred_file(d), "there.c");
    assert_int_equal(tidy__deferred_line(d), 7);
    assert_ptr_equal(tidy_deferred_ref(d), d);
    assert_null(tidy_deferred_unref(d));
    tidy_deferred_unref(d);
}

/* It owns its value, and frees it with the last reference. */
static void value_goes_with_the_last_reference(void **state)
{
    struct tidy_deferred *d = new_deferred();

    (void)state;
    fire_owned(tidy_deferred_ref(d));
    assert_true(tidy_deferred_has_fired(d));
    tidy_deferred_unref(d);
    assert_int_equal(probe.n_freed, 0);
    tidy_deferred_unref(d);
    assert_int_equal(probe.n_freed, 1);
}

/* One that never fired drops its callbacks uncalled. */
static void dropped_callbacks_are_not_called(void **state)
{
    struct tidy_deferred *d = new_deferred();

    (void)state;
    chain_probe_step(&probe, d, .name = "a");
    tidy_deferred_unref(d);
    assert_notes(&probe, "");
}

static void fire_twice(void *arg)
{
    struct tidy_deferred *d = new_deferred();

    (void)arg;
    tidy_deferred_fire(d, NULL, NULL);
    tidy_deferred_fire(d, NULL, NULL);
}

static void fail_after_firing(void *arg)
{
    struct tidy_deferred *d = new_deferred();

    (void)arg;
    tidy_deferred_fire(d, NULL, NULL);
    tidy_deferred_fail(d, tidy_failure_new(-EIO, NULL));
}

/* Firing twice is misuse, and the sentence says who made the deferred. */
static void firing_twice_aborts(void **state)
{
    (void)state;
    assert_dies(fire_twice,
                NULL,
                "tidysock: tidy_deferred_fire: fired twice: \"the answer\" "
                "(created at there.c:7)\n");
    assert_dies(fail_after_firing,
                NULL,
                "tidysock: tidy_deferred_fail: fired twice: \"the answer\" "
                "(created at there.c:7)\n");
}

static void fail_with_nothing(void *arg)
{
    tidy_deferred_fail(arg, NULL);
}

static void cancel_for_nothing(void *arg)
{
    tidy_deferred_cancel_with(arg, NULL);
}

static void make_one_for_nothing(void *arg)
{
    tidy_deferred_new(NULL, (const char *)arg);
}

/* What is needed must be given. */
static void null_where_something_is_needed_aborts(void **state)
{
    (void)state;
    assert_dies(
        fail_with_nothing, NULL, "tidy_deferred_fail: the failure is NULL");
    assert_dies(cancel_for_nothing,
                NULL,
                "tidy_deferred_cancel_with: the failure is NULL");
    assert_dies(
        make_one_for_nothing, NULL, "tidy_deferred_new: the text is NULL");
}

static void unref_too_often(void *arg)
{
    struct tidy_deferred *d = new_deferred();

    (void)arg;
    tidy_deferred_fail(d, tidy_failure_new(-EIO, NULL));
    tidy_deferred_unref(d);
    /* The ledger has it now, for its failure. */
    tidy_deferred_unref(d);
}

/* A reference that is not there cannot be given up. */
static void unref_of_no_reference_aborts(void **state)
{
    (void)state;
    assert_dies(unref_too_often,
                NULL,
                "tidy_deferred_unref: no reference is left: \"the answer\"");
}

/* NULL is a deferred that has failed; whatever is done to it does nothing, but
 * nothing that it is given leaks. */
static void null_is_a_failed_deferred(void **state)
{
    (void)state;
    fire_owned(NULL);
    assert_int_equal(probe.n_freed, 1);
    tidy_deferred_fail(NULL, tidy_failure_new(-EIO, NULL));
    tidy_deferred_cancel(NULL);
    tidy_deferred_cancel_with(NULL, tidy_failure_new(-EIO, NULL));
    tidy_deferred_set_canceller(NULL, NULL, NULL);
    assert_true(tidy_deferred_has_fired(NULL));
    assert_non_null(tidy_deferred_what(NULL));
    assert_null(tidy_deferred_ref(NULL));
    assert_null(tidy_deferred_unref(NULL));
}

/* A deferred may be in no ledger. */
static void ledger_may_be_missing(void **state)
{
    struct tidy_deferred *d = tidy_deferred_new(NULL, "something");

    (void)state;
    tidy_deferred_fail(d, tidy_failure_new(-EIO, NULL));
    tidy_deferred_unref(d);
}

/* Cancelled, it fails, and says what was waited for. */
static void cancelled_one_fails(void **state)
{
    struct tidy_deferred *d = new_deferred();
    struct tidy_failure *failure;

    (void)state;
    tidy_deferred_cancel(d);
    assert_true(tidy_deferred_has_fired(d));
    failure = tidy_result_failure(tidy__deferred_result(d));
    assert_int_equal(tidy_failure_code(failure), TIDY_ECANCELLED);
    assert_string_equal(tidy_failure_text(failure),
                        "cancelled while waiting for \"the answer\"");
    assert_string_equal(tidy_failure_file(failure), "there.c");
    chain_probe_step(&probe, d, .name = "a", .sets = "handled");
    assert_notes(&probe, "a!TIDY_ECANCELLED");
    tidy_deferred_unref(d);
}

static void fire_after_cancel_twice(void *arg)
{
    struct tidy_deferred *d = new_deferred();

    (void)arg;
    tidy_deferred_cancel(d);
    tidy_deferred_fire(d, NULL, NULL);
    tidy_deferred_fire(d, NULL, NULL);
}

/* Whoever was to fire it does not know: the next firing is ignored, but a
 * second one is one too many. */
static void one_firing_after_cancel_is_ignored(void **state)
{
    struct tidy_deferred *d = new_deferred();

    (void)state;
    chain_probe_step(&probe, d, .name = "a", .sets = "handled");
    tidy_deferred_cancel(d);
    fire_owned(d);
    assert_int_equal(probe.n_freed, 1);
    assert_notes(&probe, "a!TIDY_ECANCELLED");
    tidy_deferred_unref(d);
    assert_dies(fire_after_cancel_twice,
                NULL,
                "tidy_deferred_fire: fired twice: \"the answer\"");
}

/* The same for a failure that comes too late: it counts as handled. */
static void one_failure_after_cancel_is_ignored(void **state)
{
    struct tidy_deferred *d = new_deferred();

    (void)state;
    chain_probe_step(&probe, d, .name = "a", .sets = "handled");
    tidy_deferred_cancel(d);
    tidy_deferred_fail(d, tidy_failure_new(-EIO, NULL));
    tidy_deferred_unref(d);
}

static void note_cancel(struct tidy_deferred *deferred, void *arg)
{
    (void)deferred;
    chain_probe_note(&probe, "cancel-%s", (const char *)arg);
}

static void fire_in_cancel(struct tidy_deferred *deferred, void *arg)
{
    note_cancel(deferred, arg);
    tidy_deferred_fire(deferred, arg, NULL);
}

static void cancel_in_cancel(struct tidy_deferred *deferred, void *arg)
{
    note_cancel(deferred, arg);
    tidy_deferred_cancel(deferred);
}

static void leave_in_cancel(struct tidy_deferred *deferred, void *arg)
{
    note_cancel(deferred, arg);
    tidy__guard_leave();
}

static void unref_in_cancel(struct tidy_deferred *deferred, void *arg)
{
    note_cancel(deferred, arg);
    tidy_deferred_unref(deferred);
}

/* What follows when one with this canceller is cancelled. */
static void cancel_one_with(tidy_cancel_cb canceller)
{
    static char text[] = "work";
    struct tidy_deferred *d = new_deferred();

    tidy_deferred_set_canceller(d, canceller, text);
    chain_probe_step(&probe, d, .name = "a", .sets = "handled");
    tidy_deferred_cancel(d);
    tidy_deferred_cancel(d);
    tidy_deferred_unref(d);
}

/* The canceller is called once, before the deferred fails. */
static void canceller_stops_the_work(void **state)
{
    (void)state;
    cancel_one_with(note_cancel);
    assert_notes(&probe, "cancel-work a!TIDY_ECANCELLED");
}

/* A canceller may find a better result. */
static void canceller_may_fire(void **state)
{
    (void)state;
    cancel_one_with(fire_in_cancel);
    assert_notes(&probe, "cancel-work a=work");
}

/* A canceller that cancels does not call itself for ever. */
static void canceller_may_cancel(void **state)
{
    (void)state;
    cancel_one_with(cancel_in_cancel);
    assert_notes(&probe, "cancel-work a!TIDY_ECANCELLED");
}

/* A canceller may drop the last reference. */
static void canceller_may_drop(void **state)
{
    static char text[] = "work";
    struct tidy_deferred *d = new_deferred();

    (void)state;
    tidy_deferred_set_canceller(d, unref_in_cancel, text);
    chain_probe_step(&probe, d, .name = "a", .sets = "handled");
    tidy_deferred_cancel(d);
    assert_notes(&probe, "cancel-work a!TIDY_ECANCELLED");
}

/* A check that fails in a canceller ends it, and the deferred is cancelled. */
static void canceller_may_be_left(void **state)
{
    (void)state;
    cancel_one_with(leave_in_cancel);
    assert_notes(&probe, "cancel-work a!TIDY_ECANCELLED");
}

/* Once there is a result, there is nothing to cancel. */
static void done_one_cannot_be_cancelled(void **state)
{
    static char text[] = "work";
    struct tidy_deferred *d = new_deferred();

    (void)state;
    tidy_deferred_set_canceller(d, note_cancel, text);
    tidy_deferred_fire(d, text, NULL);
    tidy_deferred_set_canceller(d, note_cancel, text);
    tidy_deferred_cancel(d);
    tidy_deferred_cancel_with(d, tidy_failure_new(-EIO, NULL));
    chain_probe_step(&probe, d, .name = "a");
    assert_notes(&probe, "a=work");
    tidy_deferred_unref(d);
}

/* It can be cancelled for a reason. */
static void cancel_may_have_a_reason(void **state)
{
    struct tidy_deferred *d = new_deferred();

    (void)state;
    chain_probe_step(&probe, d, .name = "a", .sets = "handled");
    tidy_deferred_cancel_with(d, tidy_failure_new(-ETIMEDOUT, NULL));
    assert_notes(&probe, "a!ETIMEDOUT");
    tidy_deferred_unref(d);
}

/* The reason is not needed when the canceller fires. */
static void reason_may_not_be_needed(void **state)
{
    static char text[] = "work";
    struct tidy_deferred *d = new_deferred();

    (void)state;
    chain_probe_step(&probe, d, .name = "a");
    tidy_deferred_set_canceller(d, fire_in_cancel, text);
    tidy_deferred_cancel_with(d, tidy_failure_new(-ETIMEDOUT, NULL));
    assert_notes(&probe, "cancel-work a=work");
    tidy_deferred_unref(d);
}

/* Two deferreds; the first one has fired and waits for the second. */
struct waiting {
    struct tidy_deferred *outer, *inner;
};

static struct waiting new_waiting(void)
{
    struct waiting w = { new_deferred(), new_deferred() };

    chain_probe_step(
        &probe, w.outer, .name = "a", .returns = tidy_deferred_ref(w.inner));
    chain_probe_step(&probe, w.outer, .name = "b", .sets = "handled");
    tidy_deferred_fire(w.outer, NULL, NULL);
    assert_notes(&probe, "a=NULL");
    return w;
}

/* Cancelling a chain that waits cancels what it waits for. */
static void cancel_reaches_the_inner_one(void **state)
{
    static char text[] = "inner";
    struct waiting w = new_waiting();

    (void)state;
    tidy_deferred_set_canceller(w.inner, note_cancel, text);
    tidy_deferred_cancel_with(w.outer, tidy_failure_new(-ETIMEDOUT, NULL));
    assert_notes(&probe, "cancel-inner b!ETIMEDOUT");
    fire_owned(w.inner);
    tidy_deferred_unref(w.outer);
    tidy_deferred_unref(w.inner);
}

/* When the inner one is dropped unfired, the waiting chain is pending again,
 * for somebody must be told that it will wait for ever. */
static void orphan_is_pending_again(void **state)
{
    struct waiting w = new_waiting();

    (void)state;
    assert_ptr_equal(tidy__ledger_first_pending(&probe.ledger), w.inner);
    tidy_deferred_unref(w.inner);
    assert_ptr_equal(tidy__ledger_first_pending(&probe.ledger), w.outer);
    assert_false(tidy__deferred_is_done(w.outer));
    tidy_deferred_unref(w.outer);
    assert_notes(&probe, "");
}

/* It can still be cancelled. */
static void orphan_can_be_cancelled(void **state)
{
    struct waiting w = new_waiting();

    (void)state;
    tidy_deferred_unref(w.inner);
    tidy_deferred_cancel(w.outer);
    assert_notes(&probe, "b!TIDY_ECANCELLED");
    assert_true(tidy__deferred_is_done(w.outer));
    tidy_deferred_unref(w.outer);
}

/* A returned deferred that nobody else holds will never be fired. */
static void returned_last_reference_makes_an_orphan(void **state)
{
    struct tidy_deferred *d = new_deferred();

    (void)state;
    chain_probe_step(&probe, d, .name = "a", .returns = new_deferred());
    tidy_deferred_fire(d, NULL, NULL);
    assert_false(tidy__deferred_is_done(d));
    assert_ptr_equal(tidy__ledger_first_pending(&probe.ledger), d);
    tidy_deferred_unref(d);
    assert_notes(&probe, "a=NULL");
}

static void live_a_life(void *arg)
{
    struct tidy_deferred *d = new_deferred();

    (void)arg;
    if (!d)
        assert_true(oom_has_failed());
    tidy_deferred_cancel(d);
    tidy_deferred_add_both(d, NULL, NULL);
    if (d)
        tidy_result_set(tidy__deferred_result(d), NULL, NULL);
    tidy_deferred_unref(d);
}

/* When memory is short, there is still something to fail with. */
static void each_allocation_may_fail(void **state)
{
    (void)state;
    oom_try_all(live_a_life, NULL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_one_has_not_fired),
        TEST(value_goes_with_the_last_reference),
        TEST(dropped_callbacks_are_not_called),
        TEST(firing_twice_aborts),
        TEST(null_where_something_is_needed_aborts),
        TEST(unref_of_no_reference_aborts),
        TEST(null_is_a_failed_deferred),
        TEST(ledger_may_be_missing),
        TEST(cancelled_one_fails),
        TEST(one_firing_after_cancel_is_ignored),
        TEST(one_failure_after_cancel_is_ignored),
        TEST(canceller_stops_the_work),
        TEST(canceller_may_fire),
        TEST(canceller_may_cancel),
        TEST(canceller_may_drop),
        TEST(canceller_may_be_left),
        TEST(done_one_cannot_be_cancelled),
        TEST(cancel_may_have_a_reason),
        TEST(reason_may_not_be_needed),
        TEST(cancel_reaches_the_inner_one),
        TEST(orphan_is_pending_again),
        TEST(orphan_can_be_cancelled),
        TEST(returned_last_reference_makes_an_orphan),
        TEST(each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
