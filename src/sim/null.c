/* SPDX-License-Identifier: MIT */
/*
 * The null device. It is the one file of the real file system that a world has a
 * copy of: it holds nothing, so that any copy is as good, and libuv opens it in
 * each loop, to have a descriptor to give away when none is left. That must be
 * one of the world's, or there is no room for what it was given away for.
 */
#include "sim/null.h"

#include "base/alloc.h"
#include "sim/calls.h"
#include "sim/progress.h"

#include <errno.h>
#include <fcntl.h>

/* Of open(2)'s flags, what stays with the file. */
#define STATUS_FLAGS (O_ACCMODE | O_APPEND | O_NONBLOCK | O_NOATIME)

static ssize_t null_read(struct sim_file *file, const struct sim_io *io)
{
    (void)file;
    (void)io;
    return 0;
}

static ssize_t null_write(struct sim_file *file, const struct sim_io *io)
{
    (void)file;
    return (ssize_t)io->len;
}

/* DEFAULT_POLLMASK */
static uint32_t null_poll(struct sim_file *file)
{
    (void)file;
    return EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM;
}

static void null_release(struct sim_file *file)
{
    tidy__dealloc(file);
}

static const struct sim_file_ops null_ops = {
    .kind = "null device",
    .actors = SIM_ACTOR_NULL,
    .is_always_ready = true,
    .read = null_read,
    .write = null_write,
    .poll = null_poll,
    .release = null_release,
};

bool tidy__sim_is_null(const struct sim_file *file)
{
    return file->ops == &null_ops;
}

static int open_it(struct sim_world *world, int flags)
{
    struct sim_file *file;
    int fd;

    if ((flags & O_CREAT) && (flags & O_EXCL))
        return -EEXIST;
    if (flags & O_DIRECTORY)
        return -ENOTDIR;
    file = tidy__alloc(sizeof(*file));
    if (!file)
        return -ENOMEM;
    tidy__sim_file_init(file, world, &null_ops, flags & STATUS_FLAGS);
    fd = tidy__sim_fd_open(file, flags & O_CLOEXEC ? FD_CLOEXEC : 0);
    if (fd < 0)
        null_release(file);
    return fd;
}

int tidy__sim_open_null(struct sim_world *world, int flags)
{
    int result;

    tidy__sim_call(world);
    result = open_it(world, flags);
    SIM_CALL(world, -1, result, "open", SIM_NULL_PATH ", 0x%x", flags);
    return result;
}
