/* SPDX-License-Identifier: MIT */
/*
 * Memory that lies elsewhere.
 *
 * Many blocks of all small sizes are allocated and half of them freed, in any
 * order, so that an allocator which hands out what was freed last hands them out
 * in that order. All have been written to. What is kept is one block of each
 * pair or so: the free ones do not grow together again. It is the C library's
 * allocator that is treated so, whatever the library's own memory comes from.
 *
 * This file has a mutable global: what was kept, for leak checkers to find.
 */
#include "sim/layout.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define N_SIZES 64
#define N_BLOCKS (N_SIZES * 32)
#define GRAIN ((size_t)16)
#define MAX_GRAINS 4096 /* 64 KiB: how far the rest is moved */
#define PAGE ((size_t)4096)
#define MAX_PAGES 64

struct kept {
    void *first; /* moves what comes after it */
    void *blocks[N_BLOCKS];
};
static struct kept *volatile all_kept; /* nobody reads it but those */

/* splitmix64, by Sebastiano Vigna. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t n)
{
    return (size_t)(next_random(state) % n);
}

static void *make_block(uint64_t *state, size_t size)
{
    void *block = malloc(size);

    if (block)
        memset(block, (int)below(state, 256), size);
    return block;
}

static void shuffle(uint64_t *state, void *blocks[N_BLOCKS])
{
    size_t idx, other;
    void *block;

    for (idx = N_BLOCKS - 1; idx > 0; idx--) {
        other = below(state, idx + 1);
        block = blocks[idx];
        blocks[idx] = blocks[other];
        blocks[other] = block;
    }
}

static void move_heap(uint64_t *state)
{
    struct kept *kept = calloc(1, sizeof(*kept));
    size_t idx;

    all_kept = kept;
    if (!kept)
        return;
    kept->first = make_block(state, GRAIN * (1 + below(state, MAX_GRAINS)));
    for (idx = 0; idx < N_BLOCKS; idx++)
        kept->blocks[idx] =
            make_block(state, GRAIN * (1 + below(state, N_SIZES)));
    shuffle(state, kept->blocks);
    for (idx = 0; idx < N_BLOCKS / 2; idx++) {
        free(kept->blocks[idx]);
        kept->blocks[idx] = NULL;
    }
}

/* Whether it works or not, the process goes on. */
static void move_mappings(uint64_t *state)
{
    mmap(NULL,
         PAGE * (1 + below(state, MAX_PAGES)),
         PROT_NONE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
         -1,
         0);
}

void tidy__sim_layout_shuffle(uint64_t layout)
{
    uint64_t state = layout;

    move_heap(&state);
    move_mappings(&state);
}

static __attribute__((noinline)) void
call_lower(uint64_t *state, void (*fn)(void *arg), void *arg)
{
    size_t size = GRAIN * (1 + below(state, MAX_GRAINS));
    char *room = __builtin_alloca(size);

    memset(room, (int)below(state, 256), size);
    fn(arg);
    __asm__ volatile("" : : "r"(room) : "memory"); /* it is there until here */
}

static __attribute__((noinline)) void write_to_stack(uint64_t *state)
{
    volatile char room[GRAIN * MAX_GRAINS];
    size_t idx;

    for (idx = 0; idx < sizeof(room); idx++)
        room[idx] = (char)next_random(state);
}

void tidy__sim_layout_call(uint64_t layout, void (*fn)(void *arg), void *arg)
{
    uint64_t state = ~layout;

    tidy__sim_layout_shuffle(layout);
    write_to_stack(&state);
    call_lower(&state, fn, arg);
}
