/* SPDX-License-Identifier: MIT */
/*
 * The orders of events in which the original helper's clean-up fails. Each is
 * written once, for any helper: the two that were published, and ours.
 */
#ifndef TIDY_TESTS_ORDERS_H
#define TIDY_TESTS_ORDERS_H

#include <tidysock/tidysock.h>

/* What an order does with a helper. The deferreds are owned. */
struct helper_ops {
    struct tidy_deferred *(*listen)(void *helper,
                                    const struct tidy_protocol_ops *ops);
    struct tidy_deferred *(*connect)(void *helper,
                                     const struct tidy_protocol_ops *ops);
    /* A plain socket; 0 or a negative code. */
    int (*connect_plain)(void *helper);
    struct tidy_deferred *(*clean_up)(void *helper);
};

/* What an order runs on; for one test at a time. */
void orders_use(const struct helper_ops *ops, void *helper);

/* The story: the client drops its connection the moment it is made, and the
 * server has not accepted it when clean-up begins. */
void order_never_accepted(struct tidy_case *t);

/* No trick: a plain client is connected, and cleaned up at once. Its connect(2)
 * has returned before the server's loop runs again. */
void order_plain_client_at_once(struct tidy_case *t);

/* The connection was lost long before clean-up; the one end closed it, or the
 * other. */
void order_client_closed_before(struct tidy_case *t);
void order_server_closed_before(struct tidy_case *t);

/* Two clients are connected. */
void order_two_clients(struct tidy_case *t);

/* Cleaned up twice in a row. */
void order_twice(struct tidy_case *t);

/* By name, e.g. "never_accepted"; NULL: there is none. */
tidy_body_cb order_find(const char *name);

#endif
