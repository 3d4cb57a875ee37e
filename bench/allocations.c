/* SPDX-License-Identifier: MIT */
/*
 * Counting allocations: the library's, libuv's, and the plain sides' own.
 *
 * Only in runs that are not timed, so that the counting costs nobody anything.
 * The counter is the process's, hence the one mutable global of this file.
 */
#include "bench.h"
#include <tidysock/error.h>

#include <stdlib.h>
#include <uv.h>

static uint64_t n_allocations;

static void *count_malloc(size_t size)
{
    n_allocations++;
    return malloc(size);
}

static void *count_realloc(void *ptr, size_t size)
{
    n_allocations++;
    return realloc(ptr, size);
}

static void *count_calloc(size_t n, size_t size)
{
    n_allocations++;
    return calloc(n, size);
}

static void *tidy_count_malloc(size_t size, void *arg)
{
    (void)arg;
    return count_malloc(size);
}

static void *tidy_count_realloc(void *ptr, size_t size, void *arg)
{
    (void)arg;
    return count_realloc(ptr, size);
}

static void tidy_count_free(void *ptr, void *arg)
{
    (void)arg;
    free(ptr);
}

/* Before the process has made anything of either library. */
void bench_count_allocations(void)
{
    const struct tidy_allocator counting = {
        .malloc = tidy_count_malloc,
        .realloc = tidy_count_realloc,
        .free = tidy_count_free,
    };

    tidy_set_allocator(&counting);
    uv_replace_allocator(count_malloc, count_realloc, count_calloc, free);
}

uint64_t bench_n_allocations(void)
{
    return n_allocations;
}

/* For the plain sides: zeroed, never NULL. */
void *bench_malloc(size_t size)
{
    void *ptr = count_calloc(1, size);

    if (!ptr)
        bench_fail("out of memory");
    return ptr;
}

void bench_free(void *ptr)
{
    free(ptr);
}
