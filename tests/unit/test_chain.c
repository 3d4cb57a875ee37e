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
#include <stdlib.h>

#include <cmocka.h>

/* More than the C stack would bear, one frame for each. */
#define LONG_CHAIN 100000

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
    return chain_probe_new(&probe, "something");
}

static void fire(struct tidy_deferred *deferred, const char *text)
{
    tidy_deferred_fire(deferred, (void *)(uintptr_t)text, NULL);
}

static void fire_one(void *arg)
{
    fire(arg, "one");
}

static void add_late(void *arg)
{
    chain_probe_step(&probe, arg, .name = "late");
    chain_probe_note(&probe, "added");
}

static struct tidy_deferred *note_value(struct tidy_result *result, void *arg)
{
    (void)result;
    chain_probe_note(&probe, "%s-value", (const char *)arg);
    return NULL;
}

static struct tidy_deferred *note_failure(struct tidy_result *result, void *arg)
{
    (void)result;
    chain_probe_note(&probe, "%s-failure", (const char *)arg);
    return NULL;
}

/* Nothing is called before there is a result. */
static void links_wait_for_the_firing(void **state)
{
    struct tidy_deferred *d = new_deferred();

    (void)state;
    chain_probe_step(&probe, d, .name = "a");
    assert_notes(&probe, "");
    fire(d, "one");
    assert_notes(&probe, "a=one");
    tidy_deferred_unref(d);
}

/* Links run in the order in which they were added, each on what the one before
 * it has left. */
static void each_link_sees_what_the_one_before_left(void **state)
{
    struct tidy_deferred *d = new_deferred();

    (void)state;
    chain_probe_step(&probe, d, .name = "a", .sets = "two");
    chain_probe_step(&probe, d, .name = "b");
    chain_probe_step(&probe, d, .name = "c", .fails = -EIO);
    chain_probe_step(&probe, d, .name = "d");
    chain_probe_step(&probe, d, .name = "e", .sets = "saved");
    chain_probe_step(&probe, d, .name = "f");
    fire(d, "one");
    assert_notes(&probe, "a=one b=two c=two d!EIO e!EIO f=saved");
    tidy_deferred_unref(d);
}

/* A callback is for values and an errback for failures; a missing one passes
 * the result on. */
static void callbacks_and_errbacks_take_turns(void **state)
{
    static char only[] = "only", both[] = "both";
    struct tidy_deferred *d = new_deferred();

    (void)state;
    tidy_deferred_add_callback(d, note_value, only);
    tidy_deferred_add_errback(d, note_failure, only);
    tidy_deferred_add_callbacks(d, note_value, note_failure, both);
    chain_probe_step(&probe, d, .name = "fail", .fails = -EIO);
    tidy_deferred_add_callback(d, note_value, only);
    tidy_deferred_add_errback(d, note_failure, only);
    tidy_deferred_add_callbacks(d, note_value, note_failure, both);
    chain_probe_step(&probe, d, .name = "end", .sets = "ok");
    fire(d, "one");
    assert_notes(&probe,
                 "only-value both-value fail=one only-failure "
                 "both-failure end!EIO");
    tidy_deferred_unref(d);
}

/* A link added to one that has fired runs at once, on the last result. */
static void link_added_after_the_firing_runs_at_once(void **state)
{
    struct tidy_deferred *d = new_deferred();

    (void)state;
    fire(d, "one");
    chain_probe_step(&probe, d, .name = "a", .sets = "two");
    assert_notes(&probe, "a=one");
    chain_probe_step(&probe, d, .name = "b");
    assert_notes(&probe, "b=two");
    tidy_deferred_unref(d);
}

/* A link added by a callback runs in its turn, not inside the callback. */
static void link_added_by_a_callback_waits_its_turn(void **state)
{
    struct tidy_deferred *d = new_deferred();

    (void)state;
    chain_probe_step(&probe, d, .name = "a", .calls = add_late, .arg = d);
    chain_probe_step(&probe, d, .name = "b");
    fire(d, "one");
    assert_notes(&probe, "a=one added b=one late=one");
    tidy_deferred_unref(d);
}

/* A callback may fire another deferred, whose chain then runs inside it. */
static void callback_may_fire_another(void **state)
{
    struct tidy_deferred *d = new_deferred(), *other = new_deferred();

    (void)state;
    chain_probe_step(&probe, other, .name = "other");
    chain_probe_step(&probe, d, .name = "a", .calls = fire_one, .arg = other);
    chain_probe_step(&probe, d, .name = "b");
    fire(d, "x");
    assert_notes(&probe, "a=x other=one b=x");
    tidy_deferred_unref(d);
    tidy_deferred_unref(other);
}

/* A chain waits for the deferred that a callback returns, and goes on with its
 * value. */
static void chain_waits_for_a_returned_deferred(void **state)
{
    struct tidy_deferred *d = new_deferred(), *inner = new_deferred();

    (void)state;
    chain_probe_step(
        &probe, d, .name = "a", .returns = tidy_deferred_ref(inner));
    chain_probe_step(&probe, d, .name = "b");
    fire(d, "one");
    assert_notes(&probe, "a=one");
    assert_true(tidy_deferred_has_fired(d));
    assert_false(tidy__deferred_is_done(d));
    chain_probe_step(&probe, d, .name = "c");
    assert_notes(&probe, "");

    fire(inner, "two");
    assert_notes(&probe, "b=two c=two");
    assert_true(tidy__deferred_is_done(d));
    tidy_deferred_unref(d);
    tidy_deferred_unref(inner);
}

/* The failure of a returned deferred goes the same way. */
static void chain_takes_over_a_failure(void **state)
{
    struct tidy_deferred *d = new_deferred(), *inner = new_deferred();

    (void)state;
    chain_probe_step(
        &probe, d, .name = "a", .returns = tidy_deferred_ref(inner));
    chain_probe_step(&probe, d, .name = "b", .sets = "handled");
    fire(d, "one");
    tidy_deferred_fail(inner, tidy_failure_new(-EIO, NULL));
    assert_notes(&probe, "a=one b!EIO");
    tidy_deferred_unref(inner);
    tidy_deferred_unref(d);
}

/* A returned deferred that has its result makes nobody wait. */
static void chain_takes_a_result_that_is_there(void **state)
{
    struct tidy_deferred *d = new_deferred(), *inner = new_deferred();

    (void)state;
    fire(inner, "two");
    chain_probe_step(&probe, d, .name = "a", .returns = inner);
    chain_probe_step(&probe, d, .name = "b");
    fire(d, "one");
    assert_notes(&probe, "a=one b=two");
    tidy_deferred_unref(d);
}

/* What has been handed over is gone: the waiting chain runs first, and after
 * that the later links of the inner one, with NULL. */
static void result_is_handed_over_once(void **state)
{
    struct tidy_deferred *d = new_deferred(), *inner = new_deferred();

    (void)state;
    chain_probe_step(&probe, inner, .name = "before");
    chain_probe_step(
        &probe, d, .name = "a", .returns = tidy_deferred_ref(inner));
    chain_probe_step(&probe, d, .name = "b");
    fire(d, "one");
    chain_probe_step(&probe, inner, .name = "after");
    fire(inner, "two");
    assert_notes(&probe, "a=one before=two b=two after=NULL");
    tidy_deferred_unref(d);
    tidy_deferred_unref(inner);
}

static void cancel(void *arg)
{
    tidy_deferred_cancel(arg);
}

/* After that the two have nothing to do with each other, even while the chain
 * is still running. */
static void what_was_waited_for_may_go(void **state)
{
    struct tidy_deferred *d = new_deferred(), *inner = new_deferred();

    (void)state;
    chain_probe_step(
        &probe, d, .name = "a", .returns = tidy_deferred_ref(inner));
    chain_probe_step(&probe, d, .name = "b", .calls = cancel, .arg = d);
    fire(d, "one");
    fire(inner, "two");
    tidy_deferred_unref(inner);
    tidy_deferred_cancel(d);
    assert_notes(&probe, "a=one b=two");
    tidy_deferred_unref(d);
}

/* A value that is left behind for a deferred is not kept while waiting. */
static void value_goes_before_the_waiting(void **state)
{
    struct tidy_deferred *d = new_deferred(), *inner = new_deferred();

    (void)state;
    chain_probe_step(
        &probe, d, .name = "a", .returns = tidy_deferred_ref(inner));
    tidy_deferred_fire(d, chain_probe_owned(&probe), chain_probe_free);
    assert_notes(&probe, "a=owned");
    assert_int_equal(probe.n_freed, 1);
    tidy_deferred_unref(d);
    tidy_deferred_unref(inner);
}

/* One that waits itself can be waited for. */
static void waiting_ones_can_be_waited_for(void **state)
{
    struct tidy_deferred *outer = new_deferred(), *middle = new_deferred(),
                         *inner = new_deferred();

    (void)state;
    chain_probe_step(&probe, outer, .name = "outer", .returns = middle);
    chain_probe_step(&probe, outer, .name = "end");
    chain_probe_step(
        &probe, middle, .name = "middle", .returns = tidy_deferred_ref(inner));
    fire(middle, "one");
    fire(outer, "two");
    assert_notes(&probe, "middle=one outer=two");
    fire(inner, "three");
    assert_notes(&probe, "end=three");
    tidy_deferred_unref(outer);
    tidy_deferred_unref(inner);
}

struct pair {
    struct tidy_deferred *running, *waiting;
};

static void fire_the_waiting(void *arg)
{
    struct pair *pair = arg;

    fire(pair->waiting, "two");
}

/* One whose links are running right now is waited for until they have run. */
static void running_one_is_waited_for(void **state)
{
    struct tidy_deferred *running = new_deferred(), *waiting = new_deferred();
    struct pair pair = { running, waiting };

    (void)state;
    chain_probe_step(
        &probe, running, .name = "a", .calls = fire_the_waiting, .arg = &pair);
    chain_probe_step(&probe, running, .name = "b", .sets = "late");
    chain_probe_step(
        &probe, waiting, .name = "w", .returns = tidy_deferred_ref(running));
    chain_probe_step(&probe, waiting, .name = "x");
    fire(running, "one");
    assert_notes(&probe, "a=one w=two b=one x=late");
    tidy_deferred_unref(running);
    tidy_deferred_unref(waiting);
}

static void drop(void *arg)
{
    tidy_deferred_unref(arg);
}

/* The last reference may go inside a callback; the chain runs to its end. */
static void last_reference_may_go_in_a_callback(void **state)
{
    struct tidy_deferred *d = new_deferred();

    (void)state;
    chain_probe_step(
        &probe, d, .name = "a", .calls = drop, .arg = tidy_deferred_ref(d));
    chain_probe_step(&probe, d, .name = "b", .calls = drop, .arg = d);
    chain_probe_step(&probe, d, .name = "c");
    fire(d, "one");
    assert_notes(&probe, "a=one b=one c=one");
}

/* Nobody needs to hold a chain that waits: it goes on all the same. */
static void waiting_chain_needs_no_owner(void **state)
{
    struct tidy_deferred *d = new_deferred(), *inner = new_deferred();

    (void)state;
    chain_probe_step(
        &probe, d, .name = "a", .returns = tidy_deferred_ref(inner));
    chain_probe_step(&probe, d, .name = "b");
    fire(d, "one");
    tidy_deferred_unref(d);
    fire(inner, "two");
    assert_notes(&probe, "a=one b=two");
    tidy_deferred_unref(inner);
}

/* A check that fails in a callback ends that callback alone; the chain goes on
 * with a failure that says so, and needs no handling. */
static void failed_check_ends_the_callback(void **state)
{
    struct tidy_deferred *d = new_deferred();

    (void)state;
    tidy_deferred_fire(d, chain_probe_owned(&probe), chain_probe_free);
    chain_probe_step(&probe, d, .name = "a", .is_left = true);
    chain_probe_step(&probe, d, .name = "b");
    assert_notes(&probe, "a=owned b!TIDY_EASSERTION");
    assert_false(tidy__guard_is_active());
    assert_int_equal(probe.n_freed, 1);
    assert_string_equal(
        tidy_failure_text(tidy_result_failure(tidy__deferred_result(d))),
        "a check failed in a callback of \"something\"");
    tidy_deferred_unref(d);
}

static void fire_many(struct tidy_deferred **chain)
{
    for (size_t idx = 0; idx < LONG_CHAIN; idx++)
        fire(chain[idx], "");
}

static struct tidy_deferred *return_arg(struct tidy_result *result, void *arg)
{
    (void)result;
    return arg;
}

/* Each waits for the next one. */
static struct tidy_deferred **new_long_chain(void)
{
    struct tidy_deferred **chain = malloc((LONG_CHAIN + 1) * sizeof(*chain));

    assert_non_null(chain);
    for (size_t idx = 0; idx <= LONG_CHAIN; idx++)
        chain[idx] = new_deferred();
    for (size_t idx = 0; idx < LONG_CHAIN; idx++)
        tidy_deferred_add_both(
            chain[idx], return_arg, tidy_deferred_ref(chain[idx + 1]));
    fire_many(chain);
    return chain;
}

static void unref_all(struct tidy_deferred **chain)
{
    for (size_t idx = 0; idx <= LONG_CHAIN; idx++)
        tidy_deferred_unref(chain[idx]);
    free(chain);
}

/* However many wait for each other, the result gets through without recursion. */
static void long_chain_is_not_recursive(void **state)
{
    struct tidy_deferred **chain = new_long_chain();

    (void)state;
    chain_probe_step(&probe, chain[0], .name = "end");
    fire(chain[LONG_CHAIN], "result");
    assert_notes(&probe, "end=result");
    unref_all(chain);
}

/* Nor does dropping such a chain recurse. */
static void long_chain_is_dropped_without_recursion(void **state)
{
    struct tidy_deferred **chain = new_long_chain();

    (void)state;
    unref_all(chain);
}

/* Nor does cancelling it. */
static void long_chain_is_cancelled_without_recursion(void **state)
{
    struct tidy_deferred **chain = new_long_chain();

    (void)state;
    chain_probe_step(&probe, chain[0], .name = "end", .sets = "handled");
    tidy_deferred_cancel(chain[0]);
    assert_notes(&probe, "end!TIDY_ECANCELLED");
    unref_all(chain);
}

static void return_itself(void *arg)
{
    struct tidy_deferred *d = new_deferred();

    (void)arg;
    tidy_deferred_add_both(d, return_arg, tidy_deferred_ref(d));
    fire(d, "one");
}

static void wait_in_a_circle(void *arg)
{
    struct tidy_deferred *a = new_deferred(), *b = new_deferred();

    (void)arg;
    tidy_deferred_add_both(a, return_arg, tidy_deferred_ref(b));
    tidy_deferred_add_both(b, return_arg, tidy_deferred_ref(a));
    fire(a, "one");
    fire(b, "two");
}

/* What waits for itself would wait for ever. */
static void circle_aborts(void **state)
{
    (void)state;
    assert_dies(return_itself, NULL, "tidysock: a callback of \"something\" ");
    assert_dies(
        wait_in_a_circle, NULL, "returned a deferred that waits for it");
}

/* A null deferred has failed already: a link cannot be added. */
static void null_takes_no_links(void **state)
{
    (void)state;
    assert_int_equal(tidy_deferred_add_both(NULL, return_arg, NULL), -ENOMEM);
    assert_true(tidy__deferred_is_done(NULL));
}

static void add_and_fire(void *arg)
{
    struct tidy_deferred *d = new_deferred();
    int result;

    (void)arg;
    result = tidy_deferred_add_both(d, return_arg, NULL);
    assert_int_equal(result, oom_has_failed() ? -ENOMEM : 0);
    fire(d, "one");
    tidy_deferred_unref(d);
}

/* When memory is short a link is not added, and the chain runs without it. */
static void adding_may_fail(void **state)
{
    (void)state;
    oom_try_all(add_and_fire, NULL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(links_wait_for_the_firing),
        TEST(each_link_sees_what_the_one_before_left),
        TEST(callbacks_and_errbacks_take_turns),
        TEST(link_added_after_the_firing_runs_at_once),
        TEST(link_added_by_a_callback_waits_its_turn),
        TEST(callback_may_fire_another),
        TEST(chain_waits_for_a_returned_deferred),
        TEST(chain_takes_over_a_failure),
        TEST(chain_takes_a_result_that_is_there),
        TEST(result_is_handed_over_once),
        TEST(what_was_waited_for_may_go),
        TEST(value_goes_before_the_waiting),
        TEST(waiting_ones_can_be_waited_for),
        TEST(running_one_is_waited_for),
        TEST(last_reference_may_go_in_a_callback),
        TEST(waiting_chain_needs_no_owner),
        TEST(failed_check_ends_the_callback),
        TEST(long_chain_is_not_recursive),
        TEST(long_chain_is_dropped_without_recursion),
        TEST(long_chain_is_cancelled_without_recursion),
        TEST(circle_aborts),
        TEST(null_takes_no_links),
        TEST(adding_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
