/* SPDX-License-Identifier: MIT */
/*
 * A message that is cut in two: the body may come in pieces, which was thought
 * of, but the header of two digits is taken for complete as soon as a byte is
 * there. The length is wrong then, and the messages behind it are, too.
 *
 * Shown by: a read that ends within the header.
 */
#include "bugs/support_raw.h"

#include <string.h>

#define HEADER_LEN 2

static size_t length(const struct conn *conn)
{
    return (size_t)(conn->in[0] - '0') * 10 + (size_t)(conn->in[1] - '0');
}

static bool has_header(const struct conn *conn)
{
    return conn->raw->is_repaired ? conn->n_in >= HEADER_LEN : conn->n_in > 0;
}

/* false: it is gone. */
static bool take_message(struct conn *conn, size_t len)
{
    char reply[64];

    memcpy(reply, conn->in + HEADER_LEN, len);
    reply[len] = '\0';
    conn->n_in -= HEADER_LEN + len;
    memmove(conn->in, conn->in + HEADER_LEN + len, conn->n_in);
    return conn_write(conn, reply);
}

static void on_ready(struct conn *conn, uint32_t events)
{
    if ((events & EPOLLOUT) && !conn_flush(conn))
        return;
    if (!conn_read(conn))
        return;
    while (has_header(conn)) {
        if (length(conn) > 20)
            bug_fail("a message of %zd bytes", (ssize_t)length(conn));
        if (conn->n_in < HEADER_LEN + length(conn) ||
            !take_message(conn, length(conn)))
            return;
    }
}

static void run(bool is_repaired)
{
    static const struct raw_ops ops = { .on_ready = on_ready };
    static const struct step ask[] = { CONNECT,         SEND("05hello"),
                                       EXPECT("hello"), SEND("05world"),
                                       EXPECT("world"), CLOSE };
    static const struct step *const scripts[] = { ask, ask, NULL };

    raw_run(&ops, is_repaired, scripts);
}

const struct bug bug_cut_message = {
    .name = "cut_message",
    .what = "the header of a message is taken for complete",
    .library = "epoll",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
