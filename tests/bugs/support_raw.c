/* SPDX-License-Identifier: MIT */
#include "bugs/support_raw.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

void raw_watch(struct raw *raw, int fd, uint32_t events, void *ptr)
{
    struct epoll_event event = { .events = events, .data.u64 = (uintptr_t)ptr };

    epoll_ctl(raw->epfd, EPOLL_CTL_ADD, fd, &event);
}

void conn_watch(struct conn *conn, uint32_t events)
{
    struct epoll_event event = { .events = events,
                                 .data.u64 = (uintptr_t)conn };

    if (events == conn->events)
        return;
    if (conn->raw->ops->tag)
        event.data.u64 = conn->raw->ops->tag(conn);
    epoll_ctl(conn->raw->epfd,
              events == 0         ? EPOLL_CTL_DEL
              : conn->events == 0 ? EPOLL_CTL_ADD
                                  : EPOLL_CTL_MOD,
              conn->fd,
              &event);
    conn->events = events;
}

void conn_close(struct conn *conn)
{
    close(conn->fd);
    conn->fd = -1;
    conn->raw->n_open--;
}

struct conn *raw_add(struct raw *raw, int fd)
{
    struct conn *conn = &raw->conns[raw->n_conns++];

    *conn = (struct conn){ .raw = raw, .fd = fd };
    raw->n_open++;
    conn_watch(conn, raw->ops->events ? raw->ops->events : EPOLLIN);
    return conn;
}

struct conn *raw_accept(struct raw *raw)
{
    int fd = accept4(raw->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    return fd < 0 ? NULL : raw_add(raw, fd);
}

/* ----------------------------------------------------------- reading, writing */

bool conn_read(struct conn *conn)
{
    ssize_t n =
        read(conn->fd, conn->in + conn->n_in, sizeof(conn->in) - conn->n_in);

    if (n > 0)
        conn->n_in += (size_t)n;
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
        return true;
    conn_close(conn);
    return false;
}

bool conn_take_line(struct conn *conn, char line[64])
{
    const char *end = memchr(conn->in, '\n', conn->n_in);
    size_t len;

    if (!end)
        return false;
    len = (size_t)(end - conn->in);
    memcpy(line, conn->in, len);
    line[len] = '\0';
    conn->n_in -= len + 1;
    memmove(conn->in, end + 1, conn->n_in);
    return true;
}

bool conn_flush(struct conn *conn)
{
    ssize_t n;

    while (conn->n_out > 0) {
        n = send(conn->fd, conn->out, conn->n_out, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (n < 0) {
            conn_close(conn);
            return false;
        }
        conn->n_out -= (size_t)n;
        memmove(conn->out, conn->out + n, conn->n_out);
    }
    if (conn->n_out == 0 && conn->is_ending) {
        conn_close(conn);
        return false;
    }
    conn_watch(conn,
               conn->n_out > 0 ? conn->events | EPOLLOUT
                               : conn->events & ~(uint32_t)EPOLLOUT);
    return true;
}

bool conn_write(struct conn *conn, const char *text)
{
    const size_t len = strlen(text);

    memcpy(conn->out + conn->n_out, text, len);
    conn->n_out += len;
    return conn_flush(conn);
}

/* -------------------------------------------------------------------- the loop */

void raw_set_timer(struct raw *raw, unsigned ms)
{
    const unsigned slow = bug_ms(ms);
    const struct itimerspec when = {
        .it_value = { .tv_sec = slow / 1000, .tv_nsec = slow % 1000 * 1000000L }
    };

    timerfd_settime(raw->timer, 0, &when, NULL);
}

static void on_time(struct raw *raw)
{
    uint64_t n;

    if (read(raw->timer, &n, sizeof(n)) == sizeof(n))
        raw->ops->on_time(raw);
}

void raw_tell(struct raw *raw, const struct epoll_event *event)
{
    void *ptr = (void *)(uintptr_t)event->data.u64;

    if (ptr == &raw->clients)
        clients_turn(&raw->clients);
    else if (ptr == &raw->timer)
        on_time(raw);
    else if (ptr != &raw->listener)
        raw->ops->on_ready(ptr, event->events);
    else if (raw->ops->on_connection)
        raw->ops->on_connection(raw);
    else
        raw_accept(raw);
}

void raw_turn(struct raw *raw)
{
    struct epoll_event event;

    if (epoll_wait(raw->epfd, &event, 1, -1) == 1)
        raw_tell(raw, &event);
}

static bool begin(struct raw *raw, struct sockaddr_in *ret_address)
{
    uint32_t events = raw->ops->listener_events;

    raw->epfd = epoll_create1(EPOLL_CLOEXEC);
    raw->listener = listen_anywhere(ret_address);
    if (!clients_begin(&raw->clients) || raw->epfd < 0 || raw->listener < 0)
        return false;
    if (raw->ops->on_time) {
        raw->timer =
            timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        if (raw->timer < 0)
            return false;
        raw_watch(raw, raw->timer, EPOLLIN, &raw->timer);
    }
    raw_watch(raw, raw->clients.epfd, EPOLLIN, &raw->clients);
    raw_watch(raw, raw->listener, events ? events : EPOLLIN, &raw->listener);
    return true;
}

static void end(struct raw *raw)
{
    clients_end(&raw->clients);
    if (raw->listener >= 0)
        close(raw->listener);
    if (raw->timer >= 0)
        close(raw->timer);
    if (raw->epfd >= 0)
        close(raw->epfd);
}

void raw_run(const struct raw_ops *ops,
             bool is_repaired,
             const struct step *const scripts[])
{
    struct raw raw = { .ops = ops, .is_repaired = is_repaired, .timer = -1 };
    struct sockaddr_in address;

    if (begin(&raw, &address)) {
        clients_start(&raw.clients, &address, scripts);
        while (raw.clients.n_open > 0 || raw.n_open > 0) {
            if (ops->turn)
                ops->turn(&raw);
            else
                raw_turn(&raw);
        }
    }
    end(&raw);
}
