/* SPDX-License-Identifier: MIT */
/*
 * The two that answer: the kernel, and a world. Each runs programs in a process
 * of its own, with which memory is shared.
 */
#ifndef TIDY_CONFORMANCE_HALVES_H
#define TIDY_CONFORMANCE_HALVES_H

#include "conformance/program.h"

#define REASON_MAX 2048

struct half;

/* NULL: errno says why. The directory is borrowed. */
struct half *kernel_new(const char *dir);
struct half *world_new(const char *dir);

/* What they hold of what is written counts the same, or else is not compared. */
void half_set_same_sizes(struct half *half, bool has_same_sizes);

/* Has the kernel's a network of its own? */
bool kernel_has_own_network(void);
/* Can the machine do IPv6? */
bool kernel_has_ipv6(void);

/*
 * Run a program; the results are valid until the next run. False: it did not
 * come to its end, and the reason is there.
 */
bool half_run(struct half *half,
              const struct program *program,
              unsigned pause_us);
const struct results *half_results(const struct half *half);
const char *half_reason(const struct half *half);

/* Accepts NULL, returns NULL. */
struct half *half_free(struct half *half);

#endif
