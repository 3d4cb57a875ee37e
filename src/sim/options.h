/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_OPTIONS_H
#define TIDY_SIM_OPTIONS_H

#include <tidysock/sim.h>

/*
 * What a caller wants of a world; NULL: all defaults.
 *
 * Returns NULL, or why no world can be like that: a sentence, which may lie in
 * why.
 */
const char *tidy__sim_options_take(struct tidy_world_options *options,
                                   const struct tidy_world_options *given,
                                   char why[128]);

#endif
