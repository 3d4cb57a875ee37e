/* SPDX-License-Identifier: MIT */
/*
 * An edge-triggered listener, and one accept for each event: of two connections
 * that have come together the second waits for a third, which makes an edge.
 *
 * Shown by: both are in the backlog when the server looks.
 */
#include "bugs/support_raw.h"

#include <errno.h>
#include <sys/socket.h>

/* No edge comes for what is in the backlog: if there is no descriptor now, it is
 * tried again later. */
static void on_connection(struct raw *raw)
{
    int fd;

    for (;;) {
        fd = accept4(raw->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            raw_add(raw, fd);
        else if (errno == EMFILE)
            raw_set_timer(raw, 5);
        if (!raw->is_repaired || (fd < 0 && errno != ECONNABORTED))
            return;
    }
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
                                        .on_time = on_connection,
                                        .on_ready = on_ready,
                                        .listener_events = EPOLLIN | EPOLLET };
    static const struct step first[] = {
        CONNECT, SEND("go\n"), EXPECT("ok\n"), CLOSE
    };
    static const struct step second[] = {
        PAUSE(2), CONNECT, SEND("go\n"), EXPECT("ok\n"), CLOSE
    };
    static const struct step *const scripts[] = { first, second, NULL };

    raw_run(&ops, is_repaired, scripts);
}

const struct bug bug_edge_accepts_once = {
    .name = "edge_accepts_once",
    .what = "an edge-triggered listener, and one accept for each event",
    .library = "epoll",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
