/* SPDX-License-Identifier: MIT */
#include <tidysock/error.h>

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

/* 0 is not an error. */
static void zero_is_ok(void **state)
{
    (void)state;
    assert_string_equal(tidy_error_name(0), "OK");
    assert_string_equal(tidy_strerror(0), "success");
}

/* -errno has the C library's name and text. */
static void errno_has_name_and_text(void **state)
{
    (void)state;
    assert_string_equal(tidy_error_name(-ECONNREFUSED), "ECONNREFUSED");
    assert_string_equal(tidy_strerror(-ECONNREFUSED), "Connection refused");
    assert_string_equal(tidy_error_name(-EPERM), "EPERM");
    assert_string_equal(tidy_strerror(-ETIMEDOUT), "Connection timed out");
}

/* Our codes have the name and the text of the table. */
static void our_codes_are_in_the_table(void **state)
{
    (void)state;
#define CHECK(name, value, text)                                               \
    assert_int_equal(name, value);                                             \
    assert_string_equal(tidy_error_name(name), #name);                         \
    assert_string_equal(tidy_strerror(name), text);
    TIDY_ERROR_TABLE(CHECK)
#undef CHECK
}

static void check_libuvs(int code)
{
    /* ENOTSUP and EOPNOTSUPP are one number on Linux. */
    if (code != UV_ENOTSUP)
        assert_string_equal(tidy_error_name(code), uv_err_name(code));
    if (code <= -3000)
        assert_string_equal(tidy_strerror(code), uv_strerror(code));
}

/* libuv knows no code for which we have no name, or another one; and where the
 * C library has no text, ours is libuv's. */
static void libuvs_codes_have_its_names(void **state)
{
    (void)state;
#define CHECK(name, text) check_libuvs(UV_##name);
    UV_ERRNO_MAP(CHECK)
#undef CHECK
}

/* What nobody knows is named so, and is not made up. */
static void unknown_codes_are_said_to_be(void **state)
{
    const int codes[] = {
        1, ECONNREFUSED, -134, -4999, -5017, INT_MIN, INT_MAX
    };

    (void)state;
    for (size_t idx = 0; idx < TIDY_COUNT(codes); idx++) {
        assert_string_equal(tidy_error_name(codes[idx]), "UNKNOWN");
        assert_string_equal(tidy_strerror(codes[idx]), "unknown error");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_is_ok),
        cmocka_unit_test(errno_has_name_and_text),
        cmocka_unit_test(our_codes_are_in_the_table),
        cmocka_unit_test(libuvs_codes_have_its_names),
        cmocka_unit_test(unknown_codes_are_said_to_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
