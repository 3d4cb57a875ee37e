/* SPDX-License-Identifier: MIT */
#include "support/echo_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct echo_log echo_log;

/* ------------------------------------------------------------------- its end */

static void on_handle_closed(struct echo_server *server)
{
    if (--server->n_handles > 0)
        return;
    if (server->done)
        server->done(server->done_arg);
    echo_log.n_freed++;
    free(server);
}

static void on_listener_closed(uv_handle_t *handle)
{
    on_handle_closed(handle->data);
}

static void on_connection_closed(uv_handle_t *handle)
{
    struct echo_connection *connection = handle->data;
    struct echo_server *server = connection->server;

    echo_log.n_closed++;
    free(connection);
    on_handle_closed(server);
}

static void close_connection(struct echo_connection *connection)
{
    struct echo_connection **link = &connection->server->connections;

    if (uv_is_closing(&connection->socket.handle))
        return;
    while (*link != connection)
        link = &(*link)->next;
    *link = connection->next;
    uv_close(&connection->socket.handle, on_connection_closed);
}

static void close_all(struct echo_server *server)
{
    while (server->connections)
        close_connection(server->connections);
    uv_close(&server->listener.handle, on_listener_closed);
}

static void stop(void *state, tidy_stopped_cb done, void *done_arg)
{
    struct echo_server *server = state;

    echo_log.n_stopped++;
    if (echo_log.in_stop)
        echo_log.in_stop();
    if (!echo_log.never_says_so && !echo_log.stops_at_once)
        server->done = done;
    server->done_arg = done_arg;
    if (!echo_log.never_stops)
        close_all(server);
    if (echo_log.stops_at_once)
        done(done_arg);
}

static void abandon(void *state)
{
    struct echo_server *server = state;

    echo_log.n_abandoned++;
    if (!echo_log.never_stops)
        return; /* it is gone, and has just not said so */
    if (!echo_log.is_late)
        server->done = NULL;
    close_all(server);
}

/* ------------------------------------------------------------------- its work */

static void on_written(uv_write_t *req, int status)
{
    struct echo_connection *connection = req->data;

    free(req);
    if (status < 0)
        close_connection(connection);
}

/* The bytes are behind the request. */
static void
echo(struct echo_connection *connection, const char *data, size_t len)
{
    uv_write_t *req = malloc(sizeof(*req) + len);
    uv_buf_t buf = uv_buf_init((char *)(req + 1), (unsigned)len);

    if (!req)
        abort();
    memcpy(req + 1, data, len);
    req->data = connection;
    if (uv_write(req, &connection->socket.stream, &buf, 1, on_written) == 0)
        return;
    free(req);
    close_connection(connection);
}

static void on_alloc(uv_handle_t *handle, size_t size_hint, uv_buf_t *ret_buf)
{
    static char bytes[65536];

    (void)handle;
    (void)size_hint;
    *ret_buf = uv_buf_init(bytes, sizeof(bytes));
}

static void on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    struct echo_connection *connection = stream->data;

    if (nread < 0) {
        close_connection(connection);
        return;
    }
    echo_log.n_bytes += (uint64_t)nread;
    if (nread > 0)
        echo(connection, buf->base, (size_t)nread);
}

static int init_stream(uv_loop_t *loop, union echo_stream *stream, bool is_tcp)
{
    return is_tcp ? uv_tcp_init(loop, &stream->tcp)
                  : uv_pipe_init(loop, &stream->pipe, 0);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct echo_server *server = listener->data;
    struct echo_connection *connection;

    if (status < 0)
        return;
    connection = calloc(1, sizeof(*connection));
    if (!connection)
        abort();
    connection->server = server;
    connection->next = server->connections;
    server->connections = connection;
    server->n_handles++;
    init_stream(server->loop, &connection->socket, listener->type == UV_TCP);
    connection->socket.handle.data = connection;
    uv_accept(listener, &connection->socket.stream);
    echo_log.n_accepted++;
    uv_read_start(&connection->socket.stream, on_alloc, on_read);
    if (echo_log.drops_at_once)
        close_connection(connection);
}

/* -------------------------------------------------------------- its beginning */

static int bind_to(struct echo_server *server,
                   const struct tidy_endpoint *endpoint)
{
    struct sockaddr_in address;
    int result;

    if (endpoint->kind == TIDY_ENDPOINT_UNIX)
        return uv_pipe_bind(&server->listener.pipe, endpoint->path);
    result = uv_ip4_addr(endpoint->host, (int)endpoint->port, &address);
    if (result < 0)
        return result;
    return uv_tcp_bind(
        &server->listener.tcp, (const struct sockaddr *)&address, 0);
}

static int listen_at(struct echo_server *server,
                     const struct tidy_endpoint *endpoint,
                     struct sockaddr_storage *ret_address)
{
    int len = sizeof(*ret_address);
    int result = bind_to(server, endpoint);

    if (result == 0)
        result = uv_listen(&server->listener.stream, 128, on_connection);
    if (result == 0 && endpoint->kind != TIDY_ENDPOINT_UNIX)
        result = uv_tcp_getsockname(
            &server->listener.tcp, (struct sockaddr *)ret_address, &len);
    return result ? result : echo_log.start_error;
}

static int start(struct uv_loop_s *loop,
                 const struct tidy_endpoint *endpoint,
                 struct sockaddr_storage *ret_address,
                 void **ret_state)
{
    struct echo_server *server = calloc(1, sizeof(*server));
    int result;

    if (!server)
        return -ENOMEM;
    server->loop = loop;
    server->n_handles = 1;
    init_stream(loop, &server->listener, endpoint->kind != TIDY_ENDPOINT_UNIX);
    server->listener.handle.data = server;
    result = listen_at(server, endpoint, ret_address);
    if (result < 0) {
        close_all(server);
        return result;
    }
    echo_log.n_started++;
    if (echo_log.in_start)
        echo_log.in_start();
    *ret_state = server;
    return 0;
}

const struct tidy_server_ops echo_server_ops = {
    .start = start,
    .stop = stop,
    .abandon = abandon,
};
