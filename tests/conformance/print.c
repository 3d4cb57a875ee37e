/* SPDX-License-Identifier: MIT */
/*
 * Programs as text that looks like C.
 */
#include "conformance/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static const char *const op_names[] = {
#define OP_NAME(name, text) [OP_##name] = #text,
    OP_TABLE(OP_NAME)
#undef OP_NAME
};

struct bit {
    uint32_t bit;
    const char *name;
};

/* "A|B|0x10" */
static void print_bits(uint32_t value, const struct bit *bits, FILE *out)
{
    const char *between = "";

    for (; bits->name; bits++) {
        if (!(value & bits->bit))
            continue;
        fprintf(out, "%s%s", between, bits->name);
        value &= ~bits->bit;
        between = "|";
    }
    if (value)
        fprintf(out, "%s0x%x", between, value);
    else if (!*between)
        fputs("0", out);
}

static const struct bit event_bits[] = {
    { EPOLLIN, "IN" },
    { EPOLLPRI, "PRI" },
    { EPOLLOUT, "OUT" },
    { EPOLLERR, "ERR" },
    { EPOLLHUP, "HUP" },
    { POLLNVAL, "NVAL" },
    { EPOLLRDNORM, "RDNORM" },
    { EPOLLRDBAND, "RDBAND" },
    { EPOLLWRNORM, "WRNORM" },
    { EPOLLWRBAND, "WRBAND" },
    { EPOLLRDHUP, "RDHUP" },
    { EPOLLEXCLUSIVE, "EXCLUSIVE" },
    { EPOLLONESHOT, "ONESHOT" },
    { EPOLLET, "ET" },
    { 0, NULL },
};

static const struct bit msg_bits[] = {
    { MSG_PEEK, "PEEK" },       { MSG_DONTWAIT, "DONTWAIT" },
    { MSG_WAITALL, "WAITALL" }, { MSG_NOSIGNAL, "NOSIGNAL" },
    { MSG_MORE, "MORE" },       { 0, NULL },
};

static const struct bit type_bits[] = {
    { SOCK_NONBLOCK, "NONBLOCK" },
    { SOCK_CLOEXEC, "CLOEXEC" },
    { 0, NULL },
};

static void print_where(const struct where *where, FILE *out)
{
    static const char *const hosts[][N_HOSTS] = {
        [DOMAIN_IPV4] = { "127.0.0.1", "0.0.0.0", "127.0.0.2", "192.0.2.1" },
        [DOMAIN_IPV6] = { "[::1]",
                          "[::]",
                          "[::ffff:127.0.0.1]",
                          "[2001:db8::1]" },
        [DOMAIN_UNIX] = { "path", "@path", "none/path", "directory" },
        [DOMAIN_NONE] = { "none", "none", "none", "none" },
    };

    fputs(hosts[where->domain][where->host], out);
    if (where->domain == DOMAIN_UNIX)
        fprintf(out, "%u", where->path);
    else if (where->port_of == NO_SLOT)
        fputs(":0", out);
    else
        fprintf(out, ":port(s%d)", where->port_of);
    if (where->cut)
        fprintf(out, " cut by %u", where->cut);
}

static void print_slots(uint32_t slots, FILE *out)
{
    int slot;

    for (slot = 0; slot < N_SLOTS; slot++) {
        if (slots & (1u << slot))
            fprintf(out, "s%d,", slot);
    }
}

static void print_two(const struct step *step, FILE *out)
{
    if (step->slot2 != NO_SLOT)
        fprintf(out, ", s%d", step->slot2);
    fprintf(out, ", %u, %u", step->a, step->b);
}

static void print_arguments(const struct step *step, FILE *out)
{
    static const char *const domains[] = { "INET", "INET6", "UNIX" };
    static const char *const ops[] = { "?", "ADD", "DEL", "MOD" };

    switch (step->op) {
    case OP_SOCKET:
    case OP_SOCKETPAIR:
        fprintf(out, ", %s, ", domains[step->where.domain]);
        print_bits(step->a, type_bits, out);
        fprintf(out, ", %u", step->b);
        if (step->slot2 != NO_SLOT)
            fprintf(out, ", s%d", step->slot2);
        break;
    case OP_BIND:
    case OP_CONNECT:
        fputs(", ", out);
        print_where(&step->where, out);
        break;
    case OP_ACCEPT:
        fprintf(out, ", s%d, ", step->slot2);
        print_bits(step->a, type_bits, out);
        fprintf(out, ", %u", step->b);
        break;
    case OP_RECV:
    case OP_RECVFROM:
    case OP_RECVMSG:
    case OP_SEND:
    case OP_SENDTO:
    case OP_SENDMSG:
        fprintf(out, ", %u, ", step->a);
        print_bits(step->b, msg_bits, out);
        break;
    case OP_READ:
    case OP_READV:
    case OP_WRITE:
    case OP_WRITEV:
    case OP_LISTEN:
    case OP_SHUTDOWN:
        fprintf(out, ", %d", (int)step->a);
        break;
    case OP_POLL:
        print_slots(step->a, out);
        fputc(' ', out);
        print_bits(step->b, event_bits, out);
        break;
    case OP_SELECT:
        print_slots(step->a, out);
        fprintf(out, " %u", step->b);
        break;
    case OP_EPOLL_CTL:
        fprintf(out, ", %s, s%d, ", ops[step->a & 3], step->slot2);
        print_bits(step->b, event_bits, out);
        break;
    case OP_UNLINK:
    case OP_STAT:
    case OP_CHMOD:
        fprintf(out, "path%u, %o", step->where.path, step->a);
        break;
    default:
        print_two(step, out);
        break;
    }
}

void step_print(const struct step *step, FILE *out)
{
    fprintf(out, "%s(", op_names[step->op]);
    if (step->slot != NO_SLOT)
        fprintf(out, "s%d", step->slot);
    print_arguments(step, out);
    fputs(")", out);
}

/* ------------------------------------------------------------------- results */

static bool has_events(const struct step *step, uint32_t idx)
{
    return step->op == OP_POLL || (step->op == OP_EPOLL_WAIT && idx % 2 == 1);
}

static void print_detail(const struct step *step,
                         const struct result *result,
                         uint32_t idx,
                         FILE *out)
{
    if (result->details[idx] == LOOSE_DETAIL)
        fputs("~", out);
    else if (has_events(step, idx))
        print_bits((uint32_t)result->details[idx], event_bits, out);
    else
        fprintf(out, "%d", result->details[idx]);
}

void result_print(const struct step *step,
                  const struct result *result,
                  FILE *out)
{
    uint32_t idx;

    if (result->is_skipped) {
        fputs("skipped", out);
        return;
    }
    fprintf(out, "%s%d", result->is_loose ? "~" : "", result->value);
    if (result->value < 0)
        fprintf(out, " %s", strerrorname_np(result->error));
    if (result->n_signals)
        fputs(" SIGPIPE", out);
    if (result->hash)
        fprintf(out, " #%04x", (unsigned)(result->hash & 0xffff));
    for (idx = 0; idx < result->n_details; idx++) {
        fputs(idx == 0 ? " [" : " ", out);
        print_detail(step, result, idx, out);
    }
    if (idx > 0)
        fputc(']', out);
}
