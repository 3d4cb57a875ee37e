/* SPDX-License-Identifier: MIT */
/*
 * Read after the end: a client may end its input and still wait for the reply, so
 * its connection stays. But it is still waited for to be readable, which it is
 * for ever, and each read of 0 bytes counts as one more client that has ended.
 * When all of them have, as it seems, the server stops accepting.
 *
 * Shown by: an end that comes while the reply is being made.
 */
#include "bugs/support_raw.h"

#include <sys/socket.h>

#define N_CLIENTS 2

/* Of a connection, in n_seen. */
enum state {
    IS_BUSY = 1, /* a reply is being made */
    HAS_REPLIED = 2,
    HAS_ENDED = 4
};

static void on_client_ended(struct raw *raw)
{
    if (++raw->n_seen == N_CLIENTS)
        epoll_ctl(raw->epfd, EPOLL_CTL_DEL, raw->listener, NULL);
}

/* false: it is gone. */
static bool close_if_done(struct conn *conn)
{
    conn->is_ending =
        (conn->n_seen & HAS_REPLIED) && (conn->n_seen & HAS_ENDED);
    return conn_flush(conn);
}

static void on_time(struct raw *raw)
{
    struct conn *conn;
    size_t idx;

    for (idx = 0; idx < raw->n_conns; idx++) {
        conn = &raw->conns[idx];
        if (conn->fd < 0 || conn->n_seen & HAS_REPLIED ||
            !(conn->n_seen & IS_BUSY))
            continue;
        conn->n_seen |= HAS_REPLIED;
        if (conn_write(conn, "ok\n"))
            close_if_done(conn);
    }
}

static void on_end(struct conn *conn)
{
    on_client_ended(conn->raw);
    conn->n_seen |= HAS_ENDED;
    if (conn->raw->is_repaired)
        conn_watch(conn, conn->events & ~(uint32_t)EPOLLIN);
    if (!(conn->n_seen & IS_BUSY))
        conn->n_seen |= HAS_REPLIED; /* there is nothing to reply to */
    close_if_done(conn);
}

static void on_input(struct conn *conn)
{
    char line[64];

    if (!conn_read(conn) || !conn_take_line(conn, line))
        return;
    conn->n_seen |= IS_BUSY;
    raw_set_timer(conn->raw, 2);
}

static bool has_ended(const struct conn *conn)
{
    char byte;

    return recv(conn->fd, &byte, 1, MSG_PEEK) == 0;
}

static void on_ready(struct conn *conn, uint32_t events)
{
    if ((events & EPOLLOUT) && !conn_flush(conn))
        return;
    if (!(events & ~(uint32_t)EPOLLOUT))
        return;
    if (has_ended(conn))
        on_end(conn);
    else
        on_input(conn);
}

static void run(bool is_repaired)
{
    static const struct raw_ops ops = { .on_ready = on_ready,
                                        .on_time = on_time };
    static const struct step first[] = { CONNECT, SEND("go\n"),   PAUSE(4),
                                         SHUT,    EXPECT("ok\n"), EXPECT_END,
                                         CLOSE };
    static const struct step second[] = { PAUSE(8), CONNECT, SEND("go\n"),
                                          PAUSE(4), SHUT,    EXPECT("ok\n"),
                                          CLOSE };
    static const struct step *const scripts[] = { first, second, NULL };

    raw_run(&ops, is_repaired, scripts);
}

const struct bug bug_read_after_eof = {
    .name = "read_after_eof",
    .what = "the end of a connection is read, and counted, more than once",
    .library = "epoll",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
