/* SPDX-License-Identifier: MIT */
/*
 * What a search has done, in figures: for people, and as JSON.
 */
#include "base/misuse.h"
#include "explore/exploration.h"

#include <inttypes.h>

/* "4,151" */
static const char *with_commas(uint64_t n, char text[32])
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, n), idx, out = 0;

    for (idx = 0; idx < len; idx++) {
        if (idx > 0 && (len - idx) % 3 == 0)
            text[out++] = ',';
        text[out++] = digits[idx];
    }
    text[out] = '\0';
    return text;
}

static uint64_t per_second(const struct tidy_explore_summary *summary)
{
    uint64_t us = summary->elapsed_ns / 1000;

    return summary->n_schedules * 1000000 / (us > 0 ? us : 1);
}

/* ---------------------------------------------------------------------- text */

static void print_bounds(const struct tidy_explore_summary *summary, FILE *out)
{
    fprintf(out, "d <= %u", summary->max_departures);
    if (summary->max_faults > 0)
        fprintf(out, ", f <= %u", summary->max_faults);
}

static void print_completeness(const struct tidy_explore_summary *summary,
                               FILE *out)
{
    char n[32];

    if (summary->is_complete) {
        fputs("  complete for ", out);
        print_bounds(summary, out);
        fprintf(out, ": %s schedules\n", with_commas(summary->n_simple, n));
    } else if (summary->complete_depth == 0) {
        fputs("  not complete: of those that depart from calm some were "
              "run\n",
              out);
    } else if (summary->complete_depth > 0) {
        fprintf(out,
                "  complete for %d departure%s and faults together; not for ",
                summary->complete_depth,
                summary->complete_depth > 1 ? "s" : "");
        print_bounds(summary, out);
        fputc('\n', out);
    }
}

static void print_novelty(const struct tidy_explore_summary *summary, FILE *out)
{
    char n[32];

    fprintf(out, "  %s distinct traces", with_commas(summary->n_traces, n));
    if (summary->novelty_ppm > 0)
        fprintf(out,
                "; chance that one more schedule shows a new one: %u.%02u %%",
                summary->novelty_ppm / 10000,
                summary->novelty_ppm / 100 % 100);
    fputc('\n', out);
}

static void print_shares(const struct tidy_explore_summary *summary, FILE *out)
{
    const struct tidy_explore_share *share;
    const char *comma = "  alternatives taken: ";
    unsigned kind;

    for (kind = 0; kind < TIDY_N_CHOICES; kind++) {
        share = &summary->shares[kind];
        if (share->n_offered == 0)
            continue;
        fprintf(out,
                "%s%s %" PRIu64 " of %" PRIu64,
                comma,
                tidy_choice_name((enum tidy_choice)kind),
                share->n_taken,
                share->n_offered);
        comma = ", ";
    }
    if (*comma == ',')
        fputc('\n', out);
}

void tidy_exploration_print(const struct tidy_exploration *exploration,
                            FILE *out)
{
    const struct tidy_explore_summary *summary;
    char n[32], rate[32];

    TIDY_REQUIRE(exploration, "tidy_exploration_print: it is NULL");
    TIDY_REQUIRE(out, "tidy_exploration_print: there is no file");
    summary = &exploration->summary;
    if (exploration->verdict == TIDY_VERDICT_NOT_RUN) {
        fprintf(out,
                "%s: nothing was explored: %s\n",
                exploration->options.name,
                tidy_exploration_text(exploration));
        return;
    }
    if (exploration->is_replay) {
        fprintf(out,
                "%s: the schedule %s\n",
                exploration->options.name,
                exploration->found ? "does not pass" : "passes");
        return;
    }
    fprintf(out,
            "%s: %s schedules in %" PRIu64 ".%02" PRIu64 " s (%s/s), %s\n",
            exploration->options.name,
            with_commas(summary->n_schedules, n),
            summary->elapsed_ns / TIDY_S(1),
            summary->elapsed_ns / TIDY_MS(10) % 100,
            with_commas(per_second(summary), rate),
            exploration->found ? "and one does not pass" : "and all pass");
    print_completeness(summary, out);
    print_novelty(summary, out);
    print_shares(summary, out);
}

/* ---------------------------------------------------------------------- JSON */

static void print_json_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, out);
    }
    fputc('"', out);
}

static void print_json_shares(const struct tidy_explore_summary *summary,
                              FILE *out)
{
    const char *comma = "";
    unsigned kind;

    fputs(",\"alternatives\":{", out);
    for (kind = 0; kind < TIDY_N_CHOICES; kind++) {
        if (summary->shares[kind].n_offered == 0)
            continue;
        fprintf(out,
                "%s\"%s\":{\"offered\":%" PRIu64 ",\"taken\":%" PRIu64 "}",
                comma,
                tidy_choice_name((enum tidy_choice)kind),
                summary->shares[kind].n_offered,
                summary->shares[kind].n_taken);
        comma = ",";
    }
    fputc('}', out);
}

static void print_json_found(const struct tidy_exploration *exploration,
                             FILE *out)
{
    const struct tidy_found *found;

    fputs(",\"found\":[", out);
    for (found = exploration->found; found; found = found->next) {
        fprintf(
            out,
            "%s{\"outcome\":\"%s\",\"departures\":%zu,\"schedules\":%" PRIu64
            ",\"times\":%" PRIu64 ",\"signature\":\"%016" PRIx64 "\",\"text\":",
            found == exploration->found ? "" : ",",
            tidy_outcome_name(found->outcome),
            found->schedule.n_turns,
            found->n_schedules,
            found->n_times,
            found->signature);
        print_json_text(found->text, out);
        fputc('}', out);
    }
    fputc(']', out);
}

void tidy_exploration_print_json(const struct tidy_exploration *exploration,
                                 FILE *out)
{
    static const char *const verdicts[] = {
        [TIDY_VERDICT_PASSED] = "passed",
        [TIDY_VERDICT_FOUND] = "found",
        [TIDY_VERDICT_NOT_RUN] = "not run",
    };
    const struct tidy_explore_summary *summary;

    TIDY_REQUIRE(exploration, "tidy_exploration_print_json: it is NULL");
    TIDY_REQUIRE(out, "tidy_exploration_print_json: there is no file");
    summary = &exploration->summary;
    fputs("{\"name\":", out);
    print_json_text(exploration->options.name, out);
    fprintf(
        out, ",\"verdict\":\"%s\",\"text\":", verdicts[exploration->verdict]);
    print_json_text(tidy_exploration_text(exploration), out);
    fprintf(out,
            ",\"schedules\":%" PRIu64 ",\"simple\":%" PRIu64
            ",\"traces\":%" PRIu64 ",\"failed\":%" PRIu64
            ",\"elapsed_ns\":%" PRIu64 ",\"seed\":\"%016" PRIx64
            "\",\"complete\":%s,\"max_departures\":%u,\"max_faults\":%u,"
            "\"complete_depth\":%d,\"novelty_ppm\":%u",
            summary->n_schedules,
            summary->n_simple,
            summary->n_traces,
            summary->n_failed,
            summary->elapsed_ns,
            exploration->options.seed,
            summary->is_complete ? "true" : "false",
            summary->max_departures,
            summary->max_faults,
            summary->complete_depth,
            summary->novelty_ppm);
    print_json_shares(summary, out);
    print_json_found(exploration, out);
    fputs("}\n", out);
}
