/* SPDX-License-Identifier: MIT */
#ifndef TIDY_BASE_WORLD_H
#define TIDY_BASE_WORLD_H

#include <tidysock/sim.h>

#include <stdbool.h>

/*
 * The library runs in a world as in front of a kernel, and needs no simulator:
 * it only asks the one that the program may have. In a world it leaves out what
 * would hide something (deadlines), or would ask the real kernel about what is
 * not there (descriptors, threads and children in /proc).
 */
extern __typeof__(tidy_world_is_inside) tidy_world_is_inside
    __attribute__((weak));

extern __typeof__(tidy_world_reserved_fds) tidy_world_reserved_fds
    __attribute__((weak));

static inline size_t tidy__world_reserved_fds(int *ret_first)
{
    return tidy_world_reserved_fds ? tidy_world_reserved_fds(ret_first) : 0;
}

static inline bool tidy__is_in_world(void)
{
    return tidy_world_is_inside && tidy_world_is_inside();
}

#endif
