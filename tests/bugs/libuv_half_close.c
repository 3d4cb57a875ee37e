/* SPDX-License-Identifier: MIT */
/*
 * A half-close is taken for a close: the client ends its input and waits for the
 * reply, as `printf ... | nc` does, but the server closes at the end of file.
 *
 * Shown by: the end comes while the reply is being made.
 */
#include "bugs/support_uv.h"

enum state {
    IS_BUSY = 1, /* a reply is being made */
    HAS_ENDED = 2
};

static void on_written(uv_write_t *write, int status)
{
    struct uv_conn *conn = write->data;

    conn->n_seen &= ~IS_BUSY;
    if (status < 0 || (conn->n_seen & HAS_ENDED))
        uv_conn_close(conn);
}

static void on_made(uv_timer_t *timer)
{
    struct uv_conn *conn = timer->data;
    static char reply[] = "ok\n";
    uv_buf_t buf = uv_buf_init(reply, 3);

    if (!conn->is_open || uv_is_closing((uv_handle_t *)&conn->tcp))
        return;
    conn->write.data = conn;
    if (uv_write(&conn->write, (uv_stream_t *)&conn->tcp, &buf, 1, on_written) <
        0)
        uv_conn_close(conn);
}

static void on_data(struct uv_conn *conn)
{
    char line[64];

    if (!uv_conn_take_line(conn, line))
        return;
    conn->n_seen |= IS_BUSY;
    uv_timer_start(&conn->timer, on_made, bug_ms(2), 0);
}

static void on_end(struct uv_conn *conn, int error)
{
    conn->n_seen |= HAS_ENDED;
    if (conn->side->is_repaired && error == UV_EOF && (conn->n_seen & IS_BUSY))
        return;
    uv_conn_close(conn);
}

static void run(bool is_repaired)
{
    static const struct uv_ops ops = { .on_data = on_data, .on_end = on_end };
    static const struct step ask[] = { CONNECT, SEND("go\n"),   PAUSE(5),
                                       SHUT,    EXPECT("ok\n"), EXPECT_END,
                                       CLOSE };
    static const struct step *const scripts[] = { ask, ask, NULL };

    uv_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_half_close = {
    .name = "half_close",
    .what = "the end of a client's input is taken for the client's",
    .library = "libuv",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
