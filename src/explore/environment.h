/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_ENVIRONMENT_H
#define TIDY_EXPLORE_ENVIRONMENT_H

#include <tidysock/explore.h>

/* What TIDYSOCK_SCHEDULE and TIDYSOCK_EXPLORE are there for (explore.h). */
#define EXPLORE_SCHEDULE_VARIABLE "TIDYSOCK_SCHEDULE"
#define EXPLORE_OPTIONS_VARIABLE "TIDYSOCK_EXPLORE"

/*
 * Options as text, each a word and its value: "schedules=100 kinds=orders all=1".
 * Taken into the options, over what is there. Texts are copied to where they
 * stay: room, which is as long as the text.
 *
 * Returns NULL, or a sentence, which lies in why.
 */
const char *tidy__explore_environment_take(struct tidy_explore_options *options,
                                           const char *text,
                                           char *room,
                                           char why[256]);

#endif
