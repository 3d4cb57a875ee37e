/* SPDX-License-Identifier: MIT */
/*
 * Every way to read, write and close, in a world.
 */
#include "sim/body.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

/* Names that no header of the C library has, or only when it fortifies. */
ssize_t __read(int fd, void *data, size_t len);
ssize_t __write(int fd, const void *data, size_t len);
ssize_t __send(int fd, const void *data, size_t len, int flags);
int __close(int fd);
ssize_t __read_chk(int fd, void *data, size_t len, size_t size);
ssize_t __recv_chk(int fd, void *data, size_t len, size_t size, int flags);
ssize_t __recvfrom_chk(int fd,
                       void *data,
                       size_t len,
                       size_t size,
                       int flags,
                       struct sockaddr *address,
                       socklen_t *address_len);
int __dprintf_chk(int fd, int flag, const char *fmt, ...);

/* ---------------------------------------------------------- whose they are */

static void make_descriptors(void *arg)
{
    int fds[2][2], made[8], idx, n = 0;

    (void)arg;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds[0]) == 0);
    CHECK(pipe(fds[1]) == 0);
    made[n++] = socket(AF_INET, SOCK_STREAM, 0);
    made[n++] = socket(AF_INET6, SOCK_STREAM, 0);
    made[n++] = socket(AF_UNIX, SOCK_STREAM, 0);
    made[n++] = epoll_create(1);
    made[n++] = epoll_create1(EPOLL_CLOEXEC);
    made[n++] = eventfd(0, 0);
    made[n++] = timerfd_create(CLOCK_MONOTONIC, 0);
    made[n++] = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
    for (idx = 0; idx < n; idx++)
        CHECK(is_simulated(made[idx]) && close(made[idx]) == 0);
    for (idx = 0; idx < 4; idx++) {
        int fd = fds[idx / 2][idx % 2];

        CHECK(is_simulated(fd) && close(fd) == 0);
    }
}

/* What a body makes is its world's. */
static void descriptors_are_the_worlds(void **state)
{
    (void)state;
    assert_passes(make_descriptors, NULL);
}

static void use_a_file(void *arg)
{
    int fd = open("/dev/zero", O_RDWR);
    char byte = 7;

    (void)arg;
    CHECK(fd >= 0 && !is_simulated(fd));
    CHECK(write(fd, &byte, 1) == 1 && read(fd, &byte, 1) == 1 && byte == 0);
    CHECK(!is_simulated(dup(fd)) && fcntl(fd, F_GETFD) == 0);
    CHECK(close(fd) == 0);
}

/* A file is the real one. */
static void files_are_real(void **state)
{
    (void)state;
    assert_passes(use_a_file, NULL);
}

/* ---------------------------------------------------------------- every way */

typedef ssize_t (*write_cb)(int fd, const char *text, size_t len);
typedef ssize_t (*read_cb)(int fd, char *text, size_t size);

static ssize_t by_writev(int fd, const char *text, size_t len)
{
    struct iovec iov[2] = {
        { .iov_base = (void *)(uintptr_t)text, .iov_len = 1 },
        { .iov_base = (void *)(uintptr_t)(text + 1), .iov_len = len - 1 },
    };

    return writev(fd, iov, 2);
}

static ssize_t by_send(int fd, const char *text, size_t len)
{
    return send(fd, text, len, MSG_NOSIGNAL);
}

static ssize_t by_send_alias(int fd, const char *text, size_t len)
{
    return __send(fd, text, len, 0);
}

static ssize_t by_sendto(int fd, const char *text, size_t len)
{
    return sendto(fd, text, len, 0, NULL, 0);
}

static ssize_t by_sendmsg(int fd, const char *text, size_t len)
{
    struct iovec iov = { .iov_base = (void *)(uintptr_t)text, .iov_len = len };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

    return sendmsg(fd, &msg, 0);
}

static ssize_t by_sendmmsg(int fd, const char *text, size_t len)
{
    struct iovec iov[2] = {
        { .iov_base = (void *)(uintptr_t)text, .iov_len = 2 },
        { .iov_base = (void *)(uintptr_t)(text + 2), .iov_len = len - 2 },
    };
    struct mmsghdr msgs[2] = {
        { .msg_hdr = { .msg_iov = &iov[0], .msg_iovlen = 1 } },
        { .msg_hdr = { .msg_iov = &iov[1], .msg_iovlen = 1 } },
    };

    CHECK(sendmmsg(fd, msgs, 2, 0) == 2);
    return (ssize_t)msgs[0].msg_len + (ssize_t)msgs[1].msg_len;
}

static ssize_t by_dprintf(int fd, const char *text, size_t len)
{
    return dprintf(fd, "%.*s", (int)len, text);
}

static ssize_t by_fortified_dprintf(int fd, const char *text, size_t len)
{
    return __dprintf_chk(fd, 1, "%.*s", (int)len, text);
}

static ssize_t by_write_number(int fd, const char *text, size_t len)
{
    return syscall(SYS_write, fd, text, len);
}

static ssize_t by_sendto_number(int fd, const char *text, size_t len)
{
    return syscall(SYS_sendto, fd, text, len, 0, NULL, 0);
}

static ssize_t plain_write(int fd, const char *text, size_t len)
{
    return write(fd, text, len);
}

static ssize_t aliased_write(int fd, const char *text, size_t len)
{
    return __write(fd, text, len);
}

static const write_cb writes[] = {
    plain_write,     aliased_write,
    by_writev,       by_send,
    by_send_alias,   by_sendto,
    by_sendmsg,      by_sendmmsg,
    by_dprintf,      by_fortified_dprintf,
    by_write_number, by_sendto_number,
};

static ssize_t plain_read(int fd, char *text, size_t size)
{
    return read(fd, text, size);
}

static ssize_t aliased_read(int fd, char *text, size_t size)
{
    return __read(fd, text, size);
}

static ssize_t fortified_read(int fd, char *text, size_t size)
{
    return __read_chk(fd, text, size, size);
}

static ssize_t by_readv(int fd, char *text, size_t size)
{
    struct iovec iov[2] = {
        { .iov_base = text, .iov_len = 3 },
        { .iov_base = text + 3, .iov_len = size - 3 },
    };

    return readv(fd, iov, 2);
}

static ssize_t by_recv(int fd, char *text, size_t size)
{
    return recv(fd, text, size, 0);
}

static ssize_t by_fortified_recv(int fd, char *text, size_t size)
{
    return __recv_chk(fd, text, size, size, 0);
}

static ssize_t by_recvfrom(int fd, char *text, size_t size)
{
    return recvfrom(fd, text, size, 0, NULL, NULL);
}

static ssize_t by_fortified_recvfrom(int fd, char *text, size_t size)
{
    return __recvfrom_chk(fd, text, size, size, 0, NULL, NULL);
}

static ssize_t by_recvmsg(int fd, char *text, size_t size)
{
    struct iovec iov = { .iov_base = text, .iov_len = size };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

    return recvmsg(fd, &msg, 0);
}

static ssize_t by_recvmmsg(int fd, char *text, size_t size)
{
    struct iovec iov = { .iov_base = text, .iov_len = size };
    struct mmsghdr msgs[2] = {
        { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } },
        { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } },
    };

    /* The end of the stream is there twice. */
    CHECK(recvmmsg(fd, msgs, 2, MSG_WAITFORONE, NULL) >= 1);
    return (ssize_t)msgs[0].msg_len;
}

static ssize_t by_read_number(int fd, char *text, size_t size)
{
    return syscall(SYS_read, fd, text, size);
}

static ssize_t by_recvfrom_number(int fd, char *text, size_t size)
{
    return syscall(SYS_recvfrom, fd, text, size, 0, NULL, NULL);
}

static const read_cb reads[] = {
    plain_read, aliased_read,      fortified_read, by_readv,
    by_recv,    by_fortified_recv, by_recvfrom,    by_fortified_recvfrom,
    by_recvmsg, by_recvmmsg,       by_read_number, by_recvfrom_number,
};

static void write_and_read_in_every_way(void *arg)
{
    int fds[2];
    size_t w, r;

    (void)arg;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    for (w = 0; w < TIDY_COUNT(writes); w++) {
        for (r = 0; r < TIDY_COUNT(reads); r++) {
            char text[16] = "";

            CHECK(writes[w](fds[0], "hello", 5) == 5);
            CHECK(reads[r](fds[1], text, sizeof(text)) == 5);
            CHECK(strcmp(text, "hello") == 0);
        }
    }
    CHECK(close(fds[0]) == 0);
    for (r = 0; r < TIDY_COUNT(reads); r++) {
        char text[16];

        CHECK(reads[r](fds[1], text, sizeof(text)) == 0);
    }
    CHECK(__close(fds[1]) == 0);
}

/* Each call that writes reaches each call that reads. */
static void all_reads_and_writes(void **state)
{
    (void)state;
    assert_passes(write_and_read_in_every_way, NULL);
}

static void fail_in_every_way(void *arg)
{
    int fds[2];
    size_t idx;

    (void)arg;
    signal(SIGPIPE, SIG_IGN);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    for (idx = 0; idx < TIDY_COUNT(reads); idx++) {
        char text[16];

        if (reads[idx] != by_recvmmsg)
            CHECK_FAILS(reads[idx](fds[0], text, sizeof(text)), EAGAIN);
    }
    CHECK(close(fds[1]) == 0);
    for (idx = 0; idx < TIDY_COUNT(writes); idx++) {
        if (writes[idx] != by_sendmmsg)
            CHECK_FAILS(writes[idx](fds[0], "hello", 5), EPIPE);
    }
    CHECK(close(fds[0]) == 0);
    CHECK_FAILS(plain_read(fds[0], (char *)fds, 1), EBADF);
}

/* Errors are in errno. */
static void all_failures(void **state)
{
    (void)state;
    assert_passes(fail_in_every_way, NULL);
}

static void read_with_an_address(void *arg)
{
    struct sockaddr_storage from;
    socklen_t len = sizeof(from);
    int fds[2];
    char byte;

    (void)arg;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK(send(fds[0], "x", 1, 0) == 1);
    CHECK(recvfrom(fds[1], &byte, 1, 0, (struct sockaddr *)&from, &len) == 1);
    CHECK(len == 0);
    close(fds[0]);
    close(fds[1]);
}

/* A stream has nobody to name. */
static void recvfrom_gives_no_address(void **state)
{
    (void)state;
    assert_passes(read_with_an_address, NULL);
}

/* --------------------------------------------------------------- descriptors */

static void copy_descriptors(void *arg)
{
    int fds[2], copy, flag = 1, n = 0;
    struct stat st;

    (void)arg;
    CHECK(pipe2(fds, O_CLOEXEC) == 0);
    CHECK(fcntl(fds[0], F_GETFD) == FD_CLOEXEC);
    copy = dup(fds[0]);
    CHECK(is_simulated(copy) && fcntl(copy, F_GETFD) == 0);
    CHECK(dup2(fds[1], copy) == copy && write(copy, "ab", 2) == 2);
    CHECK(dup3(fds[1], copy, O_CLOEXEC) == copy && close(copy) == 0);
    copy = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
    CHECK(is_simulated(copy) && close(copy) == 0);
    CHECK(ioctl(fds[0], FIONREAD, &n) == 0 && n == 2);
    CHECK(ioctl(fds[0], FIONBIO, &flag) == 0);
    CHECK(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
    CHECK(fstat(fds[0], &st) == 0 && S_ISFIFO(st.st_mode));
    CHECK(fstatat(fds[0], "", &st, AT_EMPTY_PATH) == 0);
    CHECK(S_ISFIFO(st.st_mode));
    CHECK(close(fds[0]) == 0 && syscall(SYS_close, fds[1]) == 0);
    CHECK_FAILS(close(fds[0]), EBADF);
}

static void all_about_descriptors(void **state)
{
    (void)state;
    assert_passes(copy_descriptors, NULL);
}

static void ask_for_a_terminal(void *arg)
{
    struct termios settings;
    int fd = eventfd(0, 0);

    (void)arg;
    errno = 0;
    CHECK(isatty(fd) == 0 && errno == ENOTTY);
    CHECK_FAILS(tcgetattr(fd, &settings), ENOTTY);
    CHECK_FAILS(tcsetattr(fd, TCSANOW, &settings), ENOTTY);
    close(fd);
    CHECK_FAILS(tcgetattr(fd, &settings), EBADF);
}

static void no_terminals(void **state)
{
    (void)state;
    assert_passes(ask_for_a_terminal, NULL);
}

static void count_with_an_eventfd(void *arg)
{
    int fd = eventfd(1, EFD_NONBLOCK);
    eventfd_t value;

    (void)arg;
    CHECK(eventfd_write(fd, 2) == 0);
    CHECK(eventfd_read(fd, &value) == 0 && value == 3);
    CHECK_FAILS(eventfd_read(fd, &value), EAGAIN);
    close(fd);
}

static void eventfd_by_its_functions(void **state)
{
    (void)state;
    assert_passes(count_with_an_eventfd, NULL);
}

static void close_by_ranges(void *arg)
{
    int first = eventfd(0, 0), second = eventfd(0, 0), third = eventfd(0, 0);

    (void)arg;
    CHECK(close_range((unsigned)second, ~0U, CLOSE_RANGE_CLOEXEC) == 0);
    CHECK(fcntl(first, F_GETFD) == 0);
    CHECK(fcntl(second, F_GETFD) == FD_CLOEXEC);
    CHECK(close_range((unsigned)first, (unsigned)second, 0) == 0);
    CHECK_FAILS(fcntl(second, F_GETFD), EBADF);
    CHECK(fcntl(third, F_GETFD) == FD_CLOEXEC);
    closefrom(third);
    CHECK_FAILS(fcntl(third, F_GETFD), EBADF);
    CHECK(eventfd(0, 0) == first && close(first) == 0);
}

/* The numbers of simulated descriptors stay reserved. */
static void ranges_are_closed(void **state)
{
    (void)state;
    assert_passes(close_by_ranges, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_are_the_worlds),
        cmocka_unit_test(files_are_real),
        cmocka_unit_test(all_reads_and_writes),
        cmocka_unit_test(all_failures),
        cmocka_unit_test(recvfrom_gives_no_address),
        cmocka_unit_test(all_about_descriptors),
        cmocka_unit_test(no_terminals),
        cmocka_unit_test(eventfd_by_its_functions),
        cmocka_unit_test(ranges_are_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
