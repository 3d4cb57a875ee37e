/* SPDX-License-Identifier: MIT */
/*
 * What repeats itself is told once.
 *
 * A block of a few rows that comes three times or more, one right after the
 * other, is kept once, with how often it came and when for the last time.
 * Departures, and what is in flight, are never folded: each is another.
 */
#include "explore/story.h"

#include <string.h>

#define MAX_BLOCK 8
#define MIN_TIMES 3

static bool may_repeat(const struct story_row *row)
{
    return row->type == STORY_CALL || row->type == STORY_READY ||
           row->type == STORY_MESSAGE || row->type == STORY_TIMER;
}

static bool is_same(const struct story_row *a, const struct story_row *b)
{
    return may_repeat(a) && a->type == b->type && a->from == b->from &&
           a->to == b->to && strcmp(a->text, b->text) == 0 &&
           strcmp(a->by, b->by) == 0;
}

static size_t count_times(const struct story *story, size_t begin, size_t len)
{
    size_t n = 1, idx;

    for (;; n++) {
        if (begin + (n + 1) * len > story->n_rows)
            return n;
        for (idx = 0; idx < len; idx++) {
            if (!is_same(&story->rows[begin + idx],
                         &story->rows[begin + n * len + idx]))
                return n;
        }
    }
}

/* The length of the block that begins here and repeats itself, the shortest; 0:
 * none. */
static size_t
find_block(const struct story *story, size_t begin, size_t *ret_n_times)
{
    size_t len;

    for (len = 1; len <= MAX_BLOCK; len++) {
        *ret_n_times = count_times(story, begin, len);
        if (*ret_n_times >= MIN_TIMES)
            return len;
    }
    return 0;
}

/* Rows move up; what arrives must find again where it left. */
static void move_row(struct story *story, size_t from, size_t to)
{
    size_t idx;

    if (from == to)
        return;
    story->rows[to] = story->rows[from];
    if (story->rows[to].type != STORY_LEAVES)
        return;
    for (idx = from + 1; idx < story->n_rows; idx++) {
        if (story->rows[idx].pair == from)
            story->rows[idx].pair = to;
    }
}

void tidy__story_fold(struct story *story)
{
    size_t from = 0, to = 0, len, n_times, idx;

    while (from < story->n_rows) {
        len = find_block(story, from, &n_times);
        if (len == 0) {
            move_row(story, from++, to++);
            continue;
        }
        for (idx = 0; idx < len; idx++)
            move_row(story, from + idx, to + idx);
        to += len;
        story->rows[to - 1].n_block = len;
        story->rows[to - 1].n_times = n_times;
        story->rows[to - 1].until_ns =
            story->rows[from + n_times * len - 1].now_ns;
        from += n_times * len;
    }
    story->n_rows = to;
}
