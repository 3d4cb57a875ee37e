/* SPDX-License-Identifier: MIT */
/*
 * Rows of the table: in columns, with arrows between them; or in a list, with the
 * names before what happened.
 */
#include "explore/text_writer.h"
#include "explore/words.h"

#include <string.h>

#define WHO_WIDTH 26 /* of a list */
#define MIN_ARROW 4
#define WIDE_COLUMN 22 /* for explanations, too */

/* ---------------------------------------------------------------------- a row */

void tidy__text_begin_row(struct text_writer *writer,
                          uint64_t now_ns,
                          char mark)
{
    char text[EXPLORE_TIME_MAX], cell[EXPLORE_TIME_MAX + 4];

    tidy__grid_begin(&writer->grid);
    tidy__grid_need(&writer->grid, 1, writer->is_list);
    snprintf(
        cell, sizeof(cell), "%c%9s", mark, tidy__explore_time(now_ns, text));
    tidy__grid_put(&writer->grid, 0, 0, cell);
}

void tidy__text_end_row(struct text_writer *writer, enum grid_colour colour)
{
    tidy__grid_write(&writer->grid, writer->out, colour, writer->has_colour);
}

/* Over all columns. */
void tidy__text_across(struct text_writer *writer,
                       uint64_t now_ns,
                       char mark,
                       enum grid_colour colour,
                       const char *text)
{
    bool is_list = writer->is_list;

    writer->is_list = true;
    tidy__text_begin_row(writer, now_ns, mark);
    tidy__grid_wrap(&writer->grid,
                    0,
                    GRID_MARGIN,
                    writer->grid.width - GRID_MARGIN,
                    text,
                    true);
    tidy__text_end_row(writer, colour);
    writer->is_list = is_list;
}

enum grid_colour tidy__text_colour_of(const struct story_row *row)
{
    return row->is_bad                ? GRID_RED
           : row->type == STORY_READY ? GRID_DIM
                                      : GRID_PLAIN;
}

/* ------------------------------------------------------------------ in columns */

static size_t inner_width(const struct text_writer *writer)
{
    return writer->grid.column_width - 3;
}

size_t tidy__text_cell(struct text_writer *writer,
                       size_t column,
                       size_t line,
                       const char *text)
{
    return tidy__grid_wrap(&writer->grid,
                           line,
                           tidy__grid_column(&writer->grid, column) + 2,
                           inner_width(writer),
                           text,
                           false);
}

static void write_by(struct text_writer *writer,
                     size_t column,
                     size_t line,
                     const struct story_row *row)
{
    size_t indent = writer->grid.column_width < WIDE_COLUMN ? 1 : 2;
    char text[STORY_TEXT_MAX + 8];

    if (!row->by[0])
        return;
    snprintf(text, sizeof(text), "in %s", row->by);
    tidy__grid_wrap(&writer->grid,
                    line,
                    tidy__grid_column(&writer->grid, column) + 2 + indent,
                    inner_width(writer) - indent,
                    text,
                    false);
}

/* From where a line of a cell ends to the other column, or out of the cell. */
static void draw_right(struct text_writer *writer,
                       const struct story_row *row,
                       size_t line,
                       char with)
{
    struct grid *grid = &writer->grid;
    size_t end = tidy__grid_column(grid, row->from + 1), from = end;
    size_t tip = tidy__grid_column(grid, row->to) + 1;

    while (from > tidy__grid_column(grid, row->from) + 1 &&
           grid->lines[line][from - 1] == ' ')
        from--;
    if (from + MIN_ARROW > end) {
        line++;
        tidy__grid_need(grid, line + 1, false);
        from = tidy__grid_column(grid, row->from) + 1;
    }
    if (with == '.') {
        tidy__grid_fill(grid, line, from + 1, end, with);
        return;
    }
    tidy__grid_fill(grid, line, from + 1, tip, with);
    tidy__grid_put(grid, line, tip, ">");
}

/* The text of what goes to the left stands at the right end of its column. */
static size_t write_right_aligned(struct text_writer *writer,
                                  const struct story_row *row)
{
    struct grid *grid = &writer->grid;
    size_t len = strlen(row->text), width = inner_width(writer) - MIN_ARROW;
    size_t at = tidy__grid_column(grid, row->from) + 2 + MIN_ARROW;

    if (len < width) {
        tidy__grid_put(grid, 0, at + width - len, row->text);
        return at + width - len;
    }
    tidy__grid_wrap(grid, 0, at, width, row->text, false);
    return at;
}

static void
draw_left(struct text_writer *writer, const struct story_row *row, char with)
{
    struct grid *grid = &writer->grid;
    size_t at = write_right_aligned(writer, row);
    size_t tip = tidy__grid_column(grid, row->to + 1) - 1;

    if (with == '.') {
        tidy__grid_fill(
            grid, 0, tidy__grid_column(grid, row->from) + 1, at - 1, with);
        return;
    }
    tidy__grid_fill(grid, 0, tip + 1, at - 1, with);
    tidy__grid_put(grid, 0, tip, "<");
}

static void write_message(struct text_writer *writer,
                          const struct story_row *row)
{
    char with = row->type == STORY_LEAVES ? '.' : '-';
    char text[STORY_TEXT_MAX + 16];
    size_t end;

    if (row->to == STORY_NOBODY || row->to == row->from ||
        row->from == STORY_NOBODY) {
        snprintf(text, sizeof(text), "%s, to nobody here", row->text);
        tidy__text_cell(
            writer, row->from == STORY_NOBODY ? row->to : row->from, 0, text);
    } else if (row->to > row->from) {
        end = tidy__text_cell(writer, row->from, 0, row->text);
        draw_right(writer, row, end - 1, with);
    } else {
        draw_left(writer, row, with);
    }
}

/* At whose end it arrives; lost, it is where it was sent. */
static void write_arrival(struct text_writer *writer,
                          const struct story_row *row)
{
    struct grid *grid = &writer->grid;
    bool is_lost = row->type == STORY_LOST;
    bool has_from = row->from != STORY_NOBODY, is_left;
    size_t column = is_lost && has_from ? row->from : row->to, at, len;
    char text[STORY_TEXT_MAX + 16];

    if (column == STORY_NOBODY)
        column = row->from;
    at = tidy__grid_column(grid, column);
    is_left = has_from && row->from > column;
    snprintf(text, sizeof(text), "%s%s", row->text, is_lost ? " is lost" : "");
    len = strlen(text);
    if (is_lost || !has_from) {
        tidy__text_cell(writer, column, 0, text);
    } else if (is_left && len + MIN_ARROW < inner_width(writer)) {
        tidy__grid_put(grid, 0, at + 2, text);
        tidy__grid_put(grid, 0, at + 3 + len, "<");
        tidy__grid_fill(
            grid, 0, at + 4 + len, tidy__grid_column(grid, column + 1), '.');
    } else if (is_left) {
        tidy__grid_wrap(grid, 0, at + 2, inner_width(writer) - 3, text, false);
        tidy__grid_put(grid, 0, at + inner_width(writer), "<..");
    } else {
        tidy__grid_wrap(grid, 0, at + 4, inner_width(writer) - 2, text, false);
        tidy__grid_put(grid, 0, at > GRID_MARGIN ? at - 3 : at, "....> ");
    }
}

/* "SYN (wants to connect)" -> "SYN" */
static struct story_row be_brief(const struct story_row *row)
{
    struct story_row brief = *row;
    char *end = strstr(brief.text, " (");

    if (end && strncmp(brief.text, "data", 4) != 0)
        *end = '\0';
    return brief;
}

void tidy__text_in_columns(struct text_writer *writer,
                           const struct story_row *row)
{
    const struct story_row *shown = row;
    struct story_row brief;
    size_t line;

    if (row->from != STORY_NOBODY && writer->grid.column_width < WIDE_COLUMN) {
        brief = be_brief(row);
        shown = &brief;
    }
    tidy__text_begin_row(writer, row->now_ns, ' ');
    switch (row->type) {
    case STORY_MESSAGE:
    case STORY_LEAVES:
        write_message(writer, shown);
        break;
    case STORY_ARRIVES:
    case STORY_LOST:
        write_arrival(writer, shown);
        break;
    default:
        line = tidy__text_cell(writer, row->from, 0, row->text);
        write_by(writer, row->from, line, row);
    }
    tidy__text_end_row(writer, tidy__text_colour_of(row));
}

/* ------------------------------------------------------------------- in a list */

static const char *name_of(const struct story *story, size_t column)
{
    return column == STORY_NOBODY ? "-" : story->columns[column]->name;
}

void tidy__text_in_list(struct text_writer *writer, const struct story_row *row)
{
    static const char *const after[] = { [STORY_LEAVES] = ", stays in flight",
                                         [STORY_ARRIVES] = " arrives",
                                         [STORY_LOST] = " is lost",
                                         [STORY_TIMER] = "" };
    char who[2 * STORY_NAME_MAX + 8], plain[2 * STORY_NAME_MAX + 8];
    char text[2 * STORY_TEXT_MAX + 32];
    struct grid *grid = &writer->grid;

    if (row->type == STORY_CALL || row->type == STORY_READY)
        snprintf(who, sizeof(who), "%s", name_of(writer->story, row->from));
    else
        snprintf(who,
                 sizeof(who),
                 "%s -> %s",
                 name_of(writer->story, row->from),
                 name_of(writer->story, row->to));
    snprintf(text,
             sizeof(text),
             "%s%s%s%s",
             row->text,
             after[row->type] ? after[row->type] : "",
             row->by[0] ? "  in " : "",
             row->by);
    tidy__text_begin_row(writer, row->now_ns, ' ');
    tidy__grid_wrap(grid,
                    0,
                    GRID_MARGIN,
                    WHO_WIDTH - 2,
                    tidy__grid_plain(who, plain, sizeof(plain)),
                    true);
    tidy__grid_wrap(grid,
                    0,
                    GRID_MARGIN + WHO_WIDTH,
                    grid->width - GRID_MARGIN - WHO_WIDTH,
                    text,
                    true);
    tidy__text_end_row(writer, tidy__text_colour_of(row));
}
