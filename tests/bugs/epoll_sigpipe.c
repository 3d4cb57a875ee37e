/* SPDX-License-Identifier: MIT */
/*
 * SIGPIPE: the server writes its reply in two parts, and the client is gone. The
 * first write fails; the second ends the process, as nobody has thought of the
 * signal.
 *
 * Shown by: a reset that comes before the reply, which takes its time.
 */
#include "bugs/support_raw.h"

#include <sys/socket.h>

static void send_part(struct conn *conn, const char *text, size_t len)
{
    send(conn->fd, text, len, conn->raw->is_repaired ? MSG_NOSIGNAL : 0);
}

/* Short writes are another bug's: the client does not read. */
static void on_time(struct raw *raw)
{
    struct conn *conn = &raw->conns[0];

    if (conn->fd < 0)
        return;
    send_part(conn, "head\n", 5);
    send_part(conn, "body\n", 5);
    conn_close(conn);
}

/* Whoever waits for an answer is not read from meanwhile. */
static void on_ready(struct conn *conn, uint32_t events)
{
    char line[64];

    (void)events;
    if (!conn_read(conn) || !conn_take_line(conn, line))
        return;
    conn_watch(conn, 0);
    raw_set_timer(conn->raw, 2);
}

static void run(bool is_repaired)
{
    static const struct raw_ops ops = { .on_ready = on_ready,
                                        .on_time = on_time };
    static const struct step leave[] = {
        CONNECT, SEND("go\n"), PAUSE(6), RESET
    };
    static const struct step *const scripts[] = { leave, NULL };

    raw_run(&ops, is_repaired, scripts);
}

const struct bug bug_sigpipe = {
    .name = "sigpipe",
    .what = "a second write to a client that is gone ends the process",
    .library = "epoll",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
