/* SPDX-License-Identifier: MIT */
/*
 * The results for programs: an array of one object a row that could be run.
 *
 * name, unit, ours, against, theirs and ratio are what every row has; the
 * others come after them.
 */
#include "bench.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Our own texts, and directories: quotes, backslashes, control characters. */
static void write_string(FILE *file, const char *name, const char *text)
{
    fprintf(file, "\"%s\": \"", name);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(file, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(file, "\\u%04x", (unsigned char)*text);
        else
            fputc(*text, file);
    }
    fputs("\", ", file);
}

static void write_costs(FILE *file, const struct bench_result *result)
{
    fprintf(file,
            ", \"ours_cpu_us\": %.3f, \"theirs_cpu_us\": %.3f",
            result->cpu_us[0],
            result->cpu_us[1]);
    if (result->n_counted)
        fprintf(file,
                ", \"ours_allocs\": %.2f, \"theirs_allocs\": %.2f",
                result->n_allocs[0],
                result->n_allocs[1]);
    if (result->n_syscalls[0] >= 0)
        fprintf(file,
                ", \"ours_syscalls\": %.2f, \"theirs_syscalls\": %.2f",
                result->n_syscalls[0],
                result->n_syscalls[1]);
    fprintf(file,
            ", \"ours_peak_kib\": %llu, \"theirs_peak_kib\": %llu",
            (unsigned long long)result->peak_kib[0],
            (unsigned long long)result->peak_kib[1]);
}

static void write_result(FILE *file, const struct bench_result *result)
{
    fputs("  {", file);
    write_string(file, "name", result->row->name);
    write_string(file, "unit", result->row->unit);
    fprintf(file, "\"ours\": %.3f, ", result->value[0]);
    write_string(file, "against", result->against);
    fprintf(file,
            "\"theirs\": %.3f, \"ratio\": %.4f",
            result->value[1],
            result->ratio);
    fprintf(file,
            ", \"ratio_min\": %.4f, \"ratio_max\": %.4f, \"ok\": %s",
            result->min_ratio,
            result->max_ratio,
            bench_is_met(result) ? "true" : "false");
    if (result->has_total_time_wait)
        fprintf(file,
                ", \"time_wait\": %llu",
                (unsigned long long)result->total_time_wait);
    else if (bench_has_costs(result))
        write_costs(file, result);
    if (result->extra[0])
        fprintf(file, ", %s", result->extra);
    fputs("}", file);
}

static void
write_all(FILE *file, const struct bench_result *results, size_t n_results)
{
    const char *separator = "\n";

    fputs("[", file);
    for (size_t i = 0; i < n_results; i++) {
        if (results[i].error[0])
            continue;
        fputs(separator, file);
        write_result(file, &results[i]);
        separator = ",\n";
    }
    fputs("\n]\n", file);
}

/* 0 or -errno. */
int bench_json_write(const char *path,
                     const struct bench_result *results,
                     size_t n_results)
{
    FILE *file = fopen(path, "we");

    if (!file)
        return -errno;
    write_all(file, results, n_results);
    if (ferror(file)) {
        fclose(file);
        return -EIO;
    }
    return fclose(file) < 0 ? -errno : 0;
}
