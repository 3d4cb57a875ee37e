/* SPDX-License-Identifier: MIT */
#include "sim/readiness.h"
#include "support/world_probe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool is_it;

static bool ask(void *arg)
{
    (void)arg;
    return is_it;
}

static int set_up(void **state)
{
    is_it = false;
    return world_set_up(state);
}

#define readiness_unit_test(fn)                                                \
    cmocka_unit_test_setup_teardown(fn, set_up, world_tear_down)

static struct sim_file *no_input(void *arg, size_t n)
{
    (void)arg;
    (void)n;
    return NULL;
}

static int await(uint64_t timeout_ns)
{
    const struct sim_readiness readiness = {
        .call = "test", .fd = -1, .is_ready = ask, .nth_input = no_input
    };

    return tidy__sim_await_ready(&world, &readiness, timeout_ns);
}

static void become(int yes)
{
    is_it = yes;
}

/* Without a time limit to wait for, it is only asked. */
static void no_time_is_a_question(void **state)
{
    (void)state;
    assert_int_equal(await(0), 0);
    is_it = true;
    assert_int_equal(await(0), 1);
    assert_int_equal(world.taken.n, 0);
}

/* The time is up, or the world's end of time is too far to be reached. */
static void time_limits_are_kept(void **state)
{
    (void)state;
    assert_int_equal(await(TIDY_MS(7)), 0);
    assert_int_equal(world.now_ns, TIDY_MS(7));
    world_after(TIDY_MS(1), become, true);
    assert_int_equal(await(SIM_NEVER - 1), 1);
    assert_int_equal(world.now_ns, TIDY_MS(8));
}

/* The choices of a wait: which, and when. */
static void choices_are_offered(void **state)
{
    (void)state;
    await(TIDY_MS(1));
    assert_int_equal(world_n_offered(TIDY_CHOICE_EINTR_FAULT), 1);
    assert_int_equal(world_n_offered(TIDY_CHOICE_TIMER), 0);
    is_it = true;
    await(world.options.max_latency_ns);
    await(world.options.max_latency_ns + 1);
    await(SIM_NEVER);
    assert_int_equal(world_n_offered(TIDY_CHOICE_TIMER), 1);
    assert_int_equal(world.taken.n, 2);
}

/* Told late, the world goes on meanwhile. */
static void late_is_when_the_time_is_up(void **state)
{
    (void)state;
    is_it = true;
    world_answer(TIDY_CHOICE_TIMER, 2, 1);
    world_after(TIDY_MS(2), become, 2);
    assert_int_equal(await(TIDY_MS(3)), 1);
    assert_int_equal(world.now_ns, TIDY_MS(3));
    assert_null(world.timers);
}

/* Of some, any number of any of them, in the order in which they are there. */
static void any_may_be_picked(void **state)
{
    static const struct {
        size_t number, passed[3];
        const char *picked;
    } picks[] = {
        { 0, { 0 }, "abcd" },      { 1, { 0 }, "a" },
        { 1, { 3 }, "d" },         { 2, { 0, 2 }, "ad" },
        { 2, { 2, 0 }, "cd" },     { 2, { 1, 1 }, "bd" },
        { 3, { 0, 0, 1 }, "abd" }, { 3, { 1, 0, 0 }, "bcd" },
    };
    size_t idx, asked;

    (void)state;
    for (idx = 0; idx < TIDY_COUNT(picks); idx++) {
        char picked[5] = "", *end = picked;
        size_t n_left = 4, n_wanted = picks[idx].number;
        struct sim_pick pick;
        char letter;

        world_answer(TIDY_CHOICE_READY, 4, picks[idx].number);
        for (asked = 0; n_wanted > 0 && n_left > n_wanted; asked++) {
            world_answer(TIDY_CHOICE_READY,
                         n_left - n_wanted + 1,
                         picks[idx].passed[asked]);
            n_left -= picks[idx].passed[asked] + 1;
            n_wanted--;
        }
        tidy__sim_pick_init(&pick, &world, 4);
        for (letter = 'a'; letter <= 'd'; letter++) {
            if (tidy__sim_pick_next(&pick))
                *end++ = letter;
        }
        assert_string_equal(picked, picks[idx].picked);
    }
}

static void events_have_names(void **state)
{
    char text[SIM_EVENTS_TEXT_MAX];

    (void)state;
    tidy__sim_events_text(0, text);
    assert_string_equal(text, "-");
    tidy__sim_events_text(EPOLLET | EPOLLRDNORM, text);
    assert_string_equal(text, "-");
    tidy__sim_events_text(EPOLLOUT, text);
    assert_string_equal(text, "out");
    tidy__sim_events_text(UINT32_MAX, text);
    assert_string_equal(text, "in+pri+out+err+hup+rdhup+nval");
}

/* What is reported is in the trace, what is not is not. */
static void reports_are_traced(void **state)
{
    char text[128] = "";

    (void)state;
    world.trace.text = text;
    world.trace.capacity = sizeof(text);
    tidy__sim_trace_ready(&world, 513, 0);
    assert_string_equal(text, "");
    tidy__sim_trace_ready(&world, 513, EPOLLIN | EPOLLHUP);
    assert_string_equal(text, "0.000000 ready 513: in+hup\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        readiness_unit_test(no_time_is_a_question),
        readiness_unit_test(time_limits_are_kept),
        readiness_unit_test(choices_are_offered),
        readiness_unit_test(late_is_when_the_time_is_up),
        readiness_unit_test(any_may_be_picked),
        readiness_unit_test(events_have_names),
        readiness_unit_test(reports_are_traced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
