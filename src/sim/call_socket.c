/* SPDX-License-Identifier: MIT */
/*
 * The system calls on sockets: what is common to all families, and blocking.
 */
#include "sim/actor.h"
#include "sim/calls.h"
#include "sim/progress.h"
#include "sim/record.h"
#include "sim/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#define TYPE_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

/* 0, -EBADF or -ENOTSOCK. */
static int
find_socket(struct sim_world *world, int fd, struct sim_socket **ret_sock)
{
    struct sim_file *file = tidy__sim_fd_file(world, fd);

    if (!file)
        return -EBADF;
    *ret_sock = tidy__sim_socket_of(file);
    if (!*ret_sock)
        return -ENOTSOCK;
    tidy__sim_arrive_at(file);
    return 0;
}

static int status_of(int type)
{
    return O_RDWR | (type & SOCK_NONBLOCK ? O_NONBLOCK : 0);
}

static int fd_flags_of(int type)
{
    return type & SOCK_CLOEXEC ? FD_CLOEXEC : 0;
}

static bool is_nonblocking(const struct sim_socket *sock)
{
    return sock->file.status & O_NONBLOCK;
}

/* A descriptor for a socket, which goes if there is none. */
static int give_fd(struct sim_socket *sock, int fd_flags)
{
    int fd = tidy__sim_fd_open(&sock->file, fd_flags);

    if (fd < 0)
        sock->file.ops->release(&sock->file);
    return fd;
}

/* ----------------------------------------------------------------- beginning */

static void refuse_domain(struct sim_world *world, int domain)
{
    char what[64];

    if (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX)
        return;
    snprintf(what,
             sizeof(what),
             domain == AF_NETLINK  ? "sockets of AF_NETLINK"
             : domain == AF_PACKET ? "sockets of AF_PACKET"
                                   : "sockets of domain %d",
             domain);
    tidy__sim_unmodelled(world, what);
}

static void refuse_type(struct sim_world *world, int type)
{
    if ((type & ~TYPE_FLAGS) == SOCK_STREAM)
        return;
    tidy__sim_unmodelled(world,
                         (type & ~TYPE_FLAGS) == SOCK_DGRAM
                             ? "datagram sockets"
                             : "sockets other than stream");
}

static bool is_protocol(int domain, int protocol)
{
    if (domain == AF_UNIX)
        return protocol == 0 || protocol == AF_UNIX;
    return protocol == 0 || protocol == IPPROTO_TCP;
}

int tidy__sim_socket(struct sim_world *world,
                     int domain,
                     int type,
                     int protocol)
{
    struct sim_socket *sock;
    int result;

    tidy__sim_call(world);
    refuse_domain(world, domain);
    refuse_type(world, type);
    if (!is_protocol(domain, protocol))
        return -EPROTONOSUPPORT;
    if (tidy__choose_fault(world, TIDY_CHOICE_ENOBUFS_FAULT, 0))
        return -ENOBUFS;
    sock = domain == AF_UNIX
               ? tidy__sim_unix_new(world, status_of(type))
               : tidy__sim_tcp_new(world, domain, status_of(type));
    result = sock ? give_fd(sock, fd_flags_of(type)) : -ENOBUFS;
    SIM_CALL(world, -1, result, "socket", "%d", domain);
    return result;
}

static int give_pair(struct sim_socket *pair[2], int fd_flags, int fds[2])
{
    struct sim_world *world = pair[0]->file.world;
    int near = give_fd(pair[0], fd_flags), far;

    if (near < 0) {
        pair[1]->file.ops->release(&pair[1]->file);
        return near;
    }
    far = give_fd(pair[1], fd_flags);
    if (far < 0) {
        tidy__sim_fd_close(world, near);
        return far;
    }
    fds[0] = near;
    fds[1] = far;
    return 0;
}

int tidy__sim_socketpair(struct sim_world *world,
                         int domain,
                         int type,
                         int protocol,
                         int fds[2])
{
    struct sim_socket *pair[2];
    int result;

    tidy__sim_call(world);
    refuse_domain(world, domain);
    refuse_type(world, type);
    if (domain != AF_UNIX)
        return -EOPNOTSUPP;
    if (!is_protocol(domain, protocol))
        return -EPROTONOSUPPORT;
    result = tidy__sim_unix_pair(world, status_of(type), pair);
    if (result == 0)
        result = give_pair(pair, fd_flags_of(type), fds);
    SIM_CALL(world, -1, result < 0 ? result : fds[0], "socketpair", "%s", "");
    if (result == 0 && world->record)
        tidy__sim_record_pair(world, fds[1]);
    return result;
}

/* ----------------------------------------------------------------- addresses */

/* move_addr_to_kernel(); whether it is one of its family, each family says. What
 * is missing of an IPv6 address is zero, and behind a path there is one more. */
static int take_address(const struct sockaddr *address,
                        socklen_t len,
                        struct sim_address *ret_address)
{
    memset(&ret_address->u.in6, 0, sizeof(ret_address->u.in6));
    if (len > sizeof(ret_address->u))
        return -EINVAL;
    if (!address && len > 0)
        return -EFAULT;
    if (len > 0)
        memcpy(&ret_address->u, address, len);
    if (len < sizeof(ret_address->u))
        ((char *)&ret_address->u)[len] = '\0';
    ret_address->len = len;
    return 0;
}

static void give_address(const struct sim_address *from,
                         struct sockaddr *address,
                         socklen_t *len)
{
    if (!address || !len)
        return;
    memcpy(address, &from->u, *len < from->len ? *len : from->len);
    *len = from->len;
}

int tidy__sim_bind(struct sim_world *world,
                   int fd,
                   const struct sockaddr *address,
                   socklen_t len)
{
    struct sim_address taken;
    struct sim_socket *sock;
    int result;

    tidy__sim_call(world);
    result = find_socket(world, fd, &sock);
    if (result == 0)
        result = take_address(address, len, &taken);
    if (result == 0)
        result = sock->ops->bind(sock, &taken);
    SIM_CALL(world, fd, result, "bind", "%d", fd);
    return result;
}

static int name_call(struct sim_world *world,
                     const char *call,
                     int fd,
                     enum sim_socket_name which,
                     struct sockaddr *address,
                     socklen_t *len)
{
    struct sim_address name;
    struct sim_socket *sock;
    int result;

    tidy__sim_call(world);
    result = find_socket(world, fd, &sock);
    if (result == 0)
        result = sock->ops->name(sock, which, &name);
    if (result == 0)
        give_address(&name, address, len);
    SIM_CALL(world, fd, result, call, "%d", fd);
    return result;
}

int tidy__sim_getsockname(struct sim_world *world,
                          int fd,
                          struct sockaddr *address,
                          socklen_t *len)
{
    return name_call(world, "getsockname", fd, SIM_NAME_LOCAL, address, len);
}

int tidy__sim_getpeername(struct sim_world *world,
                          int fd,
                          struct sockaddr *address,
                          socklen_t *len)
{
    return name_call(world, "getpeername", fd, SIM_NAME_PEER, address, len);
}

/* ---------------------------------------------------------- listen and accept */

int tidy__sim_listen(struct sim_world *world, int fd, int backlog)
{
    struct sim_socket *sock;
    int result;

    tidy__sim_call(world);
    result = find_socket(world, fd, &sock);
    if (result == 0)
        result = sock->ops->listen(
            sock, backlog < 0 || backlog > SOMAXCONN ? SOMAXCONN : backlog);
    SIM_CALL(world, fd, result, "listen", "%d, %d", fd, backlog);
    return result;
}

/* A wait until poll() says one of these. */
struct readiness {
    struct sim_file *file;
    uint32_t events;
};

static bool is_ready(void *arg)
{
    const struct readiness *readiness = arg;

    return (readiness->file->ops->poll(readiness->file) & readiness->events) !=
           0;
}

static uint64_t until_ns(const struct sim_socket *sock, bool is_write)
{
    uint64_t patience_ns = tidy__sim_socket_patience_ns(&sock->file, is_write);

    return patience_ns == SIM_NEVER ? SIM_NEVER
                                    : sock->file.world->now_ns + patience_ns;
}

/* -EINTR if a signal comes instead, and -ETIMEDOUT. */
static int wait_ready(struct sim_socket *sock,
                      const char *call,
                      int fd,
                      uint32_t events,
                      uint64_t until)
{
    struct readiness readiness = { .file = &sock->file, .events = events };

    if (tidy__choose_fault(
            sock->file.world, TIDY_CHOICE_EINTR_FAULT, sock->file.id))
        return -EINTR;
    return tidy__sim_wait(
        sock->file.world, call, fd, is_ready, &readiness, until);
}

/* Calm, or a connection that did not last until it was accepted. */
static int accept_one(struct sim_socket *sock, struct sim_socket **ret_child)
{
    struct sim_world *world = sock->file.world;
    int result = sock->ops->accept(sock, ret_child);

    if (result == 0 &&
        tidy__choose_fault(world, TIDY_CHOICE_ABORT_FAULT, sock->file.id)) {
        (*ret_child)->ops->abort(*ret_child);
        return -ECONNABORTED;
    }
    return result;
}

static int
accept_waiting(struct sim_socket *sock, int fd, struct sim_socket **ret_child)
{
    uint64_t until = until_ns(sock, false);
    int result;

    for (;;) {
        result = accept_one(sock, ret_child);
        if (result != -EAGAIN || is_nonblocking(sock))
            return result;
        result = wait_ready(
            sock, "accept", fd, EPOLLIN | EPOLLHUP | EPOLLERR, until);
        if (result < 0)
            return result == -ETIMEDOUT ? -EAGAIN : result;
    }
}

/* A number is free: that is seen to before anything is taken from the backlog,
 * where a connection stays that there is no number for. */
static int give_child(const struct sim_socket *listener,
                      struct sim_socket *child,
                      struct sockaddr *address,
                      socklen_t *len,
                      int flags)
{
    struct sim_address peer = { 0 };

    tidy__sim_actor_descends(
        child->file.world, child->file.id, listener->file.id);
    child->ops->name(child, SIM_NAME_ACCEPTED, &peer);
    child->file.status = status_of(flags);
    give_address(&peer, address, len);
    return tidy__sim_fd_open_from(&child->file, fd_flags_of(flags), SIM_FD_MIN);
}

int tidy__sim_accept4(struct sim_world *world,
                      int fd,
                      struct sockaddr *address,
                      socklen_t *len,
                      int flags)
{
    struct sim_socket *sock, *child;
    int result;

    tidy__sim_call(world);
    result = find_socket(world, fd, &sock);
    if (result != -EBADF && (flags & ~TYPE_FLAGS))
        result = -EINVAL;
    else if (result != -EBADF && tidy__sim_fd_is_full(world))
        result = -EMFILE;
    else if (result == 0 && !sock->ops->is_listening(sock))
        result = -EINVAL;
    else if (result == 0 &&
             tidy__choose_fault(world, TIDY_CHOICE_EMFILE_FAULT, sock->file.id))
        result = -EMFILE;
    if (result == 0)
        result = accept_waiting(sock, fd, &child);
    if (result == 0)
        result = give_child(sock, child, address, len, flags);
    SIM_CALL(world, fd, result, "accept", "%d", fd);
    return result;
}

/* --------------------------------------------------------- connect, shutdown */

struct attempt {
    struct sim_socket *sock;
    const struct sim_address *address;
    int result;
};

/* Asking again is how the outcome is told: in the end it is the connect's. */
static bool is_decided(void *arg)
{
    struct attempt *attempt = arg;

    attempt->result =
        attempt->sock->ops->connect(attempt->sock, attempt->address);
    return attempt->result != -EINPROGRESS && attempt->result != -EALREADY &&
           attempt->result != -EAGAIN;
}

static int connect_waiting(struct sim_socket *sock,
                           int fd,
                           const struct sim_address *address)
{
    struct attempt attempt = { .sock = sock, .address = address };
    int first, result;

    if (is_decided(&attempt) || is_nonblocking(sock))
        return attempt.result;
    first = attempt.result;
    if (tidy__choose_fault(
            sock->file.world, TIDY_CHOICE_EINTR_FAULT, sock->file.id))
        return -EINTR;
    result = tidy__sim_wait(sock->file.world,
                            "connect",
                            fd,
                            is_decided,
                            &attempt,
                            until_ns(sock, true));
    return result == -ETIMEDOUT ? first : attempt.result;
}

int tidy__sim_connect(struct sim_world *world,
                      int fd,
                      const struct sockaddr *address,
                      socklen_t len)
{
    struct sim_address taken;
    struct sim_socket *sock;
    int result;

    tidy__sim_call(world);
    result = find_socket(world, fd, &sock);
    if (result == 0)
        result = take_address(address, len, &taken);
    if (result == 0)
        result = connect_waiting(sock, fd, &taken);
    SIM_CALL(world, fd, result, "connect", "%d", fd);
    return result;
}

int tidy__sim_shutdown(struct sim_world *world, int fd, int how)
{
    struct sim_socket *sock;
    int result;

    tidy__sim_call(world);
    result = find_socket(world, fd, &sock);
    if (result == 0 && (how < SHUT_RD || how > SHUT_RDWR))
        result = -EINVAL;
    if (result == 0) /* SHUT_RD, SHUT_WR, SHUT_RDWR: 0, 1, 2 */
        result = sock->ops->shutdown(sock, (unsigned)how + 1);
    SIM_CALL(world, fd, result, "shutdown", "%d, %d", fd, how);
    return result;
}

/* ------------------------------------------------------------------- options */

int tidy__sim_getsockopt(struct sim_world *world,
                         int fd,
                         int level,
                         int name,
                         void *value,
                         socklen_t *len)
{
    struct sim_socket *sock;
    int result;

    tidy__sim_call(world);
    result = find_socket(world, fd, &sock);
    if (result == 0)
        result = tidy__sim_socket_get_option(sock, level, name, value, len);
    SIM_CALL(world, fd, result, "getsockopt", "%d, %d, %d", fd, level, name);
    return result;
}

int tidy__sim_setsockopt(struct sim_world *world,
                         int fd,
                         int level,
                         int name,
                         const void *value,
                         socklen_t len)
{
    struct sim_socket *sock;
    int result;

    tidy__sim_call(world);
    result = find_socket(world, fd, &sock);
    if (result == 0)
        result = tidy__sim_socket_set_option(sock, level, name, value, len);
    SIM_CALL(world, fd, result, "setsockopt", "%d, %d, %d", fd, level, name);
    return result;
}

/* ------------------------------------------------------------------ messages */

ssize_t tidy__sim_sendmsg(struct sim_world *world,
                          const char *call,
                          int fd,
                          const struct msghdr *msg,
                          int flags)
{
    struct sim_socket *sock;
    int result = find_socket(world, fd, &sock);

    if (result < 0)
        return result;
    if (msg->msg_controllen > 0)
        tidy__sim_unmodelled(world, "control messages (sendmsg)");
    /* Of a destination: TCP ignores it, a Unix stream does not. */
    if (msg->msg_namelen > 0 && sock->domain == AF_UNIX)
        return sock->ops->name(
                   sock, SIM_NAME_PEER, &(struct sim_address){ 0 }) == 0
                   ? -EISCONN
                   : -EOPNOTSUPP;
    return tidy__sim_writev(
        world, call, fd, msg->msg_iov, msg->msg_iovlen, flags);
}

/* Of a Unix stream the writer's name is told, if it has one. */
static void
give_sender(struct sim_socket *sock, ssize_t n_read, struct msghdr *msg)
{
    struct sim_address name = { 0 };
    bool has_data = n_read > 0 || sock->ops->file.n_readable(&sock->file) > 0;

    if (msg->msg_name && has_data && sock->domain == AF_UNIX &&
        sock->ops->name(sock, SIM_NAME_PEER, &name) == 0 &&
        name.len > sizeof(sa_family_t))
        give_address(&name, msg->msg_name, &msg->msg_namelen);
    else
        msg->msg_namelen = 0;
}

ssize_t tidy__sim_recvmsg(struct sim_world *world,
                          const char *call,
                          int fd,
                          struct msghdr *msg,
                          int flags)
{
    struct sim_socket *sock;
    ssize_t result = find_socket(world, fd, &sock);

    if (result < 0)
        return result;
    result =
        tidy__sim_readv(world, call, fd, msg->msg_iov, msg->msg_iovlen, flags);
    if (result < 0)
        return result;
    give_sender(sock, result, msg);
    msg->msg_controllen = 0;
    msg->msg_flags = flags & MSG_CMSG_CLOEXEC;
    return result;
}
