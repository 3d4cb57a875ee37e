/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_SEARCH_H
#define TIDY_EXPLORE_SEARCH_H

#include "explore/coverage.h"
#include "explore/depth.h"
#include "sim/shared.h"

#include <stdatomic.h>

/*
 * A search: many runs, by several workers, that look for one that does not pass.
 *
 * Each worker is two processes: one in which the body is run, again and again as
 * long as it passes, and a driver beside it that goes on when it does not. What
 * they have to know of each other is in memory that all of them share; so a
 * worker's process can end at any run, and the next one goes on from there.
 */

#define EXPLORE_MAX_WORKERS 64
#define EXPLORE_MAX_FOUND 32
#define EXPLORE_MAX_TURNS (128 * 1024)

struct explore_strategy;

/* What is wanted. */
struct explore_settings {
    struct tidy_world_options world;
    const struct explore_strategy *strategy;
    uint64_t seed;
    uint64_t max_schedules; /* 0: any number */
    unsigned max_departures, max_faults;
    unsigned max_total; /* of both; 0: as many as they allow */
    unsigned n_workers;
    bool goes_on; /* after the first that does not pass */
};

/* A run that did not pass, and not in a fresh process either. */
struct explore_found {
    uint64_t position;    /* in the order of the search */
    uint64_t n_schedules; /* there had been so many */
    enum tidy_outcome outcome;
    uint64_t signature; /* what is the same failure (same.h) */
    uint64_t n_times;
    uint32_t kinds; /* that were on */
    char text[SIM_MAX_TEXT];
    size_t n_turns;
    struct sim_turn turns[EXPLORE_MAX_TURNS];
};

/* One worker's part of the memory; touched by its two processes in turn. */
struct explore_worker {
    struct explore_search *search;
    struct sim_shared
        *run; /* of its own process: the plan, and what came of it */
    unsigned idx;
    uint64_t position; /* of the run that is planned */
    bool
        is_counted; /* it is one of the search's schedules, not a step to one */
    bool is_over;   /* there is nothing more to run */
    bool is_past_depth; /* of the portfolio, it is at its random half */
    bool is_again;   /* the run that is planned was, a moment ago, and gave */
    uint64_t digest; /* this */
    bool is_uncontrolled; /* it gave another the second time */
    uint64_t n_seen;
    struct explore_depth depth;
    struct explore_tally tally;
};

struct explore_search {
    struct explore_settings settings;
    atomic_bool is_stopped;    /* nobody begins another run */
    atomic_uint_fast64_t best; /* the lowest position found; goes_on: none */
    atomic_uint_fast64_t n_planned, n_schedules, n_failed;
    atomic_uint_fast64_t n_drawn;    /* random runs */
    atomic_uint_fast64_t n_expected; /* choices in a run */
    struct explore_progress depth;
    struct explore_coverage coverage;
    char trouble[512];     /* why nothing could be run */
    atomic_flag is_noting; /* somebody writes this, or what follows */
    unsigned n_found;
    struct explore_found found[EXPLORE_MAX_FOUND];
    struct explore_worker workers[EXPLORE_MAX_WORKERS];
};

/* NULL: errno. */
struct explore_search *
tidy__explore_search_new(const struct explore_settings *settings);
struct explore_search *tidy__explore_search_free(struct explore_search *search);

/* Take in what came of the worker's run; and plan the next one, which is false
 * if there is none. */
void tidy__explore_learn(struct explore_worker *worker);
bool tidy__explore_plan(struct explore_worker *worker);

/* Both, after a run that passed. In between the same run may be wanted once more,
 * to see whether it goes the same way. For tidy__sim_runner_go_on(). */
bool tidy__explore_go_on(void *worker);

/* For a strategy: give the run that is planned its options. kinds: those that
 * are on in it. */
struct sim_plan *tidy__explore_order(struct explore_worker *worker,
                                     uint32_t kinds);

#endif
