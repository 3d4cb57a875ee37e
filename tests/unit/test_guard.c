/* SPDX-License-Identifier: MIT */
#include "base/guard.h"
#include "support/death.h"

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void note_that_it_is_active(bool *is_active)
{
    *is_active = tidy__guard_is_active();
}

/* A guard is there while the callback runs, and not before or after. */
static void guard_is_there_during_the_call(void **state)
{
    static bool is_active = false;

    (void)state;
    assert_false(tidy__guard_is_active());
    TIDY__GUARDED(note_that_it_is_active(&is_active));
    assert_true(is_active);
    assert_false(tidy__guard_is_active());
}

static void leave_early(volatile int *progress)
{
    *progress = 1;
    tidy__guard_leave();
    *progress = 2;
}

/* A callback that is left goes no further, and its caller goes on. */
static void leaving_ends_the_callback(void **state)
{
    volatile int progress = 0;
    volatile bool has_returned = false;

    (void)state;
    TIDY__GUARDED(leave_early(&progress); has_returned = true);
    assert_int_equal(progress, 1);
    assert_false(has_returned);
    assert_false(tidy__guard_is_active());
}

static void leave_inside(volatile int *progress)
{
    TIDY__GUARDED(leave_early(progress));
    *progress += 10;
}

/* Only the innermost callback is left. */
static void leaving_ends_only_the_innermost(void **state)
{
    volatile int progress = 0;

    (void)state;
    TIDY__GUARDED(leave_inside(&progress); progress += 100);
    assert_int_equal(progress, 111);
    assert_false(tidy__guard_is_active());
}

/* When somebody else has jumped over all guards, they can be forgotten. */
static void guards_can_be_forgotten(void **state)
{
    static jmp_buf env;

    (void)state;
    if (!_setjmp(env))
        TIDY__GUARDED(_longjmp(env, 1));
    assert_true(tidy__guard_is_active());
    tidy__guard_reset();
    assert_false(tidy__guard_is_active());
}

static void *ask_in_a_thread(void *arg)
{
    note_that_it_is_active(arg);
    return NULL;
}

static void ask_another_thread(bool *is_active)
{
    pthread_t thread;

    pthread_create(&thread, NULL, ask_in_a_thread, is_active);
    pthread_join(thread, NULL);
}

/* Another thread does not see our guards. */
static void guards_belong_to_a_thread(void **state)
{
    static bool is_active = true;

    (void)state;
    TIDY__GUARDED(ask_another_thread(&is_active));
    assert_false(is_active);
}

static void look_around(bool *is_active, bool *can_leave)
{
    *is_active = tidy__guard_is_active();
    *can_leave = tidy__guard_can_leave();
}

/* A body can be left, but is not a callback: in it the loop may run. */
static void body_is_no_callback(void **state)
{
    static bool is_active, can_leave;
    volatile int progress = 0;

    (void)state;
    TIDY__GUARDED_BODY(look_around(&is_active, &can_leave));
    assert_false(is_active);
    assert_true(can_leave);
    assert_false(tidy__guard_can_leave());

    TIDY__GUARDED_BODY(leave_early(&progress));
    assert_int_equal(progress, 1);
    assert_false(tidy__guard_can_leave());
}

static void look_from_a_callback(bool *is_active, bool *can_leave)
{
    TIDY__GUARDED(look_around(is_active, can_leave));
}

/* A callback that runs in a body is one. */
static void callback_in_a_body_is_one(void **state)
{
    static bool is_active, can_leave;

    (void)state;
    TIDY__GUARDED_BODY(look_from_a_callback(&is_active, &can_leave));
    assert_true(is_active);
    assert_true(can_leave);
}

static void leave_nothing(void *arg)
{
    (void)arg;
    tidy__guard_leave();
}

/* Leaving a callback when none runs is misuse. */
static void leaving_nothing_aborts(void **state)
{
    (void)state;
    assert_dies(
        leave_nothing, NULL, "tidy__guard_leave: no callback is running");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guard_is_there_during_the_call),
        cmocka_unit_test(leaving_ends_the_callback),
        cmocka_unit_test(leaving_ends_only_the_innermost),
        cmocka_unit_test(guards_can_be_forgotten),
        cmocka_unit_test(guards_belong_to_a_thread),
        cmocka_unit_test(body_is_no_callback),
        cmocka_unit_test(callback_in_a_body_is_one),
        cmocka_unit_test(leaving_nothing_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
