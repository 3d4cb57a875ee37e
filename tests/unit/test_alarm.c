/* SPDX-License-Identifier: MIT */
/*
 * Alarms: which rings when. The times are of milliseconds; what is compared is
 * their order and the loop's own clock.
 */
#include "net/alarm.h"
#include "net/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    uv_loop_t uv;
    struct tidy_loop *loop;
    char notes[64];
};

struct bell {
    struct tidy__alarm alarm;
    struct fixture *fixture;
    char name;
    uint64_t rang_ms;
    struct bell *sets; /* when it rings, to ring in sets_ms; NULL: none */
    uint64_t sets_ms;
    struct bell *clears; /* when it rings; NULL: none */
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

static void on_ring(struct tidy__alarm *alarm)
{
    struct bell *bell = tidy_container_of(alarm, struct bell, alarm);
    struct fixture *f = bell->fixture;

    f->notes[strlen(f->notes)] = bell->name;
    bell->rang_ms = uv_now(&f->uv);
    if (bell->sets)
        tidy__alarm_set(f->loop, &bell->sets->alarm, bell->sets_ms);
    if (bell->clears)
        tidy__alarm_clear(f->loop, &bell->clears->alarm);
}

static struct bell bell_of(struct fixture *f, char name)
{
    return (struct bell){ .alarm = { .ring = on_ring },
                          .fixture = f,
                          .name = name };
}

static void set(struct bell *bell, uint64_t delay_ms)
{
    tidy__alarm_set(bell->fixture->loop, &bell->alarm, delay_ms);
}

/* Until nothing keeps the loop alive. */
static void run(struct fixture *f)
{
    tidy__loop_run(f->loop, UV_RUN_DEFAULT);
}

/* Alarms ring in the order of their times, whatever the order of setting, and
 * never early. */
static void alarms_ring_in_order_of_time(void **state)
{
    struct fixture *f = *state;
    struct bell a = bell_of(f, 'a'), b = bell_of(f, 'b'), c = bell_of(f, 'c');
    uint64_t start_ms = uv_now(&f->uv);

    set(&b, 3);
    set(&c, 5);
    set(&a, 1);
    assert_string_equal(f->notes, "");
    run(f);
    assert_string_equal(f->notes, "abc");
    assert_true(a.rang_ms >= start_ms + 1);
    assert_true(c.rang_ms >= start_ms + 5);
}

/* Those of the same instant ring in the order in which they were set. */
static void same_instant_rings_in_order_of_setting(void **state)
{
    struct fixture *f = *state;
    struct bell a = bell_of(f, 'a'), b = bell_of(f, 'b'), c = bell_of(f, 'c');
    struct bell d = bell_of(f, 'd');

    set(&d, 2);
    set(&c, 1);
    set(&a, 1);
    set(&b, 1);
    run(f);
    assert_string_equal(f->notes, "cabd");
}

/* An alarm that is set anew rings once, at the new time, in the new place. */
static void setting_anew_moves_it(void **state)
{
    struct fixture *f = *state;
    struct bell a = bell_of(f, 'a'), b = bell_of(f, 'b');

    set(&a, 0);
    set(&b, 0);
    set(&a, 0);
    run(f);
    assert_string_equal(f->notes, "ba");
    set(&a, 1);
    set(&b, 2);
    set(&a, 3);
    run(f);
    assert_string_equal(f->notes, "baba");
}

/* A cleared alarm does not ring; clearing it again does nothing. */
static void cleared_alarms_do_not_ring(void **state)
{
    struct fixture *f = *state;
    struct bell a = bell_of(f, 'a'), b = bell_of(f, 'b');

    set(&a, 0);
    set(&b, 1);
    tidy__alarm_clear(f->loop, &a.alarm);
    tidy__alarm_clear(f->loop, &a.alarm);
    assert_false(a.alarm.is_set);
    run(f);
    assert_string_equal(f->notes, "b");
    tidy__alarm_clear(f->loop, &b.alarm);
}

/* A set alarm keeps the loop alive; a cleared one does not. */
static void set_alarms_keep_the_loop_alive(void **state)
{
    struct fixture *f = *state;
    struct bell a = bell_of(f, 'a'), b = bell_of(f, 'b');

    assert_false(uv_loop_alive(&f->uv));
    set(&a, 3600000);
    set(&b, 7200000);
    tidy__alarm_clear(f->loop, &a.alarm);
    assert_true(uv_loop_alive(&f->uv));
    tidy__alarm_clear(f->loop, &b.alarm);
    assert_false(uv_loop_alive(&f->uv));
}

/* When the first one is cleared, the next one is in time. */
static void the_next_one_does_not_wait_for_a_cleared_one(void **state)
{
    struct fixture *f = *state;
    struct bell a = bell_of(f, 'a'), b = bell_of(f, 'b');

    set(&a, 3600000);
    set(&b, 1);
    tidy__alarm_clear(f->loop, &a.alarm);
    run(f);
    assert_string_equal(f->notes, "b");
}

/* One that is set to 0 while alarms ring waits for the next turn, so that the
 * loop goes on. */
static void set_from_a_ring_waits_for_the_next_turn(void **state)
{
    struct fixture *f = *state;
    struct bell a = bell_of(f, 'a'), b = bell_of(f, 'b');

    a.sets = &a;
    b.sets = &b;
    set(&a, 0);
    set(&b, 0);
    tidy_loop_turn(f->loop);
    assert_string_equal(f->notes, "ab");
    a.sets = b.sets = NULL;
    run(f);
    assert_string_equal(f->notes, "abab");
}

/* One that is due at the same instant can still be cleared or put off. */
static void a_ring_may_clear_and_put_off_others(void **state)
{
    struct fixture *f = *state;
    struct bell a = bell_of(f, 'a'), b = bell_of(f, 'b'), c = bell_of(f, 'c');

    a.clears = &b;
    a.sets = &c;
    a.sets_ms = 1;
    set(&a, 0);
    set(&b, 0);
    set(&c, 0);
    tidy_loop_turn(f->loop);
    assert_string_equal(f->notes, "a");
    run(f);
    assert_string_equal(f->notes, "ac");
}

/* The last alarm may set another one: the loop goes on for it. */
static void the_last_ring_may_set_one(void **state)
{
    struct fixture *f = *state;
    struct bell a = bell_of(f, 'a'), b = bell_of(f, 'b');

    a.sets = &b;
    a.sets_ms = 2;
    set(&a, 0);
    run(f);
    assert_string_equal(f->notes, "ab");
    assert_true(b.rang_ms >= a.rang_ms + 2);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(alarms_ring_in_order_of_time),
        TEST(same_instant_rings_in_order_of_setting),
        TEST(setting_anew_moves_it),
        TEST(cleared_alarms_do_not_ring),
        TEST(set_alarms_keep_the_loop_alive),
        TEST(the_next_one_does_not_wait_for_a_cleared_one),
        TEST(set_from_a_ring_waits_for_the_next_turn),
        TEST(a_ring_may_clear_and_put_off_others),
        TEST(the_last_ring_may_set_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
