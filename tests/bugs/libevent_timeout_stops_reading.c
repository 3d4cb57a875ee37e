/* SPDX-License-Identifier: MIT */
/*
 * A timeout stops the reading: libevent disables what has timed out, so a server
 * that only counts how often a client is idle never reads from it again.
 * bufferevent_set_timeouts() says that reading must be enabled anew.
 *
 * Shown by: a request that comes after the time limit.
 */
#include "bugs/support_event.h"

static void on_read(struct ev_conn *conn)
{
    char line[64];

    while (ev_conn_take_line(conn, line))
        ev_conn_write(conn, "ok\n");
}

static void on_event(struct ev_conn *conn, short what)
{
    if (!(what & BEV_EVENT_TIMEOUT)) {
        ev_conn_close(conn);
        return;
    }
    conn->n_seen++;
    if (conn->side->is_repaired)
        bufferevent_enable(conn->bev, EV_READ);
}

static void on_open(struct ev_conn *conn)
{
    const struct timeval limit = { .tv_usec = bug_ms(10) * 1000L };

    bufferevent_set_timeouts(conn->bev, &limit, NULL);
}

static void run(bool is_repaired)
{
    static const struct ev_ops ops = { .on_open = on_open,
                                       .on_read = on_read,
                                       .on_event = on_event };
    static const struct step ask[] = { CONNECT,  SEND("one\n"), EXPECT("ok\n"),
                                       PAUSE(4), SEND("two\n"), EXPECT("ok\n"),
                                       CLOSE };
    static const struct step *const scripts[] = { ask, ask, NULL };

    ev_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_timeout_stops_reading = {
    .name = "timeout_stops_reading",
    .what = "after a time limit reading is not enabled again",
    .library = "libevent",
    .run = run,
    .kinds = BUG_KINDS_LIBEVENT,
};
