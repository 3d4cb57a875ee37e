/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_DEPTH_H
#define TIDY_EXPLORE_DEPTH_H

#include "sim/shared.h"

#include <stdatomic.h>

struct explore_worker;
struct explore_search;

/* Departures and faults together. */
#define EXPLORE_MAX_DEPTH 12
#define EXPLORE_MAX_LEVELS 64

/* Of a choice that was offered: how many alternatives, and is it a fault? */
#define EXPLORE_FAULT UINT32_C(0x80000000)

/* What a run was offered that is being departed from, and how far that is. */
struct explore_frame {
    uint32_t n_choices, at, alternative, n_faults;
    uint32_t offered[SIM_MAX_CHOICES];
};

/* Where a worker is in the tree of all schedules. */
struct explore_depth {
    unsigned level, n_departures, n_faults; /* its runs have so many */
    unsigned depth; /* departures of the run whose frame is the last */
    bool has_root;  /* frame 0 is that of the calm run */
    bool is_inner;  /* the planned run is one to depart from */
    bool is_in_unit;
    uint64_t unit;
    struct sim_departure departures[EXPLORE_MAX_DEPTH];
    struct explore_frame frames[EXPLORE_MAX_DEPTH];
};

/* How far all of them are. A unit is a departure from the calm run with all that
 * follows it. */
struct explore_progress {
    atomic_uint_fast64_t next_unit[EXPLORE_MAX_LEVELS];
    atomic_uint n_done[EXPLORE_MAX_LEVELS]; /* workers that are past it */
    atomic_uint_fast64_t n_schedules;
    uint64_t max_schedules; /* 0: any number */
};

/* A level is all schedules of i departures and j faults; false: there is none of
 * this number, and both are untouched. */
bool tidy__explore_level(const struct explore_search *search,
                         unsigned level,
                         unsigned *ret_n_departures,
                         unsigned *ret_n_faults);

/* Is every schedule of the search's bounds done? Of up to how many departures
 * and faults together is it, if not; -1: of none. */
bool tidy__explore_is_complete(const struct explore_search *search);
int tidy__explore_complete_depth(const struct explore_search *search);

#endif
