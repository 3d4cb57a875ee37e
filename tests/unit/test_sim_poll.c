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

/* A pipe and an eventfd. */
static int pipe_fds[2], eventfd_a;

static int set_up(void **state)
{
    if (world_set_up(state) ||
        tidy__sim_pipe2(&world, pipe_fds, O_NONBLOCK) < 0)
        return -1;
    eventfd_a = tidy__sim_eventfd(&world, 0, EFD_NONBLOCK);
    return 0;
}

#define poll_unit_test(fn)                                                     \
    cmocka_unit_test_setup_teardown(fn, set_up, world_tear_down)

static int poll_fds(struct pollfd *fds, size_t n_fds, uint64_t timeout_ns)
{
    return tidy__sim_poll(&world, fds, n_fds, timeout_ns);
}

static void signal_fd(int fd)
{
    world_write_u64(fd, 1);
}

/* Each is told what it is ready for and was asked for. */
static void each_is_told(void **state)
{
    struct pollfd fds[] = {
        { .fd = pipe_fds[0], .events = POLLIN | POLLPRI, .revents = 7 },
        { .fd = pipe_fds[1], .events = POLLOUT | POLLIN },
        { .fd = eventfd_a, .events = POLLIN | POLLOUT },
        { .fd = eventfd_a, .events = POLLIN, .revents = 7 },
    };

    (void)state;
    assert_int_equal(poll_fds(fds, 4, 0), 2);
    assert_int_equal(fds[0].revents, 0);
    assert_int_equal(fds[1].revents, POLLOUT);
    assert_int_equal(fds[2].revents, POLLOUT);
    assert_int_equal(fds[3].revents, 0);
    world_write(pipe_fds[1], "x", 1);
    assert_int_equal(poll_fds(fds, 1, 0), 1);
    assert_int_equal(fds[0].revents, POLLIN);
}

/* Errors and hang-ups are told unasked. */
static void ends_are_told_unasked(void **state)
{
    (void)state;
    assert_int_equal(world_poll(pipe_fds[0], 0), 0);
    tidy__sim_close(&world, pipe_fds[1]);
    assert_int_equal(world_poll(pipe_fds[0], 0), POLLHUP);
}

/* A negative number is passed over; one that is not open is told so. */
static void numbers_are_checked(void **state)
{
    (void)state;
    assert_int_equal(world_poll(-1, POLLIN), 0);
    assert_int_equal(world_poll(-900, POLLIN), 0);
    assert_int_equal(world_poll(CLOSED_FD, POLLIN), POLLNVAL);
    assert_int_equal(world_poll(CLOSED_FD, 0), POLLNVAL);
    assert_int_equal(world_poll(3, POLLIN), POLLNVAL);
}

static void arguments_are_checked(void **state)
{
    static struct pollfd fds[1025];

    (void)state;
    assert_int_equal(poll_fds(NULL, 0, 0), 0);
    assert_int_equal(poll_fds(NULL, 1, 0), -EFAULT);
    assert_int_equal(poll_fds(fds, 1025, 0), -EINVAL);
    fds[0].fd = -1;
    assert_int_equal(poll_fds(fds, 1, 0), 0);
}

/* It waits until one is ready, or its time is up; also for none at all. */
static void it_waits(void **state)
{
    struct pollfd fds[] = {
        { .fd = pipe_fds[0], .events = POLLIN },
        { .fd = eventfd_a, .events = POLLIN, .revents = 7 },
    };

    (void)state;
    assert_int_equal(poll_fds(fds, 2, TIDY_MS(3)), 0);
    assert_int_equal(fds[1].revents, 0);
    assert_int_equal(world.now_ns / TIDY_MS(1), 3);
    assert_int_equal(poll_fds(NULL, 0, TIDY_MS(3)), 0);
    assert_int_equal(world.now_ns / TIDY_MS(1), 6);
    world_after(TIDY_S(5), signal_fd, eventfd_a);
    assert_int_equal(poll_fds(fds, 2, SIM_NEVER), 1);
    assert_int_equal(fds[0].revents, 0);
    assert_int_equal(fds[1].revents, POLLIN);
    assert_int_equal(world.now_ns / TIDY_MS(1), 5006);
}

static void poll_nothing(void *arg)
{
    (void)arg;
    poll_fds(NULL, 0, SIM_NEVER);
}

static void deadlock_is_told(void **state)
{
    (void)state;
    assert_dies(poll_nothing, NULL, "poll waits for ever");
}

/* By choice only some of those that are ready are told: how many, and then how
 * many are passed over before each of them. */
static void fewer_may_be_told(void **state)
{
    struct pollfd fds[] = {
        { .fd = pipe_fds[0], .events = POLLIN },
        { .fd = pipe_fds[1], .events = POLLOUT },
        { .fd = eventfd_a, .events = POLLOUT },
        { .fd = eventfd_a, .events = POLLOUT },
    };

    (void)state;
    world_answer(TIDY_CHOICE_READY, 3, 1);
    world_answer(TIDY_CHOICE_READY, 3, 1);
    assert_int_equal(poll_fds(fds, 4, 0), 1);
    assert_int_equal(fds[1].revents, 0);
    assert_int_equal(fds[2].revents, POLLOUT);
    assert_int_equal(fds[3].revents, 0);
    world_answer(TIDY_CHOICE_READY, 3, 2);
    world_answer(TIDY_CHOICE_READY, 2, 0);
    world_answer(TIDY_CHOICE_READY, 2, 1);
    assert_int_equal(poll_fds(fds, 4, 0), 2);
    assert_int_equal(fds[1].revents, POLLOUT);
    assert_int_equal(fds[2].revents, 0);
    assert_int_equal(fds[3].revents, POLLOUT);
    world_answer(TIDY_CHOICE_READY, 3, 0);
    assert_int_equal(poll_fds(fds, 4, 0), 3);
    assert_int_equal(poll_fds(fds, 2, 0), 1);
    assert_int_equal(world_n_offered(TIDY_CHOICE_READY), 2 + 3 + 1);
}

/* Late, or interrupted. */
static void waits_may_go_wrong(void **state)
{
    struct pollfd fds[] = { { .fd = eventfd_a, .events = POLLOUT } };

    (void)state;
    world_answer(TIDY_CHOICE_TIMER, 2, 1);
    assert_int_equal(poll_fds(fds, 1, TIDY_MS(4)), 1);
    assert_int_equal(world.now_ns / TIDY_MS(1), 4);
    fds[0].events = POLLIN;
    fds[0].revents = 7;
    world_answer(TIDY_CHOICE_EINTR_FAULT, 2, 1);
    assert_int_equal(poll_fds(fds, 1, SIM_NEVER), -EINTR);
    assert_int_equal(fds[0].revents, 0);
}

/* Any of the sockets whose input is waited for may be said to be readable. */
static void sockets_may_be_said_to_be_ready(void **state)
{
    struct pollfd fds[3] = { { .fd = eventfd_a, .events = POLLIN } };
    int pair[2];
    char byte;

    (void)state;
    tidy__sim_socketpair(&world, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
    fds[1] = (struct pollfd){ .fd = pair[0], .events = POLLIN };
    fds[2] = (struct pollfd){ .fd = pair[1], .events = POLLRDNORM | POLLPRI };
    world_answer(TIDY_CHOICE_WAKE, 3, 2);
    assert_int_equal(poll_fds(fds, 3, SIM_NEVER), 1);
    assert_int_equal(fds[1].revents, 0);
    assert_int_equal(fds[2].revents, POLLRDNORM);
    assert_int_equal(world_read(pair[1], &byte, 1), -EAGAIN);
    assert_int_equal(poll_fds(fds, 3, TIDY_MS(4)), 0);
    assert_int_equal(world.now_ns / TIDY_MS(1), 4);
    fds[1].events = fds[2].events = POLLPRI;
    assert_int_equal(poll_fds(fds, 3, TIDY_MS(4)), 0);
    assert_int_equal(world_n_offered(TIDY_CHOICE_WAKE), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        poll_unit_test(each_is_told),
        poll_unit_test(ends_are_told_unasked),
        poll_unit_test(numbers_are_checked),
        poll_unit_test(arguments_are_checked),
        poll_unit_test(it_waits),
        poll_unit_test(deadlock_is_told),
        poll_unit_test(fewer_may_be_told),
        poll_unit_test(waits_may_go_wrong),
        poll_unit_test(sockets_may_be_said_to_be_ready),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
