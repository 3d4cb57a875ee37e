/* SPDX-License-Identifier: MIT */
/*
 * An answer comes after its time limit. A job is given to a worker, and is taken
 * for failed when the time is up; the worker is kept, and what it answers then is
 * counted once more.
 *
 * Shown by: an answer that is on its way when the time passes.
 */
#include "bugs/support_uv.h"

static void report(struct uv_conn *conn)
{
    if (++conn->n_seen > 1)
        bug_fail("one job, and %d outcomes", conn->n_seen);
}

static void on_late(uv_timer_t *timer)
{
    struct uv_conn *conn = timer->data;

    report(conn);
}

static void on_data(struct uv_conn *conn)
{
    char line[64];

    if (!uv_conn_take_line(conn, line))
        return;
    uv_timer_stop(&conn->timer);
    if (conn->side->is_repaired && conn->n_seen > 0)
        return; /* too late: it has been reported */
    report(conn);
}

static void on_end(struct uv_conn *conn, int error)
{
    (void)error;
    uv_timer_stop(&conn->timer);
    uv_conn_close(conn);
}

/* If it cannot be written, the end will be read. */
static void on_written(uv_write_t *write, int status)
{
    (void)write;
    (void)status;
}

static void on_open(struct uv_conn *conn)
{
    static char job[] = "job\n";
    uv_buf_t buf = uv_buf_init(job, 4);

    conn->write.data = conn;
    uv_write(&conn->write, (uv_stream_t *)&conn->tcp, &buf, 1, on_written);
    uv_timer_start(&conn->timer, on_late, bug_ms(8), 0);
    uv_conn_read(conn);
}

static void run(bool is_repaired)
{
    static const struct uv_ops ops = { .on_open = on_open,
                                       .on_data = on_data,
                                       .on_end = on_end };
    static const struct step work[] = { CONNECT,  EXPECT("job\n"),
                                        PAUSE(4), SEND("done\n"),
                                        PAUSE(8), CLOSE };
    static const struct step *const scripts[] = { work, work, NULL };

    uv_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_late_answer = {
    .name = "late_answer",
    .what = "an answer counts although its time limit has passed",
    .library = "libuv",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
