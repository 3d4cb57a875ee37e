/* SPDX-License-Identifier: MIT */
/*
 * The end drops what was read before it: requests are handled at a limited rate,
 * and wait in the buffer. At the end of file the connection is freed, with all
 * that it has not handled.
 *
 * Shown by: the end comes before the last request has had its turn.
 */
#include "bugs/support_event.h"

#include <string.h>

static bool has_line(const struct ev_conn *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);

    return evbuffer_search(input, "\n", 1, NULL).pos >= 0;
}

static void go_on(struct ev_conn *conn)
{
    struct evbuffer *output = bufferevent_get_output(conn->bev);

    if (has_line(conn)) {
        if (!ev_conn_has_timer(conn))
            ev_conn_set_timer(conn, 2);
    } else if (conn->has_ended && evbuffer_get_length(output) == 0) {
        ev_conn_close(conn);
    }
}

static void on_time(struct ev_conn *conn)
{
    char line[64];

    if (!conn->bev || !ev_conn_take_line(conn, line))
        return;
    ev_conn_write(conn, "ok\n");
    go_on(conn);
}

static void on_event(struct ev_conn *conn, short what)
{
    conn->has_ended = true;
    if (conn->side->is_repaired && (what & BEV_EVENT_EOF))
        go_on(conn);
    else
        ev_conn_close(conn);
}

static void run(bool is_repaired)
{
    static const struct ev_ops ops = { .on_read = go_on,
                                       .on_written = go_on,
                                       .on_event = on_event,
                                       .on_time = on_time };
    static const struct step ask[] = { CONNECT, SEND("one\ntwo\n"), PAUSE(8),
                                       SHUT,    EXPECT("ok\nok\n"), CLOSE };
    static const struct step *const scripts[] = { ask, NULL };

    ev_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_end_drops_input = {
    .name = "end_drops_input",
    .what = "requests that wait are dropped at the end of file",
    .library = "libevent",
    .run = run,
    .kinds = BUG_KINDS_LIBEVENT,
};
