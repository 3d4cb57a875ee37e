/* SPDX-License-Identifier: MIT */
/*
 * What our sides share: a loop, waiting, and failing with a sentence.
 */
#include "ours.h"

void ours_check(int code, struct tidy_failure *failure)
{
    if (code >= 0)
        return;
    bench_fail("%s (%s)",
               failure ? tidy_failure_text(failure) : tidy_strerror(code),
               tidy_error_name(code));
}

void *ours_await(struct ours_loop *loop, struct tidy_deferred *deferred)
{
    struct tidy_failure *failure = NULL;
    void *value = NULL;
    int r =
        tidy_loop_await(loop->tidy, deferred, OURS_LIMIT_NS, &value, &failure);

    ours_check(r, failure);
    return value;
}

void ours_loop_init(struct ours_loop *loop)
{
    bench_check(uv_loop_init(&loop->uv), "uv_loop_init");
    bench_check(tidy_loop_new(&loop->uv, &loop->tidy), "tidy_loop_new");
}

void ours_loop_deinit(struct ours_loop *loop)
{
    loop->tidy = tidy_loop_free(loop->tidy);
    bench_check(uv_loop_close(&loop->uv), "uv_loop_close");
}
