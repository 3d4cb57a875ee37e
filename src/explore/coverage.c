/* SPDX-License-Identifier: MIT */
/*
 * Tables of what was seen: open addressing, and nothing is ever removed. Several
 * processes write at once; a place belongs to who has put his key there first.
 */
#include "explore/coverage.h"

#define MAX_PROBES 64

/* murmur3's finalizer, by Austin Appleby. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    z = (z ^ (z >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return z ^ (z >> 33);
}

/* The place of a key, new or old; SIZE_MAX: there is no room near it. */
static size_t
find_place(atomic_uint_fast64_t *table, size_t size, uint64_t key, bool *is_new)
{
    size_t idx = mix(key) % size, n_probes;
    uint_fast64_t there;

    *is_new = false;
    for (n_probes = 0; n_probes < MAX_PROBES; n_probes++) {
        there = atomic_load_explicit(&table[idx], memory_order_relaxed);
        if (there == key)
            return idx;
        if (there == 0 &&
            atomic_compare_exchange_strong(&table[idx], &there, key)) {
            *is_new = true;
            return idx;
        }
        if (there == key)
            return idx;
        idx = (idx + 1) % size;
    }
    return SIZE_MAX;
}

#define MIN_SLOTS 1024

void tidy__explore_coverage_init(struct explore_coverage *coverage,
                                 uint64_t max_runs)
{
    coverage->n_slots = MIN_SLOTS;
    while (coverage->n_slots < EXPLORE_MAX_TRACES &&
           (max_runs == 0 || coverage->n_slots / 4 < max_runs))
        coverage->n_slots *= 2;
}

/* -------------------------------------------------------------------- traces */

static void cover_trace(struct explore_coverage *coverage, uint64_t digest)
{
    bool is_new;
    size_t idx = find_place(
        coverage->traces, coverage->n_slots, digest ? digest : 1, &is_new);

    if (idx == SIZE_MAX) {
        atomic_store(&coverage->is_full, true);
        return;
    }
    atomic_fetch_add(&coverage->n_runs, 1);
    if (is_new)
        atomic_fetch_add(&coverage->n_traces, 1);
    if (atomic_load(&coverage->n_seen[idx]) == 2)
        return;
    if (atomic_fetch_add(&coverage->n_seen[idx], 1) == 0)
        atomic_fetch_add(&coverage->n_once, 1);
    else
        atomic_fetch_sub(&coverage->n_once, 1);
}

/* -------------------------------------------------------------------- points */

/* Which turn of this kind and actor it is, from 1; 0: nobody counts. */
static uint32_t count_turn(struct explore_tally *tally,
                           const struct sim_choice *choice)
{
    uint32_t key = choice->actor ^ choice->kind << 28;
    size_t idx = mix(key) % EXPLORE_TALLY_SLOTS, n_probes;

    for (n_probes = 0; n_probes < MAX_PROBES; n_probes++) {
        if (tally->slots[idx].run != tally->run) {
            tally->slots[idx].run = tally->run;
            tally->slots[idx].key = key;
            tally->slots[idx].n = 0;
        }
        if (tally->slots[idx].key == key)
            return ++tally->slots[idx].n;
        idx = (idx + 1) % EXPLORE_TALLY_SLOTS;
    }
    return 0;
}

static void cover_point(struct explore_coverage *coverage,
                        const struct sim_choice *choice,
                        uint32_t nth)
{
    uint64_t key = (uint64_t)(choice->kind + 1) << 56 |
                   (uint64_t)choice->actor << 24 | (nth & 0xffffff);
    uint64_t bit = UINT64_C(1) << (choice->taken % 64);
    bool is_new;
    size_t idx = find_place(coverage->points, EXPLORE_MAX_POINTS, key, &is_new);

    if (idx == SIZE_MAX) {
        atomic_store(&coverage->is_full, true);
        return;
    }
    if (choice->n >
        atomic_load_explicit(&coverage->n_offered[idx], memory_order_relaxed))
        atomic_store(&coverage->n_offered[idx], choice->n);
    if (!(atomic_load_explicit(&coverage->taken[idx], memory_order_relaxed) &
          bit))
        atomic_fetch_or(&coverage->taken[idx], bit);
}

void tidy__explore_cover(struct explore_coverage *coverage,
                         struct explore_tally *tally,
                         const struct sim_shared *run)
{
    const struct sim_choice *choice;
    size_t idx;
    uint32_t nth;

    cover_trace(coverage, run->world.digest);
    tally->run++;
    for (idx = 0; idx < run->world.taken.n; idx++) {
        choice = &run->taken[idx];
        nth = count_turn(tally, choice);
        if (nth > 0)
            cover_point(coverage, choice, nth);
    }
}

void tidy__explore_shares(const struct explore_coverage *coverage,
                          struct explore_share shares[TIDY_N_CHOICES])
{
    struct explore_share *share;
    uint64_t key;
    size_t idx;

    for (idx = 0; idx < TIDY_N_CHOICES; idx++)
        shares[idx] = (struct explore_share){ 0 };
    for (idx = 0; idx < EXPLORE_MAX_POINTS; idx++) {
        key = atomic_load(&coverage->points[idx]);
        if (key == 0)
            continue;
        share = &shares[(key >> 56) - 1];
        share->n_offered += atomic_load(&coverage->n_offered[idx]) - 1;
        share->n_taken += (unsigned)__builtin_popcountll(
            atomic_load(&coverage->taken[idx]) & ~UINT64_C(1));
    }
}
