/* SPDX-License-Identifier: MIT */
#include "support/leftover_probe.h"

#include <stdio.h>
#include <uv.h>

static void do_nothing(struct tidy_case *t)
{
    (void)t;
}

void assert_left(tidy_body_cb body, const char *rows)
{
    char report[4096];

    snprintf(report, sizeof(report), "t: left behind\n%s", rows);
    assert_case_fails(body, TIDY_ELEFTOVER, report);
    assert_case_passes(do_nothing, TIDY_TCP);
}

static uv_timer_t timer;

/* With a function that has a name: one of libuv's own. */
void leave_timer(struct tidy_case *t)
{
    void (*fn)(void) = (void (*)(void))uv_timer_again;

    uv_timer_init(tidy_case_uv(t), &timer);
    uv_timer_start(&timer, (uv_timer_cb)fn, 30000, 0);
}
