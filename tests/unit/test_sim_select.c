/* SPDX-License-Identifier: MIT */
#include "support/death.h"
#include "support/world_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#define CLOSED_FD 900

/* A pipe and an eventfd; the sets of a call. */
static int pipe_fds[2], eventfd_a;
static fd_set in, out, except;

static void clear_sets(void)
{
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&except);
}

static int set_up(void **state)
{
    clear_sets();
    if (world_set_up(state) ||
        tidy__sim_pipe2(&world, pipe_fds, O_NONBLOCK) < 0)
        return -1;
    eventfd_a = tidy__sim_eventfd(&world, 0, EFD_NONBLOCK);
    return 0;
}

#define select_unit_test(fn)                                                   \
    cmocka_unit_test_setup_teardown(fn, set_up, world_tear_down)

static int select_fds(int n_fds, uint64_t timeout_ns)
{
    return tidy__sim_select(&world, n_fds, &in, &out, &except, timeout_ns);
}

static void signal_fd(int fd)
{
    world_write_u64(fd, 1);
}

/* What is ready stays in the sets; each of them counts. */
static void ready_ones_stay(void **state)
{
    (void)state;
    signal_fd(eventfd_a);
    FD_SET(eventfd_a, &in);
    FD_SET(eventfd_a, &out);
    FD_SET(eventfd_a, &except);
    FD_SET(pipe_fds[0], &in);
    FD_SET(pipe_fds[1], &out);
    assert_int_equal(select_fds(FD_SETSIZE, 0), 3);
    assert_true(FD_ISSET(eventfd_a, &in));
    assert_true(FD_ISSET(eventfd_a, &out));
    assert_false(FD_ISSET(eventfd_a, &except));
    assert_false(FD_ISSET(pipe_fds[0], &in));
    assert_true(FD_ISSET(pipe_fds[1], &out));
}

/* The end of a pipe is readable; without readers it is both. */
static void ends_are_readable(void **state)
{
    int others[2];

    (void)state;
    tidy__sim_pipe2(&world, others, 0);
    tidy__sim_close(&world, pipe_fds[1]);
    tidy__sim_close(&world, others[0]);
    FD_SET(pipe_fds[0], &in);
    FD_SET(pipe_fds[0], &except);
    FD_SET(others[1], &in);
    FD_SET(others[1], &out);
    assert_int_equal(select_fds(FD_SETSIZE, 0), 3);
    assert_false(FD_ISSET(pipe_fds[0], &except));
}

/* Only numbers below the first argument are looked at; what lies above stays. */
static void bound_is_heeded(void **state)
{
    (void)state;
    FD_SET(eventfd_a, &out);
    FD_SET(CLOSED_FD, &out);
    assert_int_equal(select_fds(eventfd_a, 0), 0);
    assert_int_equal(select_fds(eventfd_a + 1, 0), 1);
    assert_int_equal(select_fds(CLOSED_FD, 0), 1);
    assert_true(FD_ISSET(CLOSED_FD, &out));
    assert_int_equal(select_fds(CLOSED_FD + 1, 0), -EBADF);
    assert_int_equal(select_fds(1 << 30, 0), -EBADF);
    FD_CLR(CLOSED_FD, &out);
    assert_int_equal(select_fds(1 << 30, 0), 1);
    assert_int_equal(select_fds(-1, 0), -EINVAL);
    assert_true(FD_ISSET(eventfd_a, &out));
}

/* All of the numbers of a world fit. */
static void all_numbers_fit(void **state)
{
    int fd, n = 0;

    (void)state;
    while ((fd = tidy__sim_dup(&world, eventfd_a)) >= 0)
        continue;
    for (fd = SIM_FD_MIN; fd <= SIM_FD_MAX; fd++)
        FD_SET(fd, &out);
    n = select_fds(FD_SETSIZE, 0);
    assert_int_equal(n, SIM_N_FDS - 1); /* not the pipe's reading end */
}

/* Sets may be missing. */
static void sets_may_be_missing(void **state)
{
    (void)state;
    assert_int_equal(tidy__sim_select(&world, FD_SETSIZE, NULL, NULL, NULL, 0),
                     0);
    FD_SET(eventfd_a, &out);
    assert_int_equal(tidy__sim_select(&world, FD_SETSIZE, NULL, &out, NULL, 0),
                     1);
}

/* It waits until one is ready, or its time is up, and then the sets are empty. */
static void it_waits(void **state)
{
    (void)state;
    FD_SET(eventfd_a, &in);
    world_after(TIDY_MS(2), signal_fd, eventfd_a);
    assert_int_equal(select_fds(FD_SETSIZE, SIM_NEVER), 1);
    assert_int_equal(world.now_ns / TIDY_MS(1), 2);
    FD_SET(pipe_fds[0], &in);
    FD_CLR(eventfd_a, &in);
    assert_int_equal(select_fds(FD_SETSIZE, TIDY_MS(3)), 0);
    assert_int_equal(world.now_ns / TIDY_MS(1), 5);
    assert_false(FD_ISSET(pipe_fds[0], &in));
    assert_int_equal(select_fds(0, TIDY_MS(3)), 0);
    assert_int_equal(world.now_ns / TIDY_MS(1), 8);
}

static void select_nothing(void *arg)
{
    (void)arg;
    select_fds(0, SIM_NEVER);
}

static void deadlock_is_told(void **state)
{
    (void)state;
    assert_dies(select_nothing, NULL, "select waits for ever");
}

/* By choice only some of those that are ready are told. */
static void fewer_may_be_told(void **state)
{
    (void)state;
    signal_fd(eventfd_a);
    FD_SET(eventfd_a, &in);
    FD_SET(eventfd_a, &out);
    FD_SET(pipe_fds[1], &out);
    world_answer(TIDY_CHOICE_READY, 2, 1);
    world_answer(TIDY_CHOICE_READY, 2, 1);
    assert_int_equal(select_fds(FD_SETSIZE, 0), 2);
    assert_false(FD_ISSET(pipe_fds[1], &out));
    FD_SET(pipe_fds[1], &out);
    world_answer(TIDY_CHOICE_READY, 2, 1);
    world_answer(TIDY_CHOICE_READY, 2, 0);
    assert_int_equal(select_fds(FD_SETSIZE, 0), 1);
    assert_true(FD_ISSET(pipe_fds[1], &out));
    assert_false(FD_ISSET(eventfd_a, &out));
}

/* Interrupted, it leaves the sets as they were. */
static void waits_may_go_wrong(void **state)
{
    (void)state;
    FD_SET(eventfd_a, &in);
    world_answer(TIDY_CHOICE_EINTR_FAULT, 2, 1);
    assert_int_equal(select_fds(FD_SETSIZE, SIM_NEVER), -EINTR);
    assert_true(FD_ISSET(eventfd_a, &in));
}

/* A socket whose input is waited for may be said to be readable. */
static void sockets_may_be_said_to_be_ready(void **state)
{
    int pair[2];
    char byte;

    (void)state;
    tidy__sim_socketpair(&world, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
    FD_SET(eventfd_a, &in);
    FD_SET(pair[0], &in);
    FD_SET(pair[1], &except);
    world_answer(TIDY_CHOICE_WAKE, 2, 1);
    assert_int_equal(select_fds(FD_SETSIZE, SIM_NEVER), 1);
    assert_true(FD_ISSET(pair[0], &in));
    assert_false(FD_ISSET(eventfd_a, &in));
    assert_int_equal(world_read(pair[0], &byte, 1), -EAGAIN);
    assert_int_equal(select_fds(FD_SETSIZE, TIDY_MS(4)), 0);
    assert_int_equal(world.now_ns / TIDY_MS(1), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        select_unit_test(ready_ones_stay),
        select_unit_test(ends_are_readable),
        select_unit_test(bound_is_heeded),
        select_unit_test(all_numbers_fit),
        select_unit_test(sets_may_be_missing),
        select_unit_test(it_waits),
        select_unit_test(deadlock_is_told),
        select_unit_test(fewer_may_be_told),
        select_unit_test(waits_may_go_wrong),
        select_unit_test(sockets_may_be_said_to_be_ready),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
