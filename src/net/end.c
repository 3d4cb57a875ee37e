/* SPDX-License-Identifier: MIT */
/*
 * How a connection ends, once nothing more is to be written.
 *
 *   all written, the other end is ours and closed, its EOF read, all taken
 *                        -> reset: nothing stays in TIME_WAIT
 *   the other end is ours and open, its EOF read, all taken
 *                        -> reset, which it takes for an end of file
 *   the other end is ours and closed, its EOF not read yet
 *                        -> wait for it, discarding
 *   the other end is ours, ending too, and has shut down writing first
 *                        -> wait for its descriptor to be closed, discarding
 *   else                 -> discard what has arrived, then
 *                             all taken            -> close
 *                             bytes still untaken  -> shut down writing, drain
 *   drain                -> discard what arrives, look again every few ms
 *
 * Why drain: close(2) with unread input makes TCP reset the connection, and a
 * reset throws away what the kernel had accepted but the peer not yet taken. So
 * does input that arrives after the close. Why the reset in the first row is
 * safe: the peer's socket is gone, and everything sent to it was acknowledged,
 * so there is nobody left who could miss a byte. A peer that only half-closed
 * looks the same on the wire; that is why its descriptor must be known closed.
 *
 * Mostly both ends are ours and their counts say all that: then the kernel need
 * not be asked.
 *
 * Unix sockets need neither: a close never takes back what the peer can read.
 */
#include "net/transport.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utlist.h>

#define MAX_DISCARDS 128
#define DRAIN_MIN_MS 1
#define DRAIN_MAX_MS 16

static size_t ask(int fd, unsigned long request)
{
    int n_bytes = 0;

    return ioctl(fd, request, &n_bytes) == 0 && n_bytes > 0 ? (size_t)n_bytes
                                                            : 0;
}

/* What the other end, if it is or was ours, has read and written. */
static bool has_twin_read_all(const struct tidy_transport *transport)
{
    if (transport->twin)
        return transport->twin->n_read == transport->n_written;
    return transport->is_twin_closed &&
           transport->n_twin_read == transport->n_written;
}

static bool has_read_all_of_twin(const struct tidy_transport *transport)
{
    const struct tidy_transport *twin = transport->twin;

    if (twin)
        return !twin->n_in_flight && twin->n_written == transport->n_read;
    return transport->is_twin_closed &&
           transport->n_twin_written == transport->n_read;
}

/*
 * The other end is ours and open, but has sent its end of file: an end of file
 * from us would leave it in TIME_WAIT. Once it has acknowledged all that we
 * sent, a reset takes nothing from it, and it knows how to take the reset.
 */
static bool is_twin_half_closed(const struct tidy_transport *transport)
{
    return transport->is_tcp && transport->twin && transport->twin->is_shut &&
           transport->has_eof && !transport->is_shut;
}

/*
 * Bytes that the kernel has and the peer's kernel has not. The FIN counts as
 * one in SIOCOUTQ. When the other end is ours, what was sent is in its receive
 * queue already: a delayed acknowledgement need not be waited for.
 */
static size_t n_untaken_in_kernel(const struct tidy_transport *transport)
{
    size_t n_bytes;

    if (!transport->is_tcp || transport->write_error ||
        transport->n_written == 0 || has_twin_read_all(transport))
        return 0;
    if (transport->twin && !is_twin_half_closed(transport))
        return ask(transport->fd, SIOCOUTQNSD);
    n_bytes = ask(transport->fd, SIOCOUTQ);
    return n_bytes - (n_bytes > 0 && transport->is_shut);
}

size_t tidy__transport_n_untaken(const struct tidy_transport *transport)
{
    return tidy_transport_unsent(transport) + n_untaken_in_kernel(transport);
}

/* A connection that was reset keeps its count of untaken bytes for ever. */
static bool is_dead(const struct tidy_transport *transport)
{
    struct tcp_info info = { 0 };
    socklen_t len = sizeof(info);

    return getsockopt(transport->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
           info.tcpi_state == TCP_CLOSE;
}

/* Read and discard what has arrived; notes an end of file or an error. A peer
 * that goes on writing must not keep us here. */
static int discard_input(struct tidy_transport *transport)
{
    int n_left = MAX_DISCARDS;
    ssize_t n_read;

    while (!transport->has_eof && n_left-- > 0) {
        n_read = recv(transport->fd,
                      transport->loop->read_buf,
                      TIDY__READ_SIZE,
                      MSG_DONTWAIT);
        if (n_read == 0 ||
            (n_read < 0 && tidy__transport_is_eof(transport, -errno)))
            transport->has_eof = true;
        else if (n_read < 0 && errno != EINTR)
            return errno == EAGAIN ? 0 : -errno;
    }
    return 0;
}

static void drain(struct tidy_transport *transport)
{
    struct tidy_loop *loop = transport->loop;

    if (transport->is_draining)
        return;
    transport->is_draining = true;
    /* An end of file from us would leave our other end in TIME_WAIT. */
    if (!transport->is_shut && !transport->is_twin_closed &&
        !is_twin_half_closed(transport)) {
        shutdown(transport->fd, SHUT_WR);
        transport->is_shut = true;
    }
    DL_APPEND2(loop->draining, transport, drain_prev, drain_next);
    loop->drain_ms = DRAIN_MIN_MS;
    tidy__alarm_set(loop, &loop->drain_alarm, DRAIN_MIN_MS);
}

void tidy__transport_stop_draining(struct tidy_transport *transport)
{
    struct tidy_loop *loop = transport->loop;

    if (!transport->is_draining)
        return;
    transport->is_draining = false;
    DL_DELETE2(loop->draining, transport, drain_prev, drain_next);
    if (!loop->draining)
        tidy__alarm_clear(loop, &loop->drain_alarm);
}

static void close_if_taken(struct tidy_transport *transport)
{
    int result = 0;

    if (!has_read_all_of_twin(transport))
        result = discard_input(transport);

    tidy__transport_update_reading(transport);
    if (result < 0)
        tidy__transport_close(transport, result);
    else if (n_untaken_in_kernel(transport) == 0)
        tidy__transport_close(transport, transport->write_error);
    else if (is_dead(transport))
        tidy__transport_close(transport, -ECONNRESET);
    else
        drain(transport);
}

void tidy__drain_on_alarm(struct tidy__alarm *alarm)
{
    struct tidy_loop *loop =
        tidy_container_of(alarm, struct tidy_loop, drain_alarm);
    struct tidy_transport *transport, *next;

    DL_FOREACH_SAFE2(loop->draining, transport, next, drain_next)
        tidy__transport_try_end(transport);
    if (!loop->draining)
        return;
    if (loop->drain_ms < DRAIN_MAX_MS)
        loop->drain_ms *= 2;
    tidy__alarm_set(loop, alarm, loop->drain_ms);
}

/* Is the other end ours and sure to be gone, or to send its end of file, soon?
 * Then let it go first. */
static bool is_twin_going_first(const struct tidy_transport *transport)
{
    const struct tidy_transport *twin = transport->twin;

    if (transport->is_twin_closed)
        return !transport->has_eof;
    if (!twin || !twin->is_shut || transport->is_shut)
        return false;
    return !transport->has_eof || twin->state == TIDY__TRANSPORT_ENDING;
}

bool tidy__loop_hasten(struct tidy_loop *loop)
{
    struct tidy__group *group;
    struct tidy_transport *transport, *next;
    bool has_any = false;

    DL_FOREACH(loop->groups, group) {
        DL_FOREACH_SAFE(group->transports, transport, next) {
            if (transport->state != TIDY__TRANSPORT_ENDING ||
                !is_twin_going_first(transport) ||
                tidy__transport_n_untaken(transport) > 0)
                continue;
            has_any = true;
            tidy__transport_reset(transport, transport->write_error);
        }
    }
    return has_any;
}

bool tidy__transport_is_eof(const struct tidy_transport *transport, int error)
{
    return error == -ECONNRESET && transport->is_reset_an_eof &&
           (transport->state == TIDY__TRANSPORT_ENDING ||
            has_read_all_of_twin(transport));
}

void tidy__transport_try_end(struct tidy_transport *transport)
{
    tidy__transport_update_reading(transport);
    if (transport->queue.n_bytes > 0 || is_twin_going_first(transport))
        return;
    if (transport->is_twin_closed && n_untaken_in_kernel(transport) == 0) {
        tidy__transport_reset(transport, transport->write_error);
        return;
    }
    if (is_twin_half_closed(transport) && n_untaken_in_kernel(transport) == 0) {
        transport->twin->is_reset_an_eof = true;
        tidy__transport_reset(transport, transport->write_error);
        return;
    }
    close_if_taken(transport);
}
