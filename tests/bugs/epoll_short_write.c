/* SPDX-License-Identifier: MIT */
/*
 * A short write is ignored: what write(2) returns is compared with -1 alone. A
 * reply that the socket's buffer does not take as a whole is cut.
 *
 * Shown by: a write that takes less than all.
 */
#include "bugs/support_raw.h"

#include <sys/socket.h>

#define REPLY "a reply that is longer than most\n"

static bool reply(struct conn *conn)
{
    conn->is_ending = true;
    if (conn->raw->is_repaired)
        return conn_write(conn, REPLY);
    send(conn->fd, REPLY, sizeof(REPLY) - 1, MSG_NOSIGNAL);
    conn_close(conn);
    return false;
}

static void on_ready(struct conn *conn, uint32_t events)
{
    char line[64];

    if ((events & EPOLLOUT) && !conn_flush(conn))
        return;
    if (conn_read(conn) && conn_take_line(conn, line))
        reply(conn);
}

static void run(bool is_repaired)
{
    static const struct raw_ops ops = { .on_ready = on_ready };
    static const struct step ask[] = {
        CONNECT, SEND("give\n"), EXPECT(REPLY), EXPECT_END, CLOSE
    };
    static const struct step *const scripts[] = { ask, ask, NULL };

    raw_run(&ops, is_repaired, scripts);
}

const struct bug bug_short_write = {
    .name = "short_write",
    .what = "a short write is taken for a whole one",
    .library = "epoll",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
