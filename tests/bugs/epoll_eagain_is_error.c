/* SPDX-License-Identifier: MIT */
/*
 * EAGAIN is taken for an error. The server reads on until it has a line, and when
 * the rest of it has not come yet, gives the connection up.
 *
 * Shown by: a line in two pieces that do not come together.
 */
#include "bugs/support_raw.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* false: the connection is gone, or the line is not complete. */
static bool read_line(struct conn *conn, char line[64])
{
    ssize_t n;

    while (!conn_take_line(conn, line)) {
        n = read(conn->fd, conn->in + conn->n_in, 16);
        if (conn->raw->is_repaired && n < 0 && errno == EAGAIN)
            return false;
        if (n <= 0) {
            conn_close(conn);
            return false;
        }
        conn->n_in += (size_t)n;
    }
    return true;
}

static void on_ready(struct conn *conn, uint32_t events)
{
    char line[64];

    if ((events & EPOLLOUT) && !conn_flush(conn))
        return;
    while (read_line(conn, line))
        if (!conn_write(conn, "ok\n") || conn->n_in == 0)
            return;
}

static void run(bool is_repaired)
{
    static const struct raw_ops ops = { .on_ready = on_ready };
    /* In one piece, if nothing is late: the server does not look between. */
    static const struct step ask[] = {
        CONNECT, SEND("one "), SEND("line\n"), EXPECT("ok\n"), CLOSE
    };
    static const struct step *const scripts[] = { ask, ask, NULL };

    raw_run(&ops, is_repaired, scripts);
}

const struct bug bug_eagain_is_error = {
    .name = "eagain_is_error",
    .what = "EAGAIN is taken for the end of a connection",
    .library = "epoll",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
