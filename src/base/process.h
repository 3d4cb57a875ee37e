/* SPDX-License-Identifier: MIT */
#ifndef TIDY_BASE_PROCESS_H
#define TIDY_BASE_PROCESS_H

/* Which process this is: a number from 1 that a forked child has one higher
 * than its parent. Unlike getpid(2) it costs no system call. */
unsigned tidy__process_generation(void);

#endif
