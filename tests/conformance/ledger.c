/* SPDX-License-Identifier: MIT */
#include "conformance/ledger.h"

#include <string.h>

/* What fits every receive window, with room to spare. */
#define MAX_SMALL (32 * 1024)

void ledger_init(struct ledger *ledger, int base_fd)
{
    size_t idx;

    memset(ledger, 0, sizeof(*ledger));
    ledger->base_fd = base_fd;
    for (idx = 0; idx < N_FDS; idx++)
        ledger->by_fd[idx] = -1;
}

static bool is_ours(const struct ledger *ledger, int fd)
{
    return fd >= ledger->base_fd && fd < ledger->base_fd + N_FDS;
}

void ledger_open(struct ledger *ledger, int fd, enum object_kind kind)
{
    if (!is_ours(ledger, fd) || ledger->n_objects == N_OBJECTS_MAX)
        return;
    ledger->by_fd[fd - ledger->base_fd] = (int16_t)ledger->n_objects;
    ledger->objects[ledger->n_objects++] = (struct object){ .kind = kind };
}

void ledger_copy(struct ledger *ledger, int fd, int new_fd)
{
    if (is_ours(ledger, fd) && is_ours(ledger, new_fd))
        ledger->by_fd[new_fd - ledger->base_fd] =
            ledger->by_fd[fd - ledger->base_fd];
}

void ledger_close(struct ledger *ledger, int fd)
{
    if (is_ours(ledger, fd))
        ledger->by_fd[fd - ledger->base_fd] = -1;
}

struct object *ledger_find(struct ledger *ledger, int fd)
{
    int16_t idx =
        is_ours(ledger, fd) ? ledger->by_fd[fd - ledger->base_fd] : -1;

    return idx < 0 ? NULL : &ledger->objects[idx];
}

size_t ledger_index(const struct ledger *ledger, const struct object *object)
{
    return (size_t)(object - ledger->objects);
}

/* --------------------------------------------------------------------- names */

/* IPv4 hosts as mapped ones. */
static void take_name(const struct sockaddr_storage *from,
                      struct endpoint_name *name)
{
    const struct sockaddr_in *in =
        (const struct sockaddr_in *)(const void *)from;
    const struct sockaddr_in6 *in6 =
        (const struct sockaddr_in6 *)(const void *)from;

    memset(name, 0, sizeof(*name));
    if (from->ss_family == AF_INET6) {
        name->host = in6->sin6_addr;
        name->port = in6->sin6_port;
        return;
    }
    name->host.s6_addr[10] = name->host.s6_addr[11] = 0xff;
    memcpy(name->host.s6_addr + 12, &in->sin_addr, 4);
    name->port = in->sin_port;
}

/* Names are known once it is connected. */
static void find_names(struct object *object, int fd)
{
    struct sockaddr_storage local, peer;
    socklen_t local_len = sizeof(local), peer_len = sizeof(peer);

    if (object->kind != OBJECT_TCP || object->is_named ||
        getpeername(fd, (struct sockaddr *)&peer, &peer_len) < 0 ||
        getsockname(fd, (struct sockaddr *)&local, &local_len) < 0)
        return;
    take_name(&local, &object->local);
    take_name(&peer, &object->peer);
    object->is_named = true;
}

static bool is_same(const struct endpoint_name *a,
                    const struct endpoint_name *b)
{
    return a->port == b->port &&
           memcmp(&a->host, &b->host, sizeof(a->host)) == 0;
}

static struct object *peer_of(struct ledger *ledger,
                              const struct object *object)
{
    size_t idx = ledger->n_objects;

    while (object->is_named && idx-- > 0) {
        struct object *other = &ledger->objects[idx];

        if (other != object && other->is_named &&
            is_same(&other->local, &object->peer) &&
            is_same(&other->peer, &object->local))
            return other;
    }
    return NULL;
}

/* Connections are noticed when they are asked about. */
static void find_all_names(struct ledger *ledger)
{
    int idx;

    for (idx = 0; idx < N_FDS; idx++) {
        if (ledger->by_fd[idx] >= 0)
            find_names(&ledger->objects[ledger->by_fd[idx]],
                       ledger->base_fd + idx);
    }
}

struct object *ledger_peer(struct ledger *ledger, int fd)
{
    struct object *object = ledger_find(ledger, fd);

    if (!object || object->kind != OBJECT_TCP)
        return NULL;
    find_all_names(ledger);
    return peer_of(ledger, object);
}

/* -------------------------------------------------------------------- counts */

static uint64_t under_way(const struct object *from, const struct object *to)
{
    return from->n_written - (to ? to->n_read : 0);
}

uint64_t ledger_under_way(struct ledger *ledger, int fd)
{
    struct object *object = ledger_find(ledger, fd);

    return object ? under_way(object, ledger_peer(ledger, fd)) : 0;
}

static void update(struct ledger *ledger, int fd)
{
    struct object *object = ledger_find(ledger, fd);
    struct object *peer = ledger_peer(ledger, fd);
    uint64_t n_out = under_way(object, peer);
    uint64_t n_in = peer ? under_way(peer, object) : 0;

    if (n_out > MAX_SMALL || n_in > MAX_SMALL)
        object->is_big = object->was_big = ledger->had_big = true;
    if (n_out == 0 && n_in == 0)
        object->is_big = false;
    if (peer) {
        peer->is_big = object->is_big;
        peer->was_big |= object->is_big;
    }
}

void ledger_wrote(struct ledger *ledger, int fd, size_t len)
{
    struct object *object = ledger_find(ledger, fd);

    if (!object)
        return;
    object->n_written += len;
    if (object->kind == OBJECT_TCP)
        update(ledger, fd);
}

void ledger_read(struct ledger *ledger, int fd, size_t len)
{
    struct object *object = ledger_find(ledger, fd);

    if (!object)
        return;
    object->n_read += len;
    if (object->kind == OBJECT_TCP)
        update(ledger, fd);
}

bool ledger_is_tcp(struct ledger *ledger, int fd)
{
    const struct object *object = ledger_find(ledger, fd);

    return object && object->kind == OBJECT_TCP;
}

/* An epoll instance may watch one that was. */
bool ledger_was_big(struct ledger *ledger, int fd)
{
    const struct object *object = ledger_find(ledger, fd), *peer;

    if (!object || object->kind == OBJECT_OTHER)
        return false;
    if (object->kind == OBJECT_EPOLL)
        return ledger->had_big;
    peer = ledger_peer(ledger, fd);
    return object->was_big || (peer && peer->was_big);
}
