/* SPDX-License-Identifier: MIT */
/*
 * Every way to wait, to read a clock, to sleep and to draw random bytes, in a
 * world.
 */
#include "sim/body.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

int __poll(struct pollfd *fds, nfds_t n_fds, int timeout_ms);
int __poll_chk(struct pollfd *fds, nfds_t n_fds, int timeout_ms, size_t size);
int __ppoll_chk(struct pollfd *fds,
                nfds_t n_fds,
                const struct timespec *timeout,
                const sigset_t *mask,
                size_t size);
int __select(int n_fds,
             fd_set *in,
             fd_set *out,
             fd_set *except,
             struct timeval *timeout);

/* ------------------------------------------------------------------ readiness */

/* Ready to be read within 10 ms? */
typedef int (*wait_cb)(int fd);

static const struct timespec ten_ms = { .tv_nsec = 10000000 };

static int by_poll(int fd)
{
    struct pollfd pollfd = { .fd = fd, .events = POLLIN };

    return poll(&pollfd, 1, 10);
}

static int by_poll_alias(int fd)
{
    struct pollfd pollfd = { .fd = fd, .events = POLLIN };

    return __poll(&pollfd, 1, 10);
}

static int by_fortified_poll(int fd)
{
    struct pollfd pollfd = { .fd = fd, .events = POLLIN };

    return __poll_chk(&pollfd, 1, 10, sizeof(pollfd));
}

static int by_ppoll(int fd)
{
    struct pollfd pollfd = { .fd = fd, .events = POLLIN };
    sigset_t mask;

    sigemptyset(&mask);
    return ppoll(&pollfd, 1, &ten_ms, &mask);
}

static int by_fortified_ppoll(int fd)
{
    struct pollfd pollfd = { .fd = fd, .events = POLLIN };

    return __ppoll_chk(&pollfd, 1, &ten_ms, NULL, sizeof(pollfd));
}

static int by_poll_number(int fd)
{
    struct pollfd pollfd = { .fd = fd, .events = POLLIN };

    return (int)syscall(SYS_ppoll, &pollfd, 1, &ten_ms, NULL, 8);
}

static int by_select(int fd)
{
    struct timeval timeout = { .tv_usec = 10000 };
    fd_set in;

    FD_ZERO(&in);
    FD_SET(fd, &in);
    return select(fd + 1, &in, NULL, NULL, &timeout);
}

static int by_select_alias(int fd)
{
    struct timeval timeout = { .tv_usec = 10000 };
    fd_set in;

    FD_ZERO(&in);
    FD_SET(fd, &in);
    return __select(fd + 1, &in, NULL, NULL, &timeout);
}

static int by_pselect(int fd)
{
    fd_set in;

    FD_ZERO(&in);
    FD_SET(fd, &in);
    return pselect(fd + 1, &in, NULL, NULL, &ten_ms, NULL);
}

/* With an epoll instance made for it. */
static int with_epoll(int fd, int (*wait)(int epfd, struct epoll_event *event))
{
    struct epoll_event event = { .events = EPOLLIN };
    int epfd = epoll_create1(0), result;

    CHECK(epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event) == 0);
    result = wait(epfd, &event);
    close(epfd);
    return result;
}

static int epoll_plain(int epfd, struct epoll_event *event)
{
    return epoll_wait(epfd, event, 1, 10);
}

static int epoll_masked(int epfd, struct epoll_event *event)
{
    sigset_t mask;

    sigfillset(&mask);
    return epoll_pwait(epfd, event, 1, 10, &mask);
}

static int epoll_fine(int epfd, struct epoll_event *event)
{
    return epoll_pwait2(epfd, event, 1, &ten_ms, NULL);
}

static int epoll_number(int epfd, struct epoll_event *event)
{
    return (int)syscall(SYS_epoll_pwait, epfd, event, 1, 10, NULL, 8);
}

static int by_epoll(int fd)
{
    return with_epoll(fd, epoll_plain);
}

static int by_epoll_pwait(int fd)
{
    return with_epoll(fd, epoll_masked);
}

static int by_epoll_pwait2(int fd)
{
    return with_epoll(fd, epoll_fine);
}

static int by_epoll_number(int fd)
{
    return with_epoll(fd, epoll_number);
}

static const wait_cb waits[] = {
    by_poll,        by_poll_alias,  by_fortified_poll, by_ppoll,
    by_select,      by_pselect,     by_select_alias,   by_fortified_ppoll,
    by_epoll,       by_epoll_pwait, by_epoll_pwait2,   by_epoll_number,
    by_poll_number,
};

static void wait_in_every_way(void *arg)
{
    size_t idx;
    int fds[2];
    char byte;

    (void)arg;
    CHECK(pipe(fds) == 0);
    for (idx = 0; idx < TIDY_COUNT(waits); idx++) {
        uint64_t begin_ns = tidy_world_now_ns();

        CHECK(waits[idx](fds[0]) == 0);
        CHECK(tidy_world_now_ns() - begin_ns >= TIDY_MS(10));
        CHECK(tidy_world_now_ns() - begin_ns < TIDY_MS(11));
        CHECK(write(fds[1], "x", 1) == 1);
        begin_ns = tidy_world_now_ns();
        CHECK(waits[idx](fds[0]) == 1);
        CHECK(tidy_world_now_ns() - begin_ns < TIDY_MS(1));
        CHECK(read(fds[0], &byte, 1) == 1);
    }
    close(fds[0]);
    close(fds[1]);
}

/* Each waits in virtual time, and sees what the world has. */
static void all_waits(void **state)
{
    (void)state;
    assert_passes(wait_in_every_way, NULL);
}

static void look_at_the_rest(void *arg)
{
    struct timeval timeout = { .tv_sec = 5 };
    struct itimerspec in_2s = { .it_value = { .tv_sec = 2 } };
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    fd_set in;

    (void)arg;
    CHECK(timerfd_settime(fd, 0, &in_2s, NULL) == 0);
    FD_ZERO(&in);
    FD_SET(fd, &in);
    CHECK(select(fd + 1, &in, NULL, NULL, &timeout) == 1 && FD_ISSET(fd, &in));
    CHECK(timeout.tv_sec == 3 && timeout.tv_usec < 1000);
    close(fd);
}

/* As on Linux. */
static void select_leaves_the_rest_of_its_time(void **state)
{
    (void)state;
    assert_passes(look_at_the_rest, NULL);
}

static void give_bad_limits(void *arg)
{
    struct timespec bad = { .tv_nsec = 1000000000 };
    struct timeval negative = { .tv_sec = -1 };
    int epfd = epoll_create1(0);
    struct epoll_event event;

    (void)arg;
    CHECK_FAILS(ppoll(NULL, 0, &bad, NULL), EINVAL);
    CHECK_FAILS(select(0, NULL, NULL, NULL, &negative), EINVAL);
    CHECK_FAILS(pselect(0, NULL, NULL, NULL, &bad, NULL), EINVAL);
    CHECK_FAILS(epoll_pwait2(epfd, &event, 1, &bad, NULL), EINVAL);
    CHECK_FAILS(epoll_create(0), EINVAL);
    close(epfd);
}

static void bad_time_limits(void **state)
{
    (void)state;
    assert_passes(give_bad_limits, NULL);
}

static void wait_for_ever(void *arg)
{
    (void)arg;
    poll(NULL, 0, -1);
}

/* A wait for nothing is noticed. */
static void poll_for_nothing_is_a_deadlock(void **state)
{
    (void)state;
    assert_ends(wait_for_ever, NULL, TIDY_OUTCOME_DEADLOCK, "poll waits");
}

/* --------------------------------------------------------------------- clocks */

static void read_every_clock(void *arg)
{
    struct timespec ts, first;
    struct timeval tv;
    struct tms tms;

    (void)arg;
    CHECK(clock_gettime(CLOCK_REALTIME, &first) == 0);
    CHECK(first.tv_sec == 1700000000);
    CHECK(time(NULL) == first.tv_sec);
    CHECK(gettimeofday(&tv, NULL) == 0 && tv.tv_sec == first.tv_sec);
    CHECK(timespec_get(&ts, TIME_UTC) == TIME_UTC);
    CHECK(ts.tv_sec == first.tv_sec);
    CHECK(syscall(SYS_clock_gettime, CLOCK_REALTIME, &ts) == 0);
    CHECK(ts.tv_sec == first.tv_sec && ts.tv_nsec > first.tv_nsec);
    CHECK(clock() < CLOCKS_PER_SEC && times(&tms) < sysconf(_SC_CLK_TCK));
    CHECK(clock_gettime(CLOCK_MONOTONIC, &ts) == 0 && ts.tv_sec == 1000);
    sleep(60);
    CHECK(clock_gettime(CLOCK_MONOTONIC, &ts) == 0 && ts.tv_sec == 1060);
    CHECK(time(NULL) == first.tv_sec + 60);
}

/* All show the world's time. */
static void all_clocks(void **state)
{
    (void)state;
    assert_passes(read_every_clock, NULL);
}

static void sleep_in_every_way(void *arg)
{
    struct timespec ts = { .tv_sec = 1 }, now;

    (void)arg;
    CHECK(sleep(1) == 0);
    CHECK(usleep(1000000) == 0);
    CHECK(nanosleep(&ts, NULL) == 0);
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL) == 0);
    CHECK(thrd_sleep(&ts, NULL) == 0);
    CHECK(syscall(SYS_nanosleep, &ts, NULL) == 0);
    CHECK(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &ts, NULL) == 0);
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0 && now.tv_sec == 1007);
    now.tv_sec += 3;
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &now, NULL) == 0);
    CHECK(tidy_world_now_ns() >= TIDY_S(10) &&
          tidy_world_now_ns() < TIDY_S(11));
    ts.tv_nsec = -1;
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL) == EINVAL);
    CHECK_FAILS(nanosleep(&ts, NULL), EINVAL);
}

static void all_sleeps(void **state)
{
    (void)state;
    assert_passes(sleep_in_every_way, NULL);
}

static void spin(void *arg)
{
    uint64_t begin_ns = tidy_world_now_ns();

    (void)arg;
    while (tidy_world_now_ns() - begin_ns < TIDY_MS(1))
        sched_yield();
    while (tidy_world_now_ns() - begin_ns < TIDY_MS(2))
        thrd_yield();
}

/* A loop that yields until something happens comes to an end. */
static void yielding_lets_time_pass(void **state)
{
    (void)state;
    assert_passes(spin, NULL);
}

/* --------------------------------------------------------------------- chance */

static void draw(void *arg)
{
    unsigned char bytes[5][8];
    unsigned char many[257];
    uint32_t number = arc4random();
    size_t idx;

    (void)arg;
    CHECK(getrandom(bytes[0], 8, 0) == 8);
    CHECK(getentropy(bytes[1], 8) == 0);
    arc4random_buf(bytes[2], 8);
    CHECK(syscall(SYS_getrandom, bytes[3], 8, 0) == 8);
    memset(bytes[4], 0, 8);
    for (idx = 0; idx < 4; idx++)
        CHECK(memcmp(bytes[idx], bytes[idx + 1], 8) != 0);
    for (idx = 0; idx < 100; idx++)
        CHECK(arc4random_uniform(6) < 6);
    CHECK_FAILS(getentropy(many, sizeof(many)), EIO);
    tidy_world_fail("%u %u %u", number, bytes[0][0], bytes[3][7]);
}

static void wait_on_nothing(void *arg)
{
    struct epoll_event event;

    (void)arg;
    for (;;)
        CHECK_FAILS(epoll_wait(-1, &event, 1, -1), EBADF);
}

/* A loop that has no epoll instance comes to an end. */
static void waiting_on_no_descriptor_takes_time(void **state)
{
    (void)state;
    assert_ends(
        wait_on_nothing, NULL, TIDY_OUTCOME_LIMIT, "more than 1000000 calls");
}

/* Drawn bytes differ from each other, and are the same in the next run. */
static void chance_is_the_worlds(void **state)
{
    struct tidy_world_report *report = tidy_world_run(NULL, draw, NULL);

    (void)state;
    assert_null(strstr(tidy_world_report_text(report), ".c:"));
    assert_ends(
        draw, NULL, TIDY_OUTCOME_FAILED, tidy_world_report_text(report));
    tidy_world_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_waits),
        cmocka_unit_test(select_leaves_the_rest_of_its_time),
        cmocka_unit_test(bad_time_limits),
        cmocka_unit_test(waiting_on_no_descriptor_takes_time),
        cmocka_unit_test(poll_for_nothing_is_a_deadlock),
        cmocka_unit_test(all_clocks),
        cmocka_unit_test(all_sleeps),
        cmocka_unit_test(yielding_lets_time_pass),
        cmocka_unit_test(chance_is_the_worlds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
