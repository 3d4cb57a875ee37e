/* SPDX-License-Identifier: MIT */
/*
 * A failure as a page for a browser: one file that needs nothing else. Its texts
 * are others', so that nothing is written that was not escaped.
 */
#include "explore/html.h"
#include "explore/words.h"

#include <errno.h>
#include <string.h>

#define MAX_ROWS 1000

void tidy__html_put(FILE *out, const char *text)
{
    size_t len;

    while (*text) {
        len = tidy__explore_character(text);
        if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else if (*text == '"')
            fputs("&quot;", out);
        else if (*text == '\'')
            fputs("&#39;", out);
        else if (*text == '\n')
            fputc('\n', out);
        else if (len > 0)
            fwrite(text, 1, len, out);
        else
            fputs("&#xfffd;", out);
        text += len > 0 ? len : 1;
    }
}

const char *tidy__html_name(const struct story *story, size_t column)
{
    return column == STORY_NOBODY ? "-" : story->columns[column]->name;
}

size_t tidy__html_first_row(const struct story *story)
{
    return story->n_rows > MAX_ROWS ? story->n_rows - MAX_ROWS : 0;
}

/* ------------------------------------------------------------------------ style */

static const char style[] =
    "<style>\n"
    ":root { color-scheme: light dark; --back: #ffffff; --text: #1b1f24;\n"
    "  --dim: #5f6b7a; --line: #b8c0cc; --flight: #0b5fc1; --bad: #c01428;\n"
    "  --band: #fff1c2; --mark: #7a5200; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  :root { --back: #14171c; --text: #e3e7ed; --dim: #98a3b3;\n"
    "    --line: #46505e; --flight: #7ab8ff; --bad: #ff7a85;\n"
    "    --band: #3d3312; --mark: #ffd866; } }\n"
    "body { background: var(--back); color: var(--text); margin: 2em;\n"
    "  font: 15px/1.5 system-ui, sans-serif; }\n"
    "h1 { font-size: 1.4em; overflow-wrap: anywhere; }\n"
    "h1 b { color: var(--bad); }\n"
    "h2 { font-size: 1.1em; margin-top: 2em; }\n"
    "pre { background: color-mix(in srgb, var(--line) 25%, transparent);\n"
    "  padding: .6em 1em; overflow-x: auto; }\n"
    ".chart { overflow-x: auto; }\n"
    "svg { font: 12px ui-monospace, monospace; }\n"
    "svg text { fill: var(--text); paint-order: stroke;\n"
    "  stroke: var(--back); stroke-width: 3px; }\n"
    "svg .head { font: bold 14px system-ui, sans-serif; }\n"
    "svg .time, svg .by, svg text.dim { fill: var(--dim); }\n"
    "svg .by { font-size: 11px; }\n"
    "svg .life { stroke: var(--line); }\n"
    "svg circle { fill: var(--text); }\n"
    "svg circle.dim { fill: var(--dim); }\n"
    "svg circle.bad, svg .bad-tip, svg text.bad { fill: var(--bad); }\n"
    "svg line.msg { stroke: var(--flight); stroke-width: 1.5; }\n"
    "svg line.bad { stroke: var(--bad); stroke-width: 1.5; }\n"
    "svg line.flight { stroke-dasharray: 6 3; }\n"
    "svg .tip { fill: var(--flight); }\n"
    "svg .band { fill: var(--band); }\n"
    "svg text.departure { fill: var(--mark); font-weight: bold;\n"
    "  stroke: none; }\n"
    "table { border-collapse: collapse; }\n"
    "th, td { text-align: left; vertical-align: top; padding: .15em .8em;\n"
    "  border-bottom: 1px solid var(--line); }\n"
    "td:first-child { font-variant-numeric: tabular-nums;\n"
    "  text-align: right; color: var(--dim); }\n"
    "tr.departure { background: var(--band); color: var(--mark); }\n"
    "tr.bad td { color: var(--bad); }\n"
    "</style>\n";

/* ------------------------------------------------------------------------ parts */

static void put_element(FILE *out, const char *name, const char *text)
{
    fprintf(out, "<%s>", name);
    tidy__html_put(out, text);
    fprintf(out, "</%s>\n", name);
}

static void put_head(FILE *out, const struct explore_failure_view *view)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width\">\n"
          "<title>",
          out);
    tidy__html_put(out, tidy__explore_name(view));
    fprintf(out, ": %s</title>\n", tidy_outcome_name(view->outcome));
    fputs(style, out);
    fputs("</head>\n<body>\n<h1>", out);
    tidy__html_put(out, tidy__explore_name(view));
    fprintf(out, ": <b>%s</b></h1>\n", tidy_outcome_name(view->outcome));
}

static void put_facts(FILE *out, const struct explore_failure_view *view)
{
    char text[EXPLORE_FACTS_MAX];

    if (view->text[0])
        put_element(out, "pre", view->text);
    if (view->decides) {
        fputs("<p><b>What decides it:</b> it ", out);
        tidy__html_put(out, view->decides);
        fputs(".</p>\n", out);
    }
    fprintf(out, "<p>The world was %s.", tidy__explore_setting(view, text));
    if (*tidy__explore_facts(view, text))
        fprintf(out, " It was %s.", text);
    fputs("</p>\n", out);
}

static void put_commands(FILE *out, const struct explore_failure_view *view)
{
    if (view->replay) {
        put_element(out, "h2", "Again");
        put_element(out, "pre", view->replay);
    }
    if (view->debug) {
        put_element(out, "h2", "In gdb");
        put_element(out, "pre", view->debug);
    }
}

static void put_legend(FILE *out, const struct story *story)
{
    put_element(out, "h2", "How it came about");
    put_element(
        out,
        "p",
        "Time runs down, in virtual milliseconds. A dot is a call, or that a "
        "wait has told that something is ready; below it are the functions of "
        "the program that made it. A level arrow arrived at once, a slanted "
        "one "
        "was in flight meanwhile; resets and losses are red. A coloured band "
        "marks where this run departs from an idle machine's; all else is as "
        "there.");
    if (tidy__html_first_row(story) > 0)
        fprintf(out,
                "<p>The first %zu rows are left out.</p>\n",
                tidy__html_first_row(story));
}

/* ------------------------------------------------------------------------ table */

static void put_who(FILE *out, const struct story *story, size_t idx)
{
    const struct story_row *row = &story->rows[idx];

    if (row->from == STORY_NOBODY && row->to == STORY_NOBODY)
        return;
    tidy__html_put(out, tidy__html_name(story, row->from));
    if (row->type == STORY_CALL || row->type == STORY_READY ||
        row->type == STORY_TIMER)
        return;
    fputs(" \u2192 ", out);
    tidy__html_put(out, tidy__html_name(story, row->to));
}

static void put_row(FILE *out, const struct story *story, size_t idx)
{
    static const char *const after[] = { [STORY_LEAVES] = ", stays in flight",
                                         [STORY_ARRIVES] = " arrives",
                                         [STORY_LOST] = " is lost",
                                         [STORY_TIMER] = "" };
    const struct story_row *row = &story->rows[idx];
    char time[EXPLORE_TIME_MAX];

    fprintf(out,
            "<tr%s><td>%s</td><td>",
            row->type == STORY_DEPARTURE ? " class=\"departure\""
            : row->is_bad                ? " class=\"bad\""
                                         : "",
            tidy__explore_time(row->now_ns, time));
    if (row->type == STORY_DEPARTURE)
        fprintf(out, "departure %zu", row->number);
    else
        put_who(out, story, idx);
    fputs("</td><td>", out);
    tidy__html_put(out, row->text);
    fputs(after[row->type] ? after[row->type] : "", out);
    if (row->n_times > 1)
        fprintf(out,
                " (the last %zu: %zu times, until %s)",
                row->n_block,
                row->n_times,
                tidy__explore_time(row->until_ns, time));
    fputs("</td><td>", out);
    tidy__html_put(out, row->by);
    fputs("</td></tr>\n", out);
}

static void put_table(FILE *out, const struct story *story)
{
    size_t idx;

    fputs("<table>\n<thead><tr><th>ms</th><th>who</th><th>what</th>"
          "<th>in</th></tr></thead>\n<tbody>\n",
          out);
    for (idx = tidy__html_first_row(story); idx < story->n_rows; idx++)
        put_row(out, story, idx);
    fputs("</tbody>\n</table>\n", out);
}

static void put_states(FILE *out, const struct story *story)
{
    char text[STORY_TEXT_MAX];
    size_t idx;

    put_element(out, "h2", "At the end");
    fputs("<table>\n<tbody>\n", out);
    for (idx = 0; idx < story->n_columns; idx++) {
        tidy__story_state_text(story->columns[idx], text);
        fputs("<tr><th>", out);
        tidy__html_put(out, story->columns[idx]->name);
        fputs("</th><td>", out);
        tidy__html_put(out, text);
        fputs("</td><td>", out);
        tidy__html_put(out, story->columns[idx]->about);
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody>\n</table>\n", out);
    if (story->n_in_flight > 0)
        fprintf(out, "<p>Still in flight: %zu.</p>\n", story->n_in_flight);
    if (story->n_left_out > 0)
        fprintf(out,
                "<p>Other sockets, which had no part in it: %zu.</p>\n",
                story->n_left_out);
    if (story->view->events->n_dropped > 0)
        fprintf(out,
                "<p>Events that are missing before the end: %zu.</p>\n",
                story->view->events->n_dropped);
}

int tidy__explore_report_html(FILE *out,
                              const struct explore_failure_view *view)
{
    struct story *story = tidy__story_new(view);

    if (!story)
        return -ENOMEM;
    put_head(out, view);
    put_facts(out, view);
    put_commands(out, view);
    if (view->events) {
        put_legend(out, story);
        fputs("<div class=\"chart\">\n", out);
        tidy__html_chart(out, story);
        fputs("</div>\n", out);
        put_states(out, story);
        put_element(out, "h2", "The same as a table");
        put_table(out, story);
    }
    fputs("</body>\n</html>\n", out);
    tidy__story_free(story);
    return tidy__explore_finish(out);
}
