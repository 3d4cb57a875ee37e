/* SPDX-License-Identifier: MIT */
/*
 * Two messages are joined: each time that something was read, one line is taken
 * from the buffer. If two have come together, the second stays until there is
 * more, and both sides wait.
 *
 * Shown by: two lines that arrive before the server looks.
 */
#include "bugs/support_event.h"

static void on_read(struct ev_conn *conn)
{
    char line[64];

    while (ev_conn_take_line(conn, line)) {
        ev_conn_write(conn, "ok\n");
        if (!conn->side->is_repaired)
            return;
    }
}

static void run(bool is_repaired)
{
    static const struct ev_ops ops = { .on_read = on_read };
    static const struct step ask[] = {
        CONNECT,       SEND("one\n"),      PAUSE(2),
        SEND("two\n"), EXPECT("ok\nok\n"), CLOSE
    };
    static const struct step *const scripts[] = { ask, ask, NULL };

    ev_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_joined_messages = {
    .name = "joined_messages",
    .what = "of two messages that come together one is handled",
    .library = "libevent",
    .run = run,
    .kinds = BUG_KINDS_LIBEVENT,
};
