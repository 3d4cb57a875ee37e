/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_TRIPWIRE_H
#define TIDY_SIM_TRIPWIRE_H

#include "sim/world.h"

/*
 * The tripwire: while it is armed, each system call that this thread makes is
 * judged (system_calls.h) before the kernel sees it, whoever makes it: the C
 * library inside, or an instruction of the program's own. One that is refused
 * ends the run and is named.
 *
 * It is armed for the first run of a process and never again: it takes some
 * microseconds for each call that it lets pass. On a kernel without
 * PR_SET_SYSCALL_USER_DISPATCH (before 5.11, or not x86-64), in a sandbox that
 * forbids it, and under valgrind there is none, and the run goes on without it.
 */

/* The thread is in a world now. */
void tidy__sim_tripwire_arm(void);

/* The thread leaves the world. Does nothing if it is not armed. */
void tidy__sim_tripwire_disarm(void);

/* Let everything pass, until it is as before: around a call that the seam hands
 * on although it would be refused. The handler itself may come here. */
char tidy__sim_tripwire_suspend(void);
void tidy__sim_tripwire_resume(char before);

#endif
