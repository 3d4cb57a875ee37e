/* SPDX-License-Identifier: MIT */
/*
 * Only the events that were seen in tests are handled: connected, and the end.
 * A connect that fails, or a reset, is BEV_EVENT_ERROR, and the one who connects
 * waits for ever.
 *
 * Shown by: a connect that is refused, aborted or never answered, or a reset.
 */
#include "bugs/support_event.h"

/* The first connection is the one who connects; the other the server's. */
static bool is_caller(const struct ev_conn *conn)
{
    return conn == conn->side->conns;
}

static void on_read(struct ev_conn *conn)
{
    char line[64];

    if (!ev_conn_take_line(conn, line))
        return;
    if (is_caller(conn))
        ev_conn_close(conn);
    else
        ev_conn_write(conn, "ok\n");
}

static void on_event(struct ev_conn *conn, short what)
{
    if (what & BEV_EVENT_CONNECTED)
        ev_conn_write(conn, "go\n");
    else if (!is_caller(conn) || what & BEV_EVENT_EOF ||
             conn->side->is_repaired)
        ev_conn_close(conn);
}

static void on_begin(struct ev_side *side)
{
    struct sockaddr_in *address = &side->clients.address;
    struct ev_conn *conn = ev_conn_new(side, -1);
    int rc = bufferevent_socket_connect(
        conn->bev, (struct sockaddr *)address, sizeof(*address));

    if (rc < 0 && conn->bev)
        ev_conn_close(conn);
    else if (conn->bev)
        name_actor(bufferevent_getfd(conn->bev), "caller");
}

static void run(bool is_repaired)
{
    static const struct ev_ops ops = { .on_read = on_read,
                                       .on_event = on_event,
                                       .on_begin = on_begin };
    static const struct step *const scripts[] = { NULL };

    ev_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_error_ignored = {
    .name = "error_ignored",
    .what = "a connect that fails is waited for",
    .library = "libevent",
    .run = run,
    .kinds = BUG_KINDS_LIBEVENT,
};
