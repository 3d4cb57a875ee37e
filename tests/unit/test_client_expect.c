/* SPDX-License-Identifier: MIT */
/*
 * The client for test bodies: what the report says when it does not get what it
 * expects, word for word.
 */
#include "support/client_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

static void expect_other_many(struct tidy_case *t)
{
    static char other[sizeof(many)];
    struct tidy_client *client = connect_client(t);

    memset(other, 'x', sizeof(other));
    memcpy(other + 1900, "other", 5);
    tidy_client_expect_at(client, other, sizeof(other), "body.c", 1);
}

/* A difference behind what is shown is shown by itself. */
static void far_difference_is_shown(void **state)
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
             "  received \"%s... (2000 bytes)\"\n"
             "  they differ at byte 1900: expected \"otherxxxxxxxxxxx\", "
             "received \"xxxxxxxxxxxxxxxx\"",
             shown,
             shown);
    assert_fails(expect_other_many, TIDY_EMISMATCH, report);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_bytes_stand_under_each_other),
        cmocka_unit_test(first_other_byte_decides),
        cmocka_unit_test(bytes_that_do_not_print_are_escaped),
        cmocka_unit_test(long_strings_are_cut_off),
        cmocka_unit_test(far_difference_is_shown),
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
