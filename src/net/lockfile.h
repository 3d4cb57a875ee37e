/* SPDX-License-Identifier: MIT */
#ifndef TIDY_NET_LOCKFILE_H
#define TIDY_NET_LOCKFILE_H

#include <stdbool.h>

/*
 * The lock file beside a Unix socket, as Twisted has it
 * (twisted.python.lockfile): a symbolic link PATH.lock whose target is the
 * number of the process that holds it.
 */

/* Hold the lock of a socket's path. 0, TIDY_ELOCKED (a running process has it),
 * -EEXIST (what is in its place is no lock, and stays there), or -errno.
 * *ret_is_stale: it was left by a process that is gone, and so may the socket
 * have been. */
int tidy__lockfile_take(const char *path, bool *ret_is_stale);

/* Give it up. 0 or -errno; one that is gone already is no error. */
int tidy__lockfile_release(const char *path);

/* Does a running process hold it? */
bool tidy__lockfile_is_held(const char *path);

#endif
