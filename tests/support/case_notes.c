/* SPDX-License-Identifier: MIT */
#include "support/case_notes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

char case_notes[64];

void note(const char *letter)
{
    strncat(case_notes, letter, sizeof(case_notes) - 1 - strlen(case_notes));
}

int forget_notes(void **state)
{
    (void)state;
    case_notes[0] = '\0';
    return 0;
}

void pass_set_up(struct tidy_case *t)
{
    (void)t;
    note("s");
}

void pass_body(struct tidy_case *t)
{
    (void)t;
    note("b");
}

void pass_tear_down(struct tidy_case *t)
{
    (void)t;
    note("t");
}

struct tidy_deferred *pass_clean_up(void *arg)
{
    (void)arg;
    note("c");
    return NULL;
}

void fail_with(struct tidy_case *t, const char *text)
{
    tidy_case_fail_at(t, "body.c", 1, "%s", text);
}

void assert_notes_of(const struct tidy_test *test,
                     int result,
                     const char *report,
                     const char *expected)
{
    assert_case(test, TIDY_NO_SERVER, result, report);
    assert_string_equal(case_notes, expected);
}
