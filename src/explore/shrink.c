/* SPDX-License-Identifier: MIT */
/*
 * Delta debugging (Zeller and Hildebrandt, 2002), on departures.
 *
 * What a run did is what is kept: departures that were wanted and did not come
 * about fall away by themselves. Faults are tried first, since a failure that
 * needs none says more; then all that one connection did; then halves, quarters
 * and so on down to single departures. What is left is made calmer, one by one:
 * the first alternative instead of a later one; and it is let to happen later.
 */
#include "explore/shrink.h"

#include "base/alloc.h"
#include "explore/same.h"
#include "explore/strategy.h"
#include "sim/report.h"

#include <errno.h>
#include <string.h>

#define MAX_LATER 8
#define MAX_PUT_OFF 24
#define MAX_SIMPLER 3000
#define MAX_SIMPLER_DEPTH 4

struct shrinking {
    struct explore_trial *trial;       /* borrowed */
    struct explore_schedule *schedule; /* borrowed: the best so far */
    struct explore_schedule candidate; /* room for as many turns */
    uint64_t signature;
    uint64_t max_runs;
};

/* ----------------------------------------------------------------- candidates */

static bool is_left(const struct shrinking *shrinking)
{
    return shrinking->trial->n_runs < shrinking->max_runs;
}

/* What the failing run did is the new schedule, if that is no more than it was
 * to do. */
static void adopt(struct shrinking *shrinking)
{
    size_t n = tidy__explore_trial_n_departures(shrinking->trial);
    struct explore_schedule *schedule = shrinking->schedule;

    if (n > shrinking->candidate.n_turns)
        return;
    schedule->n_turns =
        tidy__explore_trial_turns(shrinking->trial, schedule->turns);
    schedule->kinds = shrinking->candidate.kinds;
}

static bool is_it(const struct shrinking *shrinking,
                  const struct tidy_world_report *report)
{
    return report->outcome != TIDY_OUTCOME_PASSED &&
           tidy__explore_signature(report->outcome, report->text) ==
               shrinking->signature;
}

/* Does the candidate fail in the same way? Then it is the schedule. */
static bool attempt(struct shrinking *shrinking)
{
    struct tidy_world_report *report;
    bool is_same;

    if (!is_left(shrinking))
        return false;
    report = tidy__explore_trial_run(shrinking->trial, &shrinking->candidate);
    is_same = is_it(shrinking, report);
    if (is_same)
        adopt(shrinking);
    tidy_world_report_free(report);
    return is_same;
}

static void copy(struct shrinking *shrinking)
{
    struct sim_turn *turns = shrinking->candidate.turns;

    shrinking->candidate = *shrinking->schedule;
    shrinking->candidate.turns = turns;
    memcpy(turns,
           shrinking->schedule->turns,
           shrinking->schedule->n_turns * sizeof(*turns));
}

/* ---------------------------------------------------------------- less of them */

static bool is_fault(const struct sim_turn *turn)
{
    return (TIDY_CHOICES_FAULTS >> turn->kind & 1) != 0;
}

/* Without those of which a condition says so; false: there are none, or all are
 * needed. */
static bool drop(struct shrinking *shrinking,
                 bool (*is_dropped)(const struct sim_turn *turn,
                                    unsigned actor),
                 unsigned actor)
{
    const struct explore_schedule *schedule = shrinking->schedule;
    size_t idx, n = 0;

    copy(shrinking);
    for (idx = 0; idx < schedule->n_turns; idx++) {
        if (!is_dropped(&schedule->turns[idx], actor))
            shrinking->candidate.turns[n++] = schedule->turns[idx];
    }
    shrinking->candidate.n_turns = n;
    return n < schedule->n_turns && attempt(shrinking);
}

static bool is_any_fault(const struct sim_turn *turn, unsigned actor)
{
    (void)actor;
    return is_fault(turn);
}

static bool is_of_actor(const struct sim_turn *turn, unsigned actor)
{
    return turn->actor == actor;
}

static void drop_actors(struct shrinking *shrinking)
{
    size_t idx = 0;

    while (idx < shrinking->schedule->n_turns && is_left(shrinking)) {
        if (drop(shrinking, is_of_actor, shrinking->schedule->turns[idx].actor))
            idx = 0;
        else
            idx++;
    }
}

static bool drop_range(struct shrinking *shrinking, size_t first, size_t n)
{
    struct sim_turn *turns = shrinking->candidate.turns;
    size_t n_turns = shrinking->schedule->n_turns;

    if (n > n_turns - first)
        n = n_turns - first;
    copy(shrinking);
    memmove(turns + first,
            turns + first + n,
            (n_turns - first - n) * sizeof(*turns));
    shrinking->candidate.n_turns = n_turns - n;
    return attempt(shrinking);
}

/* The last ones first: what comes after a departure is shaped by it. */
static bool drop_ranges(struct shrinking *shrinking, size_t n)
{
    size_t end = shrinking->schedule->n_turns;
    bool is_any = false;

    while (end > 0 && is_left(shrinking)) {
        size_t first = end > n ? end - n : 0;

        is_any |= drop_range(shrinking, first, n);
        end = first < shrinking->schedule->n_turns
                  ? first
                  : shrinking->schedule->n_turns;
    }
    return is_any;
}

static void drop_all(struct shrinking *shrinking)
{
    size_t n = shrinking->schedule->n_turns;

    while (n > 1) {
        n = (n + 1) / 2;
        drop_ranges(shrinking, n);
    }
    while (drop_ranges(shrinking, 1))
        continue;
}

/* --------------------------------------------------------------- calmer, later */

static void calm_down(struct shrinking *shrinking)
{
    size_t idx;

    for (idx = 0; idx < shrinking->schedule->n_turns; idx++) {
        copy(shrinking);
        if (shrinking->candidate.turns[idx].taken == 1)
            continue;
        shrinking->candidate.turns[idx].taken = 1;
        attempt(shrinking);
    }
}

/* Turns of one kind and actor stay in their order. */
static bool is_in_order(const struct explore_schedule *schedule, size_t idx)
{
    const struct sim_turn *turn = &schedule->turns[idx];
    size_t other;

    for (other = idx + 1; other < schedule->n_turns; other++) {
        if (schedule->turns[other].kind == turn->kind &&
            schedule->turns[other].actor == turn->actor)
            return schedule->turns[other].nth > turn->nth;
    }
    return true;
}

static bool put_off(struct shrinking *shrinking, size_t idx, uint32_t by)
{
    copy(shrinking);
    shrinking->candidate.turns[idx].nth += by;
    return is_in_order(&shrinking->candidate, idx) && attempt(shrinking) &&
           idx < shrinking->schedule->n_turns;
}

/* The first departure as late as it may be: what is before it is calm. */
static void put_off_first(struct shrinking *shrinking)
{
    uint32_t by = MAX_LATER;
    unsigned n_tries = 0;

    while (by > 0 && n_tries++ < MAX_PUT_OFF &&
           shrinking->schedule->n_turns > 0) {
        if (!put_off(shrinking, 0, by))
            by /= 2;
    }
}

/* --------------------------------------------------------------------- simpler */

static bool look_for(struct shrinking *shrinking, struct explore_worker *worker)
{
    struct explore_pilot *pilot = shrinking->trial->pilot;
    struct tidy_world_report *report;
    bool is_found = false;

    while (!is_found && tidy__explore_plan(worker)) {
        report = tidy__explore_pilot_run(pilot);
        is_found = is_it(shrinking, report);
        if (!worker->is_over)
            tidy__explore_learn(worker);
        tidy_world_report_free(report);
        if (worker->is_over)
            break;
    }
    return is_found;
}

static unsigned count_faults(const struct explore_schedule *schedule)
{
    unsigned n = 0;
    size_t idx;

    for (idx = 0; idx < schedule->n_turns; idx++)
        n += is_fault(&schedule->turns[idx]);
    return n;
}

/* All schedules that have fewer departures, if there are few enough. */
static void find_simpler(struct shrinking *shrinking)
{
    struct explore_schedule *schedule = shrinking->schedule;
    unsigned n_faults = count_faults(schedule);
    struct explore_settings settings = {
        .world = shrinking->trial->world,
        .strategy = &tidy__explore_depth,
        .max_schedules = MAX_SIMPLER,
        .max_departures = (unsigned)schedule->n_turns - n_faults,
        .max_faults = n_faults,
        .max_total = (unsigned)schedule->n_turns - 1,
        .n_workers = 1,
        .goes_on = true,
    };
    struct explore_search *search;

    if (schedule->n_turns < 2 || schedule->n_turns > MAX_SIMPLER_DEPTH)
        return;
    settings.world.profile = schedule->profile;
    settings.world.kinds = schedule->kinds;
    search = tidy__explore_search_new(&settings);
    if (!search)
        return;
    search->workers[0].run =
        tidy__explore_pilot_shared(shrinking->trial->pilot);
    tidy__explore_pilot_go_on(
        shrinking->trial->pilot, tidy__explore_go_on, &search->workers[0]);
    if (look_for(shrinking, &search->workers[0]))
        adopt(shrinking);
    tidy__explore_pilot_go_on(shrinking->trial->pilot, NULL, NULL);
    tidy__explore_search_free(search);
}

/* ------------------------------------------------------------------------ all */

/* Kinds that do not depart are as good as off. */
static void drop_kinds(struct shrinking *shrinking)
{
    size_t idx;

    copy(shrinking);
    shrinking->candidate.kinds = 0;
    for (idx = 0; idx < shrinking->schedule->n_turns; idx++)
        shrinking->candidate.kinds |=
            TIDY_CHOICE_BIT(shrinking->schedule->turns[idx].kind);
    if (shrinking->candidate.kinds != shrinking->schedule->kinds)
        attempt(shrinking);
}

static void shrink(struct shrinking *shrinking)
{
    size_t n;

    drop(shrinking, is_any_fault, 0);
    drop_actors(shrinking);
    do {
        n = shrinking->schedule->n_turns;
        drop_all(shrinking);
        calm_down(shrinking);
        put_off_first(shrinking);
    } while (shrinking->schedule->n_turns < n);
    find_simpler(shrinking);
    drop_kinds(shrinking);
}

int tidy__explore_shrink(struct explore_trial *trial,
                         struct explore_schedule *schedule,
                         uint64_t signature)
{
    struct shrinking shrinking = { .trial = trial,
                                   .schedule = schedule,
                                   .signature = signature,
                                   .max_runs = trial->n_runs +
                                               EXPLORE_SHRINK_MAX_RUNS };
    int result = tidy__explore_schedule_copy(&shrinking.candidate, schedule);

    if (result < 0)
        return result;
    if (attempt(&shrinking))
        shrink(&shrinking);
    else
        result = -EINVAL;
    tidy__explore_schedule_deinit(&shrinking.candidate);
    return result;
}
