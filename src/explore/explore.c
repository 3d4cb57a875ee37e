/* SPDX-License-Identifier: MIT */
/*
 * An exploration from its beginning to its end: what has failed before, the
 * search, and what was found, as simple as it can be.
 */
#include "base/alloc.h"
#include "base/misuse.h"
#include "explore/environment.h"
#include "explore/exploration.h"
#include "explore/files.h"
#include "explore/shrink.h"
#include "sim/program.h"
#include "sim/report.h"

#include <stdlib.h>
#include <utlist.h>

/* ------------------------------------------------------------------ shrinking */

/* How it fails now that it is as simple as it can be. */
static void tell_again(struct tidy_found *found,
                       const struct tidy_world_report *report)
{
    char *text = tidy__strdup(report->text);

    if (!text)
        return;
    tidy__dealloc(found->text);
    found->text = text;
    found->outcome = report->outcome;
}

static void shrink_with(struct explore_trial *trial, struct tidy_found *found)
{
    struct tidy_world_report *report;

    if (tidy__explore_shrink(trial, &found->schedule, found->signature) < 0)
        return;
    found->is_shrunk = true;
    report = tidy__explore_trial_run(trial, &found->schedule);
    if (report->outcome != TIDY_OUTCOME_PASSED)
        tell_again(found, report);
    tidy_world_report_free(report);
}

static void shrink(struct tidy_exploration *exploration,
                   struct tidy_found *found)
{
    struct explore_trial trial;
    struct tidy_world_report *why = tidy__explore_trial_init(
        &trial, &exploration->target, &exploration->options.world);

    if (!why)
        shrink_with(&trial, found);
    tidy__explore_trial_deinit(&trial);
    tidy_world_report_free(why);
}

static void shrink_all(struct tidy_exploration *exploration)
{
    struct tidy_found *found, *next, *all = exploration->found;

    exploration->found = NULL;
    DL_FOREACH_SAFE(all, found, next) {
        if (found->outcome != TIDY_OUTCOME_UNCONTROLLED && !found->is_shrunk)
            shrink(exploration, found);
        DL_DELETE(all, found);
        tidy__explore_insert(exploration, found);
    }
}

/* ------------------------------------------------------------------ exploring */

static void explore(struct tidy_exploration *exploration)
{
    const struct tidy_explore_options *options = &exploration->options;

    if (options->corpus && tidy__explore_corpus_run(exploration))
        return;
    if (exploration->verdict == TIDY_VERDICT_NOT_RUN)
        return;
    tidy__explore_run(exploration);
    if (!options->is_not_shrunk)
        shrink_all(exploration);
    if (options->corpus)
        tidy__explore_corpus_keep(exploration);
}

static struct tidy_exploration *
explore_target(const struct tidy_explore_options *options,
               const struct explore_target *target)
{
    const char *path = getenv(EXPLORE_SCHEDULE_VARIABLE);
    struct tidy_exploration *exploration;

    if (path && *path)
        return tidy_explore_replay(
            options, path, target->body, target->arg, target->argv);
    exploration = tidy__exploration_new(options);
    if (exploration->verdict == TIDY_VERDICT_NOT_RUN ||
        !tidy__explore_make_directories(exploration))
        return exploration;
    exploration->target = *target;
    exploration->target.is_quiet = true;
    exploration->target.warm_up = exploration->options.warm_up;
    explore(exploration);
    tidy__explore_reports(exploration);
    if (exploration->verdict == TIDY_VERDICT_PASSED && exploration->found)
        exploration->verdict = TIDY_VERDICT_FOUND;
    return exploration;
}

bool tidy_explore_does_program(const char *name)
{
    struct sim_needs needs;
    char path[PATH_MAX];

    TIDY_REQUIRE(name, "tidy_explore_does_program: the name is NULL");
    return tidy__sim_program_find(name, path) &&
           !tidy__sim_program_check(path, &needs) && needs.has_simulator &&
           needs.has_explorer;
}

struct tidy_exploration *
tidy_explore(const struct tidy_explore_options *options,
             tidy_world_body_cb body,
             void *arg)
{
    const struct explore_target target = { .body = body, .arg = arg };

    TIDY_REQUIRE(body, "tidy_explore: the body is NULL");
    return explore_target(options, &target);
}

struct tidy_exploration *
tidy_explore_program(const struct tidy_explore_options *options,
                     char *const argv[])
{
    const struct explore_target target = { .argv = argv };

    TIDY_REQUIRE(argv && argv[0], "tidy_explore_program: no program");
    return explore_target(options, &target);
}
