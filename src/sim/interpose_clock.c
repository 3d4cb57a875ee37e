/* SPDX-License-Identifier: MIT */
/*
 * Clocks and sleep.
 *
 * A thread inside a world has no other time than the world's: the clocks of the
 * process's CPU time, too, stand for what the world says.
 */
#include "sim/progress.h"
#include "sim/seam.h"
#include "sim/tripwire.h"

#include <string.h>

/* ---------------------------------------------------------------- what time it is */

SEAM(int, clock_gettime, (clockid_t clock, struct timespec *ts))
{
    char before;
    int result;

    if (!tidy__sim_world) {
        tidy__sim_sanitizer_note(__builtin_return_address(0));
        return REAL(clock_gettime)(clock, ts);
    }
    if (SEAM_IS_SANITIZERS(CLOCK_GETTIME)) {
        before = tidy__sim_tripwire_suspend();
        result = REAL(clock_gettime)(clock, ts);
        tidy__sim_tripwire_resume(before);
        return result;
    }
    return tidy__seam_int(tidy__sim_clock_gettime(tidy__sim_world, clock, ts));
}

/* The world's wall clock. */
static struct timespec now(void)
{
    struct timespec ts = { .tv_sec = 0 };

    tidy__sim_clock_gettime(tidy__sim_world, CLOCK_REALTIME, &ts);
    return ts;
}

SEAM(int, gettimeofday, (struct timeval * tv, void *zone))
{
    struct timespec ts;

    if (!tidy__sim_world)
        return REAL(gettimeofday)(tv, zone);
    if (zone)
        memset(zone, 0, sizeof(struct timezone));
    if (!tv)
        return 0;
    ts = now();
    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;
    return 0;
}
SEAM_ALIAS(gettimeofday, __gettimeofday)

SEAM(time_t, time, (time_t * ret_time))
{
    time_t seconds;

    if (!tidy__sim_world)
        return REAL(time)(ret_time);
    seconds = now().tv_sec;
    if (ret_time)
        *ret_time = seconds;
    return seconds;
}

SEAM(int, timespec_get, (struct timespec * ts, int base))
{
    if (!tidy__sim_world)
        return REAL(timespec_get)(ts, base);
    if (base != TIME_UTC)
        return 0;
    *ts = now();
    return base;
}

SEAM(int, ftime, (struct timeb * tb))
{
    struct timespec ts;

    if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
        return -1;
    memset(tb, 0, sizeof(*tb));
    tb->time = ts.tv_sec;
    tb->millitm = (unsigned short)(ts.tv_nsec / 1000000);
    return 0;
}

/* --------------------------------------------------------- what the process used */

static uint64_t used_ns(void)
{
    tidy__sim_call(tidy__sim_world);
    return tidy__sim_world->now_ns;
}

SEAM(clock_t, clock, (void))
{
    if (!tidy__sim_world)
        return REAL(clock)();
    return (clock_t)(used_ns() / (TIDY_S(1) / CLOCKS_PER_SEC));
}

/* Of everything but time a world uses nothing. */
SEAM(int, getrusage, (__rusage_who_t who, struct rusage *usage))
{
    uint64_t used;

    if (!tidy__sim_world)
        return REAL(getrusage)(who, usage);
    if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
        return tidy__seam_int(-EINVAL);
    memset(usage, 0, sizeof(*usage));
    used = used_ns();
    if (who == RUSAGE_CHILDREN)
        return 0;
    usage->ru_utime.tv_sec = (time_t)(used / TIDY_S(1));
    usage->ru_utime.tv_usec = (suseconds_t)(used % TIDY_S(1) / TIDY_US(1));
    return 0;
}

SEAM(clock_t, times, (struct tms * tms))
{
    clock_t ticks;

    if (!tidy__sim_world)
        return REAL(times)(tms);
    ticks = (clock_t)(used_ns() / (TIDY_S(1) / (uint64_t)sysconf(_SC_CLK_TCK)));
    if (tms)
        *tms = (struct tms){ .tms_utime = ticks };
    return ticks;
}

/* ------------------------------------------------------------------------- sleep */

/* 0 or -errno; what is left of an interrupted sleep goes to rest. */
static int
sleep_for(clockid_t clock, const struct timespec *ts, struct timespec *rest)
{
    struct sim_world *world = tidy__sim_world;
    uint64_t begin_ns = world->now_ns, left_ns;
    int result = tidy__sim_clock_nanosleep(world, clock, 0, ts);

    if (result != -EINTR || !rest)
        return result;
    left_ns = TIDY_S(ts->tv_sec) + (uint64_t)ts->tv_nsec;
    left_ns -=
        left_ns < world->now_ns - begin_ns ? left_ns : world->now_ns - begin_ns;
    rest->tv_sec = (time_t)(left_ns / TIDY_S(1));
    rest->tv_nsec = (long)(left_ns % TIDY_S(1));
    return result;
}

SEAM(int, nanosleep, (const struct timespec *ts, struct timespec *rest))
{
    if (!tidy__sim_world)
        return REAL(nanosleep)(ts, rest);
    return tidy__seam_int(sleep_for(CLOCK_MONOTONIC, ts, rest));
}
SEAM_ALIAS(nanosleep, __nanosleep)

/* Returns the error itself. */
SEAM(int,
     clock_nanosleep,
     (clockid_t clock,
      int flags,
      const struct timespec *ts,
      struct timespec *rest))
{
    if (!tidy__sim_world)
        return REAL(clock_nanosleep)(clock, flags, ts, rest);
    if (flags & TIMER_ABSTIME)
        return -tidy__sim_clock_nanosleep(tidy__sim_world, clock, flags, ts);
    return -sleep_for(clock, ts, rest);
}

SEAM(int, usleep, (useconds_t duration_us))
{
    struct timespec ts = { .tv_sec = duration_us / 1000000,
                           .tv_nsec = (long)(duration_us % 1000000) * 1000 };

    if (!tidy__sim_world)
        return REAL(usleep)(duration_us);
    return tidy__seam_int(sleep_for(CLOCK_MONOTONIC, &ts, NULL));
}

/* Returns the seconds that are left. */
SEAM(unsigned, sleep, (unsigned seconds))
{
    struct timespec ts = { .tv_sec = seconds }, rest = { .tv_sec = 0 };

    if (!tidy__sim_world)
        return REAL(sleep)(seconds);
    sleep_for(CLOCK_MONOTONIC, &ts, &rest);
    return (unsigned)rest.tv_sec + (rest.tv_nsec > 0);
}

/* Returns -1 if it was interrupted, and less for any other error. */
SEAM(int, thrd_sleep, (const struct timespec *ts, struct timespec *rest))
{
    int result;

    if (!tidy__sim_world)
        return REAL(thrd_sleep)(ts, rest);
    result = sleep_for(CLOCK_MONOTONIC, ts, rest);
    return result == 0 ? 0 : result == -EINTR ? -1 : -2;
}

/* A loop that waits for others by yielding must see time pass, too. */
SEAM(int, sched_yield, (void))
{
    if (!tidy__sim_world || SEAM_IS_SANITIZERS(SCHED_YIELD))
        return REAL(sched_yield)();
    tidy__sim_call(tidy__sim_world);
    return 0;
}

SEAM(void, thrd_yield, (void))
{
    if (!tidy__sim_world)
        REAL(thrd_yield)();
    else
        tidy__sim_call(tidy__sim_world);
}
