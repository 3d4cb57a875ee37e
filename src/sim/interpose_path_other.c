/* SPDX-License-Identifier: MIT */
/*
 * What else may be done with the path of a simulated Unix socket: what needs a
 * file or a directory fails as it does on any socket, and the rest is not
 * modelled.
 */
#include "sim/interpose_path.h"
#include "sim/null.h"
#include "sim/seam.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

_Noreturn void __chk_fail(void);

/* ------------------------------------------------------- with an answer: fails */

#define FAILS(type, failure, error, name, params, args, dir_fd, path)          \
    SEAM(type, name, params)                                                   \
    {                                                                          \
        if (!tidy__seam_path_world(#name, dir_fd, path))                       \
            return REAL(name) args;                                            \
        errno = (error);                                                       \
        return failure;                                                        \
    }

/* clang-format off */
FAILS(FILE *, NULL, ENXIO, freopen,
      (const char *path, const char *mode, FILE *file),
      (path, mode, file), AT_FDCWD, path)
SEAM_ALIAS(freopen, freopen64)
FAILS(DIR *, NULL, ENOTDIR, opendir, (const char *path), (path), AT_FDCWD, path)
FAILS(int, -1, ENXIO, creat, (const char *path, mode_t mode), (path, mode),
      AT_FDCWD, path)
SEAM_ALIAS(creat, creat64)
FAILS(int, -1, ENOTDIR, rmdir, (const char *path), (path), AT_FDCWD, path)
FAILS(int, -1, ENOTDIR, chdir, (const char *path), (path), AT_FDCWD, path)
FAILS(int, -1, EINVAL, truncate, (const char *path, off_t len), (path, len),
      AT_FDCWD, path)
SEAM_ALIAS(truncate, truncate64)
FAILS(ssize_t, -1, EINVAL, readlink,
      (const char *path, char *text, size_t size), (path, text, size),
      AT_FDCWD, path)
FAILS(ssize_t, -1, EINVAL, readlinkat,
      (int dir_fd, const char *path, char *text, size_t size),
      (dir_fd, path, text, size), dir_fd, path)
FAILS(int, -1, EEXIST, mkdir, (const char *path, mode_t mode), (path, mode),
      AT_FDCWD, path)
FAILS(int, -1, EEXIST, mkdirat, (int dir_fd, const char *path, mode_t mode),
      (dir_fd, path, mode), dir_fd, path)
FAILS(int, -1, EEXIST, mknod, (const char *path, mode_t mode, dev_t dev),
      (path, mode, dev), AT_FDCWD, path)
FAILS(int, -1, EEXIST, mknodat,
      (int dir_fd, const char *path, mode_t mode, dev_t dev),
      (dir_fd, path, mode, dev), dir_fd, path)
FAILS(int, -1, EEXIST, mkfifo, (const char *path, mode_t mode), (path, mode),
      AT_FDCWD, path)
FAILS(int, -1, EEXIST, mkfifoat, (int dir_fd, const char *path, mode_t mode),
      (dir_fd, path, mode), dir_fd, path)
FAILS(int, -1, EEXIST, symlink, (const char *target, const char *path),
      (target, path), AT_FDCWD, path)
FAILS(int, -1, EEXIST, symlinkat,
      (const char *target, int dir_fd, const char *path),
      (target, dir_fd, path), dir_fd, path)
/* clang-format on */

/* --------------------------------------------------------- without: the run ends */

static void refuse_path(const char *call, int dir_fd, const char *path)
{
    struct sim_world *world = tidy__seam_path_world(call, dir_fd, path);

    if (world)
        tidy__sim_end(world,
                      TIDY_OUTCOME_UNMODELLED,
                      "simulation does not model %s of a Unix socket: %s",
                      call,
                      path);
}

#define REFUSED(type, name, params, args, dir_fd, path)                        \
    SEAM(type, name, params)                                                   \
    {                                                                          \
        refuse_path(#name, dir_fd, path);                                      \
        return REAL(name) args;                                                \
    }

/* Either of two paths. */
#define REFUSED2(name, params, args, dir_fd, path, dir_fd2, path2)             \
    SEAM(int, name, params)                                                    \
    {                                                                          \
        refuse_path(#name, dir_fd, path);                                      \
        refuse_path(#name, dir_fd2, path2);                                    \
        return REAL(name) args;                                                \
    }

/* clang-format off */
REFUSED2(rename, (const char *path, const char *to), (path, to),
         AT_FDCWD, path, AT_FDCWD, to)
REFUSED2(renameat, (int dir_fd, const char *path, int to_fd, const char *to),
         (dir_fd, path, to_fd, to), dir_fd, path, to_fd, to)
REFUSED2(renameat2,
         (int dir_fd, const char *path, int to_fd, const char *to,
          unsigned flags),
         (dir_fd, path, to_fd, to, flags), dir_fd, path, to_fd, to)
REFUSED2(link, (const char *path, const char *to), (path, to),
         AT_FDCWD, path, AT_FDCWD, to)
REFUSED2(linkat,
         (int dir_fd, const char *path, int to_fd, const char *to, int flags),
         (dir_fd, path, to_fd, to, flags), dir_fd, path, to_fd, to)
REFUSED(int, chown, (const char *path, uid_t uid, gid_t gid), (path, uid, gid),
        AT_FDCWD, path)
REFUSED(int, lchown, (const char *path, uid_t uid, gid_t gid), (path, uid, gid),
        AT_FDCWD, path)
REFUSED(int, fchownat,
        (int dir_fd, const char *path, uid_t uid, gid_t gid, int flags),
        (dir_fd, path, uid, gid, flags), dir_fd, path)
REFUSED(int, utimensat,
        (int dir_fd, const char *path, const struct timespec times[2],
         int flags),
        (dir_fd, path, times, flags), dir_fd, path)
REFUSED(int, utimes, (const char *path, const struct timeval times[2]),
        (path, times), AT_FDCWD, path)
REFUSED(int, utime, (const char *path, const struct utimbuf *times),
        (path, times), AT_FDCWD, path)
REFUSED(char *, realpath, (const char *path, char *resolved), (path, resolved),
        AT_FDCWD, path)
/* clang-format on */

/* ------------------------------------------------------------------- fortified */

SEAM(ssize_t,
     __readlink_chk,
     (const char *path, char *text, size_t size, size_t room))
{
    if (size > room)
        __chk_fail();
    return readlink(path, text, size);
}

SEAM(ssize_t,
     __readlinkat_chk,
     (int dir_fd, const char *path, char *text, size_t size, size_t room))
{
    if (size > room)
        __chk_fail();
    return readlinkat(dir_fd, path, text, size);
}

SEAM(char *, __realpath_chk, (const char *path, char *resolved, size_t room))
{
    if (room < PATH_MAX)
        __chk_fail();
    return realpath(path, resolved);
}

SEAM(char *, canonicalize_file_name, (const char *path))
{
    return realpath(path, NULL);
}

/* ---------------------------------------------------------------------- opening */

_Static_assert(O_LARGEFILE == 0, "the 64-bit variants are the same calls");

/* Chance that is not the world's would make each run another. */
static void refuse_chance(const char *path)
{
    if (tidy__sim_world && path &&
        (strcmp(path, "/dev/urandom") == 0 || strcmp(path, "/dev/random") == 0))
        tidy__sim_end(tidy__sim_world,
                      TIDY_OUTCOME_UNMODELLED,
                      "simulation does not model %s: use getrandom(2)",
                      path);
}

/* 0: the real file system opens it. */
static int
open_simulated(const char *call, int dir_fd, const char *path, int flags)
{
    refuse_chance(path);
    if (!tidy__seam_path_world(call, dir_fd, path))
        return 0;
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return tidy__seam_int(-EEXIST);
    if (flags & O_DIRECTORY)
        return tidy__seam_int(-ENOTDIR);
    return tidy__seam_int(-ENXIO);
}

/* In a world it is the world's; O_PATH asks for the path alone. */
static bool is_null(const char *path, int flags)
{
    return tidy__sim_world && path && !(flags & O_PATH) &&
           strcmp(path, SIM_NULL_PATH) == 0;
}

/* Only then there is a mode. */
static bool may_make(int flags)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

#define TAKE_MODE(flags, mode)                                                 \
    do {                                                                       \
        va_list args;                                                          \
                                                                               \
        va_start(args, flags);                                                 \
        if (may_make(flags))                                                   \
            (mode) = va_arg(args, mode_t);                                     \
        va_end(args);                                                          \
    } while (0)

SEAM(int, open, (const char *path, int flags, ...))
{
    mode_t mode = 0;

    TAKE_MODE(flags, mode);
    if (is_null(path, flags))
        return tidy__seam_int(tidy__sim_open_null(tidy__sim_world, flags));
    if (open_simulated("open", AT_FDCWD, path, flags) < 0)
        return -1;
    return REAL(open)(path, flags, mode);
}
SEAM_ALIAS(open, __open)
SEAM_ALIAS(open, open64)
SEAM_ALIAS(open, __open64)

SEAM(int, openat, (int dir_fd, const char *path, int flags, ...))
{
    mode_t mode = 0;

    TAKE_MODE(flags, mode);
    if (is_null(path, flags))
        return tidy__seam_int(tidy__sim_open_null(tidy__sim_world, flags));
    if (open_simulated("openat", dir_fd, path, flags) < 0)
        return -1;
    return REAL(openat)(dir_fd, path, flags, mode);
}
SEAM_ALIAS(openat, openat64)

/* Fortified: without a mode, and so nothing may be made. */
SEAM(int, __open_2, (const char *path, int flags))
{
    if (may_make(flags))
        __chk_fail();
    return open(path, flags);
}
SEAM_ALIAS(__open_2, __open64_2)

SEAM(int, __openat_2, (int dir_fd, const char *path, int flags))
{
    if (may_make(flags))
        __chk_fail();
    return openat(dir_fd, path, flags);
}
SEAM_ALIAS(__openat_2, __openat64_2)

SEAM(FILE *, fopen, (const char *path, const char *mode))
{
    if (open_simulated("fopen", AT_FDCWD, path, 0) < 0)
        return NULL;
    return REAL(fopen)(path, mode);
}
SEAM_ALIAS(fopen, fopen64)
