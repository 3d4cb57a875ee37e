/* SPDX-License-Identifier: MIT */
/*
 * Tasks for the end of a turn.
 *
 * They run from libuv's check phase, right after the callbacks of the turn's
 * input, or from an idle handle when they were posted elsewhere (a timer, a
 * close callback, the test's body). The idle handle is active exactly while
 * tasks wait: it keeps the loop alive and from blocking. Tasks for after the
 * poll join the others in the check phase.
 */
#include "net/task.h"

#include "base/misuse.h"
#include "net/loop.h"

#include <utlist.h>

/* More tasks than this in one turn is two callbacks posting each other. */
#define MAX_TASKS_PER_TURN 1000000

static void on_idle(uv_idle_t *idle)
{
    tidy__tasks_run(idle->data);
}

static void start_idling(struct tidy_loop *loop)
{
    if (!uv_is_active((uv_handle_t *)&loop->idle_handle))
        uv_idle_start(&loop->idle_handle, on_idle);
}

void tidy__task_post(struct tidy_loop *loop, struct tidy__task *task)
{
    if (task->is_posted || loop->is_condemned)
        return;
    task->is_posted = true;
    DL_APPEND(loop->tasks, task);
    start_idling(loop);
}

void tidy__task_post_after_poll(struct tidy_loop *loop, struct tidy__task *task)
{
    if (task->is_posted || loop->is_condemned)
        return;
    task->is_posted = true;
    task->is_after_poll = true;
    DL_APPEND(loop->tasks_after_poll, task);
    start_idling(loop);
}

void tidy__task_withdraw(struct tidy_loop *loop, struct tidy__task *task)
{
    if (!task->is_posted)
        return;
    task->is_posted = false;
    if (task->is_after_poll)
        DL_DELETE(loop->tasks_after_poll, task);
    else
        DL_DELETE(loop->tasks, task);
    task->is_after_poll = false;
}

void tidy__tasks_polled(struct tidy_loop *loop)
{
    struct tidy__task *task;

    while ((task = loop->tasks_after_poll) != NULL) {
        tidy__task_withdraw(loop, task);
        tidy__task_post(loop, task);
    }
}

static void run_all(struct tidy_loop *loop)
{
    struct tidy__task *task;
    int n_left = MAX_TASKS_PER_TURN;

    while ((task = loop->tasks) != NULL) {
        TIDY_REQUIRE(n_left-- > 0,
                     "tidy_loop: a turn does not end: callbacks "
                     "keep asking for more work");
        tidy__task_withdraw(loop, task);
        task->run(task);
    }
}

void tidy__tasks_run(struct tidy_loop *loop)
{
    TIDY__INSIDE(loop, run_all(loop));
    if (!loop->tasks_after_poll &&
        uv_is_active((uv_handle_t *)&loop->idle_handle))
        uv_idle_stop(&loop->idle_handle);
}
