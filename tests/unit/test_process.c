/* SPDX-License-Identifier: MIT */
/*
 * Which process this is.
 */
#include "base/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The exit code of a child forked n_deep times: its generation's distance. */
static int distance_after_forks(int n_deep)
{
    unsigned before = tidy__process_generation();
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0 && n_deep > 1)
        _exit(1 + distance_after_forks(n_deep - 1));
    if (pid == 0)
        _exit((int)(tidy__process_generation() - before));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* A process keeps its number, which is not 0. */
static void a_process_keeps_its_number(void **state)
{
    unsigned generation = tidy__process_generation();

    (void)state;
    assert_true(generation > 0);
    assert_int_equal(tidy__process_generation(), generation);
}

/* A child has the next one, and its child the one after that. */
static void children_have_the_next_number(void **state)
{
    unsigned generation = tidy__process_generation();

    (void)state;
    assert_int_equal(distance_after_forks(1), 1);
    assert_int_equal(distance_after_forks(3), 3);
    assert_int_equal(tidy__process_generation(), generation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_keeps_its_number),
        cmocka_unit_test(children_have_the_next_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
