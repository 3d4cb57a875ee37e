/* SPDX-License-Identifier: MIT */
/*
 * Reading, writing and blocking; cuts are in test_sim_call_io_cut.c.
 */
#include "support/death.h"
#include "support/stream_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char got[64];

static ssize_t receive(size_t len, int flags)
{
    struct iovec iov = { .iov_base = got, .iov_len = len };

    return tidy__sim_readv(&world, "recv", stream_fd, &iov, 1, flags);
}

static void assert_sent(const char *text)
{
    assert_int_equal(stream.n_out, strlen(text));
    assert_memory_equal(stream.out, text, stream.n_out);
}

/* What happens later. */
static void get_room(int n)
{
    stream.n_room += (size_t)n;
}

static void end(int unused)
{
    (void)unused;
    stream.has_end = true;
}

static void fail_with(int error)
{
    stream.error = error;
}

/* A file that can be neither read nor written. */
static uint32_t poll_nothing(struct sim_file *file)
{
    (void)file;
    return 0;
}

static void release_nothing(struct sim_file *file)
{
    (void)file;
}

static const struct sim_file_ops deaf_ops = {
    .kind = "deaf",
    .poll = poll_nothing,
    .release = release_nothing,
};

/* -------------------------------------------------------------------- errors */

static void descriptors_are_checked(void **state)
{
    struct sim_file deaf;
    int fd;

    (void)state;
    assert_int_equal(world_read(900, got, 1), -EBADF);
    assert_int_equal(world_write(-1, got, 1), -EBADF);
    stream.file.status = O_WRONLY;
    assert_int_equal(world_read(stream_fd, got, 0), -EBADF);
    stream.file.status = O_RDONLY;
    assert_int_equal(world_write(stream_fd, got, 0), -EBADF);
    tidy__sim_file_init(&deaf, &world, &deaf_ops, O_RDWR);
    fd = tidy__sim_fd_open(&deaf, 0);
    assert_int_equal(world_read(fd, got, 1), -EINVAL);
    assert_int_equal(world_write(fd, got, 1), -EINVAL);
    assert_int_equal(tidy__sim_readv(&world, "recv", fd, NULL, 0, 0),
                     -ENOTSOCK);
    assert_int_equal(tidy__sim_writev(&world, "send", fd, NULL, 0, 0),
                     -ENOTSOCK);
    tidy__sim_fd_close(&world, fd);
}

static void buffers_are_checked(void **state)
{
    static struct iovec iov[IOV_MAX + 1];
    struct iovec bad[] = { { got, 1 }, { got, SIZE_MAX } };

    (void)state;
#define READV(call, iov, n)                                                    \
    tidy__sim_readv(&world, (call), stream_fd, (iov), (n), 0)
    assert_int_equal(READV("readv", iov, IOV_MAX + 1), -EINVAL);
    assert_int_equal(READV("recvmsg", iov, IOV_MAX + 1), -EMSGSIZE);
    assert_int_equal(READV("readv", bad, 2), -EINVAL);
    assert_int_equal(READV("readv", iov, IOV_MAX), 0);
#undef READV
    assert_int_equal(
        tidy__sim_writev(&world, "sendmsg", stream_fd, iov, IOV_MAX + 1, 0),
        -EMSGSIZE);
    assert_int_equal(tidy__sim_writev(&world, "writev", stream_fd, bad, 2, 0),
                     -EINVAL);
    assert_int_equal(stream.n_attempts, 0);
}

/* Some calls never ask a file for nothing, and others do. */
static void nothing_may_be_asked_for(void **state)
{
    struct iovec none = { .iov_base = got };

    (void)state;
    stream_be_nonblocking();
    assert_int_equal(world_read(stream_fd, got, 0), 0);
    assert_int_equal(tidy__sim_writev(&world, "writev", stream_fd, &none, 1, 0),
                     0);
    assert_int_equal(tidy__sim_writev(&world, "writev", stream_fd, &none, 0, 0),
                     0);
    assert_int_equal(stream.n_attempts, 0);
    assert_int_equal(receive(0, 0), -EAGAIN);
    assert_int_equal(world_write(stream_fd, got, 0), 0);
    assert_int_equal(stream.n_attempts, 2);
}

static void receive_flagged(void *arg)
{
    receive(1, *(const int *)arg);
}

static void unmodelled_flags_are_named(void **state)
{
    int flags = MSG_OOB;

    (void)state;
    assert_dies(receive_flagged, &flags, "does not model MSG_OOB");
    flags = MSG_ERRQUEUE;
    assert_dies(receive_flagged, &flags, "does not model MSG_ERRQUEUE");
    flags = MSG_TRUNC;
    assert_dies(receive_flagged, &flags, "does not model MSG_TRUNC");
    flags = MSG_ZEROCOPY;
    assert_dies(receive_flagged, &flags, "does not model MSG_ZEROCOPY");
    flags = MSG_FASTOPEN;
    assert_dies(receive_flagged, &flags, "does not model MSG_FASTOPEN");
}

/* ------------------------------------------------------------ without blocking */

/* Several buffers are one piece. */
static void buffers_are_one(void **state)
{
    char a[3] = "", b[8] = "";
    struct iovec to[] = { { a, 2 }, { a, 0 }, { b, 7 } };
    struct iovec from[] = { { (void *)(uintptr_t) "pi", 2 },
                            { (void *)(uintptr_t) "ng", 2 } };

    (void)state;
    stream_put_in("hello");
    assert_int_equal(tidy__sim_readv(&world, "readv", stream_fd, to, 3, 0), 5);
    assert_string_equal(a, "he");
    assert_string_equal(b, "llo");
    assert_int_equal(tidy__sim_writev(&world, "writev", stream_fd, from, 2, 0),
                     4);
    assert_sent("ping");
}

static void nonblocking_says_again(void **state)
{
    (void)state;
    stream.n_room = 3;
    assert_int_equal(receive(8, MSG_DONTWAIT), -EAGAIN);
    stream_be_nonblocking();
    assert_int_equal(receive(8, MSG_WAITALL), -EAGAIN);
    assert_int_equal(stream_send("hello", 0), 3);
    assert_int_equal(stream_send("lo", 0), -EAGAIN);
    stream_put_in("ab");
    assert_int_equal(receive(8, MSG_WAITALL), 2);
    assert_int_equal(stream.flags, MSG_WAITALL);
}

static volatile sig_atomic_t n_signals;

static void on_signal(int number)
{
    (void)number;
    n_signals++;
    tidy__sim_fd_close(&world, stream_fd); /* as a handler may */
}

/* EPIPE comes with a signal, unless that is not wanted. */
static void broken_pipe_signals(void **state)
{
    void (*before)(int) = signal(SIGPIPE, on_signal);

    (void)state;
    n_signals = 0;
    stream.error = EPIPE;
    assert_int_equal(stream_send("a", MSG_NOSIGNAL), -EPIPE);
    assert_int_equal(n_signals, 0);
    stream.error = ECONNRESET;
    assert_int_equal(stream_send("a", 0), -ECONNRESET);
    assert_int_equal(n_signals, 0);
    stream.error = EPIPE;
    assert_int_equal(world_write(stream_fd, "a", 1), -EPIPE);
    assert_int_equal(n_signals, 1);
    signal(SIGPIPE, before);
}

/* -------------------------------------------------------------------- blocking */

/* A read waits for the first bytes, and takes what is there. */
static void read_waits_for_the_first(void **state)
{
    (void)state;
    world_after(TIDY_MS(1), stream_arrive, 3);
    world_after(TIDY_MS(2), stream_arrive, 3);
    assert_int_equal(world_read(stream_fd, got, 10), 3);
    assert_int_equal(world.now_ns, TIDY_MS(1));
    assert_int_equal(stream.n_attempts, 2);
}

static void read_ends(void **state)
{
    (void)state;
    world_after(TIDY_MS(1), end, 0);
    assert_int_equal(world_read(stream_fd, got, 10), 0);
    stream.has_end = false;
    world_after(TIDY_MS(1), fail_with, ECONNRESET);
    assert_int_equal(world_read(stream_fd, got, 10), -ECONNRESET);
}

/* MSG_WAITALL waits for all, across as many buffers as there are. */
static void all_can_be_waited_for(void **state)
{
    struct iovec to[10];
    size_t idx;

    (void)state;
    for (idx = 0; idx < 10; idx++)
        to[idx] = (struct iovec){ got + idx, 1 };
    stream_put_in("ab");
    world_after(TIDY_MS(1), stream_arrive, 3);
    world_after(TIDY_MS(2), stream_arrive, 8);
    assert_int_equal(
        tidy__sim_readv(&world, "recvmsg", stream_fd, to, 10, MSG_WAITALL), 10);
    assert_memory_equal(got, "abxxxxxxxx", 10);
    assert_int_equal(world.now_ns, TIDY_MS(2));
    assert_int_equal(stream.n_in, 3);
}

/* It ends early at the end, and at an error, which the next call tells. */
static void all_may_not_come(void **state)
{
    (void)state;
    stream_put_in("ab");
    world_after(TIDY_MS(1), end, 0);
    assert_int_equal(receive(10, MSG_WAITALL), 2);
    assert_int_equal(receive(10, MSG_WAITALL), 0);
    stream.has_end = false;
    stream_put_in("ab");
    stream.error = ECONNRESET;
    assert_int_equal(receive(10, MSG_WAITALL), 2);
    assert_int_equal(receive(10, MSG_WAITALL), -ECONNRESET);
}

/* A peek that waits for all takes nothing. */
static void all_can_be_peeked_at(void **state)
{
    (void)state;
    stream_put_in("ab");
    world_after(TIDY_MS(1), stream_arrive, 1);
    world_after(TIDY_MS(2), stream_arrive, 1);
    assert_int_equal(receive(4, MSG_WAITALL | MSG_PEEK), 4);
    assert_int_equal(world.now_ns, TIDY_MS(2));
    assert_int_equal(stream.n_in, 4);
    world_after(TIDY_MS(1), end, 0);
    assert_int_equal(receive(9, MSG_WAITALL | MSG_PEEK), 4);
    assert_int_equal(receive(9, MSG_WAITALL | MSG_PEEK | MSG_DONTWAIT), 4);
    stream.has_end = false;
    stream.patience_ns = TIDY_MS(1);
    assert_int_equal(receive(9, MSG_WAITALL | MSG_PEEK), 4);
    world_answer(TIDY_CHOICE_EINTR_FAULT, 2, 1);
    assert_int_equal(receive(9, MSG_WAITALL | MSG_PEEK), -EINTR);
}

/* A write waits until all is taken. */
static void write_waits_for_all(void **state)
{
    struct iovec from[12];
    size_t idx;

    (void)state;
    for (idx = 0; idx < 12; idx++)
        from[idx] =
            (struct iovec){ (char *)(uintptr_t) "abcdefghijkl" + idx, 1 };
    stream.n_room = 1;
    world_after(TIDY_MS(1), get_room, 2);
    world_after(TIDY_MS(2), get_room, 20);
    assert_int_equal(tidy__sim_writev(&world, "writev", stream_fd, from, 12, 0),
                     12);
    assert_sent("abcdefghijkl");
    assert_int_equal(world.now_ns, TIDY_MS(2));
}

/* An error after some bytes does not undo them. */
static void write_may_break_off(void **state)
{
    (void)state;
    stream.n_room = 2;
    world_after(TIDY_MS(1), fail_with, ECONNRESET);
    assert_int_equal(stream_send("hello", 0), 2);
    stream.n_room = 0;
    world_after(TIDY_MS(1), fail_with, ECONNRESET);
    assert_int_equal(stream_send("hello", 0), -ECONNRESET);
}

/* Patience is for the whole call. */
static void patience_ends(void **state)
{
    (void)state;
    stream.patience_ns = TIDY_MS(10);
    assert_int_equal(receive(8, 0), -EAGAIN);
    assert_int_equal(world.now_ns, TIDY_MS(10) + SIM_CALL_NS);
    world_after(TIDY_MS(6), stream_arrive, 1);
    assert_int_equal(receive(8, MSG_WAITALL), 1);
    assert_int_equal(world.now_ns, TIDY_MS(20) + 2 * SIM_CALL_NS);
    stream.n_room = 2;
    assert_int_equal(stream_send("hello", 0), 2);
    assert_int_equal(stream_send("llo", 0), -EAGAIN);
}

static void read_for_ever(void *arg)
{
    (void)arg;
    receive(1, 0);
}

static void deadlock_is_told(void **state)
{
    (void)state;
    assert_dies(read_for_ever, NULL, "recv on descriptor 512 waits for ever");
}

/* A signal may come instead; what is done is done. */
static void blocking_may_be_interrupted(void **state)
{
    (void)state;
    world_answer(TIDY_CHOICE_EINTR_FAULT, 2, 1);
    assert_int_equal(world_read(stream_fd, got, 1), -EINTR);
    stream.n_room = 2;
    world_answer(TIDY_CHOICE_EINTR_FAULT, 2, 1);
    assert_int_equal(stream_send("hello", 0), 2);
    world_answer(TIDY_CHOICE_EINTR_FAULT, 2, 1);
    assert_int_equal(stream_send("llo", 0), -EINTR);
    stream_put_in("a");
    assert_int_equal(world_read(stream_fd, got, 1), 1);
    stream_be_nonblocking();
    assert_int_equal(world_read(stream_fd, got, 1), -EAGAIN);
    assert_int_equal(world_n_offered(TIDY_CHOICE_EINTR_FAULT), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stream_unit_test(descriptors_are_checked),
        stream_unit_test(buffers_are_checked),
        stream_unit_test(nothing_may_be_asked_for),
        stream_unit_test(unmodelled_flags_are_named),
        stream_unit_test(buffers_are_one),
        stream_unit_test(nonblocking_says_again),
        stream_unit_test(broken_pipe_signals),
        stream_unit_test(read_waits_for_the_first),
        stream_unit_test(read_ends),
        stream_unit_test(all_can_be_waited_for),
        stream_unit_test(all_may_not_come),
        stream_unit_test(all_can_be_peeked_at),
        stream_unit_test(write_waits_for_all),
        stream_unit_test(write_may_break_off),
        stream_unit_test(patience_ends),
        stream_unit_test(deadlock_is_told),
        stream_unit_test(blocking_may_be_interrupted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
