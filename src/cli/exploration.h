/* SPDX-License-Identifier: MIT */
#ifndef TIDY_CLI_EXPLORATION_H
#define TIDY_CLI_EXPLORATION_H

#include <tidysock/explore.h>

/* A line that is written over again and again, on a terminal. */
void cli_show_progress(const struct tidy_explore_progress *progress, void *arg);
/* It is gone. */
void cli_end_progress(void);

/* Write what came of it; returns the exit code. */
int cli_print_exploration(const char *command,
                          const struct tidy_exploration *exploration,
                          bool is_json);

#endif
