/* SPDX-License-Identifier: MIT */
/*
 * Edge-triggered, and not read until EAGAIN: what does not fit into one read is
 * never told again. epoll(7) warns of it.
 *
 * Shown by: two requests that are there together, of which the buffer holds one
 * and a half; or a read that is cut.
 */
#include "bugs/support_raw.h"

#include <errno.h>
#include <unistd.h>

#define LEN 12 /* of a buffer: each line is shorter */

/* false: it is gone, or there is nothing more. */
static bool read_some(struct conn *conn)
{
    ssize_t n = read(conn->fd, conn->in + conn->n_in, LEN);

    if (n < 0 && errno == EINTR)
        return true;
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n <= 0) {
        conn_close(conn);
        return false;
    }
    conn->n_in += (size_t)n;
    return true;
}

static bool answer_lines(struct conn *conn)
{
    char line[64];

    while (conn_take_line(conn, line))
        if (!conn_write(conn, "ok\n"))
            return false;
    return true;
}

static void on_ready(struct conn *conn, uint32_t events)
{
    if ((events & EPOLLOUT) && !conn_flush(conn))
        return;
    while (read_some(conn) && answer_lines(conn))
        if (!conn->raw->is_repaired)
            return;
}

static void run(bool is_repaired)
{
    static const struct raw_ops ops = { .on_ready = on_ready,
                                        .events = EPOLLIN | EPOLLET };
    static const struct step ask[] = { CONNECT,  SEND("request\n"),
                                       PAUSE(2), SEND("request\n"),
                                       PAUSE(2), EXPECT("ok\nok\n"),
                                       CLOSE };
    static const struct step *const scripts[] = { ask, ask, NULL };

    raw_run(&ops, is_repaired, scripts);
}

const struct bug bug_edge_not_drained = {
    .name = "edge_not_drained",
    .what = "edge-triggered, and not read until EAGAIN",
    .library = "epoll",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
