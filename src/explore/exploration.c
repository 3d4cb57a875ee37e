/* SPDX-License-Identifier: MIT */
/*
 * Explorations, as their callers see them.
 *
 * There is always one to be had: when memory is short, a static one says so.
 */
#include "explore/exploration.h"

#include "base/alloc.h"
#include "base/misuse.h"
#include "explore/environment.h"
#include "explore/options.h"
#include "explore/same.h"
#include "explore/strategy.h"

#include <stdlib.h>
#include <utlist.h>

static struct tidy_exploration out_of_memory = {
    .options.name = "body",
    .verdict = TIDY_VERDICT_NOT_RUN,
    .text = (char *)(uintptr_t) "out of memory",
    .is_static = true,
};

/* ----------------------------------------------------------------- its making */

void tidy__explore_not_run(struct tidy_exploration *exploration, char *text)
{
    tidy__dealloc(exploration->text);
    exploration->text = text;
    exploration->verdict = TIDY_VERDICT_NOT_RUN;
}

static struct tidy_found *free_found(struct tidy_found *found)
{
    tidy__explore_schedule_deinit(&found->schedule);
    tidy__dealloc(found->text);
    tidy__dealloc(found->decides);
    tidy_world_report_free(found->report);
    return tidy__dealloc(found);
}

static bool is_simpler(const struct tidy_found *a, const struct tidy_found *b)
{
    return a->schedule.n_turns < b->schedule.n_turns;
}

void tidy__explore_insert(struct tidy_exploration *exploration,
                          struct tidy_found *found)
{
    struct tidy_found *place = exploration->found;

    while (place && !is_simpler(found, place))
        place = place->next;
    if (place)
        DL_PREPEND_ELEM(exploration->found, place, found);
    else
        DL_APPEND(exploration->found, found);
}

struct tidy_found *
tidy__explore_add_found(struct tidy_exploration *exploration,
                        const struct explore_schedule *schedule,
                        enum tidy_outcome outcome,
                        const char *text)
{
    struct tidy_found *found = tidy__zalloc(sizeof(*found));

    if (!found)
        return NULL;
    found->exploration = exploration;
    found->outcome = outcome;
    found->signature = tidy__explore_signature(outcome, text);
    found->text = tidy__strdup(text);
    found->n_departures_before = schedule->n_turns;
    if (!found->text ||
        tidy__explore_schedule_copy(&found->schedule, schedule) < 0)
        return free_found(found);
    tidy__explore_insert(exploration, found);
    return found;
}

struct tidy_exploration *
tidy_exploration_free(struct tidy_exploration *exploration)
{
    struct tidy_found *found, *next;

    if (!exploration || exploration->is_static)
        return NULL;
    DL_FOREACH_SAFE(exploration->found, found, next)
        free_found(found);
    tidy__dealloc(exploration->text);
    tidy__dealloc(exploration->environment);
    return tidy__dealloc(exploration);
}

/* As the caller wants it, but for what the environment says. Returns why not. */
static const char *take_options(struct tidy_exploration *exploration,
                                const struct tidy_explore_options *given,
                                char why[256])
{
    const char *variable = getenv(EXPLORE_OPTIONS_VARIABLE);
    const char *words = given && given->size == 0 ? given->words : NULL;
    TIDY_CLEANUP(tidy__deallocp) char *text = NULL;
    struct tidy_explore_options wanted = { 0 };
    const char *trouble = NULL;

    if (given && given->size == sizeof(*given))
        words = given->words;
    if ((!variable && !words) ||
        (given && given->size != 0 && given->size != sizeof(*given)))
        return tidy__explore_options_take(&exploration->options, given, why);
    if (given)
        wanted = *given;
    text = tidy__format("%s %s", words ? words : "", variable ? variable : "");
    exploration->environment = text ? tidy__strdup(text) : NULL;
    if (!exploration->environment)
        return "out of memory";
    trouble = tidy__explore_environment_take(
        &wanted, text, exploration->environment, why);
    return trouble ? trouble
                   : tidy__explore_options_take(
                         &exploration->options, &wanted, why);
}

struct tidy_exploration *
tidy__exploration_new(const struct tidy_explore_options *given)
{
    struct tidy_exploration *exploration = tidy__zalloc(sizeof(*exploration));
    const char *trouble;
    char why[256];

    if (!exploration)
        return &out_of_memory;
    exploration->summary.complete_depth = -1;
    trouble = tidy__sim_world ? "an exploration cannot be run inside a world"
                              : take_options(exploration, given, why);
    if (!exploration->options.name)
        exploration->options.name = given && given->name ? given->name : "body";
    if (trouble)
        tidy__explore_not_run(exploration, tidy__strdup(trouble));
    return exploration;
}

/* ------------------------------------------------------------------- accessors */

enum tidy_verdict
tidy_exploration_verdict(const struct tidy_exploration *exploration)
{
    TIDY_REQUIRE(exploration, "tidy_exploration_verdict: it is NULL");
    return exploration->verdict;
}

const char *tidy_exploration_text(const struct tidy_exploration *exploration)
{
    TIDY_REQUIRE(exploration, "tidy_exploration_text: it is NULL");
    return exploration->text ? exploration->text : "";
}

void tidy_exploration_summary(const struct tidy_exploration *exploration,
                              struct tidy_explore_summary *ret_summary)
{
    TIDY_REQUIRE(exploration, "tidy_exploration_summary: it is NULL");
    *ret_summary = exploration->summary;
}

const struct tidy_found *
tidy_exploration_found(const struct tidy_exploration *exploration, size_t idx)
{
    const struct tidy_found *found;

    TIDY_REQUIRE(exploration, "tidy_exploration_found: it is NULL");
    found = exploration->found;
    while (found && idx-- > 0)
        found = found->next;
    return found;
}

const char *tidy_explore_strategy_name(size_t idx, const char **ret_what)
{
    const struct explore_strategy *strategy = tidy__explore_strategy_nth(idx);

    if (strategy && ret_what)
        *ret_what = strategy->what;
    return strategy ? strategy->name : NULL;
}
