/* SPDX-License-Identifier: MIT */
#ifndef TIDY_CLI_CLI_H
#define TIDY_CLI_CLI_H

#include <tidysock/common.h>

/* Exit codes, as timeout(1) has them; tidysock(1) lists them. */
enum cli_exit {
    CLI_EXIT_PASSED = 0,
    CLI_EXIT_FOUND = 1,     /* an exploration found what does not pass */
    CLI_EXIT_WORLD = 124,   /* the world ended the run */
    CLI_EXIT_NOT_RUN = 125, /* nothing was run: usage, no such program */
    CLI_EXIT_SIGNAL = 128,  /* and the signal's number */
};

/* "tidysock world: SENTENCE", and where help is, on standard error.
 * Returns CLI_EXIT_NOT_RUN. */
int cli_complain(const char *command, const char *fmt, ...) TIDY_PRINTF(2, 3);

/* tidysock world [OPTION...] -- PROGRAM [ARG...] */
int cli_world(int argc, char **argv);

/* tidysock explore [OPTION...] -- PROGRAM [ARG...] */
int cli_explore(int argc, char **argv);

/* tidysock replay [OPTION...] FILE -- PROGRAM [ARG...] */
int cli_replay(int argc, char **argv);

#endif
