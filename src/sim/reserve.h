/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_RESERVE_H
#define TIDY_SIM_RESERVE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Reserve the numbers of simulated descriptors, SIM_FD_MIN to SIM_FD_MAX, for
 * the rest of the process and for its forked children; once done, this does
 * nothing.
 *
 * Raises the soft limit of open descriptors if it is too low for them.
 *
 * why receives a sentence if it fails, and then nothing is reserved:
 *   -EMFILE  the hard limit is too low
 *   -EBUSY   a number is the program's own; it is named
 *   -errno   as the kernel says
 */
int tidy__sim_reserve(char *why, size_t size);

/* Have they been? */
extern bool tidy__sim_is_reserved;

#endif
