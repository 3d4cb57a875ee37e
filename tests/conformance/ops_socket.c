/* SPDX-License-Identifier: MIT */
/*
 * Steps: sockets, how they come together and part.
 */
#include "conformance/run.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* How long a blocking call may take. */
#define PATIENCE_US 20000

static const int domains[] = {
    [DOMAIN_IPV4] = AF_INET,
    [DOMAIN_IPV6] = AF_INET6,
    [DOMAIN_UNIX] = AF_UNIX,
};

static void limit_time(int fd)
{
    const struct timeval patience = { .tv_usec = PATIENCE_US };

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

/* A new socket: into its slot. */
static void keep_socket(struct run *run,
                        int slot,
                        struct result *result,
                        int fd,
                        enum object_kind kind)
{
    keep_fd(run, slot, result, fd);
    if (fd < 0)
        return;
    run_put(run, slot, fd, kind);
    limit_time(fd);
}

/* where.domain; a: SOCK_NONBLOCK | SOCK_CLOEXEC; b: the protocol */
void op_socket(struct run *run, const struct step *step, struct result *result)
{
    int fd = socket(
        domains[step->where.domain], SOCK_STREAM | (int)step->a, (int)step->b);

    keep_socket(run,
                step->slot,
                result,
                fd,
                step->where.domain == DOMAIN_UNIX ? OBJECT_OTHER : OBJECT_TCP);
}

/* where.domain; a: as op_socket; slot2: the other end */
void op_socketpair(struct run *run,
                   const struct step *step,
                   struct result *result)
{
    int fds[2] = { -1, -1 };
    int value = socketpair(
        domains[step->where.domain], SOCK_STREAM | (int)step->a, 0, fds);

    keep(result, value);
    if (value < 0)
        return;
    detail(result, fds[0] - run->base_fd);
    detail(result, fds[1] - run->base_fd);
    run_put(run, step->slot, fds[0], OBJECT_OTHER);
    run_put(run, step->slot2, fds[1], OBJECT_OTHER);
    limit_time(fds[0]);
    limit_time(fds[1]);
}

/* where */
void op_bind(struct run *run, const struct step *step, struct result *result)
{
    struct sockaddr_storage address;
    socklen_t len = run_address(run, &step->where, &address);

    /* A big connection may or may not have ended, and keep its port. */
    result->is_skipped = run->ledger.had_big && step->where.port_of != NO_SLOT;
    if (result->is_skipped)
        return;
    keep(result,
         bind(run_fd(run, step->slot), (struct sockaddr *)&address, len));
    if (result->value == 0)
        run_learn_port(run, step->slot);
}

/* a: backlog */
void op_listen(struct run *run, const struct step *step, struct result *result)
{
    keep(result, listen(run_fd(run, step->slot), (int)step->a));
    if (result->value == 0)
        run_learn_port(run, step->slot);
}

/* where */
void op_connect(struct run *run, const struct step *step, struct result *result)
{
    struct sockaddr_storage address;
    socklen_t len = run_address(run, &step->where, &address);
    const struct sockaddr_in *in = (const struct sockaddr_in *)(void *)&address;

    /* To itself: no world knows that. */
    result->is_skipped = step->where.domain != DOMAIN_UNIX && in->sin_port &&
                         in->sin_port == run->ports[step->slot];
    if (result->is_skipped)
        return;
    keep(result,
         connect(run_fd(run, step->slot), (struct sockaddr *)&address, len));
    run_learn_port(run, step->slot);
}

static bool is_tcp_socket(int fd)
{
    int domain = 0, error = errno;
    socklen_t len = sizeof(domain);
    bool is_tcp;

    is_tcp = getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
             (domain == AF_INET || domain == AF_INET6);
    errno = error;
    return is_tcp;
}

/* slot2: the listener; a: flags; b: 0: no address is wanted, or room for it */
void op_accept(struct run *run, const struct step *step, struct result *result)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = step->b < sizeof(address) ? step->b : sizeof(address);
    int fd = accept4(run_fd(run, step->slot2),
                     step->b ? (struct sockaddr *)&address : NULL,
                     step->b ? &len : NULL,
                     (int)step->a);

    keep_socket(run,
                step->slot,
                result,
                fd,
                is_tcp_socket(fd) ? OBJECT_TCP : OBJECT_OTHER);
    if (fd < 0)
        return;
    run_learn_port(run, step->slot);
    if (step->b == sizeof(address))
        detail_address(run, result, &address, len);
    else if (step->b)
        detail(result, (int)len);
}

/* a: how */
void op_shutdown(struct run *run,
                 const struct step *step,
                 struct result *result)
{
    int fd = run_fd(run, step->slot);

    result->is_loose = ledger_was_big(&run->ledger, fd);
    keep(result, shutdown(fd, (int)step->a));
}

/* a: room for the address */
void op_getsockname(struct run *run,
                    const struct step *step,
                    struct result *result)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = step->a;

    keep(result,
         getsockname(
             run_fd(run, step->slot), (struct sockaddr *)&address, &len));
    if (result->value < 0)
        return;
    run_learn_port(run, step->slot);
    if (step->a == sizeof(address))
        detail_address(run, result, &address, len);
    else
        detail(result, (int)len);
}

void op_getpeername(struct run *run,
                    const struct step *step,
                    struct result *result)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = step->a;
    int fd = run_fd(run, step->slot);

    result->is_loose = ledger_was_big(&run->ledger, fd);
    keep(result, getpeername(fd, (struct sockaddr *)&address, &len));
    if (result->value < 0)
        return;
    if (step->a == sizeof(address))
        detail_address(run, result, &address, len);
    else
        detail(result, (int)len);
}

/* ------------------------------------------------------------------- options */

struct option {
    int level, name;
};

static const struct option flags[] = {
    { SOL_SOCKET, SO_REUSEADDR },  { SOL_SOCKET, SO_REUSEPORT },
    { SOL_SOCKET, SO_KEEPALIVE },  { IPPROTO_TCP, TCP_NODELAY },
    { IPPROTO_IPV6, IPV6_V6ONLY },
};

/* a: which; b: its value, or more than 1: too short */
void op_set_flag(struct run *run,
                 const struct step *step,
                 struct result *result)
{
    const struct option *option =
        &flags[step->a % (sizeof(flags) / sizeof(*flags))];
    const int value = step->b == 1;
    int fd = run_fd(run, step->slot);

    result->is_skipped =
        option->name == SO_REUSEPORT && !is_tcp_socket(fd); /* kernels differ */
    if (result->is_skipped)
        return;
    keep(result,
         setsockopt(fd,
                    option->level,
                    option->name,
                    &value,
                    step->b > 1 ? 2 : sizeof(value)));
}

/* a: on or off; b: seconds */
void op_set_linger(struct run *run,
                   const struct step *step,
                   struct result *result)
{
    const struct linger linger = { .l_onoff = (int)step->a,
                                   .l_linger = (int)step->b };

    keep(result,
         setsockopt(run_fd(run, step->slot),
                    SOL_SOCKET,
                    SO_LINGER,
                    &linger,
                    sizeof(linger)));
}

static const struct option ints[] = {
    { SOL_SOCKET, SO_ERROR },      { SOL_SOCKET, SO_ERROR },
    { SOL_SOCKET, SO_ERROR },      { SOL_SOCKET, SO_TYPE },
    { SOL_SOCKET, SO_DOMAIN },     { SOL_SOCKET, SO_PROTOCOL },
    { SOL_SOCKET, SO_ACCEPTCONN }, { SOL_SOCKET, SO_REUSEADDR },
    { SOL_SOCKET, SO_KEEPALIVE },  { IPPROTO_TCP, TCP_NODELAY },
    { IPPROTO_IPV6, IPV6_V6ONLY },
};

/* a: which; b: room for it */
void op_get_int(struct run *run, const struct step *step, struct result *result)
{
    const struct option *option =
        &ints[step->a % (sizeof(ints) / sizeof(*ints))];
    int fd = run_fd(run, step->slot), value = 0;
    socklen_t len = step->b;

    keep(result, getsockopt(fd, option->level, option->name, &value, &len));
    if (result->value < 0)
        return;
    if (option->name == SO_ERROR && ledger_was_big(&run->ledger, fd))
        value = LOOSE_DETAIL;
    detail(result, value);
    detail(result, (int)len);
}

void op_get_linger(struct run *run,
                   const struct step *step,
                   struct result *result)
{
    struct linger linger = { 0 };
    socklen_t len = sizeof(linger);

    keep(result,
         getsockopt(
             run_fd(run, step->slot), SOL_SOCKET, SO_LINGER, &linger, &len));
    detail(result, linger.l_onoff);
    detail(result, linger.l_linger);
}

/* What TCP_INFO says that it is; nothing else of it is determined. */
void op_get_state(struct run *run,
                  const struct step *step,
                  struct result *result)
{
    int fd = run_fd(run, step->slot);
    struct tcp_info info = { 0 };
    socklen_t len = sizeof(info.tcpi_state);

    keep(result, getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len));
    if (result->value == 0)
        detail(result,
               ledger_was_big(&run->ledger, fd) ? LOOSE_DETAIL
                                                : info.tcpi_state);
}
