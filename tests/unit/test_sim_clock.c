/* SPDX-License-Identifier: MIT */
#include "sim/clock.h"
#include "support/death.h"
#include "support/world_probe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* What a clock says, in nanoseconds. */
static uint64_t read_clock(clockid_t clock)
{
    struct timespec ts;

    assert_int_equal(tidy__sim_clock_gettime(&world, clock, &ts), 0);
    return tidy__sim_ns_of(&ts);
}

static int sleep_on(clockid_t clock, int flags, time_t s, long ns)
{
    const struct timespec ts = { .tv_sec = s, .tv_nsec = ns };

    return tidy__sim_clock_nanosleep(&world, clock, flags, &ts);
}

/* All clocks go with the world's, from where they begin. */
static void clocks_go_with_the_worlds(void **state)
{
    static const struct {
        clockid_t clock;
        uint64_t base_ns;
    } clocks[] = {
        { CLOCK_REALTIME, SIM_REALTIME_NS },
        { CLOCK_MONOTONIC, SIM_MONOTONIC_NS },
        { CLOCK_PROCESS_CPUTIME_ID, 0 },
        { CLOCK_THREAD_CPUTIME_ID, 0 },
        { CLOCK_MONOTONIC_RAW, SIM_MONOTONIC_NS },
        { CLOCK_REALTIME_COARSE, SIM_REALTIME_NS },
        { CLOCK_MONOTONIC_COARSE, SIM_MONOTONIC_NS },
        { CLOCK_BOOTTIME, SIM_MONOTONIC_NS },
        { CLOCK_TAI, SIM_REALTIME_NS },
    };
    size_t idx;

    (void)state;
    world.now_ns = TIDY_S(5) + 17;
    for (idx = 0; idx < TIDY_COUNT(clocks); idx++)
        assert_int_equal(read_clock(clocks[idx].clock),
                         clocks[idx].base_ns + TIDY_S(5) + 17 +
                             (idx + 1) * SIM_CALL_NS);
}

static void unknown_clocks_are_told(void **state)
{
    struct timespec ts;

    (void)state;
    assert_int_equal(tidy__sim_clock_gettime(&world, 99, &ts), -EINVAL);
    assert_int_equal(tidy__sim_clock_gettime(&world, -1, &ts), -EINVAL);
    assert_int_equal(tidy__sim_clock_gettime(&world, CLOCK_REALTIME_ALARM, &ts),
                     -EINVAL);
    assert_int_equal(tidy__sim_clock_gettime(&world, CLOCK_REALTIME, NULL),
                     -EFAULT);
}

/* Reading a clock again and again, time passes. */
static void reading_takes_time(void **state)
{
    uint64_t first_ns = read_clock(CLOCK_MONOTONIC);

    (void)state;
    assert_int_equal(read_clock(CLOCK_MONOTONIC), first_ns + SIM_CALL_NS);
    assert_int_equal(world.n_steps, 2);
}

/* A sleep takes as long as it says, from the end of the call's own time. */
static void sleep_takes_its_time(void **state)
{
    (void)state;
    assert_int_equal(sleep_on(CLOCK_MONOTONIC, 0, 2, 5), 0);
    assert_int_equal(world.now_ns, TIDY_S(2) + 5 + SIM_CALL_NS);
    assert_int_equal(sleep_on(CLOCK_BOOTTIME, 0, 0, 0), 0);
    assert_int_equal(world.now_ns, TIDY_S(2) + 5 + 2 * SIM_CALL_NS);
}

/* Until an instant of a clock; one that has passed is no sleep. */
static void sleep_until_an_instant(void **state)
{
    (void)state;
    assert_int_equal(sleep_on(CLOCK_REALTIME, TIMER_ABSTIME, 1700000003, 9), 0);
    assert_int_equal(world.now_ns, TIDY_S(3) + 9);
    assert_int_equal(sleep_on(CLOCK_TAI, TIMER_ABSTIME, 1700000000, 0), 0);
    assert_int_equal(sleep_on(CLOCK_MONOTONIC, TIMER_ABSTIME, 4, 0), 0);
    assert_int_equal(world.now_ns, TIDY_S(3) + 9 + 2 * SIM_CALL_NS);
    assert_int_equal(sleep_on(CLOCK_MONOTONIC, TIMER_ABSTIME, 1004, 0), 0);
    assert_int_equal(world.now_ns, TIDY_S(4));
}

static void errors_are_told(void **state)
{
    (void)state;
    assert_int_equal(sleep_on(CLOCK_REALTIME, 0, 0, 1000000000), -EINVAL);
    assert_int_equal(sleep_on(CLOCK_REALTIME, 0, 0, -1), -EINVAL);
    assert_int_equal(sleep_on(CLOCK_REALTIME, 0, -1, 0), -EINVAL);
    assert_int_equal(sleep_on(CLOCK_THREAD_CPUTIME_ID, 0, 0, 0), -EINVAL);
    assert_int_equal(sleep_on(99, 0, 0, 0), -EINVAL);
    assert_int_equal(sleep_on(CLOCK_MONOTONIC_RAW, 0, -1, 0), -EOPNOTSUPP);
    assert_int_equal(sleep_on(CLOCK_MONOTONIC_COARSE, 0, 0, 0), -EOPNOTSUPP);
    assert_int_equal(sleep_on(CLOCK_REALTIME_COARSE, 0, 0, 0), -EOPNOTSUPP);
    assert_int_equal(
        tidy__sim_clock_nanosleep(&world, CLOCK_MONOTONIC, 0, NULL), -EFAULT);
    assert_int_equal(sleep_on(CLOCK_PROCESS_CPUTIME_ID, 0, 0, 0), 0);
}

static void sleep_by_cpu_time(void *arg)
{
    (void)arg;
    sleep_on(CLOCK_PROCESS_CPUTIME_ID, 0, 1, 0);
}

static void cpu_time_is_not_slept_on(void **state)
{
    (void)state;
    assert_dies(sleep_by_cpu_time, NULL, "does not model a sleep that ends by");
}

/* A signal may come at once. */
static void sleep_may_be_interrupted(void **state)
{
    (void)state;
    world_answer(TIDY_CHOICE_EINTR_FAULT, 2, 1);
    assert_int_equal(sleep_on(CLOCK_MONOTONIC, 0, 2, 0), -EINTR);
    assert_int_equal(world.now_ns, SIM_CALL_NS);
    assert_int_equal(sleep_on(CLOCK_MONOTONIC, 0, 0, 0), 0);
    assert_int_equal(world_n_offered(TIDY_CHOICE_EINTR_FAULT), 1);
}

static void times_are_converted(void **state)
{
    const struct timespec late = { .tv_sec = INT64_MAX, .tv_nsec = 999999999 };
    struct timespec ts = tidy__sim_timespec_of(TIDY_S(7) + 3);

    (void)state;
    assert_int_equal(ts.tv_sec, 7);
    assert_int_equal(ts.tv_nsec, 3);
    assert_int_equal(tidy__sim_ns_of(&ts), TIDY_S(7) + 3);
    assert_int_equal(tidy__sim_ns_of(&late), INT64_MAX);
    assert_true(tidy__sim_is_timespec(&late));
}

/* Random bytes differ, and are the same in each world. */
static void chance_is_the_same(void **state)
{
    unsigned char first[20], second[20], again[20], rest[1] = { 7 };

    (void)state;
    tidy__sim_random_bytes(&world, first, sizeof(first));
    tidy__sim_random_bytes(&world, second, sizeof(second));
    assert_memory_not_equal(first, second, sizeof(first));
    world.randomness = 0;
    tidy__sim_random_bytes(&world, again, sizeof(again));
    assert_memory_equal(first, again, sizeof(first));
    tidy__sim_random_bytes(&world, rest, 0);
    assert_int_equal(rest[0], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(clocks_go_with_the_worlds),
        world_unit_test(unknown_clocks_are_told),
        world_unit_test(reading_takes_time),
        world_unit_test(sleep_takes_its_time),
        world_unit_test(sleep_until_an_instant),
        world_unit_test(errors_are_told),
        world_unit_test(cpu_time_is_not_slept_on),
        world_unit_test(sleep_may_be_interrupted),
        world_unit_test(times_are_converted),
        world_unit_test(chance_is_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
