/* SPDX-License-Identifier: MIT */
/*
 * What a world is to be like, as the caller says it: taken as it is, or refused
 * with a sentence. What contradicts itself is not guessed at: a run that was
 * not meant would pass, and prove nothing.
 */
#include "sim/options.h"

#include "sim/shared.h"

#include <stdio.h>
#include <string.h>

static const char *check_size(size_t size, char why[128])
{
    if (size == 0 || size == sizeof(struct tidy_world_options))
        return NULL;
    snprintf(why,
             128,
             "options of %zu bytes: this library knows those of %zu",
             size,
             sizeof(struct tidy_world_options));
    return why;
}

static const char *check_likeness(const struct tidy_world_options *options,
                                  char why[128])
{
    if (options->profile != TIDY_PROFILE_LINUX &&
        options->profile != TIDY_PROFILE_DARWIN) {
        snprintf(why, 128, "there is no profile %d", (int)options->profile);
        return why;
    }
    if (options->kinds & ~TIDY_CHOICES_ALL) {
        snprintf(why,
                 128,
                 "kinds 0x%x: the highest kind of choice is bit %d",
                 (unsigned)options->kinds,
                 TIDY_N_CHOICES - 1);
        return why;
    }
    return NULL;
}

static const char *check_schedule(const struct tidy_world_options *options)
{
    if (options->n_choices > 0 && !options->choices)
        return "n_choices says that there are choices, and choices is NULL";
    if (options->n_choices > SIM_MAX_CHOICES)
        return "the schedule is too long: a run has at most 1048576 choices";
    if (options->choices && options->seed)
        return "either a seed or choices, not both";
    if (options->kinds == 0 && options->seed)
        return "a seed, but no kind of choice that may depart from calm";
    if (options->kinds == 0 && options->n_choices > 0)
        return "choices, but no kind of choice that may depart from calm";
    return NULL;
}

const char *tidy__sim_options_take(struct tidy_world_options *options,
                                   const struct tidy_world_options *given,
                                   char why[128])
{
    const char *trouble;

    memset(options, 0, sizeof(*options));
    if (!given)
        return NULL;
    trouble = check_size(given->size, why);
    if (trouble)
        return trouble;
    *options = *given;
    trouble = check_likeness(options, why);
    return trouble ? trouble : check_schedule(options);
}
