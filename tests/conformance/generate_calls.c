/* SPDX-License-Identifier: MIT */
/*
 * Parts of programs: calls on what is there, and files of other kinds.
 */
#include "conformance/generate.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

/* A step on a slot of these kinds; NULL: there is none. */
static struct step *
on_slot(struct generator *generator, enum op op, unsigned kinds)
{
    int slot = generator_slot(generator, kinds);
    struct step *step = slot == NO_SLOT ? NULL : generator_step(generator, op);

    if (step)
        step->slot = (int8_t)slot;
    return step;
}

void generate_option(struct generator *generator)
{
    struct step *step;

    if (generator->likes_linger || one_in(generator, 4)) {
        step = on_slot(generator, OP_SET_LINGER, KINDS_SOCKET);
        if (!step)
            return;
        step->a = !one_in(generator, 6);
        step->b = one_in(generator, 12);
        return;
    }
    step = on_slot(generator, OP_SET_FLAG, KINDS_SOCKET);
    if (!step)
        return;
    step->a = pick(generator, 5);
    step->b = one_in(generator, 30) ? 2 : pick(generator, 2);
}

void generate_question(struct generator *generator)
{
    static const enum op ops[] = {
        OP_GETSOCKNAME,  OP_GETPEERNAME,  OP_GET_INT,        OP_GET_INT,
        OP_GET_INT,      OP_GET_LINGER,   OP_COUNT_READABLE, OP_COUNT_READABLE,
        OP_COUNT_UNSENT, OP_SET_NONBLOCK, OP_GET_STATUS,     OP_FSTAT,
        OP_GET_STATE,
    };
    enum op op = ops[pick(generator, sizeof(ops) / sizeof(*ops))];
    struct step *step;

    /* They tell what has been acknowledged, which may be held back. */
    if (!generator->machine->has_own_network &&
        (op == OP_GET_STATE || op == OP_COUNT_UNSENT))
        op = OP_FSTAT;
    /* A blocking one without time limits could hang. */
    step = on_slot(generator,
                   op,
                   op == OP_SET_NONBLOCK  ? KINDS_SOCKET
                   : one_in(generator, 8) ? KINDS_ANY
                                          : KINDS_SOCKET);
    if (!step)
        return;
    switch (op) {
    case OP_GETSOCKNAME:
    case OP_GETPEERNAME:
        step->a = one_in(generator, 10) ? pick(generator, 20)
                                        : sizeof(struct sockaddr_storage);
        break;
    case OP_GET_INT:
        step->a = pick(generator, 11);
        step->b = one_in(generator, 20) ? pick(generator, 4) : 4;
        break;
    case OP_SET_NONBLOCK:
        step->a = generator->is_blocking ? pick(generator, 4)
                                         : 1 | pick(generator, 4);
        break;
    case OP_GET_STATUS:
        step->a = pick(generator, 2);
        break;
    default:
        break;
    }
}

/* --------------------------------------------------------- reading and writing */

static bool is_unix(const struct generator *generator, int slot)
{
    return generator->slots[slot].kind == KIND_STREAM &&
           generator->slots[slot].domain == DOMAIN_UNIX;
}

static uint32_t pick_len(struct generator *generator)
{
    static const uint32_t small[] = { 0, 1, 1, 5, 16, 100, 1000, 4096, 8000 };

    if (generator->is_large && one_in(generator, 3))
        return pick(generator, LEN_MAX + 1);
    if (one_in(generator, 60))
        return pick(generator, 70000);
    if (one_in(generator, 4))
        return 1 + pick(generator, 3000);
    return small[pick(generator, sizeof(small) / sizeof(*small))];
}

static unsigned writable_kinds(struct generator *generator)
{
    return KIND_BIT(KIND_STREAM) |
           (one_in(generator, 4) ? KIND_BIT(KIND_PIPE_WRITER) : 0u);
}

void generate_write(struct generator *generator)
{
    static const enum op ops[] = { OP_WRITE, OP_WRITE,  OP_WRITE,  OP_SEND,
                                   OP_SEND,  OP_WRITEV, OP_SENDTO, OP_SENDMSG };
    struct step *step = on_slot(generator,
                                one_in(generator, 12) ? ops[pick(generator, 8)]
                                                      : ops[pick(generator, 6)],
                                writable_kinds(generator));

    if (!step)
        return;
    step->a = pick_len(generator);
    if (!generator->machine->has_same_sizes && is_unix(generator, step->slot))
        step->a %= 100;
    if (one_in(generator, 3))
        step->b = MSG_NOSIGNAL;
    if (one_in(generator, 8))
        step->b |= MSG_DONTWAIT;
    if (step->op == OP_SENDTO) {
        step->where.domain = (uint8_t)generator->slots[step->slot].domain;
        step->where.port_of = (int8_t)pick(generator, N_SLOTS);
    }
}

void generate_read(struct generator *generator)
{
    static const enum op ops[] = { OP_READ,  OP_READ,     OP_READ,
                                   OP_RECV,  OP_RECV,     OP_RECV,
                                   OP_READV, OP_RECVFROM, OP_RECVMSG };
    unsigned kinds = KIND_BIT(KIND_STREAM);
    struct step *step;

    if (one_in(generator, 5))
        kinds |= KIND_BIT(KIND_PIPE_READER) | KIND_BIT(KIND_EVENTFD) |
                 KIND_BIT(KIND_TIMERFD);
    step = on_slot(generator, ops[pick(generator, 9)], kinds);
    if (!step)
        return;
    step->a = one_in(generator, 2) ? 8192 : pick_len(generator);
    if (step->a == 0 && generator->is_blocking)
        step->a = 1; /* docs/WORLD.md */
    if (step->op == OP_READ || step->op == OP_READV)
        return;
    if (one_in(generator, 4))
        step->b |= MSG_PEEK;
    if (one_in(generator, 8))
        step->b |= MSG_DONTWAIT;
    if (one_in(generator, 10))
        step->b |= MSG_WAITALL;
}

void generate_number(struct generator *generator)
{
    struct step *step =
        on_slot(generator, OP_WRITE_NUMBER, KIND_BIT(KIND_EVENTFD));

    if (!step)
        return;
    step->a = one_in(generator, 6) ? UINT32_MAX - pick(generator, 3)
                                   : pick(generator, 4);
    step->b = one_in(generator, 6) ? UINT32_MAX : 0;
}

/* --------------------------------------------------- closing, copies, new files */

void generate_close(struct generator *generator)
{
    static const unsigned kinds[] = {
        KIND_BIT(KIND_STREAM),
        KIND_BIT(KIND_STREAM),
        KIND_BIT(KIND_STREAM),
        KINDS_SOCKET,
        KINDS_ANY,
    };
    struct step *step = on_slot(generator, OP_CLOSE, kinds[pick(generator, 5)]);

    if (!step)
        return;
    step->b = !one_in(generator, 6);
    generator->slots[step->slot].kind = KIND_NONE;
}

void generate_copy(struct generator *generator)
{
    int from = generator_slot(generator, KINDS_ANY);
    int to = one_in(generator, 5) ? generator_slot(generator, KINDS_ANY)
                                  : generator_free_slot(generator);
    struct step *step;

    if (from == NO_SLOT || to == NO_SLOT)
        return;
    step = generator_step(generator, one_in(generator, 2) ? OP_DUP : OP_DUP2);
    if (!step)
        return;
    step->slot = (int8_t)from;
    step->slot2 = (int8_t)to;
    step->a = 20 + pick(generator, 40);
    generator->slots[to] = generator->slots[from];
}

static void generate_pipe(struct generator *generator, int slot)
{
    struct step *step;
    int slot2;

    generator->slots[slot].kind = KIND_PIPE_READER;
    slot2 = generator_free_slot(generator);
    step = slot2 == NO_SLOT ? NULL : generator_step(generator, OP_PIPE);
    if (!step) {
        generator->slots[slot].kind = KIND_NONE;
        return;
    }
    step->slot = (int8_t)slot;
    step->slot2 = (int8_t)slot2;
    generator->slots[slot2].kind = KIND_PIPE_WRITER;
}

void generate_other_file(struct generator *generator)
{
    int slot = generator_free_slot(generator);
    struct step *step;

    if (slot == NO_SLOT)
        return;
    if (one_in(generator, 2)) {
        generate_pipe(generator, slot);
        return;
    }
    step = generator_step(generator,
                          one_in(generator, 2) ? OP_EVENTFD : OP_TIMERFD);
    if (!step)
        return;
    step->slot = (int8_t)slot;
    if (step->op == OP_EVENTFD) {
        step->a = pick(generator, 3);
        step->b = one_in(generator, 3);
        generator->slots[slot].kind = KIND_EVENTFD;
    } else {
        step->a = one_in(generator, 3) ? CLOCK_REALTIME : CLOCK_MONOTONIC;
        if (one_in(generator, 20))
            step->a = CLOCK_THREAD_CPUTIME_ID;
        generator->slots[slot].kind = KIND_TIMERFD;
    }
}

void generate_timer(struct generator *generator)
{
    struct step *step =
        on_slot(generator,
                one_in(generator, 2) ? OP_TIMERFD_SETTIME : OP_TIMERFD_GETTIME,
                KIND_BIT(KIND_TIMERFD));

    if (!step || step->op != OP_TIMERFD_SETTIME)
        return;
    step->a = pick(generator, 3);
    step->b = pick(generator, 3);
}

/* --------------------------------------------------------------------- waiting */

static uint32_t pick_events(struct generator *generator)
{
    static const uint32_t events[] = {
        EPOLLIN,
        EPOLLIN | EPOLLOUT,
        EPOLLOUT,
        EPOLLIN | EPOLLRDHUP,
        EPOLLIN | EPOLLOUT | EPOLLRDHUP,
        0,
        EPOLLRDHUP,
        EPOLLIN | EPOLLPRI | EPOLLRDNORM | EPOLLWRNORM,
    };

    return events[one_in(generator, 3) ? pick(generator, 8)
                                       : pick(generator, 5)];
}

static void generate_epoll_ctl(struct generator *generator, int epoll)
{
    static const uint32_t modes[] = {
        0, EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT, EPOLLEXCLUSIVE
    };
    int slot = generator_slot(generator, KINDS_ANY);
    struct step *step =
        slot == NO_SLOT ? NULL : generator_step(generator, OP_EPOLL_CTL);

    if (!step)
        return;
    step->slot = (int8_t)epoll;
    step->slot2 = (int8_t)slot;
    step->a = one_in(generator, 3)   ? EPOLL_CTL_MOD
              : one_in(generator, 6) ? EPOLL_CTL_DEL
                                     : EPOLL_CTL_ADD;
    step->b = pick_events(generator) |
              modes[one_in(generator, 20) ? 4 : pick(generator, 4)];
}

void generate_epoll(struct generator *generator)
{
    int epoll = generator_slot(generator, KIND_BIT(KIND_EPOLL));
    struct step *step;

    if (epoll == NO_SLOT || one_in(generator, 40)) {
        epoll = generator_free_slot(generator);
        if (epoll == NO_SLOT)
            return;
        step = generator_step(generator, OP_EPOLL_CREATE);
        if (!step)
            return;
        step->slot = (int8_t)epoll;
        generator->slots[epoll].kind = KIND_EPOLL;
        generate_epoll_ctl(generator, epoll);
        generate_epoll_ctl(generator, epoll);
    }
    if (one_in(generator, 2)) {
        generate_epoll_ctl(generator, epoll);
        return;
    }
    step = generator_step(generator, OP_EPOLL_WAIT);
    if (!step)
        return;
    step->slot = (int8_t)epoll;
    step->a = one_in(generator, 5) ? pick(generator, 3) : 16;
}

void generate_poll(struct generator *generator)
{
    struct step *step =
        generator_step(generator, one_in(generator, 5) ? OP_SELECT : OP_POLL);
    uint32_t slots = 0, n = 1 + pick(generator, 4);

    if (!step)
        return;
    for (; n > 0; n--) {
        int slot = generator_slot(generator, KINDS_ANY);

        if (slot != NO_SLOT)
            slots |= 1u << slot;
    }
    step->a = slots;
    step->b =
        step->op == OP_SELECT ? 1 + pick(generator, 7) : pick_events(generator);
    if (step->op == OP_POLL && one_in(generator, 3))
        step->b |= POLLRDHUP | POLLRDNORM | POLLRDBAND | POLLWRNORM |
                   POLLWRBAND | POLLPRI;
}

void generate_path(struct generator *generator)
{
    static const enum op ops[] = { OP_UNLINK, OP_UNLINK, OP_STAT, OP_CHMOD };
    struct step *step;

    if (!(generator->domains & (1u << DOMAIN_UNIX)))
        return;
    step = generator_step(generator, ops[pick(generator, 4)]);
    if (!step)
        return;
    step->where.domain = DOMAIN_UNIX;
    step->where.path = (uint8_t)pick(generator, N_PATHS);
    step->a = step->op == OP_CHMOD ? 0600 + pick(generator, 8) * 8
                                   : pick(generator, 2);
}
