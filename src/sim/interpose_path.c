/* SPDX-License-Identifier: MIT */
/*
 * Paths: those of the world's Unix sockets are answered by it, all others by the
 * real file system.
 */
#include "sim/interpose_path.h"

#include "sim/seam.h"

#include <string.h>
#include <sys/sysmacros.h>

/* What is said of one size is said of the other. */
_Static_assert(sizeof(struct stat) == sizeof(struct stat64),
               "the two stats are one");

struct sim_world *
tidy__seam_path_world(const char *call, int dir_fd, const char *path)
{
    struct sim_world *world;

    if (!path || path[0] == '\0')
        return NULL;
    world = path[0] == '/' ? NULL : tidy__seam_world(call, dir_fd);
    if (world)
        tidy__seam_refuse(world, call, dir_fd); /* as a directory */
    world = tidy__sim_world;
    return world && tidy__sim_is_path(world, dir_fd, path) ? world : NULL;
}

/* The world of the descriptor itself, of which AT_EMPTY_PATH makes the object. */
static struct sim_world *
world_of_itself(const char *call, int fd, const char *path, int flags)
{
    if (!(flags & AT_EMPTY_PATH) || (path && path[0] != '\0'))
        return NULL;
    return tidy__seam_world(call, fd);
}

/* -------------------------------------------------------------------- removing */

SEAM(int, unlink, (const char *path))
{
    struct sim_world *world = tidy__seam_path_world("unlink", AT_FDCWD, path);

    if (!world)
        return REAL(unlink)(path);
    return tidy__seam_int(tidy__sim_unlink(world, path));
}

SEAM(int, unlinkat, (int dir_fd, const char *path, int flags))
{
    struct sim_world *world = tidy__seam_path_world("unlinkat", dir_fd, path);

    if (!world)
        return REAL(unlinkat)(dir_fd, path, flags);
    if (flags & AT_REMOVEDIR)
        return tidy__seam_int(-ENOTDIR);
    return tidy__seam_int(tidy__sim_unlink(world, path));
}

SEAM(int, remove, (const char *path))
{
    struct sim_world *world = tidy__seam_path_world("remove", AT_FDCWD, path);

    if (!world)
        return REAL(remove)(path);
    return tidy__seam_int(tidy__sim_unlink(world, path));
}

/* ------------------------------------------------------------------------ stat */

SEAM(int, fstat, (int fd, struct stat *st))
{
    struct sim_world *world = tidy__seam_world("fstat", fd);

    if (!world)
        return REAL(fstat)(fd, st);
    return tidy__seam_int(tidy__sim_fstat(world, fd, st));
}
SEAM_ALIAS(fstat, fstat64)

SEAM(int, stat, (const char *path, struct stat *st))
{
    struct sim_world *world = tidy__seam_path_world("stat", AT_FDCWD, path);

    if (!world)
        return REAL(stat)(path, st);
    return tidy__seam_int(tidy__sim_stat_path(world, path, st));
}
SEAM_ALIAS(stat, stat64)

SEAM(int, lstat, (const char *path, struct stat *st))
{
    struct sim_world *world = tidy__seam_path_world("lstat", AT_FDCWD, path);

    if (!world)
        return REAL(lstat)(path, st);
    return tidy__seam_int(tidy__sim_stat_path(world, path, st));
}
SEAM_ALIAS(lstat, lstat64)

SEAM(int, fstatat, (int dir_fd, const char *path, struct stat *st, int flags))
{
    struct sim_world *world = world_of_itself("fstatat", dir_fd, path, flags);

    if (world)
        return tidy__seam_int(tidy__sim_fstat(world, dir_fd, st));
    world = tidy__seam_path_world("fstatat", dir_fd, path);
    if (!world)
        return REAL(fstatat)(dir_fd, path, st, flags);
    return tidy__seam_int(tidy__sim_stat_path(world, path, st));
}
SEAM_ALIAS(fstatat, fstatat64)

static void fill_statx(struct statx *stx, const struct stat *st)
{
    memset(stx, 0, sizeof(*stx));
    stx->stx_mask = STATX_BASIC_STATS;
    stx->stx_blksize = (uint32_t)st->st_blksize;
    stx->stx_nlink = (uint32_t)st->st_nlink;
    stx->stx_uid = st->st_uid;
    stx->stx_gid = st->st_gid;
    stx->stx_mode = (uint16_t)st->st_mode;
    stx->stx_ino = st->st_ino;
    stx->stx_size = (uint64_t)st->st_size;
    stx->stx_blocks = (uint64_t)st->st_blocks;
    stx->stx_dev_major = major(st->st_dev);
    stx->stx_dev_minor = minor(st->st_dev);
    stx->stx_rdev_major = major(st->st_rdev);
    stx->stx_rdev_minor = minor(st->st_rdev);
}

SEAM(
    int,
    statx,
    (int dir_fd, const char *path, int flags, unsigned mask, struct statx *stx))
{
    struct sim_world *world = world_of_itself("statx", dir_fd, path, flags);
    struct stat st;
    int result;

    if (world) {
        result = tidy__sim_fstat(world, dir_fd, &st);
    } else {
        world = tidy__seam_path_world("statx", dir_fd, path);
        if (!world)
            return REAL(statx)(dir_fd, path, flags, mask, stx);
        result = tidy__sim_stat_path(world, path, &st);
    }
    if (result == 0)
        fill_statx(stx, &st);
    return tidy__seam_int(result);
}

/* Programs built with a C library before 2.33 call these. */
SEAM(int, __xstat, (int version, const char *path, struct stat *st))
{
    return version > 1 ? tidy__seam_int(-EINVAL) : stat(path, st);
}
SEAM_ALIAS(__xstat, __xstat64)

SEAM(int, __lxstat, (int version, const char *path, struct stat *st))
{
    return version > 1 ? tidy__seam_int(-EINVAL) : lstat(path, st);
}
SEAM_ALIAS(__lxstat, __lxstat64)

SEAM(int, __fxstat, (int version, int fd, struct stat *st))
{
    return version > 1 ? tidy__seam_int(-EINVAL) : fstat(fd, st);
}
SEAM_ALIAS(__fxstat, __fxstat64)

SEAM(int,
     __fxstatat,
     (int version, int dir_fd, const char *path, struct stat *st, int flags))
{
    return version > 1 ? tidy__seam_int(-EINVAL)
                       : fstatat(dir_fd, path, st, flags);
}
SEAM_ALIAS(__fxstatat, __fxstatat64)

/* ---------------------------------------------------------------- access, chmod */

SEAM(int, access, (const char *path, int mode))
{
    struct sim_world *world = tidy__seam_path_world("access", AT_FDCWD, path);

    if (!world)
        return REAL(access)(path, mode);
    return tidy__seam_int(tidy__sim_access(world, path, mode));
}

SEAM(int, euidaccess, (const char *path, int mode))
{
    struct sim_world *world =
        tidy__seam_path_world("euidaccess", AT_FDCWD, path);

    if (!world)
        return REAL(euidaccess)(path, mode);
    return tidy__seam_int(tidy__sim_access(world, path, mode));
}
SEAM_ALIAS(euidaccess, eaccess)

SEAM(int, faccessat, (int dir_fd, const char *path, int mode, int flags))
{
    struct sim_world *world = tidy__seam_path_world("faccessat", dir_fd, path);

    if (!world)
        return REAL(faccessat)(dir_fd, path, mode, flags);
    return tidy__seam_int(tidy__sim_access(world, path, mode));
}

SEAM(int, chmod, (const char *path, mode_t mode))
{
    struct sim_world *world = tidy__seam_path_world("chmod", AT_FDCWD, path);

    if (!world)
        return REAL(chmod)(path, mode);
    return tidy__seam_int(tidy__sim_chmod(world, path, mode));
}

SEAM(int, lchmod, (const char *path, mode_t mode))
{
    struct sim_world *world = tidy__seam_path_world("lchmod", AT_FDCWD, path);

    if (!world)
        return REAL(lchmod)(path, mode);
    return tidy__seam_int(tidy__sim_chmod(world, path, mode));
}

SEAM(int, fchmodat, (int dir_fd, const char *path, mode_t mode, int flags))
{
    struct sim_world *world = tidy__seam_path_world("fchmodat", dir_fd, path);

    if (!world)
        return REAL(fchmodat)(dir_fd, path, mode, flags);
    return tidy__seam_int(tidy__sim_chmod(world, path, mode));
}
