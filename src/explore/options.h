/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_OPTIONS_H
#define TIDY_EXPLORE_OPTIONS_H

#include "explore/search.h"
#include <tidysock/explore.h>

/*
 * What a caller wants, with the defaults filled in: taken as it is, or refused
 * with a sentence, which may lie in why. Returns NULL if it was taken.
 */
const char *tidy__explore_options_take(struct tidy_explore_options *options,
                                       const struct tidy_explore_options *given,
                                       char why[256]);

/* The same, for the search. */
void tidy__explore_settings_of(struct explore_settings *settings,
                               const struct tidy_explore_options *options);

#endif
