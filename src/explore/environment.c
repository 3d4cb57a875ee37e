/* SPDX-License-Identifier: MIT */
/*
 * Options from the environment: for who runs a program that explores, and does
 * not want to build another.
 */
#include "explore/environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool take_number(const char *text, uint64_t max, uint64_t *ret_number)
{
    char *end;

    errno = 0;
    *ret_number = strtoull(text, &end, 10);
    return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' &&
           *ret_number <= max;
}

static bool take_unsigned(const char *text, unsigned *number)
{
    uint64_t value;

    if (!take_number(text, UINT32_MAX, &value))
        return false;
    *number = (unsigned)value;
    return true;
}

static bool take_flag(const char *text, bool *flag)
{
    *flag = strcmp(text, "1") == 0;
    return *flag || strcmp(text, "0") == 0;
}

/* ------------------------------------------------------------------ each word */

static bool take_schedules(struct tidy_explore_options *options,
                           const char *text)
{
    return take_number(text, UINT64_MAX, &options->max_schedules);
}

static bool take_seconds(struct tidy_explore_options *options, const char *text)
{
    uint64_t seconds;

    if (!take_number(text, 1000000000, &seconds))
        return false;
    options->max_ns = TIDY_S(seconds);
    return true;
}

static bool take_complete(struct tidy_explore_options *options,
                          const char *text)
{
    return take_flag(text, &options->is_until_complete);
}

static bool take_departures(struct tidy_explore_options *options,
                            const char *text)
{
    bool is_taken = take_unsigned(text, &options->max_departures);

    options->has_no_departures = options->max_departures == 0;
    return is_taken;
}

static bool take_faults(struct tidy_explore_options *options, const char *text)
{
    bool is_taken = take_unsigned(text, &options->max_faults);

    options->has_no_faults = options->max_faults == 0;
    return is_taken;
}

static bool take_strategy(struct tidy_explore_options *options,
                          const char *text)
{
    options->strategy = text;
    return true;
}

static bool take_seed(struct tidy_explore_options *options, const char *text)
{
    return take_number(text, UINT64_MAX, &options->seed);
}

static bool take_kinds(struct tidy_explore_options *options, const char *text)
{
    return !tidy_choices_parse(text, &options->world.kinds);
}

static bool take_profile(struct tidy_explore_options *options, const char *text)
{
    bool is_darwin = strcmp(text, "darwin") == 0;

    options->world.profile =
        is_darwin ? TIDY_PROFILE_DARWIN : TIDY_PROFILE_LINUX;
    return is_darwin || strcmp(text, "linux") == 0;
}

static bool take_jobs(struct tidy_explore_options *options, const char *text)
{
    return take_unsigned(text, &options->n_workers);
}

static bool take_all(struct tidy_explore_options *options, const char *text)
{
    return take_flag(text, &options->goes_on);
}

static bool take_corpus(struct tidy_explore_options *options, const char *text)
{
    options->corpus = text;
    return true;
}

static bool take_reports(struct tidy_explore_options *options, const char *text)
{
    options->reports = text;
    return true;
}

static bool take_shrink(struct tidy_explore_options *options, const char *text)
{
    bool is_shrunk, is_taken = take_flag(text, &is_shrunk);

    options->is_not_shrunk = !is_shrunk;
    return is_taken;
}

static const struct {
    const char *word;
    bool (*take)(struct tidy_explore_options *options, const char *text);
} words[] = {
    { "schedules", take_schedules },
    { "seconds", take_seconds },
    { "complete", take_complete },
    { "departures", take_departures },
    { "faults", take_faults },
    { "strategy", take_strategy },
    { "seed", take_seed },
    { "kinds", take_kinds },
    { "profile", take_profile },
    { "jobs", take_jobs },
    { "all", take_all },
    { "corpus", take_corpus },
    { "reports", take_reports },
    { "shrink", take_shrink },
};

static bool take_word(struct tidy_explore_options *options, char *word)
{
    char *value = strchr(word, '=');
    size_t idx;

    if (!value)
        return false;
    *value++ = '\0';
    for (idx = 0; idx < TIDY_COUNT(words); idx++) {
        if (strcmp(words[idx].word, word) == 0)
            return words[idx].take(options, value);
    }
    return false;
}

const char *tidy__explore_environment_take(struct tidy_explore_options *options,
                                           const char *text,
                                           char *room,
                                           char why[256])
{
    char word[256], *rest = NULL, *next;

    strcpy(room, text);
    for (next = strtok_r(room, " ", &rest); next;
         next = strtok_r(NULL, " ", &rest)) {
        snprintf(word, sizeof(word), "%s", next);
        if (take_word(options, next))
            continue;
        snprintf(why,
                 256,
                 EXPLORE_OPTIONS_VARIABLE ": \"%.150s\" is no option, or not "
                                          "such a value",
                 word);
        return why;
    }
    return NULL;
}
