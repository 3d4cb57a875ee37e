/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_CHOICE_H
#define TIDY_SIM_CHOICE_H

#include <tidysock/sim.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_world;

/*
 * Where a world's choices come from. Everything that the kernel leaves open is
 * asked here, and nothing else in a world is open: the same answers give the
 * same run.
 */

/* Who each of the alternatives is about, where they differ in that: what happens
 * first, the one's affair or the other's. 0 is the program itself. */
struct sim_alternatives {
    unsigned (*actor_of)(const void *arg, size_t alternative);
    const void *arg; /* borrowed */
};

struct sim_chooser {
    /* An alternative below n (at least 2); 0 is the calm one. */
    size_t (*choose)(struct sim_chooser *chooser,
                     enum tidy_choice kind,
                     unsigned actor,
                     size_t n);
    /* The same, of some that are about actors. NULL: choose() does. */
    size_t (*choose_among)(struct sim_chooser *chooser,
                           enum tidy_choice kind,
                           unsigned actor,
                           size_t n,
                           const struct sim_alternatives *alternatives);
};

/* Always 0. */
extern struct sim_chooser tidy__sim_calm;

/* Pseudo-random numbers: the same seed, the same ones, everywhere. */
struct sim_chance {
    uint64_t state[2];
};
void tidy__sim_chance_init(struct sim_chance *chance, uint64_t seed);
uint64_t tidy__sim_chance_next(struct sim_chance *chance);

/* Departs from calm one time in so many (choice_random.c). */
struct sim_random {
    struct sim_chooser base;
    struct sim_chance chance;
    unsigned one_in;
};
void tidy__sim_random_init(struct sim_random *chooser,
                           uint64_t seed,
                           unsigned one_in);

/* Each actor has a priority, which changes a few times (choice_pct.c). */
#define SIM_PCT_MAX_CHANGES 8
struct sim_pct {
    struct sim_chooser base;
    struct sim_chance chance;
    uint64_t seed;
    uint64_t n_asked;
    unsigned one_in;                       /* for what is no order */
    uint64_t changes[SIM_PCT_MAX_CHANGES]; /* when: earliest first */
    unsigned lowered[SIM_PCT_MAX_CHANGES]; /* whose */
    unsigned n_changes, n_changed;
};
/* n_expected: about how many choices a run has; at so many of them a priority
 * changes. */
void tidy__sim_pct_init(struct sim_pct *chooser,
                        uint64_t seed,
                        unsigned n_changes,
                        uint64_t n_expected);

/* The answers of a list, one after the other; 0 when it is over. */
struct sim_replay {
    struct sim_chooser base;
    const uint32_t *choices; /* borrowed */
    size_t n_choices, n_used;
};
void tidy__sim_replay_init(struct sim_replay *chooser,
                           const uint32_t *choices,
                           size_t n_choices);

/* One choice of a run, by its place among all of them, that is not calm. */
struct sim_departure {
    uint32_t at; /* from 0 */
    uint32_t taken;
};

/* Departs where a list says so, in its order (choice_list.c). */
struct sim_listed {
    struct sim_chooser base;
    const struct sim_departure *departures; /* borrowed */
    size_t n_departures, n_used;
    uint32_t n_asked;
};
void tidy__sim_listed_init(struct sim_listed *chooser,
                           const struct sim_departure *departures,
                           size_t n_departures);

/* A choice that was offered, and what was taken of it. */
struct sim_choice {
    uint32_t kind, actor; /* an enum tidy_choice */
    uint32_t n, taken;
};

/* Ask the world's chooser, and note it in the list of choices and in the trace:
 * for tidy__choose() (world.h). */
size_t tidy__choose_offered(struct sim_world *world,
                            enum tidy_choice kind,
                            unsigned actor,
                            size_t n,
                            const struct sim_alternatives *alternatives);

#endif
