/* SPDX-License-Identifier: MIT */
/*
 * EMFILE spins: accept(2) fails while no descriptor is left, the connection stays
 * in the backlog, and a level-triggered listener is told again at once. libev's
 * manual has a section on it, and nginx stops accepting for a while.
 *
 * The limit is such that one connection has room, of which this process holds
 * both ends. Shown by: the end of the first connection comes after the second
 * one has been made.
 */
#include "bugs/support_raw.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_connection(struct raw *raw)
{
    int fd = accept4(raw->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        raw_add(raw, fd);
        return;
    }
    if (errno != EMFILE || !raw->is_repaired)
        return;
    epoll_ctl(raw->epfd, EPOLL_CTL_DEL, raw->listener, NULL);
    raw_set_timer(raw, 5);
}

static void on_time(struct raw *raw)
{
    raw_watch(raw, raw->listener, EPOLLIN, &raw->listener);
}

static void on_ready(struct conn *conn, uint32_t events)
{
    char line[64];

    if ((events & EPOLLOUT) && !conn_flush(conn))
        return;
    if (conn_read(conn) && conn_take_line(conn, line))
        conn_write(conn, "ok\n");
}

/* The first turn sets the limit: all that stays is open then, and a client. */
static void turn(struct raw *raw)
{
    struct rlimit limit;
    int next;

    if (raw->n_seen++ == 0 && (next = dup(raw->epfd)) >= 0) {
        close(next);
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = (rlim_t)next + 1;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    raw_turn(raw);
}

static void run(bool is_repaired)
{
    static const struct raw_ops ops = { .on_connection = on_connection,
                                        .on_ready = on_ready,
                                        .on_time = on_time,
                                        .turn = turn };
    static const struct step first[] = {
        CONNECT, SEND("go\n"), EXPECT("ok\n"), CLOSE
    };
    static const struct step second[] = {
        AFTER, CONNECT, SEND("go\n"), EXPECT("ok\n"), CLOSE
    };
    static const struct step *const scripts[] = { first, second, NULL };
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    raw_run(&ops, is_repaired, scripts);
    setrlimit(RLIMIT_NOFILE, &limit);
}

const struct bug bug_emfile_spins = {
    .name = "emfile_spins",
    .what = "accept is tried again and again while no descriptor is left",
    .library = "epoll",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
    .max_steps = 5000,
};
