/* SPDX-License-Identifier: MIT */
/*
 * Choices from a list: of all that a run is asked for, or of its departures.
 */
#include "sim/choice.h"

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

static size_t choose_listed(struct sim_chooser *base,
                            enum tidy_choice kind,
                            unsigned actor,
                            size_t n)
{
    struct sim_listed *chooser =
        tidy_container_of(base, struct sim_listed, base);
    uint32_t at = chooser->n_asked++;
    const struct sim_departure *departure;

    (void)kind;
    (void)actor;
    if (chooser->n_used == chooser->n_departures)
        return 0;
    departure = &chooser->departures[chooser->n_used];
    if (departure->at != at)
        return 0;
    chooser->n_used++;
    return departure->taken < n ? departure->taken : SIZE_MAX;
}

void tidy__sim_listed_init(struct sim_listed *chooser,
                           const struct sim_departure *departures,
                           size_t n_departures)
{
    *chooser = (struct sim_listed){ .base.choose = choose_listed,
                                    .departures = departures,
                                    .n_departures = n_departures };
}
