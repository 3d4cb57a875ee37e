/* SPDX-License-Identifier: MIT */
/*
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatti:
 * A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs, 2010).
 *
 * Each actor has a priority at random: a connection's end for what it sends, the
 * clock for time limits, the program for its own calls. Of what could happen, the
 * affair of the highest comes first. A few times in a run the actor that a choice
 * is about falls below all others. So what needs d such changes to be seen is
 * seen with a chance that is known, however long the run is.
 *
 * What is no order (a cut, a fault) departs at random.
 */
#include "sim/choice.h"

#define ONE_IN 16
#define PROGRAM 0U
#define CLOCK UINT32_MAX

/* murmur3's finalizer, by Austin Appleby. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    z = (z ^ (z >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return z ^ (z >> 33);
}

/* Those that fell last are the lowest. */
static uint64_t priority_of(const struct sim_pct *chooser, unsigned actor)
{
    unsigned idx;

    for (idx = chooser->n_changed; idx > 0; idx--) {
        if (chooser->lowered[idx - 1] == actor)
            return SIM_PCT_MAX_CHANGES - idx;
    }
    return SIM_PCT_MAX_CHANGES + (mix(chooser->seed ^ mix(actor)) >> 1);
}

static void note_asked(struct sim_pct *chooser, unsigned actor)
{
    uint64_t at = chooser->n_asked++;

    if (chooser->n_changed < chooser->n_changes &&
        at >= chooser->changes[chooser->n_changed])
        chooser->lowered[chooser->n_changed++] = actor;
}

static bool is_higher(const struct sim_pct *chooser, unsigned a, unsigned b)
{
    return priority_of(chooser, a) > priority_of(chooser, b);
}

/* Alternative 0 is that it happens now, before the program goes on. */
static size_t choose_now_or_later(struct sim_pct *chooser, unsigned actor)
{
    return is_higher(chooser, PROGRAM, actor);
}

static size_t choose_by_chance(struct sim_pct *chooser, size_t n)
{
    if (tidy__sim_chance_next(&chooser->chance) % chooser->one_in != 0)
        return 0;
    return 1 + tidy__sim_chance_next(&chooser->chance) % (n - 1);
}

static size_t choose_pct(struct sim_chooser *base,
                         enum tidy_choice kind,
                         unsigned actor,
                         size_t n)
{
    struct sim_pct *chooser = tidy_container_of(base, struct sim_pct, base);

    note_asked(chooser, kind == TIDY_CHOICE_TIMER ? CLOCK : actor);
    switch (kind) {
    case TIDY_CHOICE_ORDER:
    case TIDY_CHOICE_ACCEPT:
        return n == 2 ? choose_now_or_later(chooser, actor)
                      : choose_by_chance(chooser, n);
    case TIDY_CHOICE_TIMER:
        /* Time passes, or what is under way comes first. */
        return n == 2 && is_higher(chooser, CLOCK, PROGRAM);
    default:
        return choose_by_chance(chooser, n);
    }
}

static size_t choose_pct_among(struct sim_chooser *base,
                               enum tidy_choice kind,
                               unsigned actor,
                               size_t n,
                               const struct sim_alternatives *alternatives)
{
    struct sim_pct *chooser = tidy_container_of(base, struct sim_pct, base);
    size_t best = 0, idx;
    unsigned best_actor = alternatives->actor_of(alternatives->arg, 0), other;

    (void)kind;
    (void)actor;
    for (idx = 1; idx < n; idx++) {
        other = alternatives->actor_of(alternatives->arg, idx);
        if (is_higher(chooser, other, best_actor)) {
            best = idx;
            best_actor = other;
        }
    }
    note_asked(chooser, best_actor);
    return best;
}

/* When priorities change: anywhere in a run of the length expected. */
static void draw_changes(struct sim_pct *chooser, uint64_t n_expected)
{
    unsigned idx, place;
    uint64_t at;

    for (idx = 0; idx < chooser->n_changes; idx++) {
        at = tidy__sim_chance_next(&chooser->chance) % n_expected;
        for (place = idx; place > 0 && chooser->changes[place - 1] > at;
             place--)
            chooser->changes[place] = chooser->changes[place - 1];
        chooser->changes[place] = at;
    }
}

void tidy__sim_pct_init(struct sim_pct *chooser,
                        uint64_t seed,
                        unsigned n_changes,
                        uint64_t n_expected)
{
    *chooser = (struct sim_pct){
        .base = { .choose = choose_pct, .choose_among = choose_pct_among },
        .seed = seed,
        .one_in = ONE_IN,
        .n_changes =
            n_changes < SIM_PCT_MAX_CHANGES ? n_changes : SIM_PCT_MAX_CHANGES,
    };
    tidy__sim_chance_init(&chooser->chance, seed);
    draw_changes(chooser, n_expected > 0 ? n_expected : 1);
}
