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
#include "explore/text_writer.h"
#include "explore/words.h"

#include <errno.h>
#include <string.h>

#define DEFAULT_WIDTH 96
#define MIN_WIDTH 60
#define MIN_COLUMN 16
#define MAX_COLUMN 36
#define MAX_ROWS 400
#define N_FIRST_ROWS 100

/* ------------------------------------------------------------------- the table */

static void write_departure(struct text_writer *writer,
                            const struct story_row *row)
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
    tidy__text_across(writer, row->now_ns, '!', GRID_YELLOW, text);
}

/* What is no connection's: a failing socket(), a timer. */
static void write_nobodys(struct text_writer *writer,
                          const struct story_row *row)
{
    char text[2 * STORY_TEXT_MAX + 8];

    snprintf(text,
             sizeof(text),
             "%s%s%s",
             row->text,
             row->by[0] ? "  in " : "",
             row->by);
    tidy__text_across(
        writer, row->now_ns, ' ', tidy__text_colour_of(row), text);
}

static void write_times(struct text_writer *writer, const struct story_row *row)
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
    tidy__text_across(writer, row->until_ns, ' ', GRID_BOLD, text);
}

static void write_row(struct text_writer *writer, const struct story_row *row)
{
    if (row->type == STORY_DEPARTURE)
        write_departure(writer, row);
    else if (row->from == STORY_NOBODY && row->to == STORY_NOBODY)
        write_nobodys(writer, row);
    else if (writer->is_list)
        tidy__text_in_list(writer, row);
    else
        tidy__text_in_columns(writer, row);
    if (row->n_times > 1)
        write_times(writer, row);
}

static void write_heads(struct text_writer *writer)
{
    char plain[STORY_NAME_MAX];
    size_t column, line = 1;

    tidy__grid_begin(&writer->grid);
    tidy__grid_need(&writer->grid, 1, writer->is_list);
    tidy__grid_put(&writer->grid, 0, 0, "   time/ms");
    for (column = 0; column < writer->story->n_columns && !writer->is_list;
         column++)
        tidy__text_cell(writer,
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
    tidy__text_end_row(writer, GRID_BOLD);
}

static void write_end(struct text_writer *writer)
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
    tidy__text_across(writer,
                      end->now_ns,
                      'X',
                      GRID_RED,
                      tidy__grid_plain(line, plain, sizeof(plain)));
}

/* Of a story that is too long, the beginning and the end. */
static void write_table(struct text_writer *writer)
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
            tidy__text_across(
                writer, story->rows[idx].now_ns, ' ', GRID_BOLD, text);
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

static void write_legend(FILE *out, const struct text_writer *writer)
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

static void write_states(const struct text_writer *writer)
{
    const struct story *story = writer->story;
    char text[STORY_TEXT_MAX], plain[STORY_NAME_MAX];
    size_t idx;

    fputs("\nAt the end\n", writer->out);
    for (idx = 0; idx < story->n_columns; idx++) {
        tidy__story_state_text(story->columns[idx], text);
        tidy__grid_plain(story->columns[idx]->name, plain, sizeof(plain));
        if (story->columns[idx]->about[0])
            fprintf(writer->out,
                    "  %-14s %-34s %s\n",
                    plain,
                    text,
                    story->columns[idx]->about);
        else
            fprintf(writer->out, "  %-14s %s\n", plain, text);
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

static void plan(struct text_writer *writer, unsigned width)
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
    struct text_writer writer = { .out = out };
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
