/* SPDX-License-Identifier: MIT */
/*
 * tidysock explore: a whole program in a world, in every order of events; or a
 * program that explores by itself, with options from here.
 */
#include "cli/cli.h"
#include "cli/exploration.h"
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND "explore"

static const char help_text[] =
    "usage: tidysock explore [OPTION...] -- PROGRAM [ARG...]\n"
    "\n"
    "Run a program in a simulated kernel, again and again, each time in "
    "another\n"
    "order of events, until one run does not pass; then make that order as "
    "simple\n"
    "as it can be, tell it, and say how to run it again. A program that was "
    "linked\n"
    "with the simulator, and explores its own tests, is given these options.\n"
    "\n"
    "how long\n"
    "  --schedules N     so many runs at most (10000)\n"
    "  --seconds N       so long at most\n"
    "  --complete        until every schedule of the bounds is done\n"
    "  --all             go on after the first that does not pass\n"
    "\n"
    "which orders\n"
    "  --departures N    from calm, in one schedule (2)\n"
    "  --faults N        in one schedule (1, if there are kinds of them)\n"
    "  --kinds LIST      what may depart: orders, no-faults, all, or names, "
    "by\n"
    "                    commas (no-faults)\n"
    "  --strategy NAME   portfolio, depth, random or pct (portfolio)\n"
    "  --seed N          of what is drawn at random\n"
    "  --profile NAME    linux, which is the default, or darwin\n"
    "\n"
    "what comes of it\n"
    "  --name NAME       of the test, in reports (the program's)\n"
    "  --corpus DIR      run what failed once first, and keep what fails "
    "there\n"
    "  --reports DIR     write what was found there: as text, HTML, packets, "
    "JSON\n"
    "  --no-shrink       keep it as it was found\n"
    "  --json            the figures, and what was found, as one line of JSON\n"
    "  --quiet           no line of progress\n"
    "  --jobs N          workers (one for each processor)\n"
    "  --help\n"
    "\n"
    "exit code: 0 if all have passed, 1 if one has not, 125 if nothing was "
    "run.\n"
    "See tidysock-explore(1).\n";

struct order {
    struct tidy_explore_options options;
    bool is_json, is_quiet, is_help;
};

/* ------------------------------------------------------------------- options */

enum {
    OPT_SCHEDULES = 256,
    OPT_SECONDS,
    OPT_COMPLETE,
    OPT_ALL,
    OPT_DEPARTURES,
    OPT_FAULTS,
    OPT_KINDS,
    OPT_STRATEGY,
    OPT_SEED,
    OPT_PROFILE,
    OPT_NAME,
    OPT_CORPUS,
    OPT_REPORTS,
    OPT_NO_SHRINK,
    OPT_JSON,
    OPT_QUIET,
    OPT_JOBS
};

static int take_unsigned(const char *option, const char *text, unsigned *number)
{
    uint64_t value = 0;
    int result = cli_take_number(COMMAND, option, text, 0, &value);

    if (result == 0 && value > 1000)
        return cli_complain(
            COMMAND, "--%s: \"%s\" is more than 1000", option, text);
    *number = (unsigned)value;
    return result;
}

static int take_bound(struct order *order, int option)
{
    struct tidy_explore_options *options = &order->options;
    uint64_t seconds = 0;
    int result;

    switch (option) {
    case OPT_SCHEDULES:
        return cli_take_number(
            COMMAND, "schedules", optarg, 1, &options->max_schedules);
    case OPT_SECONDS:
        result = cli_take_number(COMMAND, "seconds", optarg, 1, &seconds);
        options->max_ns = TIDY_S(seconds);
        return result;
    case OPT_DEPARTURES:
        result = take_unsigned("departures", optarg, &options->max_departures);
        options->has_no_departures = options->max_departures == 0;
        return result;
    case OPT_FAULTS:
        result = take_unsigned("faults", optarg, &options->max_faults);
        options->has_no_faults = options->max_faults == 0;
        return result;
    case OPT_JOBS:
        return take_unsigned("jobs", optarg, &options->n_workers);
    default: /* OPT_SEED */
        return cli_take_number(COMMAND, "seed", optarg, 0, &options->seed);
    }
}

static int take_option(struct order *order, int option)
{
    struct tidy_explore_options *options = &order->options;

    switch (option) {
    case OPT_SCHEDULES:
    case OPT_SECONDS:
    case OPT_DEPARTURES:
    case OPT_FAULTS:
    case OPT_JOBS:
    case OPT_SEED:
        return take_bound(order, option);
    case OPT_KINDS:
        return cli_take_kinds(COMMAND, optarg, &options->world.kinds);
    case OPT_PROFILE:
        return cli_take_profile(COMMAND, optarg, &options->world.profile);
    case OPT_COMPLETE:
        options->is_until_complete = true;
        return 0;
    case OPT_ALL:
        options->goes_on = true;
        return 0;
    case OPT_STRATEGY:
        options->strategy = optarg;
        return 0;
    case OPT_NAME:
        options->name = optarg;
        return 0;
    case OPT_CORPUS:
        options->corpus = optarg;
        return 0;
    case OPT_REPORTS:
        options->reports = optarg;
        return 0;
    case OPT_NO_SHRINK:
        options->is_not_shrunk = true;
        return 0;
    case OPT_JSON:
        order->is_json = true;
        return 0;
    case OPT_QUIET:
        order->is_quiet = true;
        return 0;
    case 'h':
        order->is_help = true;
        return 0;
    default: /* getopt_long() has said what is wrong */
        return CLI_EXIT_NOT_RUN;
    }
}

static int parse(struct order *order, int argc, char **argv)
{
    static const struct option options[] = {
        { "schedules", required_argument, NULL, OPT_SCHEDULES },
        { "seconds", required_argument, NULL, OPT_SECONDS },
        { "complete", no_argument, NULL, OPT_COMPLETE },
        { "all", no_argument, NULL, OPT_ALL },
        { "departures", required_argument, NULL, OPT_DEPARTURES },
        { "faults", required_argument, NULL, OPT_FAULTS },
        { "kinds", required_argument, NULL, OPT_KINDS },
        { "strategy", required_argument, NULL, OPT_STRATEGY },
        { "seed", required_argument, NULL, OPT_SEED },
        { "profile", required_argument, NULL, OPT_PROFILE },
        { "name", required_argument, NULL, OPT_NAME },
        { "corpus", required_argument, NULL, OPT_CORPUS },
        { "reports", required_argument, NULL, OPT_REPORTS },
        { "no-shrink", no_argument, NULL, OPT_NO_SHRINK },
        { "json", no_argument, NULL, OPT_JSON },
        { "quiet", no_argument, NULL, OPT_QUIET },
        { "jobs", required_argument, NULL, OPT_JOBS },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int option, result = 0;

    while (result == 0 &&
           (option = getopt_long(argc, argv, "+h", options, NULL)) != -1)
        result = take_option(order, option);
    if (result == 0 && !order->is_help && optind == argc)
        return cli_complain(COMMAND, "which program?");
    return result;
}

/* ------------------------------------------------- a program that explores */

static void
write_number(FILE *out, const char *word, bool is_given, uint64_t value)
{
    if (is_given)
        fprintf(out, " %s=%" PRIu64, word, value);
}

static void write_text(FILE *out, const char *word, const char *text)
{
    if (text)
        fprintf(out, " %s=%s", word, text);
}

static void write_kinds(FILE *out, uint32_t kinds)
{
    const char *comma = " kinds=";
    unsigned kind;

    for (kind = 0; kind < TIDY_N_CHOICES; kind++) {
        if (!(kinds & TIDY_CHOICE_BIT(kind)))
            continue;
        fprintf(out, "%s%s", comma, tidy_choice_name((enum tidy_choice)kind));
        comma = ",";
    }
}

/* What TIDYSOCK_EXPLORE is to be. */
static void write_words(FILE *out, const struct tidy_explore_options *options)
{
    fputs("all=", out);
    fputs(options->goes_on ? "1" : "0", out);
    write_number(
        out, "schedules", options->max_schedules > 0, options->max_schedules);
    write_number(
        out, "seconds", options->max_ns > 0, options->max_ns / TIDY_S(1));
    write_number(out, "complete", options->is_until_complete, 1);
    write_number(out,
                 "departures",
                 options->max_departures > 0 || options->has_no_departures,
                 options->max_departures);
    write_number(out,
                 "faults",
                 options->max_faults > 0 || options->has_no_faults,
                 options->max_faults);
    write_number(out, "seed", options->seed > 0, options->seed);
    write_number(out, "jobs", options->n_workers > 0, options->n_workers);
    write_number(out, "shrink", options->is_not_shrunk, 0);
    write_kinds(out, options->world.kinds);
    write_text(out, "strategy", options->strategy);
    write_text(out, "corpus", options->corpus);
    write_text(out, "reports", options->reports);
    if (options->world.profile == TIDY_PROFILE_DARWIN)
        write_text(out, "profile", "darwin");
}

static int execute(const struct order *order, char **argv)
{
    char words[4096] = "";
    FILE *out = fmemopen(words, sizeof(words), "w");

    if (!out)
        return cli_complain(COMMAND, "out of memory");
    write_words(out, &order->options);
    fclose(out);
    setenv("TIDYSOCK_EXPLORE", words, 1);
    execvp(argv[0], argv);
    return cli_complain(
        COMMAND, "%s cannot be executed: %s", argv[0], strerror(errno));
}

/* ---------------------------------------------------------------------- all */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int explore(struct order *order, char **argv)
{
    struct tidy_exploration *exploration;
    int result;

    if (!order->options.name)
        order->options.name = base_name(argv[0]);
    if (!order->is_quiet && !order->is_json && isatty(STDERR_FILENO))
        order->options.progress = cli_show_progress;
    exploration = tidy_explore_program(&order->options, argv);
    cli_end_progress();
    result = cli_print_exploration(COMMAND, exploration, order->is_json);
    tidy_exploration_free(exploration);
    return result;
}

int cli_explore(int argc, char **argv)
{
    struct order order = { .is_json = false };
    int result = parse(&order, argc, argv);

    if (result != 0)
        return result;
    if (order.is_help) {
        fputs(help_text, stdout);
        return CLI_EXIT_PASSED;
    }
    return tidy_explore_does_program(argv[optind])
               ? execute(&order, argv + optind)
               : explore(&order, argv + optind);
}
