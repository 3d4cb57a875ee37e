/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_PROGRAM_H
#define TIDY_SIM_PROGRAM_H

/* What a program that is to run in a world finds in its environment: the number
 * of the descriptor of the shared memory. */
#define SIM_PROGRAM_VARIABLE "TIDYSOCK_WORLD_FD"

/* Why the library cannot be preloaded into a program: it is no ELF file, or a
 * static one. NULL: it can. Sets what must be preloaded before it: the runtime
 * of a sanitizer ("libasan.so.8"), or "". */
const char *tidy__sim_program_check(const char *path, char first[64]);

#endif
