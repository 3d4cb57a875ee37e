/* SPDX-License-Identifier: MIT */
/*
 * What is told of a failure: run once more, with all its events, when somebody
 * first asks.
 */
#include "base/alloc.h"
#include "base/misuse.h"
#include "explore/decide.h"
#include "explore/exploration.h"
#include "explore/report.h"
#include "explore/trial.h"
#include "sim/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* -------------------------------------------------------------- command lines */

/* A word as a shell takes it. */
static void write_word(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/._-+=:,@%";

    if (*word && word[strspn(word, plain)] == '\0') {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word; word++) {
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    }
    fputc('\'', out);
}

/* The words of this process's own command line. */
static void write_own_command(FILE *out)
{
    char words[4096];
    FILE *in = fopen("/proc/self/cmdline", "re");
    size_t len = in ? fread(words, 1, sizeof(words) - 1, in) : 0, at;

    if (in)
        fclose(in);
    words[len] = '\0';
    for (at = 0; at < len; at += strlen(words + at) + 1) {
        if (at > 0)
            fputc(' ', out);
        write_word(out, words + at);
    }
}

static void write_command(const struct tidy_exploration *exploration, FILE *out)
{
    char *const *word;

    if (!exploration->target.argv && exploration->options.command) {
        fputs(exploration->options.command, out);
    } else if (!exploration->target.argv) {
        write_own_command(out);
    } else {
        for (word = exploration->target.argv; *word; word++) {
            if (word > exploration->target.argv)
                fputc(' ', out);
            write_word(out, *word);
        }
    }
}

/* The schedule in one line: what its file has, but for remarks. */
static void write_schedule(const struct explore_schedule *schedule, FILE *out)
{
    char *text = NULL, *c;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);

    if (!stream)
        return;
    tidy__explore_schedule_write(schedule, "", stream);
    fclose(stream);
    for (c = text; c && *c; c++) {
        if (*c == '\n')
            *c = c[1] ? ';' : '\0';
    }
    if (text)
        write_word(out, text);
    free(text);
}

static char *take_text(FILE *out, char **text)
{
    char *copy;

    fclose(out);
    copy = *text ? tidy__strdup(*text) : NULL;
    free(*text);
    return copy;
}

/* The line that runs it again: before it in gdb, what that needs. */
static char *make_line(const struct tidy_found *found, const char *debugger)
{
    const struct tidy_exploration *exploration = found->exploration;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return NULL;
    if (!exploration->target.argv) {
        fputs("TIDYSOCK_SCHEDULE=", out);
        write_schedule(&found->schedule, out);
        fprintf(out, " %s", debugger);
    } else {
        fprintf(out, "%stidysock replay ", debugger);
        write_schedule(&found->schedule, out);
        fputs(" -- ", out);
    }
    write_command(exploration, out);
    return take_text(out, &text);
}

/* ------------------------------------------------------------------- the run */

static struct tidy_world_report *run_again(struct tidy_found *found)
{
    struct tidy_exploration *exploration = found->exploration;
    struct tidy_world_options world = exploration->options.world;
    struct explore_target target = exploration->target;
    struct explore_trial trial;
    struct tidy_world_report *report;

    world.has_events = true;
    target.is_quiet = true;
    report = tidy__explore_trial_init(&trial, &target, &world);
    if (!report) {
        report = tidy__explore_trial_run(&trial, &found->schedule);
        if (found->outcome != TIDY_OUTCOME_UNCONTROLLED)
            found->decides = tidy__explore_decide(
                &trial, &found->schedule, found->signature);
    }
    tidy__explore_trial_deinit(&trial);
    return report;
}

static const struct tidy_world_report *know(struct tidy_found *found)
{
    if (!found->report)
        found->report = run_again(found);
    return found->report;
}

/* ------------------------------------------------------------------- writing */

static int write_view(const struct explore_failure_view *view,
                      enum tidy_report_format format,
                      FILE *out)
{
    const struct explore_text_options options = {
        .has_colour = format == TIDY_REPORT_COLOURS,
    };

    switch (format) {
    case TIDY_REPORT_HTML:
        return tidy__explore_report_html(out, view);
    case TIDY_REPORT_PCAPNG:
        return tidy__explore_report_pcapng(out, view);
    case TIDY_REPORT_JSON:
        return tidy__explore_report_json(out, view);
    default:
        return tidy__explore_report_text(out, view, &options);
    }
}

static int
write_found(struct tidy_found *found, enum tidy_report_format format, FILE *out)
{
    const struct tidy_exploration *exploration = found->exploration;
    const struct tidy_world_report *report = know(found);
    char *replay = make_line(found, "");
    char *debug = make_line(found,
                            "gdb -q -ex 'set breakpoint pending on' "
                            "-ex 'set follow-fork-mode child' "
                            "-ex 'handle SIGSYS nostop noprint pass' "
                            "-ex 'break tidy_world_ended' -ex run --args ");
    struct explore_failure_view view = {
        .name = exploration->options.name,
        .outcome = found->outcome,
        .text = found->text,
        .profile = found->schedule.profile,
        .kinds = found->schedule.kinds,
        .events = tidy__sim_report_events(report),
        .decides = found->decides,
        .replay = replay,
        .debug = debug,
        .seed = exploration->options.seed,
        .trace_hash = report->trace_hash,
        .n_schedules = found->n_schedules,
        .n_found = found->n_departures_before,
        .n_shrunk = found->schedule.n_turns,
    };
    int result = replay && debug ? write_view(&view, format, out) : -ENOMEM;

    tidy__dealloc(replay);
    tidy__dealloc(debug);
    return result;
}

int tidy_found_write(const struct tidy_found *found,
                     enum tidy_report_format format,
                     FILE *out)
{
    int result;

    TIDY_REQUIRE(found, "tidy_found_write: it is NULL");
    TIDY_REQUIRE(out, "tidy_found_write: there is no file");
    TIDY_REQUIRE((unsigned)format < TIDY_N_REPORT_FORMATS,
                 "tidy_found_write: there is no format %d",
                 (int)format);
    /* What is known of it grows when somebody asks. */
    result = write_found((struct tidy_found *)(uintptr_t)found, format, out);
    if (result < 0)
        return result;
    return fflush(out) == 0 ? 0 : -errno;
}
