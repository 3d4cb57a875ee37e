/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a deferred: how a wait ends when nothing comes. The limits of
 * waits that must end before them are an hour.
 */
#include "base/guard.h"
#include "net/loop.h"
#include "support/death.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define AN_HOUR_NS TIDY_S(3600)

struct fixture {
    uv_loop_t uv;
    struct tidy_loop *loop;
    struct tidy_deferred *deferred; /* a reference of the fixture's */
    int inner_result;               /* of what a callback has tried */
    unsigned n_freed;
};

static int set_up(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    *state = &fixture;
    if (uv_loop_init(&fixture.uv) < 0 ||
        tidy_loop_new(&fixture.uv, &fixture.loop) < 0)
        return -1;
    fixture.deferred =
        tidy_deferred_new(tidy_loop_ledger(fixture.loop), "the answer");
    return fixture.deferred ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    f->deferred = tidy_deferred_unref(f->deferred);
    tidy_loop_free(f->loop);
    return uv_loop_close(&f->uv);
}

static int await(struct fixture *f, uint64_t limit_ns, void **ret_value)
{
    return tidy_loop_await(
        f->loop, tidy_deferred_ref(f->deferred), limit_ns, ret_value, NULL);
}

static void fire(void *arg)
{
    struct fixture *f = arg;

    tidy_deferred_fire(f->deferred, f, NULL);
}

static void do_nothing(void *arg)
{
    (void)arg;
}

static void count_freed(void *value)
{
    unsigned *n_freed = value;

    ++*n_freed;
}

/* What has fired is not waited for: the loop does not run. */
static void what_has_fired_is_there(void **state)
{
    struct fixture *f = *state;
    struct tidy_call *call;
    void *value = NULL;

    tidy_call_later(f->loop, 0, do_nothing, NULL, &call);
    fire(f);
    assert_int_equal(await(f, 0, &value), 0);
    assert_ptr_equal(value, f);
    assert_ptr_equal(f->loop->calls, call);
}

/* A value that comes from a callback ends the wait. */
static void a_value_ends_the_wait(void **state)
{
    struct fixture *f = *state;
    void *value = NULL;

    tidy_call_later(f->loop, TIDY_MS(1), fire, f, NULL);
    assert_int_equal(await(f, UINT64_MAX, &value), 0);
    assert_ptr_equal(value, f);
}

/* A value that nobody wants is freed; one that is wanted is the caller's. */
static void values_have_one_owner(void **state)
{
    struct fixture *f = *state;
    struct tidy_deferred *second = tidy_deferred_new(NULL, "another");
    void *value = NULL;

    tidy_deferred_fire(f->deferred, &f->n_freed, count_freed);
    tidy_deferred_fire(second, &f->n_freed, count_freed);
    assert_int_equal(await(f, AN_HOUR_NS, &value), 0);
    f->deferred = tidy_deferred_unref(f->deferred);
    assert_int_equal(f->n_freed, 0);
    assert_ptr_equal(value, &f->n_freed);
    assert_int_equal(tidy_loop_await(f->loop, second, AN_HOUR_NS, NULL, NULL),
                     0);
    assert_int_equal(f->n_freed, 1);
}

/* A failure is handed over, and counts as handled. */
static void failures_are_handled(void **state)
{
    struct fixture *f = *state;
    struct tidy_failure *failure = NULL;

    tidy_deferred_fail(f->deferred, tidy_failure_new(-EIO, "it is broken"));
    assert_int_equal(tidy_loop_await(f->loop,
                                     tidy_deferred_ref(f->deferred),
                                     AN_HOUR_NS,
                                     NULL,
                                     &failure),
                     -EIO);
    assert_string_equal(tidy_failure_text(failure), "it is broken");
    tidy_failure_unref(failure);
    assert_null(tidy_result_failure(tidy__deferred_result(f->deferred)));
}

/* When nothing on the loop can fire it, the wait ends at once, and says for
 * what it was. */
static void stuck_is_said_at_once(void **state)
{
    struct fixture *f = *state;
    struct tidy_failure *failure = NULL;

    assert_int_equal(tidy_loop_await(f->loop,
                                     tidy_deferred_ref(f->deferred),
                                     AN_HOUR_NS,
                                     NULL,
                                     &failure),
                     TIDY_ESTUCK);
    assert_int_equal(tidy_failure_code(failure), TIDY_ESTUCK);
    assert_non_null(
        strstr(tidy_failure_text(failure), "while waiting for \"the answer\""));
    tidy_failure_unref(failure);
    assert_int_equal(await(f, UINT64_MAX, NULL), TIDY_ESTUCK);
}

/* So it is after the last thing that could have has happened. */
static void stuck_is_said_after_the_last_event(void **state)
{
    struct fixture *f = *state;

    tidy_call_later(f->loop, TIDY_MS(1), do_nothing, NULL, NULL);
    assert_int_equal(await(f, AN_HOUR_NS, NULL), TIDY_ESTUCK);
    assert_false(tidy_deferred_has_fired(f->deferred));
}

/* What keeps the loop alive and does not fire it is waited for up to the limit;
 * the deferred stays pending. */
static void a_limit_ends_the_wait(void **state)
{
    struct fixture *f = *state;
    struct tidy_call *call;
    uint64_t start_ns = uv_hrtime();

    tidy_call_later(f->loop, AN_HOUR_NS, do_nothing, NULL, &call);
    assert_int_equal(await(f, TIDY_MS(2), NULL), TIDY_EDEADLINE);
    assert_true(uv_hrtime() - start_ns >= TIDY_MS(1));
    assert_false(tidy_deferred_has_fired(f->deferred));
    tidy_call_cancel(call);
}

/* A limit of 0 still runs what is due. */
static void no_time_is_one_turn(void **state)
{
    struct fixture *f = *state;
    struct tidy_call *call;

    tidy_call_later(f->loop, AN_HOUR_NS, do_nothing, NULL, &call);
    assert_int_equal(await(f, 0, NULL), TIDY_EDEADLINE);
    tidy_call_cancel(call);
    tidy_call_later(f->loop, 0, fire, f, NULL);
    assert_int_equal(await(f, 0, NULL), 0);
}

/* A wait that was given up leaves the next one its own limit. */
static void each_wait_has_its_own_limit(void **state)
{
    struct fixture *f = *state;
    struct tidy_call *call;

    tidy_call_later(f->loop, AN_HOUR_NS, do_nothing, NULL, &call);
    assert_int_equal(await(f, TIDY_MS(1), NULL), TIDY_EDEADLINE);
    tidy_call_later(f->loop, TIDY_MS(2), fire, f, NULL);
    assert_int_equal(await(f, AN_HOUR_NS, NULL), 0);
    tidy_call_cancel(call);
}

static void await_inside(void *arg)
{
    struct fixture *f = arg;

    f->inner_result = await(f, AN_HOUR_NS, NULL);
}

static void turn_inside(void *arg)
{
    struct fixture *f = arg;

    f->inner_result = tidy_loop_turn(f->loop);
}

/* In a callback of the loop nothing is waited for. */
static void callbacks_cannot_wait(void **state)
{
    struct fixture *f = *state;

    tidy_call_later(f->loop, 0, await_inside, f, NULL);
    assert_int_equal(await(f, AN_HOUR_NS, NULL), TIDY_ESTUCK);
    assert_int_equal(f->inner_result, TIDY_EREENTERED);
    tidy_call_later(f->loop, 0, turn_inside, f, NULL);
    f->inner_result = 0;
    assert_int_equal(await(f, AN_HOUR_NS, NULL), TIDY_ESTUCK);
    assert_int_equal(f->inner_result, TIDY_EREENTERED);
}

/* Nor is it in a callback that runs outside the loop. */
static void guarded_callbacks_cannot_wait(void **state)
{
    struct fixture *f = *state;

    TIDY__GUARDED(await_inside(f));
    assert_int_equal(f->inner_result, TIDY_EREENTERED);
}

/* Nor when what is awaited has fired already: nobody gets used to it. */
static void callbacks_cannot_wait_for_what_is_there(void **state)
{
    struct fixture *f = *state;

    fire(f);
    TIDY__GUARDED(await_inside(f));
    assert_int_equal(f->inner_result, TIDY_EREENTERED);
}

static void fire_on_timer(uv_timer_t *timer)
{
    fire(timer->data);
}

static void fire_on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    fire(poll->data);
}

/* A timer of the user's that is active but unreferenced may still fire: it is
 * waited for. */
static void an_unreferenced_timer_is_waited_for(void **state)
{
    struct fixture *f = *state;
    uv_timer_t timer;

    uv_timer_init(&f->uv, &timer);
    timer.data = f;
    uv_timer_start(&timer, fire_on_timer, 2, 0);
    uv_unref((uv_handle_t *)&timer);
    assert_int_equal(await(f, AN_HOUR_NS, NULL), 0);
    uv_close((uv_handle_t *)&timer, NULL);
    tidy_loop_turn(f->loop);
}

/* So is a descriptor that is watched by such a handle, up to the limit. */
static void an_unreferenced_watcher_is_waited_for(void **state)
{
    struct fixture *f = *state;
    uv_poll_t poll;
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    uv_poll_init(&f->uv, &poll, fds[0]);
    poll.data = f;
    uv_poll_start(&poll, UV_READABLE, fire_on_poll);
    uv_unref((uv_handle_t *)&poll);
    assert_int_equal(await(f, TIDY_MS(2), NULL), TIDY_EDEADLINE);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(await(f, AN_HOUR_NS, NULL), 0);
    uv_close((uv_handle_t *)&poll, NULL);
    tidy_loop_turn(f->loop);
    close(fds[0]);
    close(fds[1]);
}

/* One that is not active will do nothing. */
static void an_idle_handle_is_not_waited_for(void **state)
{
    struct fixture *f = *state;
    uv_timer_t timer;

    uv_timer_init(&f->uv, &timer);
    assert_int_equal(await(f, AN_HOUR_NS, NULL), TIDY_ESTUCK);
    uv_close((uv_handle_t *)&timer, NULL);
    tidy_loop_turn(f->loop);
}

static void stop(void *arg)
{
    struct fixture *f = arg;

    tidy__loop_stop(f->loop);
    fire(f);
}

/* After a check that failed the loop is left, even if the answer has come. */
static void a_failed_check_ends_the_wait(void **state)
{
    struct fixture *f = *state;

    tidy_call_later(f->loop, 0, stop, f, NULL);
    assert_int_equal(await(f, AN_HOUR_NS, NULL), TIDY_EASSERTION);
}

/* NULL has failed for want of memory. */
static void null_has_failed(void **state)
{
    struct fixture *f = *state;
    struct tidy_failure *failure = NULL;

    assert_int_equal(tidy_loop_await(f->loop, NULL, AN_HOUR_NS, NULL, &failure),
                     -ENOMEM);
    assert_int_equal(tidy_failure_code(failure), -ENOMEM);
    tidy_failure_unref(failure);
}

static void free_inside(void *arg)
{
    struct fixture *f = arg;

    tidy_loop_free(f->loop);
}

static void free_in_callback(void *arg)
{
    TIDY__GUARDED(free_inside(arg));
}

static void run_in_the_child(void *arg)
{
    struct fixture *f = arg;

    tidy_loop_turn(f->loop);
}

/* To free the loop in a callback is misuse, and so is to run it in a forked
 * child. */
static void misuse_aborts(void **state)
{
    assert_dies(
        free_in_callback, *state, "tidy_loop_free: called from a callback");
    assert_dies(run_in_the_child, *state, "tidy_loop: used in another process");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_has_fired_is_there),
        TEST(a_value_ends_the_wait),
        TEST(values_have_one_owner),
        TEST(failures_are_handled),
        TEST(stuck_is_said_at_once),
        TEST(stuck_is_said_after_the_last_event),
        TEST(a_limit_ends_the_wait),
        TEST(no_time_is_one_turn),
        TEST(each_wait_has_its_own_limit),
        TEST(callbacks_cannot_wait),
        TEST(guarded_callbacks_cannot_wait),
        TEST(callbacks_cannot_wait_for_what_is_there),
        TEST(an_unreferenced_timer_is_waited_for),
        TEST(an_unreferenced_watcher_is_waited_for),
        TEST(an_idle_handle_is_not_waited_for),
        TEST(a_failed_check_ends_the_wait),
        TEST(null_has_failed),
        TEST(misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
