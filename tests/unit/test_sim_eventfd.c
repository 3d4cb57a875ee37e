/* SPDX-License-Identifier: MIT */
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

static int make(unsigned initial, int flags)
{
    int fd = tidy__sim_eventfd(&world, initial, flags);

    assert_int_equal(fd, SIM_FD_MIN);
    return fd;
}

/* Writes add up; a read takes all. */
static void writes_add_up(void **state)
{
    int fd = make(3, EFD_NONBLOCK);

    (void)state;
    assert_int_equal(world_write_u64(fd, 4), 8);
    assert_int_equal(world_write_u64(fd, 0), 8);
    assert_int_equal(world_read_u64(fd), 7);
    assert_int_equal(world_read_u64(fd), -EAGAIN);
}

/* A semaphore gives one at a time. */
static void semaphore_gives_one(void **state)
{
    int fd = make(2, EFD_NONBLOCK | EFD_SEMAPHORE);

    (void)state;
    assert_int_equal(world_read_u64(fd), 1);
    assert_int_equal(world_read_u64(fd), 1);
    assert_int_equal(world_read_u64(fd), -EAGAIN);
}

static void flags_are_as_asked_for(void **state)
{
    int fd = make(0, EFD_CLOEXEC);

    (void)state;
    assert_int_equal(tidy__sim_fcntl(&world, fd, F_GETFD, 0), FD_CLOEXEC);
    assert_int_equal(tidy__sim_fcntl(&world, fd, F_GETFL, 0), O_RDWR);
    assert_int_equal(tidy__sim_eventfd(&world, 0, 8), -EINVAL);
    assert_int_equal(tidy__sim_fcntl(&world, fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(world_read_u64(fd), -EAGAIN);
}

/* A read has room for the number, or more; a write is exactly it. */
static void sizes_matter(void **state)
{
    uint64_t values[2] = { 1, 2 };
    int fd = make(1, EFD_NONBLOCK), n;

    (void)state;
    assert_int_equal(world_read(fd, values, 0), -EINVAL);
    assert_int_equal(world_read(fd, values, 7), -EINVAL);
    assert_int_equal(world_write(fd, values, 0), -EINVAL);
    assert_int_equal(world_write(fd, values, 7), -EINVAL);
    assert_int_equal(world_write(fd, values, 16), -EINVAL);
    assert_int_equal(world_read(fd, values, 16), 8);
    assert_int_equal(tidy__sim_ioctl(&world, fd, FIONREAD, &n), -ENOTTY);
}

/* The buffers of a writev are written one after the other. */
static void buffers_are_writes(void **state)
{
    uint64_t values[2] = { 1, 2 };
    struct iovec whole[] = { { values, 8 }, { values, 0 }, { values + 1, 8 } };
    struct iovec first_empty[] = { { values, 0 }, { values, 8 } };
    struct iovec last_short[] = { { values, 8 }, { values, 4 } };
    struct iovec halves[] = { { values, 4 }, { (char *)values + 4, 4 } };
    int fd = make(0, EFD_NONBLOCK);

    (void)state;
#define WRITEV(iov, n) tidy__sim_writev(&world, "writev", fd, (iov), (n), 0)
    assert_int_equal(WRITEV(whole, 3), 16);
    assert_int_equal(world_read_u64(fd), 3);
    assert_int_equal(WRITEV(first_empty, 2), -EINVAL);
    assert_int_equal(WRITEV(first_empty, 1), 0);
    assert_int_equal(WRITEV(last_short, 2), 8);
    assert_int_equal(WRITEV(halves, 2), -EINVAL);
#undef WRITEV
    assert_int_equal(tidy__sim_readv(&world, "readv", fd, halves, 2, 0), 8);
    assert_int_equal(values[0], 1);
}

/* The counter goes up to 2^64 - 2, and no further. */
static void counter_can_be_full(void **state)
{
    int fd = make(0, EFD_NONBLOCK);

    (void)state;
    assert_int_equal(world_write_u64(fd, UINT64_MAX), -EINVAL);
    assert_int_equal(world_write_u64(fd, UINT64_MAX - 2), 8);
    assert_int_equal(world_poll(fd, POLLIN | POLLOUT), POLLIN | POLLOUT);
    assert_int_equal(world_write_u64(fd, 2), -EAGAIN);
    assert_int_equal(world_write_u64(fd, 1), 8);
    assert_int_equal(world_poll(fd, POLLIN | POLLOUT), POLLIN);
    assert_int_equal(world_write_u64(fd, 0), 8);
    assert_int_equal(world_write_u64(fd, 1), -EAGAIN);
}

static void readiness_is_the_counters(void **state)
{
    int fd = make(0, 0);

    (void)state;
    assert_int_equal(world_poll(fd, 0x3fff), POLLOUT);
    world_write_u64(fd, 1);
    assert_int_equal(world_poll(fd, 0x3fff), POLLIN | POLLOUT);
    assert_string_equal(world_describe(fd), "count 1");
}

/* Each read and each write is an edge, for either direction. */
static void edges_are_the_kernels(void **state)
{
    int fd = make(0, EFD_NONBLOCK);
    int epfd = tidy__sim_epoll_create1(&world, 0);

    (void)state;
    world_watch(epfd, fd, EPOLLIN | EPOLLOUT | EPOLLET);
    assert_string_equal(world_ready(epfd, 1), "512:4");
    assert_string_equal(world_ready(epfd, 1), "");
    world_write_u64(fd, 1);
    assert_string_equal(world_ready(epfd, 1), "512:5");
    world_write_u64(fd, 0);
    assert_string_equal(world_ready(epfd, 1), "512:5");
    world_read_u64(fd);
    assert_string_equal(world_ready(epfd, 1), "512:4");
    world_read_u64(fd);
    assert_string_equal(world_ready(epfd, 1), "");
}

static void write_later(int value)
{
    world_write_u64(SIM_FD_MIN, (uint64_t)value);
}

static void read_later(int unused)
{
    (void)unused;
    world_read_u64(SIM_FD_MIN);
}

/* A read waits for a number; a write waits until its own fits, even while
 * poll() says that another would. */
static void both_block(void **state)
{
    int fd = make(0, 0);

    (void)state;
    world_after(TIDY_MS(2), write_later, 0);
    world_after(TIDY_MS(3), write_later, 9);
    assert_int_equal(world_read_u64(fd), 9);
    assert_int_equal(world.now_ns / TIDY_MS(1), 3);
    world_write_u64(fd, UINT64_MAX - 5);
    assert_int_equal(world_poll(fd, POLLOUT), POLLOUT);
    world_after(TIDY_MS(2), read_later, 0);
    assert_int_equal(world_write_u64(fd, 10), 8);
    assert_int_equal(world.now_ns / TIDY_MS(1), 5);
    assert_int_equal(world_read_u64(fd), 10);
}

static void write_for_ever(void *arg)
{
    int fd = make(0, 0);

    (void)arg;
    world_write_u64(fd, UINT64_MAX - 1);
    world_write_u64(fd, 1);
}

static void deadlock_is_told(void **state)
{
    (void)state;
    assert_dies(write_for_ever, NULL, "write on descriptor 512 waits for ever");
}

static void make_one(void *arg)
{
    int fd = tidy__sim_eventfd(&world, 0, 0);

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
    assert_int_equal(tidy__sim_eventfd(&world, 0, 0), -EMFILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(writes_add_up),
        world_unit_test(semaphore_gives_one),
        world_unit_test(flags_are_as_asked_for),
        world_unit_test(sizes_matter),
        world_unit_test(buffers_are_writes),
        world_unit_test(counter_can_be_full),
        world_unit_test(readiness_is_the_counters),
        world_unit_test(edges_are_the_kernels),
        world_unit_test(both_block),
        world_unit_test(deadlock_is_told),
        world_unit_test(making_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
