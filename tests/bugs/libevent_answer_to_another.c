/* SPDX-License-Identifier: MIT */
/*
 * An answer goes to another client: a job knows whom it is for by the number of a
 * descriptor, and when it is done, a new connection has that number.
 *
 * Shown by: a client leaves while its job is being done, and the next one comes.
 */
#include "bugs/support_event.h"

#include <stdio.h>
#include <string.h>

/* One for each connection that has asked, in the same place. */
static struct job {
    int fd;
    char what[64];
} jobs[MAX_CLIENTS];

static struct job *job_of(const struct ev_conn *conn)
{
    return &jobs[conn - conn->side->conns];
}

static struct ev_conn *asker(struct ev_conn *conn)
{
    struct ev_side *side = conn->side;
    size_t idx;

    if (side->is_repaired)
        return conn->bev ? conn : NULL;
    for (idx = 0; idx < side->n_conns; idx++)
        if (side->conns[idx].bev &&
            bufferevent_getfd(side->conns[idx].bev) == job_of(conn)->fd)
            return &side->conns[idx];
    return NULL;
}

/* Its job is done. */
static void on_time(struct ev_conn *conn)
{
    struct ev_conn *whom = asker(conn);

    if (whom)
        ev_conn_write(whom, job_of(conn)->what);
}

static void on_open(struct ev_conn *conn)
{
    ev_conn_write(conn, "hi\n");
}

static void on_read(struct ev_conn *conn)
{
    char line[64];

    if (!ev_conn_take_line(conn, line))
        return;
    job_of(conn)->fd = bufferevent_getfd(conn->bev);
    snprintf(job_of(conn)->what, sizeof(line), "%.60s\n", line);
    ev_conn_set_timer(conn, 4);
}

static void run(bool is_repaired)
{
    static const struct ev_ops ops = { .on_open = on_open,
                                       .on_read = on_read,
                                       .on_time = on_time };
    static const struct step leave[] = {
        CONNECT, EXPECT("hi\n"), SEND("first\n"), PAUSE(8), CLOSE
    };
    static const struct step ask[] = {
        AFTER, CONNECT, EXPECT("hi\n"), SEND("second\n"), EXPECT("second\n"),
        CLOSE
    };
    static const struct step *const scripts[] = { leave, ask, NULL };

    memset(jobs, 0, sizeof(jobs));
    ev_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_answer_to_another = {
    .name = "answer_to_another",
    .what = "an answer goes to who has the asker's descriptor now",
    .library = "libevent",
    .run = run,
    .kinds = BUG_KINDS_LIBEVENT,
};
