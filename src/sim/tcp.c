/* SPDX-License-Identifier: MIT */
/*
 * TCP sockets: reading, writing, readiness. How connections begin is in
 * tcp_open.c, how they end in tcp_close.c.
 *
 * What is written goes to the other end's input as far as there is room, and
 * into a queue of the writer's then: about 4 MB in all, as measured on Linux
 * with its default limits. poll() follows tcp_poll().
 */
#include "sim/tcp.h"

#include "base/alloc.h"
#include "sim/fault.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>

#define MAX_IN (128 * 1024)
#define MAX_UNSENT (3800 * 1024)
/* Writing goes on when so much is free again. */
#define MIN_ROOM (256 * 1024)

/* ------------------------------------------------------------------- reading */

/* In the order in which tcp_recvmsg_locked() asks. */
static ssize_t read_nothing(struct sim_tcp *tcp)
{
    if (tcp->state == SIM_TCP_LISTEN)
        return -ENOTCONN;
    if (tcp->has_fin)
        return 0;
    if (tcp->sock.error)
        return tidy__sim_socket_take_error(&tcp->sock);
    if (tcp->shut & SIM_SHUT_IN)
        return 0;
    return tcp->state == SIM_TCP_CLOSE ? -ENOTCONN : -EAGAIN;
}

static ssize_t tcp_read(struct sim_file *file, const struct sim_io *io)
{
    struct sim_tcp *tcp = tidy__sim_tcp_of(file);
    size_t len = tcp->in.len < io->len ? tcp->in.len : io->len;

    if (tcp->in.len == 0)
        return read_nothing(tcp);
    tidy__sim_io_put(io, 0, tidy__buffer_data(&tcp->in), len);
    if (io->flags & MSG_PEEK)
        return (ssize_t)len;
    tidy__buffer_consume(&tcp->in, len);
    if (tcp->other && (tcp->other->unsent.len > 0 || tcp->other->is_fin_due)) {
        tidy__sim_tcp_push(tcp->other);
        tidy__sim_tcp_tell_room(tcp->other);
    }
    return (ssize_t)len;
}

static int tcp_n_readable(struct sim_file *file)
{
    struct sim_tcp *tcp = tidy__sim_tcp_of(file);

    return tcp->state == SIM_TCP_LISTEN ? -EINVAL : (int)tcp->in.len;
}

/* ------------------------------------------------------------------- writing */

size_t tidy__sim_tcp_window(const struct sim_tcp *tcp)
{
    size_t n_used = tcp->n_in_flight + (tcp->other ? tcp->other->in.len : 0);

    return n_used < MAX_IN ? MAX_IN - n_used : 0;
}

void tidy__sim_tcp_tell_room(struct sim_tcp *tcp)
{
    if (!tcp->is_full || tcp->unsent.len + MIN_ROOM > MAX_UNSENT)
        return;
    tcp->is_full = false;
    tidy__sim_file_wake(&tcp->sock.file, EPOLLOUT | EPOLLWRNORM);
}

/* Can it be written to? 0, or what write(2) says. */
static int check_writable(struct sim_tcp *tcp)
{
    if (tcp->state == SIM_TCP_SYN_SENT)
        return -EAGAIN;
    if (SIM_FAULT(RESET_EPIPE) && tcp->sock.error == ECONNRESET)
        return -EPIPE;
    if (!tcp->sock.error && !(tcp->shut & SIM_SHUT_OUT) &&
        (tcp->state == SIM_TCP_ESTABLISHED || tcp->state == SIM_TCP_CLOSE_WAIT))
        return 0;
    return tcp->sock.error ? tidy__sim_socket_take_error(&tcp->sock) : -EPIPE;
}

/* The network breaks the connection: both ends believe that the other did. */
static void break_connection(struct sim_tcp *tcp)
{
    tidy__sim_tcp_take_reset(tcp);
    tidy__sim_tcp_take_reset(tcp->other);
}

static int send_some(struct sim_tcp *tcp, const struct sim_io *io, size_t len)
{
    size_t window = tcp->unsent.len > 0 ? 0 : tidy__sim_tcp_window(tcp);
    size_t n = len < window ? len : window;
    int result = 0;

    if (n > 0) {
        tcp->n_in_flight += n;
        result = tidy__sim_link_send(
            tcp->sock.file.world, &tcp->out, SIM_TCP_DATA, io, 0, n);
    }
    if (result < 0)
        tcp->n_in_flight -= n;
    else if (len > n)
        result = tidy__sim_io_queue(io, n, len - n, &tcp->unsent);
    return result;
}

static ssize_t tcp_write(struct sim_file *file, const struct sim_io *io)
{
    struct sim_tcp *tcp = tidy__sim_tcp_of(file);
    int result = check_writable(tcp);
    size_t room, len;

    if (result < 0)
        return result;
    if (tidy__choose_fault(file->world, TIDY_CHOICE_RESET_FAULT, file->id)) {
        break_connection(tcp);
        return check_writable(tcp);
    }
    room = tcp->unsent.len < MAX_UNSENT ? MAX_UNSENT - tcp->unsent.len : 0;
    len = io->len < room ? io->len : room;
    tcp->is_full = len < io->len || len == room;
    if (len == 0 && io->len > 0)
        return -EAGAIN;
    result = send_some(tcp, io, len);
    return result < 0 ? result : (ssize_t)len;
}

static int tcp_n_unsent(struct sim_file *file)
{
    struct sim_tcp *tcp = tidy__sim_tcp_of(file);
    bool is_fin_untaken = tcp->state == SIM_TCP_FIN_WAIT1 ||
                          tcp->state == SIM_TCP_CLOSING ||
                          tcp->state == SIM_TCP_LAST_ACK;

    if (tcp->state == SIM_TCP_LISTEN)
        return -EINVAL;
    return (int)(tcp->unsent.len + tcp->n_in_flight) + is_fin_untaken;
}

/* ------------------------------------------------------------------ readiness */

static uint32_t poll_out(const struct sim_tcp *tcp)
{
    if ((tcp->shut & SIM_SHUT_OUT) ||
        (!tcp->is_full && tcp->unsent.len < MAX_UNSENT) ||
        tcp->unsent.len + MIN_ROOM <= MAX_UNSENT)
        return EPOLLOUT | EPOLLWRNORM;
    return 0;
}

static uint32_t tcp_poll(struct sim_file *file)
{
    struct sim_tcp *tcp = tidy__sim_tcp_of(file);
    uint32_t mask = 0;

    if (tcp->state == SIM_TCP_LISTEN)
        return tcp->waiting ? EPOLLIN | EPOLLRDNORM : 0;
    if (tcp->shut == SIM_SHUT_BOTH || tcp->state == SIM_TCP_CLOSE)
        mask |= EPOLLHUP;
    if (tcp->shut & SIM_SHUT_IN)
        mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
    if (tcp->state != SIM_TCP_SYN_SENT) {
        if (tcp->in.len > 0)
            mask |= EPOLLIN | EPOLLRDNORM;
        mask |= poll_out(tcp);
    }
    return tcp->sock.error ? mask | EPOLLERR : mask;
}

/* ---------------------------------------------------------------------- names */

static int tcp_name(const struct sim_socket *sock,
                    enum sim_socket_name name,
                    struct sim_address *ret_address)
{
    const struct sim_tcp *tcp = tidy__sim_tcp_of(&sock->file);

    if (name == SIM_NAME_PEER &&
        (tcp->state == SIM_TCP_CLOSE || tcp->state == SIM_TCP_LISTEN ||
         tcp->state == SIM_TCP_SYN_SENT))
        return -ENOTCONN;
    *ret_address = name == SIM_NAME_LOCAL ? tcp->local : tcp->peer;
    if (!ret_address->len) {
        *ret_address = (struct sim_address){ 0 };
        ret_address->u.any.sa_family = (sa_family_t)sock->domain;
        ret_address->len = sock->domain == AF_INET6 ? sizeof(ret_address->u.in6)
                                                    : sizeof(ret_address->u.in);
    }
    return 0;
}

static bool tcp_is_listening(const struct sim_socket *sock)
{
    return tidy__sim_tcp_of(&sock->file)->state == SIM_TCP_LISTEN;
}

static bool tcp_has_port(const struct sim_socket *sock)
{
    return tidy__sim_tcp_of(&sock->file)->has_port;
}

/* As <netinet/tcp.h> numbers them. */
static int number_of(enum sim_tcp_state state)
{
    static const int numbers[] = {
        [SIM_TCP_CLOSE] = TCP_CLOSE,
        [SIM_TCP_LISTEN] = TCP_LISTEN,
        [SIM_TCP_SYN_SENT] = TCP_SYN_SENT,
        [SIM_TCP_SYN_RECV] = TCP_SYN_RECV,
        [SIM_TCP_ESTABLISHED] = TCP_ESTABLISHED,
        [SIM_TCP_FIN_WAIT1] = TCP_FIN_WAIT1,
        [SIM_TCP_FIN_WAIT2] = TCP_FIN_WAIT2,
        [SIM_TCP_CLOSING] = TCP_CLOSING,
        [SIM_TCP_CLOSE_WAIT] = TCP_CLOSE_WAIT,
        [SIM_TCP_LAST_ACK] = TCP_LAST_ACK,
    };

    return numbers[state];
}

static int tcp_info(struct sim_socket *sock, void *value, socklen_t *len)
{
    struct tcp_info info = { 0 };

    if (!value || !len)
        return -EFAULT;
    info.tcpi_state = (uint8_t)number_of(tidy__sim_tcp_of(&sock->file)->state);
    if (*len > sizeof(info))
        *len = sizeof(info);
    memcpy(value, &info, *len);
    return 0;
}

static void describe_address(const struct sim_address *address, FILE *out)
{
    char host[INET6_ADDRSTRLEN] = "-";

    if (address->u.any.sa_family == AF_INET6)
        inet_ntop(AF_INET6, &address->u.in6.sin6_addr, host, sizeof(host));
    else if (address->len)
        inet_ntop(AF_INET, &address->u.in.sin_addr, host, sizeof(host));
    fprintf(out,
            address->u.any.sa_family == AF_INET6 ? "[%s]:%u" : "%s:%u",
            host,
            (unsigned)tidy__sim_port_of(address));
}

static const char *const state_names[] = {
    [SIM_TCP_CLOSE] = "closed",
    [SIM_TCP_LISTEN] = "listening",
    [SIM_TCP_SYN_SENT] = "connecting",
    [SIM_TCP_SYN_RECV] = "being connected",
    [SIM_TCP_ESTABLISHED] = "established",
    [SIM_TCP_FIN_WAIT1] = "shut down, not acknowledged",
    [SIM_TCP_FIN_WAIT2] = "shut down",
    [SIM_TCP_CLOSING] = "shut down by both ends",
    [SIM_TCP_CLOSE_WAIT] = "shut down by the other end",
    [SIM_TCP_LAST_ACK] = "shut down by both ends",
};

static void tcp_describe(struct sim_file *file, FILE *out)
{
    const struct sim_tcp *tcp = tidy__sim_tcp_of(file);

    describe_address(&tcp->local, out);
    if (tcp->peer.len) {
        fputs(" -> ", out);
        describe_address(&tcp->peer, out);
    }
    fprintf(out, "  %s", state_names[tcp->state]);
    if (tcp->in.len > 0)
        fprintf(out, ", %zu bytes unread", tcp->in.len);
    if (tcp->n_waiting > 0)
        fprintf(out, ", %zu in the backlog", tcp->n_waiting);
}

static const struct sim_socket_ops tcp_ops = {
    .file = { .kind = "tcp socket",
              .actors = SIM_ACTOR_TCP,
              .is_socket = true,
              .patience_ns = tidy__sim_socket_patience_ns,
              .read = tcp_read,
              .write = tcp_write,
              .poll = tcp_poll,
              .n_readable = tcp_n_readable,
              .n_unsent = tcp_n_unsent,
              .release = tidy__sim_tcp_release,
              .describe = tcp_describe },
    .bind = tidy__sim_tcp_bind,
    .listen = tidy__sim_tcp_listen,
    .accept = tidy__sim_tcp_accept,
    .connect = tidy__sim_tcp_connect,
    .shutdown = tidy__sim_tcp_shutdown,
    .name = tcp_name,
    .is_listening = tcp_is_listening,
    .has_port = tcp_has_port,
    .info = tcp_info,
    .abort = tidy__sim_tcp_abort,
    .destroy = tidy__sim_tcp_destroy,
};

static const char *const segment_names[] = {
    [SIM_TCP_SYN] = "SYN", [SIM_TCP_SYN_ACK] = "SYN-ACK",
    [SIM_TCP_ACK] = "ACK", [SIM_TCP_DATA] = "data",
    [SIM_TCP_FIN] = "FIN", [SIM_TCP_RST] = "RST",
};

struct sim_socket *
tidy__sim_tcp_new(struct sim_world *world, int domain, int status)
{
    struct sim_tcp *tcp = tidy__zalloc(sizeof(*tcp));

    if (!tcp)
        return NULL;
    tidy__sim_socket_init(&tcp->sock, world, &tcp_ops, domain, status);
    tcp->out.actor = tcp->sock.file.id;
    tcp->out.type_names = segment_names;
    tcp->out.deliver = tidy__sim_tcp_deliver;
    tcp->out.receiver = tidy__sim_tcp_receiver;
    tcp->out.ends = tidy__sim_tcp_ends;
    return &tcp->sock;
}
