/* SPDX-License-Identifier: MIT */
/*
 * Failing, wherever it happens: what ends, what goes on, and what is said. What
 * comes from raw libuv callbacks and from foreign jumps is in test_case_jump.c.
 */
#include "support/case_notes.h"
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
    assert_string_equal(case_notes, "bfbf");
}

static int fail_build(void *arg,
                      const struct tidy_address *peer,
                      struct tidy_protocol *protocol)
{
    (void)arg;
    (void)peer;
    (void)protocol;
    note("f");
    fail_with(running, "no protocol");
    return 0;
}

static void note_made(struct tidy_protocol *self)
{
    (void)self;
    note("!");
}

static const struct tidy_protocol_ops note_made_ops = {
    .connection_made = note_made,
};

static void connect_to_failing_factory(struct tidy_case *t)
{
    struct tidy_factory factory = factory_of(&note_made_ops);

    running = t;
    factory.build_protocol = fail_build;
    tidy_case_listen(t, tidy_case_server(t), factory);
    tidy_case_connect_protocol(t, tidy_case_server(t), factory_of(&quiet_ops));
    for (;;)
        tidy_case_turn(t);
}

/* A protocol that is half built sees nothing of its connection. */
static void failed_factory_ends_the_body(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .body = connect_to_failing_factory };

    (void)state;
    assert_case(&test, TIDY_TCP, TIDY_EASSERTION, "t[tcp]: no protocol");
    assert_case(&test, TIDY_UNIX, TIDY_EASSERTION, "t[unix]: no protocol");
    assert_string_equal(case_notes, "ff");
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
    assert_string_equal(case_notes, "blbl");
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

static void note_whether_skippable(struct tidy_case *t)
{
    note(tidy_case_can_skip(t) ? "y" : "n");
}

static struct tidy_deferred *note_in_clean_up(void *t)
{
    note_whether_skippable(t);
    return NULL;
}

static void note_in_call(void *t)
{
    note_whether_skippable(t);
}

static void note_in_body(struct tidy_case *t)
{
    tidy_case_add_clean_up(t, note_in_clean_up, t);
    note_whether_skippable(t);
    tidy_case_call_later(t, 0, note_in_call, t);
    tidy_case_turn(t);
    tidy_case_check_at(t, false, "1 == 2", "body.c", 3);
    note_whether_skippable(t);
}

/* In set_up and body, and only as long as nothing has failed. */
static void some_places_are_too_late_to_skip(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .set_up = note_whether_skippable,
                                    .body = note_in_body,
                                    .tear_down = note_whether_skippable };

    (void)state;
    assert_true(tidy_case_can_skip(NULL));
    assert_notes_of(&test,
                    TIDY_EASSERTION,
                    "t: check failed: 1 == 2 at body.c:3",
                    "yynnnn");
}

static void do_nothing(struct tidy_case *t)
{
    (void)t;
}

/* A deadline for ever is far away, and does not overflow. */
static void deadline_may_be_for_ever(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .body = do_nothing,
                                    .deadline_ns = UINT64_MAX };

    (void)state;
    assert_case(&test, TIDY_TCP, 0, "");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        NOTES_TEST(failed_set_up_ends_the_test),
        NOTES_TEST(failed_body_is_torn_down),
        NOTES_TEST(failures_are_listed),
        NOTES_TEST(leftovers_of_a_failed_body_are_listed),
        NOTES_TEST(failed_call_ends_the_body),
        NOTES_TEST(failed_call_ends_a_body_that_turns),
        NOTES_TEST(failed_callback_of_a_deferred_ends_the_body),
        NOTES_TEST(failed_protocol_ends_the_body),
        NOTES_TEST(failed_factory_ends_the_body),
        NOTES_TEST(failure_during_clean_up_counts),
        NOTES_TEST(check_without_a_text_fails_silently),
        NOTES_TEST(some_places_are_too_late_to_skip),
        NOTES_TEST(deadline_may_be_for_ever),
        NOTES_TEST(misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
