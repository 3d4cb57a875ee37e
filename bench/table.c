/* SPDX-License-Identifier: MIT */
/*
 * The tables: one for the rows as they come, one for what they cost.
 *
 * Widths are fixed, so that a row can be printed when it has been measured.
 * Colours only mark the verdict, only on a terminal, and not under NO_COLOR.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define GREEN "\033[32m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

static bool has_colours(void)
{
    const char *no_color = getenv("NO_COLOR");

    return isatty(STDOUT_FILENO) && !(no_color && no_color[0]);
}

/* 12,345 or 12.3: three digits or more of what matters. */
static const char *format_number(double value, char *buf, size_t size)
{
    unsigned long whole = (unsigned long)(value + 0.5);

    if (value < 100)
        snprintf(buf, size, "%.1f", value);
    else if (whole < 1000)
        snprintf(buf, size, "%lu", whole);
    else if (whole < 1000000)
        snprintf(buf, size, "%lu,%03lu", whole / 1000, whole % 1000);
    else
        snprintf(buf,
                 size,
                 "%lu,%03lu,%03lu",
                 whole / 1000000,
                 whole / 1000 % 1000,
                 whole % 1000);
    return buf;
}

static void
format_budget(const struct bench_result *result, char *buf, size_t size)
{
    const struct bench_budget *budget = &result->budget;

    buf[0] = '\0';
    if (budget->min_ratio > 0)
        snprintf(buf, size, ">= %.2fx", budget->min_ratio);
    else if (budget->max_ratio > 0)
        snprintf(buf, size, "<= %.2fx", budget->max_ratio);
    else if (budget->max_us > 0)
        snprintf(buf, size, "<= %.0f us", budget->max_us);
    else if (budget->min_rate > 0)
        snprintf(buf, size, ">= %.0fk/s", budget->min_rate / 1e3);
}

bool bench_is_met(const struct bench_result *result)
{
    const struct bench_budget *budget = &result->budget;

    if (budget->min_ratio > 0 && result->ratio < budget->min_ratio)
        return false;
    if (budget->max_ratio > 0 && result->ratio > budget->max_ratio)
        return false;
    if (budget->max_us > 0 && result->value[0] > budget->max_us)
        return false;
    if (budget->min_rate > 0 && result->value[0] < budget->min_rate)
        return false;
    return !result->total_time_wait;
}

bool bench_has_costs(const struct bench_result *result)
{
    return result->n_counted || result->has_total_time_wait;
}

static void print_verdict(const struct bench_result *result)
{
    bool is_met = bench_is_met(result);
    const char *word = is_met ? "ok" : "missed";

    if (has_colours())
        printf("%s%s%s\n", is_met ? GREEN : RED, word, PLAIN);
    else
        printf("%s\n", word);
}

void bench_table_head(const struct bench_options *options)
{
    printf("tidysock-bench: ours and the other side take turns, %zu rounds of "
           "them; medians.\nlibuv %s; min..max: the spread of the rounds' "
           "ratios\n\n",
           options->n_rounds,
           uv_version_string());
    printf("%-17s %9s %9s  %-9s %6s  %-14s %-9s %s\n",
           "work",
           "ours",
           "other",
           "unit",
           "ratio",
           "min..max",
           "budget",
           "verdict");
    fflush(stdout);
}

void bench_table_row(const struct bench_result *result)
{
    char ours[32], theirs[32], spread[32], budget[32];

    if (result->error[0]) {
        printf("%-17s could not run: %s\n", result->row->name, result->error);
        return;
    }
    format_budget(result, budget, sizeof(budget));
    snprintf(spread,
             sizeof(spread),
             "%.2f..%.2f",
             result->min_ratio,
             result->max_ratio);
    printf("%-17s %9s %9s  %-9s %5.2fx  %-14s %-9s ",
           result->row->name,
           format_number(result->value[0], ours, sizeof(ours)),
           format_number(result->value[1], theirs, sizeof(theirs)),
           result->row->unit,
           result->ratio,
           spread,
           budget);
    print_verdict(result);
    fflush(stdout);
}

/* Each line of a note below the name of its row. */
static void print_note(const char *note)
{
    while (*note) {
        size_t len = strcspn(note, "\n");

        printf("%-17s   %.*s\n", "", (int)len, note);
        note += len + (note[len] == '\n');
    }
}

void bench_table_notes(const struct bench_result *results, size_t n_results)
{
    printf("\n");
    for (size_t i = 0; i < n_results; i++) {
        const struct bench_result *result = &results[i];

        if (result->error[0])
            continue;
        printf("%-17s %s\n", result->row->name, result->row->what);
        printf("%-17s   other: %s\n", "", result->against);
        print_note(result->note);
    }
}

static void format_time_wait(const struct bench_result *result,
                             size_t side,
                             char *buf,
                             size_t size)
{
    if (result->has_total_time_wait)
        snprintf(buf,
                 size,
                 "%llu",
                 side ? 0ULL : (unsigned long long)result->total_time_wait);
    else
        snprintf(
            buf, size, "%llu", (unsigned long long)result->n_time_wait[side]);
}

static void print_costs(const struct bench_result *result, size_t side)
{
    char time_wait[32], syscalls[32] = "-", allocs[32] = "-";

    format_time_wait(result, side, time_wait, sizeof(time_wait));
    if (result->n_syscalls[side] >= 0)
        snprintf(syscalls, sizeof(syscalls), "%.1f", result->n_syscalls[side]);
    if (result->n_counted)
        snprintf(allocs, sizeof(allocs), "%.1f", result->n_allocs[side]);
    printf("%-17s %-6s %8.1f %8s %8s %9.1f %10s\n",
           side ? "" : result->row->name,
           side ? "other" : "ours",
           result->cpu_us[side],
           allocs,
           syscalls,
           (double)result->peak_kib[side] / 1024,
           time_wait);
}

static bool is_any_with_costs(const struct bench_result *results,
                              size_t n_results)
{
    for (size_t i = 0; i < n_results; i++) {
        if (!results[i].error[0] && bench_has_costs(&results[i]))
            return true;
    }
    return false;
}

void bench_table_costs(const struct bench_result *results, size_t n_results)
{
    if (!is_any_with_costs(results, n_results))
        return;
    printf(
        "\nwhat one operation costs, the peak of the process, and what up to "
        "%d\nconnections (the long run: all) left in TIME_WAIT\n\n",
        BENCH_N_COUNTED);
    printf("%-17s %-6s %8s %8s %8s %9s %10s\n",
           "work",
           "side",
           "cpu us",
           "allocs",
           "syscalls",
           "peak MiB",
           "TIME_WAIT");
    for (size_t i = 0; i < n_results; i++) {
        if (results[i].error[0] || !bench_has_costs(&results[i]))
            continue;
        print_costs(&results[i], 0);
        if (!results[i].has_total_time_wait)
            print_costs(&results[i], 1);
    }
}
