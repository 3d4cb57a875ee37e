/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_LAYOUT_H
#define TIDY_SIM_LAYOUT_H

#include <stdint.h>

/*
 * Let memory lie elsewhere in this process: blocks that are allocated from now
 * on are at other addresses, in another order, and contain something else than
 * before. Processes that were forked from one are all alike, and a body that
 * goes by addresses does the same in each of them; not so after this.
 *
 * The same layout, the same effect. Once in a process.
 */
void tidy__sim_layout_shuffle(uint64_t layout);

/* The same, and call a function whose frame lies elsewhere, too, on a stack that
 * has been written to. */
void tidy__sim_layout_call(uint64_t layout, void (*fn)(void *arg), void *arg);

#endif
