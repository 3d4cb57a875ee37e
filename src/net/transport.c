/* SPDX-License-Identifier: MIT */
/*
 * Transports: their life, what a user may ask of them, reading and writing.
 *
 * What a user asks for is only noted; settle() then does what can be done, at
 * the end of the turn, or at once when nobody's callback is running. So a
 * protocol may write, close and abort in any order from inside any callback,
 * and its writes leave together. How a connection ends is in end.c.
 *
 * After a failed write nothing more is written, but what the peer has sent
 * before it went is still read and delivered: the end of file or the reset that
 * follows ends the connection, with the write's error as the reason.
 */
#include "net/transport.h"

#include "base/alloc.h"
#include "base/guard.h"
#include "base/misuse.h"
#include "core/address.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <utlist.h>

#define DEFAULT_HIGH_WATER 65536
/* As many as libuv keeps without allocating (uv_write_t.bufsml). */
#define MAX_BUFS 4

struct tidy_factory tidy_factory_of(const struct tidy_protocol_ops *ops,
                                    size_t protocol_size)
{
    TIDY_REQUIRE(ops, "tidy_factory_of: the ops are NULL");
    TIDY_REQUIRE(protocol_size >= sizeof(struct tidy_protocol),
                 "tidy_factory_of: a protocol of %zu bytes cannot hold a "
                 "struct tidy_protocol",
                 protocol_size);
    return (struct tidy_factory){ .ops = ops, .protocol_size = protocol_size };
}

/* ----------------------------------------------------------------- its life */

static void on_settle(struct tidy__task *task)
{
    tidy__transport_settle(
        tidy_container_of(task, struct tidy_transport, settle));
}

static int init_handle(struct tidy_transport *transport)
{
    struct tidy_loop *loop = transport->loop;

    return transport->is_tcp ? uv_tcp_init(loop->uv, &transport->uv.tcp)
                             : uv_pipe_init(loop->uv, &transport->uv.pipe, 0);
}

/* Storage behind the transport is aligned for anything, as malloc's is. */
static size_t offset_of_protocol(void)
{
    size_t alignment = _Alignof(max_align_t);

    return (sizeof(struct tidy_transport) + alignment - 1) / alignment *
           alignment;
}

struct tidy_transport *tidy__transport_new(struct tidy_loop *loop,
                                           struct tidy__group *group,
                                           const struct tidy_factory *factory,
                                           bool is_tcp)
{
    struct tidy_transport *transport;

    transport = tidy__zalloc(offset_of_protocol() + factory->protocol_size);
    if (!transport)
        return NULL;
    transport->loop = loop;
    transport->group = group;
    transport->is_tcp = is_tcp;
    transport->high_water = DEFAULT_HIGH_WATER;
    transport->settle.run = on_settle;
    transport->protocol = (void *)((char *)transport + offset_of_protocol());
    if (init_handle(transport) < 0)
        return tidy__dealloc(transport);
    transport->uv.handle.data = transport;
    tidy__loop_handle_opened(loop);
    return transport;
}

void tidy__transport_free(struct tidy_transport *transport)
{
    tidy__write_queue_deinit(&transport->queue);
    tidy__dealloc(transport);
}

static void on_discarded(uv_handle_t *handle)
{
    struct tidy_transport *transport = handle->data;

    tidy__loop_handle_closed(transport->loop);
    tidy__transport_free(transport);
}

void tidy__transport_discard(struct tidy_transport *transport)
{
    transport->state = TIDY__TRANSPORT_CLOSING;
    uv_close(&transport->uv.handle, on_discarded);
}

typedef int get_name_fn(int fd, struct sockaddr *sa, socklen_t *len);

static void
read_address(int fd, get_name_fn *get_name, struct tidy_address *address)
{
    socklen_t len = sizeof(address->u);

    if (get_name(fd, &address->u.any, &len) == 0)
        address->len = len;
}

/* Those that listener or connector could not know beforehand. */
static void read_addresses(struct tidy_transport *transport)
{
    if (!transport->local.len)
        read_address(transport->fd, getsockname, &transport->local);
    /* Fails on a connection that was reset before it was accepted. */
    if (!transport->peer.len)
        read_address(transport->fd, getpeername, &transport->peer);
}

/* Nobody hears of a connection that the factory refused. */
static const struct tidy_protocol_ops refused_ops = { 0 };

static void build_protocol(struct tidy_transport *transport,
                           const struct tidy_factory *factory)
{
    struct tidy_protocol *protocol = transport->protocol;
    volatile int result = 0;

    protocol->ops = factory->ops;
    protocol->transport = transport;
    if (factory->build_protocol)
        TIDY__GUARDED(result = factory->build_protocol(
                          factory->arg, &transport->peer, protocol));
    transport->is_refused = result < 0;
    if (transport->is_refused)
        protocol->ops = &refused_ops;
}

int tidy__transport_opened(struct tidy_transport *transport,
                           const struct tidy_factory *factory)
{
    uv_os_fd_t fd = -1;

    uv_fileno(&transport->uv.handle, &fd);
    transport->fd = fd;
    read_addresses(transport);
    build_protocol(transport, factory);
    transport->state = TIDY__TRANSPORT_OPEN;
    DL_APPEND(transport->group->transports, transport);
    transport->group->n_open++;
    if (transport->is_tcp)
        tidy__twins_add(transport);
    if (!transport->is_refused)
        return 0;
    tidy_transport_lose_connection(transport);
    return TIDY_EREFUSED;
}

void tidy__transport_made(struct tidy_transport *transport)
{
    const struct tidy__group_ops *group_ops = transport->group->ops;
    const struct tidy_protocol_ops *ops = transport->protocol->ops;

    if (ops->connection_made)
        TIDY__GUARDED(ops->connection_made(transport->protocol));
    tidy__transport_update_reading(transport);
    if (group_ops && group_ops->made)
        group_ops->made(transport->group, transport);
}

static void tell_connection_lost(struct tidy_transport *transport)
{
    const struct tidy__group_ops *group_ops = transport->group->ops;
    const struct tidy_protocol_ops *ops = transport->protocol->ops;

    transport->group->n_open--;
    if (ops->connection_lost)
        TIDY__GUARDED(
            ops->connection_lost(transport->protocol, transport->reason));
    /* The last thing here: the group may free the transport. */
    if (group_ops && group_ops->lost)
        group_ops->lost(transport->group, transport);
}

/* Nobody has a pointer to it. */
static void forget_refused(struct tidy_transport *transport)
{
    struct tidy__group *group = transport->group;

    group->n_open--;
    DL_DELETE(group->transports, transport);
    tidy__transport_free(transport);
    if (group->ops && group->ops->refused)
        group->ops->refused(group);
}

static void on_closed(uv_handle_t *handle)
{
    struct tidy_transport *transport = handle->data;

    tidy__loop_handle_closed(transport->loop);
    tidy__task_withdraw(transport->loop, &transport->settle);
    tidy__write_queue_cancel(&transport->queue,
                             transport->reason ? transport->reason
                                               : TIDY_ECANCELLED);
    tidy__write_queue_call_back(&transport->queue);
    transport->state = TIDY__TRANSPORT_LOST;
    if (transport->is_refused)
        forget_refused(transport);
    else
        tell_connection_lost(transport);
}

void tidy__transport_close(struct tidy_transport *transport, int reason)
{
    if (transport->state >= TIDY__TRANSPORT_CLOSING ||
        transport->loop->is_condemned)
        return;
    transport->state = TIDY__TRANSPORT_CLOSING;
    transport->reason = reason;
    transport->is_reading = false;
    tidy__transport_stop_draining(transport);
    uv_close(&transport->uv.handle, on_closed);
    tidy__twins_remove(transport);
}

void tidy__transport_reset(struct tidy_transport *transport, int reason)
{
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };

    if (transport->state >= TIDY__TRANSPORT_CLOSING)
        return;
    if (transport->is_tcp)
        setsockopt(
            transport->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    tidy__transport_close(transport, reason);
}

/* ------------------------------------------------------------------ reading */

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

static void on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    struct tidy_transport *transport = stream->data;

    if (nread > 0)
        on_data(transport, buf->base, (size_t)nread);
    else if (nread == UV_EOF)
        on_eof(transport);
    else if (nread < 0)
        tidy__transport_close(transport,
                              transport->write_error ? transport->write_error
                                                     : (int)nread);
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
        uv_buf_t buf = uv_buf_init(transport->loop->read_buf, TIDY__READ_SIZE);

        if (nread < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        on_read(&transport->uv.stream,
                nread > 0    ? nread
                : nread == 0 ? UV_EOF
                             : -errno,
                &buf);
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

    if (is_wanted == transport->is_reading)
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

/* ------------------------------------------------------------------ writing */

/* Nothing can be written any more. Reading tells when all has been read. */
static void on_write_error(struct tidy_transport *transport, int error)
{
    bool is_peer_gone = error == UV_EPIPE || error == UV_ECONNRESET;

    transport->write_error = error;
    tidy__write_queue_cancel(&transport->queue, error);
    if (!is_peer_gone || !transport->is_reading)
        tidy__transport_close(transport, error);
}

static void on_written(uv_write_t *req, int status)
{
    struct tidy_transport *transport = req->handle->data;
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

static void tell_shut(struct tidy_transport *transport)
{
    const struct tidy_protocol_ops *ops = transport->protocol->ops;

    if (!transport->is_shut || transport->is_told_shut)
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
    tell_shut(transport);
}

static bool has_news(const struct tidy_transport *transport)
{
    size_t n_bytes = transport->queue.n_bytes;

    return transport->queue.written ||
           (transport->is_shut && !transport->is_told_shut) ||
           (transport->is_told_to_pause ? n_bytes == 0
                                        : n_bytes > transport->high_water);
}

/* Half-closed on both sides is closed. */
static bool is_over(const struct tidy_transport *transport)
{
    return transport->has_eof && transport->is_shut;
}

static void settle_state(struct tidy_transport *transport)
{
    if (transport->state < TIDY__TRANSPORT_CLOSING)
        flush(transport);
    if (transport->state >= TIDY__TRANSPORT_CLOSING)
        return;
    if (transport->state == TIDY__TRANSPORT_OPEN &&
        transport->is_half_closing && !transport->is_shut &&
        !transport->queue.n_bytes) {
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

static int check_writable(const struct tidy_transport *transport)
{
    if (transport->state >= TIDY__TRANSPORT_CLOSING)
        return -ENOTCONN;
    if (transport->state != TIDY__TRANSPORT_OPEN ||
        transport->is_half_closing || transport->write_error)
        return -EPIPE;
    return 0;
}

/* --------------------------------------------------------- what a user asks */

int tidy_transport_write(struct tidy_transport *transport,
                         const void *data,
                         size_t len)
{
    int result;

    TIDY_REQUIRE(transport, "tidy_transport_write: the transport is NULL");
    TIDY_REQUIRE(data || len == 0, "tidy_transport_write: the data is NULL");
    result = check_writable(transport);
    if (result == 0)
        result = tidy__write_queue_copy(&transport->queue, data, len);
    if (result == 0)
        tidy__transport_settle_soon(transport);
    return result;
}

int tidy_transport_write_borrowed(struct tidy_transport *transport,
                                  const void *data,
                                  size_t len,
                                  tidy_written_cb cb,
                                  void *arg)
{
    int result;

    TIDY_REQUIRE(transport,
                 "tidy_transport_write_borrowed: the transport is "
                 "NULL");
    TIDY_REQUIRE(data || len == 0,
                 "tidy_transport_write_borrowed: the data is NULL");
    TIDY_REQUIRE(cb, "tidy_transport_write_borrowed: the callback is NULL");
    result = check_writable(transport);
    if (result == 0)
        result =
            tidy__write_queue_borrow(&transport->queue, data, len, cb, arg);
    if (result == 0)
        tidy__transport_settle_soon(transport);
    return result;
}

/* Neither in build_protocol, nor after connection_lost. */
static bool is_connected(const struct tidy_transport *transport)
{
    return transport->state != TIDY__TRANSPORT_NEW &&
           transport->state != TIDY__TRANSPORT_LOST;
}

int tidy_transport_lose_connection(struct tidy_transport *transport)
{
    TIDY_REQUIRE(transport,
                 "tidy_transport_lose_connection: the transport is "
                 "NULL");
    if (!is_connected(transport))
        return -ENOTCONN;
    if (transport->state != TIDY__TRANSPORT_OPEN)
        return 0;
    transport->state = TIDY__TRANSPORT_ENDING;
    tidy__transport_settle_soon(transport);
    return 0;
}

int tidy_transport_abort(struct tidy_transport *transport)
{
    TIDY_REQUIRE(transport, "tidy_transport_abort: the transport is NULL");
    if (!is_connected(transport))
        return -ENOTCONN;
    tidy__transport_reset(transport, TIDY_ECANCELLED);
    return 0;
}

int tidy_transport_half_close(struct tidy_transport *transport)
{
    TIDY_REQUIRE(transport, "tidy_transport_half_close: the transport is NULL");
    if (transport->state >= TIDY__TRANSPORT_CLOSING)
        return -ENOTCONN;
    transport->is_half_closing = true;
    tidy__transport_settle_soon(transport);
    return 0;
}

static int set_paused(struct tidy_transport *transport, bool is_paused)
{
    if (transport->state >= TIDY__TRANSPORT_CLOSING)
        return -ENOTCONN;
    transport->is_paused = is_paused;
    tidy__transport_update_reading(transport);
    return 0;
}

int tidy_transport_pause_reading(struct tidy_transport *transport)
{
    TIDY_REQUIRE(transport,
                 "tidy_transport_pause_reading: the transport is "
                 "NULL");
    return set_paused(transport, true);
}

int tidy_transport_resume_reading(struct tidy_transport *transport)
{
    TIDY_REQUIRE(transport,
                 "tidy_transport_resume_reading: the transport is "
                 "NULL");
    return set_paused(transport, false);
}

void tidy_transport_set_high_water(struct tidy_transport *transport,
                                   size_t n_bytes)
{
    TIDY_REQUIRE(transport,
                 "tidy_transport_set_high_water: the transport is "
                 "NULL");
    TIDY_REQUIRE(n_bytes > 0, "tidy_transport_set_high_water: the mark is 0");
    transport->high_water = n_bytes;
}

size_t tidy_transport_unsent(const struct tidy_transport *transport)
{
    TIDY_REQUIRE(transport, "tidy_transport_unsent: the transport is NULL");
    if (!transport->n_in_flight)
        return transport->queue.n_bytes;
    return transport->queue.n_bytes - transport->n_in_flight +
           transport->uv.stream.write_queue_size;
}

uint64_t tidy_transport_bytes_written(const struct tidy_transport *transport)
{
    TIDY_REQUIRE(transport,
                 "tidy_transport_bytes_written: the transport is "
                 "NULL");
    return transport->n_written;
}

uint64_t tidy_transport_bytes_read(const struct tidy_transport *transport)
{
    TIDY_REQUIRE(transport, "tidy_transport_bytes_read: the transport is NULL");
    return transport->n_read;
}

const struct tidy_address *
tidy_transport_local(const struct tidy_transport *transport)
{
    TIDY_REQUIRE(transport, "tidy_transport_local: the transport is NULL");
    return &transport->local;
}

const struct tidy_address *
tidy_transport_peer(const struct tidy_transport *transport)
{
    TIDY_REQUIRE(transport, "tidy_transport_peer: the transport is NULL");
    return &transport->peer;
}

bool tidy_transport_is_lost(const struct tidy_transport *transport)
{
    TIDY_REQUIRE(transport, "tidy_transport_is_lost: the transport is NULL");
    return transport->state >= TIDY__TRANSPORT_CLOSING;
}
