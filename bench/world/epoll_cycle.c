/* SPDX-License-Identifier: MIT */
/*
 * The fixture cycle without a library: an echo server with its client, in one
 * loop around epoll_wait(2).
 *
 * The client writes 16 bytes when it is connected, and again when they are back;
 * after three times it closes. The server echoes, and closes behind it, with the
 * linger that leaves nothing in TIME_WAIT (plain.c). All that is ready is read
 * until it would block, and each turn of the loop reads the clock, as loops do.
 */
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ECHO_LEN 16
#define N_ECHOES 3

struct cycle {
    int epfd, listener, client, server;
    size_t n_back;
};

static void check(int result, const char *call)
{
    if (result < 0)
        bench_fail("%s: %s", call, strerror(errno));
}

static void set(int fd, int level, int name)
{
    const int on = 1;

    check(setsockopt(fd, level, name, &on, sizeof(on)), "setsockopt");
}

static void watch(const struct cycle *c, int op, int fd, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.fd = fd };

    check(epoll_ctl(c->epfd, op, fd, &event), "epoll_ctl");
}

static int new_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    check(fd, "socket");
    return fd;
}

/* ------------------------------------------------------------------ beginning */

static void start_listening(struct cycle *c, struct sockaddr_in *ret_address)
{
    socklen_t len = sizeof(*ret_address);

    *ret_address = (struct sockaddr_in){ .sin_family = AF_INET };
    ret_address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->listener = new_socket();
    set(c->listener, SOL_SOCKET, SO_REUSEADDR);
    check(bind(c->listener, (struct sockaddr *)ret_address, len), "bind");
    check(listen(c->listener, SOMAXCONN), "listen");
    check(getsockname(c->listener, (struct sockaddr *)ret_address, &len),
          "getsockname");
    watch(c, EPOLL_CTL_ADD, c->listener, EPOLLIN);
}

static void start_connecting(struct cycle *c, const struct sockaddr_in *address)
{
    c->client = new_socket();
    set(c->client, IPPROTO_TCP, TCP_NODELAY);
    if (connect(c->client, (const struct sockaddr *)address, sizeof(*address)) <
            0 &&
        errno != EINPROGRESS)
        bench_fail("connect: %s", strerror(errno));
    watch(c, EPOLL_CTL_ADD, c->client, EPOLLOUT);
}

/* ------------------------------------------------------------------- what comes */

static void accept_all(struct cycle *c)
{
    int fd;

    while ((fd = accept4(
                c->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        c->server = fd;
        set(fd, IPPROTO_TCP, TCP_NODELAY);
        watch(c, EPOLL_CTL_ADD, fd, EPOLLIN);
    }
}

static void write_all(int fd, const char *bytes, size_t len)
{
    if (write(fd, bytes, len) != (ssize_t)len)
        bench_fail("a write was short");
}

static void use_connected(struct cycle *c)
{
    socklen_t len = sizeof(int);
    int error = 0;

    check(getsockopt(c->client, SOL_SOCKET, SO_ERROR, &error, &len),
          "getsockopt");
    if (error)
        bench_fail("connect: %s", strerror(error));
    watch(c, EPOLL_CTL_MOD, c->client, EPOLLIN);
    write_all(c->client, "0123456789abcde", ECHO_LEN);
}

static void close_server(struct cycle *c)
{
    const struct linger linger = { .l_onoff = 1, .l_linger = 0 };

    check(setsockopt(c->server, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)),
          "setsockopt");
    close(c->server);
    c->server = -1;
}

static void echo_all(struct cycle *c)
{
    char bytes[ECHO_LEN];
    ssize_t n;

    while ((n = read(c->server, bytes, sizeof(bytes))) > 0)
        write_all(c->server, bytes, (size_t)n);
    if (n == 0)
        close_server(c);
}

static void read_echo(struct cycle *c)
{
    char bytes[ECHO_LEN];
    ssize_t n;

    while ((n = read(c->client, bytes, sizeof(bytes))) > 0)
        c->n_back += (size_t)n;
    if (c->n_back == N_ECHOES * ECHO_LEN) {
        close(c->client);
        c->client = -1;
    } else if (c->n_back % ECHO_LEN == 0) {
        write_all(c->client, "0123456789abcde", ECHO_LEN);
    }
}

static void use(struct cycle *c, const struct epoll_event *event)
{
    if (event->data.fd == c->listener)
        accept_all(c);
    else if (event->data.fd == c->server)
        echo_all(c);
    else if (event->events & EPOLLOUT)
        use_connected(c);
    else
        read_echo(c);
}

/* ---------------------------------------------------------------------- cycles */

static void turn(struct cycle *c)
{
    struct epoll_event events[8];
    struct timespec now;
    int n = epoll_wait(c->epfd, events, 8, -1);

    check(n, "epoll_wait");
    clock_gettime(CLOCK_MONOTONIC, &now);
    for (int i = 0; i < n; i++)
        use(c, &events[i]);
}

static void do_cycle(void)
{
    struct cycle c = { .epfd = epoll_create1(EPOLL_CLOEXEC), .server = -1 };
    struct sockaddr_in address;

    check(c.epfd, "epoll_create1");
    start_listening(&c, &address);
    start_connecting(&c, &address);
    while (c.client >= 0 || c.server >= 0)
        turn(&c);
    close(c.listener);
    close(c.epfd);
}

void epoll_cycle(struct bench_run *run)
{
    bench_start(run);
    for (size_t i = 0; i < run->n; i++)
        do_cycle();
    bench_stop(run);
}
