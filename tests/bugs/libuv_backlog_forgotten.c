/* SPDX-License-Identifier: MIT */
/*
 * The listener is closed with clients in the backlog. A clean-up closes the
 * listener and all connections, and waits until as many have ended as clients
 * are connected; but one that was never accepted does not end at the server.
 *
 * Shown by: the server learns of a connection after it has stopped.
 */
#include "bugs/support_uv.h"

static void stop(uv_timer_t *timer)
{
    struct uv_side *side = timer->data;
    size_t idx;

    side->n_seen = 1;
    uv_close((uv_handle_t *)&side->listener, NULL);
    for (idx = 0; idx < side->n_conns; idx++)
        uv_conn_close(&side->conns[idx]);
}

/* Have all ended that are waited for? */
static bool is_clean(const struct uv_side *side)
{
    return side->is_repaired || side->n_conns >= side->clients.n_connected;
}

static void on_turn(struct uv_side *side)
{
    if (side->n_seen == 0 && !uv_is_active((uv_handle_t *)&side->timer))
        uv_timer_start(&side->timer, stop, bug_ms(4), 0);
    if (side->n_seen == 1 && side->n_open == 0 && side->clients.n_open == 0 &&
        !is_clean(side))
        bug_fail("of %zu connections %zu have come, and none will",
                 side->clients.n_connected,
                 side->n_conns);
}

static void on_data(struct uv_conn *conn)
{
    conn->n_in = 0;
}

static void run(bool is_repaired)
{
    static const struct uv_ops ops = { .on_data = on_data, .on_turn = on_turn };
    static const struct step wait[] = { CONNECT, EXPECT_END, CLOSE };
    static const struct step *const scripts[] = { wait, wait, NULL };

    uv_side_run(&ops, is_repaired, scripts);
}

const struct bug bug_backlog_forgotten = {
    .name = "backlog_forgotten",
    .what = "the listener is closed with clients in the backlog",
    .library = "libuv",
    .run = run,
    .kinds = TIDY_CHOICES_ALL,
};
