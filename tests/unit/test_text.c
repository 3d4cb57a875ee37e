/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include <tidysock/common.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    char text[256];
    FILE *out;
};

static int set_up(void **state)
{
    static struct fixture fixture;

    fixture.out = fmemopen(fixture.text, sizeof(fixture.text), "w");
    *state = &fixture;
    return fixture.out ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    fclose(f->out);
    return 0;
}

/* What has been written since the last time. */
static const char *take(struct fixture *f)
{
    fputc('\0', f->out);
    rewind(f->out);
    return f->text;
}

static const char *escaped(struct fixture *f, const void *data, size_t len)
{
    tidy__text_escape(f->out, data, len, 1000);
    return take(f);
}

/* What prints is written as it is. */
static void printable_bytes_stay(void **state)
{
    assert_string_equal(escaped(*state, "Hello, world ~!", 15),
                        "Hello, world ~!");
}

/* What ends lines or quotes has a short escape. */
static void common_bytes_have_short_escapes(void **state)
{
    assert_string_equal(escaped(*state, "\n\r\t\\\"", 5), "\\n\\r\\t\\\\\\\"");
}

/* All other bytes are written as two hexadecimal digits. */
static void other_bytes_are_hexadecimal(void **state)
{
    assert_string_equal(escaped(*state, "\0\x1f\x7f\x80\xff", 5),
                        "\\x00\\x1f\\x7f\\x80\\xff");
}

/* What is too long is cut off, and its length is told. */
static void long_data_is_cut_off(void **state)
{
    struct fixture *f = *state;

    tidy__text_escape(f->out, "abcdef", 6, 3);
    assert_string_equal(take(f), "abc... (6 bytes)");
}

/* What is just as long as may be is not. */
static void fitting_data_is_whole(void **state)
{
    struct fixture *f = *state;

    tidy__text_escape(f->out, "abc", 3, 3);
    assert_string_equal(take(f), "abc");
}

/* No data is no text. */
static void no_data_is_no_text(void **state)
{
    assert_string_equal(escaped(*state, NULL, 0), "");
}

static const char *duration(struct fixture *f, unsigned long long duration_ns)
{
    tidy__text_duration(f->out, duration_ns);
    return take(f);
}

/* A duration is written in the largest unit that it fills. */
static void duration_has_a_fitting_unit(void **state)
{
    assert_string_equal(duration(*state, 0), "0 s");
    assert_string_equal(duration(*state, 7), "7 ns");
    assert_string_equal(duration(*state, TIDY_US(30)), "30 us");
    assert_string_equal(duration(*state, TIDY_MS(20)), "20 ms");
    assert_string_equal(duration(*state, TIDY_S(5)), "5 s");
    assert_string_equal(duration(*state, TIDY_S(3600)), "3600 s");
}

/* Up to three decimals are written, and no zeros at their end. */
static void duration_has_few_decimals(void **state)
{
    assert_string_equal(duration(*state, TIDY_MS(1500)), "1.5 s");
    assert_string_equal(duration(*state, TIDY_MS(1050)), "1.05 s");
    assert_string_equal(duration(*state, TIDY_MS(1005)), "1.005 s");
    assert_string_equal(duration(*state, TIDY_MS(1000) + 1), "1 s");
    assert_string_equal(duration(*state, 999999999), "999.999 ms");
    assert_string_equal(duration(*state, UINT64_MAX), "18446744073.709 s");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(printable_bytes_stay),
        TEST(common_bytes_have_short_escapes),
        TEST(other_bytes_are_hexadecimal),
        TEST(long_data_is_cut_off),
        TEST(fitting_data_is_whole),
        TEST(no_data_is_no_text),
        TEST(duration_has_a_fitting_unit),
        TEST(duration_has_few_decimals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
