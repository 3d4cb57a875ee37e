/* SPDX-License-Identifier: MIT */
/*
 * tidysock-bench: the library beside plain libuv, row by row.
 *
 * It prints a table as it goes, then what the operations cost, and writes the
 * same as JSON. It is no test: a budget that is missed is a word in the table,
 * and only a row that could not be run makes the status non-zero.
 */
#include "bench.h"
#include <tidysock/common.h>

#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROWS 64
/* Enough that what happens once in a run does not matter. */
#define N_TRACED 200

static struct bench_result results[MAX_ROWS];

static void print_usage(FILE *file)
{
    fputs("usage: tidysock-bench [OPTION]...\n"
          "Compares tidysock with plain libuv, and worlds with the kernel.\n"
          "\n"
          "  --only PATTERN    only rows whose name matches, e.g. 'cycle.*'\n"
          "  --rounds N        rounds a row, 1 to 101 (default 11)\n"
          "  --quick           three rounds, and shorter long runs\n"
          "  --json PATH       where to write the results\n"
          "                    (default build/bench/results.json)\n"
          "  --dir PATH        where plain libuv makes its directories\n"
          "                    (default: where the results go)\n"
          "  --count-syscalls  also run each side under ptrace and list its\n"
          "                    system calls\n"
          "  --list            list the rows\n"
          "  --help            print this\n",
          file);
}

static void list_rows(void)
{
    for (size_t i = 0; i < bench_n_rows; i++)
        printf("%-17s %s\n", bench_rows[i].name, bench_rows[i].what);
}

static void set_rounds(struct bench_options *options, const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*end || n < 1 || n > BENCH_MAX_ROUNDS) {
        fprintf(stderr,
                "tidysock-bench: --rounds takes 1 to %d, not \"%s\"\n",
                BENCH_MAX_ROUNDS,
                text);
        exit(2);
    }
    options->n_rounds = n;
}

static void set_option(struct bench_options *options, int option)
{
    switch (option) {
    case 'o':
        options->only = optarg;
        break;
    case 'r':
        set_rounds(options, optarg);
        break;
    case 'q':
        options->is_quick = true;
        break;
    case 'j':
        options->json_path = optarg;
        break;
    case 'd':
        options->dir = optarg;
        break;
    case 's':
        options->counts_syscalls = true;
        break;
    case 'l':
        list_rows();
        exit(0);
    case 'h':
        print_usage(stdout);
        exit(0);
    default:
        print_usage(stderr);
        exit(2);
    }
}

static void parse_options(struct bench_options *options, int argc, char **argv)
{
    static const struct option table[] = {
        { "only", required_argument, NULL, 'o' },
        { "rounds", required_argument, NULL, 'r' },
        { "quick", no_argument, NULL, 'q' },
        { "json", required_argument, NULL, 'j' },
        { "dir", required_argument, NULL, 'd' },
        { "count-syscalls", no_argument, NULL, 's' },
        { "list", no_argument, NULL, 'l' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1)
        set_option(options, option);
    if (optind < argc)
        set_option(options, '?');
    if (!options->n_rounds)
        options->n_rounds = options->is_quick ? 3 : 11;
}

/* Where the results go, and, unless told otherwise, the directories. */
static void prepare_dirs(struct bench_options *options)
{
    static char json_dir[PATH_MAX];
    const char *slash = strrchr(options->json_path, '/');
    size_t len = slash ? (size_t)(slash - options->json_path) : 0;
    int r;

    snprintf(json_dir, sizeof(json_dir), "%.*s", (int)len, options->json_path);
    if (!len)
        snprintf(json_dir, sizeof(json_dir), "%s", slash ? "/" : ".");
    if (!options->dir)
        options->dir = json_dir;
    r = bench_make_dirs(json_dir);
    if (!r)
        r = bench_make_dirs(options->dir);
    if (r < 0) {
        fprintf(stderr,
                "tidysock-bench: cannot make %s: %s\n",
                json_dir,
                strerror(-r));
        exit(1);
    }
}

/* A row about directories names the file system, and is judged by it. */
static void describe_against(const struct bench_options *options,
                             struct bench_result *result)
{
    const struct bench_row *row = result->row;
    const char *dir = bench_row_dir(options, row);
    char type[64];

    snprintf(result->against, sizeof(result->against), "%s", row->against);
    if (!row->makes_dirs)
        return;
    bench_file_system(dir, type, sizeof(type));
    snprintf(result->against,
             sizeof(result->against),
             "%s in %.60s (%s)",
             row->against,
             dir,
             type);
    if (row->min_ratio_on_tmpfs > 0 && strcmp(type, "tmpfs") == 0)
        result->budget.min_ratio = row->min_ratio_on_tmpfs;
}

static void count_syscalls(const struct bench_options *options,
                           struct bench_result *result)
{
    static struct bench_syscalls syscalls[2];
    const struct bench_row *row = result->row;
    size_t n = result->n < N_TRACED ? result->n : N_TRACED;

    for (size_t side = 0; side < 2; side++) {
        if (bench_count_syscalls(
                row, side, bench_row_dir(options, row), n, &syscalls[side]) < 0)
            return;
        result->n_syscalls[side] = bench_syscalls_each(&syscalls[side]);
    }
    bench_print_syscalls(row, &syscalls[0], &syscalls[1]);
}

static void measure_row(const struct bench_options *options,
                        const struct bench_row *row,
                        struct bench_result *result)
{
    result->row = row;
    result->n = options->is_quick && row->n_quick ? row->n_quick : row->n;
    result->budget = row->budget;
    result->n_syscalls[0] = result->n_syscalls[1] = -1;
    describe_against(options, result);
    if (row->measure)
        row->measure(options, result);
    else
        bench_measure_rounds(options, result);
    bench_table_row(result);
    if (options->counts_syscalls && !row->measure && !result->error[0])
        count_syscalls(options, result);
}

static bool is_wanted(const struct bench_options *options,
                      const struct bench_row *row)
{
    return !options->only || fnmatch(options->only, row->name, 0) == 0;
}

static size_t measure_all(const struct bench_options *options)
{
    size_t n_results = 0;

    for (size_t i = 0; i < bench_n_rows && n_results < MAX_ROWS; i++) {
        if (is_wanted(options, &bench_rows[i]))
            measure_row(options, &bench_rows[i], &results[n_results++]);
    }
    return n_results;
}

/* What could not be run decides the status. */
static int finish(const struct bench_options *options, size_t n_results)
{
    int status = 0;
    int r = bench_json_write(options->json_path, results, n_results);

    if (r < 0) {
        fprintf(stderr,
                "tidysock-bench: cannot write %s: %s\n",
                options->json_path,
                strerror(-r));
        return 1;
    }
    printf("\nwritten to %s\n", options->json_path);
    for (size_t i = 0; i < n_results; i++) {
        if (results[i].error[0])
            status = 1;
    }
    return status;
}

int main(int argc, char **argv)
{
    struct bench_options options = {
        .json_path = "build/bench/results.json",
    };
    size_t n_results;

    parse_options(&options, argc, argv);
    prepare_dirs(&options);
    signal(SIGPIPE, SIG_IGN);
    bench_table_head(&options);
    n_results = measure_all(&options);
    if (!n_results) {
        fprintf(
            stderr, "tidysock-bench: no row matches \"%s\"\n", options.only);
        return 2;
    }
    bench_table_notes(results, n_results);
    bench_table_costs(results, n_results);
    return finish(&options, n_results);
}
