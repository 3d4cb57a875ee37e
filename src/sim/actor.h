/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_ACTOR_H
#define TIDY_SIM_ACTOR_H

#include "sim/world.h"

/*
 * Actors: who takes part in what happens. Each file of the world is one, and its
 * number is the file's; 0 is the world itself. A body may give names to some.
 */

#define SIM_ACTOR_TEXT_MAX 64

/* Write "#7", or "#7 (client)". Returns the text. */
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
