/* SPDX-License-Identifier: MIT */
/*
 * A stale event: epoll_wait(2) returns several events, and what is done for the
 * first closes the connection that the second is about. epoll(7) describes it.
 * Here two connections are relayed to each other, and one ends with the other.
 *
 * Shown by: both clients' ends are told at once.
 */
#include "bugs/support_raw.h"

#define MAX_EVENTS 8

static void close_both(struct raw *raw)
{
    size_t idx;

    for (idx = 0; idx < raw->n_conns; idx++)
        if (raw->conns[idx].fd >= 0)
            conn_close(&raw->conns[idx]);
}

static void on_ready(struct conn *conn, uint32_t events)
{
    (void)events;
    if (conn->fd < 0)
        bug_fail("an event of a connection that is closed");
    if (!conn_read(conn))
        close_both(conn->raw);
}

static bool is_stale(const struct raw *raw, const struct epoll_event *event)
{
    size_t idx;

    for (idx = 0; idx < raw->n_conns; idx++)
        if (event->data.u64 == (uintptr_t)&raw->conns[idx])
            return raw->conns[idx].fd < 0;
    return false;
}

static void turn(struct raw *raw)
{
    struct epoll_event events[MAX_EVENTS];
    int n = epoll_wait(raw->epfd, events, MAX_EVENTS, -1), idx;

    for (idx = 0; idx < n; idx++)
        if (!raw->is_repaired || !is_stale(raw, &events[idx]))
            raw_tell(raw, &events[idx]);
}

static void run(bool is_repaired)
{
    static const struct raw_ops ops = { .on_ready = on_ready, .turn = turn };
    static const struct step first[] = { CONNECT, PAUSE(3), CLOSE };
    static const struct step second[] = { CONNECT, PAUSE(5), CLOSE };
    static const struct step *const scripts[] = { first, second, NULL };

    raw_run(&ops, is_repaired, scripts);
}

const struct bug bug_stale_event = {
    .name = "stale_event",
    .what = "an event is told of what was closed earlier in the same batch",
    .library = "epoll",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
