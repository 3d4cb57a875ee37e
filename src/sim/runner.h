/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_RUNNER_H
#define TIDY_SIM_RUNNER_H

#include <tidysock/sim.h>

/* Let a runner kill a body that makes no call for so long; 10 s, if not told. */
void tidy__sim_runner_be_patient(struct tidy_world_runner *runner,
                                 unsigned patience_ms);

#endif
