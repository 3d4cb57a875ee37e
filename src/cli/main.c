/* SPDX-License-Identifier: MIT */
/*
 * The command `tidysock`: one subcommand a file.
 */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct command {
    const char *name, *what;
    int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    { "world", "run a program in a simulated kernel", cli_world },
    { "explore", "and in every order of events, until one fails", cli_explore },
    { "replay", "run the order again that failed", cli_replay },
};

int cli_complain(const char *command, const char *fmt, ...)
{
    va_list args;

    fprintf(stderr, "tidysock%s%s: ", *command ? " " : "", command);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fprintf(
        stderr, "\ntry: tidysock%s%s --help\n", *command ? " " : "", command);
    return CLI_EXIT_NOT_RUN;
}

static int help(void)
{
    size_t idx;

    puts("usage: tidysock COMMAND [OPTION...] -- PROGRAM [ARG...]\n");
    for (idx = 0; idx < TIDY_COUNT(commands); idx++)
        printf("  %-8s %s\n", commands[idx].name, commands[idx].what);
    puts("\n  --help, --version");
    return CLI_EXIT_PASSED;
}

int main(int argc, char **argv)
{
    size_t idx;

    if (argc < 2)
        return cli_complain("", "which command?");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help();
    if (strcmp(argv[1], "--version") == 0) {
        puts("tidysock " TIDY_VERSION);
        return CLI_EXIT_PASSED;
    }
    for (idx = 0; idx < TIDY_COUNT(commands); idx++) {
        if (strcmp(argv[1], commands[idx].name) == 0)
            return commands[idx].run(argc - 1, argv + 1);
    }
    return cli_complain("", "there is no command \"%s\"", argv[1]);
}
