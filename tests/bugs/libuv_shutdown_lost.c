/* SPDX-License-Identifier: MIT */
/*
 * A shutdown is lost: at the end of a client the server shuts its own side down
 * and closes in the callback; but only if that went well, and if it could not
 * even be begun, no callback comes. The connection stays.
 *
 * Shown by: the client is reset, or is gone when something is sent to it.
 */
#include "bugs/support_uv.h"

static void on_shut(uv_shutdown_t *shutdown, int status)
{
    struct uv_conn *conn = shutdown->data;

    if (status < 0 && !conn->side->is_repaired)
        return;
    uv_conn_close(conn);
}

static void on_end(struct uv_conn *conn, int error)
{
    int rc;

    (void)error;
    uv_timer_stop(&conn->timer);
    uv_read_stop((uv_stream_t *)&conn->tcp);
    conn->shutdown.data = conn;
    rc = uv_shutdown(&conn->shutdown, (uv_stream_t *)&conn->tcp, on_shut);
    if (rc < 0 && conn->side->is_repaired)
        uv_conn_close(conn);
}

/* If it cannot be written, the end will be read. */
static void on_written(uv_write_t *write, int status)
{
    (void)write;
    (void)status;
}

static void on_tick(uv_timer_t *timer)
{
    struct uv_conn *conn = timer->data;
    static char tick[] = "tick\n";
    uv_buf_t buf = uv_buf_init(tick, 5);

    conn->write.data = conn;
    uv_write(&conn->write, (uv_stream_t *)&conn->tcp, &buf, 1, on_written);
}

static void on_open(struct uv_conn *conn)
{
    uv_timer_start(&conn->timer, on_tick, bug_ms(6), 0);
    uv_conn_read(conn);
}

/* Whatever is said to a clock is ignored. */
static void on_data(struct uv_conn *conn)
{
    conn->n_in = 0;
}

static void run(bool is_repaired)
{
    static const struct uv_ops ops = { .on_open = on_open,
                                       .on_data = on_data,
                                       .on_end = on_end };
    static const struct step look[] = { CONNECT, PAUSE(3), CLOSE };
    static const struct step *const scripts[] = { look, look, NULL };

    uv_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_shutdown_lost = {
    .name = "shutdown_lost",
    .what = "a connection is closed only if it could be shut down",
    .library = "libuv",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
