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

bool tidy__sim_is_loopback(const struct sim_address *address)
{
    struct in6_addr host = host_of(address);

    return IN6_IS_ADDR_LOOPBACK(&host) ||
           (IN6_IS_ADDR_V4MAPPED(&host) && host.s6_addr[12] == 127);
}

/* Would a packet to the one go to the other? any6 says whether an unspecified
 * IPv6 address stands for the IPv4 ones, too. */
static bool do_overlap(const struct sim_address *a,
                       bool is_a_v6_only,
                       const struct sim_address *b,
                       bool is_b_v6_only)
{
    bool is_a4 = a->u.any.sa_family == AF_INET;
    bool is_b4 = b->u.any.sa_family == AF_INET;
    struct in6_addr host_a = host_of(a), host_b = host_of(b);

    if (is_a4 != is_b4 &&
        ((!is_a4 && is_a_v6_only) || (!is_b4 && is_b_v6_only)))
        return false;
    if (is_any(a) || is_any(b))
        return is_a4 == is_b4 || (is_any(a) && !is_a4) ||
               (is_any(b) && !is_b4) ||
               (is_any(a) && IN6_IS_ADDR_V4MAPPED(&host_b)) ||
               (is_any(b) && IN6_IS_ADDR_V4MAPPED(&host_a));
    return memcmp(&host_a, &host_b, sizeof(host_a)) == 0;
}

/* As inet_csk_bind_conflict(): both reuse the address and neither listens, or
 * both reuse the port. */
static bool do_conflict(const struct sim_tcp *tcp,
                        const struct sim_address *address,
                        const struct sim_tcp *other)
{
    if (tcp == other || !other->local.len ||
        tidy__sim_port_of(&other->local) != tidy__sim_port_of(address))
        return false;
    if (tcp->sock.is_reuse_addr && other->sock.is_reuse_addr &&
        other->state != SIM_TCP_LISTEN)
        return false;
    if (tcp->sock.is_reuse_port && other->sock.is_reuse_port)
        return false;
    return do_overlap(
        address, tcp->sock.is_v6_only, &other->local, other->sock.is_v6_only);
}

static bool is_in_time_wait(struct sim_world *world,
                            const struct sim_tcp *tcp,
                            const struct sim_address *address)
{
    struct sim_time_wait *entry, *next;

    DL_FOREACH_SAFE(world->time_waits, entry, next) {
        if (entry->until_ns <= world->now_ns) {
            DL_DELETE(world->time_waits, entry);
            tidy__dealloc(entry);
        } else if (!(tcp->sock.is_reuse_addr && entry->is_reuse_addr) &&
                   tidy__sim_port_of(&entry->local) ==
                       tidy__sim_port_of(address) &&
                   do_overlap(
                       address, tcp->sock.is_v6_only, &entry->local, false)) {
            return true;
        }
    }
    return false;
}

static bool is_free(const struct sim_tcp *tcp,
                    const struct sim_address *address)
{
    struct sim_world *world = tcp->sock.file.world;
    const struct sim_socket *sock;

    DL_FOREACH(world->sockets, sock) {
        if (sock->domain != AF_UNIX &&
            do_conflict(tcp, address, tidy__sim_tcp_of(&sock->file)))
            return false;
    }
    return !is_in_time_wait(world, tcp, address);
}

static int give_port(struct sim_tcp *tcp, struct sim_address *address)
{
    struct sim_world *world = tcp->sock.file.world;
    unsigned n_ports = EPHEMERAL_MAX - EPHEMERAL_MIN + 1, n_tried;

    for (n_tried = 0; n_tried < n_ports; n_tried++) {
        set_port(address,
                 (uint16_t)(EPHEMERAL_MIN + world->n_ports_given++ % n_ports));
        if (is_free(tcp, address))
            return 0;
    }
    return -EADDRINUSE;
}

int tidy__sim_tcp_bind(struct sim_tcp *tcp, const struct sim_address *address)
{
    struct sim_address taken = *address;

    if (tcp->local.len || tcp->state != SIM_TCP_CLOSE)
        return -EINVAL;
    if (!is_any(&taken) && !tidy__sim_is_loopback(&taken))
        return -EADDRNOTAVAIL;
    if (tidy__sim_port_of(&taken) == 0) {
        int result = give_port(tcp, &taken);

        if (result < 0)
            return result;
    } else if (!is_free(tcp, &taken)) {
        return -EADDRINUSE;
    }
    taken.len = taken.u.any.sa_family == AF_INET6 ? sizeof(taken.u.in6)
                                                  : sizeof(taken.u.in);
    tcp->local = taken;
    return 0;
}

int tidy__sim_tcp_autobind(struct sim_tcp *tcp)
{
    struct sim_address any = { .len = sizeof(any.u.in6) };

    any.u.any.sa_family = (sa_family_t)tcp->sock.domain;
    return tidy__sim_tcp_bind(tcp, &any);
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
            !do_overlap(&tcp->local, sock->is_v6_only, address, false))
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
    entry->is_reuse_addr = tcp->sock.is_reuse_addr;
    entry->until_ns = world->now_ns + TIME_WAIT_NS;
    DL_APPEND(world->time_waits, entry);
}

void tidy__sim_tcp_ports_deinit(struct sim_world *world)
{
    struct sim_time_wait *entry, *next;

    DL_FOREACH_SAFE(world->time_waits, entry, next) {
        DL_DELETE(world->time_waits, entry);
        tidy__dealloc(entry);
    }
}
