/* SPDX-License-Identifier: MIT */
/*
 * By choice a read gives less than there is, and a write takes less than there
 * is room for.
 */
#include "support/stream_probe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char got[64];

static ssize_t receive_all(size_t len)
{
    struct iovec iov = { .iov_base = got, .iov_len = len };

    return tidy__sim_readv(&world, "recv", stream_fd, &iov, 1, MSG_WAITALL);
}

/* Of what is there, or is asked for: all, 1, half, all but 1. */
static void reads_may_be_cut(void **state)
{
    static const struct {
        size_t n_there, len, n, choice, expected;
    } cuts[] = {
        { 9, 20, 4, 0, 9 }, { 9, 20, 4, 1, 1 }, { 9, 20, 4, 2, 4 },
        { 9, 20, 4, 3, 8 }, { 9, 6, 4, 2, 3 },  { 3, 20, 3, 1, 1 },
        { 3, 20, 3, 2, 2 }, { 2, 20, 2, 1, 1 }, { 9, 2, 2, 1, 1 },
    };
    size_t idx;

    (void)state;
    for (idx = 0; idx < TIDY_COUNT(cuts); idx++) {
        stream.n_in = 0;
        stream_arrive((int)cuts[idx].n_there);
        world_answer(TIDY_CHOICE_READ_CUT, cuts[idx].n, cuts[idx].choice);
        assert_int_equal(world_read(stream_fd, got, cuts[idx].len),
                         cuts[idx].expected);
    }
}

/* Where nothing can be cut, nothing is asked. */
static void some_reads_are_whole(void **state)
{
    int pipe_fds[2];

    (void)state;
    stream_arrive(1);
    assert_int_equal(world_read(stream_fd, got, 9), 1);
    stream_arrive(9);
    assert_int_equal(world_read(stream_fd, got, 1), 1);
    assert_int_equal(receive_all(8), 8);
    tidy__sim_pipe2(&world, pipe_fds, 0);
    world_write(pipe_fds[1], "hello", 5);
    assert_int_equal(world_read(pipe_fds[0], got, 5), 5);
    assert_int_equal(world_n_offered(TIDY_CHOICE_READ_CUT), 0);
}

/* As reads; or there is no room at all. */
static void writes_may_be_cut(void **state)
{
    static const struct {
        const char *text;
        size_t n, choice;
        ssize_t expected;
    } cuts[] = {
        { "hello", 5, 0, 5 },       { "hello", 5, 1, 1 },
        { "hello", 5, 2, 2 },       { "hello", 5, 3, 4 },
        { "hello", 5, 4, -EAGAIN }, { "abc", 4, 2, 2 },
        { "abc", 4, 3, -EAGAIN },   { "ab", 3, 1, 1 },
        { "ab", 3, 2, -EAGAIN },    { "a", 2, 0, 1 },
        { "a", 2, 1, -EAGAIN },
    };
    size_t idx;

    (void)state;
    stream_be_nonblocking();
    for (idx = 0; idx < TIDY_COUNT(cuts); idx++) {
        stream.n_out = 0;
        stream.n_room = 16;
        world_answer(TIDY_CHOICE_WRITE_CUT, cuts[idx].n, cuts[idx].choice);
        assert_int_equal(stream_send(cuts[idx].text, 0), cuts[idx].expected);
    }
}

/* A write that blocks is never cut, nor one that finds an error or no room. */
static void some_writes_are_whole(void **state)
{
    (void)state;
    assert_int_equal(stream_send("hello", 0), 5);
    stream_be_nonblocking();
    assert_int_equal(world_write(stream_fd, got, 0), 0);
    stream.error = ECONNRESET;
    assert_int_equal(stream_send("hello", 0), -ECONNRESET);
    stream.n_room = 0;
    assert_int_equal(stream_send("hello", 0), -EAGAIN);
    assert_int_equal(world_n_offered(TIDY_CHOICE_WRITE_CUT), 0);
}

/* After a cut the rest is there an instant later: that is an edge. */
static void cuts_wake(void **state)
{
    int epfd;

    (void)state;
    stream_be_nonblocking();
    stream_arrive(5);
    epfd = tidy__sim_epoll_create1(&world, 0);
    world_watch(epfd, stream_fd, EPOLLIN | EPOLLOUT | EPOLLET);
    assert_string_equal(world_ready(epfd, 1), "512:5");
    world_answer(TIDY_CHOICE_READ_CUT, 4, 1);
    assert_int_equal(world_read(stream_fd, got, 9), 1);
    assert_string_equal(world_ready(epfd, 1), "512:5");
    assert_int_equal(world_read(stream_fd, got, 2), 2);
    assert_string_equal(world_ready(epfd, 1), "");
    world_answer(TIDY_CHOICE_WRITE_CUT, 5, 4);
    assert_int_equal(stream_send("hello", 0), -EAGAIN);
    assert_string_equal(world_ready(epfd, 1), "512:5");
    assert_int_equal(stream_send("hello", 0), 5);
    assert_string_equal(world_ready(epfd, 1), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stream_unit_test(reads_may_be_cut),
        stream_unit_test(some_reads_are_whole),
        stream_unit_test(writes_may_be_cut),
        stream_unit_test(some_writes_are_whole),
        stream_unit_test(cuts_wake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
