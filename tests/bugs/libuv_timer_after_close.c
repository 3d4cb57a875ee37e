/* SPDX-License-Identifier: MIT */
/*
 * A timer fires after the close: whoever has got a reply may stay idle for a
 * while. The timer is stopped when the client ends, but not on the rare path, on
 * which the reply cannot be written.
 *
 * Shown by: a reset that comes while the reply is being made.
 */
#include "bugs/support_uv.h"

static void on_idle(uv_timer_t *timer)
{
    struct uv_conn *conn = timer->data;

    if (!conn->is_open)
        bug_fail("the timer of a connection that is gone");
    uv_conn_close(conn);
}

static void on_end(struct uv_conn *conn, int error)
{
    (void)error;
    uv_timer_stop(&conn->timer);
    uv_conn_close(conn);
}

static void on_written(uv_write_t *write, int status)
{
    struct uv_conn *conn = write->data;

    if (status == 0)
        return;
    if (conn->side->is_repaired)
        uv_timer_stop(&conn->timer);
    uv_conn_close(conn);
}

static void on_made(uv_timer_t *timer)
{
    struct uv_conn *conn = timer->data;
    static char reply[] = "ok\n";
    uv_buf_t buf = uv_buf_init(reply, 3);

    conn->write.data = conn;
    uv_write(&conn->write, (uv_stream_t *)&conn->tcp, &buf, 1, on_written);
    uv_timer_start(&conn->timer, on_idle, bug_ms(20), 0);
    uv_conn_read(conn);
}

/* Nothing is read while a reply is made: one at a time. */
static void on_data(struct uv_conn *conn)
{
    char line[64];

    if (!uv_conn_take_line(conn, line))
        return;
    uv_read_stop((uv_stream_t *)&conn->tcp);
    uv_timer_start(&conn->timer, on_made, bug_ms(2), 0);
}

static void run(bool is_repaired)
{
    static const struct uv_ops ops = { .on_data = on_data, .on_end = on_end };
    static const struct step leave[] = {
        CONNECT, SEND("go\n"), PAUSE(5), RESET
    };
    static const struct step stay[] = { CONNECT, PAUSE(25), CLOSE };
    static const struct step *const scripts[] = { leave, stay, NULL };

    uv_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_timer_after_close = {
    .name = "timer_after_close",
    .what = "a timer is left running when its connection cannot be written to",
    .library = "libuv",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
