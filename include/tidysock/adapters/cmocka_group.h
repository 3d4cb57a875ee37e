/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Our tests in a group that has a state of its own; included by
 * tidysock/adapters/cmocka.h. Nothing here is for tests to call.
 *
 * cmocka hands a test one pointer. With it a test of ours finds its struct
 * tidy_test, but once a group's setup has set a state, every test is handed that
 * instead. So the group is run with a setup of ours around the user's: it keeps
 * the state to itself, and gives it to the tests that are not ours.
 */
#ifndef TIDYSOCK_ADAPTERS_CMOCKA_GROUP_H
#define TIDYSOCK_ADAPTERS_CMOCKA_GROUP_H

#include <tidysock/adapters/cmocka_glue.h>

TIDY_BEGIN_DECLS

void tidy__cmocka_tcp(void **state);
void tidy__cmocka_unix(void **state);
void tidy__cmocka_plain(void **state);

bool tidy__cmocka_is_ours(const struct CMUnitTest *test);
bool tidy__cmocka_has_ours(const struct CMUnitTest *tests, size_t n_tests);
int tidy__cmocka_group_setup(void **state);
int tidy__cmocka_group_teardown(void **state);
int tidy__cmocka_real_group(const char *group_name,
                            const struct CMUnitTest *tests,
                            size_t n_tests,
                            CMFixtureFunction group_setup,
                            CMFixtureFunction group_teardown);

TIDY__CMOCKA_WEAK bool tidy__cmocka_is_ours(const struct CMUnitTest *test)
{
    return test->test_func == tidy__cmocka_tcp ||
           test->test_func == tidy__cmocka_unix ||
           test->test_func == tidy__cmocka_plain;
}

TIDY__CMOCKA_WEAK bool tidy__cmocka_has_ours(const struct CMUnitTest *tests,
                                             size_t n_tests)
{
    size_t idx;

    for (idx = 0; idx < n_tests; idx++) {
        if (tidy__cmocka_is_ours(&tests[idx]))
            return true;
    }
    return false;
}

/* cmocka prefers a group's state to a test's initial one, so that the one can
 * stand for the other. */
TIDY__CMOCKA_WEAK int tidy__cmocka_group_setup(void **state)
{
    int result = tidy__cmocka.group_setup(&tidy__cmocka.group_state);
    size_t idx;

    (void)state;
    for (idx = 0; idx < tidy__cmocka.n_group_tests; idx++) {
        struct CMUnitTest *test = &tidy__cmocka.group_tests[idx];

        if (tidy__cmocka.group_state && !tidy__cmocka_is_ours(test))
            test->initial_state = tidy__cmocka.group_state;
    }
    return result;
}

TIDY__CMOCKA_WEAK int tidy__cmocka_group_teardown(void **state)
{
    (void)state;
    return tidy__cmocka.group_teardown(&tidy__cmocka.group_state);
}

TIDY__CMOCKA_WEAK int tidy__cmocka_real_group(const char *group_name,
                                              const struct CMUnitTest *tests,
                                              size_t n_tests,
                                              CMFixtureFunction group_setup,
                                              CMFixtureFunction group_teardown)
{
    void *symbol = tidy__cmocka_next("_cmocka_run_group_tests");
    int (*real)(const char *name,
                const struct CMUnitTest *tests_,
                size_t n_tests_,
                CMFixtureFunction setup,
                CMFixtureFunction teardown);

    memcpy(&real, &symbol, sizeof(real));
    return real(group_name, tests, n_tests, group_setup, group_teardown);
}

TIDY__CMOCKA_OURS int
_cmocka_run_group_tests(const char *group_name,
                        const struct CMUnitTest *const tests,
                        const size_t num_tests,
                        CMFixtureFunction group_setup,
                        CMFixtureFunction group_teardown)
{
    struct CMUnitTest *copy;
    int n_failed;

    tidy__cmocka.group_name = group_name;
    if (!group_setup || !tidy__cmocka_has_ours(tests, num_tests))
        return tidy__cmocka_real_group(
            group_name, tests, num_tests, group_setup, group_teardown);
    copy = (struct CMUnitTest *)calloc(num_tests, sizeof(*copy));
    if (!copy)
        return -1;
    memcpy(copy, tests, num_tests * sizeof(*copy));
    tidy__cmocka.group_setup = group_setup;
    tidy__cmocka.group_teardown = group_teardown;
    tidy__cmocka.group_state = NULL;
    tidy__cmocka.group_tests = copy;
    tidy__cmocka.n_group_tests = num_tests;
    n_failed = tidy__cmocka_real_group(
        group_name,
        copy,
        num_tests,
        tidy__cmocka_group_setup,
        group_teardown ? tidy__cmocka_group_teardown : NULL);
    tidy__cmocka.group_tests = NULL;
    tidy__cmocka.n_group_tests = 0;
    free(copy);
    return n_failed;
}

TIDY_END_DECLS

#endif
