/* SPDX-License-Identifier: MIT */
/*
 * read(2), write(2), close(2) and their kin.
 */
#include "sim/seam.h"

#include <linux/close_range.h>
#include <stdarg.h>

/* libc's own, for the fortified variants: the buffer is too small. */
_Noreturn void __chk_fail(void);

SEAM(ssize_t, read, (int fd, void *data, size_t len))
{
    struct sim_world *world = tidy__seam_world("read", fd);
    struct iovec iov = { .iov_base = data, .iov_len = len };

    if (!world)
        return REAL(read)(fd, data, len);
    return tidy__seam_result(tidy__sim_readv(world, "read", fd, &iov, 1, 0));
}
SEAM_ALIAS(read, __read)

SEAM(ssize_t, __read_chk, (int fd, void *data, size_t len, size_t size))
{
    if (len > size)
        __chk_fail();
    return read(fd, data, len);
}

SEAM(ssize_t, readv, (int fd, const struct iovec *iov, int n_iov))
{
    struct sim_world *world = tidy__seam_world("readv", fd);

    if (!world)
        return REAL(readv)(fd, iov, n_iov);
    if (n_iov < 0)
        return tidy__seam_result(-EINVAL);
    return tidy__seam_result(
        tidy__sim_readv(world, "readv", fd, iov, (size_t)n_iov, 0));
}

SEAM(ssize_t, write, (int fd, const void *data, size_t len))
{
    struct sim_world *world = tidy__seam_world("write", fd);
    struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };

    if (!world)
        return REAL(write)(fd, data, len);
    return tidy__seam_result(tidy__sim_writev(world, "write", fd, &iov, 1, 0));
}
SEAM_ALIAS(write, __write)

SEAM(ssize_t, writev, (int fd, const struct iovec *iov, int n_iov))
{
    struct sim_world *world = tidy__seam_world("writev", fd);

    if (!world)
        return REAL(writev)(fd, iov, n_iov);
    if (n_iov < 0)
        return tidy__seam_result(-EINVAL);
    return tidy__seam_result(
        tidy__sim_writev(world, "writev", fd, iov, (size_t)n_iov, 0));
}

/* -------------------------------------------------------------- whole numbers */

SEAM(int, eventfd_read, (int fd, eventfd_t *value))
{
    if (!tidy__seam_world("eventfd_read", fd))
        return REAL(eventfd_read)(fd, value);
    return read(fd, value, sizeof(*value)) == sizeof(*value) ? 0 : -1;
}

SEAM(int, eventfd_write, (int fd, eventfd_t value))
{
    if (!tidy__seam_world("eventfd_write", fd))
        return REAL(eventfd_write)(fd, value);
    return write(fd, &value, sizeof(value)) == sizeof(value) ? 0 : -1;
}

/* ------------------------------------------------------------------------ text */

/* The formats are the program's; its own compiler has looked at them. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* As stdio does: in as many writes as it takes. */
static int write_all(int fd, const char *text, size_t len)
{
    size_t n_done = 0;

    while (n_done < len) {
        ssize_t n = write(fd, text + n_done, len - n_done);

        if (n < 0)
            return -1;
        n_done += (size_t)n;
    }
    return (int)len;
}

SEAM(int, vdprintf, (int fd, const char *fmt, va_list args))
{
    char *text;
    int result;

    if (!tidy__seam_world("vdprintf", fd))
        return REAL(vdprintf)(fd, fmt, args);
    result = vasprintf(&text, fmt, args);
    if (result < 0)
        return -1;
    result = write_all(fd, text, (size_t)result);
    free(text);
    return result;
}

SEAM(int, dprintf, (int fd, const char *fmt, ...))
{
    va_list args;
    int result;

    va_start(args, fmt);
    result = vdprintf(fd, fmt, args);
    va_end(args);
    return result;
}

SEAM(int, __vdprintf_chk, (int fd, int flag, const char *fmt, va_list args))
{
    (void)flag; /* forbids %n in writable memory */
    return vdprintf(fd, fmt, args);
}

SEAM(int, __dprintf_chk, (int fd, int flag, const char *fmt, ...))
{
    va_list args;
    int result;

    (void)flag;
    va_start(args, fmt);
    result = vdprintf(fd, fmt, args);
    va_end(args);
    return result;
}

/* --------------------------------------------------------------------- closing */

SEAM(int, close, (int fd))
{
    struct sim_world *world = tidy__seam_world("close", fd);

    if (!world)
        return REAL(close)(fd);
    return tidy__seam_int(tidy__sim_close(world, fd));
}
SEAM_ALIAS(close, __close)

/* What the world has open of a range: closed, or to be closed by an exec. */
static void end_simulated(unsigned first, unsigned last, int flags)
{
    int fd;

    for (fd = SIM_FD_MIN; fd <= SIM_FD_MAX; fd++) {
        if ((unsigned)fd < first || (unsigned)fd > last ||
            !tidy__sim_fd_file(tidy__sim_world, fd))
            continue;
        if (flags & (int)CLOSE_RANGE_CLOEXEC)
            tidy__sim_fcntl(tidy__sim_world, fd, F_SETFD, FD_CLOEXEC);
        else
            tidy__sim_close(tidy__sim_world, fd);
    }
}

/* The reserved numbers stay, whatever their range is for. */
SEAM(int, close_range, (unsigned first, unsigned last, int flags))
{
    int result = 0;

    if (!tidy__sim_is_reserved || first > SIM_FD_MAX || last < SIM_FD_MIN ||
        first > last)
        return REAL(close_range)(first, last, flags);
    if (tidy__sim_world)
        end_simulated(first, last, flags);
    if (first < SIM_FD_MIN)
        result = REAL(close_range)(first, SIM_FD_MIN - 1, flags);
    if (result == 0 && last > SIM_FD_MAX)
        result = REAL(close_range)(SIM_FD_MAX + 1, last, flags);
    return result;
}

SEAM(void, closefrom, (int first))
{
    if (!tidy__sim_is_reserved || first > SIM_FD_MAX) {
        REAL(closefrom)(first);
        return;
    }
    close_range(first < 0 ? 0 : (unsigned)first, SIM_FD_MAX, 0);
    REAL(closefrom)(SIM_FD_MAX + 1);
}
