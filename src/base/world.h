/* SPDX-License-Identifier: MIT */
#ifndef TIDY_BASE_WORLD_H
#define TIDY_BASE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * The library runs in a world as in front of a kernel, and needs no simulator:
 * it only asks the one that the program may have. In a world it leaves out what
 * would hide something (deadlines), or would ask the real kernel about what is
 * not there (descriptors, threads and children in /proc).
 */
bool tidy_world_is_inside(void) __attribute__((weak));

size_t tidy_world_reserved_fds(int *ret_first) __attribute__((weak));

int tidy_world_at_end(void (*fn)(void *arg), void *arg) __attribute__((weak));
void tidy_world_explain(void (*fn)(FILE *out, void *arg), void *arg)
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
