/* SPDX-License-Identifier: MIT */
/*
 * The numbers of simulated descriptors.
 *
 * A placeholder holds each, so that the kernel never gives it to anybody else.
 * It is one on which nothing can be done (O_PATH): a call that escapes the
 * interposition gets EBADF instead of doing something real. None survives an
 * exec.
 *
 * This file has a mutable global: whether the process has them.
 */
#include "sim/reserve.h"

#include "sim/sanitizer.h"
#include "sim/world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

bool tidy__sim_is_reserved;

static int raise_limit(char *why, size_t size)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return -errno;
    if (limit.rlim_cur > SIM_FD_MAX)
        return 0;
    if (limit.rlim_max <= SIM_FD_MAX) {
        snprintf(why,
                 size,
                 "%d descriptors are needed, and the hard limit is %llu "
                 "(ulimit -Hn)",
                 SIM_FD_MAX + 1,
                 (unsigned long long)limit.rlim_max);
        return -EMFILE;
    }
    limit.rlim_cur = SIM_FD_MAX + 1;
    return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

static void release(int end, int placeholder)
{
    int fd;

    for (fd = SIM_FD_MIN; fd < end; fd++) {
        if (fd != placeholder)
            close(fd);
    }
}

/* Exactly this number, or none. */
static int take(int fd, int placeholder, char *why, size_t size)
{
    int result = fcntl(placeholder, F_DUPFD_CLOEXEC, fd);

    if (result == fd)
        return 0;
    if (result < 0 && errno != EMFILE)
        return -errno;
    if (result >= 0)
        close(result);
    snprintf(why, size, "descriptor %d is in use by the program", fd);
    return -EBUSY;
}

static int take_all(int placeholder, char *why, size_t size)
{
    int fd, result;

    for (fd = SIM_FD_MIN; fd <= SIM_FD_MAX; fd++) {
        if (fd == placeholder)
            continue; /* all below are the program's: it stays where it is */
        result = take(fd, placeholder, why, size);
        if (result < 0) {
            release(fd, placeholder);
            return result;
        }
    }
    return 0;
}

static int reserve(char *why, size_t size)
{
    int placeholder = open("/", O_PATH | O_CLOEXEC);
    int result;

    if (placeholder < 0)
        return -errno;
    result = take_all(placeholder, why, size);
    if (result < 0 || placeholder < SIM_FD_MIN || placeholder > SIM_FD_MAX)
        close(placeholder);
    return result;
}

int tidy__sim_reserve(char *why, size_t size)
{
    int result;

    if (tidy__sim_is_reserved)
        return 0;
    why[0] = '\0';
    result = raise_limit(why, size);
    if (result == 0)
        result = reserve(why, size);
    if (result < 0 && !why[0])
        snprintf(why, size, "%s", strerror(-result));
    if (result < 0)
        return result;
    tidy__sim_sanitizer_learn();
    tidy__sim_is_reserved = true;
    return 0;
}
