/* SPDX-License-Identifier: MIT */
#include "sim/epoll.h"
#include "support/death.h"
#include "support/oom.h"
#include "support/world_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <cmocka.h>

#define CLOSED_FD 900

/* An instance, and what it may watch; all there from the beginning. */
static int epfd, eventfd_a, eventfd_b, pipe_fds[2];

static int set_up(void **state)
{
    if (world_set_up(state))
        return -1;
    epfd = tidy__sim_epoll_create1(&world, 0);
    eventfd_a = tidy__sim_eventfd(&world, 0, EFD_NONBLOCK);
    eventfd_b = tidy__sim_eventfd(&world, 0, EFD_NONBLOCK);
    return tidy__sim_pipe2(&world, pipe_fds, O_NONBLOCK);
}

#define epoll_unit_test(fn)                                                    \
    cmocka_unit_test_setup_teardown(fn, set_up, world_tear_down)

static int control(int instance, int op, int fd, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.fd = fd };

    return tidy__sim_epoll_ctl(&world, instance, op, fd, &event);
}

static int add(int fd, uint32_t events)
{
    return control(epfd, EPOLL_CTL_ADD, fd, events);
}

static int change(int fd, uint32_t events)
{
    return control(epfd, EPOLL_CTL_MOD, fd, events);
}

static int remove_fd(int fd)
{
    return tidy__sim_epoll_ctl(&world, epfd, EPOLL_CTL_DEL, fd, NULL);
}

static void signal_fd(int fd)
{
    assert_int_equal(world_write_u64(fd, 1), 8);
}

/* -------------------------------------------------------------------- errors */

static void create_checks_flags(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(tidy__sim_epoll_create1(&world, 1), -EINVAL);
    fd = tidy__sim_epoll_create1(&world, EPOLL_CLOEXEC);
    assert_int_equal(tidy__sim_fcntl(&world, fd, F_GETFD, 0), FD_CLOEXEC);
    assert_int_equal(tidy__sim_fcntl(&world, fd, F_GETFL, 0), O_RDWR);
}

/* It is a file, but there is nothing in it to read or write. */
static void instance_is_no_stream(void **state)
{
    int n;

    (void)state;
    assert_int_equal(world_read(epfd, &n, 0), -EINVAL);
    assert_int_equal(world_write(epfd, &n, 1), -EINVAL);
    assert_int_equal(tidy__sim_ioctl(&world, epfd, FIONREAD, &n), -EINVAL);
}

static void descriptors_are_checked(void **state)
{
    (void)state;
    assert_int_equal(add(CLOSED_FD, EPOLLIN), -EBADF);
    assert_int_equal(add(-1, EPOLLIN), -EBADF);
    assert_int_equal(add(3, EPOLLIN), -EBADF);
    assert_int_equal(control(CLOSED_FD, EPOLL_CTL_ADD, eventfd_a, 0), -EBADF);
    assert_int_equal(add(epfd, EPOLLIN), -EINVAL);
    assert_int_equal(control(eventfd_a, EPOLL_CTL_ADD, eventfd_b, EPOLLIN),
                     -EINVAL);
    assert_int_equal(control(epfd, 77, eventfd_a, EPOLLIN), -EINVAL);
    assert_int_equal(
        tidy__sim_epoll_ctl(&world, epfd, EPOLL_CTL_ADD, eventfd_a, NULL),
        -EFAULT);
    assert_int_equal(
        tidy__sim_epoll_ctl(&world, CLOSED_FD, EPOLL_CTL_MOD, CLOSED_FD, NULL),
        -EFAULT);
}

static void watches_are_checked(void **state)
{
    (void)state;
    assert_int_equal(remove_fd(eventfd_a), -ENOENT);
    assert_int_equal(change(eventfd_a, EPOLLIN), -ENOENT);
    assert_int_equal(add(eventfd_a, EPOLLIN), 0);
    assert_int_equal(add(eventfd_a, EPOLLIN), -EEXIST);
    assert_int_equal(change(eventfd_a, EPOLLOUT), 0);
    assert_int_equal(remove_fd(eventfd_a), 0);
    assert_int_equal(remove_fd(eventfd_a), -ENOENT);
}

/* What EPOLLEXCLUSIVE does not go with. */
static void exclusive_is_checked(void **state)
{
    int inner = tidy__sim_epoll_create1(&world, 0);

    (void)state;
    assert_int_equal(add(eventfd_a, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT),
                     -EINVAL);
    assert_int_equal(add(eventfd_a, EPOLLIN | EPOLLEXCLUSIVE | EPOLLRDHUP),
                     -EINVAL);
    assert_int_equal(add(inner, EPOLLIN | EPOLLEXCLUSIVE), -EINVAL);
    assert_int_equal(change(eventfd_a, EPOLLIN | EPOLLEXCLUSIVE), -EINVAL);
    assert_int_equal(add(eventfd_a,
                         EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET |
                             EPOLLWAKEUP | EPOLLEXCLUSIVE),
                     0);
    assert_int_equal(change(eventfd_a, EPOLLIN), -EINVAL);
    assert_int_equal(change(eventfd_a, EPOLLIN | EPOLLEXCLUSIVE), -EINVAL);
    assert_int_equal(remove_fd(eventfd_a), 0);
}

static void make_and_add(void *arg)
{
    int fd = tidy__sim_epoll_create1(&world, 0), result;

    (void)arg;
    if (fd < 0) {
        assert_true(oom_has_failed());
        assert_int_equal(fd, -ENOMEM);
        return;
    }
    result = control(fd, EPOLL_CTL_ADD, eventfd_a, EPOLLIN);
    assert_int_equal(result, oom_has_failed() ? -ENOMEM : 0);
    if (result == -ENOMEM)
        assert_int_equal(control(fd, EPOLL_CTL_ADD, eventfd_a, EPOLLIN), 0);
    tidy__sim_close(&world, fd);
}

static void memory_may_be_short(void **state)
{
    (void)state;
    oom_try_all(make_and_add, NULL);
    world_answer(TIDY_CHOICE_EMFILE_FAULT, 2, 1);
    assert_int_equal(tidy__sim_epoll_create1(&world, 0), -EMFILE);
}

/* ------------------------------------------------------------------- wake-ups */

/* What is ready when it is added is ready at once; and when it is changed. */
static void ready_at_once(void **state)
{
    (void)state;
    signal_fd(eventfd_a);
    add(eventfd_a, EPOLLIN | EPOLLET);
    assert_string_equal(world_ready(epfd, 1), "513:1");
    assert_string_equal(world_ready(epfd, 1), "");
    change(eventfd_a, EPOLLIN | EPOLLET);
    assert_string_equal(world_ready(epfd, 1), "513:1");
    change(eventfd_a, EPOLLPRI);
    assert_string_equal(world_ready(epfd, 1), "");
}

/* A wake-up for something else is none. */
static void keys_are_compared(void **state)
{
    struct sim_file *file = tidy__sim_fd_file(&world, eventfd_a);

    (void)state;
    add(eventfd_a, EPOLLIN | EPOLLET);
    signal_fd(eventfd_a);
    world_ready(epfd, 1);
    tidy__sim_file_wake(file, EPOLLOUT);
    assert_string_equal(world_ready(epfd, 1), "");
    tidy__sim_file_wake(file, EPOLLIN | EPOLLOUT);
    assert_string_equal(world_ready(epfd, 1), "513:1");
    tidy__sim_file_wake(file, 0);
    assert_string_equal(world_ready(epfd, 1), "513:1");
    tidy__sim_file_wake(file, EPOLLHUP); /* asked for by everybody */
    assert_string_equal(world_ready(epfd, 1), "513:1");
}

/* Once woken it keeps its place, however often it is woken again. */
static void order_is_of_wake_ups(void **state)
{
    (void)state;
    add(eventfd_a, EPOLLIN);
    add(eventfd_b, EPOLLIN);
    add(pipe_fds[0], EPOLLIN);
    world_write(pipe_fds[1], "x", 1);
    signal_fd(eventfd_b);
    signal_fd(eventfd_a);
    world_write(pipe_fds[1], "x", 1);
    assert_string_equal(world_ready(epfd, 3), "515:1 514:1 513:1");
}

/* Hang-up and error are told to all who watch, asked for or not. */
static void hang_up_is_told(void **state)
{
    (void)state;
    add(pipe_fds[0], 0);
    add(pipe_fds[1], EPOLLET);
    assert_string_equal(world_ready(epfd, 2), "");
    tidy__sim_close(&world, pipe_fds[1]);
    assert_string_equal(world_ready(epfd, 2), "515:10");
}

/* With copies of a descriptor, each is watched by itself; all end with the file
 * and not with the descriptor. */
static void watches_end_with_the_file(void **state)
{
    int copy = tidy__sim_dup(&world, eventfd_a);

    (void)state;
    add(eventfd_a, EPOLLIN);
    assert_int_equal(add(copy, EPOLLIN), 0);
    signal_fd(copy);
    assert_string_equal(world_ready(epfd, 2), "517:1 513:1");
    tidy__sim_close(&world, eventfd_a);
    assert_string_equal(world_ready(epfd, 2), "517:1 513:1");
    assert_int_equal(remove_fd(eventfd_a), -EBADF);
    tidy__sim_close(&world, copy);
    assert_string_equal(world_ready(epfd, 2), "");
    assert_string_equal(world_describe(epfd), "watches nothing");
}

/* The number of a closed file is another's, whose watch is a new one. */
static void number_is_used_again(void **state)
{
    int copy = tidy__sim_dup(&world, eventfd_a);

    (void)state;
    add(eventfd_a, EPOLLIN);
    tidy__sim_dup3(&world, eventfd_b, eventfd_a, 0, true);
    assert_int_equal(remove_fd(eventfd_a), -ENOENT);
    assert_int_equal(add(eventfd_a, EPOLLOUT), 0);
    signal_fd(copy);
    assert_string_equal(world_ready(epfd, 3), "513:4 513:1");
}

/* An instance that goes leaves its files alone. */
static void instance_can_go(void **state)
{
    int other = tidy__sim_epoll_create1(&world, 0);

    (void)state;
    add(eventfd_a, EPOLLIN);
    world_watch(other, eventfd_a, EPOLLIN);
    tidy__sim_close(&world, epfd);
    signal_fd(eventfd_a);
    assert_string_equal(world_ready(other, 1), "513:1");
}

static void instance_is_described(void **state)
{
    (void)state;
    add(eventfd_a, EPOLLIN | EPOLLONESHOT);
    add(pipe_fds[1], EPOLLOUT | EPOLLRDHUP | EPOLLET);
    add(eventfd_b, 0);
    assert_string_equal(world_describe(epfd),
                        "watches 513 (in) 516 (out+rdhup) 514 (-)");
}

/* ------------------------------------------------------------------- exclusive */

static int other_epfd;

static void signal_and_look(int fd)
{
    signal_fd(fd);
    assert_int_equal(
        tidy__sim_epoll_of(tidy__sim_fd_file(&world, other_epfd))->ready !=
            NULL,
        fd == eventfd_b);
}

static int wait_for(int instance, int *ret_fd)
{
    struct epoll_event event = { .events = 0 };
    int n = tidy__sim_epoll_wait(&world, instance, &event, 1, TIDY_MS(50));

    *ret_fd = event.data.fd;
    return n;
}

/* A wake-up ends at an exclusive watch whose instance somebody sleeps on, and
 * else goes on; those that are not exclusive are woken in any case. */
static void exclusive_takes_a_wake_up(void **state)
{
    int fd;

    (void)state;
    other_epfd = tidy__sim_epoll_create1(&world, 0);
    add(eventfd_a, EPOLLIN | EPOLLEXCLUSIVE);
    world_watch(other_epfd, eventfd_a, EPOLLIN | EPOLLEXCLUSIVE);
    add(eventfd_b, EPOLLIN | EPOLLEXCLUSIVE);
    world_watch(other_epfd, eventfd_b, EPOLLIN);
    world_after(TIDY_MS(1), signal_and_look, eventfd_a);
    assert_int_equal(wait_for(epfd, &fd), 1);
    assert_int_equal(fd, eventfd_a);
    assert_string_equal(world_ready(other_epfd, 1), "");
    world_read_u64(eventfd_a);
    world_after(TIDY_MS(1), signal_and_look, eventfd_b);
    assert_int_equal(wait_for(epfd, &fd), 1);
    assert_int_equal(fd, eventfd_b);
    world_read_u64(eventfd_b);
    signal_fd(eventfd_a); /* nobody sleeps */
    assert_string_equal(world_ready(epfd, 1), "513:1");
    assert_string_equal(world_ready(other_epfd, 1), "513:1");
}

/* --------------------------------------------------------------------- nesting */

/* An instance is readable while one that it watches is ready. */
static void instance_can_be_watched(void **state)
{
    int outer = tidy__sim_epoll_create1(&world, 0);

    (void)state;
    add(eventfd_a, EPOLLIN);
    assert_int_equal(world_watch(outer, epfd, EPOLLIN), 0);
    assert_string_equal(world_ready(outer, 1), "");
    signal_fd(eventfd_a);
    assert_int_equal(world_poll(epfd, 0x3fff), POLLIN | POLLRDNORM);
    assert_string_equal(world_ready(outer, 1), "512:1");
    world_read_u64(eventfd_a);
    assert_int_equal(world_poll(epfd, 0x3fff), 0);
    assert_string_equal(world_ready(outer, 1), "");
}

/* Each wake-up of one that it watches is an edge. */
static void nested_edges(void **state)
{
    int outer = tidy__sim_epoll_create1(&world, 0);

    (void)state;
    add(eventfd_a, EPOLLIN);
    world_watch(outer, epfd, EPOLLIN | EPOLLET);
    signal_fd(eventfd_a);
    assert_string_equal(world_ready(outer, 1), "512:1");
    assert_string_equal(world_ready(outer, 1), "");
    signal_fd(eventfd_a);
    assert_string_equal(world_ready(outer, 1), "512:1");
    add(eventfd_b, EPOLLOUT);
    assert_string_equal(world_ready(outer, 1), "512:1");
    change(eventfd_b, EPOLLOUT); /* is in the list already */
    assert_string_equal(world_ready(outer, 1), "");
}

/* Four levels below one another, and no circle. */
static void depth_is_limited(void **state)
{
    int chain[6], idx;

    (void)state;
    for (idx = 0; idx < 6; idx++)
        chain[idx] = tidy__sim_epoll_create1(&world, 0);
    for (idx = 0; idx < 4; idx++)
        assert_int_equal(world_watch(chain[idx + 1], chain[idx], EPOLLIN), 0);
    assert_int_equal(world_watch(chain[5], chain[4], EPOLLIN), -ELOOP);
    assert_int_equal(world_watch(chain[0], chain[4], EPOLLIN), -ELOOP);
    assert_int_equal(world_watch(chain[0], chain[5], EPOLLIN), -ELOOP);
    assert_int_equal(world_watch(chain[1], chain[5], EPOLLIN), 0);
    assert_int_equal(world_watch(chain[0], eventfd_a, EPOLLIN), 0);
    signal_fd(eventfd_a);
    assert_int_equal(world_poll(chain[4], POLLIN), POLLIN);
    assert_int_equal(world_watch(chain[1], chain[0], EPOLLIN), -EEXIST);
}

static void wait_for_ever(void *arg)
{
    struct epoll_event event;

    (void)arg;
    add(eventfd_a, EPOLLIN);
    tidy__sim_epoll_wait(&world, epfd, &event, 1, SIM_NEVER);
}

/* A wait that cannot end says what it was for. */
static void deadlock_is_told(void **state)
{
    (void)state;
    assert_dies(
        wait_for_ever, NULL, "epoll_wait on descriptor 512 waits for ever");
    assert_dies(wait_for_ever, NULL, "512  epoll        watches 513 (in)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        epoll_unit_test(create_checks_flags),
        epoll_unit_test(instance_is_no_stream),
        epoll_unit_test(descriptors_are_checked),
        epoll_unit_test(watches_are_checked),
        epoll_unit_test(exclusive_is_checked),
        epoll_unit_test(memory_may_be_short),
        epoll_unit_test(ready_at_once),
        epoll_unit_test(keys_are_compared),
        epoll_unit_test(order_is_of_wake_ups),
        epoll_unit_test(hang_up_is_told),
        epoll_unit_test(watches_end_with_the_file),
        epoll_unit_test(number_is_used_again),
        epoll_unit_test(instance_can_go),
        epoll_unit_test(instance_is_described),
        epoll_unit_test(exclusive_takes_a_wake_up),
        epoll_unit_test(instance_can_be_watched),
        epoll_unit_test(nested_edges),
        epoll_unit_test(depth_is_limited),
        epoll_unit_test(deadlock_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
