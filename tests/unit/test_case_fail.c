/* SPDX-License-Identifier: MIT */
/*
 * Failing, wherever it happens: what ends, what goes on, and what is said.
 *
 * The functions of a test note that they have run by a letter each.
 */
#include "support/case_probe.h"
#include "support/death.h"
#include <tidysock/tidysock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

static char notes[64];

static void note(const char *letter)
{
    strncat(notes, letter, sizeof(notes) - 1 - strlen(notes));
}

static int forget_notes(void **state)
{
    (void)state;
    notes[0] = '\0';
    return 0;
}

static void fail_with(struct tidy_case *t, const char *text)
{
    tidy_case_fail_at(t, "body.c", 1, "%s", text);
}

static void pass_set_up(struct tidy_case *t)
{
    (void)t;
    note("s");
}

static void pass_body(struct tidy_case *t)
{
    (void)t;
    note("b");
}

static void pass_tear_down(struct tidy_case *t)
{
    (void)t;
    note("t");
}

static struct tidy_deferred *pass_clean_up(void *arg)
{
    (void)arg;
    note("c");
    return NULL;
}

static void assert_notes_of(const struct tidy_test *test,
                            int result,
                            const char *report,
                            const char *expected)
{
    assert_case(test, TIDY_NO_SERVER, result, report);
    assert_string_equal(notes, expected);
}

/* ----------------------------------------------------- set_up, body, tear_down */

static void fail_set_up(struct tidy_case *t)
{
    tidy_case_add_clean_up(t, pass_clean_up, NULL);
    note("s");
    fail_with(t, "no set-up");
    note("!");
}

static void failed_set_up_ends_the_test(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .set_up = fail_set_up,
                                    .body = pass_body,
                                    .tear_down = pass_tear_down };

    (void)state;
    assert_notes_of(&test, TIDY_EASSERTION, "t: no set-up", "sc");
}

static void fail_body(struct tidy_case *t)
{
    tidy_case_add_clean_up(t, pass_clean_up, NULL);
    note("b");
    fail_with(t, "no body");
    note("!");
}

static void failed_body_is_torn_down(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .set_up = pass_set_up,
                                    .body = fail_body,
                                    .tear_down = pass_tear_down };

    (void)state;
    assert_notes_of(&test, TIDY_EASSERTION, "t: no body", "sbtc");
}

static void fail_tear_down(struct tidy_case *t)
{
    note("t");
    fail_with(t, "no tear-down");
    note("!");
}

/* The first failure is the test's, the others are listed after it. */
static void failures_are_listed(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .body = fail_body,
                                    .tear_down = fail_tear_down };
    struct tidy_case *t;

    (void)state;
    assert_notes_of(
        &test, TIDY_EASSERTION, "t: no body\nt: no tear-down", "btc");
    assert_int_equal(
        tidy_case_begin(&test, TIDY_NO_SERVER, &case_probe_host, &t, NULL), 0);
    assert_string_equal(tidy_case_failure_file(t), "");
    assert_int_equal(tidy_case_failure_line(t), 0);
    tidy_case_run(t);
    assert_string_equal(tidy_case_failure_file(t), "body.c");
    assert_int_equal(tidy_case_failure_line(t), 1);
    tidy_case_free(t);
}

static void fail_call(void *arg)
{
    note("f");
    fail_with(arg, "no call");
    note("!");
}

static void leave_timer_and_fail(struct tidy_case *t)
{
    tidy_case_call_later_at(t, TIDY_S(30), fail_call, t, "body.c", 2);
    tidy_deferred_unref(tidy_case_deferred(t, "in vain"));
    fail_with(t, "no body");
}

/* A failed body could not wait for its deferreds, nor handle their failures;
 * what it left on the loop is told. */
static void leftovers_of_a_failed_body_are_listed(void **state)
{
    (void)state;
    assert_case_fails(leave_timer_and_fail,
                      TIDY_EASSERTION,
                      "t: no body\n"
                      "t: left behind\n"
                      "  timer  due in # s  started at body.c:2");
}

/* ------------------------------------------------------ callbacks of the loop */

static void await_failing_call(struct tidy_case *t)
{
    struct tidy_deferred *deferred = tidy_case_deferred(t, "answer");

    tidy_case_call_later(t, 0, fail_call, t);
    note("b");
    tidy_case_await(t, deferred);
    note("!");
}

/* The callback ends there; the body ends when the loop has been left. */
static void failed_call_ends_the_body(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .body = await_failing_call,
                                    .tear_down = pass_tear_down };

    (void)state;
    assert_notes_of(&test, TIDY_EASSERTION, "t: no call", "bft");
}

static void turn_failing_call(struct tidy_case *t)
{
    tidy_case_call_later(t, 0, fail_call, t);
    note("b");
    tidy_case_turn(t);
    tidy_case_turn(t);
    note("!");
}

static void failed_call_ends_a_body_that_turns(void **state)
{
    const struct tidy_test test = { .name = "t", .body = turn_failing_call };

    (void)state;
    assert_notes_of(&test, TIDY_EASSERTION, "t: no call", "bf");
}

static struct tidy_deferred *fail_callback(struct tidy_result *result,
                                           void *arg)
{
    (void)result;
    note("f");
    fail_with(arg, "no callback");
    return NULL;
}

static struct tidy_deferred *see_failure(struct tidy_result *result, void *arg)
{
    (void)arg;
    note(tidy_result_failure(result) ? "e" : "v");
    return NULL;
}

static void fire_failing_callback(struct tidy_case *t)
{
    struct tidy_deferred *deferred = tidy_case_deferred(t, "answer");

    tidy_deferred_add_callback(deferred, fail_callback, t);
    tidy_deferred_add_both(deferred, see_failure, t);
    tidy_deferred_fire(deferred, NULL, NULL);
    tidy_deferred_unref(deferred);
    note("b");
    tidy_case_turn(t);
    note("!");
}

/* Fired by the body, outside of the loop: it ends at its next wait. */
static void failed_callback_of_a_deferred_ends_the_body(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .body = fire_failing_callback };

    (void)state;
    assert_notes_of(&test, TIDY_EASSERTION, "t: no callback", "feb");
}

static struct tidy_case *running; /* for protocols, which have no arg */

static void fail_made(struct tidy_protocol *self)
{
    (void)self;
    note("f");
    fail_with(running, "no connection_made");
    note("!");
}

static void fail_lost(struct tidy_protocol *self, int reason)
{
    (void)self;
    (void)reason;
    note("l");
    fail_with(running, "no connection_lost");
    note("!");
}

static const struct tidy_protocol_ops fail_made_ops = { .connection_made =
                                                            fail_made };
static const struct tidy_protocol_ops fail_lost_ops = { .connection_lost =
                                                            fail_lost };
static const struct tidy_protocol_ops quiet_ops = { .size = 0 };

static struct tidy_factory factory_of(const struct tidy_protocol_ops *ops)
{
    return tidy_factory_of(ops, sizeof(struct tidy_protocol));
}

static void await_failing_made(struct tidy_case *t)
{
    running = t;
    tidy_case_listen(t, tidy_case_server(t), factory_of(&quiet_ops));
    note("b");
    tidy_case_connect_protocol(
        t, tidy_case_server(t), factory_of(&fail_made_ops));
    note("!");
}

static void failed_protocol_ends_the_body(void **state)
{
    const struct tidy_test test = { .name = "t", .body = await_failing_made };

    (void)state;
    assert_case(&test, TIDY_TCP, TIDY_EASSERTION, "t[tcp]: no connection_made");
    assert_case(
        &test, TIDY_UNIX, TIDY_EASSERTION, "t[unix]: no connection_made");
    assert_string_equal(notes, "bfbf");
}

static void leave_failing_lost(struct tidy_case *t)
{
    running = t;
    tidy_case_listen(t, tidy_case_server(t), factory_of(&fail_lost_ops));
    tidy_case_connect_protocol(t, tidy_case_server(t), factory_of(&quiet_ops));
    while (!tidy_server_protocol(tidy_case_server(t)))
        tidy_case_turn(t);
    note("b");
}

/* Clean-up comes to its end, and the failure is the test's. */
static void failure_during_clean_up_counts(void **state)
{
    const struct tidy_test test = { .name = "t", .body = leave_failing_lost };

    (void)state;
    assert_case(&test, TIDY_TCP, TIDY_EASSERTION, "t[tcp]: no connection_lost");
    assert_case(
        &test, TIDY_UNIX, TIDY_EASSERTION, "t[unix]: no connection_lost");
    assert_string_equal(notes, "blbl");
}

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
    assert_string_equal(notes, "");
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
    assert_string_equal(notes, "sbtc");
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
    assert_string_equal(notes, "t");
    tidy_case_free(t);
    assert_next_passes();
}

/* ----------------------------------------------------------------- misuse */

static void check_leaving(struct tidy_case *t)
{
    assert_ptr_equal(tidy_case_current(), t);
    assert_true(tidy_case_can_leave(t));
    assert_false(tidy_case_is_in_callback(t));
    tidy_case_leave(t, "body.c", 6, NULL);
}

/* The framework has printed its own text. */
static void check_without_a_text_fails_silently(void **state)
{
    (void)state;
    assert_null(tidy_case_current());
    assert_false(tidy_case_can_leave(NULL));
    assert_false(tidy_case_is_in_callback(NULL));
    assert_case_fails(check_leaving, TIDY_EASSERTION, "");
    assert_null(tidy_case_current());
}

static void begin_inside(struct tidy_case *t)
{
    const struct tidy_test test = { .name = "inner", .body = pass_body };
    struct tidy_case *inner;

    (void)t;
    tidy_case_begin(&test, TIDY_NO_SERVER, &case_probe_host, &inner, NULL);
}

static void begin_twice(void *arg)
{
    const struct tidy_test test = { .name = "outer", .body = begin_inside };
    struct tidy_case *t;

    (void)arg;
    tidy_case_begin(&test, TIDY_NO_SERVER, &case_probe_host, &t, NULL);
    tidy_case_run(t);
}

static void run_after_end(void *arg)
{
    const struct tidy_test test = { .name = "t", .body = pass_body };
    struct tidy_case *t;

    (void)arg;
    tidy_case_begin(&test, TIDY_NO_SERVER, &case_probe_host, &t, NULL);
    tidy_case_run(t);
    tidy_case_end(t);
    tidy_case_end(t);
    tidy_case_run(t);
}

static void leave_nothing(void *arg)
{
    tidy_case_leave(arg, "body.c", 7, "no way");
}

static void begin_without_a_name(void *arg)
{
    const struct tidy_test test = { .body = pass_body };
    struct tidy_case *t;

    (void)arg;
    tidy_case_begin(&test, TIDY_NO_SERVER, &case_probe_host, &t, NULL);
}

static void begin_without_a_host(void *arg)
{
    const struct tidy_test test = { .name = "t", .body = pass_body };
    struct tidy_case *t;

    (void)arg;
    tidy_case_begin(&test, TIDY_NO_SERVER, NULL, &t, NULL);
}

static void misuse_aborts(void **state)
{
    (void)state;
    assert_dies(begin_twice,
                NULL,
                "tidy_case_begin: \"inner\" began while \"outer\" is running; "
                "one case at a time");
    assert_dies(run_after_end, NULL, "tidy_case_run: the case has ended");
    assert_dies(leave_nothing,
                NULL,
                "tidy_case_leave: neither a callback nor a body is running");
    assert_dies(
        begin_without_a_name, NULL, "tidy_case_begin: the test has no name");
    assert_dies(
        begin_without_a_host, NULL, "tidy_case_begin: the host cannot fail");
}

#define TEST(fn) cmocka_unit_test_setup(fn, forget_notes)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(failed_set_up_ends_the_test),
        TEST(failed_body_is_torn_down),
        TEST(failures_are_listed),
        TEST(leftovers_of_a_failed_body_are_listed),
        TEST(failed_call_ends_the_body),
        TEST(failed_call_ends_a_body_that_turns),
        TEST(failed_callback_of_a_deferred_ends_the_body),
        TEST(failed_protocol_ends_the_body),
        TEST(failure_during_clean_up_counts),
        TEST(failed_check_in_a_raw_callback_ends_the_body),
        TEST(failure_in_a_raw_callback_lets_it_go_on),
        TEST(jump_out_of_a_raw_callback_condemns_the_loop),
        TEST(host_is_told_outside_of_run),
        TEST(body_may_be_jumped_out_of),
        TEST(loop_may_be_jumped_out_of),
        TEST(check_without_a_text_fails_silently),
        TEST(misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
