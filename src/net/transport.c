/* SPDX-License-Identifier: MIT */
/*
 * Transports: their life, and what a user may ask of them.
 *
 * What a user asks for is only noted; settle() (transport_write.c) then does
 * what can be done, at the end of the turn, or at once when nobody's callback is
 * running. So a protocol may write, close and abort in any order from inside any
 * callback, and its writes leave together. How a connection ends is in end.c.
 */
#include "net/transport.h"

#include "base/alloc.h"
#include "base/guard.h"
#include "base/misuse.h"

#include <errno.h>
#include <sys/socket.h>
#include <utlist.h>

#define DEFAULT_HIGH_WATER 65536

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
    size_t size = offset_of_protocol() + factory->protocol_size;
    struct tidy_transport *transport = tidy__zalloc(size);

    if (!transport)
        return NULL;
    transport->size = size;
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
    tidy__twins_forget(transport);
    tidy__write_queue_deinit(&transport->queue);
    tidy__dealloc(transport);
}

struct search {
    const struct tidy_transport *transport;
    bool has_found;
};

static void look_inside(uv_handle_t *handle, void *arg)
{
    struct search *search = arg;
    size_t offset = (uintptr_t)handle - (uintptr_t)search->transport;

    if (offset < search->transport->size)
        search->has_found = true;
}

/* The protocol may have handles of the user's in it, which he forgot to close:
 * then the leak check is to find them, and not memory that is gone. */
void tidy__transport_free_lost(struct tidy_transport *transport)
{
    struct search search = { .transport = transport };

    if (!transport->loop->is_condemned)
        uv_walk(transport->loop->uv, look_inside, &search);
    if (!search.has_found) {
        tidy__transport_free(transport);
        return;
    }
    tidy__twins_forget(transport);
    tidy__write_queue_deinit(&transport->queue);
    tidy__loop_keep(transport->loop, &transport->memory);
}

static void on_discarded(uv_handle_t *handle)
{
    struct tidy_transport *transport = handle->data;

    tidy__loop_handle_closed(transport->loop);
    tidy__transport_free(transport);
}

/* A reset instead of an end of file: no socket stays in TIME_WAIT. */
static void set_reset(uv_handle_t *handle)
{
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };
    uv_os_fd_t fd;

    if (uv_fileno(handle, &fd) == 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* The kernel may have connected it already: nothing was sent that a reset could
 * take back. */
void tidy__transport_discard(struct tidy_transport *transport)
{
    transport->state = TIDY__TRANSPORT_CLOSING;
    if (transport->is_tcp)
        set_reset(&transport->uv.handle);
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
    /* A check that fails in it leaves a protocol that is not built. */
    volatile int result = factory->build_protocol ? TIDY_EASSERTION : 0;

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

/* Nobody has a pointer to it, but its other end may still look for it: then it
 * stays with the lost ones. */
static void forget_refused(struct tidy_transport *transport)
{
    struct tidy__group *group = transport->group;

    group->n_open--;
    if (!transport->is_in_pairs) {
        DL_DELETE(group->transports, transport);
        tidy__transport_free(transport);
    }
    if (group->ops && group->ops->refused)
        group->ops->refused(group);
}

static void become_lost(struct tidy_transport *transport)
{
    tidy__loop_handle_closed(transport->loop);
    tidy__task_withdraw(transport->loop, &transport->settle);
    tidy__transport_tell_shut(transport);
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

static void on_closed(uv_handle_t *handle)
{
    struct tidy_transport *transport = handle->data;

    TIDY__INSIDE(transport->loop, become_lost(transport));
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
    if (transport->state >= TIDY__TRANSPORT_CLOSING ||
        transport->loop->is_condemned)
        return;
    if (transport->is_tcp)
        set_reset(&transport->uv.handle);
    tidy__transport_close(transport, reason);
}

/* --------------------------------------------------------- what a user asks */

static int check_writable(const struct tidy_transport *transport)
{
    if (transport->state >= TIDY__TRANSPORT_CLOSING)
        return -ENOTCONN;
    if (transport->state != TIDY__TRANSPORT_OPEN ||
        transport->is_half_closing || transport->write_error)
        return -EPIPE;
    return 0;
}

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
    if (!is_connected(transport) || transport->state >= TIDY__TRANSPORT_CLOSING)
        return -ENOTCONN;
    if (transport->state != TIDY__TRANSPORT_OPEN)
        return 0; /* lose_connection ends both halves */
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
    /* A half-close that waits for the other end's would wait for ever now. */
    if (transport->is_half_closing && !transport->is_shut)
        tidy__transport_settle_soon(transport);
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
    if (!transport->n_in_flight)
        return transport->n_written;
    return transport->n_written + transport->n_in_flight -
           transport->uv.stream.write_queue_size;
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
