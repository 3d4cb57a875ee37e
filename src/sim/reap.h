/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_REAP_H
#define TIDY_SIM_REAP_H

#include "sim/shared.h"

#include <sys/types.h>

/* How long a body may go without a call. */
#define SIM_PATIENCE_MS 10000

/*
 * Wait for the end of a run's process, and kill it if its body makes no call for
 * as long as that. Returns waitpid(2)'s status.
 */
int tidy__sim_reap(pid_t pid,
                   const struct sim_shared *shared,
                   unsigned patience_ms,
                   bool *ret_is_silent);

#endif
