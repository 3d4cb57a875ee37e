/* SPDX-License-Identifier: MIT */
/*
 * Descriptors in words.
 */
#include "fixture/baseline.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define N_FDS 3

struct fixture {
    int fds[N_FDS]; /* the test's; -1: none */
};

static int set_up(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){ .fds = { -1, -1, -1 } };
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < N_FDS; i++) {
        if (f->fds[i] >= 0)
            close(f->fds[i]);
    }
    return 0;
}

static void assert_described(int fd, const char *kind, const char *expected)
{
    char what[512];

    assert_string_equal(tidy__describe_fd(fd, what, sizeof(what)), kind);
    assert_string_equal(what, expected);
}

/* A socket on the loopback with a port of the kernel's, which is returned. */
static uint16_t bind_loopback(int fd)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    socklen_t len = sizeof(in);

    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (void *)&in, len), 0);
    assert_int_equal(getsockname(fd, (void *)&in, &len), 0);
    return ntohs(in.sin_port);
}

static uint16_t listen_on_loopback(struct fixture *f)
{
    uint16_t port;

    f->fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    port = bind_loopback(f->fds[0]);
    assert_int_equal(listen(f->fds[0], 1), 0);
    return port;
}

/* Of a listener there is one address. */
static void listeners_are_told(void **state)
{
    struct fixture *f = *state;
    uint16_t port = listen_on_loopback(f);
    char expected[64];

    snprintf(expected, sizeof(expected), "127.0.0.1:%u  LISTEN", port);
    assert_described(f->fds[0], "tcp socket", expected);
}

/* Of a connection there are two, and its state. */
static void connections_are_told(void **state)
{
    struct fixture *f = *state;
    uint16_t listening = listen_on_loopback(f), port;
    struct sockaddr_in in = { .sin_family = AF_INET };
    char expected[128];

    f->fds[1] = socket(AF_INET, SOCK_STREAM, 0);
    port = bind_loopback(f->fds[1]);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in.sin_port = htons(listening);
    assert_int_equal(connect(f->fds[1], (void *)&in, sizeof(in)), 0);
    f->fds[2] = accept(f->fds[0], NULL, NULL);
    snprintf(expected,
             sizeof(expected),
             "127.0.0.1:%u -> 127.0.0.1:%u  ESTABLISHED",
             port,
             listening);
    assert_described(f->fds[1], "tcp socket", expected);
    snprintf(expected,
             sizeof(expected),
             "127.0.0.1:%u -> 127.0.0.1:%u  ESTABLISHED",
             listening,
             port);
    assert_described(f->fds[2], "tcp socket", expected);
}

/* A TCP socket that was only made has the address of nobody. */
static void new_sockets_are_told(void **state)
{
    struct fixture *f = *state;

    f->fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_described(f->fds[0], "tcp socket", "0.0.0.0:0  CLOSE");
}

/* A UDP socket has no state. */
static void datagram_sockets_are_told(void **state)
{
    struct fixture *f = *state;
    char expected[64];

    f->fds[0] = socket(AF_INET, SOCK_DGRAM, 0);
    snprintf(
        expected, sizeof(expected), "127.0.0.1:%u", bind_loopback(f->fds[0]));
    assert_described(f->fds[0], "udp socket", expected);
}

/* Unix sockets may have names or not. */
static void unix_sockets_are_told(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    char expected[128];
    int len;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, f->fds), 0);
    assert_described(f->fds[0], "unix socket", "(unnamed) -> (unnamed)");
    f->fds[2] = socket(AF_UNIX, SOCK_STREAM, 0);
    len =
        snprintf(un.sun_path + 1, 64, "tidysock-describe-%ld", (long)getpid());
    assert_int_equal(bind(f->fds[2],
                          (void *)&un,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                                      1 + (size_t)len)),
                     0);
    assert_int_equal(listen(f->fds[2], 1), 0);
    snprintf(expected, sizeof(expected), "@%s  LISTEN", un.sun_path + 1);
    assert_described(f->fds[2], "unix socket", expected);
}

/* Pipes, files and the kernel's own things are named without numbers. */
static void others_are_told(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(pipe(f->fds), 0);
    f->fds[2] = open("/dev/null", O_RDONLY);
    assert_described(f->fds[0], "pipe", "one end of a pipe");
    assert_described(f->fds[2], "file", "/dev/null");
    close(f->fds[2]);
    f->fds[2] = epoll_create1(0);
    assert_described(f->fds[2], "descriptor", "eventpoll");
}

/* What there is no room for is cut off. */
static void long_words_are_cut_off(void **state)
{
    struct fixture *f = *state;
    char what[5];

    f->fds[0] = open("/dev/null", O_RDONLY);
    tidy__describe_fd(f->fds[0], what, sizeof(what));
    assert_string_equal(what, "/dev");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(listeners_are_told),     TEST(connections_are_told),
        TEST(new_sockets_are_told),   TEST(datagram_sockets_are_told),
        TEST(unix_sockets_are_told),  TEST(others_are_told),
        TEST(long_words_are_cut_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
