/* SPDX-License-Identifier: MIT */
/*
 * Descriptions with names in braces.
 */
#include "base/alloc.h"
#include "fixture/pattern.h"
#include "support/oom.h"
#include <tidysock/common.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct tidy__pattern_value values[] = {
    { "{path}", "/run/x" }, { "{host}", "::1" }, { "{port}", NULL },
    { "{name}", "{path}" }, { "{empty}", "" },
};

static void assert_expands(const char *pattern, const char *expected)
{
    char *text;

    text = tidy__pattern_expand(pattern, values, TIDY_COUNT(values));
    assert_non_null(text);
    assert_string_equal(text, expected);
    tidy__dealloc(text);
}

/* What has no names in it stays as it is. */
static void plain_text_stays(void **state)
{
    (void)state;
    assert_expands("", "");
    assert_expands("tcp:0", "tcp:0");
}

/* Every name becomes its value, as often as it is there. */
static void names_become_values(void **state)
{
    (void)state;
    assert_expands("unix:{path}", "unix:/run/x");
    assert_expands("{path}{path}, {empty}{path}.", "/run/x/run/x, /run/x.");
}

/* A value is one argument, whatever is in it. */
static void values_are_quoted(void **state)
{
    (void)state;
    assert_expands("tcp:host={host}:port=1", "tcp:host=\\:\\:1:port=1");
}

/* A name without a value stays, and so does what only looks like a name. */
static void unknown_names_stay(void **state)
{
    (void)state;
    assert_expands("tcp:{port}", "tcp:{port}");
    assert_expands("{pat {path {PATH} {}", "{pat {path {PATH} {}");
    assert_expands("{{path}}", "{/run/x}");
}

/* What a value brings in is not looked at again. */
static void values_are_not_patterns(void **state)
{
    (void)state;
    assert_expands("{name}", "{path}");
}

static void expand(void *arg)
{
    char *text;

    (void)arg;
    text = tidy__pattern_expand("a{path}b{host}c", values, TIDY_COUNT(values));
    assert_true((text == NULL) == oom_has_failed());
    tidy__dealloc(text);
}

/* When memory is short there is no text, and nothing is left of it. */
static void each_allocation_may_fail(void **state)
{
    (void)state;
    oom_try_all(expand, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        oom_unit_test(plain_text_stays),
        oom_unit_test(names_become_values),
        oom_unit_test(values_are_quoted),
        oom_unit_test(unknown_names_stay),
        oom_unit_test(values_are_not_patterns),
        oom_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
