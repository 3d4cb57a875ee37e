/* SPDX-License-Identifier: MIT */
/*
 * Listening.
 *
 *   take the lock file, bind, set the mode, listen   -> fire
 *   any step fails                                   -> undo those before, fail
 *   close                                            -> remove path and lock
 *
 * It is gone when its handles are closed. Its memory stays until a look-up that
 * is still under way has come to its end: nobody waits for that.
 *
 * Closing the descriptor makes the kernel reset what was not accepted yet. A
 * connection for which there is no memory is accepted and dropped by a spare
 * handle, so that libuv goes on accepting.
 */
#include "net/listener.h"

#include "base/alloc.h"
#include "base/misuse.h"
#include "core/address.h"
#include "net/endpoint_name.h"
#include "net/lockfile.h"
#include "net/transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

/* ---------------------------------------------------------------- its end */

static void free_listener(struct tidy_listener *listener)
{
    tidy_deferred_unref(listener->listening);
    tidy_deferred_unref(listener->closed);
    tidy__dealloc(listener->name);
    tidy__dealloc(listener->resolve);
    tidy__dealloc(listener);
}

static void settle_closed(struct tidy_listener *listener)
{
    struct tidy_deferred *closed = TIDY_STEAL(&listener->closed);
    char address[TIDY_ADDRESS_MAX];
    int error = listener->close_error;

    if (error < 0)
        tidy_deferred_fail(closed,
                           tidy_failure_new_at(
                               error,
                               listener->file,
                               listener->line,
                               "cannot remove %s: %s",
                               tidy__name_or_address(
                                   listener->name, &listener->address, address),
                               tidy_strerror(error)));
    else
        tidy_deferred_fire(closed, NULL, NULL);
    tidy_deferred_unref(closed);
}

static void drop_user(struct tidy_listener *listener)
{
    if (--listener->n_users == 0)
        free_listener(listener);
}

static void drop_handle(struct tidy_listener *listener)
{
    tidy__loop_handle_closed(listener->loop);
    if (--listener->n_handles > 0)
        return;
    if (listener->gone)
        listener->gone(listener->gone_arg, listener->close_error);
    else
        settle_closed(listener);
    drop_user(listener);
}

static void on_closed(uv_handle_t *handle)
{
    struct tidy_listener *listener = handle->data;

    TIDY__INSIDE(listener->loop, drop_handle(listener));
}

/* Twisted removes the socket before the lock. */
static void remove_path(struct tidy_listener *listener)
{
    const char *path = listener->address.u.un.sun_path;

    if (listener->has_path && unlink(path) < 0 && errno != ENOENT)
        listener->close_error = -errno;
    listener->has_path = false;
}

static void release_lock(struct tidy_listener *listener)
{
    int result = 0;

    if (listener->has_lockfile)
        result = tidy__lockfile_release(listener->address.u.un.sun_path);
    listener->has_lockfile = false;
    if (!listener->close_error)
        listener->close_error = result;
}

/* Undo all that was done; memory goes when libuv has let go of the handles. */
static void end(struct tidy_listener *listener)
{
    listener->is_closing = true;
    DL_DELETE(listener->loop->listeners, listener);
    remove_path(listener);
    release_lock(listener);
    if (listener->resolve)
        tidy__resolve_cancel(listener->resolve);
    uv_close(&listener->socket.handle, on_closed);
}

static void fail_listening(struct tidy_listener *listener, int code)
{
    struct tidy_deferred *listening = TIDY_STEAL(&listener->listening);
    char address[TIDY_ADDRESS_MAX];

    tidy_deferred_set_canceller(listening, NULL, NULL);
    tidy_deferred_fail(
        listening,
        tidy_failure_new_at(
            code,
            listener->file,
            listener->line,
            "tidy_listen on %s: %s",
            tidy__name_or_address(listener->name, &listener->address, address),
            tidy__endpoint_cause(code)));
    tidy_deferred_unref(listening);
}

/* The user cancelled the deferred while the host was looked up; it fails by
 * itself. */
static void on_cancel(struct tidy_deferred *deferred, void *arg)
{
    struct tidy_listener *listener = arg;

    (void)deferred;
    listener->listening = tidy_deferred_unref(listener->listening);
    end(listener);
}

/* A step failed: nothing half-made stays. */
static void give_up(struct tidy_listener *listener, int code)
{
    end(listener);
    fail_listening(listener, code);
}

void tidy__listener_end(struct tidy_listener *listener)
{
    if (listener->is_closing || listener->loop->is_condemned)
        return;
    end(listener);
    if (listener->listening)
        fail_listening(listener, TIDY_ECANCELLED);
}

struct tidy_deferred *tidy_listener_close(struct tidy_listener *listener)
{
    struct tidy_deferred *closed;

    TIDY_REQUIRE(listener, "tidy_listener_close: the listener is NULL");
    TIDY_REQUIRE(!listener->is_closing,
                 "tidy_listener_close: the listener is closed already");
    closed = tidy_deferred_ref(listener->closed);
    tidy__deferred_show(closed, listener->file, listener->line);
    tidy__listener_end(listener);
    return closed;
}

const struct tidy_address *
tidy_listener_address(const struct tidy_listener *listener)
{
    TIDY_REQUIRE(listener, "tidy_listener_address: the listener is NULL");
    return &listener->address;
}

/* --------------------------------------------------------------- accepting */

static int init_socket(const struct tidy_listener *listener,
                       union tidy__socket *sock)
{
    struct tidy_loop *loop = listener->loop;

    return listener->is_tcp ? uv_tcp_init(loop->uv, &sock->tcp)
                            : uv_pipe_init(loop->uv, &sock->pipe, 0);
}

static void accept_all(struct tidy_listener *listener);

static void after_reject(struct tidy_listener *listener)
{
    listener->is_rejecting = false;
    /* libuv keeps one more until it is accepted. */
    if (!listener->is_closing && listener->socket.stream.accepted_fd != -1)
        accept_all(listener);
    drop_handle(listener);
}

static void on_rejected(uv_handle_t *handle)
{
    struct tidy_listener *listener = handle->data;

    TIDY__INSIDE(listener->loop, after_reject(listener));
}

static void reject(struct tidy_listener *listener)
{
    if (listener->is_rejecting || init_socket(listener, &listener->reject) < 0)
        return;
    listener->is_rejecting = true;
    listener->reject.handle.data = listener;
    listener->n_handles++;
    tidy__loop_handle_opened(listener->loop);
    uv_accept(&listener->socket.stream, &listener->reject.stream);
    uv_close(&listener->reject.handle, on_rejected);
}

static void accept_all(struct tidy_listener *listener)
{
    struct tidy_transport *transport;

    transport = tidy__transport_new(
        listener->loop, listener->group, &listener->factory, listener->is_tcp);
    if (!transport) {
        listener->accept_error = -ENOMEM;
        reject(listener);
        return;
    }
    if (uv_accept(&listener->socket.stream, &transport->uv.stream) < 0) {
        tidy__transport_discard(transport);
        return;
    }
    if (tidy__address_is_specific(&listener->address))
        transport->local = listener->address;
    transport->verb = "accepted";
    transport->file = listener->file;
    transport->line = listener->line;
    if (tidy__transport_opened(transport, &listener->factory) == 0)
        tidy__transport_made(transport);
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct tidy_listener *listener = stream->data;

    if (status < 0)
        listener->accept_error = status;
    else if (!listener->is_closing)
        TIDY__INSIDE(listener->loop, accept_all(listener));
}

/* ------------------------------------------------------------ its beginning */

static int bind_tcp(struct tidy_listener *listener)
{
    return uv_tcp_bind(&listener->socket.tcp, &listener->address.u.any, 0);
}

/* Anything else at the path is not ours to remove: binding will fail. */
static bool is_socket(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

static int take_lock(struct tidy_listener *listener)
{
    const char *path = listener->address.u.un.sun_path;
    bool is_stale = false;
    int result;

    if (!listener->has_lockfile)
        return 0;
    result = tidy__lockfile_take(path, &is_stale);
    if (result < 0)
        listener->has_lockfile = false;
    else if (is_stale && is_socket(path))
        unlink(path); /* its owner is gone */
    return result;
}

static bool is_directory_missing(const char *path)
{
    struct sockaddr_un un;
    char *slash;

    snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
    slash = strrchr(un.sun_path, '/');
    if (!slash)
        return false;
    slash[1] = '\0';
    return access(un.sun_path, F_OK) < 0 && errno == ENOENT;
}

static int bind_unix(struct tidy_listener *listener)
{
    const char *path = listener->address.u.un.sun_path;
    int result = take_lock(listener);

    if (result < 0)
        return result;
    result = uv_pipe_bind(&listener->socket.pipe, path);
    /* libuv makes the one of the other, as Windows has it. */
    if (result == -EACCES && is_directory_missing(path))
        result = -ENOENT;
    if (result < 0)
        return result;
    listener->has_path = true;
    return chmod(path, listener->mode) < 0 ? -errno : 0;
}

static int clamp_backlog(int64_t backlog)
{
    return backlog < 0 ? 0 : backlog > INT32_MAX ? INT32_MAX : (int)backlog;
}

static int read_address(struct tidy_listener *listener)
{
    int len = sizeof(listener->address.u);

    if (!listener->is_tcp)
        return 0;
    return uv_tcp_getsockname(
        &listener->socket.tcp, &listener->address.u.any, &len);
}

static void start(struct tidy_listener *listener)
{
    struct tidy_deferred *listening;
    int result = listener->is_tcp ? bind_tcp(listener) : bind_unix(listener);

    if (result == 0)
        result = uv_listen(&listener->socket.stream,
                           clamp_backlog(listener->backlog),
                           on_connection);
    if (result == 0)
        result = read_address(listener);
    if (result < 0) {
        give_up(listener, result);
        return;
    }
    listening = TIDY_STEAL(&listener->listening);
    tidy_deferred_set_canceller(listening, NULL, NULL);
    tidy_deferred_fire(listening, listener, NULL);
    tidy_deferred_unref(listening);
}

static void on_resolved(struct tidy__resolve *resolve)
{
    struct tidy_listener *listener = resolve->arg;

    if (!listener->is_closing) {
        listener->address = resolve->addresses[0];
        if (resolve->status < 0 || resolve->n_addresses == 0)
            give_up(listener,
                    resolve->status ? resolve->status : UV_EAI_NODATA);
        else
            start(listener);
    }
    drop_user(listener);
}

static int look_up(struct tidy_listener *listener,
                   const struct tidy_endpoint *endpoint)
{
    int family = endpoint->kind == TIDY_ENDPOINT_TCP6 ? AF_INET6 : AF_INET;
    int result;

    listener->resolve = tidy__zalloc(sizeof(*listener->resolve));
    if (!listener->resolve)
        return -ENOMEM;
    result = tidy__resolve_start(listener->resolve,
                                 listener->loop,
                                 family,
                                 endpoint->host,
                                 (uint16_t)endpoint->port,
                                 on_resolved,
                                 listener);
    if (result == 0)
        listener->n_users++;
    return result;
}

static int set_address(struct tidy_listener *listener,
                       const struct tidy_endpoint *endpoint)
{
    if (endpoint->kind == TIDY_ENDPOINT_UNIX)
        return tidy__address_from_path(&listener->address, endpoint->path);
    return tidy__address_from_host(
        &listener->address, endpoint->kind, endpoint->host, endpoint->port);
}

static void resolve_and_start(struct tidy_listener *listener,
                              const struct tidy_endpoint *endpoint)
{
    int result = set_address(listener, endpoint);

    if (result == 0) {
        start(listener);
        return;
    }
    listener->has_lockfile = false;
    listener->name = tidy__endpoint_name(endpoint);
    if (result == -EADDRNOTAVAIL)
        result = look_up(listener, endpoint);
    if (result < 0)
        give_up(listener, result);
}

/* Everything that needs memory, so that closing needs none. */
static struct tidy_listener *new_listener(struct tidy_loop *loop,
                                          const struct tidy_endpoint *endpoint,
                                          const char *file,
                                          int line)
{
    struct tidy_listener *listener = tidy__zalloc(sizeof(*listener));

    if (!listener)
        return NULL;
    listener->loop = loop;
    listener->is_tcp = endpoint->kind != TIDY_ENDPOINT_UNIX;
    listener->listening =
        tidy_deferred_new_at(&loop->ledger, "listening", file, line);
    listener->closed =
        tidy__deferred_new_hidden(&loop->ledger, "listener closed");
    if (!listener->listening || !listener->closed ||
        init_socket(listener, &listener->socket) < 0) {
        free_listener(listener);
        return NULL;
    }
    listener->socket.handle.data = listener;
    listener->n_handles = 1;
    listener->n_users = 1;
    tidy__loop_handle_opened(loop);
    return listener;
}

struct tidy_deferred *tidy__listen_in(struct tidy_loop *loop,
                                      struct tidy__group *group,
                                      const struct tidy_endpoint *endpoint,
                                      struct tidy_factory factory,
                                      const char *file,
                                      int line)
{
    struct tidy_listener *listener;
    struct tidy_deferred *listening;

    if (loop->is_ending)
        return tidy__deferred_new_hidden(&loop->ledger, "listening");
    if (loop->is_condemned)
        return tidy__loop_refuse(loop, "listening", file, line);
    listener = new_listener(loop, endpoint, file, line);
    if (!listener)
        return NULL;
    listening = tidy_deferred_ref(listener->listening);
    listener->group = group;
    listener->factory = factory;
    listener->backlog = endpoint->backlog;
    listener->mode = endpoint->mode;
    listener->has_lockfile =
        endpoint->kind == TIDY_ENDPOINT_UNIX && endpoint->has_lockfile;
    listener->file = file;
    listener->line = line;
    DL_APPEND(loop->listeners, listener);
    tidy_deferred_set_canceller(listening, on_cancel, listener);
    resolve_and_start(listener, endpoint);
    return listening;
}

struct tidy_deferred *tidy_listen_at(struct tidy_loop *loop,
                                     const struct tidy_endpoint *endpoint,
                                     struct tidy_factory factory,
                                     const char *file,
                                     int line)
{
    TIDY_REQUIRE(loop, "tidy_listen: the loop is NULL");
    TIDY_REQUIRE(endpoint, "tidy_listen: the endpoint is NULL");
    TIDY_REQUIRE(endpoint->is_server,
                 "tidy_listen: the endpoint is for connecting");
    TIDY_REQUIRE(factory.ops, "tidy_listen: the factory has no ops");
    return tidy__listen_in(
        loop, &loop->own_group, endpoint, factory, file, line);
}
