/* SPDX-License-Identifier: MIT */
/* Tables of tests that the adapter's main function must refuse, by number, and
 * one that it takes from its own arguments. */
#include <tidysock/adapters/cmocka.h>
#include <tidysock/tidysock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void passes(struct tidy_case *t)
{
    assert_non_null(tidy_case_uv(t));
}

static const struct tidy_test good[] = {
    TIDY_TEST_ON(TIDY_NO_SERVER, passes),
};

static const struct tidy_test twice[] = {
    TIDY_TEST(passes),
    TIDY_TEST_ON(TIDY_UNIX, passes),
};

static const struct tidy_test no_name[] = { { .body = passes } };
static const struct tidy_test no_body[] = { { .name = "nothing" } };
static const struct tidy_test no_such_transport[] = {
    { .name = "odd", .body = passes, .transports = 4 },
};

static const struct {
    const struct tidy_test *tests;
    size_t n_tests;
} tables[] = {
    { good, TIDY_COUNT(good) },       { twice, TIDY_COUNT(twice) },
    { no_name, TIDY_COUNT(no_name) }, { no_body, TIDY_COUNT(no_body) },
    { no_such_transport, 1 },         { NULL, 0 },
};

int main(int argc, char **argv)
{
    size_t idx = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;

    if (idx >= TIDY_COUNT(tables))
        return 99;
    /* The number is for us, the rest for the adapter. */
    argv[argc > 1] = argv[0];
    return tidy_cmocka_main(argc - (argc > 1),
                            argv + (argc > 1),
                            tables[idx].tests,
                            tables[idx].n_tests);
}
