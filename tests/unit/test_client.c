/* SPDX-License-Identifier: MIT */
/*
 * The client for test bodies: what it takes, what it keeps, and what it says
 * when it is asked in a wrong state. What it says when it does not get what it
 * expects is in test_client_expect.c.
 */
#include "support/client_script.h"
#include "support/death.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* --------------------------------------------------------------- what it takes */

static void take_everything(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);
    const char *text;
    size_t len = 0;

    tidy_client_expect(client, "ab", 2);
    tidy_client_expect(client, "", 0);
    tidy_client_expect(client, NULL, 0);
    tidy_client_expect_line(client, "first");
    tidy_client_expect_line(client, "second");
    tidy_client_expect_line(client, "");
    text = tidy_client_expect_match(client, "[0-9]+;");
    assert_string_equal(text, "x = 42;");
    text = tidy_client_read_exactly(client, 3);
    assert_memory_equal(text, "\0\1\0", 4);
    text = tidy_client_read_exactly(client, 0);
    assert_string_equal(text, "");
    text = tidy_client_read_until_closed(client, &len);
    assert_string_equal(text, "rest");
    assert_int_equal(len, 4);
    text = tidy_client_read_until_closed(client, NULL);
    assert_string_equal(text, "");
    tidy_client_expect_closed(client);
}

/* Bytes are taken in order, by whatever call; the rest is kept for the next. */
static void everything_is_taken_in_order(void **state)
{
    (void)state;
    SCRIPT("abfirst\nsecond\r\n\nx = 42;\0\1\0rest", CLOSES);
    assert_passes(take_everything);
}

static void take_after_clean_up(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_expect(client, "kept ", 5);
    tidy_case_clean_up(t, tidy_case_server(t));
    tidy_client_expect_line(client, "bytes");
    tidy_client_expect_closed(client);
}

/* What was received outlives the connection. */
static void bytes_are_kept_after_clean_up(void **state)
{
    (void)state;
    SCRIPT("kept bytes\n", STAYS);
    assert_passes(take_after_clean_up);
}

static void half_close(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_send(client, "bye", 3);
    tidy_client_half_close(client);
    tidy_client_expect_closed(client);
    assert_string_equal(script.heard, "bye(eof)");
}

static void half_close_is_end_of_file_for_the_server(void **state)
{
    (void)state;
    SCRIPT("", STAYS);
    assert_case_passes(half_close, TIDY_TCP);
    SCRIPT("", STAYS);
    assert_case_passes(half_close, TIDY_UNIX);
}

static void close_twice(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_close(client);
    assert_true(tidy_transport_is_lost(tidy_client_transport(client)));
    tidy_client_close(client);
}

static void client_may_be_closed_twice(void **state)
{
    (void)state;
    SCRIPT("", STAYS);
    assert_passes(close_twice);
}

/* ---------------------------------------------------------- in a wrong state */

static void send_too_late(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_close(client);
    tidy_client_send_at(client, "x", 1, "body.c", 8);
}

static void sending_on_a_lost_connection_is_told(void **state)
{
    (void)state;
    SCRIPT("", STAYS);
    assert_fails(send_too_late,
                 -ENOTCONN,
                 "tidy_client_send at body.c:8\n"
                 "  expected a connection to send on\n"
                 "  received \"\"\n"
                 "  Transport endpoint is not connected");
}

static void send_after_half_close(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_half_close(client);
    tidy_client_send_at(client, "x", 1, "body.c", 8);
}

static void sending_after_half_close_is_told(void **state)
{
    (void)state;
    SCRIPT("", STAYS);
    assert_fails(send_after_half_close,
                 -EPIPE,
                 "tidy_client_send at body.c:8\n"
                 "  expected a connection to send on\n"
                 "  received \"\"\n"
                 "  Broken pipe");
}

static void half_close_too_late(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_close(client);
    tidy_client_half_close_at(client, "body.c", 9);
}

static void half_close_of_a_lost_connection_is_told(void **state)
{
    (void)state;
    SCRIPT("", STAYS);
    assert_fails(half_close_too_late,
                 -ENOTCONN,
                 "tidy_client_half_close at body.c:9\n"
                 "  expected a connection to half-close\n"
                 "  received \"\"\n"
                 "  Transport endpoint is not connected");
}

static struct tidy_client *the_client;

static void expect_inside(void *arg)
{
    (void)arg;
    tidy_client_expect_at(the_client, "x", 1, "body.c", 10);
}

static void expect_in_callback(struct tidy_case *t)
{
    the_client = connect_client(t);
    tidy_case_call_later(t, 0, expect_inside, NULL);
    tidy_client_expect(the_client, "y", 1);
}

static void expecting_in_a_callback_is_told(void **state)
{
    (void)state;
    SCRIPT("", STAYS);
    assert_fails(expect_in_callback,
                 TIDY_EREENTERED,
                 "tidy_client_expect at body.c:10\n"
                 "  expected \"x\"\n"
                 "  received \"\"\n"
                 "  awaiting from inside a callback");
}

/* ----------------------------------------------------------------- misuse */

static void expect_bad_regex(struct tidy_case *t)
{
    tidy_client_expect_match(connect_client(t), "(");
}

static void run_bad_regex(void *arg)
{
    const struct tidy_test test = { .name = "t", .body = expect_bad_regex };
    struct tidy_case *t;

    (void)arg;
    tidy_case_begin(&test, TIDY_TCP, &case_probe_host, &t, NULL);
    tidy_case_run(t);
}

static void send_to_null(void *arg)
{
    tidy_client_send(arg, "x", 1);
}

static void expect_of_null(void *arg)
{
    tidy_client_expect(arg, "x", 1);
}

static void close_null(void *arg)
{
    tidy_client_close(arg);
}

static void misuse_aborts(void **state)
{
    (void)state;
    SCRIPT("", STAYS);
    assert_dies(run_bad_regex,
                NULL,
                "tidy_client_expect_match: \"(\" is no regular expression: ");
    assert_dies(send_to_null, NULL, "tidy_client_send: the client is NULL");
    assert_dies(expect_of_null, NULL, "tidy_client_expect: the client is NULL");
    assert_dies(close_null, NULL, "tidy_client_close: the client is NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_taken_in_order),
        cmocka_unit_test(bytes_are_kept_after_clean_up),
        cmocka_unit_test(half_close_is_end_of_file_for_the_server),
        cmocka_unit_test(client_may_be_closed_twice),
        cmocka_unit_test(sending_on_a_lost_connection_is_told),
        cmocka_unit_test(sending_after_half_close_is_told),
        cmocka_unit_test(half_close_of_a_lost_connection_is_told),
        cmocka_unit_test(expecting_in_a_callback_is_told),
        cmocka_unit_test(misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
