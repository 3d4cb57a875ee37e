/* SPDX-License-Identifier: MIT */
/*
 * ECONNABORTED ends the accept loop. Of its errors EAGAIN and EMFILE are expected,
 * and any other is thought to be one that stays: the listener is given up.
 *
 * Shown by: a connection that is reset in the backlog, where accept(2) gives the
 * error: on the systems from BSD, and rarely on Linux.
 */
#include "bugs/support_raw.h"

#include <errno.h>
#include <sys/socket.h>

static bool is_passing(const struct raw *raw, int error)
{
    return error == EAGAIN || error == EMFILE ||
           (raw->is_repaired && error == ECONNABORTED);
}

static void on_connection(struct raw *raw)
{
    int fd;

    while ((fd = accept4(
                raw->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        raw_add(raw, fd);
    if (!is_passing(raw, errno))
        epoll_ctl(raw->epfd, EPOLL_CTL_DEL, raw->listener, NULL);
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

const struct bug bug_abort_ends_accept = {
    .name = "abort_ends_accept",
    .what = "ECONNABORTED ends the accept loop",
    .library = "epoll",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
    .profile = TIDY_PROFILE_DARWIN,
};
