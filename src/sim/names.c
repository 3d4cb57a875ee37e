/* SPDX-License-Identifier: MIT */
/*
 * Names for what a world is asked for by: kinds of choices and profiles.
 */
#include "base/misuse.h"
#include <tidysock/sim.h>

#include <string.h>

const char *tidy_profile_name(enum tidy_profile profile)
{
    return profile == TIDY_PROFILE_DARWIN  ? "darwin"
           : profile == TIDY_PROFILE_LINUX ? "linux"
                                           : "?";
}

static bool is_name(const char *word, size_t len, const char *name)
{
    return strlen(name) == len && strncmp(word, name, len) == 0;
}

/* 0: it is no name. */
static uint32_t parse_word(const char *word, size_t len)
{
    unsigned kind;

    if (is_name(word, len, "all"))
        return TIDY_CHOICES_ALL;
    if (is_name(word, len, "orders"))
        return TIDY_CHOICES_ORDERS;
    if (is_name(word, len, "no-faults"))
        return TIDY_CHOICES_NO_FAULTS;
    for (kind = 0; kind < TIDY_N_CHOICES; kind++) {
        if (is_name(word, len, tidy_choice_name((enum tidy_choice)kind)))
            return TIDY_CHOICE_BIT(kind);
    }
    return 0;
}

const char *tidy_choices_parse(const char *list, uint32_t *ret_kinds)
{
    uint32_t kinds = 0, some;
    const char *word = list;
    size_t len;

    TIDY_REQUIRE(list && ret_kinds, "tidy_choices_parse: NULL");
    for (;;) {
        len = strcspn(word, ",");
        some = parse_word(word, len);
        if (some == 0)
            return word;
        kinds |= some;
        if (word[len] == '\0')
            break;
        word += len + 1;
    }
    *ret_kinds = kinds;
    return NULL;
}
