/* SPDX-License-Identifier: MIT */
/*
 * What all sockets have in common. A world has a list of its sockets, also of
 * those that live on without a descriptor: a TCP connection ends in its own
 * time.
 */
#include "sim/socket.h"

#include "base/alloc.h"
#include "sim/fault.h"
#include "sim/progress.h"

#include <utlist.h>

void tidy__sim_socket_init(struct sim_socket *sock,
                           struct sim_world *world,
                           const struct sim_socket_ops *ops,
                           int domain,
                           int status)
{
    tidy__sim_file_init(&sock->file, world, &ops->file, status);
    sock->ops = ops;
    sock->domain = domain;
    sock->rcv_patience_ns = SIM_NEVER;
    sock->snd_patience_ns = SIM_NEVER;
    DL_APPEND(world->sockets, sock);
}

void tidy__sim_socket_free(struct sim_socket *sock)
{
    DL_DELETE(sock->file.world->sockets, sock);
    tidy__dealloc(sock);
}

int tidy__sim_socket_take_error(struct sim_socket *sock)
{
    int error = sock->error;

    sock->error = SIM_FAULT(KEPT_ERROR) ? error : 0;
    return -error;
}

/* Only sockets have a list that they are in; a file knows its kind. */
struct sim_socket *tidy__sim_socket_of(struct sim_file *file)
{
    return file && file->ops->is_socket
               ? tidy_container_of(file, struct sim_socket, file)
               : NULL;
}

uint64_t tidy__sim_socket_patience_ns(const struct sim_file *file,
                                      bool is_write)
{
    const struct sim_socket *sock =
        (const struct sim_socket *)(const void *)file;

    return is_write ? sock->snd_patience_ns : sock->rcv_patience_ns;
}

void tidy__sim_sockets_deinit(struct sim_world *world)
{
    while (world->sockets)
        world->sockets->ops->destroy(world->sockets);
}
