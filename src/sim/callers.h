/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_CALLERS_H
#define TIDY_SIM_CALLERS_H

#include "sim/record.h"

/*
 * The functions of the program's own on the stacks of a record: not the C
 * library's, not an event loop's, not ours.
 */
struct sim_callers;

/* Owned; NULL: out of memory. Where there are no names, there are none here. */
struct sim_callers *tidy__sim_callers_new(const struct sim_record *record);
/* Accepts NULL, returns NULL. */
struct sim_callers *tidy__sim_callers_free(struct sim_callers *callers);

/* Of a stack of the record, innermost first, ending with NULL; borrowed. */
const char *const *tidy__sim_callers_of(const struct sim_callers *callers,
                                        uint32_t stack);

/* Has the program itself made the call, and not a library for it? */
bool tidy__sim_callers_are_direct(const struct sim_callers *callers,
                                  uint32_t stack);

#endif
