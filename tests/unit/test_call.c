/* SPDX-License-Identifier: MIT */
/*
 * Calls at a later time, and the time limits of deferreds.
 */
#include "net/call.h"
#include "net/loop.h"
#include "support/death.h"
#include "support/oom.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    uv_loop_t uv;
    struct tidy_loop *loop;
    char notes[256];
};

struct job {
    struct fixture *fixture;
    const char *name;
    uint64_t now_ns;
    struct job *calls;          /* in its call, to be called at once */
    struct tidy_call **cancels; /* in its call */
    int result;                 /* of the call made in it */
};

static int set_up(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    *state = &fixture;
    oom_begin();
    return uv_loop_init(&fixture.uv) < 0 ||
           tidy_loop_new(&fixture.uv, &fixture.loop) < 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    f->loop = tidy_loop_free(f->loop);
    return uv_loop_close(&f->uv) < 0 ? -1 : oom_tear_down(state);
}

static void note(struct fixture *f, const char *text)
{
    size_t len = strlen(f->notes);

    snprintf(f->notes + len, sizeof(f->notes) - len, "%s ", text);
}

static void on_call(void *arg)
{
    struct job *job = arg;
    struct fixture *f = job->fixture;

    note(f, job->name);
    job->now_ns = tidy_loop_now_ns(f->loop);
    if (job->calls)
        job->result = tidy_call_later(f->loop, 0, on_call, job->calls, NULL);
    if (job->cancels)
        *job->cancels = tidy_call_cancel(*job->cancels);
}

static struct job job_of(struct fixture *f, const char *name)
{
    return (struct job){ .fixture = f, .name = name };
}

static struct tidy_call *later(struct job *job, uint64_t delay_ns)
{
    struct tidy_call *call = NULL;

    assert_int_equal(
        tidy_call_later(job->fixture->loop, delay_ns, on_call, job, &call), 0);
    return call;
}

/* Until nothing keeps the loop alive. */
static void run(struct fixture *f)
{
    tidy__loop_run(f->loop, UV_RUN_DEFAULT);
}

/* A call comes once, from the loop, not before its time; a part of a
 * millisecond counts as a whole one. */
static void calls_come_in_time(void **state)
{
    struct fixture *f = *state;
    struct job a = job_of(f, "a");
    uint64_t start_ns;

    uv_update_time(&f->uv);
    start_ns = tidy_loop_now_ns(f->loop);
    later(&a, TIDY_MS(2) + 1);
    assert_string_equal(f->notes, "");
    run(f);
    assert_string_equal(f->notes, "a ");
    assert_true(a.now_ns >= start_ns + TIDY_MS(3));
}

/* Calls due at the same instant come in the order in which they were made, and
 * earlier ones first. */
static void calls_keep_their_order(void **state)
{
    struct fixture *f = *state;
    struct job a = job_of(f, "a"), b = job_of(f, "b"), c = job_of(f, "c");

    later(&c, TIDY_MS(50));
    later(&b, 0);
    later(&a, 0);
    run(f);
    assert_string_equal(f->notes, "b a c ");
}

/* A cancelled call does not come; the cancel returns NULL, and NULL may be
 * cancelled. */
static void cancelled_calls_do_not_come(void **state)
{
    struct fixture *f = *state;
    struct job a = job_of(f, "a"), b = job_of(f, "b");
    struct tidy_call *call = later(&a, 0);

    later(&b, 0);
    assert_null(tidy_call_cancel(call));
    assert_null(tidy_call_cancel(NULL));
    run(f);
    assert_string_equal(f->notes, "b ");
}

/* A call may cancel another one that is due at the same moment. */
static void a_call_may_cancel_another(void **state)
{
    struct fixture *f = *state;
    struct job a = job_of(f, "a"), b = job_of(f, "b");
    struct tidy_call *second;

    a.cancels = &second;
    later(&a, 0);
    second = later(&b, 0);
    run(f);
    assert_string_equal(f->notes, "a ");
}

/* A call that makes another one at once lets the rest of the loop go on. */
static void calls_at_once_let_the_loop_go_on(void **state)
{
    struct fixture *f = *state;
    struct job a = job_of(f, "a");
    struct tidy_call *call;

    a.calls = &a;
    call = later(&a, 0);
    assert_ptr_equal(tidy__call_of(f->loop, (uv_handle_t *)&call->timer), call);
    for (int i = 0; i < 3; i++)
        tidy_loop_turn(f->loop);
    assert_true(strlen(f->notes) > 0);
    a.calls = NULL;
    run(f);
    assert_int_equal(a.result, 0);
    assert_null(f->loop->calls);
}

/* A delay of for ever is long, not short. */
static void the_longest_delay_is_long(void **state)
{
    struct fixture *f = *state;
    struct job a = job_of(f, "a");
    struct tidy_call *call = later(&a, UINT64_MAX);

    tidy_loop_turn(f->loop);
    assert_string_equal(f->notes, "");
    tidy_call_cancel(call);
}

/* Calls that are still to come do not, and leave nothing, when the loop is
 * freed. */
static void the_end_of_the_loop_cancels(void **state)
{
    struct fixture *f = *state;
    struct job a = job_of(f, "a");

    later(&a, TIDY_S(3600));
    f->loop = tidy_loop_free(f->loop);
    assert_string_equal(f->notes, "");
}

static struct tidy_deferred *new_deferred(struct fixture *f)
{
    struct tidy_deferred *deferred;

    deferred = tidy_deferred_new(tidy_loop_ledger(f->loop), "the answer");
    assert_non_null(deferred);
    return deferred;
}

static void on_cancel(struct tidy_deferred *deferred, void *arg)
{
    (void)deferred;
    note(arg, "cancel");
}

/* A deferred that fires in time is left alone, and its time limit is gone. */
static void a_limit_goes_when_it_fires(void **state)
{
    static char value[] = "value";
    struct fixture *f = *state;
    struct tidy_deferred *deferred = new_deferred(f);
    void *got = NULL;

    tidy_deferred_set_canceller(deferred, on_cancel, f);
    assert_int_equal(tidy_deferred_timeout(deferred, f->loop, TIDY_S(3600)), 0);
    assert_non_null(f->loop->calls);
    tidy_deferred_fire(deferred, value, NULL);
    assert_null(f->loop->calls);
    assert_int_equal(tidy_loop_await(f->loop, deferred, TIDY_S(5), &got, NULL),
                     0);
    assert_ptr_equal(got, value);
    assert_string_equal(f->notes, "");
}

/* One that fails in time keeps its own failure. */
static void a_limit_goes_when_it_fails(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *deferred = new_deferred(f);

    tidy_deferred_timeout(deferred, f->loop, TIDY_S(3600));
    tidy_deferred_fail(deferred, tidy_failure_new(-EIO, NULL));
    assert_null(f->loop->calls);
    assert_int_equal(tidy_loop_await(f->loop, deferred, TIDY_S(5), NULL, NULL),
                     -EIO);
}

/* One that does not come is cancelled, with a sentence that says what did not
 * come within what. */
static void a_limit_passes_with_a_sentence(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *deferred = new_deferred(f);
    struct tidy_failure *failure = NULL;

    tidy_deferred_set_canceller(deferred, on_cancel, f);
    tidy_deferred_timeout(deferred, f->loop, TIDY_MS(2));
    assert_int_equal(
        tidy_loop_await(f->loop, deferred, TIDY_S(5), NULL, &failure),
        -ETIMEDOUT);
    assert_string_equal(tidy_failure_text(failure),
                        "\"the answer\" did not come within 2 ms");
    assert_string_equal(f->notes, "cancel ");
    tidy_failure_unref(failure);
}

/* The limit holds while the chain waits for another deferred, too. */
static struct tidy_deferred *return_arg(struct tidy_result *result, void *arg)
{
    (void)result;
    return tidy_deferred_ref(arg);
}

static void a_limit_reaches_an_inner_one(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outer = new_deferred(f), *inner = new_deferred(f);

    tidy_deferred_set_canceller(inner, on_cancel, f);
    tidy_deferred_add_callback(outer, return_arg, inner);
    tidy_deferred_timeout(outer, f->loop, TIDY_MS(2));
    tidy_deferred_fire(outer, NULL, NULL);
    assert_non_null(f->loop->calls);
    assert_int_equal(tidy_loop_await(f->loop, outer, TIDY_S(5), NULL, NULL),
                     -ETIMEDOUT);
    assert_string_equal(f->notes, "cancel ");
    tidy_deferred_unref(inner);
}

/* ... also one that is set when the chain waits already. */
static void a_limit_is_set_on_one_that_waits(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *outer = new_deferred(f), *inner = new_deferred(f);

    tidy_deferred_set_canceller(inner, on_cancel, f);
    tidy_deferred_add_callback(outer, return_arg, inner);
    tidy_deferred_fire(outer, NULL, NULL);
    tidy_deferred_timeout(outer, f->loop, TIDY_MS(2));
    assert_int_equal(tidy_loop_await(f->loop, outer, TIDY_S(5), NULL, NULL),
                     -ETIMEDOUT);
    assert_string_equal(f->notes, "cancel ");
    tidy_deferred_unref(inner);
}

/* A limit keeps its deferred although nobody else does. */
static void a_limit_keeps_its_deferred(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *deferred = new_deferred(f);

    tidy_deferred_set_canceller(deferred, on_cancel, f);
    tidy_deferred_timeout(deferred, f->loop, 0);
    tidy_deferred_unref(deferred);
    run(f);
    assert_string_equal(f->notes, "cancel ");
}

/* A limit on what has fired is none, and NULL has failed for want of memory. */
static void what_has_fired_needs_no_limit(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *deferred = new_deferred(f);

    tidy_deferred_fire(deferred, NULL, NULL);
    assert_int_equal(tidy_deferred_timeout(deferred, f->loop, 0), 0);
    assert_null(f->loop->calls);
    assert_int_equal(tidy_deferred_timeout(NULL, f->loop, 0), -ENOMEM);
    tidy_deferred_unref(deferred);
}

/* When the loop ends first the deferred is cancelled, and nothing is left. */
static void the_end_of_the_loop_ends_limits(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *deferred = new_deferred(f);

    tidy_deferred_set_canceller(deferred, on_cancel, f);
    tidy_deferred_timeout(deferred, f->loop, TIDY_S(3600));
    f->loop = tidy_loop_free(f->loop);
    assert_string_equal(f->notes, "cancel ");
    assert_true(tidy_deferred_has_fired(deferred));
    tidy_deferred_unref(deferred);
}

static void set_limit(void *arg)
{
    struct fixture *f = arg;
    struct tidy_deferred *deferred;
    int result;

    deferred = tidy_deferred_new(NULL, "the answer");
    result = tidy_deferred_timeout(deferred, f->loop, TIDY_S(3600));
    assert_int_equal(result, oom_has_failed() ? -ENOMEM : 0);
    if (deferred)
        tidy_deferred_fire(deferred, NULL, NULL);
    assert_null(f->loop->calls);
    tidy_deferred_unref(deferred);
    run(f);
}

/* When memory is short there is no limit, and the call says so. */
static void each_allocation_may_fail(void **state)
{
    oom_try_all(set_limit, *state);
}

static void call_later_without_callback(void *arg)
{
    struct fixture *f = arg;

    tidy_call_later(f->loop, 0, NULL, NULL, NULL);
}

static void cancel_twice(void *arg)
{
    struct job a = job_of(arg, "a");
    struct tidy_call *call = later(&a, 0);

    tidy_call_cancel(call);
    tidy_call_cancel(call);
}

static void limit_without_loop(void *arg)
{
    (void)arg;
    tidy_deferred_timeout(NULL, NULL, 0);
}

/* No loop and no callback are misuse, and so is a call that has ended. */
static void misuse_aborts(void **state)
{
    assert_dies(call_later_without_callback,
                *state,
                "tidy_call_later: the callback is NULL");
    assert_dies(cancel_twice,
                *state,
                "tidy_call_cancel: the call has been made, or was cancelled, "
                "before");
    assert_dies(
        limit_without_loop, NULL, "tidy_deferred_timeout: the loop is NULL");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(calls_come_in_time),
        TEST(calls_keep_their_order),
        TEST(cancelled_calls_do_not_come),
        TEST(a_call_may_cancel_another),
        TEST(calls_at_once_let_the_loop_go_on),
        TEST(the_longest_delay_is_long),
        TEST(the_end_of_the_loop_cancels),
        TEST(a_limit_goes_when_it_fires),
        TEST(a_limit_goes_when_it_fails),
        TEST(a_limit_passes_with_a_sentence),
        TEST(a_limit_reaches_an_inner_one),
        TEST(a_limit_is_set_on_one_that_waits),
        TEST(a_limit_keeps_its_deferred),
        TEST(what_has_fired_needs_no_limit),
        TEST(the_end_of_the_loop_ends_limits),
        TEST(each_allocation_may_fail),
        TEST(misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
