/* SPDX-License-Identifier: MIT */
#include "net/sigpipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void on_signal(int signo)
{
    (void)signo;
}

static void (*handler(void))(int)
{
    struct sigaction action;

    sigaction(SIGPIPE, NULL, &action);
    return action.sa_handler;
}

/* What would end the process is ignored, and ends it again afterwards. */
static void the_default_is_ignored_for_a_while(void **state)
{
    struct tidy__sigpipe sigpipe;

    (void)state;
    signal(SIGPIPE, SIG_DFL);
    tidy__sigpipe_ignore(&sigpipe);
    assert_true(handler() == SIG_IGN);
    tidy__sigpipe_restore(&sigpipe);
    assert_true(handler() == SIG_DFL);
}

/* Restoring twice, or without having ignored, is fine. */
static void restoring_again_changes_nothing(void **state)
{
    struct tidy__sigpipe sigpipe = { .is_ignored = false };

    (void)state;
    signal(SIGPIPE, on_signal);
    tidy__sigpipe_restore(&sigpipe);
    assert_true(handler() == on_signal);
}

/* A program that handles the signal goes on handling it. */
static void a_handler_of_the_programs_stays(void **state)
{
    struct tidy__sigpipe sigpipe;

    (void)state;
    signal(SIGPIPE, on_signal);
    tidy__sigpipe_ignore(&sigpipe);
    assert_true(handler() == on_signal);
    tidy__sigpipe_restore(&sigpipe);
    assert_true(handler() == on_signal);
    signal(SIGPIPE, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_is_ignored_for_a_while),
        cmocka_unit_test(restoring_again_changes_nothing),
        cmocka_unit_test(a_handler_of_the_programs_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
