/* SPDX-License-Identifier: MIT */
/* A group of cmocka's in C++: compiled by test_headers.sh. */
#include <tidysock/adapters/cmocka.h>
#include <tidysock/tidysock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_echo(struct tidy_case *)
{
}

int main()
{
    const struct CMUnitTest tests[] = {
        TIDY_CMOCKA_TEST(test_echo),
        TIDY_CMOCKA_TEST_PLAIN(test_echo),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
