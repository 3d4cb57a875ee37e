/* SPDX-License-Identifier: MIT */
/*
 * Our part of a libuv loop.
 *
 * Five handles are added to the user's loop, none of which keeps it alive: a
 * prepare and a check handle around the poll, the check and an idle handle for
 * the end of a turn (task.c), a timer for the await that is running, and one for
 * all our alarms (alarm.c). They are closed, with everything else of ours, when
 * the struct is freed; n_handles counts what libuv still holds.
 *
 * The user may turn the loop by uv_run(), as his own code does. What libuv calls
 * us for then is inside the loop all the same (TIDY__INSIDE), and so is a raw
 * callback of his that comes from the poll.
 */
#include "net/loop.h"

#include "base/alloc.h"
#include "base/guard.h"
#include "base/misuse.h"
#include "base/process.h"
#include "net/call.h"
#include "net/connector.h"
#include "net/listener.h"
#include "net/transport.h"

#include <stdlib.h>
#include <utlist.h>

/* Those that add_handles() adds. */
#define N_OWN_HANDLES 5

static void on_prepare(uv_prepare_t *prepare)
{
    struct tidy_loop *loop = prepare->data;

    loop->is_polling = true;
}

static void on_check(uv_check_t *check)
{
    struct tidy_loop *loop = check->data;

    loop->is_polling = false;
    tidy__tasks_polled(loop);
    tidy__tasks_run(loop);
}

static void on_handle_closed(uv_handle_t *handle)
{
    tidy__loop_handle_closed(handle->data);
}

static void add_handle(struct tidy_loop *loop, uv_handle_t *handle)
{
    handle->data = loop;
    uv_unref(handle);
    tidy__loop_handle_opened(loop);
}

/* None of these can fail: libuv only links the handles into its lists. */
static void add_handles(struct tidy_loop *loop)
{
    uv_prepare_init(loop->uv, &loop->prepare_handle);
    uv_check_init(loop->uv, &loop->check_handle);
    uv_idle_init(loop->uv, &loop->idle_handle);
    uv_timer_init(loop->uv, &loop->limit_timer);
    uv_timer_init(loop->uv, &loop->alarm_timer);
    add_handle(loop, (uv_handle_t *)&loop->prepare_handle);
    add_handle(loop, (uv_handle_t *)&loop->check_handle);
    add_handle(loop, (uv_handle_t *)&loop->idle_handle);
    add_handle(loop, (uv_handle_t *)&loop->limit_timer);
    add_handle(loop, (uv_handle_t *)&loop->alarm_timer);
    loop->drain_alarm.ring = tidy__drain_on_alarm;
    uv_prepare_start(&loop->prepare_handle, on_prepare);
    uv_check_start(&loop->check_handle, on_check);
    /* These two keep the loop alive while they are active. */
    uv_ref((uv_handle_t *)&loop->idle_handle);
    uv_ref((uv_handle_t *)&loop->alarm_timer);
}

int tidy_loop_new(struct uv_loop_s *uv, struct tidy_loop **ret_loop)
{
    TIDY_CLEANUP(tidy__deallocp) struct tidy_loop *loop = NULL;

    TIDY_REQUIRE(uv, "tidy_loop_new: the loop is NULL");
    TIDY_REQUIRE(ret_loop, "tidy_loop_new: ret_loop is NULL");
    loop = tidy__zalloc(sizeof(*loop));
    if (!loop)
        return -ENOMEM;
    loop->read_buf = tidy__alloc(TIDY__READ_SIZE);
    if (!loop->read_buf)
        return -ENOMEM;
    loop->uv = uv;
    loop->generation = tidy__process_generation();
    tidy__ledger_init(&loop->ledger);
    tidy__group_init(&loop->own_group, loop, NULL);
    add_handles(loop);
    tidy__sigpipe_ignore(&loop->sigpipe);
    *ret_loop = TIDY_STEAL(&loop);
    return 0;
}

struct uv_loop_s *tidy_loop_uv(const struct tidy_loop *loop)
{
    TIDY_REQUIRE(loop, "tidy_loop_uv: the loop is NULL");
    return loop->uv;
}

struct tidy_ledger *tidy_loop_ledger(const struct tidy_loop *loop)
{
    TIDY_REQUIRE(loop, "tidy_loop_ledger: the loop is NULL");
    /* The ledger is a part of the loop that its readers may write. */
    return (struct tidy_ledger *)(uintptr_t)&loop->ledger;
}

uint64_t tidy_loop_now_ns(const struct tidy_loop *loop)
{
    TIDY_REQUIRE(loop, "tidy_loop_now_ns: the loop is NULL");
    return TIDY_MS(uv_now(loop->uv));
}

void tidy__loop_handle_opened(struct tidy_loop *loop)
{
    loop->n_handles++;
}

void tidy__loop_handle_closed(struct tidy_loop *loop)
{
    loop->n_handles--;
}

bool tidy__loop_owns(const struct tidy_loop *loop, const uv_handle_t *handle)
{
    return handle == (const uv_handle_t *)&loop->prepare_handle ||
           handle == (const uv_handle_t *)&loop->check_handle ||
           handle == (const uv_handle_t *)&loop->idle_handle ||
           handle == (const uv_handle_t *)&loop->limit_timer ||
           handle == (const uv_handle_t *)&loop->alarm_timer;
}

bool tidy__loop_is_in_uv(const struct tidy_loop *loop)
{
    return loop->is_running || loop->is_polling;
}

void tidy__loop_left(struct tidy_loop *loop)
{
    loop->is_running = true;
}

bool tidy__loop_is_inside(const struct tidy_loop *loop)
{
    return tidy__loop_is_in_uv(loop) || tidy__guard_is_active();
}

int tidy__loop_run(struct tidy_loop *loop, uv_run_mode mode)
{
    int is_alive;

    TIDY_REQUIRE(loop->generation == tidy__process_generation(),
                 "tidy_loop: used in another process than the one that made "
                 "it; make the loop in the test's own set-up");
    loop->is_running = true;
    is_alive = uv_run(loop->uv, mode);
    /* What the close callbacks posted need not wait for another turn. */
    tidy__tasks_run(loop);
    loop->is_running = false;
    return is_alive;
}

void tidy__loop_keep(struct tidy_loop *loop, struct tidy__memory *memory)
{
    memory->next = loop->kept;
    loop->kept = memory;
}

static void free_kept(struct tidy_loop *loop)
{
    struct tidy__memory *memory;

    while ((memory = loop->kept) != NULL) {
        loop->kept = memory->next;
        tidy__dealloc(memory);
    }
}

void tidy__loop_stop(struct tidy_loop *loop)
{
    loop->is_stopped = true;
    uv_stop(loop->uv);
}

static void end_transports(struct tidy_loop *loop)
{
    struct tidy__group *group;
    struct tidy_transport *transport;

    DL_FOREACH(loop->groups, group) {
        DL_FOREACH(group->transports, transport)
            tidy_transport_abort(transport);
    }
}

/* An owner may end several groups at once. */
static void end_groups(struct tidy_loop *loop)
{
    struct tidy__group *group = loop->groups;

    while (group) {
        if (group->ops && group->ops->loop_ended) {
            group->ops->loop_ended(group);
            group = loop->groups;
        } else {
            group = group->next;
        }
    }
}

static void end_handles(struct tidy_loop *loop)
{
    uv_close((uv_handle_t *)&loop->prepare_handle, on_handle_closed);
    uv_close((uv_handle_t *)&loop->check_handle, on_handle_closed);
    uv_close((uv_handle_t *)&loop->idle_handle, on_handle_closed);
    uv_close((uv_handle_t *)&loop->limit_timer, on_handle_closed);
    uv_close((uv_handle_t *)&loop->alarm_timer, on_handle_closed);
}

struct tidy_loop *tidy_loop_free(struct tidy_loop *loop)
{
    if (!loop)
        return NULL;
    TIDY_REQUIRE(!tidy__loop_is_inside(loop),
                 "tidy_loop_free: called from a callback");
    loop->is_ending = true;
    while (loop->connectors)
        tidy__connector_cancel(loop->connectors, TIDY_ECANCELLED);
    while (loop->listeners)
        tidy__listener_end(loop->listeners);
    end_transports(loop);
    while (loop->calls)
        tidy__call_drop(loop->calls);
    /* What is open now closes within two turns; then our own handles. */
    while (loop->n_handles > N_OWN_HANDLES)
        tidy__loop_run(loop, UV_RUN_ONCE);
    tidy__tasks_run(loop);
    end_groups(loop);
    end_handles(loop);
    while (loop->n_handles > 0)
        tidy__loop_run(loop, UV_RUN_ONCE);
    tidy__group_deinit(&loop->own_group, loop);
    tidy__ledger_deinit(&loop->ledger);
    tidy__sigpipe_restore(&loop->sigpipe);
    tidy__dealloc(loop->read_buf);
    free_kept(loop);
    return tidy__dealloc(loop);
}
