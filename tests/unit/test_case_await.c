/* SPDX-License-Identifier: MIT */
/*
 * Waiting in a test: what comes back, and what the report says when it does
 * not come.
 */
#include "support/case_probe.h"
#include <tidysock/tidysock.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#define MULTIPLIER "TIDYSOCK_TIMEOUT_MULTIPLIER"

/* Long enough for a turn of the loop, short enough to let it pass. */
#define SHORT_NS TIDY_MS(20)

static int n_calls;

static struct tidy_deferred *new_deferred(struct tidy_case *t)
{
    return tidy_case_deferred_at(t, "answer", "body.c", 1);
}

static void *await(struct tidy_case *t, struct tidy_deferred *deferred)
{
    return tidy_case_await_at(t, deferred, "body.c", 2);
}

static struct tidy_failure *disk_is_full(void)
{
    return tidy_failure_new_at(-EIO, "body.c", 3, "the disk is full");
}

static struct tidy_deferred *failed_deferred(struct tidy_case *t)
{
    struct tidy_deferred *deferred = new_deferred(t);

    tidy_deferred_fail(deferred, disk_is_full());
    return deferred;
}

/* Run a body with little time. */
static void assert_late(tidy_body_cb body, const char *report)
{
    const struct tidy_test test = { .name = "t",
                                    .body = body,
                                    .deadline_ns = SHORT_NS };

    assert_case(&test, TIDY_NO_SERVER, TIDY_EDEADLINE, report);
}

static int use_real_time(void **state)
{
    (void)state;
    unsetenv(MULTIPLIER);
    n_calls = 0;
    return 0;
}

/* ------------------------------------------------------- what is waited for */

static void fire(void *arg)
{
    tidy_deferred_fire(arg, strdup("hello"), free);
    tidy_deferred_unref(arg);
}

static void await_value(struct tidy_case *t)
{
    struct tidy_deferred *deferred = new_deferred(t);
    const char *value;

    tidy_case_call_later(t, 0, fire, tidy_deferred_ref(deferred));
    value = await(t, deferred);
    assert_string_equal(value, "hello");
}

/* What the deferred owned is the case's then. */
static void value_lives_as_long_as_the_case(void **state)
{
    (void)state;
    assert_case_passes(await_value, TIDY_NO_SERVER);
}

static void await_failed(struct tidy_case *t)
{
    await(t, failed_deferred(t));
    n_calls++;
}

static void failure_fails_the_test(void **state)
{
    (void)state;
    assert_case_fails(await_failed,
                      -EIO,
                      "t: tidy_case_await at body.c:2: the disk is full "
                      "(EIO, born at body.c:3)");
    assert_int_equal(n_calls, 0);
}

static void await_null(struct tidy_case *t)
{
    await(t, NULL);
}

static void no_deferred_fails_the_test(void **state)
{
    (void)state;
    assert_case_fails(await_null,
                      -ENOMEM,
                      "t: tidy_case_await at body.c:2: the deferred is NULL: "
                      "out of memory, or a server's attribute that is not "
                      "there yet");
}

static const char *
await_failure(struct tidy_case *t, struct tidy_deferred *deferred, int code)
{
    return tidy_case_await_failure_at(t, deferred, code, "body.c", 4);
}

static void expect_failures(struct tidy_case *t)
{
    const char *first = await_failure(t, failed_deferred(t), -EIO);
    const char *second = await_failure(t, failed_deferred(t), 0);

    assert_string_equal(first, "the disk is full");
    assert_string_equal(second, "the disk is full");
    assert_non_null(await_failure(t, NULL, -ENOMEM));
    assert_non_null(await_failure(t, NULL, 0));
}

/* The sentences live as long as the case. */
static void failure_may_be_expected(void **state)
{
    (void)state;
    assert_case_passes(expect_failures, TIDY_NO_SERVER);
}

static void expect_other_failure(struct tidy_case *t)
{
    await_failure(t, failed_deferred(t), -EPIPE);
}

static void other_failure_fails_the_test(void **state)
{
    (void)state;
    assert_case_fails(
        expect_other_failure,
        TIDY_EASSERTION,
        "t: tidy_case_await_failure at body.c:4: EPIPE was expected, but it "
        "failed with EIO: the disk is full");
}

static void expect_failure_of_success(struct tidy_case *t)
{
    struct tidy_deferred *deferred = new_deferred(t);

    tidy_deferred_fire(deferred, strdup("hello"), free);
    await_failure(t, deferred, 0);
}

static void success_fails_who_expects_failure(void **state)
{
    (void)state;
    assert_case_fails(expect_failure_of_success,
                      TIDY_EASSERTION,
                      "t: tidy_case_await_failure at body.c:4: it fired with "
                      "a value");
}

/* --------------------------------------------------------- what never comes */

static void await_nothing(struct tidy_case *t)
{
    await(t, new_deferred(t));
    n_calls++;
}

/* Said at once: the deadline, which is far away, is not waited for. */
static void stuck_wait_is_told(void **state)
{
    (void)state;
    assert_case_fails(
        await_nothing,
        TIDY_ESTUCK,
        "t: tidy_case_await at body.c:2: nothing is left on the loop that "
        "could end the wait; waiting for\n"
        "  deferred  \"answer\"  created at body.c:1");
    assert_int_equal(n_calls, 0);
}

static uv_timer_t timer;

static void on_timer(uv_timer_t *handle)
{
    uv_close((uv_handle_t *)handle, NULL);
}

static struct tidy_deferred *close_timer(void *arg)
{
    (void)arg;
    uv_close((uv_handle_t *)&timer, NULL);
    return NULL;
}

static void await_past_deadline(struct tidy_case *t)
{
    uv_timer_init(tidy_case_uv(t), &timer);
    uv_timer_start(&timer, on_timer, 30000, 0);
    tidy_case_add_clean_up(t, close_timer, NULL);
    await(t, new_deferred(t));
}

static void deadline_is_told(void **state)
{
    (void)state;
    assert_late(await_past_deadline,
                "t: deadline of 20 ms passed in tidy_case_await at body.c:2; "
                "waiting for\n"
                "  deferred  \"answer\"  created at body.c:1\n"
                "  timer  due in # s  "
                "origin unknown, callback test_case_await+0x#");
}

static const struct tidy_protocol_ops quiet_ops = { .size = 0 };

static struct tidy_factory quiet(void)
{
    return tidy_factory_of(&quiet_ops, sizeof(struct tidy_protocol));
}

static void await_among_connections(struct tidy_case *t)
{
    struct tidy_server *server = tidy_case_server(t);
    struct tidy_protocol *protocol;

    tidy_case_listen_at(t, server, quiet(), "body.c", 5);
    protocol = tidy_case_connect_protocol_at(t, server, quiet(), "body.c", 6);
    tidy_transport_write(protocol->transport, "hello", 5);
    while (!tidy_server_protocol(server) ||
           tidy_transport_bytes_read(tidy_server_protocol(server)->transport) <
               5)
        tidy_case_turn(t);
    await(t, new_deferred(t));
}

/* What may be waited for is listed, with how much went over each connection. */
static void connections_are_told(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .body = await_among_connections,
                                    .deadline_ns = TIDY_MS(200) };

    (void)state;
    assert_case(&test,
                TIDY_TCP,
                TIDY_EDEADLINE,
                "t[tcp]: deadline of 200 ms passed in tidy_case_await at "
                "body.c:2; waiting for\n"
                "  deferred  \"answer\"  created at body.c:1\n"
                "  tcp socket 127.0.0.1:PORT1 -> 127.0.0.1:PORT2  ESTABLISHED, "
                "5 bytes read, 0 written  accepted at body.c:5\n"
                "  tcp socket 127.0.0.1:PORT2 -> 127.0.0.1:PORT1  ESTABLISHED, "
                "0 bytes read, 5 written  connected at body.c:6\n"
                "  tcp socket 127.0.0.1:PORT1  LISTEN  listening at body.c:5");
}

static bool is_never(void *arg)
{
    (void)arg;
    return false;
}

static uv_idle_t idle;

static void on_idle(uv_idle_t *handle)
{
    (void)handle;
}

static bool is_third_time(void *arg)
{
    return ++*(int *)arg == 3;
}

static void run_until(struct tidy_case *t)
{
    uv_idle_init(tidy_case_uv(t), &idle);
    uv_idle_start(&idle, on_idle);
    tidy_case_run_until_at(t, is_third_time, &n_calls, "body.c", 7);
    uv_close((uv_handle_t *)&idle, NULL);
}

static void condition_is_waited_for(void **state)
{
    (void)state;
    assert_case_passes(run_until, TIDY_NO_SERVER);
    assert_int_equal(n_calls, 3);
}

static void run_until_never(struct tidy_case *t)
{
    tidy_case_run_until_at(t, is_never, NULL, "body.c", 7);
}

static void condition_that_never_holds_is_told(void **state)
{
    (void)state;
    assert_case_fails(run_until_never,
                      TIDY_ESTUCK,
                      "t: tidy_case_run_until at body.c:7: nothing is left on "
                      "the loop that could end the wait");
}

/* --------------------------------------------------------------- callbacks */

static void await_inside(void *arg)
{
    await(arg, new_deferred(arg));
    n_calls++;
}

static void await_in_callback(struct tidy_case *t)
{
    tidy_case_call_later(t, 0, await_inside, t);
    await(t, new_deferred(t));
    n_calls++;
}

/* The callback ends, the body ends; nothing is run meanwhile. */
static void await_in_a_callback_fails(void **state)
{
    (void)state;
    assert_case_fails(await_in_callback,
                      TIDY_EREENTERED,
                      "t: tidy_case_await at body.c:2: awaiting from inside a "
                      "callback");
    assert_int_equal(n_calls, 0);
}

static void turn_inside(void *arg)
{
    tidy_case_turn_at(arg, "body.c", 8);
    n_calls++;
}

static void turn_in_callback(struct tidy_case *t)
{
    tidy_case_call_later(t, 0, turn_inside, t);
    await(t, new_deferred(t));
}

static void turn_in_a_callback_fails(void **state)
{
    (void)state;
    assert_case_fails(turn_in_callback,
                      TIDY_EREENTERED,
                      "t: tidy_case_turn at body.c:8: awaiting from inside a "
                      "callback");
    assert_int_equal(n_calls, 0);
}

static void await_in_timer(uv_timer_t *handle)
{
    struct tidy_case *t = handle->data;

    uv_close((uv_handle_t *)handle, NULL);
    assert_null(await(t, new_deferred(t)));
    n_calls++;
}

static void await_in_raw_callback(struct tidy_case *t)
{
    uv_timer_init(tidy_case_uv(t), &timer);
    timer.data = t;
    uv_timer_start(&timer, await_in_timer, 0, 0);
    await(t, new_deferred(t));
    n_calls += 10;
}

/* No jump may leave it, so it goes on; the body does not. */
static void await_in_a_raw_callback_fails(void **state)
{
    (void)state;
    assert_case_fails(await_in_raw_callback,
                      TIDY_EREENTERED,
                      "t: tidy_case_await at body.c:2: awaiting from inside a "
                      "callback");
    assert_int_equal(n_calls, 1);
}

/* ---------------------------------------------------------------- deadlines */

static void await_calls(struct tidy_case *t)
{
    struct tidy_deferred *deferred = new_deferred(t);

    tidy_case_call_later(t, TIDY_MS(30), fire, tidy_deferred_ref(deferred));
    await(t, deferred);
    n_calls++;
}

/* 3 times 20 ms, and 30 ms are needed. */
static void deadline_is_multiplied(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .body = await_calls,
                                    .deadline_ns = SHORT_NS };
    const struct tidy_test late = { .name = "t",
                                    .body = await_past_deadline,
                                    .deadline_ns = SHORT_NS };

    (void)state;
    setenv(MULTIPLIER, "100", 1);
    assert_case(&test, TIDY_NO_SERVER, 0, "");
    assert_int_equal(n_calls, 1);
    setenv(MULTIPLIER, "3", 1);
    assert_case(&late,
                TIDY_NO_SERVER,
                TIDY_EDEADLINE,
                "t: deadline of 60 ms passed in tidy_case_await at body.c:2; "
                "waiting for\n"
                "  deferred  \"answer\"  created at body.c:1\n"
                "  timer  due in # s  "
                "origin unknown, callback test_case_await+0x#");
}

static void do_nothing(struct tidy_case *t)
{
    (void)t;
}

static void assert_multiplier(const char *value, int result)
{
    const struct tidy_test test = { .name = "t", .body = do_nothing };
    struct tidy_failure *failure = NULL;
    struct tidy_case *t = NULL;

    setenv(MULTIPLIER, value, 1);
    assert_int_equal(
        tidy_case_begin(&test, TIDY_NO_SERVER, &case_probe_host, &t, &failure),
        result);
    if (result < 0)
        assert_string_equal(tidy_failure_text(failure),
                            "tidy_case_begin: the environment's "
                            "TIDYSOCK_TIMEOUT_MULTIPLIER must be a whole "
                            "number from 1 to 100000");
    tidy_failure_unref(failure);
    tidy_case_free(t);
}

static void multiplier_must_be_a_number(void **state)
{
    (void)state;
    assert_multiplier("", 0);
    assert_multiplier("1", 0);
    assert_multiplier("100000", 0);
    assert_multiplier("0", -EINVAL);
    assert_multiplier("-1", -EINVAL);
    assert_multiplier("100001", -EINVAL);
    assert_multiplier("1.5", -EINVAL);
    assert_multiplier("2x", -EINVAL);
    assert_multiplier("99999999999999999999999", -EINVAL);
}

static struct tidy_deferred *cancel(void *arg)
{
    tidy_call_cancel(arg);
    return NULL;
}

static void await_nothing_for_long(struct tidy_case *t)
{
    struct tidy_call *call =
        tidy_case_call_later_at(t, TIDY_S(30), await_inside, t, "body.c", 9);

    tidy_case_add_clean_up(t, cancel, call);
    await(t, new_deferred(t));
}

static void note(struct tidy_case *t)
{
    (void)t;
    n_calls++;
}

/* set_up, body and tear_down share one deadline: when it has passed in the
 * first, there is no body. */
static void deadline_is_for_all_three(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .set_up = await_nothing_for_long,
                                    .body = note,
                                    .tear_down = note,
                                    .deadline_ns = SHORT_NS };

    (void)state;
    assert_case(&test,
                TIDY_NO_SERVER,
                TIDY_EDEADLINE,
                "t: deadline of 20 ms passed in tidy_case_await at body.c:2; "
                "waiting for\n"
                "  deferred  \"answer\"  created at body.c:1\n"
                "  timer  due in # s  started at body.c:9");
    assert_int_equal(n_calls, 0);
}

#define TEST(fn)                                                               \
    cmocka_unit_test_setup_teardown(fn, use_real_time, use_real_time)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(value_lives_as_long_as_the_case),
        TEST(failure_fails_the_test),
        TEST(no_deferred_fails_the_test),
        TEST(failure_may_be_expected),
        TEST(other_failure_fails_the_test),
        TEST(success_fails_who_expects_failure),
        TEST(stuck_wait_is_told),
        TEST(deadline_is_told),
        TEST(connections_are_told),
        TEST(condition_is_waited_for),
        TEST(condition_that_never_holds_is_told),
        TEST(await_in_a_callback_fails),
        TEST(turn_in_a_callback_fails),
        TEST(await_in_a_raw_callback_fails),
        TEST(deadline_is_multiplied),
        TEST(multiplier_must_be_a_number),
        TEST(deadline_is_for_all_three),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
