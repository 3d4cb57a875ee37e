/* SPDX-License-Identifier: MIT */
/*
 * A buffer is freed while a write is in flight: uv_write() mostly writes at once,
 * so that nobody sees that the buffer must stay until the callback. libuv's
 * documentation says so; it does not copy.
 *
 * Shown by: a write that takes less than all.
 */
#include "bugs/support_uv.h"

#include <string.h>

#define REPLY "this is the reply\n"

/* One buffer for all, as a pool would give it: what is freed is used again. */
static char pool[sizeof(REPLY)];

static void free_buffer(void)
{
    memset(pool, '#', sizeof(pool));
}

static void on_written(uv_write_t *write, int status)
{
    struct uv_conn *conn = write->data;

    (void)status;
    if (conn->side->is_repaired)
        free_buffer();
    uv_conn_close(conn);
}

static void on_data(struct uv_conn *conn)
{
    char line[64];
    uv_buf_t buf = uv_buf_init(pool, sizeof(REPLY) - 1);

    if (!uv_conn_take_line(conn, line))
        return;
    memcpy(pool, REPLY, sizeof(REPLY));
    conn->write.data = conn;
    uv_write(&conn->write, (uv_stream_t *)&conn->tcp, &buf, 1, on_written);
    if (!conn->side->is_repaired)
        free_buffer();
}

static void run(bool is_repaired)
{
    static const struct uv_ops ops = { .on_data = on_data };
    static const struct step ask[] = {
        CONNECT, SEND("go\n"), EXPECT(REPLY), CLOSE
    };
    static const struct step *const scripts[] = { ask, NULL };

    uv_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_freed_in_flight = {
    .name = "freed_in_flight",
    .what = "a buffer is freed before its write is done",
    .library = "libuv",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
