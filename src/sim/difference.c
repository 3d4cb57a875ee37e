/* SPDX-License-Identifier: MIT */
/*
 * In what two runs of one schedule differ.
 *
 * Their traces are the evidence: what a body does without a call of the world's
 * does not show, until it writes, waits or asks otherwise because of it.
 */
#include "base/alloc.h"
#include "sim/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool tidy__sim_report_is_same(const struct tidy_world_report *first,
                              const struct tidy_world_report *second)
{
    return first->outcome == second->outcome &&
           first->trace_hash == second->trace_hash &&
           first->n_lines == second->n_lines;
}

/* Move both on to the first line that is not the same in both. Returns its
 * number, from 1. */
static size_t find_line(const char **first, const char **second)
{
    size_t n_line = 1, len;

    for (;;) {
        len = strcspn(*first, "\n");
        if (len != strcspn(*second, "\n") ||
            strncmp(*first, *second, len) != 0 || (*first)[len] == '\0' ||
            (*second)[len] == '\0')
            return n_line;
        *first += len + 1;
        *second += len + 1;
        n_line++;
    }
}

static void print_event(FILE *out, const char *which, const char *line)
{
    int len = (int)strcspn(line, "\n");

    fprintf(out, "\n  %s  ", which);
    if (len > 0)
        fprintf(out, "%.*s", len, line);
    else
        fputs("nothing more", out);
}

static void print_events(FILE *out,
                         const struct tidy_world_report *first,
                         const struct tidy_world_report *second)
{
    const char *one = first->trace, *other = second->trace;
    size_t n_line;

    if (first->trace_hash == second->trace_hash || (!*one && !*other))
        return;
    n_line = find_line(&one, &other);
    if (!*one && !*other) {
        fputs("\nfirst differing event: after those that were kept", out);
        return;
    }
    fprintf(out, "\nfirst differing event, %zu:", n_line);
    print_event(out, "once ", one);
    print_event(out, "again", other);
}

static void print_outcome(FILE *out,
                          const char *which,
                          const struct tidy_world_report *report)
{
    fprintf(out,
            "\n  %s  %s%s%s",
            which,
            tidy_outcome_name(report->outcome),
            *report->text ? ": " : "",
            report->text);
}

char *tidy__sim_report_difference(const char *sentence,
                                  const struct tidy_world_report *first,
                                  const struct tidy_world_report *second)
{
    char *text = NULL, *kept;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return NULL;
    fputs(sentence, out);
    if (first->outcome != second->outcome) {
        fputs("\noutcomes:", out);
        print_outcome(out, "once ", first);
        print_outcome(out, "again", second);
    }
    print_events(out, first, second);
    fclose(out);
    kept = text ? tidy__strdup(text) : NULL;
    free(text);
    return kept;
}
