/* SPDX-License-Identifier: MIT */
#include "sim/echo.h"

#include <string.h>
#include <uv.h>

struct end {
    uv_tcp_t tcp; /* first: its address is the end's */
    uv_connect_t connect;
    uv_write_t write;
    char buffer[ECHO_LEN];
    size_t n_read;
};

static struct {
    uv_loop_t loop;
    uv_tcp_t listener;
    struct end clients[ECHO_N_CLIENTS], servers[ECHO_N_CLIENTS];
    int n_accepted, n_clients, n_echoed;
} echo;

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *ret_buffer)
{
    struct end *end = (struct end *)handle;

    (void)size;
    *ret_buffer = uv_buf_init(end->buffer + end->n_read,
                              (unsigned)(ECHO_LEN - end->n_read));
}

/* The listener goes with the last client. */
static void on_closed(uv_handle_t *handle)
{
    struct end *end = (struct end *)handle;

    if (end >= echo.clients && end < echo.clients + ECHO_N_CLIENTS &&
        --echo.n_clients == 0)
        uv_close((uv_handle_t *)&echo.listener, NULL);
}

static void close_end(struct end *end)
{
    if (!uv_is_closing((uv_handle_t *)&end->tcp))
        uv_close((uv_handle_t *)&end->tcp, on_closed);
}

static void send_text(struct end *end)
{
    const uv_buf_t buffer = uv_buf_init(end->buffer, ECHO_LEN);

    uv_write(&end->write, (uv_stream_t *)&end->tcp, &buffer, 1, NULL);
}

static void
on_server_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct end *end = (struct end *)stream;

    (void)buffer;
    if (len < 0) {
        close_end(end);
        return;
    }
    end->n_read += (size_t)len;
    if (end->n_read == ECHO_LEN && len > 0) {
        send_text(end);
        end->n_read = 0; /* so that the end of the stream can be read */
    }
}

static void
on_client_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct end *end = (struct end *)stream;

    (void)buffer;
    if (len > 0) {
        end->n_read += (size_t)len;
        echo.n_echoed += (int)len;
    }
    if (len < 0 || end->n_read == ECHO_LEN)
        close_end(end);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct end *end = &echo.servers[echo.n_accepted];

    if (status < 0)
        return;
    echo.n_accepted++;
    uv_tcp_init(&echo.loop, &end->tcp);
    if (uv_accept(listener, (uv_stream_t *)&end->tcp) < 0)
        close_end(end);
    else
        uv_read_start((uv_stream_t *)&end->tcp, on_alloc, on_server_read);
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct end *end = (struct end *)connect->handle;

    if (status < 0) {
        close_end(end);
        return;
    }
    memcpy(end->buffer, ECHO_TEXT, ECHO_LEN);
    send_text(end);
    uv_read_start((uv_stream_t *)&end->tcp, on_alloc, on_client_read);
}

static void start(void)
{
    struct sockaddr_storage address;
    int len = sizeof(address), idx;

    uv_ip4_addr("127.0.0.1", 0, (struct sockaddr_in *)&address);
    uv_tcp_init(&echo.loop, &echo.listener);
    uv_tcp_bind(&echo.listener, (struct sockaddr *)&address, 0);
    if (uv_listen((uv_stream_t *)&echo.listener, 8, on_connection) < 0) {
        uv_close((uv_handle_t *)&echo.listener, NULL);
        return;
    }
    uv_tcp_getsockname(&echo.listener, (struct sockaddr *)&address, &len);
    for (idx = 0; idx < ECHO_N_CLIENTS; idx++) {
        struct end *end = &echo.clients[idx];

        echo.n_clients++;
        uv_tcp_init(&echo.loop, &end->tcp);
        if (uv_tcp_connect(&end->connect,
                           &end->tcp,
                           (struct sockaddr *)&address,
                           on_connected) < 0)
            close_end(end);
    }
}

int echo_run(void)
{
    memset(&echo, 0, sizeof(echo));
    if (uv_loop_init(&echo.loop) < 0)
        return -1;
    start();
    uv_run(&echo.loop, UV_RUN_DEFAULT);
    return uv_loop_close(&echo.loop) < 0 ? -1 : echo.n_echoed;
}
