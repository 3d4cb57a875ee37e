/* SPDX-License-Identifier: MIT */
#ifndef TIDY_CLI_OPTIONS_H
#define TIDY_CLI_OPTIONS_H

#include <tidysock/sim.h>

/* Values of options that several commands have. Each returns 0, or complains in
 * the command's name and returns CLI_EXIT_NOT_RUN. */

/* A whole number from min on; option is its name, without dashes. */
int cli_take_number(const char *command,
                    const char *option,
                    const char *text,
                    uint64_t min,
                    uint64_t *ret_number);
int cli_take_kinds(const char *command, const char *text, uint32_t *kinds);
int cli_take_profile(const char *command,
                     const char *name,
                     enum tidy_profile *profile);

/* The number alone: false if it is none. */
bool cli_parse_number(const char *text, uint64_t min, uint64_t *ret_number);

#endif
