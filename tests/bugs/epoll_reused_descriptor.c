/* SPDX-License-Identifier: MIT */
/*
 * A descriptor is reused while an old event of its number is pending: events
 * carry the number only, one connection is closed, another gets its number, and
 * then comes the event of the first. nginx has a bit in each event against it.
 *
 * Shown by: told at once and in this order, "kick", a new connection, and the end
 * of the one that is kicked.
 */
#include "bugs/support_raw.h"

#include <string.h>

#define MAX_EVENTS 8
#define IS_GUEST 1 /* of a connection, in n_seen */

/* Above the number, a generation. */
static uint64_t tag(const struct conn *conn)
{
    uint64_t generation = 0;

    if (conn->raw->is_repaired)
        generation = (uint64_t)(conn - conn->raw->conns) + 1;
    return generation << 32 | (uint64_t)conn->fd;
}

static void kick_guests(struct raw *raw)
{
    size_t idx;

    for (idx = 0; idx < raw->n_conns; idx++)
        if (raw->conns[idx].fd >= 0 && raw->conns[idx].n_seen == IS_GUEST)
            conn_close(&raw->conns[idx]);
}

static void on_ready(struct conn *conn, uint32_t events)
{
    char line[64];

    if (events & EPOLLRDHUP) {
        conn_close(conn);
        return;
    }
    if ((events & EPOLLOUT) && !conn_flush(conn))
        return;
    if (!conn_read(conn) || !conn_take_line(conn, line))
        return;
    if (strcmp(line, "kick") == 0)
        kick_guests(conn->raw);
    else if (strcmp(line, "guest") == 0)
        conn->n_seen = IS_GUEST;
    else
        conn_write(conn, "ok\n");
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
    static const struct step kick[] = { CONNECT,        PAUSE(3),
                                        SEND("kick\n"), PAUSE(4),
                                        CLOSE };
    static const struct step guest[] = { CONNECT, SEND("guest\n"), PAUSE(4),
                                         CLOSE };
    static const struct step next[] = { AFTER, CONNECT, SEND("go\n"),
                                        EXPECT("ok\n"), CLOSE };
    static const struct step *const scripts[] = { kick, guest, next, NULL };

    raw_run(&ops, is_repaired, scripts);
}

const struct bug bug_reused_descriptor = {
    .name = "reused_descriptor",
    .what = "an old event is told of a new connection with the same number",
    .library = "epoll",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
