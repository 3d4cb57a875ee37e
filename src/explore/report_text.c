/* SPDX-License-Identifier: MIT */
/*
 * A failure as a table for a terminal, a column for each who had a part in it,
 * and time running down.
 *
 *   ------>   it left and arrived at once
 *   .....     it left, and stays in flight
 *   ....>     now it arrives
 *
 * Where there are more than fit side by side, their names come before what they
 * do instead.
 */
#include "explore/grid.h"
#include "explore/story.h"
#include "explore/words.h"

#include <errno.h>
#include <string.h>

#define DEFAULT_WIDTH 96
#define MIN_WIDTH 60
#define MIN_COLUMN 22
#define MAX_COLUMN 36
#define MAX_ROWS 400
#define N_FIRST_ROWS 100
#define WHO_WIDTH 26 /* of a list */
#define MIN_ARROW 4

struct writer {
    FILE *out;
    const struct story *story;
    struct grid grid;
    bool is_list, has_colour;
};

/* ---------------------------------------------------------------------- a row */

static void begin_row(struct writer *writer, uint64_t now_ns, char mark)
{
    char text[EXPLORE_TIME_MAX], cell[EXPLORE_TIME_MAX + 4];

    tidy__grid_begin(&writer->grid);
    tidy__grid_need(&writer->grid, 1, writer->is_list);
    snprintf(
        cell, sizeof(cell), "%c%9s", mark, tidy__explore_time(now_ns, text));
    tidy__grid_put(&writer->grid, 0, 0, cell);
}

static void end_row(struct writer *writer, enum grid_colour colour)
{
    tidy__grid_write(&writer->grid, writer->out, colour, writer->has_colour);
}

/* Over all columns. */
static void write_across(struct writer *writer,
                         uint64_t now_ns,
                         char mark,
                         enum grid_colour colour,
                         const char *text)
{
    bool is_list = writer->is_list;

    writer->is_list = true;
    begin_row(writer, now_ns, mark);
    tidy__grid_wrap(&writer->grid,
                    0,
                    GRID_MARGIN,
                    writer->grid.width - GRID_MARGIN,
                    text,
                    true);
    end_row(writer, colour);
    writer->is_list = is_list;
}

static enum grid_colour colour_of(const struct story_row *row)
{
    return row->is_bad                ? GRID_RED
           : row->type == STORY_READY ? GRID_DIM
                                      : GRID_PLAIN;
}

/* ------------------------------------------------------------------ in columns */

static size_t inner_width(const struct writer *writer)
{
    return writer->grid.column_width - 3;
}

static size_t
write_cell(struct writer *writer, size_t column, size_t line, const char *text)
{
    return tidy__grid_wrap(&writer->grid,
                           line,
                           tidy__grid_column(&writer->grid, column) + 2,
                           inner_width(writer),
                           text,
                           false);
}

static void write_by(struct writer *writer,
                     size_t column,
                     size_t line,
                     const struct story_row *row)
{
    char text[STORY_TEXT_MAX + 8];

    if (!row->by[0])
        return;
    snprintf(text, sizeof(text), "in %s", row->by);
    tidy__grid_wrap(&writer->grid,
                    line,
                    tidy__grid_column(&writer->grid, column) + 4,
                    inner_width(writer) - 2,
                    text,
                    false);
}

/* From where a line of a cell ends to the other column, or out of the cell. */
static void draw_right(struct writer *writer,
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
static size_t write_right_aligned(struct writer *writer,
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
draw_left(struct writer *writer, const struct story_row *row, char with)
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

static void write_message(struct writer *writer, const struct story_row *row)
{
    char with = row->type == STORY_LEAVES ? '.' : '-';
    char text[STORY_TEXT_MAX + 16];
    size_t end;

    if (row->to == STORY_NOBODY || row->to == row->from ||
        row->from == STORY_NOBODY) {
        snprintf(text, sizeof(text), "%s, to nobody here", row->text);
        write_cell(
            writer, row->from == STORY_NOBODY ? row->to : row->from, 0, text);
    } else if (row->to > row->from) {
        end = write_cell(writer, row->from, 0, row->text);
        draw_right(writer, row, end - 1, with);
    } else {
        draw_left(writer, row, with);
    }
}

/* At whose end it arrives; lost, it is where it was sent. */
static void write_arrival(struct writer *writer, const struct story_row *row)
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
        write_cell(writer, column, 0, text);
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

static void write_in_columns(struct writer *writer, const struct story_row *row)
{
    size_t line;

    begin_row(writer, row->now_ns, ' ');
    switch (row->type) {
    case STORY_MESSAGE:
    case STORY_LEAVES:
        write_message(writer, row);
        break;
    case STORY_ARRIVES:
    case STORY_LOST:
        write_arrival(writer, row);
        break;
    default:
        line = write_cell(writer, row->from, 0, row->text);
        write_by(writer, row->from, line, row);
    }
    end_row(writer, colour_of(row));
}

/* ------------------------------------------------------------------- in a list */

static const char *name_of(const struct story *story, size_t column)
{
    return column == STORY_NOBODY ? "-" : story->columns[column]->name;
}

static void write_in_list(struct writer *writer, const struct story_row *row)
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
    begin_row(writer, row->now_ns, ' ');
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
    end_row(writer, colour_of(row));
}

/* ------------------------------------------------------------------- the table */

static void write_departure(struct writer *writer, const struct story_row *row)
{
    const struct sim_event *choice =
        &writer->story->view->events->events[row->event];
    char plain[STORY_TEXT_MAX], text[STORY_TEXT_MAX + 96];

    snprintf(text,
             sizeof(text),
             "%zu. %s  [%s]",
             row->number,
             tidy__grid_plain(row->text, plain, sizeof(plain)),
             choice->name);
    write_across(writer, row->now_ns, '!', GRID_YELLOW, text);
}

/* What is no connection's: a failing socket(), a timer. */
static void write_nobodys(struct writer *writer, const struct story_row *row)
{
    char text[2 * STORY_TEXT_MAX + 8];

    snprintf(text,
             sizeof(text),
             "%s%s%s",
             row->text,
             row->by[0] ? "  in " : "",
             row->by);
    write_across(writer, row->now_ns, ' ', colour_of(row), text);
}

static void write_times(struct writer *writer, const struct story_row *row)
{
    char text[128], until[EXPLORE_TIME_MAX];

    tidy__explore_time(row->until_ns, until);
    if (row->n_block == 1)
        snprintf(text,
                 sizeof(text),
                 "... this came %zu times, until %s",
                 row->n_times,
                 until);
    else
        snprintf(text,
                 sizeof(text),
                 "... these last %zu rows came %zu times, until %s",
                 row->n_block,
                 row->n_times,
                 until);
    write_across(writer, row->until_ns, ' ', GRID_BOLD, text);
}

static void write_row(struct writer *writer, const struct story_row *row)
{
    if (row->type == STORY_DEPARTURE)
        write_departure(writer, row);
    else if (row->from == STORY_NOBODY && row->to == STORY_NOBODY)
        write_nobodys(writer, row);
    else if (writer->is_list)
        write_in_list(writer, row);
    else
        write_in_columns(writer, row);
    if (row->n_times > 1)
        write_times(writer, row);
}

static void write_heads(struct writer *writer)
{
    char plain[STORY_NAME_MAX];
    size_t column, line = 1;

    tidy__grid_begin(&writer->grid);
    tidy__grid_need(&writer->grid, 1, writer->is_list);
    tidy__grid_put(&writer->grid, 0, 0, "   time/ms");
    for (column = 0; column < writer->story->n_columns && !writer->is_list;
         column++)
        write_cell(writer,
                   column,
                   0,
                   tidy__grid_plain(writer->story->columns[column]->name,
                                    plain,
                                    sizeof(plain)));
    if (writer->is_list)
        tidy__grid_put(&writer->grid, 0, GRID_MARGIN, "who");
    line = writer->grid.n_lines;
    tidy__grid_need(&writer->grid, line + 1, writer->is_list);
    tidy__grid_fill(&writer->grid,
                    line,
                    0,
                    writer->is_list ? writer->grid.width
                                    : tidy__grid_column(&writer->grid,
                                                        writer->grid.n_columns),
                    '-');
    for (column = 0; column < writer->grid.n_columns; column++)
        tidy__grid_put(
            &writer->grid, line, tidy__grid_column(&writer->grid, column), "+");
    end_row(writer, GRID_BOLD);
}

static void write_end(struct writer *writer)
{
    const struct explore_failure_view *view = writer->story->view;
    const struct sim_event *end =
        &view->events->events[view->events->n_events - 1];
    char verdict[EXPLORE_VERDICT_MAX], plain[EXPLORE_VERDICT_MAX + 200];
    char line[EXPLORE_VERDICT_MAX + 200];

    snprintf(line,
             sizeof(line),
             "%s%s%s",
             tidy__explore_verdict(view, verdict),
             writer->story->end_by[0] ? "  in " : "",
             writer->story->end_by);
    write_across(writer,
                 end->now_ns,
                 'X',
                 GRID_RED,
                 tidy__grid_plain(line, plain, sizeof(plain)));
}

/* Of a story that is too long, the beginning and the end. */
static void write_table(struct writer *writer)
{
    const struct story *story = writer->story;
    char text[96];
    size_t idx;

    write_heads(writer);
    for (idx = 0; idx < story->n_rows; idx++) {
        if (story->n_rows > MAX_ROWS && idx == N_FIRST_ROWS) {
            snprintf(text,
                     sizeof(text),
                     "... %zu rows are left out here ...",
                     story->n_rows - MAX_ROWS);
            write_across(writer, story->rows[idx].now_ns, ' ', GRID_BOLD, text);
            idx += story->n_rows - MAX_ROWS;
        }
        write_row(writer, &story->rows[idx]);
    }
    write_end(writer);
}

/* ---------------------------------------------------------------- around it */

/* Words, on lines of a default width; the first begins at a column. */
static void put_folded(FILE *out, const char *text, size_t column)
{
    char word[256];
    size_t len;

    while (*text) {
        len = strcspn(text, " ");
        snprintf(word, sizeof(word), "%.*s", (int)len, text);
        if (column + 1 + len > DEFAULT_WIDTH) {
            fputs("\n ", out);
            column = 1;
        }
        fputc(' ', out);
        tidy__explore_put_line(out, word);
        column += 1 + len;
        text += len + strspn(text + len, " ");
    }
    fputs(".\n", out);
}

static void write_beginning(FILE *out, const struct explore_failure_view *view)
{
    char text[EXPLORE_FACTS_MAX];

    tidy__explore_put_line(out, tidy__explore_name(view));
    fprintf(out, ": %s\n", tidy_outcome_name(view->outcome));
    tidy__explore_put_lines(out, "  ", view->text);
    if (view->decides) {
        fputs("\nWhat decides it: it", out);
        put_folded(out, view->decides, strlen("What decides it: it"));
    }
    fprintf(out, "\nThe world was %s.", tidy__explore_setting(view, text));
    if (*tidy__explore_facts(view, text))
        fprintf(out, "\nIt was %s.", text);
    fputc('\n', out);
}

static void write_legend(FILE *out, const struct writer *writer)
{
    fputs("\nHow it came about, in virtual milliseconds. ! marks where this run"
          " departs from an\nidle machine's; all else is as there.\n",
          out);
    if (!writer->is_list)
        fputs(
            "  ---->  left and arrived at once    .....  left, stays in flight"
            "    ....>  arrives now\n",
            out);
    fputc('\n', out);
}

static void write_states(const struct writer *writer)
{
    const struct story *story = writer->story;
    char text[STORY_TEXT_MAX], plain[STORY_NAME_MAX];
    size_t idx;

    fputs("\nAt the end\n", writer->out);
    for (idx = 0; idx < story->n_columns; idx++) {
        tidy__story_state_text(story->columns[idx], text);
        fprintf(
            writer->out,
            "  %-14s %-34s %s\n",
            tidy__grid_plain(story->columns[idx]->name, plain, sizeof(plain)),
            text,
            story->columns[idx]->about);
    }
    if (story->n_in_flight > 0)
        fprintf(writer->out,
                "  %zu segment%s still in flight\n",
                story->n_in_flight,
                story->n_in_flight == 1 ? " is" : "s are");
    if (story->n_left_out > 0)
        fprintf(writer->out,
                "  %zu other socket%s no part in it\n",
                story->n_left_out,
                story->n_left_out == 1 ? " had" : "s had");
    if (story->view->events->n_dropped > 0)
        fprintf(writer->out,
                "  %zu events are missing before the end: there was no room\n",
                story->view->events->n_dropped);
}

static void write_commands(FILE *out, const struct explore_failure_view *view)
{
    if (view->replay || view->debug)
        fputc('\n', out);
    if (view->replay) {
        fputs("Again:   ", out);
        tidy__explore_put_line(out, view->replay);
        fputc('\n', out);
    }
    if (view->debug) {
        fputs("In gdb:  ", out);
        tidy__explore_put_line(out, view->debug);
        fputc('\n', out);
    }
}

static void plan(struct writer *writer, unsigned width)
{
    size_t n = writer->story->n_columns;

    if (width == 0)
        width = DEFAULT_WIDTH;
    width = width < MIN_WIDTH ? MIN_WIDTH : width;
    width = width > GRID_MAX_WIDTH ? GRID_MAX_WIDTH : width;
    writer->grid.width = width;
    writer->is_list = n == 0 || (width - GRID_MARGIN) / n < MIN_COLUMN;
    if (writer->is_list)
        return;
    writer->grid.n_columns = n;
    writer->grid.column_width = (width - GRID_MARGIN) / (unsigned)n;
    if (writer->grid.column_width > MAX_COLUMN)
        writer->grid.column_width = MAX_COLUMN;
}

int tidy__explore_report_text(FILE *out,
                              const struct explore_failure_view *view,
                              const struct explore_text_options *options)
{
    struct writer writer = { .out = out };
    struct story *story = tidy__story_new(view);

    if (!story)
        return -ENOMEM;
    writer.story = story;
    writer.has_colour = options && options->has_colour;
    write_beginning(out, view);
    if (view->events) {
        plan(&writer, options ? options->width : 0);
        write_legend(out, &writer);
        write_table(&writer);
        write_states(&writer);
    }
    write_commands(out, view);
    tidy__story_free(story);
    return tidy__explore_finish(out);
}
