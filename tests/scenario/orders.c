/* SPDX-License-Identifier: MIT */
/*
 * Where nothing may come between a connect and clean-up, clean-up is begun from
 * a callback of the connect's deferred. So did the original's tests: a generator
 * goes on inside the deferred that it waits for.
 */
#include "scenario/orders.h"

#include "scenario/hold_back.h"

#include <string.h>

/* One test at a time, as with the case; protocols are handed nothing of ours. */
static struct {
    const struct helper_ops *ops;
    void *helper;
    struct tidy_protocol *server_end; /* the newest that was made */
    size_t n_server_ends;
} order;

void orders_use(const struct helper_ops *ops, void *helper)
{
    memset(&order, 0, sizeof(order));
    order.ops = ops;
    order.helper = helper;
}

/* --------------------------------------------------------------- protocols */

static void note_server_end(struct tidy_protocol *self)
{
    order.server_end = self;
    order.n_server_ends++;
}

static const struct tidy_protocol_ops server_ops = {
    .connection_made = note_server_end,
};

static const struct tidy_protocol_ops client_ops = { 0 };

/* -------------------------------------------------------------------- steps */

static void listen_with(struct tidy_case *t,
                        const struct tidy_protocol_ops *ops)
{
    tidy_case_await(t, order.ops->listen(order.helper, ops));
}

static struct tidy_deferred *clean_up_now(struct tidy_result *result, void *arg)
{
    (void)result;
    (void)arg;
    return order.ops->clean_up(order.helper);
}

/* Connect a client, and clean up as soon as that is done. */
static void connect_and_clean_up(struct tidy_case *t,
                                 const struct tidy_protocol_ops *ops)
{
    struct tidy_deferred *connected = order.ops->connect(order.helper, ops);

    tidy_deferred_add_callback(connected, clean_up_now, NULL);
    tidy_case_await(t, connected);
}

static bool has_server_ends(void *n_wanted)
{
    return order.n_server_ends == *(const size_t *)n_wanted;
}

/* Connect a client, and wait until the server has it, too. */
static struct tidy_protocol *connect_with(struct tidy_case *t,
                                          const struct tidy_protocol_ops *ops)
{
    size_t n_wanted = order.n_server_ends + 1;
    struct tidy_protocol *client;

    client = tidy_case_await(t, order.ops->connect(order.helper, ops));
    tidy_case_run_until(t, has_server_ends, &n_wanted);
    return client;
}

static bool is_lost(void *arg)
{
    const struct tidy_protocol *end = arg;

    return tidy_transport_is_lost(end->transport);
}

/* Close one end, and wait until both are lost. */
static void close_by(struct tidy_case *t,
                     struct tidy_protocol *closing,
                     struct tidy_protocol *other)
{
    tidy_transport_lose_connection(closing->transport);
    tidy_case_run_until(t, is_lost, closing);
    tidy_case_run_until(t, is_lost, other);
}

/* ------------------------------------------------------------------- orders */

static struct tidy_deferred *let_accepts_come(void *arg)
{
    (void)arg;
    hold_back_accepts(false);
    return NULL;
}

void order_never_accepted(struct tidy_case *t)
{
    listen_with(t, &server_ops);
    tidy_case_add_clean_up(t, let_accepts_come, NULL);
    hold_back_accepts(true);
    connect_and_clean_up(t, &tidy_null_protocol_ops);
}

void order_plain_client_at_once(struct tidy_case *t)
{
    int result;

    listen_with(t, &server_ops);
    result = order.ops->connect_plain(order.helper);
    if (result < 0)
        tidy_case_fail(t, "plain client: %s", tidy_strerror(result));
    tidy_case_await(t, order.ops->clean_up(order.helper));
}

void order_client_closed_before(struct tidy_case *t)
{
    struct tidy_protocol *client;

    listen_with(t, &server_ops);
    client = connect_with(t, &client_ops);
    close_by(t, client, order.server_end);
    tidy_case_await(t, order.ops->clean_up(order.helper));
}

void order_server_closed_before(struct tidy_case *t)
{
    struct tidy_protocol *client;

    listen_with(t, &server_ops);
    client = connect_with(t, &client_ops);
    close_by(t, order.server_end, client);
    tidy_case_await(t, order.ops->clean_up(order.helper));
}

void order_two_clients(struct tidy_case *t)
{
    listen_with(t, &server_ops);
    connect_with(t, &client_ops);
    connect_with(t, &client_ops);
    tidy_case_await(t, order.ops->clean_up(order.helper));
}

void order_twice(struct tidy_case *t)
{
    struct tidy_deferred *first, *second;

    listen_with(t, &server_ops);
    connect_with(t, &client_ops);
    first = order.ops->clean_up(order.helper);
    second = order.ops->clean_up(order.helper);
    tidy_case_await(t, first);
    tidy_case_await(t, second);
}

/* ------------------------------------------------------------------ by name */

tidy_body_cb order_find(const char *name)
{
    static const struct {
        const char *name;
        tidy_body_cb body;
    } orders[] = {
        { "never_accepted", order_never_accepted },
        { "plain_client_at_once", order_plain_client_at_once },
        { "client_closed_before", order_client_closed_before },
        { "server_closed_before", order_server_closed_before },
        { "two_clients", order_two_clients },
        { "twice", order_twice },
    };

    for (size_t i = 0; i < TIDY_COUNT(orders); i++)
        if (strcmp(orders[i].name, name) == 0)
            return orders[i].body;
    return NULL;
}
