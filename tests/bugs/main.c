/* SPDX-License-Identifier: MIT */
/*
 * tidysock-bugs: the planted bugs, and whether they are found.
 */
#include "bugs/main.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "tidysock-bugs --list\n"
    "tidysock-bugs --found|--twin [--schedules N] [--seed N] [--report] "
    "[NAME]...\n"
    "tidysock-bugs --calm [NAME]...\n"
    "tidysock-bugs --real N [NAME]...\n";

typedef bool (*action_cb)(const struct bug *bug,
                          const struct settings *settings);

static bool list(const struct bug *bug, const struct settings *settings)
{
    (void)settings;
    printf("%-24s %-8s %s\n", bug->name, bug->library, bug->what);
    return true;
}

static action_cb parse(int argc, char *argv[], struct settings *settings)
{
    static const struct option options[] = {
        { "list", no_argument, NULL, 'l' },
        { "found", no_argument, NULL, 'f' },
        { "twin", no_argument, NULL, 't' },
        { "calm", no_argument, NULL, 'c' },
        { "real", required_argument, NULL, 'r' },
        { "schedules", required_argument, NULL, 'n' },
        { "seed", required_argument, NULL, 's' },
        { "report", no_argument, NULL, 'v' },
        { 0 },
    };
    action_cb action = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'l':
            action = list;
            break;
        case 'f':
            action = bug_is_found;
            break;
        case 't':
            action = twin_is_sound;
            break;
        case 'c':
            action = bug_is_hidden;
            break;
        case 'r':
            action = bug_is_counted;
            settings->n_runs = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'n':
            settings->n_schedules = strtoull(optarg, NULL, 10);
            break;
        case 's':
            settings->seed = strtoull(optarg, NULL, 10);
            break;
        case 'v':
            settings->has_report = true;
            break;
        default:
            return NULL;
        }
    }
    return action;
}

int main(int argc, char *argv[])
{
    struct settings settings = { 0 };
    action_cb action = parse(argc, argv, &settings);
    const struct bug *bug;
    bool is_right = true;
    int idx;

    /* One of the bugs dies by it; who starts this may have it ignored. */
    signal(SIGPIPE, SIG_DFL);
    if (!action) {
        fputs(usage, stderr);
        return 2;
    }
    for (idx = 0; optind == argc && bugs[idx]; idx++)
        is_right &= action(bugs[idx], &settings);
    for (idx = optind; idx < argc; idx++) {
        bug = bug_find(argv[idx]);
        if (!bug)
            fprintf(stderr, "tidysock-bugs: no bug \"%s\"\n", argv[idx]);
        is_right &= bug && action(bug, &settings);
    }
    return is_right ? 0 : 1;
}
