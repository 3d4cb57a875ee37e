/* SPDX-License-Identifier: MIT */
/*
 * What the machine allows: backlog, descriptors, directories.
 */
#include "bench.h"
#include <tidysock/server.h>

#include <errno.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* What a listener really gets when it asks for the tidy server's backlog. */
size_t bench_backlog(void)
{
    size_t somaxconn = TIDY_SERVER_BACKLOG;
    FILE *file = fopen("/proc/sys/net/core/somaxconn", "re");

    if (!file)
        return 128;
    if (fscanf(file, "%zu", &somaxconn) != 1)
        somaxconn = 128;
    fclose(file);
    return somaxconn < TIDY_SERVER_BACKLOG ? somaxconn : TIDY_SERVER_BACKLOG;
}

/* Raises the soft limit as far as it goes. */
void bench_raise_descriptors(size_t n_needed)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        bench_fail("getrlimit: %s", strerror(errno));
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        bench_fail("setrlimit: %s", strerror(errno));
    if (limit.rlim_cur < n_needed)
        bench_fail("needs %zu descriptors, the hard limit is %llu",
                   n_needed,
                   (unsigned long long)limit.rlim_cur);
}

static bool is_below(const char *path, const char *mount_point)
{
    size_t len = strlen(mount_point);

    if (strcmp(mount_point, "/") == 0)
        return true;
    return strncmp(path, mount_point, len) == 0 &&
           (path[len] == '/' || path[len] == '\0');
}

/* The type of the file system that a directory is on: the last mount with the
 * longest mount point above it. */
void bench_file_system(const char *dir, char *buf, size_t size)
{
    char path[PATH_MAX];
    size_t longest = 0;
    struct mntent *mount;
    FILE *mounts = setmntent("/proc/self/mounts", "re");

    snprintf(buf, size, "unknown");
    if (!mounts)
        return;
    while (realpath(dir, path) && (mount = getmntent(mounts))) {
        if (!is_below(path, mount->mnt_dir) || strlen(mount->mnt_dir) < longest)
            continue;
        longest = strlen(mount->mnt_dir);
        snprintf(buf, size, "%s", mount->mnt_type);
    }
    endmntent(mounts);
}

/* As mkdir -p. Returns 0 or -errno. */
int bench_make_dirs(const char *dir)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    for (char *p = path + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (mkdir(path, 0777) < 0 && errno != EEXIST)
            return -errno;
        *p = '/';
    }
    return mkdir(path, 0777) < 0 && errno != EEXIST ? -errno : 0;
}
