/* SPDX-License-Identifier: MIT */
#ifndef TIDY_NET_LISTENER_H
#define TIDY_NET_LISTENER_H

#include "net/loop.h"
#include "net/resolve.h"
#include <tidysock/listener.h>

union tidy__socket {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
};

struct tidy_listener {
    struct tidy_listener *prev, *next; /* in loop->listeners */
    struct tidy_loop *loop;
    struct tidy__group *group;
    struct tidy_factory factory;
    union tidy__socket socket;
    union tidy__socket reject;       /* takes a connection only to drop it */
    struct tidy__resolve *resolve;   /* owned; NULL unless the host is a name */
    struct tidy_deferred *listening; /* a reference until it fires */
    struct tidy_deferred *closed;    /* hidden until asked for */
    struct tidy_address address;
    int64_t backlog;
    unsigned mode;
    char *name; /* owned; NULL: the address is its name */
    const char *file;
    int line;
    int accept_error; /* the last one, for reports */
    int close_error;  /* why the path could not be removed */
    int n_handles;    /* that are not closed yet */
    int n_users;      /* the handles, a look-up: libuv still has them */
    bool is_tcp;
    bool has_lockfile; /* wanted, then held */
    bool has_path;     /* bound: ours to remove */
    bool is_closing;
    bool is_rejecting;
    /* Told when the descriptor is closed; NULL: nobody. */
    void (*gone)(void *arg, int close_error);
    void *gone_arg;
};

/* tidy_listen_at() into a group. */
struct tidy_deferred *tidy__listen_in(struct tidy_loop *loop,
                                      struct tidy__group *group,
                                      const struct tidy_endpoint *endpoint,
                                      struct tidy_factory factory,
                                      const char *file,
                                      int line);

/* Stop listening; gone() comes. Needs no memory. */
void tidy__listener_end(struct tidy_listener *listener);

#endif
