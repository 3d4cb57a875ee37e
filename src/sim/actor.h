/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_ACTOR_H
#define TIDY_SIM_ACTOR_H

#include "sim/world.h"

/*
 * Actors: who takes part in what happens. Each file of the world is one, named by
 * its class and its number among those, "tcp#3"; 0 is the world itself. A body
 * may give other names to some.
 */

#define SIM_ACTOR_TEXT_MAX 64
/* The class is in front of the number. */
#define SIM_ACTOR_NUMBER_BITS 24

/* The next of a class. */
unsigned tidy__sim_actor_new(struct sim_world *world,
                             enum sim_actor_class class_);

/* Has there been any? */
bool tidy__sim_has_actors(const struct sim_world *world);

/* Read "tcp#3", or "world". False: it is no actor. */
bool tidy__sim_actor_parse(const char *text, unsigned *ret_actor);

/* Write "tcp#3", without a name. Returns the text. */
const char *tidy__sim_actor_key(unsigned actor, char text[SIM_ACTOR_TEXT_MAX]);

/* Write "tcp#3", or "tcp#3 (client)". Returns the text. */
const char *tidy__sim_actor_text(const struct sim_world *world,
                                 unsigned actor,
                                 char text[SIM_ACTOR_TEXT_MAX]);

/* NULL: it has none. */
const char *tidy__sim_actor_name(const struct sim_world *world, unsigned actor);

/* One comes from another, as a connection from its listener: what has no name of
 * its own has the other's. */
void tidy__sim_actor_descends(struct sim_world *world,
                              unsigned actor,
                              unsigned from);

void tidy__sim_actors_deinit(struct sim_world *world);

#endif
