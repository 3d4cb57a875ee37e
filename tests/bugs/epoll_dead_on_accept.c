/* SPDX-License-Identifier: MIT */
/*
 * A dead descriptor is accepted: Linux's accept(2) returns connections that the
 * client has reset meanwhile, and getpeername(2) on one gives ENOTCONN. The
 * server cannot imagine that, and takes it for an error of its own: it stops.
 *
 * Shown by: a reset that comes before accept.
 */
#include "bugs/support_raw.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static void stop(struct raw *raw)
{
    epoll_ctl(raw->epfd, EPOLL_CTL_DEL, raw->listener, NULL);
}

static void on_connection(struct raw *raw)
{
    struct sockaddr_in peer;
    socklen_t len = sizeof(peer);
    int fd = accept4(raw->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return;
    if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0) {
        close(fd);
        if (!raw->is_repaired)
            stop(raw);
        return;
    }
    raw_add(raw, fd);
}

static void on_ready(struct conn *conn, uint32_t events)
{
    char line[64];

    if ((events & EPOLLOUT) && !conn_flush(conn))
        return;
    if (conn_read(conn) && conn_take_line(conn, line))
        conn_write(conn, "ok\n");
}

static void run(bool is_repaired)
{
    static const struct raw_ops ops = { .on_connection = on_connection,
                                        .on_ready = on_ready };
    static const struct step drop[] = { CONNECT, PAUSE(2), RESET };
    static const struct step ask[] = {
        PAUSE(4), CONNECT, SEND("go\n"), EXPECT("ok\n"), CLOSE
    };
    static const struct step *const scripts[] = { drop, ask, NULL };

    raw_run(&ops, is_repaired, scripts);
}

const struct bug bug_dead_on_accept = {
    .name = "dead_on_accept",
    .what = "a connection that is dead when accepted ends the server",
    .library = "epoll",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
