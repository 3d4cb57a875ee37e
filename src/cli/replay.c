/* SPDX-License-Identifier: MIT */
/*
 * tidysock replay: one schedule of a whole program; or of a program that explores
 * by itself.
 */
#include "cli/cli.h"
#include "cli/exploration.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND "replay"

static const char help_text[] =
    "usage: tidysock replay [OPTION...] FILE -- PROGRAM [ARG...]\n"
    "\n"
    "Run a program in a simulated kernel, in the order of events that a file "
    "says,\n"
    "which tidysock explore has written.\n"
    "\n"
    "  --reports DIR     write what comes of it there: as text, HTML, packets, "
    "JSON\n"
    "  --json            and in one line of JSON\n"
    "  --help\n"
    "\n"
    "exit code: 0 if it passes, 1 if it does not, 125 if nothing was run.\n"
    "See tidysock-replay(1).\n";

struct order {
    struct tidy_explore_options options;
    bool is_json, is_help;
};

static int parse(struct order *order, int argc, char **argv)
{
    static const struct option options[] = {
        { "reports", required_argument, NULL, 'r' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
        if (option == 'r')
            order->options.reports = optarg;
        else if (option == 'j')
            order->is_json = true;
        else if (option == 'h')
            order->is_help = true;
        else
            return CLI_EXIT_NOT_RUN;
    }
    if (order->is_help)
        return 0;
    if (optind == argc)
        return cli_complain(COMMAND, "which schedule?");
    return 0;
}

/* Behind the schedule, and perhaps "--". */
static char **find_program(char **schedule)
{
    char **program = schedule + 1;

    return *program && strcmp(*program, "--") == 0 ? program + 1 : program;
}

static int execute(const char *path, char **argv)
{
    setenv("TIDYSOCK_SCHEDULE", path, 1);
    execvp(argv[0], argv);
    return cli_complain(
        COMMAND, "%s cannot be executed: %s", argv[0], strerror(errno));
}

static int replay(const struct order *order, const char *path, char **argv)
{
    struct tidy_exploration *exploration =
        tidy_explore_replay(&order->options, path, NULL, NULL, argv);
    int result = cli_print_exploration(COMMAND, exploration, order->is_json);

    tidy_exploration_free(exploration);
    return result;
}

int cli_replay(int argc, char **argv)
{
    struct order order = { .is_json = false };
    int result = parse(&order, argc, argv);
    char **program;

    if (result != 0)
        return result;
    if (order.is_help) {
        fputs(help_text, stdout);
        return CLI_EXIT_PASSED;
    }
    program = find_program(argv + optind);
    if (!*program)
        return cli_complain(COMMAND, "which program?");
    order.options.name = program[0];
    return tidy_explore_does_program(program[0])
               ? execute(argv[optind], program)
               : replay(&order, argv[optind], program);
}
