/* SPDX-License-Identifier: MIT */
#include "base/guard.h"
#include "core/deferred.h"
#include "support/chain_probe.h"
#include "support/death.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct chain_probe probe;
static struct tidy_result result;

static int set_up(void **state)
{
    (void)state;
    chain_probe_init(&probe);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tidy__result_clear(&result);
    return chain_probe_deinit(&probe);
}

static void set_owned(void)
{
    tidy_result_set(&result, chain_probe_owned(&probe), chain_probe_free);
}

/* A zeroed result is the value NULL. */
static void zeroed_is_the_value_null(void **state)
{
    (void)state;
    assert_null(tidy_result_value(&result));
    assert_null(tidy_result_failure(&result));
    assert_null(tidy_result_take(&result));
}

/* A value that is replaced is freed. */
static void replaced_value_is_freed(void **state)
{
    (void)state;
    set_owned();
    set_owned();
    assert_int_equal(probe.n_freed, 1);
    tidy_result_fail(&result, tidy_failure_new(-EIO, NULL));
    assert_int_equal(probe.n_freed, 2);
}

/* A value that is taken is not. */
static void taken_value_belongs_to_the_taker(void **state)
{
    void *value;

    (void)state;
    set_owned();
    value = tidy_result_take(&result);
    assert_null(tidy_result_value(&result));
    tidy_result_set(&result, NULL, NULL);
    assert_int_equal(probe.n_freed, 0);
    chain_probe_free(value);
}

/* A value and a failure exclude each other. */
static void value_and_failure_replace_each_other(void **state)
{
    struct tidy_failure *failure = tidy_failure_new(-EIO, NULL);

    (void)state;
    set_owned();
    tidy_result_fail(&result, failure);
    assert_null(tidy_result_value(&result));
    assert_ptr_equal(tidy_result_failure(&result), failure);
    set_owned();
    assert_non_null(tidy_result_value(&result));
    assert_null(tidy_result_failure(&result));
}

/* Taking from a failure gives nothing, and leaves the failure. */
static void taking_from_a_failure_leaves_it(void **state)
{
    (void)state;
    tidy_result_fail(&result, tidy_failure_new(-EIO, NULL));
    assert_null(tidy_result_take(&result));
    assert_non_null(tidy_result_failure(&result));
}

static void free_and_leave(void *value)
{
    free(value);
    tidy__guard_leave();
}

/* A check may fail in a free function. */
static void free_function_may_be_left(void **state)
{
    (void)state;
    tidy_result_set(&result, malloc(1), free_and_leave);
    tidy_result_set(&result, NULL, NULL);
    assert_false(tidy__guard_is_active());
}

static void look_while_freeing(void *value)
{
    free(value);
    chain_probe_note(
        &probe, "%s", tidy_result_failure(&result) ? "failure" : "value");
}

/* The free function sees the result as it is after the change. */
static void free_function_sees_the_new_result(void **state)
{
    (void)state;
    tidy_result_set(&result, malloc(1), look_while_freeing);
    tidy__result_clear(&result);
    assert_notes(&probe, "value");
}

static void set_the_same(void *arg)
{
    (void)arg;
    set_owned();
    tidy_result_set(&result, tidy_result_value(&result), NULL);
}

/* Setting what it owns already would free what is set. */
static void setting_its_own_value_aborts(void **state)
{
    (void)state;
    assert_dies(set_the_same,
                NULL,
                "tidy_result_set: the result owns this value already");
}

static void fail_with_nothing(void *arg)
{
    tidy_result_fail(&result, arg);
}

/* A failure must be one. */
static void failing_with_nothing_aborts(void **state)
{
    (void)state;
    assert_dies(
        fail_with_nothing, NULL, "tidy_result_fail: the failure is NULL");
}

static void ask_for_value(void *arg)
{
    tidy_result_value(arg);
}

static void ask_for_failure(void *arg)
{
    tidy_result_failure(arg);
}

static void take(void *arg)
{
    tidy_result_take(arg);
}

static void set(void *arg)
{
    tidy_result_set(arg, NULL, NULL);
}

static void fail_it(void *arg)
{
    tidy_result_fail(arg, tidy_failure_new(-EIO, NULL));
}

/* NULL is not a result. */
static void null_aborts(void **state)
{
    (void)state;
    assert_dies(ask_for_value, NULL, "tidy_result_value: the result is NULL");
    assert_dies(
        ask_for_failure, NULL, "tidy_result_failure: the result is NULL");
    assert_dies(take, NULL, "tidy_result_take: the result is NULL");
    assert_dies(set, NULL, "tidy_result_set: the result is NULL");
    assert_dies(fail_it, NULL, "tidy_result_fail: the result is NULL");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(zeroed_is_the_value_null),
        TEST(replaced_value_is_freed),
        TEST(taken_value_belongs_to_the_taker),
        TEST(value_and_failure_replace_each_other),
        TEST(taking_from_a_failure_leaves_it),
        TEST(free_function_may_be_left),
        TEST(free_function_sees_the_new_result),
        TEST(setting_its_own_value_aborts),
        TEST(failing_with_nothing_aborts),
        TEST(null_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
