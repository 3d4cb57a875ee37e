/* SPDX-License-Identifier: MIT */
/*
 * What our sides share: waiting, and failing with a sentence.
 */
#ifndef TIDYSOCK_BENCH_OURS_H
#define TIDYSOCK_BENCH_OURS_H

#include "bench.h"
#include <tidysock/tidysock.h>

#include <uv.h>

#define OURS_ECHO_LEN 16
#define OURS_LIMIT_NS TIDY_S(60)

/* A libuv loop with our part in it. */
struct ours_loop {
    uv_loop_t uv;
    struct tidy_loop *tidy; /* owned */
};

void ours_loop_init(struct ours_loop *loop);
void ours_loop_deinit(struct ours_loop *loop);

/* Waits for a deferred, whose reference moves here; borrowed values only. */
void *ours_await(struct ours_loop *loop, struct tidy_deferred *deferred);

/* End the run if a code is negative, with the failure's sentence if any. */
void ours_check(int code, struct tidy_failure *failure);

#endif
