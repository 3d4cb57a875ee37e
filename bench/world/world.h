/* SPDX-License-Identifier: MIT */
/*
 * tidysock-bench-world: the sides of the rows about worlds.
 *
 * It is a program of its own, because it is linked with libtidysock-sim, and the
 * other rows are not to be measured through the seam.
 */
#ifndef TIDYSOCK_BENCH_WORLD_H
#define TIDYSOCK_BENCH_WORLD_H

#include "bench.h"

#define EPOLL_CYCLE_CALLS 57

/* epoll_cycle.c: run->n cycles of so many calls each. */
void epoll_cycle(struct bench_run *run);

/* inside.c: what a side does on the kernel, done in a world. All operations in
 * one run, or each in a run of its own, and all by one runner; or each a random
 * schedule of an exploration. n_calls: what an
 * operation must have called in the world; 0: whatever it does. */
void world_in_one_run(struct bench_run *run,
                      bench_side_cb side,
                      size_t n_calls);
void world_explored(struct bench_run *run, bench_side_cb side);
void world_in_many_runs(struct bench_run *run, bench_side_cb side);

#endif
