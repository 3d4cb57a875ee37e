/* SPDX-License-Identifier: MIT */
/*
 * A request is pipelined behind the one that closes: "quit" frees the connection,
 * and the loop around it goes on, as long as there are bytes, with what it frees.
 *
 * Shown by: bytes that arrive together with "quit".
 */
#include "bugs/support_event.h"

#include <string.h>

static void handle(struct ev_conn *conn, const char *line)
{
    if (strcmp(line, "quit") == 0)
        ev_conn_close(conn);
    else
        ev_conn_write(conn, "ok\n");
}

static void on_read(struct ev_conn *conn)
{
    size_t len = evbuffer_get_length(bufferevent_get_input(conn->bev));
    char line[64];

    while (len > 0 && ev_conn_take_line(conn, line)) {
        len -= strlen(line) + 1;
        handle(conn, line);
        if (conn->side->is_repaired && !conn->bev)
            return;
    }
}

static void run(bool is_repaired)
{
    static const struct ev_ops ops = { .on_read = on_read };
    static const struct step ask[] = { CONNECT,        SEND("go\n"),
                                       EXPECT("ok\n"), SEND("quit\n"),
                                       PAUSE(3),       SEND("more\n"),
                                       CLOSE };
    static const struct step *const scripts[] = { ask, ask, NULL };

    ev_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_pipelined_behind_close = {
    .name = "pipelined_behind_close",
    .what = "a request behind the one that closes is handled, too",
    .library = "libevent",
    .run = run,
    .kinds = BUG_KINDS_LIBEVENT,
};
