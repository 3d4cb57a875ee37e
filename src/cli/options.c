/* SPDX-License-Identifier: MIT */
/*
 * Values on the command line.
 */
#include "cli/options.h"

#include "cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool cli_parse_number(const char *text, uint64_t min, uint64_t *ret_number)
{
    char *end;

    errno = 0;
    *ret_number = strtoull(text, &end, 10);
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' &&
           *ret_number >= min;
}

int cli_take_number(const char *command,
                    const char *option,
                    const char *text,
                    uint64_t min,
                    uint64_t *ret_number)
{
    if (cli_parse_number(text, min, ret_number))
        return 0;
    return cli_complain(command,
                        "--%s: \"%s\" is no whole number from %" PRIu64 " on",
                        option,
                        text,
                        min);
}

int cli_take_kinds(const char *command, const char *text, uint32_t *kinds)
{
    const char *unknown = tidy_choices_parse(text, kinds);

    if (!unknown)
        return 0;
    return cli_complain(command,
                        "there is no kind of choice \"%.*s\"",
                        (int)strcspn(unknown, ","),
                        unknown);
}

int cli_take_profile(const char *command,
                     const char *name,
                     enum tidy_profile *profile)
{
    if (strcmp(name, "linux") == 0)
        *profile = TIDY_PROFILE_LINUX;
    else if (strcmp(name, "darwin") == 0)
        *profile = TIDY_PROFILE_DARWIN;
    else
        return cli_complain(
            command, "there is no profile \"%s\"; linux or darwin", name);
    return 0;
}
