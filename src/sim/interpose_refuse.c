/* SPDX-License-Identifier: MIT */
/*
 * Calls that a world does not model, on a descriptor: of a simulated one they
 * end the run, by their name.
 */
#include "sim/seam.h"

_Noreturn void __chk_fail(void);

#define REFUSED(type, name, params, args)                                      \
    SEAM(type, name, params)                                                   \
    {                                                                          \
        struct sim_world *world = tidy__seam_world(#name, fd);                 \
                                                                               \
        if (world)                                                             \
            tidy__seam_refuse(world, #name, fd);                               \
        return REAL(name) args;                                                \
    }

/* Either of two. */
#define REFUSED2(type, name, params, args, fd, fd2)                            \
    SEAM(type, name, params)                                                   \
    {                                                                          \
        struct sim_world *world = tidy__seam_world(#name, fd);                 \
                                                                               \
        if (world)                                                             \
            tidy__seam_refuse(world, #name, fd);                               \
        world = tidy__seam_world(#name, fd2);                                  \
        if (world)                                                             \
            tidy__seam_refuse(world, #name, fd2);                              \
        return REAL(name) args;                                                \
    }

/* clang-format off */

/* At a position, which sockets and pipes do not have. */
REFUSED(ssize_t, pread, (int fd, void *data, size_t len, off_t offset),
        (fd, data, len, offset))
SEAM_ALIAS(pread, pread64)
SEAM_ALIAS(pread, __pread64)
REFUSED(ssize_t, preadv,
        (int fd, const struct iovec *iov, int n_iov, off_t offset),
        (fd, iov, n_iov, offset))
SEAM_ALIAS(preadv, preadv64)
REFUSED(ssize_t, preadv2,
        (int fd, const struct iovec *iov, int n_iov, off_t offset, int flags),
        (fd, iov, n_iov, offset, flags))
SEAM_ALIAS(preadv2, preadv64v2)
REFUSED(ssize_t, pwrite, (int fd, const void *data, size_t len, off_t offset),
        (fd, data, len, offset))
SEAM_ALIAS(pwrite, pwrite64)
SEAM_ALIAS(pwrite, __pwrite64)
REFUSED(ssize_t, pwritev,
        (int fd, const struct iovec *iov, int n_iov, off_t offset),
        (fd, iov, n_iov, offset))
SEAM_ALIAS(pwritev, pwritev64)
REFUSED(ssize_t, pwritev2,
        (int fd, const struct iovec *iov, int n_iov, off_t offset, int flags),
        (fd, iov, n_iov, offset, flags))
SEAM_ALIAS(pwritev2, pwritev64v2)
REFUSED(off_t, lseek, (int fd, off_t offset, int from), (fd, offset, from))
SEAM_ALIAS(lseek, lseek64)
SEAM_ALIAS(lseek, __lseek)
SEAM_ALIAS(lseek, llseek)

/* Of urgent data, which no simulated socket has. */
REFUSED(int, sockatmark, (int fd), (fd))

/* Of regular files and directories. */
REFUSED(int, ftruncate, (int fd, off_t len), (fd, len))
SEAM_ALIAS(ftruncate, ftruncate64)
REFUSED(int, fsync, (int fd), (fd))
REFUSED(int, fdatasync, (int fd), (fd))
REFUSED(int, syncfs, (int fd), (fd))
REFUSED(int, fallocate, (int fd, int mode, off_t offset, off_t len),
        (fd, mode, offset, len))
SEAM_ALIAS(fallocate, fallocate64)
REFUSED(int, posix_fallocate, (int fd, off_t offset, off_t len),
        (fd, offset, len))
SEAM_ALIAS(posix_fallocate, posix_fallocate64)
REFUSED(int, flock, (int fd, int operation), (fd, operation))
REFUSED(int, lockf, (int fd, int command, off_t len), (fd, command, len))
SEAM_ALIAS(lockf, lockf64)
REFUSED(int, fchmod, (int fd, mode_t mode), (fd, mode))
REFUSED(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
REFUSED(int, fchdir, (int fd), (fd))
REFUSED(int, fstatfs, (int fd, struct statfs *st), (fd, st))
SEAM_ALIAS(fstatfs, fstatfs64)
REFUSED(int, fstatvfs, (int fd, struct statvfs *st), (fd, st))
SEAM_ALIAS(fstatvfs, fstatvfs64)
REFUSED(int, futimens, (int fd, const struct timespec times[2]), (fd, times))
REFUSED(int, futimes, (int fd, const struct timeval times[2]), (fd, times))
REFUSED(long, fpathconf, (int fd, int name), (fd, name))
REFUSED(int, posix_fadvise, (int fd, off_t offset, off_t len, int advice),
        (fd, offset, len, advice))
SEAM_ALIAS(posix_fadvise, posix_fadvise64)
REFUSED(ssize_t, readahead, (int fd, off64_t offset, size_t len),
        (fd, offset, len))
REFUSED(int, sync_file_range,
        (int fd, off64_t offset, off64_t len, unsigned flags),
        (fd, offset, len, flags))
REFUSED(ssize_t, getdents64, (int fd, void *entries, size_t size),
        (fd, entries, size))
REFUSED(DIR *, fdopendir, (int fd), (fd))

/* Attributes, which sockets may have, too. */
REFUSED(ssize_t, fgetxattr,
        (int fd, const char *name, void *value, size_t size),
        (fd, name, value, size))
REFUSED(int, fsetxattr,
        (int fd, const char *name, const void *value, size_t size, int flags),
        (fd, name, value, size, flags))
REFUSED(ssize_t, flistxattr, (int fd, char *list, size_t size),
        (fd, list, size))
REFUSED(int, fremovexattr, (int fd, const char *name), (fd, name))
REFUSED(int, isfdtype, (int fd, int type), (fd, type))

/* Its reads and writes are the C library's inner ones, which nobody sees. */
REFUSED(FILE *, fdopen, (int fd, const char *mode), (fd, mode))

/* From one descriptor to another, or to memory. */
REFUSED2(ssize_t, sendfile, (int to, int from, off_t *offset, size_t len),
         (to, from, offset, len), to, from)
SEAM_ALIAS(sendfile, sendfile64)
REFUSED2(ssize_t, splice,
         (int from, off64_t *from_offset, int to, off64_t *to_offset,
          size_t len, unsigned flags),
         (from, from_offset, to, to_offset, len, flags), from, to)
REFUSED2(ssize_t, tee, (int from, int to, size_t len, unsigned flags),
         (from, to, len, flags), from, to)
REFUSED2(ssize_t, copy_file_range,
         (int from, off64_t *from_offset, int to, off64_t *to_offset,
          size_t len, unsigned flags),
         (from, from_offset, to, to_offset, len, flags), from, to)
REFUSED(ssize_t, vmsplice,
        (int fd, const struct iovec *iov, size_t n_iov, unsigned flags),
        (fd, iov, n_iov, flags))
REFUSED(void *, mmap,
        (void *address, size_t len, int protection, int flags, int fd,
         off_t offset),
        (address, len, protection, flags, fd, offset))
SEAM_ALIAS(mmap, mmap64)

/* clang-format on */

SEAM(ssize_t,
     __pread_chk,
     (int fd, void *data, size_t len, off_t offset, size_t size))
{
    if (len > size)
        __chk_fail();
    return pread(fd, data, len, offset);
}
SEAM_ALIAS(__pread_chk, __pread64_chk)
