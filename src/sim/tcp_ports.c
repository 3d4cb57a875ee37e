/* SPDX-License-Identifier: MIT */
/*
 * Which TCP ports are in use. A world has few sockets, so they are all looked
 * at; ports that the kernel would draw by lot are given out in order.
 */
#include "base/alloc.h"
#include "sim/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <utlist.h>

#define EPHEMERAL_MIN 32768
#define EPHEMERAL_MAX 60999
#define TIME_WAIT_NS TIDY_S(60)
#define TWIN_NS TIDY_S(1)
/* Without sin6_scope_id: RFC 2133. */
#define MIN_LEN_IN6 24

uint16_t tidy__sim_port_of(const struct sim_address *address)
{
    /* At the same place for both families. */
    return address->len ? ntohs(address->u.in.sin_port) : 0;
}

static void set_port(struct sim_address *address, uint16_t port)
{
    address->u.in.sin_port = htons(port);
}

static bool is_any(const struct sim_address *address)
{
    if (address->u.any.sa_family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&address->u.in6.sin6_addr);
    return address->u.in.sin_addr.s_addr == htonl(INADDR_ANY);
}

/* The host as IPv6 has it: ::ffff:127.0.0.1. */
static struct in6_addr host_of(const struct sim_address *address)
{
    struct in6_addr host = { 0 };

    if (address->u.any.sa_family == AF_INET6)
        return address->u.in6.sin6_addr;
    host.s6_addr[10] = host.s6_addr[11] = 0xff;
    memcpy(host.s6_addr + 12, &address->u.in.sin_addr, 4);
    return host;
}

static bool is_mapped(const struct sim_address *address)
{
    return address->u.any.sa_family == AF_INET6 &&
           IN6_IS_ADDR_V4MAPPED(&address->u.in6.sin6_addr);
}

/* Is it one of the socket's family? */
int tidy__sim_tcp_check_address(const struct sim_tcp *tcp,
                                const struct sim_address *address)
{
    if (address->len <
        (tcp->sock.domain == AF_INET6 ? MIN_LEN_IN6 : sizeof(address->u.in)))
        return -EINVAL;
    return address->u.any.sa_family == tcp->sock.domain ? 0 : -EAFNOSUPPORT;
}

bool tidy__sim_is_loopback(const struct sim_address *address)
{
    struct in6_addr host = host_of(address);

    return IN6_IS_ADDR_LOOPBACK(&host) ||
           (IN6_IS_ADDR_V4MAPPED(&host) && host.s6_addr[12] == 127);
}

/* Does it stand for an IPv4 host? Then an IPv6-only socket has no part in it. */
static bool is_ipv4(const struct sim_address *address)
{
    return address->u.any.sa_family == AF_INET || is_mapped(address);
}

static bool is_same_host(const struct sim_address *a,
                         const struct sim_address *b)
{
    struct in6_addr host_a = host_of(a), host_b = host_of(b);

    return memcmp(&host_a, &host_b, sizeof(host_a)) == 0;
}

/* Does who is bound to one address hear what is sent to a host? */
static bool does_hear(const struct sim_address *bound,
                      bool is_v6_only,
                      const struct sim_address *host)
{
    if (is_v6_only && is_ipv4(host))
        return false;
    if (is_any(bound))
        return bound->u.any.sa_family == AF_INET6 || is_ipv4(host);
    return is_same_host(bound, host);
}

/* Who has a port: a socket, or a connection that is in TIME-WAIT. */
struct holder {
    const struct sim_address *local;
    bool is_reuse_addr, is_reuse_port, is_v6_only, is_listening;
};

static struct holder holder_of(const struct sim_tcp *tcp)
{
    return (struct holder){ .local = &tcp->local,
                            .is_reuse_addr = tcp->sock.is_reuse_addr,
                            .is_reuse_port = tcp->sock.is_reuse_port,
                            .is_v6_only = tcp->sock.is_v6_only,
                            .is_listening = tcp->state == SIM_TCP_LISTEN };
}

/* inet_rcv_saddr_equal(), which is not the same both ways round. */
static bool do_overlap(const struct holder *asker, const struct holder *other)
{
    if (!is_any(asker->local))
        return does_hear(other->local, other->is_v6_only, asker->local);
    if (asker->local->u.any.sa_family == AF_INET)
        return !other->is_v6_only;
    return !asker->is_v6_only || !is_ipv4(other->local);
}

/* inet_bind_conflict(): both reuse the address and the other does not listen, or
 * both reuse the port. */
static bool do_conflict(const struct holder *asker, const struct holder *other)
{
    if (tidy__sim_port_of(asker->local) != tidy__sim_port_of(other->local))
        return false;
    if (asker->is_reuse_addr && other->is_reuse_addr && !other->is_listening)
        return false;
    if (asker->is_reuse_port && other->is_reuse_port)
        return false;
    return do_overlap(asker, other);
}

static size_t list_of(const struct sim_address *local)
{
    return tidy__sim_port_of(local) % SIM_N_PORT_LISTS;
}

static bool is_in_time_wait(struct sim_world *world, const struct holder *asker)
{
    struct sim_time_wait **list = &world->time_waits[list_of(asker->local)];
    struct sim_time_wait *entry, *next;

    DL_FOREACH_SAFE(*list, entry, next) {
        const struct holder holder = { .local = &entry->local,
                                       .is_reuse_addr = entry->is_reuse_addr,
                                       .is_reuse_port = entry->is_reuse_port,
                                       .is_v6_only = entry->is_v6_only };

        if (entry->until_ns <= world->now_ns) {
            DL_DELETE(*list, entry);
            tidy__dealloc(entry);
        } else if (do_conflict(asker, &holder)) {
            return true;
        }
    }
    return false;
}

/* The port of its address, for it. */
static bool is_free(const struct sim_tcp *tcp)
{
    const struct holder asker = holder_of(tcp);
    struct sim_world *world = tcp->sock.file.world;
    const struct sim_socket *sock;

    DL_FOREACH(world->sockets, sock) {
        const struct sim_tcp *other = tidy__sim_tcp_of(&sock->file);
        struct holder holder;

        if (sock->domain == AF_UNIX || other == tcp || !other->has_port)
            continue;
        holder = holder_of(other);
        if (do_conflict(&asker, &holder))
            return false;
    }
    return !is_in_time_wait(world, &asker);
}

static bool is_same_end(const struct sim_address *a,
                        const struct sim_address *b)
{
    return tidy__sim_port_of(a) == tidy__sim_port_of(b) && is_same_host(a, b);
}

/* inet_check_established(): one that is in TIME-WAIT stands in the way for a
 * second (tcp_twsk_unique(), over the loopback interface). */
bool tidy__sim_tcp_is_twin(const struct sim_tcp *tcp)
{
    const struct sim_world *world = tcp->sock.file.world;
    const struct sim_time_wait *entry;
    const struct sim_socket *sock;

    DL_FOREACH(world->sockets, sock) {
        const struct sim_tcp *other = tidy__sim_tcp_of(&sock->file);

        if (sock->domain != AF_UNIX && other != tcp &&
            other->state != SIM_TCP_CLOSE && other->state != SIM_TCP_LISTEN &&
            is_same_end(&other->local, &tcp->local) &&
            is_same_end(&other->peer, &tcp->peer))
            return true;
    }
    DL_FOREACH(world->time_waits[list_of(&tcp->local)], entry) {
        if (entry->until_ns > world->now_ns + TIME_WAIT_NS - TWIN_NS &&
            is_same_end(&entry->local, &tcp->local) &&
            is_same_end(&entry->peer, &tcp->peer))
            return true;
    }
    return false;
}

static int give_port(struct sim_tcp *tcp)
{
    struct sim_world *world = tcp->sock.file.world;
    unsigned n_ports = EPHEMERAL_MAX - EPHEMERAL_MIN + 1, n_tried;

    for (n_tried = 0; n_tried < n_ports; n_tried++) {
        set_port(&tcp->local,
                 (uint16_t)(EPHEMERAL_MIN + world->n_ports_given++ % n_ports));
        if (is_free(tcp))
            return 0;
    }
    set_port(&tcp->local, 0);
    return -EADDRINUSE;
}

static void set_host_any(struct sim_tcp *tcp)
{
    struct sim_address any = { 0 };

    any.u.any.sa_family = (sa_family_t)tcp->sock.domain;
    any.len =
        tcp->sock.domain == AF_INET6 ? sizeof(any.u.in6) : sizeof(any.u.in);
    if (tcp->local.len)
        set_port(&any, tidy__sim_port_of(&tcp->local));
    tcp->local = any;
}

int tidy__sim_tcp_get_port(struct sim_tcp *tcp)
{
    int result = 0;

    if (!tcp->local.len)
        set_host_any(tcp);
    if (tidy__sim_port_of(&tcp->local) == 0)
        result = give_port(tcp);
    else if (!is_free(tcp))
        result = -EADDRINUSE;
    if (result == 0)
        tcp->has_port = true;
    return result;
}

/* The number is still told by getsockname(2). */
void tidy__sim_tcp_put_port(struct sim_tcp *tcp)
{
    if (!tcp->is_port_bound || tcp->is_orphan)
        tcp->has_port = false;
}

void tidy__sim_tcp_reset_host(struct sim_tcp *tcp)
{
    if (!tcp->is_host_bound)
        set_host_any(tcp);
}

/* AF_UNSPEC for IPv4's any host: programs were written so once. */
static bool is_unspecified(const struct sim_tcp *tcp,
                           const struct sim_address *address)
{
    return tcp->sock.domain == AF_INET &&
           address->u.any.sa_family == AF_UNSPEC && is_any(address);
}

/* The errors in the order of __inet_bind() and __inet6_bind(). */
static int check_bind(const struct sim_tcp *tcp,
                      const struct sim_address *address)
{
    bool is_local = is_any(address) || tidy__sim_is_loopback(address);
    bool is_bound = tcp->has_port || tcp->state != SIM_TCP_CLOSE;
    int result = tidy__sim_tcp_check_address(tcp, address);

    if (result == -EAFNOSUPPORT && is_unspecified(tcp, address))
        result = 0;
    if (result < 0)
        return result;
    if (tcp->sock.domain == AF_INET && !is_local)
        return -EADDRNOTAVAIL;
    if (is_bound || (tcp->sock.is_v6_only && is_mapped(address)))
        return -EINVAL;
    return is_local ? 0 : -EADDRNOTAVAIL;
}

int tidy__sim_tcp_bind(struct sim_socket *sock,
                       const struct sim_address *address)
{
    struct sim_tcp *tcp = tidy__sim_tcp_of(&sock->file);
    const struct sim_address before = tcp->local;
    bool was_v6_only = sock->is_v6_only;
    int result = check_bind(tcp, address);

    if (result < 0)
        return result;
    tcp->local = *address;
    tcp->local.u.any.sa_family = (sa_family_t)sock->domain;
    tcp->local.len = sock->domain == AF_INET6 ? sizeof(address->u.in6)
                                              : sizeof(address->u.in);
    if (sock->domain == AF_INET6 && !is_any(address) && !is_mapped(address))
        sock->is_v6_only = true;
    result = tidy__sim_tcp_get_port(tcp);
    if (result < 0) {
        sock->is_v6_only = was_v6_only;
        tcp->local = before;
        set_host_any(tcp);
        return result;
    }
    tcp->is_host_bound = !is_any(address);
    tcp->is_port_bound = tidy__sim_port_of(address) != 0;
    return 0;
}

/* One that is bound to this very address comes before one bound to all. */
struct sim_tcp *tidy__sim_tcp_find_listener(struct sim_world *world,
                                            const struct sim_address *address)
{
    struct sim_tcp *tcp, *found = NULL;
    struct sim_socket *sock;

    DL_FOREACH(world->sockets, sock) {
        if (sock->domain == AF_UNIX)
            continue;
        tcp = tidy__sim_tcp_of(&sock->file);
        if (tcp->state != SIM_TCP_LISTEN ||
            tidy__sim_port_of(&tcp->local) != tidy__sim_port_of(address) ||
            !does_hear(&tcp->local, sock->is_v6_only, address))
            continue;
        if (!found || is_any(&found->local))
            found = tcp;
    }
    return found;
}

/* Without memory the port is free at once, which no program may rely on. */
void tidy__sim_tcp_enter_time_wait(struct sim_tcp *tcp)
{
    struct sim_world *world = tcp->sock.file.world;
    struct sim_time_wait *entry = tidy__alloc(sizeof(*entry));

    if (!entry)
        return;
    entry->local = tcp->local;
    entry->peer = tcp->peer;
    entry->is_reuse_addr = tcp->sock.is_reuse_addr;
    entry->is_reuse_port = tcp->sock.is_reuse_port;
    entry->is_v6_only = tcp->sock.is_v6_only;
    entry->until_ns = world->now_ns + TIME_WAIT_NS;
    DL_APPEND(world->time_waits[list_of(&entry->local)], entry);
}

size_t tidy__sim_tcp_n_time_waits(const struct sim_world *world)
{
    const struct sim_time_wait *entry;
    size_t n = 0, idx;

    for (idx = 0; idx < SIM_N_PORT_LISTS; idx++) {
        DL_FOREACH(world->time_waits[idx], entry)
            n += entry->until_ns > world->now_ns;
    }
    return n;
}

void tidy__sim_tcp_ports_deinit(struct sim_world *world)
{
    struct sim_time_wait *entry, *next;
    size_t idx;

    for (idx = 0; idx < SIM_N_PORT_LISTS; idx++) {
        DL_FOREACH_SAFE(world->time_waits[idx], entry, next)
            tidy__dealloc(entry);
    }
}
