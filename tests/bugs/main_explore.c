/* SPDX-License-Identifier: MIT */
/*
 * Bugs are looked for, and twins, in which there is nothing to be found.
 */
#include "bugs/main.h"
#include <tidysock/explore.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void run_bug(void *arg)
{
    const struct bug *bug = arg;

    bug->run(false);
}

static void run_twin(void *arg)
{
    const struct bug *bug = arg;

    bug->run(true);
}

static void describe(struct tidy_explore_options *options,
                     const struct bug *bug,
                     const struct settings *settings)
{
    memset(options, 0, sizeof(*options));
    options->name = bug->name;
    options->world.profile = bug->profile;
    options->world.kinds = bug->kinds;
    options->world.max_steps = bug->max_steps ? bug->max_steps : BUG_MAX_STEPS;
    options->max_schedules = settings->n_schedules;
    options->seed = settings->seed;
}

static struct tidy_exploration *
explore(const struct tidy_explore_options *options,
        tidy_world_body_cb body,
        const struct bug *bug)
{
    struct bug copy = *bug; /* arg is no const; each run is in a copy anyway */

    return tidy_explore(options, body, &copy);
}

/* Only the first line of a text that may have many. */
static int first_line(const char *text)
{
    return (int)strcspn(text, "\n");
}

bool bug_is_found(const struct bug *bug, const struct settings *settings)
{
    struct tidy_explore_options options;
    struct tidy_exploration *all;
    const struct tidy_found *found;
    const char *text;

    describe(&options, bug, settings);
    if (bug->kinds_found)
        options.world.kinds = bug->kinds_found;
    all = explore(&options, run_bug, bug);
    found = all ? tidy_exploration_found(all, 0) : NULL;
    if (!found) {
        printf("%-24s NOT FOUND %s\n",
               bug->name,
               all ? tidy_exploration_text(all) : "out of memory");
        if (all)
            tidy_exploration_print(all, stdout);
    } else {
        text = tidy_found_text(found);
        printf("%-24s %-8s schedules %6" PRIu64 "  departures %zu  %-8s %.*s\n",
               bug->name,
               bug->library,
               tidy_found_n_schedules(found),
               tidy_found_n_departures(found),
               tidy_outcome_name(tidy_found_outcome(found)),
               first_line(text),
               text);
        if (settings->has_report)
            tidy_found_write(found, TIDY_REPORT_TEXT, stdout);
    }
    tidy_exploration_free(all);
    return found;
}

static bool is_sound(const struct bug *bug,
                     const struct settings *settings,
                     enum tidy_profile profile)
{
    struct tidy_explore_options options;
    struct tidy_explore_summary summary;
    struct tidy_exploration *all;
    const struct tidy_found *found;
    bool passed;

    describe(&options, bug, settings);
    options.world.profile = profile;
    all = explore(&options, run_twin, bug);
    if (!all)
        return false;
    tidy_exploration_summary(all, &summary);
    passed = tidy_exploration_verdict(all) == TIDY_VERDICT_PASSED;
    printf("%-24s %-8s schedules %6" PRIu64 "  traces %6" PRIu64
           "  %7.0f/s  %s\n",
           bug->name,
           tidy_profile_name(profile),
           summary.n_schedules,
           summary.n_traces,
           (double)summary.n_schedules * 1e9 / (double)(summary.elapsed_ns + 1),
           passed ? "never blamed" : "BLAMED");
    found = tidy_exploration_found(all, 0);
    if (!passed)
        printf("%s\n", tidy_exploration_text(all));
    if (found)
        tidy_found_write(found, TIDY_REPORT_TEXT, stdout);
    tidy_exploration_free(all);
    return passed;
}

bool twin_is_sound(const struct bug *bug, const struct settings *settings)
{
    bool linux_is = is_sound(bug, settings, TIDY_PROFILE_LINUX);

    return is_sound(bug, settings, TIDY_PROFILE_DARWIN) && linux_is;
}

static bool is_calm(const struct bug *bug, bool is_repaired)
{
    const struct tidy_world_options options = { .profile = bug->profile,
                                                .max_steps = BUG_MAX_STEPS };
    struct bug copy = *bug;
    struct tidy_world_runner *runner = tidy_world_runner_new(
        is_repaired ? run_twin : run_bug, &copy, TIDY_WARM_UP_OUTSIDE);
    struct tidy_world_report *report;
    enum tidy_outcome outcome;

    if (!runner)
        return false;
    report = tidy_world_runner_run(runner, &options);
    outcome = tidy_world_report_outcome(report);
    if (outcome != TIDY_OUTCOME_PASSED)
        printf("%s, %s, calm: %s: %s\n",
               bug->name,
               is_repaired ? "repaired" : "with the bug",
               tidy_outcome_name(outcome),
               tidy_world_report_text(report));
    tidy_world_report_free(report);
    tidy_world_runner_free(runner);
    return outcome == TIDY_OUTCOME_PASSED;
}

static bool is_real(const struct bug *bug, bool is_repaired)
{
    unsigned n_done, n_shown = count_real(bug, is_repaired, 1, 1, 1, &n_done);

    if (n_shown > 0)
        printf("%s, %s: does not pass on the real kernel\n",
               bug->name,
               is_repaired ? "repaired" : "with the bug");
    return n_shown == 0 && n_done == 1;
}

bool bug_is_hidden(const struct bug *bug, const struct settings *settings)
{
    bool is_hidden;

    (void)settings;
    bug_slowness = 10;
    is_hidden = is_calm(bug, false) & is_calm(bug, true) & is_real(bug, false) &
                is_real(bug, true);
    printf("%-24s %s\n", bug->name, is_hidden ? "passes" : "DOES NOT PASS");
    return is_hidden;
}
