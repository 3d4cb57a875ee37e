/* SPDX-License-Identifier: MIT */
/*
 * Choices at random.
 */
#include "sim/choice.h"

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

void tidy__sim_chance_init(struct sim_chance *chance, uint64_t seed)
{
    chance->state[0] = spread(&seed);
    chance->state[1] = spread(&seed);
}

/* xoroshiro128++, by David Blackman and Sebastiano Vigna. */
uint64_t tidy__sim_chance_next(struct sim_chance *chance)
{
    uint64_t s0 = chance->state[0], s1 = chance->state[1];
    uint64_t result = rotate(s0 + s1, 17) + s0;

    s1 ^= s0;
    chance->state[0] = rotate(s0, 49) ^ s1 ^ (s1 << 21);
    chance->state[1] = rotate(s1, 28);
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
    if (tidy__sim_chance_next(&chooser->chance) % chooser->one_in != 0)
        return 0;
    return 1 + tidy__sim_chance_next(&chooser->chance) % (n - 1);
}

void tidy__sim_random_init(struct sim_random *chooser,
                           uint64_t seed,
                           unsigned one_in)
{
    *chooser =
        (struct sim_random){ .base.choose = choose_random, .one_in = one_in };
    tidy__sim_chance_init(&chooser->chance, seed);
}
