/* SPDX-License-Identifier: MIT */
/*
 * Sockets' options: those that change what a world does, and those that are
 * only remembered. Any other ends the run by its number.
 */
#include "base/alloc.h"
#include "sim/progress.h"
#include "sim/socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#define DEFAULT_SNDBUF_UNIX 212992
#define DEFAULT_SNDBUF_TCP 2626560
#define DEFAULT_RCVBUF_TCP 131072

static _Noreturn void
end_unmodelled(struct sim_socket *sock, const char *call, int level, int name)
{
    char what[96];

    snprintf(what,
             sizeof(what),
             "%s of option %d at level %d (%s)",
             call,
             name,
             level,
             sock->file.ops->kind);
    tidy__sim_unmodelled(sock->file.world, what);
}

/* ------------------------------------------------------------------ reading */

static int
give_bytes(const void *from, size_t size, void *value, socklen_t *len)
{
    if (!value || !len)
        return -EFAULT;
    if (*len > size)
        *len = (socklen_t)size;
    memcpy(value, from, *len);
    return 0;
}

static int give_int(int number, void *value, socklen_t *len)
{
    return give_bytes(&number, sizeof(number), value, len);
}

static int give_patience(uint64_t patience_ns, void *value, socklen_t *len)
{
    struct timeval tv = { 0 };

    if (patience_ns != SIM_NEVER) {
        tv.tv_sec = (time_t)(patience_ns / TIDY_S(1));
        tv.tv_usec = (suseconds_t)(patience_ns % TIDY_S(1) / TIDY_US(1));
    }
    return give_bytes(&tv, sizeof(tv), value, len);
}

static int
give_linger(const struct sim_socket *sock, void *value, socklen_t *len)
{
    const struct linger linger = { .l_onoff = sock->has_linger,
                                   .l_linger = sock->linger_s };

    return give_bytes(&linger, sizeof(linger), value, len);
}

static int sndbuf_of(const struct sim_socket *sock)
{
    if (sock->n_sndbuf)
        return sock->n_sndbuf;
    return sock->domain == AF_UNIX ? DEFAULT_SNDBUF_UNIX : DEFAULT_SNDBUF_TCP;
}

static int rcvbuf_of(const struct sim_socket *sock)
{
    if (sock->n_rcvbuf)
        return sock->n_rcvbuf;
    return sock->domain == AF_UNIX ? DEFAULT_SNDBUF_UNIX : DEFAULT_RCVBUF_TCP;
}

static int
get_socket_level(struct sim_socket *sock, int name, void *value, socklen_t *len)
{
    switch (name) {
    case SO_ERROR:
        return give_int(-tidy__sim_socket_take_error(sock), value, len);
    case SO_TYPE:
        return give_int(SOCK_STREAM, value, len);
    case SO_DOMAIN:
        return give_int(sock->domain, value, len);
    case SO_PROTOCOL:
        return give_int(sock->domain == AF_UNIX ? 0 : IPPROTO_TCP, value, len);
    case SO_ACCEPTCONN:
        return give_int(sock->ops->is_listening(sock), value, len);
    case SO_REUSEADDR:
        return give_int(sock->is_reuse_addr, value, len);
    case SO_REUSEPORT:
        return give_int(sock->is_reuse_port, value, len);
    case SO_KEEPALIVE:
        return give_int(sock->is_keepalive, value, len);
    case SO_SNDBUF:
        return give_int(sndbuf_of(sock), value, len);
    case SO_RCVBUF:
        return give_int(rcvbuf_of(sock), value, len);
    case SO_LINGER:
        return give_linger(sock, value, len);
    case SO_RCVTIMEO:
        return give_patience(sock->rcv_patience_ns, value, len);
    case SO_SNDTIMEO:
        return give_patience(sock->snd_patience_ns, value, len);
    default:
        end_unmodelled(sock, "getsockopt", SOL_SOCKET, name);
    }
}

int tidy__sim_socket_get_option(struct sim_socket *sock,
                                int level,
                                int name,
                                void *value,
                                socklen_t *len)
{
    if (level == SOL_SOCKET)
        return get_socket_level(sock, name, value, len);
    if (sock->domain == AF_UNIX)
        return -EOPNOTSUPP;
    if (level == IPPROTO_TCP && name == TCP_NODELAY)
        return give_int(sock->is_nodelay, value, len);
    if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY)
        return sock->domain == AF_INET6 ? give_int(sock->is_v6_only, value, len)
                                        : -EOPNOTSUPP;
    if (level == IPPROTO_TCP && name == TCP_INFO && sock->ops->info)
        return sock->ops->info(sock, value, len);
    end_unmodelled(sock, "getsockopt", level, name);
}

/* ------------------------------------------------------------------ setting */

static int take_int(const void *value, socklen_t len, int *ret_number)
{
    if (!value)
        return -EFAULT;
    if (len < sizeof(*ret_number))
        return -EINVAL;
    memcpy(ret_number, value, sizeof(*ret_number));
    return 0;
}

static int set_bool(bool *target, const void *value, socklen_t len)
{
    int number, result = take_int(value, len, &number);

    if (result == 0)
        *target = number != 0;
    return result;
}

static bool is_true(const void *value, socklen_t len)
{
    int number;

    return take_int(value, len, &number) == 0 && number != 0;
}

/* The kernel doubles what it is told. */
static int set_size(int *target, const void *value, socklen_t len)
{
    int number, result = take_int(value, len, &number);

    if (result == 0)
        *target = number < 1152 ? 2304 : number > 212992 ? 425984 : 2 * number;
    return result;
}

/* Not once it has a port, nor for another family. */
static int
set_v6_only(struct sim_socket *sock, const void *value, socklen_t len)
{
    if (sock->domain != AF_INET6)
        return -ENOPROTOOPT;
    if (sock->ops->has_port(sock))
        return -EINVAL;
    return set_bool(&sock->is_v6_only, value, len);
}

static int set_linger(struct sim_socket *sock, const void *value, socklen_t len)
{
    struct linger linger;

    if (len < sizeof(linger))
        return -EINVAL;
    memcpy(&linger, value, sizeof(linger));
    sock->has_linger = linger.l_onoff != 0;
    if (sock->has_linger)
        sock->linger_s = linger.l_linger;
    return 0;
}

static int set_patience(uint64_t *target, const void *value, socklen_t len)
{
    struct timeval tv;

    if (len < sizeof(tv))
        return -EINVAL;
    memcpy(&tv, value, sizeof(tv));
    if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
        return -EDOM;
    *target = tv.tv_sec <= 0 && tv.tv_usec == 0
                  ? SIM_NEVER
                  : TIDY_S(tv.tv_sec < 0 ? 0 : tv.tv_sec) + TIDY_US(tv.tv_usec);
    return 0;
}

static int set_socket_level(struct sim_socket *sock,
                            int name,
                            const void *value,
                            socklen_t len)
{
    switch (name) {
    case SO_REUSEADDR:
        return set_bool(&sock->is_reuse_addr, value, len);
    case SO_REUSEPORT: /* before Linux 6.14 Unix sockets had it, too */
        return sock->domain == AF_UNIX && is_true(value, len)
                   ? -EOPNOTSUPP
                   : set_bool(&sock->is_reuse_port, value, len);
    case SO_KEEPALIVE:
        return set_bool(&sock->is_keepalive, value, len);
    case SO_SNDBUF:
        return set_size(&sock->n_sndbuf, value, len);
    case SO_RCVBUF:
        return set_size(&sock->n_rcvbuf, value, len);
    case SO_LINGER:
        return set_linger(sock, value, len);
    case SO_RCVTIMEO:
        return set_patience(&sock->rcv_patience_ns, value, len);
    case SO_SNDTIMEO:
        return set_patience(&sock->snd_patience_ns, value, len);
    default:
        end_unmodelled(sock, "setsockopt", SOL_SOCKET, name);
    }
}

/* Those that a loopback interface makes no difference to. */
static bool is_without_effect(int level, int name)
{
    return level == IPPROTO_TCP &&
           (name == TCP_KEEPIDLE || name == TCP_KEEPINTVL ||
            name == TCP_KEEPCNT || name == TCP_QUICKACK || name == TCP_CORK ||
            name == TCP_USER_TIMEOUT);
}

int tidy__sim_socket_set_option(struct sim_socket *sock,
                                int level,
                                int name,
                                const void *value,
                                socklen_t len)
{
    if (level == SOL_SOCKET)
        return set_socket_level(sock, name, value, len);
    if (sock->domain == AF_UNIX)
        return -EOPNOTSUPP;
    if (level == IPPROTO_TCP && name == TCP_NODELAY)
        return set_bool(&sock->is_nodelay, value, len);
    if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY)
        return set_v6_only(sock, value, len);
    if (is_without_effect(level, name))
        return 0;
    end_unmodelled(sock, "setsockopt", level, name);
}
