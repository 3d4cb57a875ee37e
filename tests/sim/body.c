/* SPDX-License-Identifier: MIT */
#include "sim/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

bool is_simulated(int fd)
{
    return fd >= 512 && fd < 1024;
}

void assert_ends(tidy_world_body_cb body,
                 void *arg,
                 enum tidy_outcome outcome,
                 const char *text)
{
    struct tidy_world_report *report = tidy_world_run(NULL, body, arg);
    const char *said = tidy_world_report_text(report);

    if (!strstr(said, text) || tidy_world_report_outcome(report) != outcome)
        fail_msg("%s: \"%s\", expected %s: \"%s\"",
                 tidy_outcome_name(tidy_world_report_outcome(report)),
                 said,
                 tidy_outcome_name(outcome),
                 text);
    tidy_world_report_free(report);
}

void assert_passes(tidy_world_body_cb body, void *arg)
{
    assert_ends(body, arg, TIDY_OUTCOME_PASSED, "");
}
