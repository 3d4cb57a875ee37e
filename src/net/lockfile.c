/* SPDX-License-Identifier: MIT */
/*
 * Lock files of Unix sockets, compatible with Twisted's on both sides: one
 * symbolic link, made in one step, so that two processes cannot both have made
 * it. A link to a process that is gone is stale and taken over.
 */
#include "net/lockfile.h"

#include <tidysock/error.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Taking over a stale lock may race with others who do the same. */
#define MAX_TRIES 16

/* A socket's path is at most 107 bytes long. */
#define LOCK_SIZE 128

static void set_lock_path(char lock[LOCK_SIZE], const char *path)
{
    snprintf(lock, LOCK_SIZE, "%s.lock", path);
}

/* The process that a lock names; 0: none that could be; -1: it is no lock. */
static pid_t read_holder(const char *lock)
{
    char target[32];
    char *end;
    ssize_t len = readlink(lock, target, sizeof(target) - 1);
    long pid;

    if (len < 0)
        return errno == EINVAL ? -1 : 0;
    target[len] = '\0';
    pid = strtol(target, &end, 10);
    return *end == '\0' && pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

static bool is_running(pid_t pid)
{
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

static int take(const char *lock, bool *ret_is_stale)
{
    char pid[32];
    pid_t holder;
    int n_tries;

    *ret_is_stale = false;
    snprintf(pid, sizeof(pid), "%ld", (long)getpid());
    for (n_tries = 0; n_tries < MAX_TRIES; n_tries++) {
        if (symlink(pid, lock) == 0)
            return 0;
        if (errno != EEXIST)
            return -errno;
        holder = read_holder(lock);
        if (holder < 0)
            return -EEXIST;
        if (is_running(holder))
            return TIDY_ELOCKED;
        *ret_is_stale = true;
        if (unlink(lock) < 0 && errno != ENOENT)
            return -errno;
    }
    return TIDY_ELOCKED;
}

int tidy__lockfile_take(const char *path, bool *ret_is_stale)
{
    char lock[LOCK_SIZE];

    set_lock_path(lock, path);
    return take(lock, ret_is_stale);
}

int tidy__lockfile_release(const char *path)
{
    char lock[LOCK_SIZE];

    set_lock_path(lock, path);
    return unlink(lock) < 0 && errno != ENOENT ? -errno : 0;
}

bool tidy__lockfile_is_held(const char *path)
{
    char lock[LOCK_SIZE];

    set_lock_path(lock, path);
    return is_running(read_holder(lock));
}
