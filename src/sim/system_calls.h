/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_SYSTEM_CALLS_H
#define TIDY_SIM_SYSTEM_CALLS_H

#include "sim/world.h"

/* What becomes of a system call that the kernel is asked for inside a world. */
enum sim_verdict {
    SIM_VERDICT_REFUSED, /* the world should have answered it */
    SIM_VERDICT_PASSES,  /* it is the kernel's */
    SIM_VERDICT_MISSING, /* it is not there: ENOSYS */
};

/*
 * Judge a call by its number and arguments. It passes if it touches neither the
 * network, nor time, nor another process: memory, the process's own state, files
 * by real descriptors and by paths. What is not known is refused.
 *
 * May be called from a signal handler that has interrupted a system call.
 */
enum sim_verdict tidy__sim_judge_system_call(struct sim_world *world,
                                             long number,
                                             const long args[6]);

/* May the process execute a program? One on its way to the one that is meant (a
 * script's last line) may, and hands the world on, as long as it has used
 * nothing of it. */
bool tidy__sim_may_execute(const struct sim_world *world);

/* "sendfile"; NULL: it has none that this library knows. */
const char *tidy__sim_system_call_name(long number);

#endif
