/* SPDX-License-Identifier: MIT */
/*
 * The same calls of the kernel and of the world of world_probe.h, so that a test
 * can make both and compare. Nothing blocks: files are made non-blocking, waits
 * end at once.
 */
#ifndef TIDY_TESTS_BOTH_CALLS_H
#define TIDY_TESTS_BOTH_CALLS_H

#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/select.h>

/* What a call returns, or -errno. */
struct both_calls {
    long (*pipe)(int fds[2]);
    long (*eventfd)(unsigned initial, int flags);
    long (*epoll)(void);
    long (*close)(int fd);
    long (*dup)(int fd);
    long (*dup2)(int fd, int new_fd);
    long (*read)(int fd, void *data, size_t len);
    long (*write)(int fd, const void *data, size_t len);
    long (*control)(int epfd, int op, int fd, struct epoll_event *event);
    long (*wait)(int epfd, struct epoll_event *events, int n_max);
    long (*poll)(struct pollfd *fds, size_t n_fds);
    long (*select)(fd_set *in, fd_set *out, fd_set *except);
    long (*resize)(int fd, int size);
    long (*count)(int fd, int *ret_n);
};

extern const struct both_calls both_calls_kernel, both_calls_world;

#endif
