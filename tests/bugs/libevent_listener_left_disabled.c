/* SPDX-License-Identifier: MIT */
/*
 * The listener is left disabled: one connection is served at a time, accepting is
 * stopped meanwhile, and goes on when the client ends; but not if it is reset,
 * which has a path of its own.
 *
 * Shown by: a reset. The first client leaves a while after it has had its reply;
 * it does so by a reset if it has not read what comes once more.
 */
#include "bugs/support_event.h"

static void on_open(struct ev_conn *conn)
{
    evconnlistener_disable(conn->side->listener);
    ev_conn_set_timer(conn, 6);
}

static void on_time(struct ev_conn *conn)
{
    if (conn->bev)
        ev_conn_write(conn, "still there?\n");
}

static void on_read(struct ev_conn *conn)
{
    char line[64];

    while (ev_conn_take_line(conn, line))
        ev_conn_write(conn, "ok\n");
}

static void on_event(struct ev_conn *conn, short what)
{
    if (conn->side->is_repaired || !(what & BEV_EVENT_ERROR))
        evconnlistener_enable(conn->side->listener);
    ev_conn_close(conn);
}

static void run(bool is_repaired)
{
    static const struct ev_ops ops = { .on_open = on_open,
                                       .on_read = on_read,
                                       .on_event = on_event,
                                       .on_time = on_time };
    static const struct step ask[] = {
        CONNECT, SEND("go\n"), EXPECT("ok\n"), PAUSE(2), CLOSE
    };
    static const struct step *const scripts[] = { ask, ask, NULL };

    ev_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_listener_left_disabled = {
    .name = "listener_left_disabled",
    .what = "after a reset nobody is accepted any more",
    .library = "libevent",
    .run = run,
    .kinds = BUG_KINDS_LIBEVENT,
};
