/* SPDX-License-Identifier: MIT */
#include "support/world_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#define N_FDS 3

/* Three eventfds, 513 to 515, of which none is signalled. */
static int epfd, fds[N_FDS];

static int set_up(void **state)
{
    size_t idx;

    if (world_set_up(state))
        return -1;
    epfd = tidy__sim_epoll_create1(&world, 0);
    for (idx = 0; idx < N_FDS; idx++)
        fds[idx] = tidy__sim_eventfd(&world, 0, EFD_NONBLOCK);
    return 0;
}

#define wait_unit_test(fn)                                                     \
    cmocka_unit_test_setup_teardown(fn, set_up, world_tear_down)

static void signal_fd(int fd)
{
    assert_int_equal(world_write_u64(fd, 1), 8);
}

static void watch_all(uint32_t events)
{
    size_t idx;

    for (idx = 0; idx < N_FDS; idx++)
        assert_int_equal(world_watch(epfd, fds[idx], events), 0);
}

static void signal_all(void)
{
    size_t idx;

    for (idx = 0; idx < N_FDS; idx++)
        signal_fd(fds[idx]);
}

/* The number of events of a wait, and the milliseconds since the beginning. */
static int wait_ms(int timeout_ms, unsigned *ret_now_ms)
{
    struct epoll_event events[N_FDS];
    int n =
        tidy__sim_epoll_wait(&world,
                             epfd,
                             events,
                             N_FDS,
                             timeout_ms < 0 ? SIM_NEVER : TIDY_MS(timeout_ms));

    *ret_now_ms = (unsigned)(world.now_ns / TIDY_MS(1));
    return n;
}

/* ------------------------------------------------------------------------ calm */

static void errors_are_told(void **state)
{
    struct epoll_event event;

    (void)state;
#define WAIT(fd, n_max) tidy__sim_epoll_wait(&world, (fd), &event, (n_max), 0)
    assert_int_equal(WAIT(epfd, 0), -EINVAL);
    assert_int_equal(WAIT(epfd, -1), -EINVAL);
    assert_int_equal(WAIT(epfd, INT_MAX / (int)sizeof(event) + 1), -EINVAL);
    assert_int_equal(WAIT(epfd, INT_MAX / (int)sizeof(event)), 0);
    assert_int_equal(WAIT(900, 0), -EBADF);
    assert_int_equal(WAIT(fds[0], 1), -EINVAL);
#undef WAIT
}

/* Level: told as long as it is true, each time behind the others. */
static void level_goes_to_the_end(void **state)
{
    (void)state;
    watch_all(EPOLLIN);
    signal_all();
    assert_string_equal(world_ready(epfd, 3), "513:1 514:1 515:1");
    assert_string_equal(world_ready(epfd, 1), "513:1");
    assert_string_equal(world_ready(epfd, 1), "514:1");
    assert_string_equal(world_ready(epfd, 2), "515:1 513:1");
    assert_string_equal(world_ready(epfd, 3), "514:1 515:1 513:1");
    world_read_u64(fds[2]);
    assert_string_equal(world_ready(epfd, 3), "514:1 513:1");
    signal_fd(fds[2]);
    assert_string_equal(world_ready(epfd, 3), "514:1 513:1 515:1");
}

/* Edge: told once for each wake-up, and if it is still true. */
static void edge_is_told_once(void **state)
{
    (void)state;
    watch_all(EPOLLIN | EPOLLET);
    signal_all();
    assert_string_equal(world_ready(epfd, 2), "513:1 514:1");
    assert_string_equal(world_ready(epfd, 2), "515:1");
    assert_string_equal(world_ready(epfd, 2), "");
    signal_fd(fds[1]);
    signal_fd(fds[0]);
    world_read_u64(fds[1]);
    assert_string_equal(world_ready(epfd, 2), "513:1");
}

/* One-shot: told once until it is changed. */
static void one_shot_is_disabled(void **state)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT,
                                 .data.fd = 7 };

    (void)state;
    world_watch(epfd, fds[0], EPOLLIN | EPOLLONESHOT);
    signal_fd(fds[0]);
    assert_string_equal(world_ready(epfd, 1), "513:1");
    signal_fd(fds[0]);
    assert_string_equal(world_ready(epfd, 1), "");
    assert_int_equal(
        tidy__sim_epoll_ctl(&world, epfd, EPOLL_CTL_MOD, fds[0], &event), 0);
    assert_string_equal(world_ready(epfd, 1), "7:1");
    assert_string_equal(world_ready(epfd, 1), "");
}

/* What turns out not to be ready takes no room and no place. */
static void stale_ones_are_dropped(void **state)
{
    (void)state;
    watch_all(EPOLLIN);
    signal_all();
    world_read_u64(fds[0]);
    world_read_u64(fds[1]);
    assert_string_equal(world_ready(epfd, 1), "515:1");
    signal_fd(fds[0]);
    assert_string_equal(world_ready(epfd, 3), "515:1 513:1");
}

/* --------------------------------------------------------------------- waiting */

/* A wait ends with the first that is ready, or when its time is up. */
static void wait_ends_in_time(void **state)
{
    unsigned now_ms;

    (void)state;
    watch_all(EPOLLIN);
    assert_int_equal(wait_ms(10, &now_ms), 0);
    assert_int_equal(now_ms, 10);
    world_after(TIDY_MS(5), signal_fd, fds[1]);
    assert_int_equal(wait_ms(10, &now_ms), 1);
    assert_int_equal(now_ms, 15);
    assert_int_equal(wait_ms(10, &now_ms), 1);
    assert_int_equal(now_ms, 15);
    world_read_u64(fds[1]);
    world_after(TIDY_MS(700), signal_fd, fds[2]);
    assert_int_equal(wait_ms(-1, &now_ms), 1);
    assert_int_equal(now_ms, 715);
}

/* A wake-up for what is not ready after all does not end a wait. */
static void stale_ones_do_not_end_it(void **state)
{
    unsigned now_ms;

    (void)state;
    watch_all(EPOLLIN);
    signal_fd(fds[0]);
    world_read_u64(fds[0]);
    assert_int_equal(wait_ms(3, &now_ms), 0);
    assert_int_equal(now_ms, 3);
}

/* --------------------------------------------------------------------- choices */

/* With several ready, any may be first, then any of the others. */
static void any_may_be_first(void **state)
{
    (void)state;
    watch_all(EPOLLIN);
    signal_all();
    world_answer(TIDY_CHOICE_READY, 3, 0); /* all of them */
    world_answer(TIDY_CHOICE_READY, 3, 2);
    world_answer(TIDY_CHOICE_READY, 2, 1);
    assert_string_equal(world_ready(epfd, 3), "515:1 514:1 513:1");
    world_answer(TIDY_CHOICE_READY, 2, 0);
    world_answer(TIDY_CHOICE_READY, 3, 1);
    assert_string_equal(world_ready(epfd, 2), "514:1 515:1");
    assert_int_equal(world_n_offered(TIDY_CHOICE_READY), 3 + 3);
}

/* Fewer may be told; the others keep their place. */
static void fewer_may_be_told(void **state)
{
    (void)state;
    watch_all(EPOLLIN | EPOLLET);
    signal_all();
    world_answer(TIDY_CHOICE_READY, 3, 1);
    world_answer(TIDY_CHOICE_READY, 3, 1);
    assert_string_equal(world_ready(epfd, 3), "514:1");
    assert_string_equal(world_ready(epfd, 3), "513:1 515:1");
}

/* What is not ready is no alternative; one by itself is no choice. */
static void only_ready_ones_count(void **state)
{
    (void)state;
    watch_all(EPOLLIN);
    signal_all();
    world_read_u64(fds[1]);
    world_answer(TIDY_CHOICE_READY, 2, 0);
    world_answer(TIDY_CHOICE_READY, 2, 1);
    assert_string_equal(world_ready(epfd, 3), "515:1 513:1");
    world_read_u64(fds[0]);
    assert_string_equal(world_ready(epfd, 3), "515:1");
    assert_int_equal(world_n_offered(TIDY_CHOICE_READY), 2);
}

/* Calm, the kinds that are on make no difference. */
static void calm_is_the_kernels_order(void **state)
{
    char with[64];

    (void)state;
    watch_all(EPOLLIN);
    signal_all();
    world_read_u64(fds[0]);
    strcpy(with, world_ready(epfd, 1));
    strcat(with, world_ready(epfd, 3));
    assert_string_equal(with, "514:1515:1 514:1");
}

/* What is ready may be told only when the time is up. */
static void ready_may_be_told_late(void **state)
{
    unsigned now_ms;

    (void)state;
    watch_all(EPOLLIN);
    signal_fd(fds[0]);
    world_answer(TIDY_CHOICE_TIMER, 2, 1);
    world_after(TIDY_MS(9), signal_fd, fds[1]);
    assert_int_equal(wait_ms(10, &now_ms), 2);
    assert_int_equal(now_ms, 10);
    assert_int_equal(wait_ms(0, &now_ms), 2);
    assert_int_equal(wait_ms(-1, &now_ms), 2);
    assert_int_equal(wait_ms(101, &now_ms), 2); /* beyond the bound */
    assert_int_equal(now_ms, 10);
    assert_int_equal(world_n_offered(TIDY_CHOICE_TIMER), 1);
}

/* A signal may come when it blocks. */
static void wait_may_be_interrupted(void **state)
{
    unsigned now_ms;

    (void)state;
    watch_all(EPOLLIN);
    world_answer(TIDY_CHOICE_EINTR_FAULT, 2, 1);
    assert_int_equal(wait_ms(10, &now_ms), -EINTR);
    assert_int_equal(now_ms, 0);
    assert_int_equal(wait_ms(0, &now_ms), 0);
    signal_fd(fds[0]);
    assert_int_equal(wait_ms(10, &now_ms), 1);
    assert_int_equal(world_n_offered(TIDY_CHOICE_EINTR_FAULT), 1);
}

/* Two sockets, which have nothing to be read; of one input is waited for. */
static void watch_pair(int pair[2], uint32_t events)
{
    tidy__sim_socketpair(&world, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
    world_watch(epfd, pair[0], EPOLLIN | events);
    world_watch(epfd, pair[1], EPOLLPRI);
}

/* A socket may be said to be readable that is not: once, also edge-triggered. */
static void sockets_may_be_said_to_be_ready(void **state)
{
    static const uint32_t modes[] = { 0, EPOLLET };
    unsigned now_ms;
    size_t idx;
    int pair[2];
    char byte;

    (void)state;
    watch_all(EPOLLIN);
    for (idx = 0; idx < TIDY_COUNT(modes); idx++) {
        watch_pair(pair, modes[idx]);
        world_answer(TIDY_CHOICE_WAKE, 2, 1);
        assert_int_equal(wait_ms(-1, &now_ms), 1);
        assert_int_equal(now_ms, 4 * idx);
        assert_int_equal(world_read(pair[0], &byte, 1), -EAGAIN);
        assert_int_equal(wait_ms(4, &now_ms), 0);
        assert_int_equal(now_ms, 4 * (idx + 1));
        tidy__sim_close(&world, pair[0]);
        tidy__sim_close(&world, pair[1]);
    }
    assert_int_equal(world_n_offered(TIDY_CHOICE_WAKE), 4);
}

/* One that was told once is not told any more, nor are other files ever. */
static void some_are_never_said_to_be_ready(void **state)
{
    unsigned now_ms;
    int pair[2];
    char byte;

    (void)state;
    watch_all(EPOLLIN);
    assert_int_equal(wait_ms(4, &now_ms), 0);
    assert_int_equal(world_n_offered(TIDY_CHOICE_WAKE), 0);
    watch_pair(pair, EPOLLONESHOT);
    world_write(pair[1], "x", 1);
    assert_int_equal(wait_ms(4, &now_ms), 1);
    assert_int_equal(world_read(pair[0], &byte, 1), 1);
    assert_int_equal(wait_ms(4, &now_ms), 0);
    assert_int_equal(world_n_offered(TIDY_CHOICE_WAKE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        wait_unit_test(errors_are_told),
        wait_unit_test(level_goes_to_the_end),
        wait_unit_test(edge_is_told_once),
        wait_unit_test(one_shot_is_disabled),
        wait_unit_test(stale_ones_are_dropped),
        wait_unit_test(wait_ends_in_time),
        wait_unit_test(stale_ones_do_not_end_it),
        wait_unit_test(any_may_be_first),
        wait_unit_test(fewer_may_be_told),
        wait_unit_test(only_ready_ones_count),
        wait_unit_test(calm_is_the_kernels_order),
        wait_unit_test(ready_may_be_told_late),
        wait_unit_test(wait_may_be_interrupted),
        wait_unit_test(sockets_may_be_said_to_be_ready),
        wait_unit_test(some_are_never_said_to_be_ready),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
