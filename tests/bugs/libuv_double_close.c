/* SPDX-License-Identifier: MIT */
/*
 * A double close: when the reply is written the connection is closed, and when
 * the client ends it is, too, and neither asks whether the other has.
 *
 * Requests have four bytes, and are read one at a time: if the end is there, too,
 * libuv reads it in the same turn, before it tells of the write.
 *
 * Shown by: a request and the client's end come together.
 */
#include "bugs/support_uv.h"

#define REQUEST_LEN 4

static void close_conn(struct uv_conn *conn)
{
    if (conn->side->is_repaired && uv_is_closing((uv_handle_t *)&conn->tcp))
        return;
    uv_close((uv_handle_t *)&conn->tcp, uv_conn_on_close);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    close_conn(write->data);
}

static void on_data(struct uv_conn *conn)
{
    static char reply[] = "ok\n";
    uv_buf_t buf = uv_buf_init(reply, 3);
    char line[64];

    if (!uv_conn_take_line(conn, line))
        return;
    conn->write.data = conn;
    if (uv_write(&conn->write, (uv_stream_t *)&conn->tcp, &buf, 1, on_written) <
        0)
        close_conn(conn);
}

static void on_end(struct uv_conn *conn, int error)
{
    (void)error;
    close_conn(conn);
}

static void run(bool is_repaired)
{
    static const struct uv_ops ops = { .on_data = on_data,
                                       .on_end = on_end,
                                       .buffer_len = REQUEST_LEN };
    static const struct step ask[] = {
        CONNECT, SEND("get\n"), PAUSE(3), SHUT, CLOSE
    };
    static const struct step *const scripts[] = { ask, ask, NULL };

    uv_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_double_close = {
    .name = "double_close",
    .what = "a connection is closed when written to, and when it ends",
    .library = "libuv",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
