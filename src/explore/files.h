/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_FILES_H
#define TIDY_EXPLORE_FILES_H

#include "explore/exploration.h"

/* Files of what was found, in a directory: "STEM-SIGNATURE.SUFFIX". */

/* The stem of a test's name: letters, digits, dots and dashes stay; all else is an
 * underscore. */
#define EXPLORE_STEM_MAX 128
void tidy__explore_stem(const char *name, char stem[EXPLORE_STEM_MAX]);

/* Make the directories that are wanted, before anything is run; true: they are
 * there, or nothing was wanted. Else the exploration says why not. */
bool tidy__explore_make_directories(struct tidy_exploration *exploration);

/*
 * Write one: all of it, or nothing.
 *
 * @param write  Returns 0 or a negative code.
 */
int tidy__explore_write_file(const struct tidy_found *found,
                             const char *directory,
                             const char *suffix,
                             int (*write)(const struct tidy_found *found,
                                          FILE *out));

#endif
