/* SPDX-License-Identifier: MIT */
/*
 * Transports: writing, and settling what was asked for.
 *
 * Bytes are handed to the kernel at once as far as it takes them; libuv waits
 * with the rest until there is room. Then, when nothing is left to write, a
 * half-close or the end of the connection has its turn. The user is told of all
 * that from the loop only.
 */
#include "base/guard.h"
#include "net/transport.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

/* As many as libuv keeps without allocating (uv_write_t.bufsml). */
#define MAX_BUFS 4

/* Will somebody read yet what the peer has sent before it went? While reading is
 * paused it waits in the kernel. */
static bool will_read(const struct tidy_transport *transport)
{
    int n_unread = 0;

    if (transport->is_reading)
        return true;
    return transport->state == TIDY__TRANSPORT_OPEN && transport->is_paused &&
           !transport->is_closing_at_eof &&
           ioctl(transport->fd, FIONREAD, &n_unread) == 0 && n_unread > 0;
}

/* Nothing can be written any more. Reading tells when all has been read. */
static void on_write_error(struct tidy_transport *transport, int error)
{
    bool is_peer_gone = error == UV_EPIPE || error == UV_ECONNRESET;

    transport->write_error = error;
    tidy__write_queue_cancel(&transport->queue, error);
    if (!is_peer_gone || !will_read(transport))
        tidy__transport_close(transport, error);
}

static void take_written(struct tidy_transport *transport, int status)
{
    size_t n_bytes = transport->n_in_flight;

    transport->n_in_flight = 0;
    if (transport->state >= TIDY__TRANSPORT_CLOSING)
        return;
    if (status < 0) {
        on_write_error(transport, status);
    } else {
        transport->n_written += n_bytes;
        tidy__write_queue_consume(&transport->queue, n_bytes);
    }
    tidy__transport_settle(transport);
}

static void on_written(uv_write_t *req, int status)
{
    struct tidy_transport *transport = req->handle->data;

    TIDY__INSIDE(transport->loop, take_written(transport, status));
}

/* The kernel is full: let libuv wait until it is not. */
static void write_later(struct tidy_transport *transport)
{
    uv_buf_t bufs[MAX_BUFS];
    unsigned n_bufs;
    int result;

    n_bufs = tidy__write_queue_peek(
        &transport->queue, bufs, MAX_BUFS, &transport->n_in_flight);
    result = uv_write(
        &transport->req.write, &transport->uv.stream, bufs, n_bufs, on_written);
    if (result < 0) {
        transport->n_in_flight = 0;
        on_write_error(transport, result);
    }
}

/* A small write after another must not wait for the peer's acknowledgement of
 * the first, which it delays by up to 40 ms. Most connections of a test never
 * write twice, and need not be told so. */
static void expect_more(struct tidy_transport *transport)
{
    if (transport->n_written == 0 || !transport->is_tcp ||
        transport->is_nodelay)
        return;
    transport->is_nodelay = true;
    uv_tcp_nodelay(&transport->uv.tcp, 1);
}

/* Write until all is with the kernel, or the kernel is full. */
static void flush(struct tidy_transport *transport)
{
    struct tidy__write_queue *queue = &transport->queue;

    if (queue->chunks)
        expect_more(transport);
    while (queue->chunks && !transport->n_in_flight &&
           !transport->write_error) {
        uv_buf_t bufs[MAX_BUFS];
        size_t len;
        unsigned n_bufs = tidy__write_queue_peek(queue, bufs, MAX_BUFS, &len);
        int result =
            n_bufs ? uv_try_write(&transport->uv.stream, bufs, n_bufs) : 0;

        if (result < 0 && result != UV_EAGAIN) {
            on_write_error(transport, result);
            return;
        }
        if (result > 0)
            transport->n_written += (uint64_t)result;
        if (result >= 0)
            tidy__write_queue_consume(queue, (size_t)result);
        if (result < 0 || (size_t)result < len)
            write_later(transport);
    }
}

static void tell_pressure(struct tidy_transport *transport)
{
    const struct tidy_protocol_ops *ops = transport->protocol->ops;
    size_t n_bytes = transport->queue.n_bytes;

    if (!transport->is_told_to_pause && n_bytes > transport->high_water) {
        transport->is_told_to_pause = true;
        if (ops->pause_producing)
            TIDY__GUARDED(ops->pause_producing(transport->protocol));
    } else if (transport->is_told_to_pause && n_bytes == 0) {
        transport->is_told_to_pause = false;
        if (ops->resume_producing)
            TIDY__GUARDED(ops->resume_producing(transport->protocol));
    }
}

static bool is_half_closed(const struct tidy_transport *transport)
{
    return transport->is_half_closing && !transport->queue.n_bytes &&
           !transport->write_error;
}

void tidy__transport_tell_shut(struct tidy_transport *transport)
{
    const struct tidy_protocol_ops *ops = transport->protocol->ops;

    if (!is_half_closed(transport) || transport->is_told_shut)
        return;
    transport->is_told_shut = true;
    if (ops->write_connection_lost)
        TIDY__GUARDED(ops->write_connection_lost(transport->protocol));
}

/* Tell the user what settling brought about; never inside a call of his. */
static void tell(struct tidy_transport *transport)
{
    if (transport->state >= TIDY__TRANSPORT_CLOSING)
        return;
    tidy__write_queue_call_back(&transport->queue);
    if (transport->state != TIDY__TRANSPORT_OPEN)
        return;
    tell_pressure(transport);
    tidy__transport_tell_shut(transport);
}

static bool has_news(const struct tidy_transport *transport)
{
    size_t n_bytes = transport->queue.n_bytes;

    return transport->queue.written ||
           (is_half_closed(transport) && !transport->is_told_shut) ||
           (transport->is_told_to_pause ? n_bytes == 0
                                        : n_bytes > transport->high_water);
}

/* Half-closed on both sides is closed: the second to do so need not shut down
 * writing first, and must not, if the other end is not to be in TIME_WAIT. */
static bool is_over(const struct tidy_transport *transport)
{
    return transport->has_eof && transport->is_half_closing &&
           !transport->queue.n_bytes;
}

/* The other end is ours and has shut down first: then ours need not, see
 * is_over(), unless we are paused, so that it would wait for our end of file;
 * which it does not if it is ending. If it is closed, there is nobody to tell. */
static bool is_twin_first(const struct tidy_transport *transport)
{
    const struct tidy_transport *twin = transport->twin;

    if (!twin)
        return transport->is_twin_closed;
    return twin->is_shut &&
           (!transport->is_paused || twin->state == TIDY__TRANSPORT_ENDING);
}

static bool wants_shutdown(const struct tidy_transport *transport)
{
    return transport->state == TIDY__TRANSPORT_OPEN && !transport->is_shut &&
           transport->is_half_closing && !transport->queue.n_bytes &&
           !transport->has_eof && !is_twin_first(transport);
}

static void settle_state(struct tidy_transport *transport)
{
    if (transport->state < TIDY__TRANSPORT_CLOSING)
        flush(transport);
    if (transport->state >= TIDY__TRANSPORT_CLOSING)
        return;
    if (wants_shutdown(transport)) {
        shutdown(transport->fd, SHUT_WR);
        transport->is_shut = true;
    }
    if (transport->state == TIDY__TRANSPORT_OPEN && is_over(transport))
        transport->state = TIDY__TRANSPORT_ENDING;
    if (transport->state == TIDY__TRANSPORT_ENDING)
        tidy__transport_try_end(transport);
}

void tidy__transport_settle(struct tidy_transport *transport)
{
    if (transport->loop->is_condemned)
        return;
    settle_state(transport);
    if (!tidy__loop_is_inside(transport->loop)) {
        /* The user made this call: tell him from the loop. */
        if (has_news(transport))
            tidy__task_post(transport->loop, &transport->settle);
        return;
    }
    tell(transport);
}

void tidy__transport_settle_soon(struct tidy_transport *transport)
{
    if (tidy__loop_is_inside(transport->loop))
        tidy__task_post(transport->loop, &transport->settle);
    else
        tidy__transport_settle(transport);
}
