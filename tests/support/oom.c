/* SPDX-License-Identifier: MIT */
/*
 * The failing allocator. Its blocks are those of malloc(3), so that sanitizers
 * and valgrind see them as ever; here they are only counted.
 */
#include "support/oom.h"

#include <tidysock/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A body that allocates more than this is not one to be tried. */
#define N_TRIES_MAX 100000

static struct {
    size_t n_blocks, n_allocations;
    size_t n_until_failure; /* 0: never */
    bool has_failed;
} memory;

static bool is_to_fail(void)
{
    memory.n_allocations++;
    if (!memory.n_until_failure || --memory.n_until_failure)
        return false;
    memory.has_failed = true;
    return true;
}

static void *counted_malloc(size_t size, void *arg)
{
    void *ptr;

    (void)arg;
    if (is_to_fail())
        return NULL;
    ptr = malloc(size);
    memory.n_blocks += ptr != NULL;
    return ptr;
}

static void *counted_realloc(void *ptr, size_t size, void *arg)
{
    bool is_new = !ptr;

    (void)arg;
    if (is_to_fail())
        return NULL;
    ptr = realloc(ptr, size);
    memory.n_blocks += is_new && ptr;
    return ptr;
}

static void counted_free(void *ptr, void *arg)
{
    (void)arg;
    memory.n_blocks -= ptr != NULL;
    free(ptr);
}

void oom_begin(void)
{
    const struct tidy_allocator allocator = {
        .malloc = counted_malloc,
        .realloc = counted_realloc,
        .free = counted_free,
    };

    memory.n_blocks = memory.n_allocations = 0;
    oom_fail_nth(0);
    tidy_set_allocator(&allocator);
}

size_t oom_end(void)
{
    size_t n_blocks = memory.n_blocks;

    memory.n_blocks = 0;
    tidy_set_allocator(NULL);
    return n_blocks;
}

void oom_fail_nth(size_t n)
{
    memory.n_until_failure = n;
    memory.has_failed = false;
}

bool oom_has_failed(void)
{
    return memory.has_failed;
}

size_t oom_n_blocks(void)
{
    return memory.n_blocks;
}

size_t oom_n_allocations(void)
{
    return memory.n_allocations;
}

void oom_try_all(oom_body_cb body, void *arg)
{
    size_t n_before = memory.n_blocks;

    for (size_t n = 1; n <= N_TRIES_MAX; n++) {
        bool was_last;

        oom_fail_nth(n);
        body(arg);
        was_last = !memory.has_failed;
        oom_fail_nth(0);
        if (memory.n_blocks != n_before)
            fail_msg("%zu blocks are left after allocation %zu has failed",
                     memory.n_blocks - n_before,
                     n);
        if (was_last)
            return;
    }
    fail_msg("more than %d allocations", N_TRIES_MAX);
}

int oom_set_up(void **state)
{
    (void)state;
    oom_begin();
    return 0;
}

int oom_tear_down(void **state)
{
    size_t n_left = oom_end();

    (void)state;
    if (n_left)
        print_error("%zu blocks are left\n", n_left);
    return n_left ? -1 : 0;
}
