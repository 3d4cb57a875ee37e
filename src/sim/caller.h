/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_CALLER_H
#define TIDY_SIM_CALLER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whose is a system call? Inside the C library, that of the function which the
 * program has called; else of where it is made. To be asked from a signal
 * handler that has interrupted it; the address is the one behind it.
 */

/* " by getpwuid (libc.so.6)"; "" if nobody knows. */
void tidy__sim_describe_caller(const void *address, char *text, size_t size);

/* Does the C library make it for a function of its own, and not because the
 * program has called just this one? */
bool tidy__sim_is_called_inside_libc(const void *address);

#endif
