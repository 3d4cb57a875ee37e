/* SPDX-License-Identifier: MIT */
/*
 * TCP: what arrives, and how a connection ends.
 *
 *   shutdown, close   ESTABLISHED -> FIN_WAIT1, CLOSE_WAIT -> LAST_ACK, and a
 *                     FIN behind what is unsent
 *   FIN arrives       ESTABLISHED -> CLOSE_WAIT, FIN_WAIT1 -> CLOSING,
 *                     FIN_WAIT2 -> TIME-WAIT; and is acknowledged:
 *   FIN acknowledged  FIN_WAIT1 -> FIN_WAIT2, CLOSING -> TIME-WAIT,
 *                     LAST_ACK -> CLOSE
 *   close with unread input, with a linger of 0, or of a listener with somebody
 *   in its backlog    RST
 *   data for who does not read any more    RST
 *
 * Errors and wake-ups follow tcp_input.c of Linux: who had the other's FIN gets
 * EPIPE from a reset, a client that was not connected yet ECONNREFUSED, and
 * everybody else ECONNRESET.
 */
#include "base/alloc.h"
#include "sim/fault.h"
#include "sim/tcp.h"

#include <errno.h>
#include <utlist.h>

/* ---------------------------------------------------------------- its memory */

static bool is_unused(const struct sim_tcp *tcp)
{
    return tcp->is_orphan && tcp->n_users == 0 && !tcp->listener &&
           tcp->state == SIM_TCP_CLOSE && !tcp->out.segments;
}

static void free_one(struct sim_tcp *tcp)
{
    struct sim_world *world = tcp->sock.file.world;

    tidy__sim_timer_clear(world, &tcp->syn_timer);
    tidy__sim_link_drop(world, &tcp->out);
    tidy__buffer_deinit(&tcp->in);
    tidy__buffer_deinit(&tcp->unsent);
    tidy__sim_socket_free(&tcp->sock);
}

void tidy__sim_tcp_free_unused(struct sim_tcp *tcp)
{
    struct sim_tcp *other = tcp->other;

    if (!is_unused(tcp) || (other && !is_unused(other)))
        return;
    if (other)
        free_one(other);
    free_one(tcp);
}

void tidy__sim_tcp_destroy(struct sim_socket *sock)
{
    struct sim_tcp *tcp = tidy__sim_tcp_of(&sock->file);

    tidy__sim_tcp_leave_backlog(tcp);
    if (tcp->other)
        tcp->other->other = NULL;
    free_one(tcp);
}

/* --------------------------------------------------------------------- ending */

static void send_bare(struct sim_tcp *tcp, enum sim_tcp_segment type)
{
    if (tcp->other)
        tidy__sim_link_send(tcp->sock.file.world, &tcp->out, type, NULL, 0, 0);
}

void tidy__sim_tcp_done(struct sim_tcp *tcp)
{
    tcp->state = SIM_TCP_CLOSE;
    tidy__sim_tcp_put_port(tcp);
    tcp->shut = SIM_SHUT_BOTH;
    tcp->is_fin_due = false;
    tidy__buffer_deinit(&tcp->unsent);
    tidy__sim_timer_clear(tcp->sock.file.world, &tcp->syn_timer);
    tidy__sim_file_wake(&tcp->sock.file, 0);
}

void tidy__sim_tcp_send_reset(struct sim_tcp *tcp)
{
    tidy__sim_tcp_done(tcp);
    send_bare(tcp, SIM_TCP_RST);
}

static int error_of_reset(enum sim_tcp_state state)
{
    return state == SIM_TCP_SYN_SENT     ? ECONNREFUSED
           : state == SIM_TCP_CLOSE_WAIT ? EPIPE
                                         : ECONNRESET;
}

void tidy__sim_tcp_take_reset(struct sim_tcp *tcp)
{
    if (tcp->state == SIM_TCP_CLOSE)
        return;
    tcp->sock.error = error_of_reset(tcp->state);
    if (SIM_FAULT(RESET_FLUSH))
        tidy__buffer_deinit(&tcp->in);
    tidy__sim_file_wake(&tcp->sock.file, EPOLLERR);
    tidy__sim_tcp_done(tcp);
    tidy__sim_tcp_reset_in_backlog(tcp);
}

/* The socket is done with; its port is not. */
static void enter_time_wait(struct sim_tcp *tcp)
{
    if (!SIM_FAULT(NO_TIME_WAIT))
        tidy__sim_tcp_enter_time_wait(tcp);
    tidy__sim_tcp_done(tcp);
}

static void on_fin_acknowledged(struct sim_tcp *tcp)
{
    switch (tcp->state) {
    case SIM_TCP_FIN_WAIT1:
        tcp->state = SIM_TCP_FIN_WAIT2;
        tcp->shut |= SIM_SHUT_OUT;
        tidy__sim_file_wake(&tcp->sock.file, 0);
        break;
    case SIM_TCP_CLOSING:
        enter_time_wait(tcp);
        break;
    case SIM_TCP_LAST_ACK:
        tidy__sim_tcp_done(tcp);
        break;
    default:
        break;
    }
}

static void send_fin(struct sim_tcp *tcp)
{
    tcp->is_fin_due = tcp->unsent.len > 0;
    if (!tcp->is_fin_due)
        send_bare(tcp, SIM_TCP_FIN);
}

/* tcp_need_reset() */
static bool needs_reset(const struct sim_tcp *tcp)
{
    return tcp->state >= SIM_TCP_SYN_RECV && tcp->state != SIM_TCP_LAST_ACK &&
           tcp->state != SIM_TCP_CLOSING;
}

/* tcp_close_state(): is there a FIN to send? */
static bool leave_state(struct sim_tcp *tcp)
{
    switch (tcp->state) {
    case SIM_TCP_SYN_RECV:
    case SIM_TCP_ESTABLISHED:
        tcp->state = SIM_TCP_FIN_WAIT1;
        return true;
    case SIM_TCP_CLOSE_WAIT:
        tcp->state = SIM_TCP_LAST_ACK;
        return true;
    default:
        return false;
    }
}

void tidy__sim_tcp_send_fin(struct sim_tcp *tcp)
{
    if (leave_state(tcp))
        send_fin(tcp);
}

/* ------------------------------------------------------------------ listeners */

static void drop_child(struct sim_tcp *child)
{
    tidy__sim_tcp_leave_backlog(child);
    child->n_users++;
    if (SIM_FAULT(BACKLOG_FIN))
        tidy__sim_tcp_send_fin(child);
    else
        tidy__sim_tcp_send_reset(child);
    child->n_users--;
    tidy__sim_tcp_free_unused(child);
}

/* One whose handshake is not over; NULL: none. */
static struct sim_tcp *find_unfinished(const struct sim_tcp *listener)
{
    struct sim_socket *sock;
    struct sim_tcp *child;

    DL_FOREACH(listener->sock.file.world->sockets, sock) {
        child = tidy__sim_tcp_of(&sock->file);
        if (sock->domain != AF_UNIX && child->listener == listener)
            return child;
    }
    return NULL;
}

void tidy__sim_tcp_stop_listening(struct sim_tcp *listener)
{
    struct sim_tcp *child;

    listener->state = SIM_TCP_CLOSE;
    while ((child = listener->waiting) != NULL)
        drop_child(child);
    while ((child = find_unfinished(listener)) != NULL)
        drop_child(child);
}

/* ----------------------------------------------------- shutdown(2) and close(2) */

int tidy__sim_tcp_shutdown(struct sim_socket *sock, unsigned how)
{
    struct sim_tcp *tcp = tidy__sim_tcp_of(&sock->file);
    int result = tcp->state == SIM_TCP_CLOSE ? -ENOTCONN : 0;

    if (tcp->phase == SIM_TCP_CONNECTING)
        tcp->phase = tcp->state == SIM_TCP_CLOSE ? SIM_TCP_DISCONNECTING
                                                 : SIM_TCP_CONNECTED;
    if (tcp->state == SIM_TCP_SYN_SENT ||
        (tcp->state == SIM_TCP_LISTEN && (how & SIM_SHUT_IN))) {
        tcp->phase = SIM_TCP_UNCONNECTED;
        tidy__sim_tcp_disconnect(tcp);
    } else if (tcp->state != SIM_TCP_LISTEN) {
        tcp->shut |= SIM_FAULT(HALF_CLOSE) ? SIM_SHUT_BOTH : how;
        if (how & SIM_SHUT_OUT)
            tidy__sim_tcp_send_fin(tcp);
    }
    tidy__sim_file_wake(&sock->file, 0);
    return result;
}

/* What is under way to the other end, and the other end itself, are left to one
 * that nobody sees. */
static void leave_other(struct sim_tcp *tcp)
{
    struct sim_world *world = tcp->sock.file.world;
    struct sim_socket *sock;
    struct sim_tcp *ghost;

    if (!tcp->other)
        return;
    sock = tidy__sim_tcp_new(world, tcp->sock.domain, 0);
    if (!sock)
        tidy__sim_end(world, TIDY_OUTCOME_LIMIT, "out of memory for a socket");
    ghost = tidy__sim_tcp_of(&sock->file);
    ghost->is_orphan = true;
    ghost->other = tcp->other;
    ghost->other->other = ghost;
    tcp->other = NULL;
    tidy__sim_link_move(world, &tcp->out, &ghost->out);
    tcp->n_in_flight = 0;
    tidy__sim_tcp_free_unused(ghost);
}

void tidy__sim_tcp_disconnect(struct sim_tcp *tcp)
{
    bool is_reset = needs_reset(tcp);

    if (tcp->state != SIM_TCP_CLOSE) /* else bind() may have given one since */
        tidy__sim_tcp_put_port(tcp);
    if (tcp->state == SIM_TCP_LISTEN)
        tidy__sim_tcp_stop_listening(tcp);
    if (is_reset || tcp->state == SIM_TCP_SYN_SENT)
        tcp->sock.error = ECONNRESET;
    tcp->state = SIM_TCP_CLOSE;
    if (is_reset)
        send_bare(tcp, SIM_TCP_RST);
    leave_other(tcp);
    tidy__sim_timer_clear(tcp->sock.file.world, &tcp->syn_timer);
    tidy__buffer_deinit(&tcp->in);
    tidy__buffer_deinit(&tcp->unsent);
    tidy__sim_tcp_reset_host(tcp);
    tcp->peer.len = 0;
    tcp->shut = 0;
    tcp->has_fin = tcp->is_fin_due = tcp->is_full = false;
    tidy__sim_file_wake(&tcp->sock.file, EPOLLERR);
}

/* tcp_close() */
static void end(struct sim_tcp *tcp)
{
    bool is_lingering = tcp->sock.has_linger && tcp->sock.linger_s > 0;

    (void)is_lingering; /* close(2) does not wait in a world */
    if (tcp->state == SIM_TCP_CLOSE)
        return;
    if (tcp->state == SIM_TCP_LISTEN)
        tidy__sim_tcp_stop_listening(tcp);
    else if (tcp->state == SIM_TCP_SYN_SENT)
        tidy__sim_tcp_done(tcp);
    else if (tcp->in.len > 0 && !SIM_FAULT(UNREAD_FIN))
        tidy__sim_tcp_send_reset(tcp);
    else if (tcp->sock.has_linger && tcp->sock.linger_s == 0)
        needs_reset(tcp) ? tidy__sim_tcp_send_reset(tcp)
                         : tidy__sim_tcp_done(tcp);
    else
        tidy__sim_tcp_send_fin(tcp);
}

void tidy__sim_tcp_release(struct sim_file *file)
{
    struct sim_tcp *tcp = tidy__sim_tcp_of(file);

    tcp->n_users++;
    tcp->is_orphan = true;
    end(tcp);
    if (tcp->state == SIM_TCP_CLOSE)
        tidy__sim_tcp_put_port(tcp);
    tcp->shut = SIM_SHUT_BOTH;
    tcp->n_users--;
    tidy__sim_tcp_free_unused(tcp);
}

void tidy__sim_tcp_abort(struct sim_socket *sock)
{
    struct sim_tcp *tcp = tidy__sim_tcp_of(&sock->file);

    tcp->n_users++;
    tcp->is_orphan = true;
    tidy__sim_tcp_send_reset(tcp);
    tcp->n_users--;
    tidy__sim_tcp_free_unused(tcp);
}

/* ------------------------------------------------------------- what arrives */

static void on_fin(struct sim_tcp *tcp)
{
    if (tcp->state == SIM_TCP_CLOSE)
        return;
    tcp->shut |= SIM_SHUT_IN;
    tcp->has_fin = true;
    if (tcp->state == SIM_TCP_FIN_WAIT2)
        enter_time_wait(tcp);
    else if (tcp->state == SIM_TCP_FIN_WAIT1)
        tcp->state = SIM_TCP_CLOSING;
    else
        tcp->state = SIM_TCP_CLOSE_WAIT;
    tidy__sim_file_wake(&tcp->sock.file, 0);
    on_fin_acknowledged(tcp->other);
}

/* Does anybody read what arrives? */
static bool is_deaf(const struct sim_tcp *tcp)
{
    return tcp->state == SIM_TCP_CLOSE ||
           ((tcp->shut & SIM_SHUT_IN) && (tcp->state == SIM_TCP_FIN_WAIT1 ||
                                          tcp->state == SIM_TCP_FIN_WAIT2));
}

static void take_data(struct sim_tcp *tcp,
                      const struct sim_io *io,
                      size_t offset,
                      size_t len)
{
    tcp->other->n_in_flight -= len;
    if (is_deaf(tcp)) {
        tidy__sim_tcp_take_reset(tcp);
        send_bare(tcp, SIM_TCP_RST);
        return;
    }
    if (tidy__sim_io_queue(io, offset, len, &tcp->in) < 0)
        tidy__sim_end(tcp->sock.file.world,
                      TIDY_OUTCOME_LIMIT,
                      "out of memory for what a connection holds");
    if (!SIM_FAULT(EDGE_LOST) || tcp->in.len == len)
        tidy__sim_file_wake(&tcp->sock.file, SIM_READABLE_KEY);
}

static void take(struct sim_tcp *tcp,
                 enum sim_tcp_segment type,
                 const struct sim_io *io,
                 size_t offset,
                 size_t len)
{
    switch (type) {
    case SIM_TCP_SYN_ACK:
        tidy__sim_tcp_on_syn_ack(tcp);
        break;
    case SIM_TCP_ACK:
        tidy__sim_tcp_on_ack(tcp);
        break;
    case SIM_TCP_DATA:
        take_data(tcp, io, offset, len);
        break;
    case SIM_TCP_FIN:
        on_fin(tcp);
        break;
    case SIM_TCP_RST:
        tidy__sim_tcp_take_reset(tcp);
        break;
    case SIM_TCP_SYN:
        break;
    }
}

/* The link is the sender's. */
void tidy__sim_tcp_deliver(struct sim_link *link,
                           int type,
                           const struct sim_io *io,
                           size_t offset,
                           size_t len)
{
    struct sim_tcp *sender = tidy_container_of(link, struct sim_tcp, out);
    struct sim_tcp *other = sender->other;

    sender->n_users++;
    if (type == SIM_TCP_SYN) {
        tidy__sim_tcp_on_syn(sender);
    } else if (other) {
        other->n_users++;
        take(other, (enum sim_tcp_segment)type, io, offset, len);
        other->n_users--;
    }
    sender->n_users--;
    tidy__sim_tcp_free_unused(sender);
}

/* Room at the other end, or a FIN that waits for it. */
void tidy__sim_tcp_push(struct sim_tcp *tcp)
{
    struct iovec iov;
    struct sim_io io = { .iov = &iov, .n_iov = 1 };
    size_t room;

    while (tcp->unsent.len > 0 && (room = tidy__sim_tcp_window(tcp)) > 0) {
        int result;

        iov.iov_base = tidy__buffer_data(&tcp->unsent);
        iov.iov_len = tcp->unsent.len < room ? tcp->unsent.len : room;
        io.len = iov.iov_len;
        tcp->n_in_flight += io.len;
        result = tidy__sim_link_send(
            tcp->sock.file.world, &tcp->out, SIM_TCP_DATA, &io, 0, io.len);
        if (result < 0)
            tidy__sim_end(tcp->sock.file.world,
                          TIDY_OUTCOME_LIMIT,
                          "out of memory for what is in flight");
        tidy__buffer_consume(
            &tcp->unsent, io.len < tcp->unsent.len ? io.len : tcp->unsent.len);
    }
    if (tcp->is_fin_due && tcp->unsent.len == 0)
        send_fin(tcp);
}
