/* SPDX-License-Identifier: MIT */
/*
 * Reports: lines, tables, and headings that wait for a row.
 */
#include "fixture/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int set_up(void **state)
{
    static struct tidy__report report;

    report = (struct tidy__report){ .test_name = "test_x[tcp]" };
    *state = &report;
    return 0;
}

static int tear_down(void **state)
{
    tidy__report_deinit(*state);
    tidy__report_deinit(*state);
    return 0;
}

/* What nobody wrote to is empty. */
static void empty_is_empty(void **state)
{
    assert_string_equal(tidy__report_text(*state), "");
}

/* Lines are separated, and the last one does not end in a newline. */
static void lines_are_separated(void **state)
{
    fputs("one", tidy__report_line(*state));
    assert_string_equal(tidy__report_text(*state), "one");
    fputs("two", tidy__report_line(*state));
    fputs(" and more", ((struct tidy__report *)*state)->out);
    assert_string_equal(tidy__report_text(*state), "one\ntwo and more");
}

/* The heading of a table without rows is not written. */
static void empty_tables_have_no_heading(void **state)
{
    tidy__report_begin_table(*state, "left behind");
    assert_false(tidy__report_has_rows(*state));
    assert_string_equal(tidy__report_text(*state), "");
}

/* That of others is written once, with the test's name; the columns are in line
 * as far as there is room. */
static void rows_stand_under_their_heading(void **state)
{
    tidy__report_begin_table(*state, "left behind");
    tidy__report_row(*state, "timer", "due in 3 ms", "x.c:7");
    tidy__report_row(*state,
                     "unix socket",
                     "a name that needs more room than there is in its column",
                     "origin unknown");
    assert_true(tidy__report_has_rows(*state));
    assert_string_equal(
        tidy__report_text(*state),
        "test_x[tcp]: left behind\n"
        "  timer      due in 3 ms                                       "
        "  x.c:7\n"
        "  unix socket a name that needs more room than there is in its "
        "column  origin unknown");
}

/* Each table has its own heading, and its own count of rows. */
static void tables_follow_each_other(void **state)
{
    tidy__report_begin_table(*state, "one");
    tidy__report_row(*state, "a", "b", "c");
    tidy__report_begin_table(*state, "none");
    tidy__report_begin_table(*state, "two");
    assert_false(tidy__report_has_rows(*state));
    tidy__report_row(*state, "d", "e", "f");
    assert_string_equal(
        tidy__report_text(*state),
        "test_x[tcp]: one\n"
        "  a          b                                                   c\n"
        "test_x[tcp]: two\n"
        "  d          e                                                   f");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(empty_is_empty),
        TEST(lines_are_separated),
        TEST(empty_tables_have_no_heading),
        TEST(rows_stand_under_their_heading),
        TEST(tables_follow_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
