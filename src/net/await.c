/* SPDX-License-Identifier: MIT */
/*
 * Waiting: running the loop from outside until something has happened.
 *
 * The limit's timer does not keep the loop alive. So when uv_run() says that
 * nothing else does, nothing can happen any more, and the wait ends at once
 * instead of sitting out its limit. The exception is a handle of the user's
 * that is active but unreferenced: it may still fire, so the limit is waited
 * for then.
 */
#include "base/alloc.h"
#include "base/misuse.h"
#include "net/loop.h"

static void on_limit(uv_timer_t *timer)
{
    struct tidy_loop *loop = timer->data;

    loop->has_limit_passed = true;
    uv_stop(loop->uv);
}

static uint64_t ms_rounded_up(uint64_t ns)
{
    return ns / TIDY_MS(1) + (ns % TIDY_MS(1) != 0);
}

static void arm_limit(struct tidy_loop *loop, uint64_t limit_ns)
{
    loop->has_limit_passed = false;
    if (limit_ns >= TIDY__FOR_EVER_NS)
        return;
    uv_update_time(loop->uv);
    uv_timer_start(&loop->limit_timer, on_limit, ms_rounded_up(limit_ns), 0);
}

static void disarm_limit(struct tidy_loop *loop)
{
    uv_timer_stop(&loop->limit_timer);
    uv_unref((uv_handle_t *)&loop->limit_timer);
}

struct search {
    const struct tidy_loop *loop;
    bool has_found;
};

static void look_for_unreferenced(uv_handle_t *handle, void *arg)
{
    struct search *search = arg;

    if (!tidy__loop_owns(search->loop, handle) && uv_is_active(handle))
        search->has_found = true;
}

static void keep_alive(struct tidy_loop *loop)
{
    uv_timer_t *timer = &loop->limit_timer;

    if (!uv_is_active((uv_handle_t *)timer))
        uv_timer_start(timer, on_limit, ms_rounded_up(TIDY__FOR_EVER_NS), 0);
    uv_ref((uv_handle_t *)timer);
}

/* Nothing keeps the loop alive: may something happen all the same? */
static bool may_still_happen(struct tidy_loop *loop)
{
    struct search search = { .loop = loop };

    if (loop->tasks || loop->tasks_after_poll)
        return true;
    uv_walk(loop->uv, look_for_unreferenced, &search);
    if (search.has_found)
        keep_alive(loop);
    return search.has_found;
}

static int
run_until(struct tidy_loop *loop, bool (*is_done)(void *arg), void *arg)
{
    for (;;) {
        if (loop->is_stopped)
            return TIDY_EASSERTION;
        if (is_done(arg))
            return 0;
        if (loop->has_limit_passed)
            return TIDY_EDEADLINE;
        if (!tidy__loop_run(loop, UV_RUN_ONCE) && !loop->is_stopped &&
            !is_done(arg) && !may_still_happen(loop))
            return TIDY_ESTUCK;
    }
}

int tidy__loop_run_until(struct tidy_loop *loop,
                         bool (*is_done)(void *arg),
                         void *arg,
                         uint64_t limit_ns)
{
    int result;

    if (loop->is_condemned)
        return TIDY_ECONDEMNED;
    if (tidy__loop_is_inside(loop))
        return TIDY_EREENTERED;
    if (!loop->is_stopped && is_done(arg))
        return 0;
    arm_limit(loop, limit_ns);
    result = run_until(loop, is_done, arg);
    disarm_limit(loop);
    return result;
}

int tidy_loop_turn(struct tidy_loop *loop)
{
    TIDY_REQUIRE(loop, "tidy_loop_turn: the loop is NULL");
    if (loop->is_condemned)
        return TIDY_ECONDEMNED;
    if (tidy__loop_is_inside(loop))
        return TIDY_EREENTERED;
    tidy__loop_run(loop, UV_RUN_NOWAIT);
    return 0;
}

static bool has_fired(void *arg)
{
    return tidy__deferred_is_done(arg);
}

/* Move the chain's outcome to the caller. */
static int take_outcome(struct tidy_deferred *deferred,
                        void **ret_value,
                        struct tidy_failure **ret_failure)
{
    struct tidy_result *result = tidy__deferred_result(deferred);
    struct tidy_failure *failure = tidy_result_failure(result);
    int code;

    if (!failure) {
        if (ret_value)
            *ret_value = tidy_result_take(result);
        return 0;
    }
    code = tidy_failure_code(failure);
    if (ret_failure)
        *ret_failure = tidy_failure_ref(failure);
    /* The caller has the failure: it is handled. */
    tidy_result_set(result, NULL, NULL);
    return code;
}

static int fail_await(int code,
                      const struct tidy_deferred *deferred,
                      struct tidy_failure **ret_failure)
{
    if (ret_failure)
        *ret_failure = tidy_failure_new(code,
                                        "%s while waiting for \"%s\"",
                                        tidy_strerror(code),
                                        tidy_deferred_what(deferred));
    return code;
}

int tidy_loop_await(struct tidy_loop *loop,
                    struct tidy_deferred *deferred,
                    uint64_t limit_ns,
                    void **ret_value,
                    struct tidy_failure **ret_failure)
{
    int result;

    TIDY_REQUIRE(loop, "tidy_loop_await: the loop is NULL");
    if (!deferred) {
        if (ret_failure)
            *ret_failure = tidy_failure_new(-ENOMEM, NULL);
        return -ENOMEM;
    }
    result = tidy__loop_run_until(loop, has_fired, deferred, limit_ns);
    if (result == 0)
        result = take_outcome(deferred, ret_value, ret_failure);
    else
        fail_await(result, deferred, ret_failure);
    tidy_deferred_unref(deferred);
    return result;
}
