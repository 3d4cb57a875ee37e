/* SPDX-License-Identifier: MIT */
/*
 * Many connections at once with the library: all up, then cleaned up.
 *
 * As in plain_conns.c: a connection counts as up when both ends have it, and at
 * most as many connects are in flight as the backlog takes.
 */
#include "ours.h"
#include "rows.h"

struct crowd {
    struct bench_run *run;
    struct ours_loop loop;
    struct tidy_server *server;
    size_t n_started, n_connected, n_accepted;
    size_t backlog;
    struct tidy_deferred *are_up; /* owned, until it has fired */
};

struct member {
    struct tidy_protocol base;
    struct crowd *crowd;
};

static int build_member(void *arg,
                        const struct tidy_address *address,
                        struct tidy_protocol *protocol)
{
    (void)address;
    tidy_container_of(protocol, struct member, base)->crowd = arg;
    return 0;
}

static void go_on(struct crowd *crowd);

static void client_connection_made(struct tidy_protocol *self)
{
    struct crowd *crowd = tidy_container_of(self, struct member, base)->crowd;

    crowd->n_connected++;
    go_on(crowd);
}

static void server_connection_made(struct tidy_protocol *self)
{
    struct crowd *crowd = tidy_container_of(self, struct member, base)->crowd;

    crowd->n_accepted++;
    go_on(crowd);
}

static const struct tidy_protocol_ops client_ops = {
    .connection_made = client_connection_made,
};

static const struct tidy_protocol_ops server_ops = {
    .connection_made = server_connection_made,
};

static struct tidy_factory make_factory(struct crowd *crowd,
                                        const struct tidy_protocol_ops *ops)
{
    return (struct tidy_factory){
        .ops = ops,
        .protocol_size = sizeof(struct member),
        .build_protocol = build_member,
        .arg = crowd,
    };
}

static struct tidy_deferred *on_failed(struct tidy_result *result, void *arg)
{
    (void)arg;
    bench_fail("%s", tidy_failure_text(tidy_result_failure(result)));
}

static void start_one(struct crowd *crowd)
{
    struct tidy_deferred *connected =
        tidy_server_connect(crowd->server, make_factory(crowd, &client_ops));

    crowd->n_started++;
    bench_check(tidy_deferred_add_errback(connected, on_failed, NULL),
                "tidy_deferred_add_errback");
    tidy_deferred_unref(connected);
}

static void go_on(struct crowd *crowd)
{
    size_t n_up = crowd->n_connected < crowd->n_accepted ? crowd->n_connected
                                                         : crowd->n_accepted;

    while (crowd->n_started < crowd->run->n &&
           crowd->n_started - n_up < crowd->backlog)
        start_one(crowd);
    if (n_up < crowd->run->n || !crowd->are_up)
        return;
    tidy_deferred_fire(crowd->are_up, NULL, NULL);
    crowd->are_up = tidy_deferred_unref(crowd->are_up);
}

static void do_crowd(struct crowd *crowd)
{
    struct tidy_deferred *are_up =
        tidy_deferred_new(tidy_loop_ledger(crowd->loop.tidy), "all up");

    crowd->are_up = tidy_deferred_ref(are_up);
    ours_await(
        &crowd->loop,
        tidy_server_listen(crowd->server, make_factory(crowd, &server_ops)));
    go_on(crowd);
    ours_await(&crowd->loop, are_up);
    bench_lap(crowd->run);
    ours_await(&crowd->loop, tidy_server_clean_up(crowd->server));
}

void ours_conns(struct bench_run *run)
{
    struct crowd crowd = { .run = run, .backlog = bench_backlog() };
    struct tidy_failure *failure = NULL;

    bench_raise_descriptors(2 * run->n + BENCH_OTHER_DESCRIPTORS);
    ours_loop_init(&crowd.loop);
    bench_start(run);
    ours_check(tidy_server_new_tcp(crowd.loop.tidy, &crowd.server, &failure),
               failure);
    do_crowd(&crowd);
    tidy_server_free(crowd.server);
    bench_stop(run);
    ours_loop_deinit(&crowd.loop);
}
