/* SPDX-License-Identifier: MIT */
/*
 * Texts of failures, made comparable.
 */
#include "explore/same.h"

#include <ctype.h>
#include <string.h>

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t add(uint64_t hash, unsigned char c)
{
    return (hash ^ c) * FNV_PRIME;
}

/* "  516  tcp socket   127.0.0.1:32768 -> ..." */
static bool is_descriptor(const char *line)
{
    const char *text = line + strspn(line, " ");

    return text > line && isdigit((unsigned char)*text);
}

/* A run of digits counts as one, and the width of columns not at all. */
static uint64_t add_line(uint64_t hash, const char *line, size_t len)
{
    size_t idx;

    for (idx = 0; idx < len; idx++) {
        unsigned char c = (unsigned char)line[idx];
        unsigned char before = idx > 0 ? (unsigned char)line[idx - 1] : 0;

        if (isdigit(c))
            c = '0';
        if ((c == '0' && isdigit(before)) || (c == ' ' && before == ' '))
            continue;
        hash = add(hash, c);
    }
    return add(hash, '\n');
}

uint64_t tidy__explore_signature(enum tidy_outcome outcome, const char *text)
{
    bool is_wait =
        outcome == TIDY_OUTCOME_DEADLOCK || outcome == TIDY_OUTCOME_LIMIT;
    uint64_t hash = add(FNV_OFFSET, (unsigned char)outcome);

    while (*text) {
        size_t len = strcspn(text, "\n");

        if (!is_wait || !is_descriptor(text))
            hash = add_line(hash, text, len);
        text += len + (text[len] == '\n');
    }
    return hash ? hash : 1;
}
