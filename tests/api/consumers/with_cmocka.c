/* SPDX-License-Identifier: MIT */
/* A user's cmocka test, of which ctest finds each part by itself. */
#include <tidysock/adapters/cmocka.h>
#include <tidysock/tidysock.h>

static void test_nothing(struct tidy_case *t)
{
    assert_non_null(tidy_case_server(t));
}

int main(int argc, char **argv)
{
    static const struct tidy_test tests[] = { TIDY_TEST(test_nothing) };

    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
