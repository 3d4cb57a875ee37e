/* SPDX-License-Identifier: MIT */
/*
 * A descriptor is reused while an old event of its number is pending: events
 * carry the number only, one connection is closed, another gets its number, and
 * then comes the event of the first. nginx has a bit in each event against it.
 *
 * Here two connections end together, and a third is made.
 *
 * Shown by: told at once and in this order, the end of one of the two, the new
 * connection, and the end of the other.
 */
#include "bugs/support_raw.h"

#include <errno.h>
#include <sys/socket.h>

#define MAX_EVENTS 8

/* Above the number, a generation. */
static uint64_t tag(const struct conn *conn)
{
    uint64_t generation = 0;

    if (conn->raw->is_repaired)
        generation = (uint64_t)(conn - conn->raw->conns) + 1;
    return generation << 32 | (uint64_t)conn->fd;
}

static bool has_ended(const struct conn *conn)
{
    char byte;

    return recv(conn->fd, &byte, 1, MSG_PEEK) == 0 || errno != EAGAIN;
}

/* The first two are a pair, and end together. */
static void on_end(struct conn *conn)
{
    struct conn *pair = conn->raw->conns;
    size_t idx;

    if (!has_ended(conn))
        bug_fail("the end of another connection ends this one");
    conn_close(conn);
    for (idx = 0; conn < pair + 2 && idx < conn->raw->n_conns && idx < 2; idx++)
        if (pair[idx].fd >= 0)
            conn_close(&pair[idx]);
}

/* Nobody sends anything: what comes is the end. */
static void on_ready(struct conn *conn, uint32_t events)
{
    if (events & EPOLLRDHUP)
        on_end(conn);
    else if (events)
        conn_read(conn);
}

static bool is_conn(const struct raw *raw, uint64_t data)
{
    return data < (uintptr_t)raw || data >= (uintptr_t)(raw + 1);
}

static void tell(struct raw *raw, const struct epoll_event *event)
{
    struct conn *conn;
    size_t idx;

    if (!is_conn(raw, event->data.u64)) {
        raw_tell(raw, event);
        return;
    }
    for (idx = 0; idx < raw->n_conns; idx++) {
        conn = &raw->conns[idx];
        if (conn->fd >= 0 && tag(conn) == event->data.u64) {
            on_ready(conn, event->events);
            return;
        }
    }
}

static void turn(struct raw *raw)
{
    struct epoll_event events[MAX_EVENTS];
    int n = epoll_wait(raw->epfd, events, MAX_EVENTS, -1), idx;

    for (idx = 0; idx < n; idx++)
        tell(raw, &events[idx]);
}

static void run(bool is_repaired)
{
    static const struct raw_ops ops = { .turn = turn,
                                        .tag = tag,
                                        .events = EPOLLIN | EPOLLRDHUP };
    static const struct step first[] = { CONNECT, PAUSE(3), CLOSE };
    static const struct step second[] = { CONNECT, PAUSE(5), CLOSE };
    static const struct step third[] = { AFTER, CONNECT, CLOSE };
    static const struct step *const scripts[] = { first, second, third, NULL };

    raw_run(&ops, is_repaired, scripts);
}

const struct bug bug_reused_descriptor = {
    .name = "reused_descriptor",
    .what = "an old event is told of a new connection with the same number",
    .library = "epoll",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
    .kinds_found = TIDY_CHOICES_ORDERS,
};
