/* SPDX-License-Identifier: MIT */
/*
 * Tasks for the end of a turn: order, posting twice, and when they run.
 */
#include "net/loop.h"
#include "net/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    uv_loop_t uv;
    struct tidy_loop *loop;
    char notes[64];
};

struct job {
    struct tidy__task task;
    struct fixture *fixture;
    char name;
    struct job *posts;     /* in its run; NULL: none */
    struct job *withdraws; /* in its run; NULL: none */
};

static int set_up(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    *state = &fixture;
    return uv_loop_init(&fixture.uv) < 0 ||
           tidy_loop_new(&fixture.uv, &fixture.loop) < 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    tidy_loop_free(f->loop);
    return uv_loop_close(&f->uv);
}

static void note(struct fixture *f, char name)
{
    f->notes[strlen(f->notes)] = name;
}

static void run_job(struct tidy__task *task)
{
    struct job *job = tidy_container_of(task, struct job, task);

    note(job->fixture, job->name);
    if (job->posts)
        tidy__task_post(job->fixture->loop, &job->posts->task);
    if (job->withdraws)
        tidy__task_withdraw(job->fixture->loop, &job->withdraws->task);
}

static struct job job_of(struct fixture *f, char name)
{
    return (
        struct job){ .task = { .run = run_job }, .fixture = f, .name = name };
}

/* Tasks run in the order in which they were posted, each once, however often it
 * was posted. */
static void tasks_run_once_in_order(void **state)
{
    struct fixture *f = *state;
    struct job a = job_of(f, 'a'), b = job_of(f, 'b');

    tidy__task_post(f->loop, &b.task);
    tidy__task_post(f->loop, &a.task);
    tidy__task_post(f->loop, &b.task);
    assert_string_equal(f->notes, "");
    tidy_loop_turn(f->loop);
    assert_string_equal(f->notes, "ba");
    tidy_loop_turn(f->loop);
    assert_string_equal(f->notes, "ba");
}

/* What a task posts runs in the same turn, also itself once more. */
static void tasks_may_post_tasks(void **state)
{
    struct fixture *f = *state;
    struct job a = job_of(f, 'a'), b = job_of(f, 'b');

    a.posts = &b;
    tidy__task_post(f->loop, &a.task);
    tidy_loop_turn(f->loop);
    assert_string_equal(f->notes, "ab");
    tidy__task_post(f->loop, &a.task);
    tidy_loop_turn(f->loop);
    assert_string_equal(f->notes, "abab");
}

/* A task that was withdrawn does not run, also when another task does so. */
static void withdrawn_tasks_do_not_run(void **state)
{
    struct fixture *f = *state;
    struct job a = job_of(f, 'a'), b = job_of(f, 'b'), c = job_of(f, 'c');

    a.withdraws = &b;
    tidy__task_post(f->loop, &a.task);
    tidy__task_post(f->loop, &b.task);
    tidy__task_post(f->loop, &c.task);
    tidy__task_withdraw(f->loop, &c.task);
    tidy__task_withdraw(f->loop, &c.task);
    tidy_loop_turn(f->loop);
    assert_string_equal(f->notes, "a");
}

/* A waiting task keeps the loop alive and from blocking; then neither. */
static void tasks_keep_the_loop_alive(void **state)
{
    struct fixture *f = *state;
    struct job a = job_of(f, 'a');

    tidy__task_post(f->loop, &a.task);
    assert_true(uv_loop_alive(&f->uv));
    tidy__loop_run(f->loop, UV_RUN_DEFAULT);
    assert_string_equal(f->notes, "a");
    assert_false(uv_loop_alive(&f->uv));
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    note(poll->data, 'i');
    uv_close((uv_handle_t *)poll, NULL);
}

/* A descriptor of which the loop will read, at its next look. */
static void watch_ready_fd(struct fixture *f, uv_poll_t *poll, int ret_fds[2])
{
    assert_int_equal(pipe(ret_fds), 0);
    assert_int_equal(write(ret_fds[1], "x", 1), 1);
    assert_int_equal(uv_poll_init(&f->uv, poll, ret_fds[0]), 0);
    poll->data = f;
    uv_poll_start(poll, UV_READABLE, on_poll);
}

/* A task for after the poll runs when what has arrived was looked at, one that
 * was posted outside the loop may come before. */
static void tasks_may_wait_for_the_poll(void **state)
{
    struct fixture *f = *state;
    struct job before = job_of(f, 'b'), after = job_of(f, 'a');
    uv_poll_t poll;
    int fds[2];

    watch_ready_fd(f, &poll, fds);
    tidy__task_post_after_poll(f->loop, &after.task);
    tidy__task_post_after_poll(f->loop, &after.task);
    tidy__task_post(f->loop, &before.task);
    tidy_loop_turn(f->loop);
    tidy_loop_turn(f->loop);
    assert_string_equal(f->notes, "bia");
    close(fds[0]);
    close(fds[1]);
}

/* Such a task keeps the loop alive, too, and can be withdrawn. */
static void tasks_after_the_poll_can_be_withdrawn(void **state)
{
    struct fixture *f = *state;
    struct job a = job_of(f, 'a');

    tidy__task_post_after_poll(f->loop, &a.task);
    assert_true(uv_loop_alive(&f->uv));
    tidy__task_withdraw(f->loop, &a.task);
    tidy_loop_turn(f->loop);
    tidy_loop_turn(f->loop);
    assert_string_equal(f->notes, "");
    assert_false(uv_loop_alive(&f->uv));
    tidy__task_post(f->loop, &a.task);
    tidy_loop_turn(f->loop);
    assert_string_equal(f->notes, "a");
}

static int n_posted;

static void post_again(struct tidy__task *task)
{
    struct job *job = tidy_container_of(task, struct job, task);

    n_posted++;
    tidy__task_post(job->fixture->loop, task);
}

static void stop(uv_timer_t *timer)
{
    struct job *job = timer->data;

    tidy__task_withdraw(job->fixture->loop, &job->task);
    uv_close((uv_handle_t *)timer, NULL);
}

/* Tasks that ask for more and more keep nothing else from happening. */
static void a_turn_has_an_end(void **state)
{
    struct fixture *f = *state;
    struct job a = job_of(f, 'a');
    uv_timer_t timer;

    n_posted = 0;
    a.task.run = post_again;
    tidy__task_post(f->loop, &a.task);
    uv_timer_init(&f->uv, &timer);
    timer.data = &a;
    uv_timer_start(&timer, stop, 2, 0);
    uv_run(&f->uv, UV_RUN_DEFAULT);
    assert_true(n_posted > 1);
    assert_false(uv_loop_alive(&f->uv));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tasks_run_once_in_order),
        TEST(tasks_may_post_tasks),
        TEST(withdrawn_tasks_do_not_run),
        TEST(tasks_keep_the_loop_alive),
        TEST(tasks_may_wait_for_the_poll),
        TEST(tasks_after_the_poll_can_be_withdrawn),
        TEST(a_turn_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
