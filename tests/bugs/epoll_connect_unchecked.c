/* SPDX-License-Identifier: MIT */
/*
 * What became of a connect is not asked: the socket is writable, so it is taken
 * for connected. A load balancer looks in this way whether a server is up, and
 * believes it of one that cannot be reached. connect(2) says how to ask.
 *
 * Shown by: a connect that is refused, reset or never answered.
 */
#include "bugs/support_raw.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* The first of all connections; the other is the server's end of it. */
static bool is_probe(const struct conn *conn)
{
    return conn == conn->raw->conns;
}

static void probe(struct raw *raw)
{
    const struct sockaddr_in *address = &raw->clients.address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
        errno != EINPROGRESS) {
        close(fd);
        return;
    }
    name_actor(fd, "probe");
    conn_watch(raw_add(raw, fd), EPOLLOUT);
}

static bool is_up(const struct conn *conn)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (conn->raw->is_repaired)
        getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    return error == 0;
}

static void on_probed(struct conn *conn)
{
    struct sockaddr_in peer;
    socklen_t len = sizeof(peer);
    /* Asked first: between the two it may still be reset. */
    const bool has_peer =
        getpeername(conn->fd, (struct sockaddr *)&peer, &len) == 0;

    if (is_up(conn) && !has_peer)
        bug_fail("a server that cannot be reached is taken for one that is up");
    conn_close(conn);
}

static void on_ready(struct conn *conn, uint32_t events)
{
    (void)events;
    if (is_probe(conn))
        on_probed(conn);
    else
        conn_read(conn);
}

static void turn(struct raw *raw)
{
    if (raw->n_seen++ == 0)
        probe(raw);
    raw_turn(raw);
}

static void run(bool is_repaired)
{
    static const struct raw_ops ops = { .on_ready = on_ready, .turn = turn };
    static const struct step wait[] = { PAUSE(2), CLOSE };
    static const struct step *const scripts[] = { wait, NULL };

    raw_run(&ops, is_repaired, scripts);
}

const struct bug bug_connect_unchecked = {
    .name = "connect_unchecked",
    .what = "a connection is used without asking what became of connect",
    .library = "epoll",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
