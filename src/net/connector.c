/* SPDX-License-Identifier: MIT */
/*
 * Connecting.
 *
 *   look the name up, if it is one  ->  try an address  ->  protocol, fire
 *   refused, or else failed         ->  try the next address, or fail
 *   EAGAIN (a Unix backlog is full) ->  try the same again in a millisecond
 *   time is up, or cancelled        ->  drop what is under way, fail
 *
 * Each try has a transport of its own, which becomes the connection's. The
 * connector leaves the loop's list when it is finished, and memory when libuv
 * has let go of its look-up.
 */
#include "net/connector.h"

#include "base/alloc.h"
#include "base/misuse.h"
#include "core/address.h"
#include "net/endpoint_name.h"
#include "net/lockfile.h"
#include "net/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define RETRY_MS 1

static void try_address(struct tidy_connector *connector);

/* ---------------------------------------------------------------- its end */

static void free_connector(struct tidy_connector *connector)
{
    tidy__dealloc(connector->name);
    tidy__dealloc(connector->resolve);
    tidy__dealloc(connector);
}

/* The user who drops it last frees it: the attempt until it is finished, and
 * whoever still has it in his hands then. */
static void drop_user(struct tidy_connector *connector)
{
    if (--connector->n_users == 0)
        free_connector(connector);
}

/* Let go of everything; the deferred, whose reference the caller gets, is all
 * that is left to settle. */
static struct tidy_deferred *finish(struct tidy_connector *connector)
{
    struct tidy_deferred *deferred = TIDY_STEAL(&connector->deferred);

    connector->is_finished = true;
    DL_DELETE(connector->loop->connectors, connector);
    tidy__task_withdraw(connector->loop, &connector->fail_task);
    if (connector->transport)
        tidy__transport_discard(TIDY_STEAL(&connector->transport));
    if (connector->resolve)
        tidy__resolve_cancel(connector->resolve);
    tidy__alarm_clear(connector->loop, &connector->alarm);
    tidy_deferred_set_canceller(deferred, NULL, NULL);
    return deferred;
}

static struct tidy_failure *new_failure(const struct tidy_connector *connector,
                                        int code)
{
    char address[TIDY_ADDRESS_MAX], from[TIDY_ADDRESS_MAX] = "";
    const char *cause = tidy__endpoint_cause(code);

    if (connector->cause && code == connector->error)
        cause = connector->cause;
    if (connector->bind_address.len)
        tidy_address_format(&connector->bind_address, from, sizeof(from));
    return tidy_failure_new_at(
        code,
        connector->file,
        connector->line,
        "tidy_connect to %s%s%s: %s",
        tidy__name_or_address(connector->name, &connector->address, address),
        from[0] ? " from " : "",
        from,
        cause);
}

/* It is finished by now: who is told may do anything, e.g. clean up. */
static void tell_group(const struct tidy_connector *connector,
                       struct tidy_failure *failure)
{
    const struct tidy__group_ops *group_ops = connector->group->ops;

    if (group_ops && group_ops->failed)
        group_ops->failed(connector->group, failure);
}

static void settle_failed(struct tidy_connector *connector,
                          struct tidy_deferred *deferred,
                          int code)
{
    struct tidy_failure *failure = new_failure(connector, code);

    tell_group(connector, failure);
    tidy_deferred_fail(deferred, failure);
    tidy_deferred_unref(deferred);
}

static void fail(struct tidy_connector *connector, int code)
{
    settle_failed(connector, finish(connector), code);
    drop_user(connector);
}

void tidy__connector_cancel(struct tidy_connector *connector, int code)
{
    fail(connector, code);
}

/* The user cancelled the deferred, which fails by itself. */
static void on_cancel(struct tidy_deferred *deferred, void *arg)
{
    struct tidy_connector *connector = arg;
    struct tidy_failure *failure = new_failure(connector, TIDY_ECANCELLED);

    (void)deferred;
    tidy_deferred_unref(finish(connector));
    tell_group(connector, failure);
    tidy_failure_unref(failure);
    drop_user(connector);
}

/* The next address of the name, if there is one. */
static bool has_next_address(struct tidy_connector *connector)
{
    const struct tidy__resolve *resolve = connector->resolve;

    if (!resolve || connector->next_idx == resolve->n_addresses)
        return false;
    connector->address = resolve->addresses[connector->next_idx++];
    return true;
}

static void on_fail_task(struct tidy__task *task)
{
    struct tidy_connector *connector =
        tidy_container_of(task, struct tidy_connector, fail_task);

    if (has_next_address(connector))
        try_address(connector);
    else
        fail(connector, connector->error);
}

/* Fail, but not inside tidy_connect(). */
static void fail_soon(struct tidy_connector *connector, int code)
{
    connector->error = code;
    tidy__task_post(connector->loop, &connector->fail_task);
}

/* ------------------------------------------------------------ the attempts */

static void on_time(struct tidy__alarm *alarm)
{
    struct tidy_connector *connector =
        tidy_container_of(alarm, struct tidy_connector, alarm);

    if (uv_now(connector->loop->uv) >= connector->deadline_ms)
        fail(connector, -ETIMEDOUT);
    else
        try_address(connector);
}

static void start_timer(struct tidy_connector *connector, uint64_t delay_ms)
{
    uint64_t now_ms = uv_now(connector->loop->uv);
    uint64_t left_ms =
        connector->deadline_ms > now_ms ? connector->deadline_ms - now_ms : 0;

    tidy__alarm_set(connector->loop,
                    &connector->alarm,
                    delay_ms < left_ms ? delay_ms : left_ms);
}

/* A Unix socket of ours has no name. */
static void set_known_addresses(const struct tidy_connector *connector,
                                struct tidy_transport *transport)
{
    if (tidy__address_is_specific(&connector->address))
        transport->peer = connector->address;
    if (!transport->is_tcp) {
        transport->local.len = sizeof(sa_family_t);
        transport->local.u.any.sa_family = AF_UNIX;
    }
}

/* From here on it is a connection, which clean-up closes like any other: the
 * connector is finished before the user sees it. */
static void succeed(struct tidy_connector *connector,
                    struct tidy_transport *transport)
{
    struct tidy_deferred *deferred = finish(connector);

    set_known_addresses(connector, transport);
    transport->verb = "connected";
    transport->file = connector->file;
    transport->line = connector->line;
    if (tidy__transport_opened(transport, &connector->factory) < 0) {
        settle_failed(connector, deferred, TIDY_EREFUSED);
        drop_user(connector);
        return;
    }
    drop_user(connector);
    tidy__transport_made(transport);
    /* Cancelled from inside connection_made? */
    if (tidy_deferred_has_fired(deferred))
        tidy_transport_abort(transport);
    else
        tidy_deferred_fire(deferred, transport->protocol, NULL);
    tidy_deferred_unref(deferred);
}

static void on_attempt_failed(struct tidy_connector *connector, int code)
{
    if (code == -EAGAIN)
        start_timer(connector, RETRY_MS);
    else if (has_next_address(connector))
        try_address(connector);
    else
        fail(connector, code);
}

static void take_attempt(struct tidy_connector *connector,
                         struct tidy_transport *transport,
                         int status)
{
    connector->transport = NULL;
    if (status == 0) {
        succeed(connector, transport);
        return;
    }
    tidy__transport_discard(transport);
    on_attempt_failed(connector, status);
}

static void on_connected(uv_connect_t *req, int status)
{
    struct tidy_transport *transport = req->handle->data;
    struct tidy_connector *connector = req->data;

    if (transport->state == TIDY__TRANSPORT_NEW)
        TIDY__INSIDE(transport->loop,
                     take_attempt(connector, transport, status));
    /* Else it was discarded, and the connector may be gone. */
}

static int start_tcp(struct tidy_connector *connector)
{
    struct tidy_transport *transport = connector->transport;
    int result = 0;

    if (connector->bind_address.len)
        result =
            uv_tcp_bind(&transport->uv.tcp, &connector->bind_address.u.any, 0);
    if (result < 0)
        return result;
    return uv_tcp_connect(&transport->req.connect,
                          &transport->uv.tcp,
                          &connector->address.u.any,
                          on_connected);
}

static int start_unix(struct tidy_connector *connector)
{
    struct tidy_transport *transport = connector->transport;

    uv_pipe_connect(&transport->req.connect,
                    &transport->uv.pipe,
                    connector->address.u.un.sun_path,
                    on_connected);
    return 0;
}

static void try_address(struct tidy_connector *connector)
{
    bool is_tcp = connector->address.u.any.sa_family != AF_UNIX;
    struct tidy_transport *transport;
    int result;

    transport = tidy__transport_new(
        connector->loop, connector->group, &connector->factory, is_tcp);
    if (!transport) {
        fail_soon(connector, -ENOMEM);
        return;
    }
    transport->req.connect.data = connector;
    connector->transport = transport;
    start_timer(connector, UINT64_MAX);
    result = is_tcp ? start_tcp(connector) : start_unix(connector);
    if (result < 0) {
        tidy__transport_discard(TIDY_STEAL(&connector->transport));
        fail_soon(connector, result);
    }
}

static void on_resolved(struct tidy__resolve *resolve)
{
    struct tidy_connector *connector = resolve->arg;

    if (!connector->is_finished) {
        if (resolve->status < 0)
            fail(connector, resolve->status);
        else if (has_next_address(connector))
            try_address(connector);
        else
            fail(connector, UV_EAI_NODATA);
    }
    drop_user(connector);
}

/* ------------------------------------------------------------ its beginning */

static int look_up(struct tidy_connector *connector,
                   const struct tidy_endpoint *endpoint)
{
    int family = endpoint->kind == TIDY_ENDPOINT_TCP6 ? AF_INET6 : AF_INET;
    int result;

    connector->resolve = tidy__zalloc(sizeof(*connector->resolve));
    if (!connector->resolve)
        return -ENOMEM;
    result = tidy__resolve_start(connector->resolve,
                                 connector->loop,
                                 family,
                                 endpoint->host,
                                 (uint16_t)endpoint->port,
                                 on_resolved,
                                 connector);
    if (result < 0)
        return result;
    connector->n_users++;
    start_timer(connector, UINT64_MAX);
    return 0;
}

static int set_tcp_address(struct tidy_connector *connector,
                           const struct tidy_endpoint *endpoint)
{
    if (endpoint->bind_address &&
        tidy__address_from_host(&connector->bind_address,
                                endpoint->kind,
                                endpoint->bind_address,
                                0) < 0) {
        connector->cause = "the bindAddress is no numeric address";
        return -EINVAL;
    }
    return tidy__address_from_host(
        &connector->address, endpoint->kind, endpoint->host, endpoint->port);
}

static int set_address(struct tidy_connector *connector,
                       const struct tidy_endpoint *endpoint)
{
    int result;

    if (endpoint->kind != TIDY_ENDPOINT_UNIX)
        return set_tcp_address(connector, endpoint);
    result = tidy__address_from_path(&connector->address, endpoint->path);
    if (result == 0 && endpoint->has_lockfile &&
        !tidy__lockfile_is_held(endpoint->path)) {
        connector->cause = "no running process holds its lock file";
        return -ECONNREFUSED;
    }
    return result;
}

static void start(struct tidy_connector *connector,
                  const struct tidy_endpoint *endpoint)
{
    int result = set_address(connector, endpoint);

    if (result == 0) {
        try_address(connector);
        return;
    }
    connector->name = tidy__endpoint_name(endpoint);
    if (result == -EADDRNOTAVAIL)
        result = look_up(connector, endpoint);
    if (result < 0)
        fail_soon(connector, result);
}

struct tidy_deferred *tidy__connect_in(struct tidy_loop *loop,
                                       struct tidy__group *group,
                                       const struct tidy_endpoint *endpoint,
                                       struct tidy_factory factory,
                                       const char *file,
                                       int line)
{
    struct tidy_connector *connector;
    struct tidy_deferred *deferred;

    if (loop->is_ending)
        return tidy__deferred_new_hidden(&loop->ledger, "connected");
    if (loop->is_condemned)
        return tidy__loop_refuse(loop, "connected", file, line);
    connector = tidy__zalloc(sizeof(*connector));
    if (!connector)
        return NULL;
    deferred = tidy_deferred_new_at(&loop->ledger, "connected", file, line);
    if (!deferred) {
        free_connector(connector);
        return NULL;
    }
    connector->loop = loop;
    connector->group = group;
    connector->factory = factory;
    connector->file = file;
    connector->line = line;
    connector->fail_task.run = on_fail_task;
    connector->deferred = tidy_deferred_ref(deferred);
    tidy_deferred_set_canceller(deferred, on_cancel, connector);
    connector->alarm.ring = on_time;
    uv_update_time(loop->uv);
    connector->deadline_ms =
        uv_now(loop->uv) + endpoint->timeout_ns / TIDY_MS(1);
    connector->n_users = 1;
    DL_APPEND(loop->connectors, connector);
    start(connector, endpoint);
    return deferred;
}

struct tidy_deferred *tidy_connect_at(struct tidy_loop *loop,
                                      const struct tidy_endpoint *endpoint,
                                      struct tidy_factory factory,
                                      const char *file,
                                      int line)
{
    TIDY_REQUIRE(loop, "tidy_connect: the loop is NULL");
    TIDY_REQUIRE(endpoint, "tidy_connect: the endpoint is NULL");
    TIDY_REQUIRE(!endpoint->is_server,
                 "tidy_connect: the endpoint is for listening");
    TIDY_REQUIRE(factory.ops, "tidy_connect: the factory has no ops");
    return tidy__connect_in(
        loop, &loop->own_group, endpoint, factory, file, line);
}
