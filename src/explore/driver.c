/* SPDX-License-Identifier: MIT */
/*
 * A worker:
 *
 *   plan a run          -> the runner's process makes it, and plans the next by
 *                          itself as long as runs pass (tidy__explore_go_on())
 *   one did not pass    -> the same again in a fresh process, by who departed and
 *                          how often (sim/choice_keyed.h)
 *     it went the same  -> kept, if it is not of a kind that has been
 *     it did not        -> state leaks between runs: kept as that, and from now
 *                          on each run has a process of its own
 *   it was the second of two equal ones, and did not go the same way
 *                       -> kept as uncontrolled
 */
#include "explore/driver.h"

#include "base/alloc.h"
#include "explore/same.h"
#include "explore/strategy.h"
#include "sim/real.h"
#include "sim/report.h"

#include <stdio.h>
#include <string.h>

/* --------------------------------------------------------------------- notes */

static void lock(struct explore_search *search)
{
    while (atomic_flag_test_and_set(&search->is_noting))
        continue;
}

static void unlock(struct explore_search *search)
{
    atomic_flag_clear(&search->is_noting);
}

/* A failure of a kind that has been is counted, and the first one of it kept:
 * first in the order of the search, whoever was quicker. */
static struct explore_found *
find_room(struct explore_search *search, uint64_t signature, uint64_t position)
{
    unsigned idx;

    for (idx = 0; idx < search->n_found; idx++) {
        if (search->found[idx].signature != signature)
            continue;
        search->found[idx].n_times++;
        return position < search->found[idx].position ? &search->found[idx]
                                                      : NULL;
    }
    if (search->n_found == EXPLORE_MAX_FOUND)
        return NULL;
    search->found[search->n_found].n_times = 1;
    return &search->found[search->n_found++];
}

/* What is behind the first one need not be looked at. */
static void note_best(struct explore_search *search, uint64_t position)
{
    uint_fast64_t best = atomic_load(&search->best);

    while (!search->settings.goes_on && position < best &&
           !atomic_compare_exchange_weak(&search->best, &best, position))
        continue;
}

/* A run's departures, as they are to be replayed. */
struct departures {
    uint32_t kinds;
    size_t n_turns;
    struct sim_turn turns[EXPLORE_MAX_TURNS];
};

static void note(struct explore_worker *worker,
                 enum tidy_outcome outcome,
                 const char *text,
                 const struct departures *departures)
{
    struct explore_search *search = worker->search;
    uint64_t signature = tidy__explore_signature(outcome, text);
    struct explore_found *found;

    lock(search);
    found = find_room(search, signature, worker->position);
    if (found) {
        found->position = worker->position;
        found->n_schedules = atomic_load(&search->n_schedules);
        found->outcome = outcome;
        found->signature = signature;
        found->kinds = departures->kinds;
        snprintf(found->text, sizeof(found->text), "%s", text);
        found->n_turns = departures->n_turns;
        memcpy(found->turns,
               departures->turns,
               departures->n_turns * sizeof(*departures->turns));
    }
    unlock(search);
    atomic_fetch_add(&search->n_failed, 1);
    note_best(search, worker->position);
}

/* ------------------------------------------------------------- a second look */

/* One process of a driver has one at a time. */
static struct departures departures;
static struct sim_tally tally;

static void keep_departures(const struct sim_shared *run)
{
    size_t n = run->world.taken.n;

    departures.kinds = run->options.kinds;
    departures.n_turns = 0;
    if (run->world.n_departures <= EXPLORE_MAX_TURNS)
        departures.n_turns =
            tidy__sim_turns_of(run->taken, n, &tally, departures.turns);
}

static void order_departures(struct sim_shared *run, bool has_trace)
{
    struct tidy_world_options options = run->options;

    options.kinds = departures.kinds;
    options.has_trace = has_trace;
    tidy__sim_shared_order(run, &options);
    memcpy(run->turns,
           departures.turns,
           departures.n_turns * sizeof(*departures.turns));
    run->plan.kind = SIM_PLAN_KEYED;
    run->plan.n_listed = departures.n_turns;
}

/* What has gone another way, and where, of two runs that are made for this. */
static void note_uncontrolled(struct explore_worker *worker,
                              struct explore_pilot *pilot,
                              const char *sentence)
{
    struct tidy_world_report *first, *second;
    char *text;

    tidy__explore_pilot_go_on(pilot, NULL, NULL);
    order_departures(worker->run, true);
    first = tidy__explore_pilot_run_fresh(pilot);
    order_departures(worker->run, true);
    second = tidy__explore_pilot_run(pilot);
    text = tidy__sim_report_is_same(first, second)
               ? NULL
               : tidy__sim_report_difference(sentence, first, second);
    note(
        worker, TIDY_OUTCOME_UNCONTROLLED, text ? text : sentence, &departures);
    tidy__dealloc(text);
    tidy_world_report_free(first);
    tidy_world_report_free(second);
    tidy__explore_pilot_go_on(pilot, tidy__explore_go_on, worker);
    tidy__explore_pilot_be_fresh(pilot);
}

static bool is_same(const struct tidy_world_report *first,
                    const struct tidy_world_report *second)
{
    return first->outcome == second->outcome &&
           tidy__explore_signature(first->outcome, first->text) ==
               tidy__explore_signature(second->outcome, second->text);
}

/* A run that did not pass is one, if it does not in a fresh process either. */
static void look_into(struct explore_worker *worker,
                      struct explore_pilot *pilot,
                      const struct tidy_world_report *first)
{
    struct tidy_world_report *second;

    keep_departures(worker->run);
    order_departures(worker->run, false);
    tidy__explore_pilot_go_on(pilot, NULL, NULL);
    second = tidy__explore_pilot_run_fresh(pilot);
    tidy__explore_pilot_go_on(pilot, tidy__explore_go_on, worker);
    if (is_same(first, second))
        note(worker, second->outcome, second->text, &departures);
    else
        note_uncontrolled(worker,
                          pilot,
                          "state leaks between runs: what failed after others "
                          "does not go the same way in a fresh process");
    tidy_world_report_free(second);
}

/* -------------------------------------------------------------------- driving */

static void take_failure(struct explore_worker *worker,
                         struct explore_pilot *pilot,
                         const struct tidy_world_report *report)
{
    if (worker->is_again) {
        worker->is_again = false;
        keep_departures(worker->run);
        note_uncontrolled(
            worker, pilot, "the same schedule went another way the next time");
        return;
    }
    tidy__explore_learn(worker);
    look_into(worker, pilot, report);
}

/* False: there is nothing more to do. */
static bool take(struct explore_worker *worker,
                 struct explore_pilot *pilot,
                 const struct tidy_world_report *report)
{
    if (report->outcome != TIDY_OUTCOME_PASSED) {
        take_failure(worker, pilot, report);
        return tidy__explore_plan(worker);
    }
    if (!worker->is_over && tidy__explore_go_on(worker))
        return true;
    if (!worker->is_uncontrolled)
        return false;
    worker->is_uncontrolled = false;
    keep_departures(worker->run);
    note_uncontrolled(worker,
                      pilot,
                      "the same schedule went another way the next time in the "
                      "same process");
    return tidy__explore_plan(worker);
}

static void complain(struct explore_search *search,
                     const struct tidy_world_report *report)
{
    lock(search);
    snprintf(search->trouble, sizeof(search->trouble), "%s", report->text);
    unlock(search);
    atomic_store(&search->is_stopped, true);
}

static bool drive(struct explore_worker *worker, struct explore_pilot *pilot)
{
    struct tidy_world_report *report;
    bool goes_on = tidy__explore_plan(worker), is_run = true;

    while (goes_on && is_run) {
        report = tidy__explore_pilot_run(pilot);
        is_run = report->outcome != TIDY_OUTCOME_NOT_RUN;
        if (is_run)
            goes_on = take(worker, pilot, report);
        else
            complain(worker->search, report);
        tidy_world_report_free(report);
    }
    return is_run;
}

_Noreturn void tidy__explore_drive(struct explore_search *search,
                                   const struct explore_target *target,
                                   unsigned idx)
{
    struct explore_worker *worker = &search->workers[idx];
    struct tidy_world_report *why;
    struct explore_pilot *pilot = tidy__explore_pilot_new(target, &why);
    bool is_run = false;

    if (pilot) {
        worker->run = tidy__explore_pilot_shared(pilot);
        tidy__explore_pilot_go_on(pilot, tidy__explore_go_on, worker);
        is_run = drive(worker, pilot);
    } else {
        complain(search, why);
        tidy_world_report_free(why);
    }
    tidy__explore_pilot_free(pilot);
    tidy__real_exit(is_run ? 0 : 1);
}
