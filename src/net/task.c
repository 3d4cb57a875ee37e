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

#include "net/loop.h"

#include <utlist.h>

/* How often tasks may ask for more in one turn. Then timers and what has arrived
 * have their turn, too: two callbacks may ask each other for ever. */
#define MAX_ROUNDS_PER_TURN 16

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
    task->round = loop->task_round;
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

/* Those that are posted now, and not those that they post. */
static void run_round(struct tidy_loop *loop)
{
    struct tidy__task *task;

    loop->task_round++;
    while ((task = loop->tasks) != NULL && task->round != loop->task_round) {
        tidy__task_withdraw(loop, task);
        task->run(task);
    }
}

static void run_all(struct tidy_loop *loop)
{
    int n_left = MAX_ROUNDS_PER_TURN;

    while (loop->tasks && n_left-- > 0)
        run_round(loop);
}

void tidy__tasks_run(struct tidy_loop *loop)
{
    TIDY__INSIDE(loop, run_all(loop));
    if (!loop->tasks && !loop->tasks_after_poll &&
        uv_is_active((uv_handle_t *)&loop->idle_handle))
        uv_idle_stop(&loop->idle_handle);
}
