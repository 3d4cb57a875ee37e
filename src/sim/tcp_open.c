/* SPDX-License-Identifier: MIT */
/*
 * TCP: how a connection begins.
 *
 *   client                         server
 *   SYN_SENT     -- SYN -->        nobody listens: refused
 *                                  the backlog is full: dropped, sent again
 *                                  else SYN_RECV
 *   ESTABLISHED  <- SYN_ACK --
 *                -- ACK -->        ESTABLISHED, in the backlog
 *
 * The client is connected before the listener knows, so that its data, its end
 * and even its reset may be there when the connection is accepted, and it may
 * never be accepted at all.
 */
#include "base/alloc.h"
#include "sim/fault.h"
#include "sim/record.h"
#include "sim/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <utlist.h>

/* A SYN is sent again after 1, 2, 4, ... s, tcp_syn_retries times. */
#define SYN_RETRY_NS TIDY_S(1)
#define MAX_SYNS 7

#define MAPPED_LOOPBACK "::ffff:127.0.0.1"

/* The port that it has, or any. */
static int get_port(struct sim_tcp *tcp)
{
    if (!tcp->has_port && tcp->local.len)
        tcp->local.u.in.sin_port = 0; /* at the same place in both families */
    return tidy__sim_tcp_get_port(tcp);
}

/* ----------------------------------------------------------------- listening */

int tidy__sim_tcp_listen(struct sim_socket *sock, int backlog)
{
    struct sim_tcp *tcp = tidy__sim_tcp_of(&sock->file);
    int result;

    if (tcp->phase != SIM_TCP_UNCONNECTED ||
        (tcp->state != SIM_TCP_CLOSE && tcp->state != SIM_TCP_LISTEN))
        return -EINVAL;
    tcp->backlog = (size_t)backlog;
    if (tcp->state == SIM_TCP_LISTEN)
        return 0;
    result = get_port(tcp);
    if (result == 0)
        tcp->state = SIM_TCP_LISTEN;
    return result;
}

void tidy__sim_tcp_leave_backlog(struct sim_tcp *tcp)
{
    struct sim_tcp *listener = tcp->listener;

    tcp->listener = NULL;
    if (!tcp->is_waiting)
        return;
    tcp->is_waiting = false;
    DL_DELETE2(listener->waiting, tcp, waiting_prev, waiting_next);
    listener->n_waiting--;
}

static bool is_darwin(const struct sim_tcp *tcp)
{
    return tcp->sock.file.world->options.profile == TIDY_PROFILE_DARWIN;
}

/* Linux returns such a connection. Darwin forgets it, or says that it was
 * aborted: what shall become of it is known when the reset arrives. */
void tidy__sim_tcp_reset_in_backlog(struct sim_tcp *tcp)
{
    struct sim_tcp *listener = tcp->listener;

    if (!tcp->is_waiting || !is_darwin(tcp))
        return;
    if (tidy__choose(listener->sock.file.world,
                     TIDY_CHOICE_ACCEPT,
                     listener->sock.file.id,
                     2) == 0)
        tidy__sim_tcp_leave_backlog(tcp);
}

int tidy__sim_tcp_accept(struct sim_socket *sock, struct sim_socket **ret_child)
{
    struct sim_tcp *listener = tidy__sim_tcp_of(&sock->file);
    struct sim_tcp *child = listener->waiting;

    if (!child)
        return -EAGAIN;
    tidy__sim_tcp_leave_backlog(child);
    if (is_darwin(child) && child->state == SIM_TCP_CLOSE) {
        tidy__sim_tcp_release(&child->sock.file);
        return -ECONNABORTED;
    }
    child->is_orphan = false;
    *ret_child = &child->sock;
    return 0;
}

/* ---------------------------------------------------------------- connecting */

static bool is_mapped(const struct sim_address *address)
{
    return IN6_IS_ADDR_V4MAPPED(&address->u.in6.sin6_addr);
}

/* To all addresses means to the loopback interface; with IPv4 to the host that
 * the socket is bound to, and to IPv4's if it is an IPv6 one bound there. */
static void set_peer(struct sim_tcp *tcp, const struct sim_address *address)
{
    tcp->peer = *address;
    if (address->u.any.sa_family == AF_INET) {
        tcp->peer.len = sizeof(address->u.in);
        if (address->u.in.sin_addr.s_addr == htonl(INADDR_ANY))
            tcp->peer.u.in.sin_addr.s_addr =
                tcp->is_host_bound ? tcp->local.u.in.sin_addr.s_addr
                                   : htonl(INADDR_LOOPBACK);
    } else {
        tcp->peer.len = sizeof(address->u.in6);
        if (!IN6_IS_ADDR_UNSPECIFIED(&address->u.in6.sin6_addr))
            return;
        tcp->peer.u.in6.sin6_addr = in6addr_loopback;
        if (tcp->is_host_bound && is_mapped(&tcp->local))
            inet_pton(AF_INET6, MAPPED_LOOPBACK, &tcp->peer.u.in6.sin6_addr);
    }
}

/* What a route over the loopback interface gives for a source. */
static void set_source(struct sim_tcp *tcp)
{
    struct sim_address *local = &tcp->local;
    struct in6_addr *host = &local->u.in6.sin6_addr;

    if (local->u.any.sa_family == AF_INET) {
        if (local->u.in.sin_addr.s_addr == htonl(INADDR_ANY))
            local->u.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else if (IN6_IS_ADDR_UNSPECIFIED(host)) {
        *host = in6addr_loopback;
        if (IN6_IS_ADDR_V4MAPPED(&tcp->peer.u.in6.sin6_addr))
            inet_pton(AF_INET6, MAPPED_LOOPBACK, host);
    }
}

/* A SYN arrives, which is calm; or it does not; or none ever will. */
static bool is_lost(struct sim_tcp *tcp)
{
    size_t choice = 0;

    if (!tcp->is_unreached)
        choice = tidy__choose(tcp->sock.file.world,
                              TIDY_CHOICE_UNREACHED_FAULT,
                              tcp->sock.file.id,
                              3);
    if (choice == 2)
        tcp->is_unreached = true;
    return choice == 1 || tcp->is_unreached;
}

static void send_syn(struct sim_tcp *tcp)
{
    struct sim_world *world = tcp->sock.file.world;

    tidy__sim_timer_set(
        world, &tcp->syn_timer, world->now_ns + (SYN_RETRY_NS << tcp->n_syns));
    tcp->n_syns++;
    if (is_lost(tcp))
        return;
    tidy__sim_link_send(world, &tcp->out, SIM_TCP_SYN, NULL, 0, 0);
}

static void fail_connect(struct sim_tcp *tcp, int error)
{
    tcp->sock.error = error;
    tidy__sim_file_wake(&tcp->sock.file, EPOLLERR);
    tidy__sim_tcp_done(tcp);
}

static void on_syn_timer(struct sim_timer *timer)
{
    struct sim_tcp *tcp = tidy_container_of(timer, struct sim_tcp, syn_timer);

    if (tcp->sock.file.world->record)
        tidy__sim_record_timer(&tcp->sock.file);
    if (tcp->n_syns == MAX_SYNS)
        fail_connect(tcp, ETIMEDOUT);
    else
        send_syn(tcp);
}

/* All routes are to the machine itself. */
static int find_route(const struct sim_tcp *tcp)
{
    bool is_v6 = tcp->sock.domain == AF_INET6;

    if (!tidy__sim_is_loopback(&tcp->peer) ||
        (is_v6 && tcp->sock.is_v6_only && is_mapped(&tcp->peer)))
        return -ENETUNREACH;
    if (is_v6 && tcp->is_host_bound && is_mapped(&tcp->local) &&
        !is_mapped(&tcp->peer))
        return -EAFNOSUPPORT;
    return 0;
}

/* From then on Linux sends all that an IPv6 socket sends over IPv4, also to
 * hosts of IPv6 (icsk_af_ops is not set back), and nothing arrives. */
static bool is_astray(struct sim_tcp *tcp)
{
    bool is_v4 = tcp->sock.domain == AF_INET6 && is_mapped(&tcp->peer);

    tcp->was_ipv4 |= is_v4;
    return tcp->was_ipv4 && !is_v4;
}

/* It would be both ends of the connection, if nobody listens there. */
static void refuse_itself(const struct sim_tcp *tcp)
{
    if (tidy__sim_port_of(&tcp->local) == tidy__sim_port_of(&tcp->peer) &&
        !tidy__sim_tcp_find_listener(tcp->sock.file.world, &tcp->peer))
        tidy__sim_unmodelled(tcp->sock.file.world,
                             "a TCP socket that connects to itself");
}

static int begin_connect(struct sim_tcp *tcp, const struct sim_address *address)
{
    int result = tidy__sim_tcp_check_address(tcp, address);

    if (result < 0)
        return result;
    set_peer(tcp, address);
    result = find_route(tcp);
    if (result == 0 && !tcp->has_port && get_port(tcp) < 0)
        result = -EADDRNOTAVAIL;
    if (result < 0)
        return result;
    set_source(tcp);
    if (tidy__sim_tcp_is_twin(tcp)) {
        tidy__sim_tcp_put_port(tcp);
        tidy__sim_tcp_reset_host(tcp);
        return -EADDRNOTAVAIL;
    }
    refuse_itself(tcp);
    tcp->sock.error = 0;
    tcp->has_fin = false;
    tcp->state = SIM_TCP_SYN_SENT;
    tcp->phase = SIM_TCP_CONNECTING;
    tcp->n_syns = 0;
    tcp->is_unreached = is_astray(tcp);
    tcp->syn_timer.fire = on_syn_timer;
    send_syn(tcp);
    return -EINPROGRESS;
}

/* What a later call of connect() says, once: the socket is as new if it was in
 * vain. */
static int tell_connect(struct sim_tcp *tcp)
{
    int error;

    if (tcp->state == SIM_TCP_SYN_SENT)
        return -EALREADY;
    tcp->phase = SIM_TCP_CONNECTED;
    if (tcp->state != SIM_TCP_CLOSE)
        return 0;
    error = tidy__sim_socket_take_error(&tcp->sock);
    tcp->phase = SIM_TCP_UNCONNECTED;
    tidy__sim_tcp_disconnect(tcp);
    return error ? error : -ECONNABORTED;
}

/* __inet_stream_connect() */
int tidy__sim_tcp_connect(struct sim_socket *sock,
                          const struct sim_address *address)
{
    struct sim_tcp *tcp = tidy__sim_tcp_of(&sock->file);

    if (address->len < sizeof(sa_family_t))
        return -EINVAL;
    if (address->u.any.sa_family == AF_UNSPEC) {
        tcp->phase = SIM_TCP_UNCONNECTED;
        tidy__sim_tcp_disconnect(tcp);
        return 0;
    }
    switch (tcp->phase) {
    case SIM_TCP_UNCONNECTED:
        return tcp->state == SIM_TCP_CLOSE ? begin_connect(tcp, address)
                                           : -EISCONN;
    case SIM_TCP_CONNECTING:
        return tell_connect(tcp);
    case SIM_TCP_CONNECTED:
        return -EISCONN;
    default:
        return -EINVAL;
    }
}

/* ------------------------------------------------------------- the handshake */

/* An IPv6 listener has its IPv4 clients as mapped addresses, and the other way
 * round. */
static struct sim_address as_of(int domain, const struct sim_address *address)
{
    struct sim_address mapped;

    if (domain == address->u.any.sa_family)
        return *address;
    mapped = (struct sim_address){ .len = sizeof(mapped.u.in6) };
    if (domain == AF_INET) {
        mapped.len = sizeof(mapped.u.in);
        mapped.u.in.sin_family = AF_INET;
        mapped.u.in.sin_port = address->u.in6.sin6_port;
        memcpy(&mapped.u.in.sin_addr, address->u.in6.sin6_addr.s6_addr + 12, 4);
        return mapped;
    }
    mapped.u.in6.sin6_family = AF_INET6;
    mapped.u.in6.sin6_port = address->u.in.sin_port;
    mapped.u.in6.sin6_addr.s6_addr[10] = 0xff;
    mapped.u.in6.sin6_addr.s6_addr[11] = 0xff;
    memcpy(mapped.u.in6.sin6_addr.s6_addr + 12, &address->u.in.sin_addr, 4);
    return mapped;
}

/* A child has its listener's options. */
static struct sim_tcp *new_child(const struct sim_tcp *listener,
                                 struct sim_tcp *client)
{
    struct sim_world *world = listener->sock.file.world;
    struct sim_socket *sock =
        tidy__sim_tcp_new(world, listener->sock.domain, 0);
    struct sim_tcp *child;

    if (!sock)
        return NULL;
    child = tidy__sim_tcp_of(&sock->file);
    sock->is_reuse_addr = listener->sock.is_reuse_addr;
    sock->is_reuse_port = listener->sock.is_reuse_port;
    sock->is_v6_only = listener->sock.is_v6_only;
    sock->is_keepalive = listener->sock.is_keepalive;
    sock->is_nodelay = listener->sock.is_nodelay;
    sock->has_linger = listener->sock.has_linger;
    sock->linger_s = listener->sock.linger_s;
    child->state = SIM_TCP_SYN_RECV;
    child->phase = SIM_TCP_CONNECTED;
    child->has_port = true;
    child->is_host_bound = listener->is_host_bound;
    child->shut = listener->shut; /* of before it listened */
    child->is_orphan = true;
    child->local = as_of(sock->domain, &client->peer);
    child->peer = as_of(sock->domain, &client->local);
    child->other = client;
    client->other = child;
    return child;
}

static bool is_backlog_full(const struct sim_tcp *listener)
{
    return listener->n_waiting + SIM_FAULT(SHORT_BACKLOG) > listener->backlog;
}

static void refuse(struct sim_tcp *client)
{
    tidy__sim_timer_clear(client->sock.file.world, &client->syn_timer);
    fail_connect(client, ECONNREFUSED);
}

void tidy__sim_tcp_on_syn(struct sim_tcp *client)
{
    struct sim_world *world = client->sock.file.world;
    struct sim_tcp *listener, *child;

    if (client->state != SIM_TCP_SYN_SENT || client->other)
        return;
    listener = tidy__sim_tcp_find_listener(world, &client->peer);
    if (!listener || tidy__choose_fault(world,
                                        TIDY_CHOICE_REFUSE_FAULT,
                                        client->sock.file.id)) {
        refuse(client);
        return;
    }
    if (is_backlog_full(listener))
        return;
    child = new_child(listener, client);
    if (!child)
        return;
    child->listener = listener;
    tidy__sim_link_send(world, &child->out, SIM_TCP_SYN_ACK, NULL, 0, 0);
}

void tidy__sim_tcp_on_syn_ack(struct sim_tcp *client)
{
    struct sim_world *world = client->sock.file.world;

    if (client->state != SIM_TCP_SYN_SENT) {
        tidy__sim_tcp_take_reset(client->other);
        return;
    }
    tidy__sim_timer_clear(world, &client->syn_timer);
    client->state = SIM_TCP_ESTABLISHED;
    tidy__sim_file_wake(&client->sock.file, 0);
    if (tidy__choose(world, TIDY_CHOICE_ACCEPT, client->sock.file.id, 2) == 1)
        tidy__sim_link_hold(world, &client->out, SIM_TCP_ACK, NULL, 0, 0);
    else
        tidy__sim_link_send(world, &client->out, SIM_TCP_ACK, NULL, 0, 0);
}

/* It may have come too late: the listener is closed, and the child with it. */
void tidy__sim_tcp_on_ack(struct sim_tcp *server)
{
    struct sim_tcp *listener = server->listener;

    if (server->state != SIM_TCP_SYN_RECV || !listener)
        return;
    server->state = SIM_TCP_ESTABLISHED;
    if (server->shut & SIM_SHUT_OUT)
        tidy__sim_tcp_send_fin(server);
    server->is_waiting = true;
    DL_APPEND2(listener->waiting, server, waiting_prev, waiting_next);
    listener->n_waiting++;
    tidy__sim_file_wake(&listener->sock.file, SIM_READABLE_KEY);
}

/* Nobody sees what happens to a connection before it is accepted, but that. */
struct sim_file *tidy__sim_tcp_receiver(struct sim_link *link)
{
    const struct sim_tcp *sender = tidy_container_of(link, struct sim_tcp, out);
    struct sim_tcp *tcp = sender->other;

    if (link->segments->type == SIM_TCP_SYN)
        tcp =
            tidy__sim_tcp_find_listener(sender->sock.file.world, &sender->peer);
    else if (tcp && tcp->listener)
        tcp = tcp->listener;
    return tcp ? &tcp->sock.file : NULL;
}

void tidy__sim_tcp_ends(struct sim_link *link,
                        int type,
                        const struct sim_file **ret_from,
                        const struct sim_file **ret_to)
{
    const struct sim_tcp *sender = tidy_container_of(link, struct sim_tcp, out);
    const struct sim_tcp *tcp = sender->other;

    if (type == SIM_TCP_SYN)
        tcp =
            tidy__sim_tcp_find_listener(sender->sock.file.world, &sender->peer);
    else if (type == SIM_TCP_ACK && tcp && tcp->listener)
        tcp = tcp->listener;
    *ret_from = &sender->sock.file;
    *ret_to = tcp ? &tcp->sock.file : NULL;
}
