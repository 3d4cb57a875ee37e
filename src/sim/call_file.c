/* SPDX-License-Identifier: MIT */
/*
 * The system calls on any descriptor but reading and writing: copies, flags,
 * questions, and the end.
 */
#include "sim/calls.h"
#include "sim/null.h"
#include "sim/pipe.h"
#include "sim/progress.h"
#include "sim/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Inode numbers begin behind it. */
#define FIRST_INODE 1000

int tidy__sim_close(struct sim_world *world, int fd)
{
    struct sim_file *file;
    int result;

    tidy__sim_call(world);
    file = tidy__sim_fd_file(world, fd);
    if (file)
        tidy__sim_arrive_at(file);
    result = tidy__sim_fd_close(world, fd);
    SIM_CALL(world, fd, result, "close", "%d", fd);
    return result;
}

/* --------------------------------------------------------------------- copies */

int tidy__sim_dup(struct sim_world *world, int fd)
{
    struct sim_file *file;
    int result;

    tidy__sim_call(world);
    file = tidy__sim_fd_file(world, fd);
    result = file ? tidy__sim_fd_open(file, 0) : -EBADF;
    SIM_CALL(world, fd, result, "dup", "%d", fd);
    return result;
}

/* What was under the number goes first: the file has another one, at least. */
static int put_at(struct sim_world *world, int fd, int new_fd, int fd_flags)
{
    struct sim_file *file = tidy__sim_fd_file(world, fd);

    if (!file || !tidy__sim_is_fd(new_fd))
        return -EBADF;
    if (fd == new_fd)
        return fd;
    if (new_fd >= world->fd_limit)
        return -EBADF;
    tidy__sim_fd_close(world, new_fd);
    return tidy__sim_fd_open_at(file, fd_flags, new_fd);
}

int tidy__sim_dup3(struct sim_world *world,
                   int fd,
                   int new_fd,
                   int flags,
                   bool is_dup2)
{
    int result;

    tidy__sim_call(world);
    if (!is_dup2 && ((flags & ~O_CLOEXEC) || fd == new_fd))
        result = -EINVAL;
    else
        result = put_at(world, fd, new_fd, flags ? FD_CLOEXEC : 0);
    SIM_CALL(
        world, fd, result, is_dup2 ? "dup2" : "dup3", "%d, %d", fd, new_fd);
    return result;
}

/* --------------------------------------------------------------------- fcntl(2) */

struct name {
    unsigned long number;
    const char *text;
};

#define NAME(x)                                                                \
    {                                                                          \
        (unsigned long)(x), #x                                                 \
    }

static const struct name fcntl_names[] = {
    NAME(F_GETLK),       NAME(F_SETLK),     NAME(F_SETLKW),
    NAME(F_SETOWN),      NAME(F_GETOWN),    NAME(F_SETSIG),
    NAME(F_GETSIG),      NAME(F_SETOWN_EX), NAME(F_GETOWN_EX),
    NAME(F_OFD_GETLK),   NAME(F_OFD_SETLK), NAME(F_OFD_SETLKW),
    NAME(F_SETLEASE),    NAME(F_GETLEASE),  NAME(F_NOTIFY),
    NAME(F_ADD_SEALS),   NAME(F_GET_SEALS), NAME(F_GET_RW_HINT),
    NAME(F_SET_RW_HINT),
};

static const struct name ioctl_names[] = {
    NAME(FIOASYNC),      NAME(FIOSETOWN),    NAME(FIOGETOWN),
    NAME(SIOCATMARK),    NAME(SIOCSPGRP),    NAME(SIOCGPGRP),
    NAME(SIOCGIFCONF),   NAME(SIOCGIFNAME),  NAME(SIOCGIFFLAGS),
    NAME(SIOCGIFADDR),   NAME(SIOCGIFINDEX), NAME(SIOCGIFMTU),
    NAME(SIOCGIFHWADDR),
};

/* Returns if the number has no name. */
static void refuse_named(struct sim_world *world,
                         const char *call,
                         const struct name *names,
                         size_t n_names,
                         unsigned long number)
{
    char what[64];
    size_t idx;

    for (idx = 0; idx < n_names; idx++) {
        if (names[idx].number != number)
            continue;
        snprintf(what, sizeof(what), "%s %s", call, names[idx].text);
        tidy__sim_unmodelled(world, what);
    }
}

static int dup_from(struct sim_file *file, int fd_flags, long min_fd)
{
    if (min_fd < 0 || min_fd >= file->world->fd_limit)
        return -EINVAL;
    if (tidy__choose_fault(file->world, TIDY_CHOICE_EMFILE_FAULT, file->id))
        return -EMFILE;
    return tidy__sim_fd_open_from(file, fd_flags, (int)min_fd);
}

/* setfl(): the access mode and what open(2) alone looks at are ignored. */
static int set_status(struct sim_file *file, int status)
{
    const int settable = O_APPEND | O_NONBLOCK | O_NOATIME;

    if (status & O_ASYNC)
        tidy__sim_unmodelled(file->world, "fcntl F_SETFL with O_ASYNC");
    if ((status & O_DIRECT) && !tidy__sim_is_pipe(file))
        return -EINVAL;
    if (status & O_DIRECT)
        tidy__sim_unmodelled(file->world, "pipes with O_DIRECT");
    file->status = (file->status & ~settable) | (status & settable);
    return 0;
}

static int pipe_size(struct sim_file *file, int cmd, long arg)
{
    if (!tidy__sim_is_pipe(file))
        return -EBADF;
    return cmd == F_GETPIPE_SZ ? tidy__sim_pipe_size(file)
                               : tidy__sim_pipe_resize(file, (unsigned)arg);
}

static int
control(struct sim_file *file, struct sim_fd *entry, int cmd, long arg)
{
    switch (cmd) {
    case F_DUPFD:
        return dup_from(file, 0, (int)arg);
    case F_DUPFD_CLOEXEC:
        return dup_from(file, FD_CLOEXEC, (int)arg);
    case F_GETFD:
        return entry->flags;
    case F_SETFD:
        entry->flags = (int)arg & FD_CLOEXEC;
        return 0;
    case F_GETFL:
        return file->status;
    case F_SETFL:
        return set_status(file, (int)arg);
    case F_GETPIPE_SZ:
    case F_SETPIPE_SZ:
        return pipe_size(file, cmd, arg);
    default:
        refuse_named(file->world,
                     "fcntl",
                     fcntl_names,
                     TIDY_COUNT(fcntl_names),
                     (unsigned long)cmd);
        return -EINVAL;
    }
}

int tidy__sim_fcntl(struct sim_world *world, int fd, int cmd, long arg)
{
    struct sim_file *file;
    int result = -EBADF;

    tidy__sim_call(world);
    file = tidy__sim_fd_file(world, fd);
    if (file)
        result = control(file, &world->fds[fd - SIM_FD_MIN], cmd, arg);
    SIM_CALL(world, fd, result, "fcntl", "%d, %d", fd, cmd);
    return result;
}

/* --------------------------------------------------------------------- ioctl(2) */

static int give_number(int number, void *arg)
{
    if (number < 0)
        return number;
    if (!arg)
        return -EFAULT;
    *(int *)arg = number;
    return 0;
}

static int set_nonblocking(struct sim_file *file, const void *arg)
{
    if (!arg)
        return -EFAULT;
    if (*(const int *)arg)
        file->status |= O_NONBLOCK;
    else
        file->status &= ~O_NONBLOCK;
    return 0;
}

static int give_readable(struct sim_file *file, void *arg)
{
    return file->ops->n_readable ? give_number(file->ops->n_readable(file), arg)
                                 : -ENOTTY;
}

/* SIOCOUTQNSD is TCP's alone. */
static int give_unsent(struct sim_file *file, bool is_of_tcp, void *arg)
{
    const struct sim_socket *sock = tidy__sim_socket_of(file);

    if (!file->ops->n_unsent ||
        (is_of_tcp && (!sock || sock->domain == AF_UNIX)))
        return -ENOTTY;
    return give_number(file->ops->n_unsent(file), arg);
}

/* Those of terminals are known not to be for any of our files. */
static int refuse_ioctl(struct sim_world *world, unsigned long request)
{
    char what[64];

    refuse_named(world, "ioctl", ioctl_names, TIDY_COUNT(ioctl_names), request);
    if ((request & 0xff00) == ('T' << 8))
        return -ENOTTY;
    snprintf(what, sizeof(what), "ioctl 0x%lx", request);
    tidy__sim_unmodelled(world, what);
}

static int input_output(struct sim_file *file,
                        struct sim_fd *entry,
                        unsigned long request,
                        void *arg)
{
    switch (request) {
    case FIONBIO:
        return set_nonblocking(file, arg);
    case FIONREAD:
        return give_readable(file, arg);
    case SIOCOUTQ:
        return give_unsent(file, false, arg);
    case SIOCOUTQNSD:
        return give_unsent(file, true, arg);
    case FIOCLEX:
        entry->flags = FD_CLOEXEC;
        return 0;
    case FIONCLEX:
        entry->flags = 0;
        return 0;
    default:
        return refuse_ioctl(file->world, request);
    }
}

int tidy__sim_ioctl(struct sim_world *world,
                    int fd,
                    unsigned long request,
                    void *arg)
{
    struct sim_file *file;
    int result = -EBADF;

    tidy__sim_call(world);
    file = tidy__sim_fd_file(world, fd);
    if (file)
        tidy__sim_arrive_at(file);
    if (file)
        result = input_output(file, &world->fds[fd - SIM_FD_MIN], request, arg);
    SIM_CALL(world, fd, result, "ioctl", "%d, 0x%lx", fd, request);
    return result;
}

/* --------------------------------------------------------------------- fstat(2) */

/* What has no type at all is an "anonymous inode": eventfd and the like. */
static mode_t mode_of(struct sim_file *file)
{
    return file->ops->is_socket      ? S_IFSOCK | 0777
           : tidy__sim_is_pipe(file) ? S_IFIFO | 0600
                                     : 0600;
}

/* The null device is as in the file system, where its path leads to. */
static void fill_in(struct sim_file *file, struct stat *st)
{
    if (tidy__sim_is_null(file) && stat(SIM_NULL_PATH, st) == 0)
        return;
    memset(st, 0, sizeof(*st));
    st->st_mode = mode_of(file);
    st->st_ino = FIRST_INODE +
                 (tidy__sim_is_pipe(file) ? tidy__sim_pipe_id(file) : file->id);
    st->st_nlink = 1;
    st->st_uid = geteuid();
    st->st_gid = getegid();
    st->st_blksize = 4096;
}

int tidy__sim_fstat(struct sim_world *world, int fd, struct stat *st)
{
    struct sim_file *file;
    int result = -EBADF;

    tidy__sim_call(world);
    file = tidy__sim_fd_file(world, fd);
    if (file) {
        fill_in(file, st);
        result = 0;
    }
    SIM_CALL(world, fd, result, "fstat", "%d", fd);
    return result;
}
