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

const char *tidy_choice_name(enum tidy_choice kind)
{
    static const char *const names[] = {
#define NAME(name, text, what) [TIDY_CHOICE_##name] = (text),
        TIDY_CHOICE_TABLE(NAME)
#undef NAME
    };

    return (size_t)kind < TIDY_COUNT(names) ? names[kind] : "?";
}

static void keep(struct sim_world *world, const struct sim_choice *choice)
{
    struct sim_choices *taken = &world->taken;

    if (taken->n == taken->capacity && taken->items)
        tidy__sim_end(world,
                      TIDY_OUTCOME_LIMIT,
                      "more than %zu choices",
                      taken->capacity);
    if (taken->items)
        taken->items[taken->n] = *choice;
    taken->n++;
}

static size_t ask(struct sim_chooser *chooser,
                  enum tidy_choice kind,
                  unsigned actor,
                  size_t n,
                  const struct sim_alternatives *alternatives)
{
    return alternatives && chooser->choose_among
               ? chooser->choose_among(chooser, kind, actor, n, alternatives)
               : chooser->choose(chooser, kind, actor, n);
}

size_t tidy__choose_offered(struct sim_world *world,
                            enum tidy_choice kind,
                            unsigned actor,
                            size_t n,
                            const struct sim_alternatives *alternatives)
{
    size_t choice = ask(world->chooser, kind, actor, n, alternatives);

    if (choice >= n)
        tidy__sim_end(world,
                      TIDY_OUTCOME_ASTRAY,
                      "choice %zu is not one of %zu (%s): the schedule is of "
                      "another body, or damaged",
                      world->taken.n + 1,
                      n,
                      tidy_choice_name(kind));
    keep(world,
         &(struct sim_choice){ kind, actor, (uint32_t)n, (uint32_t)choice });
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
