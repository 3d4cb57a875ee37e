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
struct sim_chooser {
    /* An alternative below n (at least 2); 0 is the calm one. */
    size_t (*choose)(struct sim_chooser *chooser,
                     enum tidy_choice kind,
                     unsigned actor,
                     size_t n);
};

/* Always 0. */
extern struct sim_chooser tidy__sim_calm;

/* Departs from calm one time in so many. Same seed, same answers, everywhere. */
struct sim_random {
    struct sim_chooser base;
    uint64_t state[2];
    unsigned one_in;
};
void tidy__sim_random_init(struct sim_random *chooser,
                           uint64_t seed,
                           unsigned one_in);

/* The answers of a list, one after the other; 0 when it is over. */
struct sim_replay {
    struct sim_chooser base;
    const uint32_t *choices; /* borrowed */
    size_t n_choices, n_used;
};
void tidy__sim_replay_init(struct sim_replay *chooser,
                           const uint32_t *choices,
                           size_t n_choices);

/* Ask the world's chooser, and note it in the list of choices and in the trace:
 * for tidy__choose() (world.h). */
size_t tidy__choose_offered(struct sim_world *world,
                            enum tidy_choice kind,
                            unsigned actor,
                            size_t n);

#endif
