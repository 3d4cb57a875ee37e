/* SPDX-License-Identifier: MIT */
#include "support/tcp_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int tcp_socket(void)
{
    return tidy__sim_socket(&world, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
}

int tcp_listen(int backlog)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = tcp_socket();

    assert_int_equal(
        tidy__sim_bind(
            &world, fd, (const struct sockaddr *)&address, sizeof(address)),
        0);
    assert_int_equal(tidy__sim_listen(&world, fd, backlog), 0);
    return fd;
}

int tcp_connect(int fd, int listener)
{
    struct sockaddr_in address;
    socklen_t len = sizeof(address);

    assert_int_equal(tidy__sim_getsockname(
                         &world, listener, (struct sockaddr *)&address, &len),
                     0);
    return tidy__sim_connect(
        &world, fd, (const struct sockaddr *)&address, len);
}

int tcp_accept(int listener)
{
    return tidy__sim_accept4(&world, listener, NULL, NULL, SOCK_NONBLOCK);
}

int tcp_client(int listener)
{
    int fd = tcp_socket();

    assert_int_equal(tcp_connect(fd, listener), -EINPROGRESS);
    return fd;
}

void tcp_pair(int listener, int ret_fds[2])
{
    ret_fds[0] = tcp_client(listener);
    ret_fds[1] = tcp_accept(listener);
    assert_in_range(ret_fds[1], SIM_FD_MIN, SIM_FD_MAX);
}

void tcp_reset(int fd)
{
    const struct linger linger = { .l_onoff = 1, .l_linger = 0 };

    assert_int_equal(
        tidy__sim_setsockopt(
            &world, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)),
        0);
    assert_int_equal(tidy__sim_close(&world, fd), 0);
}

void tcp_settle(uint64_t duration_ns)
{
    const struct timespec ts = {
        .tv_sec = (time_t)(duration_ns / TIDY_S(1)),
        .tv_nsec = (long)(duration_ns % TIDY_S(1)),
    };

    assert_int_equal(tidy__sim_clock_nanosleep(&world, CLOCK_MONOTONIC, 0, &ts),
                     0);
}
