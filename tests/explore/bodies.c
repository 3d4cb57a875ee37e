/* SPDX-License-Identifier: MIT */
#include "explore/bodies.h"

#include <tidysock/sim.h>

#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define N_MANY 7
#define N_DESCRIPTORS 515 /* the loop, the listener and a client */
#define REQUEST "GET /index\n"

/* A loop for some sockets. */
struct loop {
    int epfd, listener;
    int n_made, n_lost, n_clients;
    void (*on_ready)(struct loop *loop, int fd);
};

static void watch(struct loop *loop, int fd, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.fd = fd };

    epoll_ctl(loop->epfd, EPOLL_CTL_ADD, fd, &event);
}

static int turn(struct loop *loop)
{
    struct epoll_event events[8];
    int n = epoll_wait(loop->epfd, events, 8, -1), idx;

    for (idx = 0; idx < n; idx++)
        loop->on_ready(loop, events[idx].data.fd);
    return n;
}

static void listen_any(struct loop *loop, struct sockaddr_in *address)
{
    socklen_t len = sizeof(*address);

    *address =
        (struct sockaddr_in){ .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    loop->epfd = epoll_create1(EPOLL_CLOEXEC);
    loop->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    bind(loop->listener, (struct sockaddr *)address, len);
    listen(loop->listener, 8);
    getsockname(loop->listener, (struct sockaddr *)address, &len);
    watch(loop, loop->listener, EPOLLIN);
    tidy_world_name(loop->listener, "listener");
}

static int connect_to(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    connect(fd, (const struct sockaddr *)address, sizeof(*address));
    return fd;
}

/* ----------------------------------------------------------------------- drop */

static void on_connection(struct loop *loop)
{
    int fd = accept4(loop->listener, NULL, NULL, SOCK_NONBLOCK);

    if (fd < 0)
        return;
    loop->n_made++;
    watch(loop, fd, EPOLLIN);
}

static void on_server_data(struct loop *loop, int fd)
{
    char bytes[16];

    if (read(fd, bytes, sizeof(bytes)) > 0)
        return;
    close(fd);
    loop->n_lost++;
}

static void on_drop_ready(struct loop *loop, int fd)
{
    if (fd == loop->listener)
        on_connection(loop);
    else
        on_server_data(loop, fd);
}

static void drop_connection(int fd)
{
    close(fd);
}

static void clean_up(struct loop *loop)
{
    close(loop->listener);
    while (loop->n_made == 0 || loop->n_lost < loop->n_made)
        turn(loop);
    close(loop->epfd);
}

void body_drop(void *arg)
{
    struct loop loop = { .on_ready = on_drop_ready };
    struct epoll_event event;
    struct sockaddr_in address;
    int client;

    (void)arg;
    listen_any(&loop, &address);
    client = connect_to(&address);
    drop_connection(client);
    if (epoll_wait(loop.epfd, &event, 1, 0) > 0)
        on_connection(&loop);
    clean_up(&loop);
}

/* -------------------------------------------------------------------- request */

static void answer(int fd, const char *request, ssize_t len)
{
    if (len != (ssize_t)strlen(REQUEST))
        tidy_world_fail("bad request: \"%.*s\"", (int)len, request);
    write(fd, "200 OK\n", 7);
}

static void on_request_data(struct loop *loop, int fd)
{
    char bytes[64];
    ssize_t len = read(fd, bytes, sizeof(bytes));

    if (len > 0) {
        answer(fd, bytes, len);
        return;
    }
    close(fd);
    loop->n_lost++;
}

static void on_request_ready(struct loop *loop, int fd)
{
    if (fd == loop->listener)
        on_connection(loop);
    else
        on_request_data(loop, fd);
}

static void send_request(int fd)
{
    static const char request[] = REQUEST;

    write(fd, request, 4);
    write(fd, &request[4], sizeof(request) - 5);
}

void body_request(void *arg)
{
    struct loop loop = { .on_ready = on_request_ready };
    struct sockaddr_in address;
    int client;

    (void)arg;
    listen_any(&loop, &address);
    client = connect_to(&address);
    tidy_world_name(client, "browser");
    send_request(client);
    while (loop.n_made == 0)
        turn(&loop);
    turn(&loop);
    close(client); /* with the answer unread: a reset */
    while (loop.n_lost < loop.n_made)
        turn(&loop);
    close(loop.listener);
    close(loop.epfd);
}

/* ----------------------------------------------------------------------- unix */

void body_unix(void *arg)
{
    const struct sockaddr_un address = { .sun_family = AF_UNIX,
                                         .sun_path = "/run/<service>.sock" };
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    int client = socket(AF_UNIX, SOCK_STREAM, 0), server;
    char bytes[2];

    (void)arg;
    bind(listener, (const struct sockaddr *)&address, sizeof(address));
    listen(listener, 1);
    connect(client, (const struct sockaddr *)&address, sizeof(address));
    server = accept(listener, NULL, NULL);
    write(client, "abc", 3);
    read(server, bytes, sizeof(bytes));
    tidy_world_fail("\"%.2s\" is not \"abc\"", bytes);
}

/* ------------------------------------------------------------------------ six */

void body_six(void *arg)
{
    static const char bytes[40000] = "a large request";
    struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                                    .sin6_addr = in6addr_loopback };
    socklen_t len = sizeof(address);
    int listener = socket(AF_INET6, SOCK_STREAM, 0);
    int client = socket(AF_INET6, SOCK_STREAM, 0);

    (void)arg;
    bind(listener, (const struct sockaddr *)&address, len);
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&address, &len);
    connect(client, (const struct sockaddr *)&address, len);
    write(client, bytes, sizeof(bytes));
    shutdown(client, SHUT_WR);
    tidy_world_fail("nobody accepts");
}

/* ----------------------------------------------------------------------- spin */

void body_spin(void *arg)
{
    const struct rlimit limit = { N_DESCRIPTORS, N_DESCRIPTORS };
    struct loop loop = { .on_ready = on_drop_ready };
    struct sockaddr_in address;

    (void)arg;
    listen_any(&loop, &address);
    connect_to(&address);
    setrlimit(RLIMIT_NOFILE, &limit);
    while (loop.n_made == 0)
        turn(&loop);
}

/* ----------------------------------------------------------------------- left */

void body_left(void *arg)
{
    struct loop loop = { .epfd = -1 };
    struct sockaddr_in address;
    int client;

    (void)arg;
    listen_any(&loop, &address);
    client = connect_to(&address);
    accept(loop.listener, NULL, NULL);
    close(client);
    close(loop.listener);
    close(loop.epfd);
}

/* ----------------------------------------------------------------------- many */

static void on_many_ready(struct loop *loop, int fd)
{
    char byte;

    if (fd == loop->listener) {
        on_connection(loop);
        return;
    }
    if (read(fd, &byte, 1) == 1 && byte != '0' + loop->n_clients - 1)
        write(fd, &byte, 1);
}

static void
ask_all(struct loop *loop, const struct sockaddr_in *address, int *clients)
{
    char byte;
    int idx;

    for (idx = 0; idx < loop->n_clients; idx++) {
        clients[idx] = connect_to(address);
        byte = (char)('0' + idx);
        write(clients[idx], &byte, 1);
    }
}

static void run_many(int n_clients)
{
    struct loop loop = { .on_ready = on_many_ready, .n_clients = n_clients };
    struct sockaddr_in address;
    int clients[N_MANY], n_answers, idx;
    char byte;

    listen_any(&loop, &address);
    ask_all(&loop, &address, clients);
    for (idx = 0; idx < n_clients + 1; idx++)
        turn(&loop);
    for (idx = n_answers = 0; idx < n_clients; idx++)
        n_answers += read(clients[idx], &byte, 1) == 1;
    if (n_answers < n_clients)
        tidy_world_fail("%d of %d answers", n_answers, n_clients);
}

void body_many(void *arg)
{
    (void)arg;
    run_many(N_MANY);
}

void body_two(void *arg)
{
    (void)arg;
    run_many(2);
}

/* ----------------------------------------------------------------------- pipe */

static void read_all(int fd, char *bytes, size_t len)
{
    while (len > 0)
        len -= (size_t)read(fd, bytes, len);
}

void body_pipe(void *arg)
{
    char bytes[8];
    int fds[2];

    (void)arg;
    pipe(fds);
    tidy_world_name(fds[1], "worker");
    write(fds[1], "result", 6);
    read_all(fds[0], bytes, sizeof(bytes));
}

/* ------------------------------------------------------------------- datagram */

void body_datagram(void *arg)
{
    struct loop loop = { .epfd = -1 };
    struct sockaddr_in address;

    (void)arg;
    listen_any(&loop, &address);
    socket(AF_INET, SOCK_DGRAM, 0);
}

/* -------------------------------------------------------------------- hostile */

void body_hostile(void *arg)
{
    struct loop loop = { .epfd = -1 };
    struct sockaddr_in address;
    int client;

    (void)arg;
    listen_any(&loop, &address);
    tidy_world_name(loop.listener, "<b onclick=\"x()\">&amp;'\x1b[31m");
    client = connect_to(&address);
    tidy_world_name(client, "caf\xc3\xa9 | \x80\xff\n----> server");
    write(client, "<script>\0</script>", 18);
    tidy_world_fail("</pre><script>alert(1)</script> \x1b[2J \xed\xa0\x80 ]]>");
}

/* ---------------------------------------------------------------------- crash */

static void on_crash_ready(struct loop *loop, int fd)
{
    (void)loop;
    (void)fd;
    raise(SIGABRT);
}

void body_crash(void *arg)
{
    struct loop loop = { .on_ready = on_crash_ready };
    struct sockaddr_in address;

    (void)arg;
    listen_any(&loop, &address);
    connect_to(&address);
    turn(&loop);
}
