/* SPDX-License-Identifier: MIT */
/*
 * What came of an exploration, on a terminal or not.
 */
#include "cli/exploration.h"

#include "cli/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static bool is_shown;

void cli_show_progress(const struct tidy_explore_progress *progress, void *arg)
{
    (void)arg;
    is_shown = true;
    fprintf(stderr, "\r%" PRIu64, progress->n_schedules);
    if (progress->max_schedules > 0)
        fprintf(stderr, " of %" PRIu64, progress->max_schedules);
    fprintf(stderr,
            " schedules, %" PRIu64 " distinct, %" PRIu64 " failed, %" PRIu64
            " s \033[K",
            progress->n_traces,
            progress->n_failed,
            progress->elapsed_ns / TIDY_S(1));
}

void cli_end_progress(void)
{
    if (is_shown)
        fputs("\r\033[K", stderr);
}

/* https://no-color.org */
static bool wants_colours(void)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && !(no_colour && *no_colour) && term && *term;
}

static void print_found(const struct tidy_exploration *exploration)
{
    const struct tidy_found *found;
    size_t idx;

    for (idx = 0; (found = tidy_exploration_found(exploration, idx)); idx++) {
        tidy_found_write(found,
                         wants_colours() ? TIDY_REPORT_COLOURS
                                         : TIDY_REPORT_TEXT,
                         stdout);
        putchar('\n');
    }
}

int cli_print_exploration(const char *command,
                          const struct tidy_exploration *exploration,
                          bool is_json)
{
    enum tidy_verdict verdict = tidy_exploration_verdict(exploration);
    const char *text = tidy_exploration_text(exploration);

    if (is_json) {
        tidy_exploration_print_json(exploration, stdout);
        return (int)verdict;
    }
    if (verdict == TIDY_VERDICT_NOT_RUN) {
        fprintf(stderr, "tidysock %s: %s\n", command, text);
        return CLI_EXIT_NOT_RUN;
    }
    if (*text)
        fprintf(stderr, "tidysock %s: %s\n", command, text);
    print_found(exploration);
    tidy_exploration_print(exploration, stdout);
    return (int)verdict;
}
