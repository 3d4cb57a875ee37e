/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_SOCKET_H
#define TIDY_SIM_SOCKET_H

#include "sim/world.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

/* As in <linux/net.h>'s sk_shutdown. */
#define SIM_SHUT_IN 1u
#define SIM_SHUT_OUT 2u
#define SIM_SHUT_BOTH 3u

/* Of the wake-up when something has come (sock_def_readable()). */
#define SIM_READABLE_KEY (EPOLLIN | EPOLLPRI | EPOLLRDNORM | EPOLLRDBAND)

struct sim_socket;

/* Which of its addresses. */
enum sim_socket_name {
    SIM_NAME_LOCAL,
    SIM_NAME_PEER,
    SIM_NAME_ACCEPTED /* the peer's, also when it is gone */
};

struct sim_address {
    socklen_t len; /* 0: none */
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
        struct sockaddr_storage storage;
    } u;
};

/* What a family does. None of these blocks: -EAGAIN, or -EINPROGRESS from
 * connect, is waited for by the caller if the socket is a blocking one. */
struct sim_socket_ops {
    struct sim_file_ops file; /* first */
    int (*bind)(struct sim_socket *sock, const struct sim_address *address);
    int (*listen)(struct sim_socket *sock, int backlog);
    /* 0: *ret_child has no descriptor yet, and is released if it gets none. */
    int (*accept)(struct sim_socket *sock, struct sim_socket **ret_child);
    int (*connect)(struct sim_socket *sock, const struct sim_address *address);
    int (*shutdown)(struct sim_socket *sock, unsigned how);
    /* 0 or -ENOTCONN. */
    int (*name)(const struct sim_socket *sock,
                enum sim_socket_name name,
                struct sim_address *ret_address);
    bool (*is_listening)(const struct sim_socket *sock);
    /* NULL: the family has none. */
    bool (*has_port)(const struct sim_socket *sock);
    /* TCP_INFO; NULL: there is none. */
    int (*info)(struct sim_socket *sock, void *value, socklen_t *len);
    /* The network ends the connection, of which no descriptor is left. */
    void (*abort)(struct sim_socket *sock);
    /* The world ends: free it, and nobody else hears of it. */
    void (*destroy)(struct sim_socket *sock);
};

struct sim_socket {
    struct sim_file file;           /* first */
    struct sim_socket *prev, *next; /* in sim_world.sockets */
    const struct sim_socket_ops *ops;
    int domain;
    int error; /* SO_ERROR: an errno, or 0 */

    bool is_reuse_addr, is_reuse_port, is_keepalive, is_nodelay, is_v6_only;
    bool has_linger;
    int linger_s;
    int n_sndbuf, n_rcvbuf;                    /* as set; 0: the default */
    uint64_t rcv_patience_ns, snd_patience_ns; /* SIM_NEVER: none */
};

void tidy__sim_socket_init(struct sim_socket *sock,
                           struct sim_world *world,
                           const struct sim_socket_ops *ops,
                           int domain,
                           int status);
/* Take it out of the world, and free its memory. */
void tidy__sim_socket_free(struct sim_socket *sock);

/* The socket's error, negative, which is taken from it; 0: none. */
int tidy__sim_socket_take_error(struct sim_socket *sock);

/* The socket of a file; NULL: it is none. */
struct sim_socket *tidy__sim_socket_of(struct sim_file *file);

/* SO_RCVTIMEO and SO_SNDTIMEO: how long a call on it may block. */
uint64_t tidy__sim_socket_patience_ns(const struct sim_file *file,
                                      bool is_write);

/* Free those that have no descriptor any more. */
void tidy__sim_sockets_deinit(struct sim_world *world);

/* ------------------------------------------------------------- the families */

struct sim_socket *
tidy__sim_tcp_new(struct sim_world *world, int domain, int status);
struct sim_socket *tidy__sim_unix_new(struct sim_world *world, int status);
/* The path is unlinked, or its world ends. */
void tidy__sim_unix_lose_path(struct sim_socket *sock);
/* Two that are connected; 0 or -ENOBUFS. */
int tidy__sim_unix_pair(struct sim_world *world,
                        int status,
                        struct sim_socket *ret_pair[2]);

/* Sockets' options (socket_options.c). */
int tidy__sim_socket_get_option(struct sim_socket *sock,
                                int level,
                                int name,
                                void *value,
                                socklen_t *len);
int tidy__sim_socket_set_option(struct sim_socket *sock,
                                int level,
                                int name,
                                const void *value,
                                socklen_t len);

#endif
