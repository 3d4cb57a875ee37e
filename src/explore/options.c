/* SPDX-License-Identifier: MIT */
/*
 * What is wanted of an exploration. What contradicts itself is refused: a search
 * that was not meant would find nothing, and prove nothing.
 */
#include "explore/options.h"

#include "explore/depth.h"
#include "explore/strategy.h"
#include "sim/options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_MAX_SCHEDULES 10000
#define DEFAULT_MAX_DEPARTURES 2
#define DEFAULT_MAX_FAULTS 1

static const char *check_world(const struct tidy_world_options *world)
{
    if (world->seed || world->choices || world->n_choices)
        return "the schedule is the exploration's: neither a seed of a world "
               "nor choices";
    if (world->has_trace || world->is_checked)
        return "neither a trace nor a check of single runs";
    return NULL;
}

static const char *check_strategy(const struct tidy_explore_options *options,
                                  char why[256])
{
    const char *name = options->strategy;

    if (name && !tidy__explore_strategy_find(name)) {
        snprintf(why, 256, "there is no strategy \"%.200s\"", name);
        return why;
    }
    if (name && options->is_until_complete && strcmp(name, "depth") != 0)
        return "only strategy \"depth\" is ever complete";
    return NULL;
}

static const char *check_bounds(const struct tidy_explore_options *options,
                                char why[256])
{
    if ((uint64_t)options->max_departures + options->max_faults >
        EXPLORE_MAX_DEPTH) {
        snprintf(why,
                 256,
                 "%u departures and %u faults: at most %d together",
                 options->max_departures,
                 options->max_faults,
                 EXPLORE_MAX_DEPTH);
        return why;
    }
    if (options->n_workers > EXPLORE_MAX_WORKERS) {
        snprintf(why,
                 256,
                 "%u workers: at most %d",
                 options->n_workers,
                 EXPLORE_MAX_WORKERS);
        return why;
    }
    if ((options->has_no_departures && options->max_departures > 0) ||
        (options->has_no_faults && options->max_faults > 0))
        return "a bound, and that there is to be nothing";
    return NULL;
}

static unsigned count_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    if (n < 1)
        return 1;
    return n < EXPLORE_MAX_WORKERS ? (unsigned)n : EXPLORE_MAX_WORKERS;
}

static void set_defaults(struct tidy_explore_options *options)
{
    bool has_faults;

    if (!options->name)
        options->name = "body";
    if (options->world.kinds == 0)
        options->world.kinds = TIDY_CHOICES_NO_FAULTS;
    has_faults = (options->world.kinds & TIDY_CHOICES_FAULTS) != 0;
    if (!options->strategy)
        options->strategy = options->is_until_complete ? "depth" : "portfolio";
    if (options->max_schedules == 0 && options->max_ns == 0 &&
        !options->is_until_complete)
        options->max_schedules = DEFAULT_MAX_SCHEDULES;
    if (options->max_departures == 0 && !options->has_no_departures)
        options->max_departures = DEFAULT_MAX_DEPARTURES;
    if (options->max_faults == 0 && has_faults && !options->has_no_faults)
        options->max_faults = DEFAULT_MAX_FAULTS;
    if (options->n_workers == 0)
        options->n_workers = count_processors();
}

const char *tidy__explore_options_take(struct tidy_explore_options *options,
                                       const struct tidy_explore_options *given,
                                       char why[256])
{
    struct tidy_world_options world;
    const char *trouble = NULL;

    memset(options, 0, sizeof(*options));
    if (given && given->size != 0 && given->size != sizeof(*given)) {
        snprintf(why,
                 256,
                 "options of %zu bytes: this library knows those of %zu",
                 given->size,
                 sizeof(*given));
        return why;
    }
    if (given)
        *options = *given;
    trouble = check_world(&options->world);
    if (!trouble)
        trouble = check_strategy(options, why);
    if (!trouble)
        trouble = check_bounds(options, why);
    if (!trouble)
        trouble = tidy__sim_options_take(&world, &options->world, why);
    if (!trouble)
        set_defaults(options);
    return trouble;
}

void tidy__explore_settings_of(struct explore_settings *settings,
                               const struct tidy_explore_options *options)
{
    *settings = (struct explore_settings){
        .world = options->world,
        .strategy = tidy__explore_strategy_find(options->strategy),
        .seed = options->seed,
        .max_schedules = options->max_schedules,
        .max_departures = options->max_departures,
        .max_faults = options->max_faults,
        .n_workers = options->n_workers,
        .goes_on = options->goes_on,
    };
}
