/* SPDX-License-Identifier: MIT */
/*
 * Choices: which kinds there are, where each is asked, and that one which is off
 * is asked nowhere.
 */
#include "support/death.h"
#include "support/tcp_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void names_differ(void **state)
{
    unsigned a, b;

    (void)state;
    for (a = 0; a < TIDY_N_CHOICES; a++) {
        for (b = a + 1; b < TIDY_N_CHOICES; b++)
            assert_string_not_equal(tidy_choice_name((enum tidy_choice)a),
                                    tidy_choice_name((enum tidy_choice)b));
    }
    assert_string_equal(tidy_choice_name(TIDY_N_CHOICES), "?");
}

/* ---------------------------------------------------------------- being asked */

static void nothing(int arg)
{
    (void)arg;
}

/* A little of all that a world leaves open. */
static void do_something(void)
{
    int listener = tcp_listen(5), pair[2], both;
    struct pollfd fds[2] = { { .events = POLLIN | POLLOUT },
                             { .events = POLLIN | POLLOUT } };

    tcp_pair(listener, pair);
    world_write(pair[0], "hello", 5);
    for (both = 0; both < 2; both++)
        fds[both].fd = pair[both];
    assert_int_equal(tidy__sim_poll(&world, fds, 2, TIDY_MS(1)), 2);
    world_read(pair[1], (char[8]){ 0 }, 8);
    fds[0].events = fds[1].events = POLLIN;
    assert_int_equal(tidy__sim_poll(&world, fds, 2, TIDY_MS(1)), 0);
    world_after(TIDY_MS(1), nothing, 0);
    world_after(TIDY_MS(1), nothing, 0);
    tcp_settle(TIDY_MS(2));
    tidy__sim_close(&world, pair[0]);
    assert_int_equal(tcp_socket(), pair[0]);
}

/* With all kinds on each is asked; with one off, the others alone. */
static void kinds_can_be_switched_off(void **state)
{
    size_t n_before[TIDY_N_CHOICES], n;
    unsigned off, kind;

    (void)state;
    for (off = 0; off <= TIDY_N_CHOICES; off++) {
        for (kind = 0; kind < TIDY_N_CHOICES; kind++)
            n_before[kind] = world_n_offered((enum tidy_choice)kind);
        world.options.kinds = TIDY_CHOICES_ALL & ~(UINT32_C(1) << off);
        do_something();
        for (kind = 0; kind < TIDY_N_CHOICES; kind++) {
            n = world_n_offered((enum tidy_choice)kind) - n_before[kind];
            if ((kind == off) != (n == 0))
                fail_msg("%s was offered %zu times with %s off",
                         tidy_choice_name((enum tidy_choice)kind),
                         n,
                         tidy_choice_name((enum tidy_choice)off));
        }
    }
}

/* Where there is nothing to choose, nothing is asked or kept. */
static void one_alternative_is_none(void **state)
{
    (void)state;
    assert_int_equal(tidy__choose(&world, TIDY_CHOICE_READY, 0, 0), 0);
    assert_int_equal(tidy__choose(&world, TIDY_CHOICE_READY, 0, 1), 0);
    assert_int_equal(world_n_offered(TIDY_CHOICE_READY), 0);
    assert_int_equal(world.taken.n, 0);
    world_answer(TIDY_CHOICE_READY, 3, 2);
    assert_int_equal(tidy__choose(&world, TIDY_CHOICE_READY, 0, 3), 2);
    assert_int_equal(world.taken.n, 1);
}

/* --------------------------------------------------------------- the choosers */

static size_t ask(struct sim_chooser *chooser, size_t n)
{
    return chooser->choose(chooser, TIDY_CHOICE_ORDER, 0, n);
}

/* One time in so many a random one departs, to any of the others. */
static void chance_is_as_the_seed_says(void **state)
{
    struct sim_random a, b;
    size_t n_taken[4] = { 0 }, n, choice;

    (void)state;
    tidy__sim_random_init(&a, 7, 4);
    tidy__sim_random_init(&b, 7, 4);
    for (n = 0; n < 4000; n++) {
        choice = ask(&a.base, 4);
        assert_in_range(choice, 0, 3);
        assert_int_equal(ask(&b.base, 4), choice);
        n_taken[choice]++;
    }
    assert_in_range(n_taken[0], 2850, 3150);
    for (choice = 1; choice < 4; choice++)
        assert_in_range(n_taken[choice], 250, 420);
    tidy__sim_random_init(&b, 8, 4);
    for (n = 0; n < 100 && ask(&a.base, 4) == ask(&b.base, 4);)
        n++;
    assert_in_range(n, 0, 99);
}

/* A list's answers, and calm behind the last. */
static void lists_are_replayed(void **state)
{
    static const uint32_t choices[] = { 2, 0, 1 };
    struct sim_replay chooser;

    (void)state;
    tidy__sim_replay_init(&chooser, choices, TIDY_COUNT(choices));
    world.chooser = &chooser.base;
    assert_int_equal(tidy__choose(&world, TIDY_CHOICE_READY, 0, 3), 2);
    assert_int_equal(tidy__choose(&world, TIDY_CHOICE_ORDER, 0, 2), 0);
    assert_int_equal(tidy__choose(&world, TIDY_CHOICE_ORDER, 0, 2), 1);
    assert_int_equal(tidy__choose(&world, TIDY_CHOICE_ORDER, 0, 2), 0);
    assert_int_equal(world.taken.n, 4);
}

static void choose_out_of_range(void *arg)
{
    (void)arg;
    tidy__choose(&world, TIDY_CHOICE_READY, 0, 3);
}

/* A list of another body shows where it has no such alternative. */
static void foreign_lists_are_noticed(void **state)
{
    static const uint32_t choices[] = { 3 };
    struct sim_replay chooser;

    (void)state;
    tidy__sim_replay_init(&chooser, choices, TIDY_COUNT(choices));
    world.chooser = &chooser.base;
    assert_dies(choose_out_of_range, NULL, "is not one of 3 (ready)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(names_differ),
        world_unit_test(kinds_can_be_switched_off),
        world_unit_test(one_alternative_is_none),
        world_unit_test(chance_is_as_the_seed_says),
        world_unit_test(lists_are_replayed),
        world_unit_test(foreign_lists_are_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
