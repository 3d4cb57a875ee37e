/* SPDX-License-Identifier: MIT */
/*
 * The sequence chart of a page: an inline SVG image, a vertical line for each who
 * had a part in the failure, a row for each thing that happened.
 *
 * What was in flight is a slanted line from the row in which it left to that in
 * which it arrived, or was lost, or to the end if it never arrived. What arrived
 * at once is nearly level.
 */
#include "explore/html.h"
#include "explore/words.h"

#define LEFT 92  /* of the first line, with the time before it */
#define LANE 250 /* from one line to the next */
#define TOP 64   /* of the first row */
#define ROW 34   /* from one row to the next */
#define SLANT 8  /* of what arrives at once */
#define TIME_RIGHT 70

struct chart {
    FILE *out;
    const struct story *story;
    size_t first; /* of the rows */
};

static size_t x_of(size_t column)
{
    return LEFT + column * LANE;
}

static size_t y_of(const struct chart *chart, size_t row)
{
    return TOP + (row - chart->first) * ROW;
}

static size_t bottom_of(const struct chart *chart)
{
    return y_of(chart, chart->story->n_rows) + 2 * ROW;
}

static size_t width_of(const struct chart *chart)
{
    size_t n = chart->story->n_columns;

    return LEFT + (n > 0 ? n : 1) * LANE + 60;
}

/* ------------------------------------------------------------------- the pieces */

static void put_text(const struct chart *chart,
                     const char *class,
                     const char *anchor,
                     size_t x,
                     size_t y,
                     const char *text)
{
    fprintf(chart->out,
            "<text class=\"%s\" text-anchor=\"%s\" x=\"%zu\" y=\"%zu\">",
            class,
            anchor,
            x,
            y);
    tidy__html_put(chart->out, text);
    fputs("</text>\n", chart->out);
}

static void put_line(const struct chart *chart,
                     const char *class,
                     const char *marker,
                     const size_t from[2],
                     const size_t to[2])
{
    fprintf(chart->out,
            "<line class=\"%s\"%s x1=\"%zu\" y1=\"%zu\" x2=\"%zu\" "
            "y2=\"%zu\"/>\n",
            class,
            marker,
            from[0],
            from[1],
            to[0],
            to[1]);
}

/* What is shown when the mouse is over it. */
static void begin_group(const struct chart *chart, const struct story_row *row)
{
    char time[EXPLORE_TIME_MAX];

    fprintf(
        chart->out, "<g><title>%s ms: ", tidy__explore_time(row->now_ns, time));
    tidy__html_put(chart->out, row->text);
    if (row->by[0]) {
        fputs("\n"
              "in ",
              chart->out);
        tidy__html_put(chart->out, row->by);
    }
    if (row->n_times > 1)
        fprintf(chart->out,
                "\nthis and the %zu rows before it: %zu times, until %s ms",
                row->n_block - 1,
                row->n_times,
                tidy__explore_time(row->until_ns, time));
    fputs("</title>\n", chart->out);
}

/* -------------------------------------------------------------------- the rows */

static void put_time(const struct chart *chart, size_t idx)
{
    char time[EXPLORE_TIME_MAX];

    put_text(chart,
             "time",
             "end",
             TIME_RIGHT,
             y_of(chart, idx) + 4,
             tidy__explore_time(chart->story->rows[idx].now_ns, time));
}

static void put_call(const struct chart *chart, size_t idx)
{
    const struct story_row *row = &chart->story->rows[idx];
    const char *class = row->is_bad                ? "bad"
                        : row->type == STORY_READY ? "dim"
                                                   : "call";
    size_t x = row->from == STORY_NOBODY ? LEFT / 2 : x_of(row->from);
    size_t y = y_of(chart, idx);

    if (row->from != STORY_NOBODY)
        fprintf(chart->out,
                "<circle class=\"%s\" cx=\"%zu\" cy=\"%zu\" r=\"4\"/>\n",
                class,
                x,
                y);
    put_text(chart, class, "start", x + 10, y + 4, row->text);
    if (row->by[0])
        put_text(chart, "by", "start", x + 10, y + 16, row->by);
}

/* Between two lines, or from one to where nobody is. */
static void put_arrow(const struct chart *chart,
                      const struct story_row *row,
                      size_t y_from,
                      size_t y_to)
{
    size_t from[2] = { 0, y_from }, to[2] = { 0, y_to };
    bool is_flight = y_to > y_from + SLANT;

    from[0] = x_of(row->from);
    to[0] = row->to == STORY_NOBODY ? from[0] + LANE / 3 : x_of(row->to);
    put_line(chart,
             row->is_bad ? is_flight ? "bad flight" : "bad"
             : is_flight ? "msg flight"
                         : "msg",
             row->is_bad ? " marker-end=\"url(#bad-tip)\""
                         : " marker-end=\"url(#tip)\"",
             from,
             to);
}

/* Its text stands beside the line from which it leaves, on the side where it
 * goes. */
static void
put_label(const struct chart *chart, const struct story_row *row, size_t y)
{
    bool is_left = row->to != STORY_NOBODY && row->to < row->from;

    put_text(chart,
             row->is_bad ? "bad label" : "label",
             is_left ? "end" : "start",
             is_left ? x_of(row->from) - 10 : x_of(row->from) + 10,
             y - 4,
             row->text);
}

static void put_message(const struct chart *chart, size_t idx)
{
    const struct story_row *row = &chart->story->rows[idx];
    size_t y = y_of(chart, idx);

    put_arrow(chart, row, y, y + SLANT);
    put_label(chart, row, y);
}

static size_t find_arrival(const struct story *story, size_t leaving)
{
    size_t idx;

    for (idx = leaving + 1; idx < story->n_rows; idx++) {
        if (story->rows[idx].pair == leaving)
            return idx;
    }
    return STORY_NOBODY;
}

/* Half of the way, where a loss is, or as far as it has come at the end. */
static void put_half(const struct chart *chart,
                     const struct story_row *row,
                     size_t y_from,
                     size_t y_to,
                     bool is_lost)
{
    size_t from[2] = { x_of(row->from), y_from };
    size_t target =
        row->to == STORY_NOBODY ? from[0] + LANE / 3 : x_of(row->to);
    size_t to[2] = { (from[0] + target) / 2, y_to };

    put_line(chart, is_lost ? "bad flight" : "msg flight", "", from, to);
    if (is_lost)
        put_text(chart, "bad", "middle", to[0], to[1] + 5, "\u2715");
    else
        put_text(chart, "dim", "middle", to[0], to[1] + 14, "still in flight");
}

static void put_flight(const struct chart *chart, size_t idx)
{
    const struct story *story = chart->story;
    const struct story_row *row = &story->rows[idx];
    struct story_row arrow = *row;
    size_t arrival = find_arrival(story, idx);

    if (arrival == STORY_NOBODY) {
        put_half(
            chart, row, y_of(chart, idx), bottom_of(chart) - 2 * ROW, false);
    } else if (story->rows[arrival].type == STORY_LOST) {
        put_half(chart, row, y_of(chart, idx), y_of(chart, arrival), true);
    } else {
        arrow.to = story->rows[arrival].to;
        put_arrow(chart, &arrow, y_of(chart, idx), y_of(chart, arrival));
    }
    put_label(chart, &arrow, y_of(chart, idx));
}

/* It has been drawn from where it left, if that is shown. */
static void put_arrival(const struct chart *chart, size_t idx)
{
    const struct story_row *row = &chart->story->rows[idx];
    size_t column = row->to == STORY_NOBODY ? row->from : row->to;
    const char *what = row->type == STORY_LOST ? "lost" : "arrives";

    if (column == STORY_NOBODY)
        return;
    put_text(chart,
             row->is_bad ? "bad" : "dim",
             "start",
             x_of(column) + 10,
             y_of(chart, idx) + 4,
             row->pair == STORY_NOBODY ? row->text : what);
}

static void put_departure(const struct chart *chart, size_t idx)
{
    const struct story_row *row = &chart->story->rows[idx];
    const struct sim_event *choice =
        &chart->story->view->events->events[row->event];
    char text[STORY_TEXT_MAX + 64];

    snprintf(text,
             sizeof(text),
             "%zu. %s [%s]",
             row->number,
             row->text,
             choice->name);
    fprintf(chart->out,
            "<rect class=\"band\" x=\"%d\" y=\"%zu\" width=\"%zu\" "
            "height=\"%d\"/>\n",
            TIME_RIGHT + 6,
            y_of(chart, idx) - 13,
            width_of(chart) - TIME_RIGHT - 12,
            26);
    put_text(chart, "departure", "start", LEFT, y_of(chart, idx) + 4, text);
}

static void put_row(const struct chart *chart, size_t idx)
{
    const struct story_row *row = &chart->story->rows[idx];

    begin_group(chart, row);
    put_time(chart, idx);
    switch (row->type) {
    case STORY_MESSAGE:
        put_message(chart, idx);
        break;
    case STORY_LEAVES:
        put_flight(chart, idx);
        break;
    case STORY_ARRIVES:
    case STORY_LOST:
        put_arrival(chart, idx);
        break;
    case STORY_DEPARTURE:
        put_departure(chart, idx);
        break;
    default:
        put_call(chart, idx);
    }
    fputs("</g>\n", chart->out);
}

/* ------------------------------------------------------------------- the frame */

static void put_lines(const struct chart *chart)
{
    size_t idx;

    for (idx = 0; idx < chart->story->n_columns; idx++) {
        const size_t from[2] = { x_of(idx), 40 };
        const size_t to[2] = { x_of(idx), bottom_of(chart) - ROW };

        put_line(chart, "life", "", from, to);
        fputs("<g><title>", chart->out);
        tidy__html_put(chart->out, chart->story->columns[idx]->about);
        fputs("</title>\n", chart->out);
        put_text(chart,
                 "head",
                 "middle",
                 x_of(idx),
                 24,
                 chart->story->columns[idx]->name);
        fputs("</g>\n", chart->out);
    }
}

static void
put_tip(const struct chart *chart, const char *id, const char *class)
{
    fprintf(chart->out,
            "<marker id=\"%s\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" "
            "markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">"
            "<path class=\"%s\" d=\"M0 0 L10 5 L0 10 z\"/></marker>\n",
            id,
            class);
}

static void put_end(const struct chart *chart)
{
    const struct explore_failure_view *view = chart->story->view;
    const struct sim_event *end =
        &view->events->events[view->events->n_events - 1];
    char verdict[EXPLORE_VERDICT_MAX], time[EXPLORE_TIME_MAX];
    size_t y = bottom_of(chart) - 10;

    put_text(chart,
             "time",
             "end",
             TIME_RIGHT,
             y,
             tidy__explore_time(end->now_ns, time));
    put_text(
        chart, "bad", "start", LEFT, y, tidy__explore_verdict(view, verdict));
    if (chart->story->end_by[0])
        put_text(chart, "by", "start", LEFT, y + 14, chart->story->end_by);
}

void tidy__html_chart(FILE *out, const struct story *story)
{
    struct chart chart = { .out = out,
                           .story = story,
                           .first = tidy__html_first_row(story) };
    size_t idx;

    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
            "aria-label=\"sequence chart\" width=\"%zu\" height=\"%zu\" "
            "viewBox=\"0 0 %zu %zu\">\n<defs>\n",
            width_of(&chart),
            bottom_of(&chart) + ROW / 2,
            width_of(&chart),
            bottom_of(&chart) + ROW / 2);
    put_tip(&chart, "tip", "tip");
    put_tip(&chart, "bad-tip", "bad-tip");
    fputs("</defs>\n", out);
    put_lines(&chart);
    for (idx = chart.first; idx < story->n_rows; idx++)
        put_row(&chart, idx);
    put_end(&chart);
    fputs("</svg>\n", out);
}
