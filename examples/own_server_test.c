/* SPDX-License-Identifier: MIT */
/*
 * A server that is libuv code already, under the same case, clients, clean-up
 * and leak check. tidysock is told how to start and how to stop it.
 */
#include <tidysock/adapters/cmocka.h>
#include <tidysock/tidysock.h>

#include <stdlib.h>
#include <uv.h>

/* ---- The server under test: plain libuv, answers PONG to whatever comes. */

struct pong {
    uv_tcp_t listener;
    int n_handles; /* the listener and its connections, not closed yet */
    tidy_stopped_cb done;
    void *done_arg;
};

static void on_closed(uv_handle_t *handle)
{
    struct pong *pong = handle->data;

    if (handle != (uv_handle_t *)&pong->listener)
        free(handle);
    if (--pong->n_handles > 0)
        return;
    if (pong->done)
        pong->done(pong->done_arg);
    free(pong);
}

static void on_alloc(uv_handle_t *handle, size_t size_hint, uv_buf_t *buf)
{
    static char bytes[1024];

    (void)handle;
    (void)size_hint;
    *buf = uv_buf_init(bytes, sizeof(bytes));
}

static void on_read(uv_stream_t *stream, ssize_t n_read, const uv_buf_t *buf)
{
    static char pong[] = "PONG\r\n";
    uv_buf_t reply = uv_buf_init(pong, 6);

    (void)buf;
    if (n_read > 0)
        uv_try_write(stream, &reply, 1);
    else if (n_read < 0 && !uv_is_closing((uv_handle_t *)stream))
        uv_close((uv_handle_t *)stream, on_closed);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct pong *pong = listener->data;
    uv_tcp_t *session = calloc(1, sizeof(*session));

    if (status != 0 || !session || uv_tcp_init(listener->loop, session) != 0) {
        free(session);
        return;
    }
    session->data = pong;
    pong->n_handles++;
    if (uv_accept(listener, (uv_stream_t *)session) != 0)
        uv_close((uv_handle_t *)session, on_closed);
    else
        uv_read_start((uv_stream_t *)session, on_alloc, on_read);
}

/* ---- What tidysock needs to know about it. */

static int pong_start(uv_loop_t *loop,
                      const struct tidy_endpoint *endpoint,
                      struct sockaddr_storage *ret_address,
                      void **ret_state)
{
    struct pong *pong = calloc(1, sizeof(*pong));
    int len = sizeof(*ret_address);
    struct sockaddr_in address;
    int result;

    if (!pong)
        return UV_ENOMEM;
    uv_tcp_init(loop, &pong->listener);
    pong->listener.data = pong;
    pong->n_handles = 1;
    uv_ip4_addr(endpoint->host, (int)endpoint->port, &address);
    uv_tcp_bind(&pong->listener, (const struct sockaddr *)&address, 0);
    result = uv_listen((uv_stream_t *)&pong->listener, 128, on_connection);
    if (result != 0) {
        uv_close((uv_handle_t *)&pong->listener, on_closed);
        return result;
    }
    uv_tcp_getsockname(&pong->listener, (struct sockaddr *)ret_address, &len);
    *ret_state = pong;
    return 0;
}

static void close_ours(uv_handle_t *handle, void *pong)
{
    if (handle->data == pong && !uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void pong_stop(void *state, tidy_stopped_cb done, void *done_arg)
{
    struct pong *pong = state;

    pong->done = done;
    pong->done_arg = done_arg;
    uv_walk(pong->listener.loop, close_ours, pong);
}

static const struct tidy_server_ops pong_ops = {
    .start = pong_start,
    .stop = pong_stop,
};

/* ---- The test. */

static void test_ping(struct tidy_case *t)
{
    struct tidy_client *client =
        tidy_case_connect(t, tidy_case_start(t, &pong_ops));

    tidy_client_send(client, "PING\r\n", 6);
    tidy_client_expect_line(client, "PONG");
}

int main(void)
{
    const struct tidy_test tests[] = { TIDY_TEST_ON(TIDY_TCP, test_ping) };

    return tidy_cmocka_run(tests, TIDY_COUNT(tests));
}
