/* SPDX-License-Identifier: MIT */
/*
 * Handles in memory that is no longer theirs. Where a frame of the stack is to
 * be "left", the test only says so, and unlinks the handle before it goes on.
 */
#include "fixture/leftovers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    uv_loop_t uv;
    struct tidy_loop *loop;
};

static int set_up(void **state)
{
    static struct fixture fixture;

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

static void close_timer(struct fixture *f, uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, NULL);
    tidy_loop_turn(f->loop);
}

/* The address from which a handle is further down the stack. */
static const void *behind(const uv_timer_t *timer)
{
    return timer + 1;
}

/* Handles on the heap, of static storage, and our own are sound. */
static void handles_elsewhere_are_sound(void **state)
{
    static uv_timer_t fixed;
    struct fixture *f = *state;
    uv_timer_t *allocated = malloc(sizeof(*allocated));

    uv_timer_init(&f->uv, &fixed);
    uv_timer_init(&f->uv, allocated);
    assert_int_equal(
        tidy__find_unsound_handle(f->loop, __builtin_frame_address(0)),
        TIDY__HANDLES_SOUND);
    close_timer(f, &fixed);
    close_timer(f, allocated);
    free(allocated);
}

/* One whose memory has another owner is not: its loop is no more there. */
static void overwritten_handles_are_found(void **state)
{
    static uv_timer_t timer;
    struct fixture *f = *state;

    uv_timer_init(&f->uv, &timer);
    timer.loop = NULL;
    assert_int_equal(
        tidy__find_unsound_handle(f->loop, __builtin_frame_address(0)),
        TIDY__HANDLE_IN_FREED_MEMORY);
    timer.loop = &f->uv;
    close_timer(f, &timer);
}

/* A handle below the frame that was left is not, one above it is. */
static void handles_on_the_left_stack_are_found(void **state)
{
    struct fixture *f = *state;
    uv_timer_t *timer = __builtin_alloca(sizeof(*timer));

    uv_timer_init(&f->uv, timer);
    assert_int_equal(tidy__find_unsound_handle(f->loop, behind(timer)),
                     TIDY__HANDLE_ON_LEFT_STACK);
    assert_int_equal(tidy__find_unsound_handle(f->loop, timer),
                     TIDY__HANDLES_SOUND);
    close_timer(f, timer);
}

/* It is found among sound ones, too. */
static void one_among_many_is_found(void **state)
{
    struct fixture *f = *state;
    uv_timer_t *timer = __builtin_alloca(sizeof(*timer));
    static uv_timer_t before, after;

    uv_timer_init(&f->uv, &before);
    uv_timer_init(&f->uv, timer);
    uv_timer_init(&f->uv, &after);
    assert_int_equal(tidy__find_unsound_handle(f->loop, behind(timer)),
                     TIDY__HANDLE_ON_LEFT_STACK);
    close_timer(f, timer);
    assert_int_equal(
        tidy__find_unsound_handle(f->loop, __builtin_frame_address(0)),
        TIDY__HANDLES_SOUND);
    close_timer(f, &before);
    close_timer(f, &after);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(handles_elsewhere_are_sound),
        TEST(overwritten_handles_are_found),
        TEST(handles_on_the_left_stack_are_found),
        TEST(one_among_many_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
