/* SPDX-License-Identifier: MIT */
/*
 * Choices: the one place where a world is not determined.
 *
 * Every choice that was offered is kept with what was taken, so that the list
 * of a run replays it, whoever made the choices. Kinds that are off are not
 * offered at all: they do not show in the list.
 */
#include "sim/choice.h"

#include "sim/actor.h"
#include "sim/record.h"

static size_t choose_calm(struct sim_chooser *chooser,
                          enum tidy_choice kind,
                          unsigned actor,
                          size_t n)
{
    (void)chooser;
    (void)kind;
    (void)actor;
    (void)n;
    return 0;
}

struct sim_chooser tidy__sim_calm = { .choose = choose_calm };

/* ------------------------------------------------------------------- random */

/* splitmix64, by Sebastiano Vigna: spreads a seed over the state. */
static uint64_t spread(uint64_t *seed)
{
    uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, int n_bits)
{
    return (x << n_bits) | (x >> (64 - n_bits));
}

/* xoroshiro128++, by David Blackman and Sebastiano Vigna. */
static uint64_t next_random(struct sim_random *chooser)
{
    uint64_t s0 = chooser->state[0], s1 = chooser->state[1];
    uint64_t result = rotate(s0 + s1, 17) + s0;

    s1 ^= s0;
    chooser->state[0] = rotate(s0, 49) ^ s1 ^ (s1 << 21);
    chooser->state[1] = rotate(s1, 28);
    return result;
}

/* Departs one time in so many, and then to any of the others alike. */
static size_t choose_random(struct sim_chooser *base,
                            enum tidy_choice kind,
                            unsigned actor,
                            size_t n)
{
    struct sim_random *chooser =
        tidy_container_of(base, struct sim_random, base);

    (void)kind;
    (void)actor;
    if (next_random(chooser) % chooser->one_in != 0)
        return 0;
    return 1 + next_random(chooser) % (n - 1);
}

void tidy__sim_random_init(struct sim_random *chooser,
                           uint64_t seed,
                           unsigned one_in)
{
    chooser->base.choose = choose_random;
    chooser->one_in = one_in;
    chooser->state[0] = spread(&seed);
    chooser->state[1] = spread(&seed);
}

/* ------------------------------------------------------------------- replay */

static size_t choose_replayed(struct sim_chooser *base,
                              enum tidy_choice kind,
                              unsigned actor,
                              size_t n)
{
    struct sim_replay *chooser =
        tidy_container_of(base, struct sim_replay, base);
    size_t choice;

    (void)kind;
    (void)actor;
    if (chooser->n_used == chooser->n_choices)
        return 0;
    choice = chooser->choices[chooser->n_used++];
    return choice < n ? choice : SIZE_MAX;
}

void tidy__sim_replay_init(struct sim_replay *chooser,
                           const uint32_t *choices,
                           size_t n_choices)
{
    *chooser = (struct sim_replay){ .base.choose = choose_replayed,
                                    .choices = choices,
                                    .n_choices = n_choices };
}

/* ------------------------------------------------------------------- asking */

const char *tidy_choice_name(enum tidy_choice kind)
{
    static const char *const names[] = {
#define NAME(name, text, what) [TIDY_CHOICE_##name] = (text),
        TIDY_CHOICE_TABLE(NAME)
#undef NAME
    };

    return (size_t)kind < TIDY_COUNT(names) ? names[kind] : "?";
}

static void keep(struct sim_world *world, size_t choice)
{
    struct sim_choices *taken = &world->taken;

    if (taken->n == taken->capacity && taken->items)
        tidy__sim_end(world,
                      TIDY_OUTCOME_LIMIT,
                      "more than %zu choices",
                      taken->capacity);
    if (taken->items)
        taken->items[taken->n] = (uint32_t)choice;
    taken->n++;
}

size_t tidy__choose_offered(struct sim_world *world,
                            enum tidy_choice kind,
                            unsigned actor,
                            size_t n)
{
    size_t choice = world->chooser->choose(world->chooser, kind, actor, n);

    if (choice >= n)
        tidy__sim_end(world,
                      TIDY_OUTCOME_ASTRAY,
                      "choice %zu is not one of %zu (%s): the schedule is of "
                      "another body, or damaged",
                      world->taken.n + 1,
                      n,
                      tidy_choice_name(kind));
    keep(world, choice);
    world->n_departures += choice > 0;
    if (choice > 0)
        SIM_TRACE(
            world,
            "choose %s %s: %zu of %zu",
            tidy_choice_name(kind),
            tidy__sim_actor_text(world, actor, (char[SIM_ACTOR_TEXT_MAX]){ 0 }),
            choice,
            n);
    if (world->record)
        tidy__sim_record_choice(world, kind, actor, n, choice);
    return choice;
}
