/* SPDX-License-Identifier: MIT */
/*
 * Parts of programs: how sockets come together and part.
 */
#include "conformance/generate.h"

#include <sys/socket.h>

static enum domain pick_domain(struct generator *generator)
{
    enum domain domain;

    do
        domain = (enum domain)pick(generator, 3);
    while (!(generator->domains & (1u << domain)));
    return domain;
}

static uint32_t pick_type(struct generator *generator)
{
    bool is_blocking = generator->is_blocking && one_in(generator, 2);

    return (is_blocking ? 0u : (uint32_t)SOCK_NONBLOCK) |
           (one_in(generator, 8) ? (uint32_t)SOCK_CLOEXEC : 0u);
}

/* A new socket; NO_SLOT: there is no room for it. */
static int generate_socket(struct generator *generator, enum domain domain)
{
    int slot = generator_free_slot(generator);
    struct step *step;

    if (slot == NO_SLOT)
        return NO_SLOT;
    step = generator_step(generator, OP_SOCKET);
    if (!step)
        return NO_SLOT;
    step->slot = (int8_t)slot;
    step->where.domain = (uint8_t)domain;
    step->a = pick_type(generator);
    if (one_in(generator, 20))
        step->b = domain == DOMAIN_UNIX ? 1 : 6;
    else if (one_in(generator, 60))
        step->b = 17;
    generator->slots[slot] =
        (struct belief){ .kind = KIND_NEW, .domain = domain };
    return slot;
}

static void
set_flag(struct generator *generator, int slot, uint32_t which, uint32_t value)
{
    struct step *step = generator_step(generator, OP_SET_FLAG);

    if (!step)
        return;
    step->slot = (int8_t)slot;
    step->a = which;
    step->b = value;
}

static enum host pick_host(struct generator *generator, enum domain domain)
{
    if (one_in(generator, 40))
        return (enum host)pick(generator, N_HOSTS);
    if (domain == DOMAIN_UNIX)
        return one_in(generator, 4) ? HOST_ANY : HOST_LOOPBACK;
    return one_in(generator, 4)    ? HOST_ANY
           : one_in(generator, 10) ? HOST_OTHER
                                   : HOST_LOOPBACK;
}

/* A path would be another one, in another directory. */
static void generate_cut(struct generator *generator, struct where *where)
{
    if (where->domain != DOMAIN_UNIX && one_in(generator, 60))
        where->cut = (uint8_t)(1 + pick(generator, 16));
}

/* Mostly to any port; sometimes to one that somebody has, or had. */
static void generate_bind(struct generator *generator, int slot, bool is_any)
{
    struct step *step = generator_step(generator, OP_BIND);
    struct belief *belief = &generator->slots[slot];

    if (!step)
        return;
    step->slot = (int8_t)slot;
    step->where.domain = (uint8_t)belief->domain;
    step->where.host = (uint8_t)pick_host(generator, belief->domain);
    step->where.path = (uint8_t)pick(generator, N_PATHS);
    if (!is_any)
        step->where.port_of = (int8_t)pick(generator, N_SLOTS);
    if (one_in(generator, 60))
        step->where.domain = (uint8_t)pick(generator, 4);
    generate_cut(generator, &step->where);
    belief->host = (enum host)step->where.host;
    belief->path = step->where.path;
}

static void generate_listen(struct generator *generator, int slot)
{
    static const uint32_t backlogs[] = { 0, 0, 1, 2, 5, 128, UINT32_MAX };
    struct step *step = generator_step(generator, OP_LISTEN);

    if (!step)
        return;
    step->slot = (int8_t)slot;
    step->a = backlogs[pick(generator, 7)];
    generator->slots[slot].kind = KIND_LISTENER;
    generator->slots[slot].n_pending = 0;
}

void generate_listener(struct generator *generator)
{
    int slot = generate_socket(generator, pick_domain(generator));

    if (slot == NO_SLOT)
        return;
    if (generator->is_reusing && !one_in(generator, 4))
        set_flag(generator, slot, 0, 1);
    if (one_in(generator, 20))
        set_flag(generator, slot, 4, pick(generator, 2));
    if (!one_in(generator, 16))
        generate_bind(generator, slot, !one_in(generator, 4));
    generate_listen(generator, slot);
}

/* An address to reach a listener by. */
static void
aim(struct generator *generator, struct where *where, int client, int listener)
{
    const struct belief *belief = &generator->slots[listener];

    where->domain = (uint8_t)generator->slots[client].domain;
    where->port_of = (int8_t)listener;
    where->path = belief->path;
    where->host = (uint8_t)belief->host;
    if (where->domain != DOMAIN_UNIX && belief->host == HOST_ANY)
        where->host = (uint8_t)(one_in(generator, 4) ? pick(generator, 3)
                                                     : HOST_LOOPBACK);
    if (one_in(generator, 30))
        where->host = (uint8_t)pick(generator, N_HOSTS - 1);
    if (one_in(generator, 30))
        where->port_of = (int8_t)pick(generator, N_SLOTS);
    if (one_in(generator, 60))
        where->domain = (uint8_t)pick(generator, 4);
    if (!generator->machine->has_own_network && where->host == HOST_FOREIGN &&
        where->domain != DOMAIN_UNIX)
        where->host = HOST_LOOPBACK; /* the machine's may have a route there */
    generate_cut(generator, where);
}

static void
generate_connect(struct generator *generator, int slot, int listener)
{
    struct step *step = generator_step(generator, OP_CONNECT);

    if (!step)
        return;
    step->slot = (int8_t)slot;
    aim(generator, &step->where, slot, listener);
    if (one_in(generator, 100))
        step->where.domain = DOMAIN_NONE;
    generator->slots[slot].kind = KIND_STREAM;
    if (generator->slots[listener].kind == KIND_LISTENER)
        generator->slots[listener].n_pending++;
}

void generate_client(struct generator *generator)
{
    int listener = generator_slot(generator, KIND_BIT(KIND_LISTENER));
    enum domain domain;
    int slot;

    if (listener == NO_SLOT)
        return;
    domain = generator->slots[listener].domain;
    if (domain == DOMAIN_IPV6 && one_in(generator, 4))
        domain = DOMAIN_IPV4;
    slot = generate_socket(generator, domain);
    if (slot == NO_SLOT)
        return;
    if (one_in(generator, 12))
        generate_bind(generator, slot, !one_in(generator, 3));
    generate_connect(generator, slot, listener);
    if (!one_in(generator, 3))
        generate_accept(generator);
}

/* One that has somebody in its backlog, if possible. */
static int pick_listener(struct generator *generator)
{
    unsigned n_tries;
    int slot;

    if (one_in(generator, 8))
        return generator_slot(generator, KIND_BIT(KIND_LISTENER));
    for (n_tries = 0; n_tries < 20; n_tries++) {
        slot = (int)pick(generator, N_SLOTS);
        if (generator->slots[slot].kind == KIND_LISTENER &&
            generator->slots[slot].n_pending > 0)
            return slot;
    }
    return NO_SLOT;
}

void generate_accept(struct generator *generator)
{
    int listener = pick_listener(generator);
    int slot = generator_free_slot(generator);
    struct step *step;

    if (slot == NO_SLOT || listener == NO_SLOT)
        return;
    step = generator_step(generator, OP_ACCEPT);
    if (!step)
        return;
    step->slot = (int8_t)slot;
    step->slot2 = (int8_t)listener;
    step->a = pick_type(generator);
    step->b = one_in(generator, 3)    ? 0
              : one_in(generator, 10) ? 4
                                      : sizeof(struct sockaddr_storage);
    if (one_in(generator, 100))
        step->a |= 1;
    if (generator->slots[listener].n_pending > 0) {
        generator->slots[listener].n_pending--;
        generator->slots[slot] =
            (struct belief){ .kind = KIND_STREAM,
                             .domain = generator->slots[listener].domain };
    }
}

void generate_pair(struct generator *generator)
{
    int slot = generator_free_slot(generator), slot2;
    struct step *step;

    if (slot == NO_SLOT)
        return;
    generator->slots[slot].kind = KIND_STREAM;
    slot2 = generator_free_slot(generator);
    step = slot2 == NO_SLOT ? NULL : generator_step(generator, OP_SOCKETPAIR);
    if (!step) {
        generator->slots[slot].kind = KIND_NONE;
        return;
    }
    step->slot = (int8_t)slot;
    step->slot2 = (int8_t)slot2;
    step->where.domain = DOMAIN_UNIX;
    step->a = pick_type(generator);
    generator->slots[slot] = generator->slots[slot2] =
        (struct belief){ .kind = KIND_STREAM, .domain = DOMAIN_UNIX };
}

/* Calls that are out of place: a second bind, connect or listen. */
void generate_stray(struct generator *generator)
{
    int slot = generator_slot(generator, KINDS_SOCKET);
    int other = generator_slot(generator, KINDS_SOCKET);

    if (slot == NO_SLOT || other == NO_SLOT)
        return;
    switch (pick(generator, 5)) {
    case 0:
        generate_bind(generator, slot, one_in(generator, 2));
        break;
    case 1:
        generate_listen(generator, slot);
        break;
    case 2:
        generate_socket(generator, pick_domain(generator));
        break;
    default:
        generate_connect(generator, slot, other);
        break;
    }
}

void generate_shutdown(struct generator *generator)
{
    int slot = generator_slot(generator,
                              one_in(generator, 10) ? KINDS_SOCKET
                                                    : KIND_BIT(KIND_STREAM));
    struct step *step;

    if (slot == NO_SLOT)
        return;
    step = generator_step(generator, OP_SHUTDOWN);
    if (!step)
        return;
    step->slot = (int8_t)slot;
    step->a = one_in(generator, 2)    ? (uint32_t)SHUT_WR
              : one_in(generator, 40) ? 3
                                      : pick(generator, 3);
}
