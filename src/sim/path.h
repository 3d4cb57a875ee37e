/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_PATH_H
#define TIDY_SIM_PATH_H

#include "sim/socket.h"

#include <stdio.h>

/* The name of a Unix socket: a path in the file system, where the directories
 * are real and the socket is the world's; or one of Linux's abstract names. */
struct sim_path {
    struct sim_path *prev, *next; /* in sim_world.paths */
    struct sim_socket *sock; /* borrowed; NULL: it is closed, the path stays */
    unsigned idx;            /* counts the paths: an inode number */
    mode_t mode;
    size_t len;  /* of the name */
    char name[]; /* absolute, or beginning with a NUL; and a NUL behind it */
};

/* Can one be bound there? 0, -EADDRINUSE, -ENOENT, -ENOTDIR, -EACCES. */
int tidy__sim_path_check(const struct sim_world *world,
                         const struct sim_address *address);

/* Bind where one can: 0 or -ENOMEM. */
int tidy__sim_path_bind(struct sim_socket *sock,
                        const struct sim_address *address,
                        struct sim_path **ret_path);

/* The socket that is bound to a name: 0, -ENOENT, -ECONNREFUSED. */
int tidy__sim_path_find(struct sim_world *world,
                        const struct sim_address *address,
                        struct sim_socket **ret_sock);

/* The socket is closed: an abstract name goes with it. Accepts NULL. */
void tidy__sim_path_closed(struct sim_path *path);

/* A line for each that is bound. Who removes a directory that is real removes
 * the sockets in it. */
void tidy__sim_describe_paths(const struct sim_world *world, FILE *out);

void tidy__sim_paths_deinit(struct sim_world *world);

#endif
