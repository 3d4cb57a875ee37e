/* SPDX-License-Identifier: MIT */
/*
 * Failing where a jump meets libuv's frames: in raw callbacks of libuv's, and
 * under frameworks that jump out of a test by themselves.
 */
#include "support/case_notes.h"
#include <tidysock/tidysock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

/* ------------------------------------------------------ raw libuv callbacks */

static uv_timer_t timer;

static void start_timer(struct tidy_case *t, uv_timer_cb cb)
{
    uv_timer_init(tidy_case_uv(t), &timer);
    timer.data = t;
    uv_timer_start(&timer, cb, 0, 0);
}

static void check_in_timer(uv_timer_t *handle)
{
    struct tidy_case *t = handle->data;

    uv_close((uv_handle_t *)handle, NULL);
    assert_true(TIDY_CHECK(t, 1 + 1 == 2));
    assert_false(tidy_case_check_at(t, false, "1 + 1 == 3", "body.c", 3));
    assert_false(tidy_case_check_at(t, false, "1 + 1 == 4", "body.c", 4));
    note("r");
}

static void await_failing_check(struct tidy_case *t)
{
    start_timer(t, check_in_timer);
    note("b");
    tidy_case_await(t, tidy_case_deferred(t, "answer"));
    note("!");
}

/* TIDY_CHECK jumps nowhere. */
static void failed_check_in_a_raw_callback_ends_the_body(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .body = await_failing_check,
                                    .tear_down = pass_tear_down };

    (void)state;
    assert_notes_of(&test,
                    TIDY_EASSERTION,
                    "t: check failed: 1 + 1 == 3 at body.c:3\n"
                    "t: check failed: 1 + 1 == 4 at body.c:4",
                    "brt");
}

static void fail_in_timer(uv_timer_t *handle)
{
    struct tidy_case *t = handle->data;

    uv_close((uv_handle_t *)handle, NULL);
    fail_with(t, "no timer");
    note("r");
}

static void await_failing_timer(struct tidy_case *t)
{
    start_timer(t, fail_in_timer);
    tidy_case_await(t, tidy_case_deferred(t, "answer"));
    note("!");
}

static void failure_in_a_raw_callback_lets_it_go_on(void **state)
{
    const struct tidy_test test = { .name = "t", .body = await_failing_timer };

    (void)state;
    assert_notes_of(&test, TIDY_EASSERTION, "t: no timer", "r");
}

static void leave_in_timer(uv_timer_t *handle)
{
    note("r");
    tidy_case_leave(handle->data, "body.c", 5, "no way");
}

static void await_leaving_timer(struct tidy_case *t)
{
    tidy_case_add_clean_up(t, pass_clean_up, NULL);
    start_timer(t, leave_in_timer);
    tidy_case_await(t, tidy_case_deferred(t, "answer"));
    note("!");
}

static void assert_next_passes(void)
{
    assert_case_passes(pass_body, TIDY_TCP);
    assert_case_passes(pass_body, TIDY_UNIX);
}

/* An adapter's check in a raw callback: libuv does not survive the jump. */
static void jump_out_of_a_raw_callback_condemns_the_loop(void **state)
{
    const struct tidy_test test = { .name = "t", .body = await_leaving_timer };

    (void)state;
    assert_notes_of(&test,
                    TIDY_EASSERTION,
                    "t: no way\n"
                    "t: the loop was left by a jump out of a callback, which "
                    "libuv does not survive: in a raw libuv callback use "
                    "TIDY_CHECK. The loop is condemned",
                    "rc");
    assert_next_passes();
}

/* -------------------------------------------------- a uv_run() of the test's own */

static uv_async_t async;

/* Comes from the poll, as reads and writes do. */
static void turn_until_async(struct tidy_case *t, uv_async_cb cb)
{
    uv_async_init(tidy_case_uv(t), &async, cb);
    async.data = t;
    uv_async_send(&async);
    uv_run(tidy_case_uv(t), UV_RUN_ONCE);
}

static void await_in_async(uv_async_t *handle)
{
    uv_close((uv_handle_t *)handle, NULL);
    assert_true(tidy_case_is_in_callback(handle->data));
    tidy_case_await_at(
        handle->data, tidy_case_deferred(handle->data, "answer"), "body.c", 8);
    note("r");
}

static void turn_awaiting_async(struct tidy_case *t)
{
    turn_until_async(t, await_in_async);
    note("b");
    tidy_case_turn(t);
    note("!");
}

/* No uv_run() is called inside the other. */
static void await_inside_an_own_uv_run_is_told(void **state)
{
    const struct tidy_test test = { .name = "t", .body = turn_awaiting_async };

    (void)state;
    assert_notes_of(&test,
                    TIDY_EREENTERED,
                    "t: tidy_case_await at body.c:8: awaiting from inside a "
                    "callback",
                    "rb");
}

static void leave_in_async(uv_async_t *handle)
{
    note("r");
    tidy_case_leave(handle->data, "body.c", 9, "no way");
}

static void turn_leaving_async(struct tidy_case *t)
{
    tidy_case_add_clean_up(t, pass_clean_up, NULL);
    turn_until_async(t, leave_in_async);
    note("!");
}

static void jump_out_of_an_own_uv_run_condemns_the_loop(void **state)
{
    const struct tidy_test test = { .name = "t", .body = turn_leaving_async };

    (void)state;
    assert_notes_of(&test,
                    TIDY_EASSERTION,
                    "t: no way\n"
                    "t: the loop was left by a jump out of a callback, which "
                    "libuv does not survive: in a raw libuv callback use "
                    "TIDY_CHECK. The loop is condemned",
                    "rc");
    assert_next_passes();
}

static void turn_leaving_timer(struct tidy_case *t)
{
    tidy_case_add_clean_up(t, pass_clean_up, NULL);
    start_timer(t, leave_in_timer);
    uv_run(tidy_case_uv(t), UV_RUN_ONCE);
    note("!");
}

/* ... also out of a callback that does not come from the poll. */
static void jump_out_of_a_timer_condemns_the_loop(void **state)
{
    const struct tidy_test test = { .name = "t", .body = turn_leaving_timer };

    (void)state;
    assert_notes_of(&test,
                    TIDY_EASSERTION,
                    "t: no way\n"
                    "t: the loop was left by a jump out of a callback, which "
                    "libuv does not survive: in a raw libuv callback use "
                    "TIDY_CHECK. The loop is condemned",
                    "rc");
    assert_next_passes();
}

/* --------------------------------------------------- frameworks that jump away */

static jmp_buf away;
static char told[256];

static void tell_and_jump(const char *file, int line, const char *text)
{
    snprintf(told, sizeof(told), "%s:%d: %s", file, line, text);
    longjmp(away, 1);
}

static const struct tidy_host jumping_host = { .fail = tell_and_jump };

/* A test function that begins a case and does not run it by tidy_case_run(). */
static void host_is_told_outside_of_run(void **state)
{
    const struct tidy_test test = { .name = "t", .tear_down = pass_tear_down };
    struct tidy_case *volatile begun = NULL;
    struct tidy_case *t;

    (void)state;
    assert_int_equal(
        tidy_case_begin(&test, TIDY_NO_SERVER, &jumping_host, &t, NULL), 0);
    begun = t;
    if (!setjmp(away)) {
        assert_false(tidy_case_can_leave(t));
        fail_with(t, "no way");
        note("!");
    }
    assert_string_equal(told, "body.c:1: t: no way");
    assert_int_equal(tidy_case_end(begun), TIDY_EASSERTION);
    assert_string_equal(tidy_case_report(begun), "t: no way");
    assert_string_equal(case_notes, "");
    tidy_case_free(begun);
}

static void jump_away(struct tidy_case *t)
{
    tidy_case_add_clean_up(t, pass_clean_up, NULL);
    note("b");
    longjmp(away, 1);
}

/* tidy_case_end() picks up where the body was left. */
static void body_may_be_jumped_out_of(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .set_up = pass_set_up,
                                    .body = jump_away,
                                    .tear_down = pass_tear_down };
    struct tidy_case *t;

    (void)state;
    assert_int_equal(
        tidy_case_begin(&test, TIDY_TCP, &case_probe_host, &t, NULL), 0);
    if (!setjmp(away))
        tidy_case_run(t);
    t = tidy_case_current();
    assert_int_equal(tidy_case_end(t), 0);
    assert_string_equal(tidy_case_report(t), "");
    assert_string_equal(case_notes, "sbtc");
    tidy_case_free(t);
    assert_next_passes();
}

static void jump_in_timer(uv_timer_t *handle)
{
    (void)handle;
    longjmp(away, 1);
}

static void await_jumping_timer(struct tidy_case *t)
{
    start_timer(t, jump_in_timer);
    tidy_case_await(t, tidy_case_deferred(t, "answer"));
}

static void loop_may_be_jumped_out_of(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .body = await_jumping_timer,
                                    .tear_down = pass_tear_down };
    struct tidy_case *t;

    (void)state;
    assert_int_equal(
        tidy_case_begin(&test, TIDY_TCP, &case_probe_host, &t, NULL), 0);
    if (!setjmp(away))
        tidy_case_run(t);
    t = tidy_case_current();
    assert_int_equal(tidy_case_end(t), TIDY_ELEFTOVER);
    assert_non_null(strstr(tidy_case_report(t), "use TIDY_CHECK"));
    assert_string_equal(case_notes, "t");
    tidy_case_free(t);
    assert_next_passes();
}

static struct tidy_deferred *jump_in_clean_up(void *arg)
{
    (void)arg;
    longjmp(away, 1);
}

/* As a crash does that the framework catches: the second try ends it. */
static void end_may_be_jumped_out_of(void **state)
{
    const struct tidy_test test = { .name = "t" };
    struct tidy_case *t;

    (void)state;
    assert_int_equal(
        tidy_case_begin(&test, TIDY_TCP, &case_probe_host, &t, NULL), 0);
    tidy_case_add_clean_up(t, jump_in_clean_up, NULL);
    if (!setjmp(away))
        tidy_case_end(t);
    t = tidy_case_current();
    assert_int_equal(tidy_case_end(t), TIDY_ELEFTOVER);
    assert_non_null(strstr(tidy_case_report(t), "left by a crash or a jump"));
    assert_null(tidy_case_current());
    tidy_case_free(t);
    assert_next_passes();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NOTES_TEST(failed_check_in_a_raw_callback_ends_the_body),
        NOTES_TEST(failure_in_a_raw_callback_lets_it_go_on),
        NOTES_TEST(jump_out_of_a_raw_callback_condemns_the_loop),
        NOTES_TEST(await_inside_an_own_uv_run_is_told),
        NOTES_TEST(jump_out_of_an_own_uv_run_condemns_the_loop),
        NOTES_TEST(jump_out_of_a_timer_condemns_the_loop),
        NOTES_TEST(host_is_told_outside_of_run),
        NOTES_TEST(end_may_be_jumped_out_of),
        NOTES_TEST(body_may_be_jumped_out_of),
        NOTES_TEST(loop_may_be_jumped_out_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
