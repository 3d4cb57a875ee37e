/* SPDX-License-Identifier: MIT */
/*
 * Connecting again, and from where somebody was connected before: what random
 * programs have found the kernel to do.
 */
#include "support/tcp_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOBODYS_PORT 1

static struct sockaddr_in in4(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

static int bind4(int fd, uint16_t port)
{
    const struct sockaddr_in address = in4(port);

    return tidy__sim_bind(
        &world, fd, (const struct sockaddr *)&address, sizeof(address));
}

static int connect4(int fd, uint16_t port)
{
    const struct sockaddr_in address = in4(port);

    return tidy__sim_connect(
        &world, fd, (const struct sockaddr *)&address, sizeof(address));
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t len = sizeof(address);

    tidy__sim_getsockname(&world, fd, (struct sockaddr *)&address, &len);
    return ntohs(address.sin_port);
}

/* A port that was bound between a refused connect and its outcome is kept. */
static void bound_port_outlives_a_refusal(void **state)
{
    int fd = tcp_socket();

    (void)state;
    assert_int_equal(connect4(fd, NOBODYS_PORT), -EINPROGRESS);
    assert_int_equal(bind4(fd, 0), 0);
    assert_int_equal(connect4(fd, NOBODYS_PORT), -ECONNREFUSED);
    assert_int_equal(bind4(fd, 0), -EINVAL);
}

/* One that a connect was given is not. */
static void given_port_goes_with_a_refusal(void **state)
{
    int fd = tcp_socket();

    (void)state;
    assert_int_equal(connect4(fd, NOBODYS_PORT), -EINPROGRESS);
    assert_int_equal(connect4(fd, NOBODYS_PORT), -ECONNREFUSED);
    assert_int_equal(bind4(fd, 0), 0);
}

/* One that no longer listens cannot connect to whom it has a connection to. */
static void twins_cannot_be(void **state)
{
    int listener = tcp_listen(5), fds[2], fd = tcp_socket();
    const int on = 1;

    (void)state;
    assert_int_equal(tidy__sim_setsockopt(
                         &world, fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)),
                     0);
    assert_int_equal(
        tidy__sim_setsockopt(
            &world, listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)),
        0);
    tcp_pair(listener, fds);
    tidy__sim_shutdown(&world, listener, SHUT_RD);
    assert_int_equal(bind4(fd, port_of(fds[1])), 0);
    assert_int_equal(connect4(fd, port_of(fds[0])), -EADDRNOTAVAIL);
    assert_int_equal(connect4(fd, NOBODYS_PORT), -EINPROGRESS);
}

/* After a connect to an IPv4 host an IPv6 socket reaches no IPv6 host any more. */
static void ipv6_socket_stays_with_ipv4(void **state)
{
    struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                                    .sin6_port = htons(NOBODYS_PORT),
                                    .sin6_addr = in6addr_loopback };
    const struct sockaddr *any = (const struct sockaddr *)&address;
    int fd = tidy__sim_socket(&world, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);

    (void)state;
#define CONNECT6() tidy__sim_connect(&world, fd, any, sizeof(address))
    assert_int_equal(CONNECT6(), -EINPROGRESS);
    assert_int_equal(CONNECT6(), -ECONNREFUSED);
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &address.sin6_addr);
    assert_int_equal(CONNECT6(), -EINPROGRESS);
    assert_int_equal(CONNECT6(), -ECONNREFUSED);
    address.sin6_addr = in6addr_loopback;
    assert_int_equal(CONNECT6(), -EINPROGRESS);
    assert_int_equal(CONNECT6(), -EALREADY);
#undef CONNECT6
}

/* From an IPv4 host no IPv6 host is reached; that there is no way at all to some
 * is found out first. */
static void ways_are_looked_for_first(void **state)
{
    struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
    const struct sockaddr *any = (const struct sockaddr *)&address;
    int fd = tidy__sim_socket(&world, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);

    (void)state;
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &address.sin6_addr);
    assert_int_equal(tidy__sim_bind(&world, fd, any, sizeof(address)), 0);
    address.sin6_port = htons(NOBODYS_PORT);
    address.sin6_addr = in6addr_loopback;
    assert_int_equal(tidy__sim_connect(&world, fd, any, sizeof(address)),
                     -EAFNOSUPPORT);
    inet_pton(AF_INET6, "2001:db8::1", &address.sin6_addr);
    assert_int_equal(tidy__sim_connect(&world, fd, any, sizeof(address)),
                     -ENETUNREACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(bound_port_outlives_a_refusal),
        world_unit_test(given_port_goes_with_a_refusal),
        world_unit_test(twins_cannot_be),
        world_unit_test(ipv6_socket_stays_with_ipv4),
        world_unit_test(ways_are_looked_for_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
