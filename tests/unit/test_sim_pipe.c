/* SPDX-License-Identifier: MIT */
/*
 * Each number here was seen with the kernel's pipes (Linux 6.18).
 */
#include "support/death.h"
#include "support/oom.h"
#include "support/world_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <cmocka.h>

#define CAPACITY 65536

static int fds[2];
static char data[2 * CAPACITY], got[2 * CAPACITY];

static int set_up(void **state)
{
    size_t idx;

    if (world_set_up(state))
        return -1;
    for (idx = 0; idx < sizeof(data); idx++)
        data[idx] = (char)(idx * 7 + idx / 251);
    return tidy__sim_pipe2(&world, fds, O_NONBLOCK);
}

#define pipe_unit_test(fn)                                                     \
    cmocka_unit_test_setup_teardown(fn, set_up, world_tear_down)

static ssize_t put(size_t len)
{
    return world_write(fds[1], data, len);
}

static ssize_t take(size_t len)
{
    return world_read(fds[0], got, len);
}

static void assert_has(int n_bytes)
{
    int n = -1;

    assert_int_equal(tidy__sim_ioctl(&world, fds[0], FIONREAD, &n), 0);
    assert_int_equal(n, n_bytes);
    assert_int_equal(tidy__sim_ioctl(&world, fds[1], FIONREAD, &n), 0);
    assert_int_equal(n, n_bytes);
}

/* ---------------------------------------------------------------- beginning */

/* The reading end has the lower number; the flags are those asked for. */
static void ends_are_as_asked_for(void **state)
{
    int others[2];

    (void)state;
    assert_int_equal(fds[0], SIM_FD_MIN);
    assert_int_equal(fds[1], SIM_FD_MIN + 1);
    assert_int_equal(tidy__sim_fcntl(&world, fds[0], F_GETFL, 0), O_NONBLOCK);
    assert_int_equal(tidy__sim_fcntl(&world, fds[1], F_GETFL, 0),
                     O_NONBLOCK | O_WRONLY);
    assert_int_equal(tidy__sim_fcntl(&world, fds[0], F_GETFD, 0), 0);
    assert_int_equal(tidy__sim_pipe2(&world, others, O_CLOEXEC), 0);
    assert_int_equal(tidy__sim_fcntl(&world, others[0], F_GETFL, 0), 0);
    assert_int_equal(tidy__sim_fcntl(&world, others[1], F_GETFD, 0),
                     FD_CLOEXEC);
}

static void pipe_directly(void *arg)
{
    tidy__sim_pipe2(&world, arg, O_DIRECT);
}

static void errors_are_told(void **state)
{
    int others[2] = { -7, -7 };

    (void)state;
    assert_int_equal(tidy__sim_pipe2(&world, others, O_APPEND), -EINVAL);
    assert_int_equal(tidy__sim_pipe2(&world, NULL, 0), -EFAULT);
    assert_dies(pipe_directly, others, "does not model pipe2 with O_DIRECT");
    assert_int_equal(world_write(fds[0], data, 1), -EBADF);
    assert_int_equal(world_read(fds[1], got, 1), -EBADF);
    assert_int_equal(world_write(fds[0], data, 0), -EBADF);
    assert_int_equal(others[0], -7);
}

/* Without a number for either end there is no pipe. */
static void numbers_may_be_short(void **state)
{
    int others[2] = { -7, -7 };

    (void)state;
    world_answer(TIDY_CHOICE_EMFILE_FAULT, 2, 1);
    assert_int_equal(tidy__sim_pipe2(&world, others, 0), -EMFILE);
    world_answer(TIDY_CHOICE_EMFILE_FAULT, 2, 0);
    world_answer(TIDY_CHOICE_EMFILE_FAULT, 2, 1);
    assert_int_equal(tidy__sim_pipe2(&world, others, 0), -EMFILE);
    assert_int_equal(others[0], -7);
    assert_int_equal(tidy__sim_pipe2(&world, others, 0), 0);
    assert_int_equal(others[0], SIM_FD_MIN + 2);
}

static void pipe_and_resize(void *arg)
{
    int others[2], result = tidy__sim_pipe2(&world, others, 0);

    (void)arg;
    if (result < 0) {
        assert_true(oom_has_failed());
        assert_int_equal(result, -ENOMEM);
        return;
    }
    result = tidy__sim_fcntl(&world, others[0], F_SETPIPE_SZ, 8192);
    assert_int_equal(result, oom_has_failed() ? -ENOMEM : 8192);
    tidy__sim_close(&world, others[0]);
    tidy__sim_close(&world, others[1]);
}

static void memory_may_be_short(void **state)
{
    (void)state;
    oom_try_all(pipe_and_resize, NULL);
}

/* ------------------------------------------------------------------ the ring */

/* Bytes come out as they went in, however they are cut. */
static void bytes_stay_in_order(void **state)
{
    size_t n_in = 0, n_out = 0;

    (void)state;
    while (n_out < sizeof(data)) {
        size_t n_left = sizeof(data) - n_in;
        ssize_t n =
            world_write(fds[1], data + n_in, n_left < 4099 ? n_left : 4099);

        n_in += n > 0 ? (size_t)n : 0;
        n = world_read(fds[0], got + n_out, 1021);
        n_out += n > 0 ? (size_t)n : 0;
    }
    assert_memory_equal(got, data, sizeof(data));
    assert_has(0);
}

/* Sixteen pages, and not a byte more. */
static void capacity_is_sixteen_pages(void **state)
{
    (void)state;
    assert_int_equal(put(CAPACITY + 1), CAPACITY);
    assert_int_equal(put(1), -EAGAIN);
    assert_has(CAPACITY);
    assert_int_equal(world_poll(fds[1], POLLOUT), 0);
}

/* Small writes share a page; what would not fit in it begins another. */
static void writes_merge(void **state)
{
    int n;

    (void)state;
    for (n = 0; n < CAPACITY; n++)
        assert_int_equal(put(1), 1);
    assert_int_equal(put(1), -EAGAIN);
    take(CAPACITY);
    for (n = 0; n < 16; n++)
        assert_int_equal(put(2049), 2049);
    assert_int_equal(put(2048), -EAGAIN);
    assert_int_equal(put(2047), 2047);
}

/* What does not fill whole pages goes first, into the last page. */
static void rest_is_merged_first(void **state)
{
    (void)state;
    assert_int_equal(put(100), 100);
    assert_int_equal(put(15 * 4096 + 3996), 15 * 4096 + 3996);
    assert_has(CAPACITY);
    take(CAPACITY);
    assert_int_equal(put(100), 100);
    assert_int_equal(put(16 * 4096), 15 * 4096);
    assert_int_equal(put(1), -EAGAIN);
    assert_int_equal(take(100), 100);
    assert_memory_equal(got, data, 100);
    assert_int_equal(take(4096), 4096);
    assert_memory_equal(got, data, 4096);
}

/* Up to a page goes in as a whole or not at all; more is cut. */
static void a_page_is_not_cut(void **state)
{
    int n;

    (void)state;
    for (n = 0; n < 15; n++)
        assert_int_equal(put(4096), 4096);
    assert_int_equal(put(4095), 4095);
    assert_int_equal(put(2), -EAGAIN);
    assert_int_equal(put(4097), 1); /* one byte is what does not fill a page */
    assert_int_equal(put(4097), -EAGAIN);
}

/* A page has room again only when all of it has been read. */
static void slot_is_free_as_a_whole(void **state)
{
    (void)state;
    put(CAPACITY);
    assert_int_equal(take(4095), 4095);
    assert_int_equal(put(1), -EAGAIN);
    assert_int_equal(take(1), 1);
    assert_int_equal(put(1), 1);
}

static void nothing_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(take(0), 0);
    assert_int_equal(put(0), 0);
    assert_int_equal(take(1), -EAGAIN);
    tidy__sim_close(&world, fds[0]);
    assert_int_equal(put(0), 0);
}

/* ------------------------------------------------------------------ readiness */

static void readiness_follows_the_bytes(void **state)
{
    (void)state;
    assert_int_equal(world_poll(fds[0], 0x3fff), 0);
    assert_int_equal(world_poll(fds[1], 0x3fff), POLLOUT | POLLWRNORM);
    put(1);
    assert_int_equal(world_poll(fds[0], 0x3fff), POLLIN | POLLRDNORM);
    put(CAPACITY);
    assert_int_equal(world_poll(fds[1], 0x3fff), 0);
}

/* The writing end closes: what is left is read, then the end. */
static void writer_closes(void **state)
{
    (void)state;
    put(3);
    tidy__sim_close(&world, fds[1]);
    assert_int_equal(world_poll(fds[0], POLLIN), POLLIN | POLLHUP);
    assert_int_equal(take(2), 2);
    assert_int_equal(take(2), 1);
    assert_int_equal(take(2), 0);
    assert_int_equal(world_poll(fds[0], POLLIN), POLLHUP);
}

static volatile sig_atomic_t n_signals;

static void on_signal(int number)
{
    (void)number;
    n_signals++;
}

/* The reading end closes: a write fails, and says so by a signal. */
static void reader_closes(void **state)
{
    void (*before)(int) = signal(SIGPIPE, on_signal);

    (void)state;
    n_signals = 0;
    tidy__sim_close(&world, fds[0]);
    assert_int_equal(world_poll(fds[1], 0), POLLERR);
    assert_int_equal(world_poll(fds[1], POLLOUT), POLLERR | POLLOUT);
    assert_int_equal(put(1), -EPIPE);
    assert_int_equal(n_signals, 1);
    signal(SIGPIPE, before);
}

/* An end is closed with the last of its descriptors. */
static void copies_keep_an_end(void **state)
{
    int copy;

    (void)state;
    copy = tidy__sim_dup(&world, fds[1]);
    tidy__sim_close(&world, fds[1]);
    assert_int_equal(take(1), -EAGAIN);
    assert_int_equal(world_write(copy, data, 1), 1);
    tidy__sim_close(&world, copy);
    assert_int_equal(take(2), 1);
    assert_int_equal(take(1), 0);
}

/* Edges: each write is one for who reads, also one that found no room; for who
 * writes, only when a full pipe gets a free page. */
static void edges_are_the_kernels(void **state)
{
    int epfd;

    (void)state;
    epfd = tidy__sim_epoll_create1(&world, 0);
    world_watch(epfd, fds[0], EPOLLIN | EPOLLET);
    put(1);
    assert_string_equal(world_ready(epfd, 1), "512:1");
    put(1);
    assert_string_equal(world_ready(epfd, 1), "512:1");
    world_watch(epfd, fds[1], EPOLLOUT | EPOLLET);
    assert_string_equal(world_ready(epfd, 2), "513:4");
    put(CAPACITY);
    assert_string_equal(world_ready(epfd, 2), "512:1");
    assert_int_equal(put(4096), -EAGAIN);
    assert_string_equal(world_ready(epfd, 2), "512:1");
    assert_int_equal(take(1), 1);
    assert_string_equal(world_ready(epfd, 2), "");
    assert_int_equal(take(4096), 4096);
    assert_string_equal(world_ready(epfd, 2), "513:4");
    take(4096);
    assert_string_equal(world_ready(epfd, 2), "");
}

/* ------------------------------------------------------------------- capacity */

static int resize(unsigned size)
{
    return tidy__sim_fcntl(&world, fds[0], F_SETPIPE_SZ, size);
}

static void capacity_can_be_set(void **state)
{
    (void)state;
    assert_int_equal(tidy__sim_fcntl(&world, fds[1], F_GETPIPE_SZ, 0),
                     CAPACITY);
    assert_int_equal(resize(0), 4096);
    assert_int_equal(resize(5000), 8192);
    assert_int_equal(put(8193), 8192);
    assert_int_equal(resize(4096), -EBUSY);
    assert_int_equal(take(5000), 5000);
    assert_int_equal(resize(1), 4096);
    assert_int_equal(resize(1 << 20), 1 << 20);
    assert_int_equal(put(1), 1);
    assert_int_equal(take(CAPACITY), 3193);
    assert_memory_equal(got, data + 5000, 3192);
    assert_int_equal(resize((1 << 20) + 1), -EPERM);
    assert_int_equal(resize(1u << 31), -EPERM);
    assert_int_equal(resize((1u << 31) + 1), -EINVAL);
    assert_int_equal(tidy__sim_fcntl(&world, fds[0], F_GETPIPE_SZ, 0), 1 << 20);
}

/* It is an edge for who writes, whether there is more room or not. */
static void new_capacity_wakes(void **state)
{
    int epfd;

    (void)state;
    epfd = tidy__sim_epoll_create1(&world, 0);
    world_watch(epfd, fds[1], EPOLLOUT | EPOLLET);
    world_ready(epfd, 1);
    assert_int_equal(resize(CAPACITY), CAPACITY);
    assert_string_equal(world_ready(epfd, 1), "513:4");
}

/* -------------------------------------------------------------------- blocking */

static void put_later(int len)
{
    put((size_t)len);
}

static void take_later(int len)
{
    take((size_t)len);
}

/* A read waits for the first bytes. */
static void read_blocks(void **state)
{
    (void)state;
    tidy__sim_fcntl(&world, fds[0], F_SETFL, 0);
    world_after(TIDY_MS(5), put_later, 3);
    assert_int_equal(take(10), 3);
    assert_int_equal(world.now_ns / TIDY_MS(1), 5);
}

/* A write waits until all is in. */
static void write_blocks(void **state)
{
    (void)state;
    tidy__sim_fcntl(&world, fds[1], F_SETFL, 0);
    world_after(TIDY_MS(5), take_later, 4096);
    world_after(TIDY_MS(6), take_later, 4096);
    assert_int_equal(put(CAPACITY + 2 * 4096), CAPACITY + 2 * 4096);
    assert_int_equal(world.now_ns / TIDY_MS(1), 6);
    assert_int_equal(take(CAPACITY), CAPACITY);
    assert_memory_equal(got, data + 2 * 4096, CAPACITY);
}

static void read_for_ever(void *arg)
{
    (void)arg;
    tidy__sim_fcntl(&world, fds[0], F_SETFL, 0);
    take(1);
}

/* Nobody will ever write: the run ends, and says what is open. */
static void deadlock_is_told(void **state)
{
    (void)state;
    assert_dies(read_for_ever, NULL, "read on descriptor 512 waits for ever");
    assert_dies(read_for_ever, NULL, "512  pipe         reading end\n");
}

static void write_without_memory(void *arg)
{
    (void)arg;
    oom_fail_nth(1);
    put(1);
}

/* What is written must be somewhere. */
static void memory_for_bytes_is_needed(void **state)
{
    (void)state;
    assert_dies(write_without_memory, NULL, "out of memory for what a pipe");
}

static void ends_are_described(void **state)
{
    (void)state;
    assert_string_equal(world_describe(fds[0]), "reading end");
    put(5);
    assert_string_equal(world_describe(fds[1]), "writing end, 5 bytes unread");
    tidy__sim_close(&world, fds[1]);
    assert_string_equal(world_describe(fds[0]),
                        "reading end, 5 bytes unread, the other end is closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pipe_unit_test(ends_are_as_asked_for),
        pipe_unit_test(errors_are_told),
        pipe_unit_test(numbers_may_be_short),
        pipe_unit_test(memory_may_be_short),
        pipe_unit_test(bytes_stay_in_order),
        pipe_unit_test(capacity_is_sixteen_pages),
        pipe_unit_test(writes_merge),
        pipe_unit_test(rest_is_merged_first),
        pipe_unit_test(a_page_is_not_cut),
        pipe_unit_test(slot_is_free_as_a_whole),
        pipe_unit_test(nothing_is_nothing),
        pipe_unit_test(readiness_follows_the_bytes),
        pipe_unit_test(writer_closes),
        pipe_unit_test(reader_closes),
        pipe_unit_test(copies_keep_an_end),
        pipe_unit_test(edges_are_the_kernels),
        pipe_unit_test(capacity_can_be_set),
        pipe_unit_test(new_capacity_wakes),
        pipe_unit_test(read_blocks),
        pipe_unit_test(write_blocks),
        pipe_unit_test(deadlock_is_told),
        pipe_unit_test(memory_for_bytes_is_needed),
        pipe_unit_test(ends_are_described),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
