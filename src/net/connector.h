/* SPDX-License-Identifier: MIT */
#ifndef TIDY_NET_CONNECTOR_H
#define TIDY_NET_CONNECTOR_H

#include "net/loop.h"
#include "net/resolve.h"
#include "net/task.h"
#include <tidysock/listener.h>

/* One connection being made, from tidy_connect() until its deferred fires. */
struct tidy_connector {
    struct tidy_connector *prev, *next; /* in loop->connectors */
    struct tidy_loop *loop;
    struct tidy__group *group;
    struct tidy_factory factory;
    struct tidy_deferred *deferred;   /* a reference; NULL once it has fired */
    struct tidy_transport *transport; /* owned while it is NEW, or NULL */
    struct tidy_address address;      /* tried now; len 0: to be looked up */
    struct tidy_address bind_address;
    struct tidy__resolve *resolve; /* owned; NULL unless the host is a name */
    size_t next_idx;               /* into resolve->addresses */
    struct tidy__alarm alarm;      /* the time limit, or the next try */
    uint64_t deadline_ms;          /* on the loop's clock */
    struct tidy__task fail_task;
    int error;         /* for fail_task */
    char *name;        /* owned; NULL: the address is its name */
    const char *cause; /* of error, borrowed for ever; NULL: no better one */
    const char *file;
    int line;
    int n_users; /* the attempt, the look-up, who just works on it */
    bool is_finished;
};

/* tidy_connect_at() into a group. */
struct tidy_deferred *tidy__connect_in(struct tidy_loop *loop,
                                       struct tidy__group *group,
                                       const struct tidy_endpoint *endpoint,
                                       struct tidy_factory factory,
                                       const char *file,
                                       int line);

/* Give up; the deferred fails with this code. */
void tidy__connector_cancel(struct tidy_connector *connector, int code);

#endif
