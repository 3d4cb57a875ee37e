/* SPDX-License-Identifier: MIT */
#include "explore/worlds.h"

#include <tidysock/sim.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void check(bool is_right, const char *what)
{
    if (!is_right)
        tidy_world_fail("%s: %s", what, strerror(errno));
}

static int listen_at(struct sockaddr_in *address)
{
    socklen_t len = sizeof(*address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *address = (struct sockaddr_in){ .sin_family = AF_INET };
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(bind(fd, (struct sockaddr *)address, len) == 0, "bind");
    check(listen(fd, 8) == 0, "listen");
    getsockname(fd, (struct sockaddr *)address, &len);
    return fd;
}

static int connect_to(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
        check(errno == EINPROGRESS, "connect");
    return fd;
}

static int accept_from(int listener)
{
    int fd = accept(listener, NULL, NULL);

    check(fd >= 0, "accept");
    return fd;
}

static void write_byte(int fd, char byte)
{
    struct pollfd poll_out = { .fd = fd, .events = POLLOUT };

    while (write(fd, &byte, 1) != 1)
        poll(&poll_out, 1, -1);
}

static char read_byte(int fd)
{
    struct pollfd poll_in = { .fd = fd, .events = POLLIN };
    char byte = 0;

    while (read(fd, &byte, 1) < 0)
        poll(&poll_in, 1, -1);
    return byte;
}

/* ------------------------------------------------------------ all of them pass */

void world_connection(void *arg)
{
    struct sockaddr_in address;
    int listener = listen_at(&address), client, server;

    (void)arg;
    client = connect_to(&address);
    server = accept_from(listener);
    write_byte(client, 'a');
    check(read_byte(server) == 'a', "the byte");
    close(client);
    check(read_byte(server) == 0, "the end");
    close(server);
    close(listener);
}

void world_ready(void *arg)
{
    struct itimerspec soon = { .it_value.tv_nsec = 1000000 };
    int epoll = epoll_create1(0), fds[5], idx, n = 0;
    struct epoll_event events[2];
    uint64_t value;

    (void)arg;
    for (idx = 0; idx < 5; idx++) {
        fds[idx] = idx < 3 ? eventfd(1, EFD_NONBLOCK)
                           : timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
        if (idx >= 3)
            timerfd_settime(fds[idx], 0, &soon, NULL);
        events[0] =
            (struct epoll_event){ .events = EPOLLIN, .data.fd = fds[idx] };
        epoll_ctl(epoll, EPOLL_CTL_ADD, fds[idx], &events[0]);
    }
    while (n < 5) {
        int n_ready = epoll_wait(epoll, events, 2, -1);

        for (idx = 0; idx < n_ready; idx++)
            n += read(events[idx].data.fd, &value, sizeof(value)) > 0;
    }
    for (idx = 0; idx < 5; idx++)
        close(fds[idx]);
    close(epoll);
}

void world_two_clients(void *arg)
{
    struct sockaddr_in address;
    int listener = listen_at(&address), clients[2], servers[2], idx;

    (void)arg;
    for (idx = 0; idx < 2; idx++)
        clients[idx] = connect_to(&address);
    for (idx = 0; idx < 2; idx++)
        servers[idx] = accept_from(listener);
    for (idx = 0; idx < 2; idx++) {
        close(clients[idx]);
        close(servers[idx]);
    }
    close(listener);
}

/* -------------------------------------------------------------- these do not */

void world_impatient(void *arg)
{
    struct sockaddr_in address;
    int listener = listen_at(&address), client, server;
    char byte = 0;

    (void)arg;
    client = connect_to(&address);
    server = accept_from(listener);
    fcntl(server, F_SETFL, O_NONBLOCK);
    write_byte(client, 'a');
    if (read(server, &byte, 1) != 1)
        tidy_world_fail("the byte is late");
    close(client);
    close(server);
    close(listener);
}

/* Which of two clients is accepted first, by the byte that it sends. */
static char first_of_two(void)
{
    struct sockaddr_in address;
    int listener = listen_at(&address), clients[2], servers[2], idx;
    char first;

    for (idx = 0; idx < 2; idx++) {
        clients[idx] = connect_to(&address);
        write_byte(clients[idx], (char)('a' + idx));
    }
    for (idx = 0; idx < 2; idx++)
        servers[idx] = accept_from(listener);
    first = read_byte(servers[0]);
    for (idx = 0; idx < 2; idx++) {
        close(clients[idx]);
        close(servers[idx]);
    }
    close(listener);
    return first;
}

void world_overtaken(void *arg)
{
    (void)arg;
    if (first_of_two() == 'b' && first_of_two() == 'b')
        tidy_world_fail("overtaken twice");
}

void world_stuck(void *arg)
{
    struct pollfd nothing = { .fd = eventfd(0, 0), .events = POLLIN };

    (void)arg;
    if (first_of_two() == 'b')
        poll(&nothing, 1, -1);
    close(nothing.fd);
}

void world_crash(void *arg)
{
    (void)arg;
    if (first_of_two() == 'b')
        abort();
}

/* -------------------------------------------------------- not controlled */

void world_leaky(void *arg)
{
    static unsigned n_runs;

    (void)arg;
    first_of_two();
    if (++n_runs % 2 == 0)
        close(eventfd(0, 0));
}

void world_leaky_failure(void *arg)
{
    static unsigned n_runs;

    (void)arg;
    first_of_two();
    if (++n_runs == 20)
        tidy_world_fail("the 20th run");
}

void world_by_counter(void *arg)
{
    int fds[2];
    uint64_t value = __builtin_ia32_rdtsc();

    (void)arg;
    check(pipe(fds) == 0, "pipe");
    check(write(fds[1], &value, 1 + value / 64 % 8) > 0, "write");
    close(fds[0]);
    close(fds[1]);
}
