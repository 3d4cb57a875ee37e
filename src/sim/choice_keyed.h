/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_CHOICE_KEYED_H
#define TIDY_SIM_CHOICE_KEYED_H

#include "sim/choice.h"

/*
 * Departures by who and how often, and not by their place in the run: "when
 * tcp#3 is asked for its order the 2nd time". So they outlive what is taken away
 * or added elsewhere.
 */
struct sim_turn {
    uint32_t kind, actor;
    uint32_t nth; /* from 1: of this kind and actor */
    uint32_t n, taken;
};

/* How often each kind and actor was asked. */
#define SIM_TALLY_SLOTS 4096
struct sim_tally {
    struct sim_tally_slot {
        uint32_t actor;
        uint16_t kind; /* and 1; 0: the slot is free */
        uint16_t unused;
        uint32_t n;
        uint32_t first; /* of the turns to come, and 1; 0: none */
    } slots[SIM_TALLY_SLOTS];
    unsigned n_used;
};
/* The place of a kind and actor. When it is full, all that are new share one. */
struct sim_tally_slot *
tidy__sim_tally_find(struct sim_tally *tally, uint32_t kind, uint32_t actor);

struct sim_keyed {
    struct sim_chooser base;
    const struct sim_turn *turns; /* borrowed */
    size_t n_turns;
    uint32_t *next; /* borrowed, as many: of the same kind and actor, and 1 */
    size_t n_met;   /* turns that came, and had their alternative */
    struct sim_tally tally;
};

/* Turns of one kind and actor come in their order. next: room for as many. */
void tidy__sim_keyed_init(struct sim_keyed *chooser,
                          const struct sim_turn *turns,
                          size_t n_turns,
                          uint32_t *next);

/* The departures of a run as turns. Returns how many; turns has room for all
 * n_choices. The tally is room to count in. */
size_t tidy__sim_turns_of(const struct sim_choice *choices,
                          size_t n_choices,
                          struct sim_tally *tally,
                          struct sim_turn *turns);

#endif
