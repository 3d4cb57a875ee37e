/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_RUNNER_H
#define TIDY_SIM_RUNNER_H

#include "sim/shared.h"

/* Let a runner kill a body that makes no call for so long; 10 s, if not told. */
void tidy__sim_runner_be_patient(struct tidy_world_runner *runner,
                                 unsigned patience_ms);

/*
 * For an explorer, which writes the orders itself, in the memory that it shares
 * with the runner's process, and may look at what came of each of them there.
 */

/* The memory. NULL: there is none, or nothing can be run; why says it. */
struct sim_shared *
tidy__sim_runner_open(struct tidy_world_runner *runner, char *why, size_t size);

/* Called after each run that passed, in its process: true if the memory has
 * another order. Not if each run has a process of its own, nor if the process
 * has grown too much. */
void tidy__sim_runner_go_on(struct tidy_world_runner *runner,
                            bool (*go_on)(void *arg),
                            void *arg);

/* Run the order in the memory, and those after it. Returns what became of the
 * last one; it was not made sure of. */
struct tidy_world_report *
tidy__sim_runner_order(struct tidy_world_runner *runner);

/* From its next process on, what the body writes to standard output and error is
 * thrown away. */
void tidy__sim_runner_be_quiet(struct tidy_world_runner *runner);

/* The next order is the first of a fresh process; or every one is. */
void tidy__sim_runner_restart(struct tidy_world_runner *runner);
void tidy__sim_runner_be_fresh(struct tidy_world_runner *runner);

#endif
