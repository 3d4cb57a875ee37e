/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_PROGRAM_H
#define TIDY_SIM_PROGRAM_H

#include "sim/shared.h"

/* What a program that is to run in a world finds in its environment: the number
 * of the descriptor of the shared memory. */
#define SIM_PROGRAM_VARIABLE "TIDYSOCK_WORLD_FD"

/* Why the library cannot be preloaded into a program: it is no ELF file, or a
 * static one. NULL: it can. Sets what must be preloaded before it: the runtime
 * of a sanitizer ("libasan.so.8"), or "". */
const char *tidy__sim_program_check(const char *path, char first[64]);

/* A program to be run many times, each by the order in the memory that it shares
 * with its processes. */
struct sim_program;

/* NULL: it cannot be run, and *ret_why, owned, says why. argv is borrowed. */
struct sim_program *tidy__sim_program_new(char *const argv[],
                                          struct tidy_world_report **ret_why);
struct sim_shared *tidy__sim_program_shared(struct sim_program *program);
struct tidy_world_report *
tidy__sim_program_order(const struct sim_program *program);
/* Accepts NULL, returns NULL. */
struct sim_program *tidy__sim_program_free(struct sim_program *program);

#endif
