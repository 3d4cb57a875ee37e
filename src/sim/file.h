/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_FILE_H
#define TIDY_SIM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/types.h>
#include <sys/uio.h>

struct sim_world;
struct sim_file;
struct sim_epoll;

/* Who takes part: files of each of these are counted for themselves, so that
 * one more of some kind makes no other number of the others. */
enum sim_actor_class {
    SIM_ACTOR_WORLD,
    SIM_ACTOR_TCP,
    SIM_ACTOR_UNIX,
    SIM_ACTOR_PIPE,
    SIM_ACTOR_EPOLL,
    SIM_ACTOR_EVENTFD,
    SIM_ACTOR_TIMERFD,
    SIM_ACTOR_NULL,
    SIM_N_ACTOR_CLASSES
};

/* What one read or write is about. */
struct sim_io {
    const struct iovec *iov; /* borrowed */
    size_t n_iov;
    size_t len; /* of all of them */
    int flags;  /* MSG_PEEK, MSG_NOSIGNAL, MSG_WAITALL, ...; 0 for read(2) */
};

/*
 * A kind of file. Calls return a count or 0, or -errno; none of them blocks:
 * -EAGAIN means that the caller waits until poll() says otherwise, if the file
 * is a blocking one.
 */
struct sim_file_ops {
    const char *kind;            /* "tcp socket", "pipe": for reports */
    enum sim_actor_class actors; /* files of this kind, as actors */
    bool is_socket;              /* it begins a struct sim_socket */
    bool is_always_ready; /* epoll does not take it, as it takes no file */
    /* How long a blocking call may take; NULL: for ever. */
    uint64_t (*patience_ns)(const struct sim_file *file, bool is_write);
    /* NULL: -EINVAL. */
    ssize_t (*read)(struct sim_file *file, const struct sim_io *io);
    ssize_t (*write)(struct sim_file *file, const struct sim_io *io);
    /* Ready for what, now: EPOLLIN, EPOLLHUP, ... */
    uint32_t (*poll)(struct sim_file *file);
    /* Bytes for FIONREAD (SIOCINQ) and SIOCOUTQ; -ENOTTY or NULL: neither. */
    int (*n_readable)(struct sim_file *file);
    int (*n_unsent)(struct sim_file *file);
    /* The last descriptor is gone: end it, and free it now or later. */
    void (*release)(struct sim_file *file);
    /* "127.0.0.1:80 -> 127.0.0.1:32768, established": for reports. */
    void (*describe)(struct sim_file *file, FILE *out);
};

/* One file in one epoll instance, under the number by which it was added. */
struct sim_watch {
    struct sim_watch *prev, *next;             /* in sim_file.watches */
    struct sim_watch *item_prev, *item_next;   /* in sim_epoll.items */
    struct sim_watch *ready_prev, *ready_next; /* in sim_epoll.ready */
    struct sim_epoll *epoll;                   /* borrowed: whose item it is */
    struct sim_file *file;                     /* borrowed: who wakes it */
    int fd;
    bool is_ready; /* it is in the list of those */
    struct epoll_event event;
};

/* An open file description; a kind's struct begins with one. */
struct sim_file {
    const struct sim_file_ops *ops;
    struct sim_world *world;   /* borrowed */
    unsigned id;               /* as an actor (actor.h); no other has it */
    unsigned n_fds;            /* descriptors that refer to it */
    int status;                /* O_NONBLOCK | O_APPEND | the access mode */
    struct sim_watch *watches; /* DL: epoll instances that watch it */
    struct sim_watch place;    /* of one of them; most files have no second */
};

/* Fill in; the caller sets what is its own. It has no descriptor yet. */
void tidy__sim_file_init(struct sim_file *file,
                         struct sim_world *world,
                         const struct sim_file_ops *ops,
                         int status);

/*
 * Something about the file has changed: as the kernel's wake-up of those who
 * wait on it. Key says for what it may be ready now (EPOLLIN, ...); 0: ask.
 * Every change that may make poll() say more must be told, for edge triggering
 * depends on it.
 */
void tidy__sim_file_wake(struct sim_file *file, uint32_t key);

static inline bool tidy__sim_has_room(const struct sim_file *file)
{
    return (file->ops->poll((struct sim_file *)(uintptr_t)file) & EPOLLOUT) !=
           0;
}

/* Copy between an io's buffers and plain memory, from an offset on. Returns
 * the bytes copied. */
size_t tidy__sim_io_put(const struct sim_io *io,
                        size_t offset,
                        const void *data,
                        size_t len);
size_t tidy__sim_io_get(const struct sim_io *io,
                        size_t offset,
                        void *data,
                        size_t len);

/* A number that tells the first len bytes of an io from others. */
uint32_t tidy__sim_io_digest(const struct sim_io *io, size_t len);

/* Append len bytes of an io, from an offset on, to a buffer. 0 or -ENOMEM. */
struct tidy__buffer;
int tidy__sim_io_queue(const struct sim_io *io,
                       size_t offset,
                       size_t len,
                       struct tidy__buffer *buffer);

/* ------------------------------------------------------ the descriptor table */

/* The lowest free descriptor for a file, or -EMFILE, also by choice, and then
 * the file is untouched. fd_flags: FD_CLOEXEC or 0. */
int tidy__sim_fd_open(struct sim_file *file, int fd_flags);
/* The same, from a number on (F_DUPFD), and if there is one it is given. */
int tidy__sim_fd_open_from(struct sim_file *file, int fd_flags, int min_fd);
/* This very number, which is free. */
int tidy__sim_fd_open_at(struct sim_file *file, int fd_flags, int fd);

/* Is no number left? */
bool tidy__sim_fd_is_full(const struct sim_world *world);

/* The lowest open descriptor from a number on, SIM_FD_MIN or more; -1: none. */
int tidy__sim_fd_next(const struct sim_world *world, int min_fd);

/* 0 or -EBADF. The file is released with its last descriptor. */
int tidy__sim_fd_close(struct sim_world *world, int fd);

#endif
