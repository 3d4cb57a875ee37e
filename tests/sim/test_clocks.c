/* SPDX-License-Identifier: MIT */
/*
 * A body has one time, whatever it asks for it and however it waits.
 */
#include "sim/body.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define CALL_NS 1000 /* what a call takes */

static const clockid_t clocks[] = {
    CLOCK_REALTIME, CLOCK_MONOTONIC,          CLOCK_MONOTONIC_RAW,
    CLOCK_BOOTTIME, CLOCK_REALTIME_COARSE,    CLOCK_MONOTONIC_COARSE,
    CLOCK_TAI,      CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
};
#define N_CLOCKS (sizeof(clocks) / sizeof(*clocks))

static int64_t read_clock(clockid_t clock)
{
    struct timespec ts;

    CHECK(clock_gettime(clock, &ts) == 0);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* The body's are exact: it fails unless so much time has passed since then. */
static void check_passed(int64_t since_ns, int64_t duration_ns, int n_calls)
{
    CHECK(read_clock(CLOCK_MONOTONIC) - since_ns ==
          duration_ns + (int64_t)CALL_NS * n_calls);
}

/* --------------------------------------------------------------------- reading */

static void advance_all(void *arg)
{
    int64_t before[N_CLOCKS];
    size_t idx;

    (void)arg;
    for (idx = 0; idx < N_CLOCKS; idx++)
        before[idx] = read_clock(clocks[idx]);
    tidy_world_advance(TIDY_S(5));
    for (idx = 0; idx < N_CLOCKS; idx++)
        CHECK(read_clock(clocks[idx]) - before[idx] ==
              (int64_t)(TIDY_S(5) + CALL_NS * N_CLOCKS));
}

static void all_clocks_go_alike(void **state)
{
    (void)state;
    assert_passes(advance_all, NULL);
}

static void read_all_ways(void *arg)
{
    int64_t real_ns = read_clock(CLOCK_REALTIME);
    struct timespec ts;
    struct timeval tv;
    clockid_t clock_id;

    (void)arg;
    CHECK(gettimeofday(&tv, NULL) == 0);
    CHECK(tv.tv_sec * 1000000 + tv.tv_usec == (real_ns + CALL_NS) / 1000);
    CHECK(timespec_get(&ts, TIME_UTC) == TIME_UTC);
    CHECK(ts.tv_sec * 1000000000 + ts.tv_nsec == real_ns + 2 * CALL_NS);
    CHECK(time(NULL) == real_ns / 1000000000);
    tidy_world_advance(TIDY_S(3));
    CHECK(clock() / CLOCKS_PER_SEC == 3);
    CHECK(times(NULL) / sysconf(_SC_CLK_TCK) == 3);
    CHECK(clock_getcpuclockid(0, &clock_id) == 0);
    CHECK(read_clock(clock_id) / 1000000000 == 3);
    CHECK(pthread_getcpuclockid(pthread_self(), &clock_id) == 0);
    CHECK(read_clock(clock_id) / 1000000000 == 3);
}

static void all_ways_to_ask_agree(void **state)
{
    (void)state;
    assert_passes(read_all_ways, NULL);
}

/* --------------------------------------------------------------------- waiting */

static int make_timer(clockid_t clock, int flags, int64_t value_ns)
{
    const struct itimerspec value = { .it_value = {
                                          .tv_sec = value_ns / 1000000000,
                                          .tv_nsec = value_ns % 1000000000 } };
    int fd = timerfd_create(clock, 0);

    CHECK(fd >= 0);
    CHECK(timerfd_settime(fd, flags, &value, NULL) == 0);
    return fd;
}

static const clockid_t timer_clocks[] = { CLOCK_REALTIME,
                                          CLOCK_MONOTONIC,
                                          CLOCK_BOOTTIME };

/* The instant at which a timer fires is the one that it was set for, by its own
 * clock, and a wait for it ends there. */
static void wait_for_timers(void *arg)
{
    int64_t due_ns;
    uint64_t n_fired;
    size_t idx;
    int fd, is_absolute;

    (void)arg;
    for (idx = 0; idx < 6; idx++) {
        clockid_t clock = timer_clocks[idx % 3];

        is_absolute = idx < 3;
        due_ns = read_clock(clock) + 50000000;
        fd = make_timer(clock,
                        is_absolute ? TFD_TIMER_ABSTIME : 0,
                        is_absolute ? due_ns : due_ns - read_clock(clock));
        CHECK(read(fd, &n_fired, sizeof(n_fired)) == sizeof(n_fired));
        CHECK(n_fired == 1);
        /* A relative one is set two calls after the clock was read. */
        CHECK(read_clock(clock) - due_ns ==
              (is_absolute ? CALL_NS : 3 * CALL_NS));
        close(fd);
    }
}

static void timers_fire_at_their_instant(void **state)
{
    (void)state;
    assert_passes(wait_for_timers, NULL);
}

static void wait_in_all_ways(void *arg)
{
    const struct timespec ten_ms = { .tv_nsec = 10000000 };
    struct timeval tv = { .tv_usec = 10000 };
    struct epoll_event event;
    int epfd = epoll_create1(0), fds[2];
    int64_t since_ns;
    char byte;

    (void)arg;
    since_ns = read_clock(CLOCK_MONOTONIC);
    CHECK(epoll_wait(epfd, &event, 1, 10) == 0);
    check_passed(since_ns, 10000000, 2);
    since_ns = read_clock(CLOCK_MONOTONIC);
    CHECK(epoll_pwait2(epfd, &event, 1, &ten_ms, NULL) == 0);
    check_passed(since_ns, 10000000, 2);
    since_ns = read_clock(CLOCK_MONOTONIC);
    CHECK(poll(NULL, 0, 10) == 0);
    check_passed(since_ns, 10000000, 2);
    since_ns = read_clock(CLOCK_MONOTONIC);
    CHECK(select(0, NULL, NULL, NULL, &tv) == 0);
    check_passed(since_ns, 10000000, 2);
    since_ns = read_clock(CLOCK_MONOTONIC);
    CHECK(nanosleep(&ten_ms, NULL) == 0);
    check_passed(since_ns, 10000000, 2);

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    tv = (struct timeval){ .tv_usec = 10000 };
    CHECK(setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
    since_ns = read_clock(CLOCK_MONOTONIC);
    CHECK_FAILS(read(fds[0], &byte, 1), EAGAIN);
    check_passed(since_ns, 10000000, 2);
    close(fds[0]);
    close(fds[1]);
    close(epfd);
}

static void all_waits_take_their_time(void **state)
{
    (void)state;
    assert_passes(wait_in_all_ways, NULL);
}

/* An earlier timer ends a longer wait, at its instant. */
static void be_woken(void *arg)
{
    struct epoll_event event = { .events = EPOLLIN };
    int epfd = epoll_create1(0), fd = make_timer(CLOCK_BOOTTIME, 0, 7000000);
    int64_t since_ns = read_clock(CLOCK_MONOTONIC);

    (void)arg;
    CHECK(epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event) == 0);
    CHECK(epoll_wait(epfd, &event, 1, 10) == 1);
    /* It was set a call before the clock was read. */
    check_passed(since_ns, 7000000, 0);
    close(fd);
    close(epfd);
}

static void timers_end_waits(void **state)
{
    (void)state;
    assert_passes(be_woken, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_clocks_go_alike),
        cmocka_unit_test(all_ways_to_ask_agree),
        cmocka_unit_test(timers_fire_at_their_instant),
        cmocka_unit_test(all_waits_take_their_time),
        cmocka_unit_test(timers_end_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
