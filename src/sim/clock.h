/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_CLOCK_H
#define TIDY_SIM_CLOCK_H

#include "sim/world.h"

#include <time.h>

/* What a clock said when the world began; -EINVAL: it is none of Linux's. */
int tidy__sim_clock_base(clockid_t clock, uint64_t *ret_base_ns);

/* Between 0 and 999999999 ns, and not before 0? */
bool tidy__sim_is_timespec(const struct timespec *ts);

/* As the kernel's ktime_t, which ends in the year 2262. */
uint64_t tidy__sim_ns_of(const struct timespec *ts);
struct timespec tidy__sim_timespec_of(uint64_t ns);

#endif
