/* SPDX-License-Identifier: MIT */
/*
 * Open files, and the table of descriptors that refer to them.
 *
 * A file counts its descriptors and is released with the last of them; before
 * that, those who watch it forget it, as fput() does. A bit for each number
 * that is in use finds the lowest free one.
 *
 * By choice a number that was in use before is not given again yet, but the next
 * free one: as if somebody else, a thread or a library, had been quicker.
 */
#include "sim/file.h"

#include "sim/actor.h"
#include "sim/epoll.h"
#include "sim/fault.h"
#include "sim/record.h"

#include <errno.h>
#include <string.h>

#define N_WORDS (SIM_N_FDS / 64)

void tidy__sim_file_init(struct sim_file *file,
                         struct sim_world *world,
                         const struct sim_file_ops *ops,
                         int status)
{
    file->ops = ops;
    file->world = world;
    file->id = tidy__sim_actor_new(world, ops->actors);
    file->n_fds = 0;
    file->status = status;
    file->watches = NULL;
    file->place.epoll = NULL;
}

void tidy__sim_file_wake(struct sim_file *file, uint32_t key)
{
    if (file->watches)
        tidy__sim_watches_wake(file, key);
}

/* -------------------------------------------------------------- the table */

#define USED UINT64_C(0)
#define FREE UINT64_MAX

/* An index of the table, from one on, that is used or free, or -EMFILE. */
static int find_any(const struct sim_world *world, size_t from, uint64_t which)
{
    size_t word = from / 64;
    uint64_t bits = (world->used_fds[word] ^ which) & (UINT64_MAX << from % 64);

    while (!bits) {
        if (++word == N_WORDS)
            return -EMFILE;
        bits = world->used_fds[word] ^ which;
    }
    return (int)word * 64 + ffsll((long long)bits) - 1;
}

static int find(const struct sim_world *world, size_t from, uint64_t which)
{
    int idx = find_any(world, from, which);

    return which == FREE && idx + SIM_FD_MIN >= world->fd_limit ? -EMFILE : idx;
}

bool tidy__sim_fd_is_full(const struct sim_world *world)
{
    return find(world, 0, FREE) < 0;
}

int tidy__sim_fd_next(const struct sim_world *world, int min_fd)
{
    int idx = min_fd > SIM_FD_MAX
                  ? -1
                  : find(world, (size_t)(min_fd - SIM_FD_MIN), USED);

    return idx < 0 ? -1 : idx + SIM_FD_MIN;
}

int tidy__sim_fd_open_at(struct sim_file *file, int fd_flags, int fd)
{
    struct sim_world *world = file->world;
    int idx = fd - SIM_FD_MIN;

    world->used_fds[idx / 64] |= UINT64_C(1) << idx % 64;
    world->old_fds[idx / 64] |= UINT64_C(1) << idx % 64;
    world->fds[idx].file = file;
    world->fds[idx].flags = fd_flags;
    file->n_fds++;
    if (world->record)
        tidy__sim_record_fd(world->record, fd, file);
    return fd;
}

/* An index of the table, or -EMFILE. */
static int choose_free(struct sim_world *world, unsigned actor, size_t from)
{
    int idx = find(world, from, FREE), next;

    if (idx < 0 || !(world->old_fds[idx / 64] & (UINT64_C(1) << idx % 64)) ||
        idx == SIM_N_FDS - 1)
        return idx;
    next = find(world, (size_t)idx + 1, FREE);
    if (next < 0 || tidy__choose(world, TIDY_CHOICE_REUSE, actor, 2) == 0)
        return idx;
    return next;
}

int tidy__sim_fd_open_from(struct sim_file *file, int fd_flags, int min_fd)
{
    int idx;

    if (min_fd > SIM_FD_MAX)
        return -EMFILE;
    idx = choose_free(file->world,
                      file->id,
                      min_fd > SIM_FD_MIN ? (size_t)(min_fd - SIM_FD_MIN) : 0);
    return idx < 0 ? idx
                   : tidy__sim_fd_open_at(file, fd_flags, idx + SIM_FD_MIN);
}

int tidy__sim_fd_open(struct sim_file *file, int fd_flags)
{
    if (tidy__choose_fault(file->world, TIDY_CHOICE_EMFILE_FAULT, file->id))
        return -EMFILE;
    return tidy__sim_fd_open_from(file, fd_flags, SIM_FD_MIN);
}

int tidy__sim_fd_close(struct sim_world *world, int fd)
{
    struct sim_file *file = tidy__sim_fd_file(world, fd);
    int idx = fd - SIM_FD_MIN;

    if (!file)
        return -EBADF;
    if (!SIM_FAULT(NO_REUSE))
        world->used_fds[idx / 64] &= ~(UINT64_C(1) << idx % 64);
    world->fds[idx].file = NULL;
    if (SIM_FAULT(DUP_WATCH))
        tidy__sim_watches_drop(file);
    if (--file->n_fds > 0)
        return 0;
    tidy__sim_watches_drop(file);
    file->ops->release(file);
    return 0;
}
