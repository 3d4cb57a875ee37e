/* SPDX-License-Identifier: MIT */
/*
 * Names of Unix sockets.
 *
 * A path is kept as it is spelled, made absolute and without "//" and "/./":
 * links are not followed, so that two spellings through a link are two names.
 * Whether its directory is there is asked of the real file system, through the
 * C library's own names: those of the world never look like a directory.
 */
#include "sim/path.h"

#include "base/alloc.h"
#include "sim/calls.h"
#include "sim/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#define UMASK 022

/* ---------------------------------------------------------------- the spelling */

/* Append a path, leaving out empty parts and dots. False: it is too long. */
static bool append(char name[PATH_MAX], size_t *len, const char *path)
{
    while (*path) {
        size_t n = strcspn(path, "/");
        bool is_dot = n == 1 && path[0] == '.';

        if (n > 0 && !is_dot) {
            if (*len + n + 2 > PATH_MAX)
                return false;
            name[(*len)++] = '/';
            memcpy(name + *len, path, n);
            *len += n;
        }
        path += n + (path[n] == '/');
    }
    name[*len] = '\0';
    return true;
}

/* The spelling by which a path is known. False: it has none. */
static bool spell(const char *path, char name[PATH_MAX], size_t *ret_len)
{
    char cwd[PATH_MAX];

    *ret_len = 0;
    if (path[0] != '/' &&
        (!getcwd(cwd, sizeof(cwd)) || !append(name, ret_len, cwd)))
        return false;
    return append(name, ret_len, path);
}

/* The name in an address; abstract ones are taken as they are. */
static bool
name_of(const struct sim_address *address, char name[PATH_MAX], size_t *ret_len)
{
    size_t size = address->len - offsetof(struct sockaddr_un, sun_path);
    char path[sizeof(address->u.un.sun_path) + 1];

    memcpy(path, address->u.un.sun_path, size);
    path[size] = '\0';
    if (path[0])
        return spell(path, name, ret_len);
    memcpy(name, path, size);
    *ret_len = size;
    return true;
}

static struct sim_path *
find(const struct sim_world *world, const char *name, size_t len)
{
    struct sim_path *path;

    DL_FOREACH(world->paths, path) {
        if (path->len == len && memcmp(path->name, name, len) == 0)
            return path;
    }
    return NULL;
}

static struct sim_path *find_path(struct sim_world *world, const char *text)
{
    char name[PATH_MAX];
    size_t len;

    if (!world->paths || !text || !spell(text, name, &len))
        return NULL;
    return find(world, name, len);
}

/* ---------------------------------------------------------- binding and finding */

/* May something be made in the directory of a name? 0 or -errno. */
static int check_directory(const char *name)
{
    char directory[PATH_MAX];
    char *slash;

    strcpy(directory, name);
    slash = strrchr(directory, '/');
    slash[slash == directory] = '\0';
    return access(directory, W_OK | X_OK) == 0 ? 0 : -errno;
}

/* Is there a directory to make the socket in, and nothing of that name? */
static int check_place(const char *name)
{
    if (access(name, F_OK) == 0)
        return -EADDRINUSE;
    if (errno != ENOENT)
        return -errno;
    return check_directory(name);
}

int tidy__sim_path_check(const struct sim_world *world,
                         const struct sim_address *address)
{
    char name[PATH_MAX];
    size_t len;

    if (!name_of(address, name, &len))
        return -ENAMETOOLONG;
    if (find(world, name, len))
        return -EADDRINUSE;
    return name[0] ? check_place(name) : 0;
}

int tidy__sim_path_bind(struct sim_socket *sock,
                        const struct sim_address *address,
                        struct sim_path **ret_path)
{
    struct sim_world *world = sock->file.world;
    struct sim_path *path;
    char name[PATH_MAX];
    size_t len;

    if (!name_of(address, name, &len))
        return -ENAMETOOLONG;
    path = tidy__zalloc(sizeof(*path) + len + 1);
    if (!path)
        return -ENOMEM;
    path->sock = sock;
    path->idx = ++world->n_paths;
    path->mode = S_IFSOCK | (0777 & ~UMASK);
    path->len = len;
    memcpy(path->name, name, len);
    DL_APPEND(world->paths, path);
    *ret_path = path;
    return 0;
}

int tidy__sim_path_find(struct sim_world *world,
                        const struct sim_address *address,
                        struct sim_socket **ret_sock)
{
    const struct sim_path *path;
    char name[PATH_MAX];
    size_t len;

    if (!name_of(address, name, &len))
        return -ENAMETOOLONG;
    path = find(world, name, len);
    if (path) {
        *ret_sock = path->sock;
        return path->sock ? 0 : -ECONNREFUSED;
    }
    if (!name[0] || access(name, F_OK) == 0)
        return -ECONNREFUSED; /* a real file is no socket of this world */
    return -errno;
}

static void remove_path(struct sim_world *world, struct sim_path *path)
{
    if (path->sock)
        tidy__sim_unix_lose_path(path->sock);
    DL_DELETE(world->paths, path);
    tidy__dealloc(path);
}

void tidy__sim_path_closed(struct sim_path *path)
{
    struct sim_world *world;

    if (!path)
        return;
    world = path->sock->file.world;
    path->sock = NULL;
    if (!path->name[0])
        remove_path(world, path);
}

void tidy__sim_describe_paths(const struct sim_world *world, FILE *out)
{
    const struct sim_path *path;

    DL_FOREACH(world->paths, path) {
        if (!path->name[0])
            fprintf(out, "  path         @%s\n", path->name + 1);
        else if (check_directory(path->name) != -ENOENT)
            fprintf(out, "  path         %s\n", path->name);
    }
}

void tidy__sim_paths_deinit(struct sim_world *world)
{
    while (world->paths)
        remove_path(world, world->paths);
}

/* ----------------------------------------------------------- the system calls */

bool tidy__sim_is_path(struct sim_world *world, int dir_fd, const char *path)
{
    (void)dir_fd; /* AT_FDCWD; a socket is not looked for below another */
    if (dir_fd != AT_FDCWD && path && path[0] != '/')
        return false;
    return find_path(world, path) != NULL;
}

int tidy__sim_unlink(struct sim_world *world, const char *text)
{
    struct sim_path *path;

    tidy__sim_call(world);
    path = find_path(world, text);
    SIM_CALL(world, -1, path ? 0 : -ENOENT, "unlink", "%s", text);
    if (!path)
        return -ENOENT;
    remove_path(world, path);
    return 0;
}

int tidy__sim_stat_path(struct sim_world *world,
                        const char *text,
                        struct stat *st)
{
    const struct sim_path *path;

    tidy__sim_call(world);
    path = find_path(world, text);
    SIM_CALL(world, -1, path ? 0 : -ENOENT, "stat", "%s", text);
    if (!path)
        return -ENOENT;
    memset(st, 0, sizeof(*st));
    st->st_mode = path->mode;
    st->st_nlink = 1;
    st->st_ino = path->idx;
    st->st_uid = geteuid();
    st->st_gid = getegid();
    st->st_blksize = 4096;
    return 0;
}

/* The world runs as the owner of all that is in it. */
int tidy__sim_access(struct sim_world *world, const char *text, int mode)
{
    const struct sim_path *path;
    mode_t wanted = (mode_t)mode << 6;

    tidy__sim_call(world);
    path = find_path(world, text);
    if (!path)
        return -ENOENT;
    if (geteuid() == 0)
        wanted &= S_IXUSR;
    return (path->mode & wanted) == wanted ? 0 : -EACCES;
}

int tidy__sim_chmod(struct sim_world *world, const char *text, mode_t mode)
{
    struct sim_path *path;

    tidy__sim_call(world);
    path = find_path(world, text);
    SIM_CALL(world, -1, path ? 0 : -ENOENT, "chmod", "%s, %o", text, mode);
    if (!path)
        return -ENOENT;
    path->mode = S_IFSOCK | (mode & 07777);
    return 0;
}
