/* SPDX-License-Identifier: MIT */
/*
 * Which two transports are the ends of one connection?
 *
 * TCP connections are found again by their pair of addresses, in a map of the
 * loop. Both ends being ours is what allows the passive closer to end with a
 * reset instead of leaving a socket in TIME_WAIT (end.c), and what makes a
 * server connection wait for its client's end of file. A transport that cannot
 * be entered for want of memory simply has no twin: it gets a normal close.
 *
 * One that is closed before its twin is known stays in the map until it is freed:
 * a client may well be gone before its server accepts.
 */
#include "base/alloc.h"
#include "net/transport.h"

#include <string.h>

#undef uthash_malloc
#undef uthash_free
#define uthash_malloc(size) tidy__alloc(size)
#define uthash_free(ptr, size) tidy__dealloc(ptr)
#undef uthash_nonfatal_oom
#define uthash_nonfatal_oom(transport) ((transport)->is_in_pairs = false)

static void set_end(struct tidy__pair_end *end,
                    const struct tidy_address *address)
{
    memset(end, 0, sizeof(*end));
    end->port = tidy_address_port(address);
    if (address->u.any.sa_family == AF_INET6) {
        memcpy(end->host, &address->u.in6.sin6_addr, 16);
        return;
    }
    memset(end->host + 10, 0xff, 2);
    memcpy(end->host + 12, &address->u.in.sin_addr, 4);
}

/* Ports tell connections apart well enough, and cost little. */
static unsigned hash_of(const struct tidy__pair *pair)
{
    return (pair->near.port * 40503u) ^ pair->far.port;
}

static struct tidy_transport *
find_other_end(const struct tidy_transport *transport)
{
    struct tidy__pair mirrored = { .near = transport->pair.far,
                                   .far = transport->pair.near };
    struct tidy_transport *found;

    HASH_FIND_BYHASHVALUE(hh,
                          transport->loop->by_pair,
                          &mirrored,
                          sizeof(mirrored),
                          hash_of(&mirrored),
                          found);
    return found;
}

/* Who has found his twin need not be found any more. */
void tidy__twins_forget(struct tidy_transport *transport)
{
    if (!transport->is_in_pairs)
        return;
    transport->is_in_pairs = false;
    HASH_DELETE(hh, transport->loop->by_pair, transport);
}

/* How much of what is in flight has left is not known. */
static void note_closed(struct tidy_transport *transport,
                        const struct tidy_transport *twin)
{
    transport->is_twin_closed = true;
    transport->n_twin_read = twin->n_read;
    transport->n_twin_written =
        twin->n_in_flight ? UINT64_MAX : twin->n_written;
}

static void join(struct tidy_transport *transport, struct tidy_transport *other)
{
    tidy__twins_forget(other);
    if (other->state >= TIDY__TRANSPORT_CLOSING) {
        note_closed(transport, other);
        return;
    }
    other->twin = transport;
    transport->twin = other;
}

void tidy__twins_add(struct tidy_transport *transport)
{
    struct tidy_transport *other;

    set_end(&transport->pair.near, &transport->local);
    set_end(&transport->pair.far, &transport->peer);
    other = find_other_end(transport);
    if (other) {
        join(transport, other);
        return;
    }
    transport->is_in_pairs = true;
    HASH_ADD_BYHASHVALUE(hh,
                         transport->loop->by_pair,
                         pair,
                         sizeof(transport->pair),
                         hash_of(&transport->pair),
                         transport);
}

void tidy__twins_remove(struct tidy_transport *transport)
{
    struct tidy_transport *twin = transport->twin;

    if (!twin)
        return;
    note_closed(twin, transport);
    twin->twin = NULL;
    transport->twin = NULL;
    /* It may have waited for this. */
    if (twin->state == TIDY__TRANSPORT_ENDING)
        tidy__transport_settle_soon(twin);
}
