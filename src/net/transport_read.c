/* SPDX-License-Identifier: MIT */
/*
 * Transports: reading.
 *
 * libuv reads into one buffer of the loop's, which is the user's during
 * data_received. After a failed write nothing more is written, but what the peer
 * has sent before it went is still read and delivered: the end of file or the
 * reset that follows ends the connection, with the write's error as the reason.
 */
#include "base/guard.h"
#include "net/transport.h"

#include <errno.h>
#include <sys/socket.h>

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
    struct tidy_transport *transport = handle->data;

    (void)suggested;
    *ret_buf = uv_buf_init(transport->loop->read_buf, TIDY__READ_SIZE);
}

static void
on_data(struct tidy_transport *transport, const char *data, size_t len)
{
    const struct tidy_protocol_ops *ops = transport->protocol->ops;

    if (transport->state != TIDY__TRANSPORT_OPEN)
        return; /* discarded */
    transport->n_read += len;
    if (transport->twin && transport->twin->is_draining)
        tidy__transport_settle_soon(transport->twin);
    if (ops->data_received)
        TIDY__GUARDED(ops->data_received(transport->protocol, data, len));
}

static void on_eof(struct tidy_transport *transport)
{
    const struct tidy_protocol_ops *ops = transport->protocol->ops;

    transport->has_eof = true;
    tidy__transport_update_reading(transport);
    if (transport->write_error || transport->is_closing_at_eof ||
        !ops->read_connection_lost)
        transport->state = TIDY__TRANSPORT_ENDING;
    if (transport->state == TIDY__TRANSPORT_OPEN)
        TIDY__GUARDED(ops->read_connection_lost(transport->protocol));
    tidy__transport_settle_soon(transport);
}

/* The poller said that the connection hung up, and libuv takes that for an end
 * of file without reading it: it may be a reset, and there may be more. */
static ssize_t look_at_end(struct tidy_transport *transport)
{
    char byte;
    ssize_t n_bytes =
        recv(transport->fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT);

    if (n_bytes < 0)
        return errno == EAGAIN || errno == EINTR ? UV_EOF : -errno;
    if (n_bytes == 0)
        return UV_EOF;
    transport->is_reading = false; /* libuv has stopped */
    tidy__transport_update_reading(transport);
    return 0;
}

static void
take_read(struct tidy_transport *transport, ssize_t nread, const char *base)
{
    if (nread == UV_EOF && !base)
        nread = look_at_end(transport);
    if (nread > 0)
        on_data(transport, base, (size_t)nread);
    else if (nread == UV_EOF || tidy__transport_is_eof(transport, (int)nread))
        on_eof(transport);
    else if (nread < 0)
        tidy__transport_close(transport,
                              transport->write_error ? transport->write_error
                                                     : (int)nread);
}

static void on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    struct tidy_transport *transport = stream->data;

    TIDY__INSIDE(transport->loop, take_read(transport, nread, buf->base));
}

/* The kernel holds no more than this for a reader, and a peer that goes on
 * writing must not keep us here. */
#define MAX_DRY_READS 128

void tidy__transport_read_dry(struct tidy_transport *transport)
{
    int n_left = MAX_DRY_READS;

    while (transport->is_reading && transport->state == TIDY__TRANSPORT_OPEN &&
           n_left-- > 0) {
        ssize_t nread = recv(transport->fd,
                             transport->loop->read_buf,
                             TIDY__READ_SIZE,
                             MSG_DONTWAIT);

        if (nread < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        take_read(transport,
                  nread > 0    ? nread
                  : nread == 0 ? UV_EOF
                               : -errno,
                  transport->loop->read_buf);
    }
}

/* While ending, reading goes on past the user's pause, to discard. */
static bool wants_reading(const struct tidy_transport *transport)
{
    if (transport->has_eof)
        return false;
    return transport->state == TIDY__TRANSPORT_ENDING ||
           (transport->state == TIDY__TRANSPORT_OPEN && !transport->is_paused);
}

void tidy__transport_update_reading(struct tidy_transport *transport)
{
    bool is_wanted = wants_reading(transport);

    if (is_wanted == transport->is_reading || transport->loop->is_condemned)
        return;
    transport->is_reading = is_wanted;
    if (is_wanted)
        uv_read_start(&transport->uv.stream, on_alloc, on_read);
    else if (transport->state < TIDY__TRANSPORT_CLOSING)
        uv_read_stop(&transport->uv.stream);
}

void tidy__transport_close_at_eof(struct tidy_transport *transport)
{
    if (transport->state != TIDY__TRANSPORT_OPEN)
        return;
    transport->is_closing_at_eof = true;
    if (transport->is_paused || transport->has_eof)
        tidy_transport_lose_connection(transport);
}
