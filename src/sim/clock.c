/* SPDX-License-Identifier: MIT */
/*
 * Clocks, sleep and chance, none of which is real: all clocks go at the pace of
 * the world's, from fixed beginnings, those of CPU time too; and random bytes
 * are the same in every world.
 */
#include "sim/clock.h"

#include "sim/calls.h"
#include "sim/progress.h"

#include <errno.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

/* Those of clock_getcpuclockid(3) and pthread_getcpuclockid(3): the number of a
 * process or thread, of which a world has one. Others of that kind are of a
 * descriptor. */
static bool is_cpu_clock(clockid_t clock)
{
    return clock < 0 && (clock & 3) != 3;
}

int tidy__sim_clock_base(clockid_t clock, uint64_t *ret_base_ns)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        *ret_base_ns = SIM_REALTIME_NS;
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        *ret_base_ns = SIM_MONOTONIC_NS;
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
        *ret_base_ns = 0;
        return 0;
    default:
        *ret_base_ns = 0;
        return is_cpu_clock(clock) ? 0 : -EINVAL;
    }
}

bool tidy__sim_is_timespec(const struct timespec *ts)
{
    return ts->tv_sec >= 0 && ts->tv_nsec >= 0 && ts->tv_nsec < (long)NS_PER_S;
}

uint64_t tidy__sim_ns_of(const struct timespec *ts)
{
    if ((uint64_t)ts->tv_sec >= INT64_MAX / NS_PER_S)
        return INT64_MAX;
    return (uint64_t)ts->tv_sec * NS_PER_S + (uint64_t)ts->tv_nsec;
}

struct timespec tidy__sim_timespec_of(uint64_t ns)
{
    return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_S),
                              .tv_nsec = (long)(ns % NS_PER_S) };
}

int tidy__sim_clock_gettime(struct sim_world *world,
                            clockid_t clock,
                            struct timespec *ts)
{
    uint64_t base_ns = 0;
    int result = tidy__sim_clock_base(clock, &base_ns);

    tidy__sim_call(world);
    if (result == 0 && !ts)
        result = -EFAULT;
    if (result == 0)
        *ts = tidy__sim_timespec_of(base_ns + world->now_ns);
    /* The number of the process is not the world's. */
    SIM_CALL(world,
             -1,
             result,
             "clock_gettime",
             "%d",
             is_cpu_clock(clock) ? CLOCK_PROCESS_CPUTIME_ID : (int)clock);
    return result;
}

/* --------------------------------------------------------------------- sleeping */

/* Can it be slept on? Not on all that can be read. */
static int
check_sleep(struct sim_world *world, clockid_t clock, const struct timespec *ts)
{
    uint64_t base_ns;
    int result = tidy__sim_clock_base(clock, &base_ns);

    if (result < 0 || clock == CLOCK_THREAD_CPUTIME_ID)
        return -EINVAL;
    if (clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_MONOTONIC_COARSE ||
        clock == CLOCK_REALTIME_COARSE)
        return -EOPNOTSUPP;
    if (!ts)
        return -EFAULT;
    if (!tidy__sim_is_timespec(ts))
        return -EINVAL;
    if ((clock == CLOCK_PROCESS_CPUTIME_ID || is_cpu_clock(clock)) &&
        tidy__sim_ns_of(ts) > 0)
        tidy__sim_unmodelled(world, "a sleep that ends by CPU time");
    return 0;
}

static bool is_never(void *arg)
{
    (void)arg;
    return false;
}

static int sleep_until(struct sim_world *world, uint64_t until_ns)
{
    if (until_ns <= world->now_ns)
        return 0;
    if (tidy__choose_fault(world, TIDY_CHOICE_EINTR_FAULT, 0))
        return -EINTR;
    tidy__sim_wait(world, "clock_nanosleep", -1, is_never, NULL, until_ns);
    return 0;
}

int tidy__sim_clock_nanosleep(struct sim_world *world,
                              clockid_t clock,
                              int flags,
                              const struct timespec *ts)
{
    uint64_t base_ns, until_ns;
    int result;

    tidy__sim_call(world);
    result = check_sleep(world, clock, ts);
    if (result == 0) {
        tidy__sim_clock_base(clock, &base_ns);
        until_ns = tidy__sim_ns_of(ts);
        if (!(flags & TIMER_ABSTIME))
            until_ns += world->now_ns;
        else
            until_ns = until_ns > base_ns ? until_ns - base_ns : 0;
        result = sleep_until(world, until_ns);
    }
    SIM_CALL(world, -1, result, "clock_nanosleep", "%d", (int)clock);
    return result;
}

/* ----------------------------------------------------------------------- chance */

/* splitmix64, by Sebastiano Vigna. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void tidy__sim_random_bytes(struct sim_world *world, void *data, size_t len)
{
    unsigned char *to = data;
    size_t n_left = len;

    tidy__sim_call(world);
    while (n_left > 0) {
        uint64_t random = next_random(&world->randomness);
        size_t n = n_left < sizeof(random) ? n_left : sizeof(random);

        memcpy(to, &random, n);
        to += n;
        n_left -= n;
    }
    SIM_TRACE(world, "getrandom(%zu)", len);
}
