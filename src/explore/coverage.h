/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_COVERAGE_H
#define TIDY_EXPLORE_COVERAGE_H

#include "sim/shared.h"

#include <stdatomic.h>

/*
 * What a search has seen: how many traces, each how often; and of what was
 * offered (kind, actor, and which of its turns it was), which alternatives were
 * taken. Both are tables that all workers share; what has no room in them is not
 * counted, and they say so.
 */
#define EXPLORE_MAX_TRACES (4 * 1024 * 1024)
#define EXPLORE_MAX_POINTS (32 * 1024)

struct explore_coverage {
    atomic_uint_fast64_t n_traces, n_once; /* seen once only */
    atomic_uint_fast64_t n_runs;
    atomic_bool is_full;
    size_t n_slots; /* of traces that are used: a small table stays in caches */
    atomic_uint_fast64_t traces[EXPLORE_MAX_TRACES]; /* digests; 0: free */
    atomic_uchar n_seen[EXPLORE_MAX_TRACES];         /* 2: more than once */
    atomic_uint n_points;
    atomic_uint_fast64_t points[EXPLORE_MAX_POINTS]; /* who and when; 0: free */
    atomic_uint n_offered[EXPLORE_MAX_POINTS];
    atomic_uint_fast64_t taken[EXPLORE_MAX_POINTS]; /* a bit for each */
};

/* Counts the turns of a run, without being emptied for the next. */
#define EXPLORE_TALLY_SLOTS 4096
struct explore_tally {
    uint64_t run;
    struct {
        uint64_t run;
        uint32_t key, n;
    } slots[EXPLORE_TALLY_SLOTS];
};

/* For so many runs; 0: any number. */
void tidy__explore_coverage_init(struct explore_coverage *coverage,
                                 uint64_t max_runs);

/* A run is over. */
void tidy__explore_cover(struct explore_coverage *coverage,
                         struct explore_tally *tally,
                         const struct sim_shared *run);

/* Alternatives that depart from calm: offered, and taken of these. */
struct explore_share {
    uint64_t n_offered, n_taken;
};
void tidy__explore_shares(const struct explore_coverage *coverage,
                          struct explore_share shares[TIDY_N_CHOICES]);

#endif
