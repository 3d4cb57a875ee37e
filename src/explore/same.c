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

/* A run of digits counts as one; of a path, which may be that of the process, the
 * last name counts. */
static uint64_t add_word(uint64_t hash, const char *word, size_t len)
{
    const char *slash = memrchr(word, '/', len);
    size_t idx = slash ? (size_t)(slash - word) + 1 : 0;
    bool is_number = false;

    for (; idx < len; idx++) {
        bool is_digit = isdigit((unsigned char)word[idx]);

        if (!is_digit || !is_number)
            hash = add(hash, is_digit ? '0' : (unsigned char)word[idx]);
        is_number = is_digit;
    }
    return add(hash, ' ');
}

/* The width of columns does not count at all. */
static uint64_t add_line(uint64_t hash, const char *line, size_t len)
{
    const char *end = line + len;
    size_t n;

    while (line < end) {
        const char *space = memchr(line, ' ', (size_t)(end - line));

        n = (size_t)((space ? space : end) - line);
        if (n > 0)
            hash = add_word(hash, line, n);
        line += n + (space != NULL);
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
