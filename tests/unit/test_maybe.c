/* SPDX-License-Identifier: MIT */
#include "base/guard.h"
#include "support/chain_probe.h"
#include "support/death.h"
#include "support/oom.h"
#include <tidysock/deferred.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct chain_probe probe;

static int set_up(void **state)
{
    (void)state;
    chain_probe_init(&probe);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return chain_probe_deinit(&probe);
}

static struct tidy_deferred *return_arg(struct tidy_result *result, void *arg)
{
    (void)result;
    return arg;
}

static struct tidy_deferred *set_to_arg(struct tidy_result *result, void *arg)
{
    if (!tidy_result_value(result))
        tidy_result_set(result, arg, NULL);
    return NULL;
}

static struct tidy_deferred *fail_it(struct tidy_result *result, void *arg)
{
    (void)arg;
    tidy_result_fail(result, tidy_failure_new(-EIO, NULL));
    return NULL;
}

static struct tidy_deferred *leave(struct tidy_result *result, void *arg)
{
    (void)result;
    (void)arg;
    tidy__guard_leave();
}

static struct tidy_deferred *maybe(tidy_deferred_cb fn, void *arg)
{
    return tidy_deferred_maybe(&probe.ledger, fn, arg);
}

/* Whatever a function gives becomes a deferred. */
static void maybe_makes_a_deferred_of_anything(void **state)
{
    static char text[] = "value";
    struct tidy_deferred *inner = chain_probe_new(&probe, "inner");
    struct tidy_deferred *deferreds[] = {
        maybe(set_to_arg, text),
        maybe(fail_it, NULL),
        maybe(leave, NULL),
        maybe(return_arg, tidy_deferred_ref(inner)),
    };

    (void)state;
    for (size_t idx = 0; idx < TIDY_COUNT(deferreds); idx++)
        chain_probe_step(&probe, deferreds[idx], .name = "maybe", .sets = "");
    assert_notes(&probe, "maybe=value maybe!EIO maybe!TIDY_EASSERTION");
    tidy_deferred_fire(inner, text, NULL);
    assert_notes(&probe, "maybe=value");
    for (size_t idx = 0; idx < TIDY_COUNT(deferreds); idx++)
        tidy_deferred_unref(deferreds[idx]);
    tidy_deferred_unref(inner);
}

static void forget_unhandled(void)
{
    struct tidy_failure *failure;
    const char *what, *file;
    int line;

    failure = tidy__ledger_take_unhandled(&probe.ledger, &what, &file, &line);
    tidy_failure_unref(failure);
}

static void call_nothing(void *arg)
{
    (void)arg;
    maybe(NULL, NULL);
}

/* There must be a function. */
static void maybe_of_nothing_aborts(void **state)
{
    (void)state;
    assert_dies(
        call_nothing, NULL, "tidy_deferred_maybe: the function is NULL");
}

static void try_maybe(void *arg)
{
    struct tidy_deferred *d = maybe(fail_it, arg);

    probe.n_steps = 0;
    chain_probe_step(&probe, d, .name = "maybe", .sets = "handled");
    tidy_deferred_unref(d);
    /* The step itself may be what there was no memory for. */
    if (oom_has_failed())
        forget_unhandled();
}

/* When memory is short the function is not called, or its failure is that. */
static void maybe_may_fail(void **state)
{
    (void)state;
    oom_try_all(try_maybe, NULL);
    assert_notes(&probe, "maybe!ENOMEM maybe!EIO");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(maybe_makes_a_deferred_of_anything),
        TEST(maybe_of_nothing_aborts),
        TEST(maybe_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
