/* SPDX-License-Identifier: MIT */
/*
 * The neighbours of a failing schedule are run: without one of its departures,
 * and with one thing that is under way arriving earlier, at each call where it
 * could. Of all that pass and all that fail in the same way, each two are held
 * against each other: where they part, the one has event A and then B, the other
 * B first. The later in the run that is, the closer it is to what matters, since
 * all before it makes no difference.
 */
#include "explore/decide.h"

#include "base/alloc.h"
#include "explore/happening.h"
#include "explore/same.h"
#include "sim/report.h"

#include <string.h>

#define MAX_NEIGHBOURS 128
#define MAX_PLACES 60

struct neighbour {
    struct tidy_world_report *report;  /* owned */
    struct explore_happenings *events; /* owned */
    bool fails;                        /* in the same way; else it passes */
};

struct deciding {
    struct explore_trial *trial;             /* borrowed */
    const struct explore_schedule *schedule; /* borrowed */
    uint64_t signature;
    size_t n_neighbours;
    struct neighbour neighbours[MAX_NEIGHBOURS];
};

/* ---------------------------------------------------------------- neighbours */

static void add_neighbour(struct deciding *deciding,
                          const struct explore_schedule *schedule)
{
    struct neighbour *neighbour;
    struct tidy_world_report *report;

    if (deciding->n_neighbours == MAX_NEIGHBOURS)
        return;
    report = tidy__explore_trial_run(deciding->trial, schedule);
    neighbour = &deciding->neighbours[deciding->n_neighbours];
    neighbour->report = report;
    neighbour->fails = report->outcome != TIDY_OUTCOME_PASSED &&
                       tidy__explore_signature(report->outcome, report->text) ==
                           deciding->signature;
    neighbour->events = NULL;
    if (neighbour->fails || report->outcome == TIDY_OUTCOME_PASSED)
        neighbour->events = tidy__explore_happenings_new(report);
    if (neighbour->events)
        deciding->n_neighbours++;
    else
        tidy_world_report_free(report);
}

/* A schedule with room for one turn more. */
static bool begin_candidate(const struct deciding *deciding,
                            struct explore_schedule *candidate)
{
    const struct explore_schedule *schedule = deciding->schedule;
    size_t size = (schedule->n_turns + 1) * sizeof(*candidate->turns);

    *candidate = *schedule;
    candidate->turns = tidy__alloc(size);
    if (!candidate->turns)
        return false;
    if (schedule->n_turns > 0)
        memcpy(candidate->turns,
               schedule->turns,
               schedule->n_turns * sizeof(*candidate->turns));
    return true;
}

static void add_without_each(struct deciding *deciding)
{
    const struct explore_schedule *schedule = deciding->schedule;
    struct explore_schedule candidate;
    size_t idx;

    for (idx = 0; idx < schedule->n_turns; idx++) {
        if (!begin_candidate(deciding, &candidate))
            return;
        memmove(&candidate.turns[idx],
                &candidate.turns[idx + 1],
                (schedule->n_turns - idx - 1) * sizeof(*candidate.turns));
        candidate.n_turns--;
        add_neighbour(deciding, &candidate);
        tidy__explore_schedule_deinit(&candidate);
    }
}

/* Turns of one kind and actor are in their order. */
static void insert(struct explore_schedule *schedule,
                   const struct sim_turn *turn)
{
    size_t idx = schedule->n_turns;

    while (idx > 0 && schedule->turns[idx - 1].kind == turn->kind &&
           schedule->turns[idx - 1].actor == turn->actor &&
           schedule->turns[idx - 1].nth > turn->nth) {
        schedule->turns[idx] = schedule->turns[idx - 1];
        idx--;
    }
    schedule->turns[idx] = *turn;
    schedule->n_turns++;
}

static void add_with(struct deciding *deciding, const struct sim_turn *turn)
{
    struct explore_schedule candidate;

    if (!begin_candidate(deciding, &candidate))
        return;
    candidate.kinds |= TIDY_CHOICE_BIT(turn->kind);
    insert(&candidate, turn);
    add_neighbour(deciding, &candidate);
    tidy__explore_schedule_deinit(&candidate);
}

/* Where the failing run could have let something arrive, and did not. */
static void add_arrivals(struct deciding *deciding)
{
    struct sim_turn places[MAX_PLACES];
    size_t n, idx;

    n = tidy__explore_trial_places(deciding->trial, places, MAX_PLACES);
    for (idx = 0; idx < n; idx++)
        add_with(deciding, &places[idx]);
}

/* ---------------------------------------------------------------------- pairs */

struct pair {
    const struct neighbour *passes, *fails;
    struct explore_parting parting;
};

static struct pair find_pair(const struct deciding *deciding)
{
    struct pair best = { .parting = { .at = 0 } }, pair;
    size_t one, other;

    for (one = 0; one < deciding->n_neighbours; one++) {
        for (other = 0; other < deciding->n_neighbours; other++) {
            pair.passes = &deciding->neighbours[one];
            pair.fails = &deciding->neighbours[other];
            if (!pair.fails->fails || pair.passes->fails ||
                !tidy__explore_part(
                    pair.passes->events, pair.fails->events, &pair.parting))
                continue;
            if (!best.passes || pair.parting.at > best.parting.at)
                best = pair;
        }
    }
    return best;
}

static char *tell(const struct pair *pair)
{
    char *first = tidy__explore_moment_text(pair->parting.first);
    char *second = tidy__explore_moment_text(pair->parting.second);
    char *text = NULL;

    if (first && second)
        text =
            tidy__format("fails when %s before %s; passes the other way round",
                         first,
                         second);
    tidy__dealloc(first);
    tidy__dealloc(second);
    return text;
}

static char *decide(struct deciding *deciding)
{
    struct pair pair;

    add_neighbour(deciding, deciding->schedule);
    if (deciding->n_neighbours == 0 || !deciding->neighbours[0].fails)
        return NULL;
    add_arrivals(deciding);
    add_without_each(deciding);
    pair = find_pair(deciding);
    return pair.passes ? tell(&pair) : NULL;
}

char *tidy__explore_decide(struct explore_trial *trial,
                           const struct explore_schedule *schedule,
                           uint64_t signature)
{
    struct deciding *deciding = tidy__zalloc(sizeof(*deciding));
    char *text;

    if (!deciding)
        return NULL;
    deciding->trial = trial;
    deciding->schedule = schedule;
    deciding->signature = signature;
    text = decide(deciding);
    while (deciding->n_neighbours-- > 0) {
        struct neighbour *neighbour =
            &deciding->neighbours[deciding->n_neighbours];

        tidy__explore_happenings_free(neighbour->events);
        tidy_world_report_free(neighbour->report);
    }
    tidy__dealloc(deciding);
    return text;
}
