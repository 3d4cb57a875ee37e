/* SPDX-License-Identifier: MIT */
#include "support/oom.h"
#include "support/world_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/timerfd.h>

#include <cmocka.h>

#define S_NS INT64_C(1000000000)

static int make(clockid_t clock)
{
    int fd = tidy__sim_timerfd_create(&world, clock, TFD_NONBLOCK);

    assert_int_equal(fd, SIM_FD_MIN);
    return fd;
}

static struct itimerspec times(uint64_t value_ns, uint64_t interval_ns)
{
    return (struct itimerspec){
        .it_value = { (time_t)(value_ns / S_NS), (long)(value_ns % S_NS) },
        .it_interval = { (time_t)(interval_ns / S_NS),
                         (long)(interval_ns % S_NS) },
    };
}

static int set(int fd, int flags, uint64_t value_ns, uint64_t interval_ns)
{
    struct itimerspec value = times(value_ns, interval_ns);

    return tidy__sim_timerfd_settime(&world, fd, flags, &value, NULL);
}

/* Value and interval, in nanoseconds. */
static const char *text_of(const struct itimerspec *value)
{
    static char text[64];

    sprintf(text,
            "%" PRId64 " every %" PRId64,
            value->it_value.tv_sec * S_NS + value->it_value.tv_nsec,
            value->it_interval.tv_sec * S_NS + value->it_interval.tv_nsec);
    return text;
}

static const char *get(int fd)
{
    struct itimerspec value;

    assert_int_equal(tidy__sim_timerfd_gettime(&world, fd, &value), 0);
    return text_of(&value);
}

/* To an instant of the world's, exactly. */
static void go_to(uint64_t now_ns)
{
    const struct timespec ts = {
        .tv_sec = (time_t)((SIM_MONOTONIC_NS + now_ns) / S_NS),
        .tv_nsec = (long)((SIM_MONOTONIC_NS + now_ns) % S_NS),
    };

    assert_int_equal(
        tidy__sim_clock_nanosleep(&world, CLOCK_MONOTONIC, TIMER_ABSTIME, &ts),
        0);
    assert_int_equal(world.now_ns, now_ns);
}

/* A timer that is not set never fires. */
static void not_set_is_silent(void **state)
{
    int fd = make(CLOCK_MONOTONIC);

    (void)state;
    assert_string_equal(get(fd), "0 every 0");
    assert_int_equal(world_read_u64(fd), -EAGAIN);
    assert_int_equal(world_poll(fd, 0x3fff), 0);
    assert_string_equal(world_describe(fd), "not set");
}

/* It fires once, at its instant, and not a nanosecond before. */
static void fires_at_its_instant(void **state)
{
    int fd = make(CLOCK_MONOTONIC);
    uint64_t set_ns;

    (void)state;
    assert_int_equal(set(fd, 0, TIDY_MS(5), 0), 0);
    set_ns = world.now_ns;
    assert_string_equal(world_describe(fd), "due in 0.005000 s");
    go_to(set_ns + TIDY_MS(5) - SIM_CALL_NS - 1);
    assert_int_equal(world_read_u64(fd), -EAGAIN);
    assert_string_equal(get(fd), "0 every 0"); /* now it is over */
    assert_int_equal(world_poll(fd, 0x3fff), POLLIN);
    assert_string_equal(world_describe(fd), "expired 1 times, not read");
    assert_int_equal(world_read_u64(fd), 1);
    assert_int_equal(world_read_u64(fd), -EAGAIN);
    go_to(TIDY_S(1));
    assert_int_equal(world_read_u64(fd), -EAGAIN);
}

/* A read tells how many intervals have passed. */
static void intervals_are_counted(void **state)
{
    int fd = make(CLOCK_MONOTONIC);
    uint64_t set_ns;

    (void)state;
    assert_int_equal(set(fd, 0, TIDY_MS(1), TIDY_MS(10)), 0);
    set_ns = world.now_ns;
    go_to(set_ns + TIDY_MS(1) - SIM_CALL_NS);
    assert_int_equal(world_read_u64(fd), 1);
    go_to(set_ns + TIDY_MS(45));
    assert_int_equal(world_read_u64(fd), 4);
    assert_int_equal(world_read_u64(fd), -EAGAIN);
    go_to(set_ns + TIDY_MS(50));
    assert_string_equal(get(fd), "999000 every 10000000");
    go_to(set_ns + TIDY_MS(51) - SIM_CALL_NS);
    assert_int_equal(world_read_u64(fd), 1);
}

/* A periodic timer is one event until somebody asks; asking sets it again, and
 * keeps what was counted. */
static void asking_goes_on(void **state)
{
    int epfd, fd = make(CLOCK_MONOTONIC);

    (void)state;
    epfd = tidy__sim_epoll_create1(&world, 0);
    world_watch(epfd, fd, EPOLLIN | EPOLLET);
    set(fd, 0, TIDY_MS(1), TIDY_MS(1));
    go_to(TIDY_MS(3));
    assert_string_equal(world_ready(epfd, 1), "512:1");
    go_to(TIDY_MS(6));
    assert_string_equal(world_ready(epfd, 1), "");
    get(fd);
    assert_string_equal(world_ready(epfd, 1), "");
    go_to(TIDY_MS(8));
    assert_string_equal(world_ready(epfd, 1), "512:1");
    assert_int_equal(world_read_u64(fd), 7);
}

/* Setting it again forgets what was not read, and tells what was set. */
static void setting_starts_anew(void **state)
{
    struct itimerspec value = times(TIDY_S(5), TIDY_S(7)), old;
    int fd = make(CLOCK_MONOTONIC);
    uint64_t set_ns;

    (void)state;
    set(fd, 0, TIDY_MS(1), TIDY_MS(10));
    set_ns = world.now_ns;
    go_to(set_ns + TIDY_MS(15));
    assert_int_equal(world_poll(fd, POLLIN), POLLIN);
    assert_int_equal(tidy__sim_timerfd_settime(&world, fd, 0, &value, &old), 0);
    assert_string_equal(text_of(&old), "5998000 every 10000000");
    assert_int_equal(world_read_u64(fd), -EAGAIN);
    assert_int_equal(tidy__sim_timerfd_settime(&world, fd, 0, &old, &old), 0);
    assert_string_equal(text_of(&old), "4999998000 every 7000000000");
    assert_int_equal(set(fd, 0, 0, TIDY_S(3)), 0);
    assert_string_equal(get(fd), "0 every 3000000000");
    go_to(TIDY_S(60));
    assert_int_equal(world_read_u64(fd), -EAGAIN);
}

/* An instant of the clock; one that has passed is due at once, and the
 * intervals since then count. */
static void instants_are_the_clocks(void **state)
{
    int fd = make(CLOCK_REALTIME);

    (void)state;
    go_to(TIDY_S(3));
    set(fd, TFD_TIMER_ABSTIME, SIM_REALTIME_NS + TIDY_S(4), 0);
    assert_string_equal(get(fd), "999998000 every 0");
    set(fd, TFD_TIMER_ABSTIME, 1, 0);
    assert_int_equal(world_read_u64(fd), 1);
    set(fd, TFD_TIMER_ABSTIME, SIM_REALTIME_NS - TIDY_S(7), TIDY_S(1));
    assert_int_equal(world_read_u64(fd), 11);
    set(fd, TFD_TIMER_ABSTIME, SIM_REALTIME_NS + TIDY_S(2), TIDY_S(1));
    assert_int_equal(world_read_u64(fd), 2);
    tidy__sim_close(&world, fd);
    fd = make(CLOCK_BOOTTIME);
    set(fd, TFD_TIMER_ABSTIME, SIM_MONOTONIC_NS + TIDY_S(4), 0);
    go_to(TIDY_S(4));
    assert_int_equal(world_read_u64(fd), 1);
}

/* What is too far away for the kernel's clocks is as far as they go. */
static void far_away_is_cut(void **state)
{
    struct itimerspec value = { .it_value.tv_sec = INT64_MAX }, old;
    int fd = make(CLOCK_MONOTONIC);

    (void)state;
    assert_int_equal(tidy__sim_timerfd_settime(&world, fd, 0, &value, NULL), 0);
    assert_int_equal(tidy__sim_timerfd_gettime(&world, fd, &old), 0);
    assert_int_equal(old.it_value.tv_sec, INT64_MAX / S_NS - 1000);
}

static void read_blocks(void **state)
{
    int fd = make(CLOCK_MONOTONIC);

    (void)state;
    tidy__sim_fcntl(&world, fd, F_SETFL, 0);
    set(fd, 0, TIDY_MS(20), 0);
    assert_int_equal(world_read_u64(fd), 1);
    assert_int_equal(world.now_ns / TIDY_MS(1), 20);
}

/* Closed, it never fires. */
static void closing_clears(void **state)
{
    int fd = make(CLOCK_MONOTONIC);

    (void)state;
    set(fd, 0, TIDY_MS(20), TIDY_MS(1));
    tidy__sim_close(&world, fd);
    assert_null(world.timers);
    go_to(TIDY_S(1));
}

static void errors_are_told(void **state)
{
    struct itimerspec value = times(1, 0), bad = value;
    int fd = make(CLOCK_MONOTONIC);
    int other = tidy__sim_eventfd(&world, 0, 0);

    (void)state;
#define CREATE(clock, flags) tidy__sim_timerfd_create(&world, (clock), (flags))
    assert_int_equal(CREATE(CLOCK_MONOTONIC, 1), -EINVAL);
    assert_int_equal(CREATE(CLOCK_MONOTONIC_RAW, 0), -EINVAL);
    assert_int_equal(CREATE(CLOCK_TAI, 0), -EINVAL);
    assert_int_equal(CREATE(CLOCK_PROCESS_CPUTIME_ID, 0), -EINVAL);
    assert_int_equal(CREATE(99, 0), -EINVAL);
    assert_int_equal(CREATE(CLOCK_REALTIME_ALARM, 0), -EPERM);
#undef CREATE
#define SET(fd, flags, value)                                                  \
    tidy__sim_timerfd_settime(&world, (fd), (flags), (value), NULL)
    assert_int_equal(SET(fd, 4, &value), -EINVAL);
    assert_int_equal(SET(fd, TFD_TIMER_CANCEL_ON_SET, &value), 0);
    assert_int_equal(SET(fd, 0, NULL), -EFAULT);
    assert_int_equal(SET(900, 0, &value), -EBADF);
    assert_int_equal(SET(900, 8, &value), -EINVAL);
    assert_int_equal(SET(other, 0, &value), -EINVAL);
    bad.it_value.tv_nsec = S_NS;
    assert_int_equal(SET(fd, 0, &bad), -EINVAL);
    bad.it_value.tv_nsec = 0;
    bad.it_interval.tv_sec = -1;
    assert_int_equal(SET(fd, 0, &bad), -EINVAL);
#undef SET
    assert_int_equal(tidy__sim_timerfd_gettime(&world, 900, &value), -EBADF);
    assert_int_equal(tidy__sim_timerfd_gettime(&world, other, &value), -EINVAL);
    assert_int_equal(tidy__sim_timerfd_gettime(&world, fd, NULL), -EFAULT);
    assert_int_equal(world_read(fd, &value, 7), -EINVAL);
    assert_int_equal(world_read(fd, &value, 0), -EINVAL);
    assert_int_equal(world_write_u64(fd, 1), -EINVAL);
}

static void flags_are_as_asked_for(void **state)
{
    int fd;

    (void)state;
    fd = tidy__sim_timerfd_create(&world, CLOCK_REALTIME, TFD_CLOEXEC);
    assert_int_equal(tidy__sim_fcntl(&world, fd, F_GETFD, 0), FD_CLOEXEC);
    assert_int_equal(tidy__sim_fcntl(&world, fd, F_GETFL, 0), O_RDWR);
}

static void make_one(void *arg)
{
    int fd = tidy__sim_timerfd_create(&world, CLOCK_MONOTONIC, 0);

    (void)arg;
    assert_int_equal(fd, oom_has_failed() ? -ENOMEM : SIM_FD_MIN);
    if (fd >= 0)
        tidy__sim_close(&world, fd);
}

static void making_may_fail(void **state)
{
    (void)state;
    oom_try_all(make_one, NULL);
    world_answer(TIDY_CHOICE_EMFILE_FAULT, 2, 1);
    assert_int_equal(tidy__sim_timerfd_create(&world, CLOCK_REALTIME, 0),
                     -EMFILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(not_set_is_silent),
        world_unit_test(fires_at_its_instant),
        world_unit_test(intervals_are_counted),
        world_unit_test(asking_goes_on),
        world_unit_test(setting_starts_anew),
        world_unit_test(instants_are_the_clocks),
        world_unit_test(far_away_is_cut),
        world_unit_test(read_blocks),
        world_unit_test(closing_clears),
        world_unit_test(errors_are_told),
        world_unit_test(flags_are_as_asked_for),
        world_unit_test(making_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
