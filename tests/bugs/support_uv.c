/* SPDX-License-Identifier: MIT */
#include "bugs/support_uv.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

void uv_conn_on_close(uv_handle_t *handle)
{
    struct uv_conn *conn = handle->data;

    conn->is_open = false;
    conn->side->n_open--;
}

void uv_conn_close(struct uv_conn *conn)
{
    if (!uv_is_closing((uv_handle_t *)&conn->tcp))
        uv_close((uv_handle_t *)&conn->tcp, uv_conn_on_close);
}

/* -------------------------------------------------------------------- reading */

static void on_alloc(uv_handle_t *handle, size_t len, uv_buf_t *ret_buf)
{
    struct uv_conn *conn = handle->data;
    const size_t max = conn->side->ops->buffer_len;

    len = sizeof(conn->in) - 1 - conn->n_in;
    if (max > 0 && len > max)
        len = max;
    *ret_buf = uv_buf_init(conn->in + conn->n_in, (unsigned)len);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct uv_conn *conn = stream->data;

    (void)buf;
    if (n > 0) {
        conn->n_in += (size_t)n;
        conn->in[conn->n_in] = '\0';
        conn->side->ops->on_data(conn);
    } else if (n < 0 && conn->side->ops->on_end) {
        conn->side->ops->on_end(conn, (int)n);
    } else if (n < 0) {
        uv_conn_close(conn);
    }
}

void uv_conn_read(struct uv_conn *conn)
{
    uv_read_start((uv_stream_t *)&conn->tcp, on_alloc, on_read);
}

bool uv_conn_take_line(struct uv_conn *conn, char line[64])
{
    const char *end = memchr(conn->in, '\n', conn->n_in);
    size_t len;

    if (!end)
        return false;
    len = (size_t)(end - conn->in);
    memcpy(line, conn->in, len);
    line[len] = '\0';
    conn->n_in -= len + 1;
    memmove(conn->in, end + 1, conn->n_in + 1);
    return true;
}

/* ------------------------------------------------------------------ accepting */

static uint16_t ask_port(const uv_tcp_t *tcp)
{
    struct sockaddr_in peer = { 0 };
    int len = sizeof(peer);

    uv_tcp_getpeername(tcp, (struct sockaddr *)&peer, &len);
    return ntohs(peer.sin_port);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct uv_side *side = listener->data;
    struct uv_conn *conn = &side->conns[side->n_conns];

    if (status < 0)
        return;
    uv_tcp_init(&side->loop, &conn->tcp);
    conn->tcp.data = conn;
    side->n_conns++;
    side->n_open++;
    conn->is_open = true;
    if (uv_accept(listener, (uv_stream_t *)&conn->tcp) < 0) {
        uv_conn_close(conn);
        return;
    }
    conn->port = ask_port(&conn->tcp);
    if (side->ops->on_open)
        side->ops->on_open(conn);
    else
        uv_conn_read(conn);
}

/* libuv accepts and drops connections when no descriptor is left. */
static bool is_known(const struct clients *clients, uint16_t port)
{
    const struct uv_side *side =
        (const void *)((const char *)clients -
                       offsetof(struct uv_side, clients));
    size_t idx;

    for (idx = 0; idx < side->n_conns; idx++)
        if (side->conns[idx].port == port)
            return true;
    return false;
}

/* -------------------------------------------------------------------- the loop */

static void on_clients(uv_poll_t *poll, int status, int events)
{
    struct uv_side *side = poll->data;

    (void)status;
    (void)events;
    clients_turn(&side->clients);
}

static bool listen_at(struct uv_side *side, struct sockaddr_in *ret_address)
{
    int len = sizeof(*ret_address), fd;

    *ret_address = (struct sockaddr_in){ .sin_family = AF_INET };
    ret_address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    uv_tcp_init(&side->loop, &side->listener);
    side->listener.data = side;
    if (uv_tcp_bind(&side->listener, (const struct sockaddr *)ret_address, 0) <
            0 ||
        uv_listen((uv_stream_t *)&side->listener, 8, on_connection) < 0 ||
        uv_tcp_getsockname(
            &side->listener, (struct sockaddr *)ret_address, &len) < 0)
        return false;
    if (uv_fileno((uv_handle_t *)&side->listener, &fd) == 0)
        name_actor(fd, "listener");
    return true;
}

static bool begin(struct uv_side *side, struct sockaddr_in *ret_address)
{
    struct uv_conn *conn;

    side->clients.is_known = is_known;
    uv_timer_init(&side->loop, &side->timer);
    side->timer.data = side;
    for (conn = side->conns; conn < side->conns + MAX_CLIENTS; conn++) {
        uv_timer_init(&side->loop, &conn->timer);
        conn->timer.data = conn;
        conn->side = side;
    }
    if (!clients_begin(&side->clients) || !listen_at(side, ret_address) ||
        uv_poll_init(&side->loop, &side->poll, side->clients.epfd) < 0)
        return false;
    side->poll.data = side;
    return uv_poll_start(&side->poll, UV_READABLE, on_clients) == 0;
}

static void close_any(uv_handle_t *handle, void *arg)
{
    struct uv_side *side = arg;

    if (handle == (uv_handle_t *)&side->poll)
        uv_poll_stop(&side->poll);
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void end(struct uv_side *side)
{
    uv_walk(&side->loop, close_any, side);
    uv_run(&side->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&side->loop) < 0)
        bug_fail("the loop still has handles");
    clients_end(&side->clients);
}

/* libuv 1.44 leaves its epoll open if there is no descriptor for what it opens
 * next. */
static bool begin_loop(uv_loop_t *loop)
{
    if (uv_loop_init(loop) == 0)
        return true;
    if (uv_backend_fd(loop) > STDERR_FILENO)
        close(uv_backend_fd(loop));
    return false;
}

void uv_side_run(const struct uv_ops *ops,
                 bool is_repaired,
                 const struct step *const scripts[])
{
    struct uv_side side = { .ops = ops,
                            .is_repaired = is_repaired,
                            .clients.epfd = -1 };
    struct sockaddr_in address;
    void (*old)(int);

    if (!begin_loop(&side.loop))
        return;
    old = signal(SIGPIPE, SIG_IGN); /* which libuv leaves to the program */
    if (begin(&side, &address)) {
        clients_start(&side.clients, &address, scripts);
        while (side.clients.n_open > 0 || side.n_open > 0) {
            uv_run(&side.loop, UV_RUN_ONCE);
            if (ops->on_turn)
                ops->on_turn(&side);
        }
    }
    end(&side);
    signal(SIGPIPE, old);
}
