/* SPDX-License-Identifier: MIT */
/*
 * A turn that does not come, or comes with fewer alternatives than it had, is
 * left out: whoever needs to know compares what was taken with what was wanted.
 */
#include "sim/choice_keyed.h"

#include <string.h>

#define MAX_USED (SIM_TALLY_SLOTS / 4 * 3)

static unsigned hash(uint32_t kind, uint32_t actor)
{
    uint32_t z = actor * UINT32_C(0x9e3779b1) ^ kind * UINT32_C(0x85ebca77);

    return (z ^ z >> 15) % SIM_TALLY_SLOTS;
}

struct sim_tally_slot *
tidy__sim_tally_find(struct sim_tally *tally, uint32_t kind, uint32_t actor)
{
    unsigned idx = hash(kind, actor);
    struct sim_tally_slot *slot = &tally->slots[idx];

    while (slot->kind != 0 && (slot->kind != kind + 1 || slot->actor != actor))
        slot = &tally->slots[idx = (idx + 1) % SIM_TALLY_SLOTS];
    if (slot->kind != 0)
        return slot;
    if (tally->n_used == MAX_USED && (kind != 0 || actor != UINT32_MAX))
        return tidy__sim_tally_find(tally, 0, UINT32_MAX);
    tally->n_used++;
    slot->kind = (uint16_t)(kind + 1);
    slot->actor = actor;
    return slot;
}

static size_t
take(struct sim_keyed *chooser, struct sim_tally_slot *slot, size_t n)
{
    const struct sim_turn *turn;

    if (slot->first == 0)
        return 0;
    turn = &chooser->turns[slot->first - 1];
    if (turn->nth != slot->n)
        return 0;
    slot->first = chooser->next[slot->first - 1];
    if (turn->taken >= n)
        return 0;
    chooser->n_met++;
    return turn->taken;
}

static size_t choose_keyed(struct sim_chooser *base,
                           enum tidy_choice kind,
                           unsigned actor,
                           size_t n)
{
    struct sim_keyed *chooser = tidy_container_of(base, struct sim_keyed, base);
    struct sim_tally_slot *slot =
        tidy__sim_tally_find(&chooser->tally, kind, actor);

    slot->n++;
    return take(chooser, slot, n);
}

void tidy__sim_keyed_init(struct sim_keyed *chooser,
                          const struct sim_turn *turns,
                          size_t n_turns,
                          uint32_t *next)
{
    struct sim_tally_slot *slot;
    size_t idx;

    memset(chooser, 0, sizeof(*chooser));
    chooser->base.choose = choose_keyed;
    chooser->turns = turns;
    chooser->n_turns = n_turns;
    chooser->next = next;
    /* From the last on, so that each slot ends with the first of its own. */
    for (idx = n_turns; idx > 0; idx--) {
        slot = tidy__sim_tally_find(
            &chooser->tally, turns[idx - 1].kind, turns[idx - 1].actor);
        next[idx - 1] = slot->first;
        slot->first = (uint32_t)idx;
    }
}

size_t tidy__sim_turns_of(const struct sim_choice *choices,
                          size_t n_choices,
                          struct sim_tally *tally,
                          struct sim_turn *turns)
{
    const struct sim_choice *choice;
    size_t idx, n = 0;
    uint32_t nth;

    memset(tally, 0, sizeof(*tally));
    for (idx = 0; idx < n_choices; idx++) {
        choice = &choices[idx];
        nth = ++tidy__sim_tally_find(tally, choice->kind, choice->actor)->n;
        if (choice->taken > 0)
            turns[n++] = (struct sim_turn){
                choice->kind, choice->actor, nth, choice->n, choice->taken
            };
    }
    return n;
}
