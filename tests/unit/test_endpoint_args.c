/* SPDX-License-Identifier: MIT */
#include "core/endpoint_args.h"
#include "support/oom.h"
#include <tidysock/common.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct tidy__endpoint_args args;

static int tear_down(void **state)
{
    tidy__endpoint_args_deinit(&args);
    return oom_tear_down(state);
}

static void split(const char *text)
{
    tidy__endpoint_args_deinit(&args);
    assert_int_equal(tidy__endpoint_args_init(&args, text), 0);
}

static void assert_positional(size_t idx, const char *value)
{
    assert_string_equal(tidy__endpoint_args_positional(&args, idx), value);
}

static void assert_named(const char *name, const char *value)
{
    assert_string_equal(tidy__endpoint_args_named(&args, name), value);
}

/* Arguments with and without a name mix freely, and each keeps its order. */
static void names_and_positions_mix(void **state)
{
    (void)state;
    split("a:x=1:b:y=2:c");
    assert_int_equal(tidy__endpoint_args_n_positional(&args), 3);
    assert_positional(0, "a");
    assert_positional(1, "b");
    assert_positional(2, "c");
    assert_null(tidy__endpoint_args_positional(&args, 3));
    assert_named("x", "1");
    assert_named("y", "2");
    assert_null(tidy__endpoint_args_named(&args, "z"));
    assert_null(tidy__endpoint_args_named(&args, "a"));
}

/* Between two colons is an empty argument; nothing at all is one, too. */
static void empty_arguments_count(void **state)
{
    (void)state;
    split("");
    assert_int_equal(args.n_all, 1);
    assert_positional(0, "");
    split("::");
    assert_int_equal(tidy__endpoint_args_n_positional(&args), 3);
    split("=");
    assert_int_equal(tidy__endpoint_args_n_positional(&args), 0);
    assert_named("", "");
}

/* The first equals sign ends the name, the others are the value's. */
static void later_equals_signs_are_text(void **state)
{
    (void)state;
    split("a=b=c:d");
    assert_named("a", "b=c");
    assert_positional(0, "d");
}

/* A backslash takes the meaning from what follows it. */
static void backslash_escapes(void **state)
{
    (void)state;
    split("a\\:b\\=c\\\\d\\x:e\\=f=g");
    assert_positional(0, "a:b=c\\dx");
    assert_named("e=f", "g");
}

/* A backslash at the end escapes nothing. */
static void backslash_at_the_end_is_refused(void **state)
{
    (void)state;
    assert_int_equal(tidy__endpoint_args_init(&args, "a:b\\"), -EINVAL);
}

/* Of several values with one name, the last counts. */
static void last_value_counts(void **state)
{
    (void)state;
    split("a=1:a=2");
    assert_named("a", "2");
}

static void try_to_split(void *arg)
{
    int result = tidy__endpoint_args_init(&args, "a:b=c");

    (void)arg;
    assert_int_equal(result, oom_has_failed() ? -ENOMEM : 0);
    tidy__endpoint_args_deinit(&args);
}

/* When memory is short, that is said. */
static void each_allocation_may_fail(void **state)
{
    (void)state;
    oom_try_all(try_to_split, NULL);
}

struct number {
    const char *text;
    int64_t number;
};

static void assert_numbers(const struct number *numbers, size_t n, int base)
{
    for (size_t idx = 0; idx < n; idx++) {
        int64_t number = -77;

        if (tidy__endpoint_int(numbers[idx].text, base, &number))
            fail_msg("\"%s\" is refused", numbers[idx].text);
        assert_int_equal(number, numbers[idx].number);
    }
}

static void assert_code(const char *const *texts, size_t n, int base, int code)
{
    for (size_t idx = 0; idx < n; idx++) {
        int64_t number = -77;

        if (tidy__endpoint_int(texts[idx], base, &number) != code)
            fail_msg("\"%s\" is not refused by %d", texts[idx], code);
        assert_int_equal(number, -77);
    }
}

/* Numbers are what Python's int() takes for numbers. */
static void decimal_numbers_are_pythons(void **state)
{
    static const struct number numbers[] = {
        { "0", 0 },
        { "80", 80 },
        { "+5", 5 },
        { "-5", -5 },
        { "-0", 0 },
        { "007", 7 },
        { " \t\n\v\f\r7 \t\n\v\f\r", 7 },
        { "1_000_000", 1000000 },
        { "9223372036854775807", INT64_MAX },
        { "-9223372036854775808", INT64_MIN },
    };
    static const char *const refused[] = {
        "",   " ",  "+",    "-",   "x",    "80x", "8 0", "- 5",   "--5",
        "_1", "1_", "1__0", "+_1", "0x10", "1.5", "1e3", "\0345",
    };

    (void)state;
    assert_numbers(numbers, TIDY_COUNT(numbers), 10);
    assert_code(refused, TIDY_COUNT(refused), 10, -EINVAL);
}

/* So are octal numbers, which may have a prefix. */
static void octal_numbers_are_pythons(void **state)
{
    static const struct number numbers[] = {
        { "660", 0660 }, { "0660", 0660 }, { "0o17", 017 }, { "0O17", 017 },
        { "0o_7", 7 },   { "-0o7", -7 },   { "0_7", 7 },    { " 7 ", 7 },
    };
    static const char *const refused[] = {
        "8",    "9",     "0o",   "0o8", "0b1", "0o0o1",
        "_0o7", "0o__7", "0o 7", "+ 7", "0x7",
    };

    (void)state;
    assert_numbers(numbers, TIDY_COUNT(numbers), 8);
    assert_code(refused, TIDY_COUNT(refused), 8, -EINVAL);
}

/* A number that does not fit is known to be a number. */
static void large_numbers_do_not_fit(void **state)
{
    static const char *const large[] = {
        "9223372036854775808",
        "-9223372036854775809",
        "100000000000000000000000000",
    };
    static const char *const not_numbers[] = {
        "100000000000000000000000000x",
    };

    (void)state;
    assert_code(large, TIDY_COUNT(large), 10, -ERANGE);
    assert_code(not_numbers, TIDY_COUNT(not_numbers), 10, -EINVAL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, oom_set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_and_positions_mix),
        TEST(empty_arguments_count),
        TEST(later_equals_signs_are_text),
        TEST(backslash_escapes),
        TEST(backslash_at_the_end_is_refused),
        TEST(last_value_counts),
        TEST(each_allocation_may_fail),
        TEST(decimal_numbers_are_pythons),
        TEST(octal_numbers_are_pythons),
        TEST(large_numbers_do_not_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
