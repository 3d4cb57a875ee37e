/* SPDX-License-Identifier: MIT */
/*
 * eventfd(2), as in Linux's fs/eventfd.c: a counter in the kernel.
 */
#include "base/alloc.h"
#include "sim/calls.h"
#include "sim/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/eventfd.h>

struct sim_eventfd {
    struct sim_file file; /* first */
    uint64_t count;
    bool is_semaphore;
};

static struct sim_eventfd *eventfd_of(const struct sim_file *file)
{
    return (struct sim_eventfd *)(uintptr_t)file;
}

static ssize_t eventfd_do_read(struct sim_file *file, const struct sim_io *io)
{
    struct sim_eventfd *eventfd = eventfd_of(file);
    uint64_t value;

    if (io->len < sizeof(value))
        return -EINVAL;
    if (eventfd->count == 0)
        return -EAGAIN;
    value = eventfd->is_semaphore ? 1 : eventfd->count;
    eventfd->count -= value;
    tidy__sim_file_wake(file, EPOLLOUT);
    return (ssize_t)tidy__sim_io_put(io, 0, &value, sizeof(value));
}

static ssize_t write_one(struct sim_eventfd *eventfd,
                         const struct sim_io *io,
                         const struct iovec *iov,
                         size_t offset)
{
    uint64_t value;

    if (iov->iov_len != sizeof(value))
        return -EINVAL;
    tidy__sim_io_get(io, offset, &value, sizeof(value));
    if (value == UINT64_MAX)
        return -EINVAL;
    if (UINT64_MAX - eventfd->count <= value)
        return -EAGAIN;
    eventfd->count += value;
    tidy__sim_file_wake(&eventfd->file, EPOLLIN);
    return sizeof(value);
}

/* Each of the buffers is a write of its own. */
static ssize_t eventfd_do_write(struct sim_file *file, const struct sim_io *io)
{
    size_t idx, n_done = 0;
    ssize_t result;

    for (idx = 0; idx < io->n_iov; idx++) {
        if (io->iov[idx].iov_len == 0 && idx > 0)
            continue;
        result = write_one(eventfd_of(file), io, &io->iov[idx], n_done);
        if (result < 0)
            return n_done > 0 ? (ssize_t)n_done : result;
        n_done += (size_t)result;
    }
    return (ssize_t)n_done;
}

static uint32_t eventfd_poll(struct sim_file *file)
{
    uint64_t count = eventfd_of(file)->count;

    return (count > 0 ? EPOLLIN : 0u) |
           (count < UINT64_MAX - 1 ? EPOLLOUT : 0u);
}

static void eventfd_release(struct sim_file *file)
{
    tidy__dealloc(file);
}

static void eventfd_describe(struct sim_file *file, FILE *out)
{
    fprintf(out, "count %" PRIu64, eventfd_of(file)->count);
}

static const struct sim_file_ops eventfd_ops = {
    .kind = "eventfd",
    .actors = SIM_ACTOR_EVENTFD,
    .read = eventfd_do_read,
    .write = eventfd_do_write,
    .poll = eventfd_poll,
    .release = eventfd_release,
    .describe = eventfd_describe,
};

static int create(struct sim_world *world, unsigned initial, int flags)
{
    struct sim_eventfd *eventfd;
    int fd;

    if (flags & ~(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE))
        return -EINVAL;
    eventfd = tidy__zalloc(sizeof(*eventfd));
    if (!eventfd)
        return -ENOMEM;
    tidy__sim_file_init(
        &eventfd->file, world, &eventfd_ops, O_RDWR | (flags & EFD_NONBLOCK));
    eventfd->count = initial;
    eventfd->is_semaphore = flags & EFD_SEMAPHORE;
    fd =
        tidy__sim_fd_open(&eventfd->file, flags & EFD_CLOEXEC ? FD_CLOEXEC : 0);
    if (fd < 0)
        tidy__dealloc(eventfd);
    return fd;
}

int tidy__sim_eventfd(struct sim_world *world, unsigned initial, int flags)
{
    int result;

    tidy__sim_call(world);
    result = create(world, initial, flags);
    SIM_CALL(world, -1, result, "eventfd", "%u, 0x%x", initial, flags);
    return result;
}
