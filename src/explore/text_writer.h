/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_TEXT_WRITER_H
#define TIDY_EXPLORE_TEXT_WRITER_H

#include "explore/grid.h"
#include "explore/story.h"

/* Between the files that write the table. */

struct text_writer {
    FILE *out;
    const struct story *story;
    struct grid grid;
    bool is_list, has_colour;
};

/* With a mark and the time, and no more yet. */
void tidy__text_begin_row(struct text_writer *writer,
                          uint64_t now_ns,
                          char mark);
void tidy__text_end_row(struct text_writer *writer, enum grid_colour colour);
/* Text in a column, from a line of the row on. Returns the line behind it. */
size_t tidy__text_cell(struct text_writer *writer,
                       size_t column,
                       size_t line,
                       const char *text);

/* Rows: over all columns, in them, and in a list instead. */
void tidy__text_across(struct text_writer *writer,
                       uint64_t now_ns,
                       char mark,
                       enum grid_colour colour,
                       const char *text);
void tidy__text_in_columns(struct text_writer *writer,
                           const struct story_row *row);
void tidy__text_in_list(struct text_writer *writer,
                        const struct story_row *row);

enum grid_colour tidy__text_colour_of(const struct story_row *row);

#endif
