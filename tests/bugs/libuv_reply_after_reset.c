/* SPDX-License-Identifier: MIT */
/*
 * A reply after the peer's reset: that a write can fail is not thought of, since
 * in all tests the client waits for the reply.
 *
 * Shown by: a reset that comes while the reply is being made, and is not read as
 * nothing is read meanwhile.
 */
#include "bugs/support_uv.h"

static void on_written(uv_write_t *write, int status)
{
    struct uv_conn *conn = write->data;

    if (status < 0 && !conn->side->is_repaired)
        bug_fail("the reply cannot be written: %s", uv_err_name(status));
    uv_conn_close(conn);
}

static void on_made(uv_timer_t *timer)
{
    struct uv_conn *conn = timer->data;
    static char reply[] = "ok\n";
    uv_buf_t buf = uv_buf_init(reply, 3);

    conn->write.data = conn;
    uv_write(&conn->write, (uv_stream_t *)&conn->tcp, &buf, 1, on_written);
}

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
    static const struct uv_ops ops = { .on_data = on_data };
    static const struct step leave[] = {
        CONNECT, SEND("go\n"), PAUSE(5), RESET
    };
    static const struct step *const scripts[] = { leave, leave, NULL };

    uv_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_reply_after_reset = {
    .name = "reply_after_reset",
    .what = "a reply that cannot be written was not thought of",
    .library = "libuv",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
