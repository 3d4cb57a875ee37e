/* SPDX-License-Identifier: MIT */
#include "conformance/generate.h"

#include <string.h>

#define N_STEPS_MIN 10

uint64_t generator_random(struct generator *generator)
{
    uint64_t x = generator->state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    generator->state = x;
    return x * UINT64_C(2685821657736338717);
}

struct step *generator_step(struct generator *generator, enum op op)
{
    struct program *program = generator->program;
    struct step *step;

    if (program->n_steps == N_STEPS_MAX)
        return NULL;
    step = &program->steps[program->n_steps++];
    memset(step, 0, sizeof(*step));
    step->op = (uint8_t)op;
    step->slot = step->slot2 = NO_SLOT;
    step->where.port_of = NO_SLOT;
    return step;
}

int generator_slot(struct generator *generator, unsigned kinds)
{
    unsigned n_tries;

    if (one_in(generator, generator->is_careless ? 6 : 60))
        kinds = KINDS_ANY | KIND_BIT(KIND_NONE);
    for (n_tries = 0; n_tries < 40; n_tries++) {
        uint32_t slot = pick(generator, N_SLOTS);

        if (kinds & KIND_BIT(generator->slots[slot].kind))
            return (int)slot;
    }
    return NO_SLOT;
}

int generator_free_slot(struct generator *generator)
{
    int slot;

    for (slot = 0; slot < N_SLOTS; slot++) {
        if (generator->slots[slot].kind == KIND_NONE)
            return slot;
    }
    return NO_SLOT;
}

/* --------------------------------------------------------------- the whole */

static const struct {
    void (*generate)(struct generator *generator);
    uint32_t weight;
} parts[] = {
    { generate_listener, 4 },   { generate_client, 9 },
    { generate_accept, 12 },    { generate_pair, 2 },
    { generate_stray, 3 },      { generate_shutdown, 8 },
    { generate_option, 5 },     { generate_question, 10 },
    { generate_write, 18 },     { generate_read, 18 },
    { generate_close, 8 },      { generate_copy, 2 },
    { generate_other_file, 3 }, { generate_number, 2 },
    { generate_timer, 1 },      { generate_epoll, 16 },
    { generate_poll, 12 },      { generate_path, 3 },
};

static void generate_part(struct generator *generator)
{
    uint32_t total = 0, choice;
    size_t idx;

    for (idx = 0; idx < sizeof(parts) / sizeof(*parts); idx++)
        total += parts[idx].weight;
    choice = pick(generator, total);
    for (idx = 0; choice >= parts[idx].weight; idx++)
        choice -= parts[idx].weight;
    parts[idx].generate(generator);
}

static void choose_taste(struct generator *generator)
{
    static const unsigned domains[] = {
        1 << DOMAIN_IPV4,
        1 << DOMAIN_IPV4,
        1 << DOMAIN_UNIX,
        1 << DOMAIN_IPV6,
        1 << DOMAIN_IPV4 | 1 << DOMAIN_IPV6,
        1 << DOMAIN_IPV4 | 1 << DOMAIN_IPV6 | 1 << DOMAIN_UNIX,
    };

    generator->domains =
        domains[pick(generator, sizeof(domains) / sizeof(*domains))];
    if (!generator->machine->has_ipv6) {
        generator->domains &= ~(1u << DOMAIN_IPV6);
        generator->domains |= generator->domains ? 0u : 1u << DOMAIN_IPV4;
    }
    generator->is_blocking = one_in(generator, 12);
    generator->is_large = one_in(generator, 8);
    generator->is_careless = one_in(generator, 8);
    generator->is_reusing = one_in(generator, 3);
    generator->likes_linger = one_in(generator, 5);
}

void program_generate(struct program *program,
                      uint64_t seed,
                      const struct machine *machine)
{
    struct generator generator = { .program = program, .machine = machine };
    uint32_t n_steps;

    memset(program, 0, sizeof(*program));
    program->seed = seed;
    generator.state =
        seed * UINT64_C(0x9e3779b97f4a7c15) ^ UINT64_C(0x5bf03635);
    if (generator.state == 0)
        generator.state = 1;
    generator_random(&generator);
    choose_taste(&generator);
    n_steps = N_STEPS_MIN + pick(&generator, N_STEPS_MAX - N_STEPS_MIN);
    generate_listener(&generator);
    while (program->n_steps < n_steps)
        generate_part(&generator);
}
