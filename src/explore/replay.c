/* SPDX-License-Identifier: MIT */
/*
 * One schedule from a file, run again; and where it is the body's no more.
 */
#include "base/alloc.h"
#include "base/misuse.h"
#include "explore/exploration.h"
#include "explore/files.h"
#include "explore/trial.h"
#include "sim/actor.h"
#include "sim/report.h"

#include <inttypes.h>

static bool is_among(const struct sim_turn *turns,
                     size_t n_turns,
                     const struct sim_turn *turn)
{
    size_t idx;

    for (idx = 0; idx < n_turns; idx++) {
        if (turns[idx].kind == turn->kind && turns[idx].actor == turn->actor &&
            turns[idx].nth == turn->nth)
            return turns[idx].taken == turn->taken;
    }
    return false;
}

static char *
describe_divergence(const char *path, size_t idx, const struct sim_turn *turn)
{
    char actor[SIM_ACTOR_TEXT_MAX];

    if (tidy__explore_schedule_is_text(path))
        path = "the schedule";
    return tidy__format("%s: diverged at departure %zu, \"%s %s %" PRIu32
                        ": %" PRIu32 " of %" PRIu32
                        "\", which did not come about",
                        path,
                        idx + 1,
                        tidy_choice_name((enum tidy_choice)turn->kind),
                        tidy__sim_actor_key(turn->actor, actor),
                        turn->nth,
                        turn->taken,
                        turn->n);
}

/* Which departures of a schedule did not come about; "": all did. Owned. */
static char *find_divergence(struct explore_trial *trial,
                             const struct explore_schedule *schedule,
                             const char *path)
{
    size_t n = tidy__explore_trial_n_departures(trial), idx;
    struct sim_turn *turns;
    char *text = NULL;

    turns = tidy__alloc((n + 1) * sizeof(*turns));
    if (!turns)
        return NULL;
    n = tidy__explore_trial_turns(trial, turns);
    for (idx = 0; idx < schedule->n_turns && !text; idx++) {
        const struct sim_turn *turn = &schedule->turns[idx];

        if (!is_among(turns, n, turn))
            text = describe_divergence(path, idx, turn);
    }
    tidy__dealloc(turns);
    return text ? text : tidy__strdup("");
}

static void replay(struct tidy_exploration *exploration,
                   struct explore_trial *trial,
                   const struct explore_schedule *schedule,
                   const char *path)
{
    struct tidy_world_report *report = tidy__explore_trial_run(trial, schedule);

    exploration->summary.n_schedules = 1;
    if (report->outcome == TIDY_OUTCOME_NOT_RUN) {
        tidy__explore_not_run(exploration, tidy__strdup(report->text));
    } else {
        exploration->text = find_divergence(trial, schedule, path);
        if (report->outcome != TIDY_OUTCOME_PASSED) {
            exploration->summary.n_failed = 1;
            exploration->verdict = TIDY_VERDICT_FOUND;
            tidy__explore_add_found(
                exploration, schedule, report->outcome, report->text);
        }
    }
    tidy_world_report_free(report);
}

void tidy__explore_replay(struct tidy_exploration *exploration,
                          const struct explore_schedule *schedule,
                          const char *path)
{
    struct explore_trial trial;
    struct tidy_world_report *why = tidy__explore_trial_init(
        &trial, &exploration->target, &exploration->options.world);

    if (why)
        tidy__explore_not_run(exploration, tidy__strdup(why->text));
    else
        replay(exploration, &trial, schedule, path);
    tidy__explore_trial_deinit(&trial);
    tidy_world_report_free(why);
}

struct tidy_exploration *
tidy_explore_replay(const struct tidy_explore_options *options,
                    const char *path,
                    tidy_world_body_cb body,
                    void *arg,
                    char *const argv[])
{
    struct tidy_exploration *exploration = tidy__exploration_new(options);
    struct explore_schedule schedule;
    char *trouble;

    TIDY_REQUIRE(path, "tidy_explore_replay: the path is NULL");
    TIDY_REQUIRE(body || (argv && argv[0]),
                 "tidy_explore_replay: neither a body nor a program");
    if (exploration->verdict == TIDY_VERDICT_NOT_RUN ||
        !tidy__explore_make_directories(exploration))
        return exploration;
    exploration->is_replay = true;
    exploration->target = (struct explore_target){
        .body = body,
        .arg = arg,
        .argv = argv,
        .warm_up = exploration->options.warm_up,
    };
    trouble = tidy__explore_schedule_load(&schedule, path);
    if (trouble) {
        tidy__explore_not_run(exploration, trouble);
        return exploration;
    }
    tidy__explore_replay(exploration, &schedule, path);
    tidy__explore_schedule_deinit(&schedule);
    tidy__explore_reports(exploration);
    return exploration;
}
