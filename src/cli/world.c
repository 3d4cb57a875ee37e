/* SPDX-License-Identifier: MIT */
/*
 * tidysock world: one run of a whole program in a world.
 */
#include "cli/cli.h"
#include "cli/options.h"
#include <tidysock/sim.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND "world"

struct order {
    struct tidy_world_options options;
    uint32_t *choices; /* owned */
    bool has_kinds, is_json, is_help;
};

static const char help_text[] =
    "usage: tidysock world [OPTION...] -- PROGRAM [ARG...]\n"
    "\n"
    "Run a program in a simulated kernel: its sockets, timers and clocks are "
    "in\n"
    "memory, and time is virtual. The program is server and client in one.\n"
    "\n"
    "  --seed N          depart from calm at random; the same seed, the same "
    "run\n"
    "  --choices FILE    take these alternatives, one number a line\n"
    "  --kinds LIST      what may depart: orders, no-faults, all, or names, "
    "by\n"
    "                    commas\n"
    "                    (orders, if there is a seed or are choices)\n"
    "  --profile NAME    linux, which is the default, or darwin\n"
    "  --max-steps N     end after so many calls (1000000)\n"
    "  --check           run it twice, and compare what happened\n"
    "  --trace           write what happened to standard error\n"
    "  --json            write the outcome as one line of JSON\n"
    "  --help\n"
    "\n"
    "exit code: the program's own; 124 if the world ended the run, 125 if\n"
    "nothing was run, 128 and more for a signal. See tidysock-world(1).\n";

/* ------------------------------------------------------------------- options */

/* One line of a list of choices; blank lines and # comments are none. */
static int
add_choice(struct order *order, const char *path, char *line, size_t n_line)
{
    struct tidy_world_options *options = &order->options;
    uint32_t *choices;
    uint64_t number;

    line[strcspn(line, "#\r\n")] = '\0';
    if (line[strspn(line, " \t")] == '\0')
        return 0;
    if (!cli_parse_number(line, 0, &number) || number > UINT32_MAX)
        return cli_complain(
            COMMAND, "%s:%zu: \"%s\" is no choice", path, n_line, line);
    choices = realloc(order->choices,
                      (options->n_choices + 1) * sizeof(*order->choices));
    if (!choices)
        return cli_complain(COMMAND, "out of memory");
    choices[options->n_choices++] = (uint32_t)number;
    order->choices = choices;
    return 0;
}

static int read_choices(struct order *order, const char *path)
{
    FILE *in = fopen(path, "re");
    size_t n_line = 0;
    char line[256];
    int result = 0;

    if (!in)
        return cli_complain(COMMAND, "%s: %s", path, strerror(errno));
    while (result == 0 && fgets(line, sizeof(line), in))
        result = add_choice(order, path, line, ++n_line);
    fclose(in);
    if (result == 0 && !order->choices)
        result = cli_complain(COMMAND, "%s: no choices in it", path);
    order->options.choices = order->choices;
    return result;
}

static int take_option(struct order *order, int option)
{
    switch (option) {
    case 's':
        return cli_take_number(
            COMMAND, "seed", optarg, 1, &order->options.seed);
    case 'm':
        return cli_take_number(
            COMMAND, "max-steps", optarg, 1, &order->options.max_steps);
    case 'c':
        return read_choices(order, optarg);
    case 'k':
        order->has_kinds = true;
        return cli_take_kinds(COMMAND, optarg, &order->options.kinds);
    case 'p':
        return cli_take_profile(COMMAND, optarg, &order->options.profile);
    case 't':
        order->options.has_trace = true;
        return 0;
    case 'C':
        order->options.is_checked = true;
        return 0;
    case 'j':
        order->is_json = true;
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
        { "seed", required_argument, NULL, 's' },
        { "choices", required_argument, NULL, 'c' },
        { "kinds", required_argument, NULL, 'k' },
        { "profile", required_argument, NULL, 'p' },
        { "max-steps", required_argument, NULL, 'm' },
        { "check", no_argument, NULL, 'C' },
        { "trace", no_argument, NULL, 't' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int option, result = 0;

    while (result == 0 &&
           (option = getopt_long(argc, argv, "+h", options, NULL)) != -1)
        result = take_option(order, option);
    if (result != 0 || order->is_help)
        return result;
    if (order->options.seed && order->choices)
        return cli_complain(COMMAND, "either --seed or --choices, not both");
    if (optind == argc)
        return cli_complain(COMMAND, "which program?");
    if (!order->has_kinds && (order->options.seed || order->choices))
        order->options.kinds = TIDY_CHOICES_ORDERS;
    return 0;
}

/* -------------------------------------------------------------------- output */

static void print_json_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if (*text == '\n')
            fputs("\\n", stdout);
        else if ((unsigned char)*text < 0x20)
            printf("\\u%04x", (unsigned)*text);
        else
            putchar(*text);
    }
}

static void print_json(const struct tidy_world_report *report)
{
    size_t n_choices, idx;
    const uint32_t *choices = tidy_world_report_choices(report, &n_choices);

    printf("{\"outcome\":\"%s\",\"text\":\"",
           tidy_outcome_name(tidy_world_report_outcome(report)));
    print_json_text(tidy_world_report_text(report));
    printf("\",\"calls\":%" PRIu64 ",\"duration_ns\":%" PRIu64
           ",\"exit_code\":%d,\"choices\":[",
           tidy_world_report_n_steps(report),
           tidy_world_report_duration_ns(report),
           tidy_world_report_exit_code(report));
    for (idx = 0; idx < n_choices; idx++)
        printf("%s%" PRIu32, idx > 0 ? "," : "", choices[idx]);
    puts("]}");
}

static void print(const struct tidy_world_report *report)
{
    const char *text = tidy_world_report_text(report);
    uint64_t us = tidy_world_report_duration_ns(report) / 1000;

    fprintf(stderr,
            "tidysock world: %s%s%s\n",
            tidy_outcome_name(tidy_world_report_outcome(report)),
            *text ? ": " : "",
            text);
    if (tidy_world_report_outcome(report) != TIDY_OUTCOME_NOT_RUN)
        fprintf(stderr,
                "tidysock world: %" PRIu64 " calls, %" PRIu64 ".%03" PRIu64
                " ms of virtual time\n",
                tidy_world_report_n_steps(report),
                us / 1000,
                us % 1000);
}

static int exit_code_of(const struct tidy_world_report *report)
{
    int own = tidy_world_report_exit_code(report);

    switch (tidy_world_report_outcome(report)) {
    case TIDY_OUTCOME_PASSED:
        return CLI_EXIT_PASSED;
    case TIDY_OUTCOME_NOT_RUN:
        return CLI_EXIT_NOT_RUN;
    case TIDY_OUTCOME_FAILED:
    case TIDY_OUTCOME_CRASHED:
        return own > 0 ? own : CLI_EXIT_SIGNAL;
    default:
        return CLI_EXIT_WORLD;
    }
}

int cli_world(int argc, char **argv)
{
    struct order order = { .has_kinds = false };
    struct tidy_world_report *report;
    int result = parse(&order, argc, argv);

    if (result == 0 && order.is_help) {
        fputs(help_text, stdout);
    } else if (result == 0) {
        report = tidy_world_run_program(&order.options, argv + optind);
        if (order.options.has_trace)
            fputs(tidy_world_report_trace(report), stderr);
        if (order.is_json)
            print_json(report);
        else
            print(report);
        result = exit_code_of(report);
        tidy_world_report_free(report);
    }
    free(order.choices);
    return result;
}
