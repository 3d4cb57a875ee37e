/* SPDX-License-Identifier: MIT */
/*
 * Calls at a later time, and the time limit of a deferred, which is one.
 *
 * A call leaves the loop's list the moment it runs or is cancelled; its memory
 * goes once libuv has closed the timer.
 */
#include "net/call.h"

#include "base/alloc.h"
#include "base/guard.h"
#include "base/misuse.h"
#include "net/loop.h"

#include <errno.h>
#include <utlist.h>

static void on_closed(uv_handle_t *handle)
{
    struct tidy_call *call = handle->data;

    tidy__loop_handle_closed(call->loop);
    tidy__dealloc(call);
}

static void run(struct tidy__task *task)
{
    struct tidy_call *call = tidy_container_of(task, struct tidy_call, task);
    tidy_call_cb cb = call->cb;
    void *arg = call->arg;

    tidy_call_cancel(call);
    TIDY__GUARDED(cb(arg));
}

/* libuv goes on with its timers until none is due, so a callback that asks for
 * another call at once would keep everything else from happening. */
static void on_due(uv_timer_t *timer)
{
    struct tidy_call *call = timer->data;

    tidy__task_post(call->loop, &call->task);
}

int tidy_call_later_at(struct tidy_loop *loop,
                       uint64_t delay_ns,
                       tidy_call_cb cb,
                       void *arg,
                       struct tidy_call **ret_call,
                       const char *file,
                       int line)
{
    struct tidy_call *call;

    TIDY_REQUIRE(loop, "tidy_call_later: the loop is NULL");
    TIDY_REQUIRE(cb, "tidy_call_later: the callback is NULL");
    if (loop->is_condemned)
        return TIDY_ECONDEMNED;
    if (loop->is_ending)
        return -ESHUTDOWN;
    call = tidy__alloc(sizeof(*call));
    if (!call)
        return -ENOMEM;
    *call = (struct tidy_call){ .loop = loop,
                                .task = { .run = run },
                                .cb = cb,
                                .arg = arg,
                                .file = file,
                                .line = line };
    uv_timer_init(loop->uv, &call->timer);
    tidy__loop_handle_opened(loop);
    call->timer.data = call;
    uv_update_time(loop->uv);
    uv_timer_start(&call->timer,
                   on_due,
                   delay_ns / TIDY_MS(1) + (delay_ns % TIDY_MS(1) != 0),
                   0);
    DL_APPEND(loop->calls, call);
    if (ret_call)
        *ret_call = call;
    return 0;
}

struct tidy_call *tidy_call_cancel(struct tidy_call *call)
{
    if (!call)
        return NULL;
    TIDY_REQUIRE(!call->is_ended,
                 "tidy_call_cancel: the call has been made, or was cancelled, "
                 "before");
    call->is_ended = true;
    DL_DELETE(call->loop->calls, call);
    tidy__task_withdraw(call->loop, &call->task);
    if (call->loop->is_condemned)
        return NULL;
    uv_close((uv_handle_t *)&call->timer, on_closed);
    return NULL;
}

void tidy__call_drop(struct tidy_call *call)
{
    void (*dropped)(void *arg) = call->dropped;
    void *arg = call->arg;

    tidy_call_cancel(call);
    if (dropped)
        dropped(arg);
}

struct tidy_call *tidy__call_of(const struct tidy_loop *loop,
                                const uv_handle_t *handle)
{
    struct tidy_call *call;

    DL_FOREACH(loop->calls, call) {
        if ((const uv_handle_t *)&call->timer == handle)
            return call;
    }
    return NULL;
}

/* The time limit of a deferred: whichever ends first ends the other. */
struct limit {
    struct tidy_deferred *deferred; /* a reference; NULL once it has fired */
    struct tidy_call *call;         /* NULL once it has run */
    uint64_t limit_ns;
    const char *file;
    int line;
};

static void on_limit(void *arg)
{
    struct limit *limit = arg;
    struct tidy_deferred *deferred = tidy_deferred_ref(limit->deferred);

    limit->call = NULL;
    tidy_deferred_cancel_with(
        deferred,
        tidy_failure_new_at(
            -ETIMEDOUT,
            limit->file,
            limit->line,
            "\"%s\" did not come within %llu ms",
            tidy_deferred_what(deferred),
            (unsigned long long)(limit->limit_ns / TIDY_MS(1))));
    tidy_deferred_unref(deferred);
}

/* No limit will end it, and nothing else can: the loop is gone. */
static void on_dropped(void *arg)
{
    struct limit *limit = arg;
    struct tidy_deferred *deferred = tidy_deferred_ref(limit->deferred);

    limit->call = NULL;
    tidy_deferred_cancel(deferred);
    tidy_deferred_unref(deferred);
}

static struct tidy_deferred *on_fired(struct tidy_result *result, void *arg)
{
    struct limit *limit = arg;

    (void)result;
    tidy_call_cancel(limit->call);
    tidy_deferred_unref(limit->deferred);
    tidy__dealloc(limit);
    return NULL;
}

int tidy_deferred_timeout_at(struct tidy_deferred *deferred,
                             struct tidy_loop *loop,
                             uint64_t limit_ns,
                             const char *file,
                             int line)
{
    struct limit *limit;
    int result;

    TIDY_REQUIRE(loop, "tidy_deferred_timeout: the loop is NULL");
    if (!deferred)
        return -ENOMEM;
    if (tidy__deferred_is_done(deferred))
        return 0;
    limit = tidy__alloc(sizeof(*limit));
    if (!limit)
        return -ENOMEM;
    *limit = (struct limit){ .deferred = tidy_deferred_ref(deferred),
                             .limit_ns = limit_ns,
                             .file = file,
                             .line = line };
    result = tidy_call_later_at(
        loop, limit_ns, on_limit, limit, &limit->call, file, line);
    if (result == 0)
        result = tidy_deferred_add_both(deferred, on_fired, limit);
    if (result == 0) {
        limit->call->dropped = on_dropped;
        return 0;
    }
    tidy_call_cancel(limit->call);
    tidy_deferred_unref(limit->deferred);
    tidy__dealloc(limit);
    return result;
}
