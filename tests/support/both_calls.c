/* SPDX-License-Identifier: MIT */
#include "support/both_calls.h"

#include "support/world_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---------------------------------------------------------------- the kernel */

static long result_of(long result)
{
    return result < 0 ? -errno : result;
}

static long kernel_pipe(int fds[2])
{
    return result_of(pipe2(fds, O_NONBLOCK));
}

static long kernel_eventfd(unsigned initial, int flags)
{
    return result_of(eventfd(initial, flags));
}

static long kernel_epoll(void)
{
    return result_of(epoll_create1(0));
}

static long kernel_close(int fd)
{
    return result_of(close(fd));
}

static long kernel_dup(int fd)
{
    return result_of(dup(fd));
}

static long kernel_dup2(int fd, int new_fd)
{
    return result_of(dup2(fd, new_fd));
}

static long kernel_read(int fd, void *data, size_t len)
{
    return result_of(read(fd, data, len));
}

static long kernel_write(int fd, const void *data, size_t len)
{
    return result_of(write(fd, data, len));
}

static long kernel_control(int epfd, int op, int fd, struct epoll_event *event)
{
    return result_of(epoll_ctl(epfd, op, fd, event));
}

static long kernel_wait(int epfd, struct epoll_event *events, int n_max)
{
    return result_of(epoll_wait(epfd, events, n_max, 0));
}

static long kernel_poll(struct pollfd *fds, size_t n_fds)
{
    return result_of(poll(fds, n_fds, 0));
}

static long kernel_select(fd_set *in, fd_set *out, fd_set *except)
{
    struct timeval at_once = { 0, 0 };

    return result_of(select(FD_SETSIZE, in, out, except, &at_once));
}

static long kernel_resize(int fd, int size)
{
    return result_of(fcntl(fd, F_SETPIPE_SZ, size));
}

static long kernel_count(int fd, int *ret_n)
{
    return result_of(ioctl(fd, FIONREAD, ret_n));
}

const struct both_calls both_calls_kernel = {
    .pipe = kernel_pipe,
    .eventfd = kernel_eventfd,
    .epoll = kernel_epoll,
    .close = kernel_close,
    .dup = kernel_dup,
    .dup2 = kernel_dup2,
    .read = kernel_read,
    .write = kernel_write,
    .control = kernel_control,
    .wait = kernel_wait,
    .poll = kernel_poll,
    .select = kernel_select,
    .resize = kernel_resize,
    .count = kernel_count,
};

/* ----------------------------------------------------------------- the world */

static long world_pipe(int fds[2])
{
    return tidy__sim_pipe2(&world, fds, O_NONBLOCK);
}

static long world_eventfd(unsigned initial, int flags)
{
    return tidy__sim_eventfd(&world, initial, flags);
}

static long world_epoll(void)
{
    return tidy__sim_epoll_create1(&world, 0);
}

static long world_close(int fd)
{
    return tidy__sim_close(&world, fd);
}

static long world_dup(int fd)
{
    return tidy__sim_dup(&world, fd);
}

static long world_dup2(int fd, int new_fd)
{
    return tidy__sim_dup3(&world, fd, new_fd, 0, true);
}

static long world_control(int epfd, int op, int fd, struct epoll_event *event)
{
    return tidy__sim_epoll_ctl(&world, epfd, op, fd, event);
}

static long world_wait(int epfd, struct epoll_event *events, int n_max)
{
    return tidy__sim_epoll_wait(&world, epfd, events, n_max, 0);
}

static long world_poll_all(struct pollfd *fds, size_t n_fds)
{
    return tidy__sim_poll(&world, fds, n_fds, 0);
}

static long world_select(fd_set *in, fd_set *out, fd_set *except)
{
    return tidy__sim_select(&world, FD_SETSIZE, in, out, except, 0);
}

static long world_resize(int fd, int size)
{
    return tidy__sim_fcntl(&world, fd, F_SETPIPE_SZ, size);
}

static long world_count(int fd, int *ret_n)
{
    return tidy__sim_ioctl(&world, fd, FIONREAD, ret_n);
}

const struct both_calls both_calls_world = {
    .pipe = world_pipe,
    .eventfd = world_eventfd,
    .epoll = world_epoll,
    .close = world_close,
    .dup = world_dup,
    .dup2 = world_dup2,
    .read = world_read,
    .write = world_write,
    .control = world_control,
    .wait = world_wait,
    .poll = world_poll_all,
    .select = world_select,
    .resize = world_resize,
    .count = world_count,
};
