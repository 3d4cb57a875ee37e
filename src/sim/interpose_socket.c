/* SPDX-License-Identifier: MIT */
/*
 * Sockets: made, connected, asked. In a world all that are made are the world's.
 */
#include "sim/seam.h"

SEAM(int, socket, (int domain, int type, int protocol))
{
    if (!tidy__sim_world)
        return REAL(socket)(domain, type, protocol);
    return tidy__seam_int(
        tidy__sim_socket(tidy__sim_world, domain, type, protocol));
}

SEAM(int, socketpair, (int domain, int type, int protocol, int fds[2]))
{
    if (!tidy__sim_world)
        return REAL(socketpair)(domain, type, protocol, fds);
    return tidy__seam_int(
        tidy__sim_socketpair(tidy__sim_world, domain, type, protocol, fds));
}

SEAM(int, bind, (int fd, const struct sockaddr *address, socklen_t len))
{
    struct sim_world *world = tidy__seam_socket_world("bind", fd);

    if (!world)
        return __extension__ REAL(bind)(fd, address, len);
    return tidy__seam_int(tidy__sim_bind(world, fd, address, len));
}

SEAM(int, listen, (int fd, int backlog))
{
    struct sim_world *world = tidy__seam_socket_world("listen", fd);

    if (!world)
        return REAL(listen)(fd, backlog);
    return tidy__seam_int(tidy__sim_listen(world, fd, backlog));
}

SEAM(int, accept, (int fd, struct sockaddr *address, socklen_t *len))
{
    struct sim_world *world = tidy__seam_socket_world("accept", fd);

    if (!world)
        return __extension__ REAL(accept)(fd, address, len);
    return tidy__seam_int(tidy__sim_accept4(world, fd, address, len, 0));
}

SEAM(int,
     accept4,
     (int fd, struct sockaddr *address, socklen_t *len, int flags))
{
    struct sim_world *world = tidy__seam_socket_world("accept4", fd);

    if (!world)
        return __extension__ REAL(accept4)(fd, address, len, flags);
    return tidy__seam_int(tidy__sim_accept4(world, fd, address, len, flags));
}

SEAM(int, connect, (int fd, const struct sockaddr *address, socklen_t len))
{
    struct sim_world *world = tidy__seam_socket_world("connect", fd);

    if (!world)
        return __extension__ REAL(connect)(fd, address, len);
    return tidy__seam_int(tidy__sim_connect(world, fd, address, len));
}
SEAM_ALIAS(connect, __connect)

SEAM(int, shutdown, (int fd, int how))
{
    struct sim_world *world = tidy__seam_socket_world("shutdown", fd);

    if (!world)
        return REAL(shutdown)(fd, how);
    return tidy__seam_int(tidy__sim_shutdown(world, fd, how));
}

SEAM(int, getsockname, (int fd, struct sockaddr *address, socklen_t *len))
{
    struct sim_world *world = tidy__seam_world("getsockname", fd);

    if (!world)
        return __extension__ REAL(getsockname)(fd, address, len);
    return tidy__seam_int(tidy__sim_getsockname(world, fd, address, len));
}

SEAM(int, getpeername, (int fd, struct sockaddr *address, socklen_t *len))
{
    struct sim_world *world = tidy__seam_world("getpeername", fd);

    if (!world)
        return __extension__ REAL(getpeername)(fd, address, len);
    return tidy__seam_int(tidy__sim_getpeername(world, fd, address, len));
}

SEAM(int,
     getsockopt,
     (int fd, int level, int name, void *value, socklen_t *len))
{
    struct sim_world *world = tidy__seam_world("getsockopt", fd);

    if (!world)
        return REAL(getsockopt)(fd, level, name, value, len);
    return tidy__seam_int(
        tidy__sim_getsockopt(world, fd, level, name, value, len));
}

SEAM(int,
     setsockopt,
     (int fd, int level, int name, const void *value, socklen_t len))
{
    struct sim_world *world = tidy__seam_world("setsockopt", fd);

    if (!world)
        return REAL(setsockopt)(fd, level, name, value, len);
    return tidy__seam_int(
        tidy__sim_setsockopt(world, fd, level, name, value, len));
}
