/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_PROGRAM_H
#define TIDY_SIM_PROGRAM_H

#include "sim/shared.h"

#include <limits.h>

/* What a program that is to run in a world finds in its environment: the number
 * of the descriptor of the shared memory. */
#define SIM_PROGRAM_VARIABLE "TIDYSOCK_WORLD_FD"

/* What a program is linked with. */
struct sim_needs {
    char first[64]; /* to be preloaded before us: the runtime of a sanitizer */
    bool has_simulator; /* us */
    bool has_explorer;  /* it calls tidy_explore() */
};

/* Why the library cannot be preloaded into a program: it is no ELF file, or a
 * static one. NULL: it can. Sets what it needs in any case. */
const char *tidy__sim_program_check(const char *path, struct sim_needs *needs);

/* A program's path, looked for as execvp(3) does. False: it is nowhere. */
bool tidy__sim_program_find(const char *name, char path[PATH_MAX]);

/* A program to be run many times, each by the order in the memory that it shares
 * with its processes. */
struct sim_program;

/* NULL: it cannot be run, and *ret_why, owned, says why. argv is borrowed. */
struct sim_program *tidy__sim_program_new(char *const argv[],
                                          struct tidy_world_report **ret_why);
struct sim_shared *tidy__sim_program_shared(struct sim_program *program);
/* As tidy__sim_runner_be_quiet(). */
void tidy__sim_program_be_quiet(struct sim_program *program);
struct tidy_world_report *
tidy__sim_program_order(const struct sim_program *program);
/* Accepts NULL, returns NULL. */
struct sim_program *tidy__sim_program_free(struct sim_program *program);

#endif
