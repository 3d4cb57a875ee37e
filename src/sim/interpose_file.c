/* SPDX-License-Identifier: MIT */
/*
 * Descriptors: copied, asked, set; and the files that have no name.
 */
#include "sim/null.h"
#include "sim/seam.h"
#include "sim/tripwire.h"

#include <stdarg.h>

/* ----------------------------------------------------------------- copies */

SEAM(int, dup, (int fd))
{
    struct sim_world *world = tidy__seam_world("dup", fd);

    if (!world)
        return REAL(dup)(fd);
    return tidy__seam_int(tidy__sim_dup(world, fd));
}

/* The world in which both numbers are; NULL: both are real. */
static struct sim_world *world_of_both(const char *call, int fd, int new_fd)
{
    struct sim_world *world = tidy__seam_world(call, fd);
    struct sim_world *new_world = tidy__seam_world(call, new_fd);

    if (world && !new_world && new_fd >= 0)
        tidy__seam_refuse(world, "a copy under a real number", fd);
    if (new_world && !world && REAL(fcntl)(fd, F_GETFD) < 0)
        return new_world; /* which says that it is not open */
    if (new_world && !world)
        tidy__seam_refuse(
            new_world, "a real descriptor's copy in place", new_fd);
    return world;
}

/* The null device alone may be copied under a real number: a real one is put
 * there. NULL: it is not that. */
static const struct sim_file *find_null_to_copy(int fd, int new_fd)
{
    const struct sim_file *file;

    if (!tidy__sim_world || new_fd < 0 || tidy__sim_is_fd(new_fd))
        return NULL;
    file = tidy__sim_fd_file(tidy__sim_world, fd);
    return file && tidy__sim_is_null(file) ? file : NULL;
}

static int copy_null(const struct sim_file *null, int new_fd, int flags)
{
    int fd = REAL(open)(SIM_NULL_PATH, null->status | O_CLOEXEC);
    int result;

    if (fd < 0)
        return -1;
    result = REAL(dup3)(fd, new_fd, flags);
    REAL(close)(fd);
    return result;
}

SEAM(int, dup2, (int fd, int new_fd))
{
    const struct sim_file *null = find_null_to_copy(fd, new_fd);
    struct sim_world *world;

    if (null)
        return copy_null(null, new_fd, 0);
    world = world_of_both("dup2", fd, new_fd);
    if (!world)
        return REAL(dup2)(fd, new_fd);
    return tidy__seam_int(tidy__sim_dup3(world, fd, new_fd, 0, true));
}
SEAM_ALIAS(dup2, __dup2)

SEAM(int, dup3, (int fd, int new_fd, int flags))
{
    const struct sim_file *null = find_null_to_copy(fd, new_fd);
    struct sim_world *world;

    if (null)
        return copy_null(null, new_fd, flags);
    world = world_of_both("dup3", fd, new_fd);
    if (!world)
        return REAL(dup3)(fd, new_fd, flags);
    return tidy__seam_int(tidy__sim_dup3(world, fd, new_fd, flags, false));
}

/* -------------------------------------------------------------- fcntl, ioctl */

/* Whether there is an argument, and of which type, depends on the command: what
 * lies in its place is passed on, and not looked at if it is none. */
SEAM(int, fcntl, (int fd, int command, ...))
{
    struct sim_world *world = tidy__seam_world("fcntl", fd);
    va_list args;
    long arg;

    va_start(args, command);
    arg = va_arg(args, long);
    va_end(args);
    if (!world)
        return REAL(fcntl)(fd, command, arg);
    return tidy__seam_int(tidy__sim_fcntl(world, fd, command, arg));
}
SEAM_ALIAS(fcntl, fcntl64)
SEAM_ALIAS(fcntl, __fcntl)

SEAM(int, ioctl, (int fd, unsigned long request, ...))
{
    struct sim_world *world = tidy__seam_world("ioctl", fd);
    va_list args;
    void *arg;

    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    if (!world)
        return REAL(ioctl)(fd, request, arg);
    return tidy__seam_int(tidy__sim_ioctl(world, fd, request, arg));
}

/* --------------------------------------------------------- no terminals here */

/* What a question about a terminal is answered. */
static int refuse_terminal(struct sim_world *world, int fd)
{
    return tidy__sim_fd_file(world, fd) ? -ENOTTY : -EBADF;
}

SEAM(int, isatty, (int fd))
{
    struct sim_world *world = tidy__seam_world("isatty", fd);

    if (!world)
        return REAL(isatty)(fd);
    tidy__seam_int(refuse_terminal(world, fd));
    return 0;
}

SEAM(int, tcgetattr, (int fd, struct termios *settings))
{
    struct sim_world *world = tidy__seam_world("tcgetattr", fd);

    if (!world)
        return REAL(tcgetattr)(fd, settings);
    return tidy__seam_int(refuse_terminal(world, fd));
}

SEAM(int, tcsetattr, (int fd, int when, const struct termios *settings))
{
    struct sim_world *world = tidy__seam_world("tcsetattr", fd);

    if (!world)
        return REAL(tcsetattr)(fd, when, settings);
    return tidy__seam_int(refuse_terminal(world, fd));
}

#define NO_TERMINAL(name, params, args)                                        \
    SEAM(int, name, params)                                                    \
    {                                                                          \
        struct sim_world *world = tidy__seam_world(#name, fd);                 \
                                                                               \
        if (!world)                                                            \
            return REAL(name) args;                                            \
        return tidy__seam_int(refuse_terminal(world, fd));                     \
    }

/* clang-format off */
NO_TERMINAL(tcdrain, (int fd), (fd))
NO_TERMINAL(tcflow, (int fd, int action), (fd, action))
NO_TERMINAL(tcflush, (int fd, int queue), (fd, queue))
NO_TERMINAL(tcsendbreak, (int fd, int duration), (fd, duration))
NO_TERMINAL(tcgetpgrp, (int fd), (fd))
NO_TERMINAL(tcsetpgrp, (int fd, pid_t group), (fd, group))
NO_TERMINAL(tcgetsid, (int fd), (fd))
/* clang-format on */

SEAM(char *, ttyname, (int fd))
{
    struct sim_world *world = tidy__seam_world("ttyname", fd);

    if (!world)
        return REAL(ttyname)(fd);
    tidy__seam_int(refuse_terminal(world, fd));
    return NULL;
}

/* Returns the error itself. */
SEAM(int, ttyname_r, (int fd, char *text, size_t size))
{
    struct sim_world *world = tidy__seam_world("ttyname_r", fd);

    if (!world)
        return REAL(ttyname_r)(fd, text, size);
    return -refuse_terminal(world, fd);
}

/* ------------------------------------------------------- files without a name */

SEAM(int, pipe2, (int fds[2], int flags))
{
    if (!tidy__sim_world)
        return REAL(pipe2)(fds, flags);
    return tidy__seam_int(tidy__sim_pipe2(tidy__sim_world, fds, flags));
}

SEAM(int, pipe, (int fds[2]))
{
    char before;
    int result;

    if (!tidy__sim_world)
        return REAL(pipe)(fds);
    if (SEAM_IS_SANITIZERS(PIPE)) {
        before = tidy__sim_tripwire_suspend();
        result = REAL(pipe)(fds);
        tidy__sim_tripwire_resume(before);
        return result;
    }
    return tidy__seam_int(tidy__sim_pipe2(tidy__sim_world, fds, 0));
}
SEAM_ALIAS(pipe, __pipe)

SEAM(int, eventfd, (unsigned initial, int flags))
{
    if (!tidy__sim_world)
        return REAL(eventfd)(initial, flags);
    return tidy__seam_int(tidy__sim_eventfd(tidy__sim_world, initial, flags));
}

SEAM(int, timerfd_create, (clockid_t clock, int flags))
{
    if (!tidy__sim_world)
        return REAL(timerfd_create)(clock, flags);
    return tidy__seam_int(
        tidy__sim_timerfd_create(tidy__sim_world, clock, flags));
}

SEAM(
    int,
    timerfd_settime,
    (int fd, int flags, const struct itimerspec *value, struct itimerspec *old))
{
    struct sim_world *world = tidy__seam_only_world("timerfd_settime", fd);

    if (!world)
        return REAL(timerfd_settime)(fd, flags, value, old);
    return tidy__seam_int(
        tidy__sim_timerfd_settime(world, fd, flags, value, old));
}

SEAM(int, timerfd_gettime, (int fd, struct itimerspec *value))
{
    struct sim_world *world = tidy__seam_only_world("timerfd_gettime", fd);

    if (!world)
        return REAL(timerfd_gettime)(fd, value);
    return tidy__seam_int(tidy__sim_timerfd_gettime(world, fd, value));
}
