/* SPDX-License-Identifier: MIT */
/*
 * The client for test bodies: what it takes, and what the report says when it
 * does not get what it expects, word for word.
 *
 * Each test has a script: what the server sends as soon as a client is there,
 * and how it ends the connection then.
 */
#include "support/case_probe.h"
#include "support/death.h"
#include <tidysock/tidysock.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum ending {
    STAYS,
    CLOSES,
    RESETS
};

static struct {
    const char *data;
    size_t len;
    enum ending ending;
    struct tidy_protocol *server; /* the other end; NULL: not there yet */
    char heard[64];
} script;

static void set_script(const char *data, size_t len, enum ending ending)
{
    memset(&script, 0, sizeof(script));
    script.data = data;
    script.len = len;
    script.ending = ending;
}

#define SCRIPT(text, ending) set_script((text), sizeof(text) - 1, (ending))

static void on_made(struct tidy_protocol *self)
{
    script.server = self;
    tidy_transport_write(self->transport, script.data, script.len);
    if (script.ending == CLOSES)
        tidy_transport_lose_connection(self->transport);
}

static void on_data(struct tidy_protocol *self, const void *data, size_t len)
{
    if (script.ending == RESETS)
        tidy_transport_abort(self->transport);
    else
        strncat(script.heard, data, len);
}

static void on_eof(struct tidy_protocol *self)
{
    strcat(script.heard, "(eof)");
    tidy_transport_lose_connection(self->transport);
}

static const struct tidy_protocol_ops script_ops = {
    .connection_made = on_made,
    .data_received = on_data,
    .read_connection_lost = on_eof,
};

static struct tidy_client *connect_client(struct tidy_case *t)
{
    tidy_case_listen(
        t,
        tidy_case_server(t),
        tidy_factory_of(&script_ops, sizeof(struct tidy_protocol)));
    return tidy_case_connect(t, tidy_case_server(t));
}

static void assert_passes(tidy_body_cb body)
{
    assert_case_passes(body, TIDY_TCP);
    assert_case_passes(body, TIDY_UNIX);
}

static void assert_fails(tidy_body_cb body, int result, const char *report)
{
    const struct tidy_test test = { .name = "t",
                                    .body = body,
                                    .deadline_ns = result == TIDY_EDEADLINE
                                                       ? TIDY_MS(200)
                                                       : 0 };
    char text[4096];

    snprintf(text, sizeof(text), "t[tcp]: %s", report);
    assert_case(&test, TIDY_TCP, result, text);
    snprintf(text, sizeof(text), "t[unix]: %s", report);
    assert_case(&test, TIDY_UNIX, result, text);
}

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

/* ------------------------------------------------------------------ mismatch */

static void expect_world(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_expect_at(client, "hello world\n", 12, "body.c", 1);
}

static void other_bytes_stand_under_each_other(void **state)
{
    (void)state;
    SCRIPT("hello there", STAYS);
    assert_fails(expect_world,
                 TIDY_EMISMATCH,
                 "tidy_client_expect at body.c:1\n"
                 "  expected \"hello world\\n\"\n"
                 "  received \"hello there\"\n"
                 "  they differ at byte 6");
}

/* Before the rest of what is expected has come. */
static void first_other_byte_decides(void **state)
{
    (void)state;
    SCRIPT("j", STAYS);
    assert_fails(expect_world,
                 TIDY_EMISMATCH,
                 "tidy_client_expect at body.c:1\n"
                 "  expected \"hello world\\n\"\n"
                 "  received \"j\"\n"
                 "  they differ at byte 0");
}

static void expect_binary(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_expect_at(client, "a\0\377\"\\", 5, "body.c", 1);
}

static void bytes_that_do_not_print_are_escaped(void **state)
{
    (void)state;
    SCRIPT("a\0\376\t\r\n", STAYS);
    assert_fails(expect_binary,
                 TIDY_EMISMATCH,
                 "tidy_client_expect at body.c:1\n"
                 "  expected \"a\\x00\\xff\\\"\\\\\"\n"
                 "  received \"a\\x00\\xfe\\t\\r\\n\"\n"
                 "  they differ at byte 2");
}

static char many[2000];

static void expect_many(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_read_exactly(client, 1);
    tidy_client_expect_at(client, many, sizeof(many), "body.c", 1);
}

/* Long strings are cut off, and their length is said. */
static void long_strings_are_cut_off(void **state)
{
    char shown[513], report[2000];

    (void)state;
    memset(many, 'x', sizeof(many));
    memset(shown, 'x', sizeof(shown) - 1);
    shown[sizeof(shown) - 1] = '\0';
    set_script(many, sizeof(many), CLOSES);
    snprintf(report,
             sizeof(report),
             "tidy_client_expect at body.c:1\n"
             "  expected \"%s... (2000 bytes)\"\n"
             "  received \"%s... (1999 bytes)\"\n"
             "  the peer closed the connection",
             shown,
             shown);
    assert_fails(expect_many, TIDY_ECLOSED, report);
}

static void expect_line(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_expect_line_at(client, "220 ready", "body.c", 2);
}

static void other_line_is_told(void **state)
{
    (void)state;
    SCRIPT("220 really\r\nmore", STAYS);
    assert_fails(expect_line,
                 TIDY_EMISMATCH,
                 "tidy_client_expect_line at body.c:2\n"
                 "  expected \"220 ready\"\n"
                 "  received \"220 really\\r\\nmore\"\n"
                 "  they differ at byte 7");
}

static void longer_line_is_told(void **state)
{
    (void)state;
    SCRIPT("220 ready!\n", STAYS);
    assert_fails(expect_line,
                 TIDY_EMISMATCH,
                 "tidy_client_expect_line at body.c:2\n"
                 "  expected \"220 ready\"\n"
                 "  received \"220 ready!\\n\"\n"
                 "  they differ at byte 9");
}

static void expect_closed(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_expect_closed_at(client, "body.c", 3);
}

static void bytes_before_the_end_are_told(void **state)
{
    (void)state;
    SCRIPT("bye\n", CLOSES);
    assert_fails(expect_closed,
                 TIDY_EMISMATCH,
                 "tidy_client_expect_closed at body.c:3\n"
                 "  expected the peer's end of file, and nothing before it\n"
                 "  received \"bye\\n\"");
}

/* -------------------------------------------------------- the end comes first */

static void line_cut_off_by_the_end_is_told(void **state)
{
    (void)state;
    SCRIPT("220", CLOSES);
    assert_fails(expect_line,
                 TIDY_ECLOSED,
                 "tidy_client_expect_line at body.c:2\n"
                 "  expected \"220 ready\"\n"
                 "  received \"220\"\n"
                 "  the peer closed the connection");
}

static void read_exactly(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_read_exactly_at(client, 10, "body.c", 4);
}

static void too_few_bytes_are_told(void **state)
{
    (void)state;
    SCRIPT("123", CLOSES);
    assert_fails(read_exactly,
                 TIDY_ECLOSED,
                 "tidy_client_read_exactly at body.c:4\n"
                 "  expected 10 bytes\n"
                 "  received \"123\"\n"
                 "  the peer closed the connection");
}

static void expect_match(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_expect_match_at(client, "^[0-9]{3} ", "body.c", 5);
}

/* The compiled expression is freed though the body does not come back. */
static void missing_match_is_told(void **state)
{
    (void)state;
    SCRIPT("no number", CLOSES);
    assert_fails(expect_match,
                 TIDY_ECLOSED,
                 "tidy_client_expect_match at body.c:5\n"
                 "  expected a match of /^[0-9]{3} /\n"
                 "  received \"no number\"\n"
                 "  the peer closed the connection");
}

static void provoke_reset(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_read_exactly(client, 1);
    tidy_client_send(client, "x", 1);
    tidy_client_read_until_closed_at(client, NULL, "body.c", 6);
}

static void reset_is_told(void **state)
{
    const struct tidy_test test = { .name = "t", .body = provoke_reset };

    (void)state;
    SCRIPT("abc", RESETS);
    assert_case(&test,
                TIDY_TCP,
                TIDY_ECLOSED,
                "t[tcp]: tidy_client_read_until_closed at body.c:6\n"
                "  expected the peer's end of file\n"
                "  received \"bc\"\n"
                "  Connection reset by peer");
}

static void reset_during_close(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_read_exactly(client, 1);
    tidy_transport_abort(tidy_client_transport(client));
    tidy_client_expect_closed_at(client, "body.c", 7);
}

static void abort_of_our_own_is_told(void **state)
{
    (void)state;
    SCRIPT("a", STAYS);
    assert_fails(reset_during_close,
                 TIDY_ECLOSED,
                 "tidy_client_expect_closed at body.c:7\n"
                 "  expected the peer's end of file, and nothing before it\n"
                 "  received \"\"\n"
                 "  cancelled");
}

/* ------------------------------------------------------------ nothing comes */

static void missing_bytes_are_waited_for_until_the_deadline(void **state)
{
    (void)state;
    unsetenv("TIDYSOCK_TIMEOUT_MULTIPLIER");
    SCRIPT("hello", STAYS);
    assert_fails(expect_world,
                 TIDY_EDEADLINE,
                 "tidy_client_expect at body.c:1\n"
                 "  expected \"hello world\\n\"\n"
                 "  received \"hello\"\n"
                 "  deadline of 200 ms passed");
}

static void missing_end_is_waited_for_until_the_deadline(void **state)
{
    (void)state;
    unsetenv("TIDYSOCK_TIMEOUT_MULTIPLIER");
    SCRIPT("", STAYS);
    assert_fails(expect_closed,
                 TIDY_EDEADLINE,
                 "tidy_client_expect_closed at body.c:3\n"
                 "  expected the peer's end of file, and nothing before it\n"
                 "  received \"\"\n"
                 "  deadline of 200 ms passed");
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
        cmocka_unit_test(other_bytes_stand_under_each_other),
        cmocka_unit_test(first_other_byte_decides),
        cmocka_unit_test(bytes_that_do_not_print_are_escaped),
        cmocka_unit_test(long_strings_are_cut_off),
        cmocka_unit_test(other_line_is_told),
        cmocka_unit_test(longer_line_is_told),
        cmocka_unit_test(bytes_before_the_end_are_told),
        cmocka_unit_test(line_cut_off_by_the_end_is_told),
        cmocka_unit_test(too_few_bytes_are_told),
        cmocka_unit_test(missing_match_is_told),
        cmocka_unit_test(reset_is_told),
        cmocka_unit_test(abort_of_our_own_is_told),
        cmocka_unit_test(missing_bytes_are_waited_for_until_the_deadline),
        cmocka_unit_test(missing_end_is_waited_for_until_the_deadline),
        cmocka_unit_test(sending_on_a_lost_connection_is_told),
        cmocka_unit_test(sending_after_half_close_is_told),
        cmocka_unit_test(half_close_of_a_lost_connection_is_told),
        cmocka_unit_test(expecting_in_a_callback_is_told),
        cmocka_unit_test(misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
