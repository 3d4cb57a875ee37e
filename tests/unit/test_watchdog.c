/* SPDX-License-Identifier: MIT */
/*
 * Most of it happens in child processes: the watchdog ends its process, and
 * what it does to SIGALRM is the process's.
 */
#include "fixture/watchdog.h"
#include <tidysock/case.h>
#include <tidysock/watchdog.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What a child wrote to both of its outputs, and how it ended. */
struct ending {
    char text[1024];
    int status;
};

static void read_all(int fd, char *text, size_t size)
{
    size_t len = 0;
    ssize_t n_read;

    while ((n_read = read(fd, text + len, size - 1 - len)) > 0)
        len += (size_t)n_read;
    text[len] = '\0';
}

/* The body runs in a child; it ends with _exit, or not by itself. */
static void run_child(void (*body)(void), struct ending *ret_ending)
{
    int fds[2];
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        dup2(fds[1], STDERR_FILENO);
        close(fds[0]);
        close(fds[1]);
        body();
        _exit(99);
    }
    close(fds[1]);
    read_all(fds[0], ret_ending->text, sizeof(ret_ending->text));
    close(fds[0]);
    assert_int_equal(waitpid(pid, &ret_ending->status, 0), pid);
}

static _Noreturn void hang(void)
{
    for (;;)
        pause();
}

static void start_and_hang(void)
{
    setenv("TIDYSOCK_WATCHDOG", "1", 1);
    tidy_watchdog_start("test_hang[tcp]", 0, "Bail out!\n");
    hang();
}

/* A process that hangs ends with a sentence that names the test, with the last
 * words that it was given, and with a code of its own. */
static void a_hang_is_named_and_ended(void **state)
{
    struct ending ending;

    (void)state;
    run_child(start_and_hang, &ending);
    assert_true(WIFEXITED(ending.status));
    assert_int_equal(WEXITSTATUS(ending.status), TIDY_WATCHDOG_EXIT_CODE);
    assert_string_equal(ending.text,
                        "\ntidysock: test_hang[tcp] hangs: still running after "
                        "1 s; the watchdog ends the process\nBail out!\n");
}

static void start_twice_and_hang(void)
{
    setenv("TIDYSOCK_WATCHDOG", "1", 1);
    tidy_watchdog_start("first", 0, NULL);
    tidy_watchdog_start("second", 0, NULL);
    hang();
}

/* A second start replaces the first. */
static void a_second_start_replaces_the_first(void **state)
{
    struct ending ending;

    (void)state;
    run_child(start_twice_and_hang, &ending);
    assert_non_null(strstr(ending.text, "second hangs"));
    assert_null(strstr(ending.text, "first"));
}

static void block_all_and_hang(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    start_and_hang();
}

/* A program that blocks all signals is watched, too, and blocks them again. */
static void a_blocked_alarm_comes(void **state)
{
    struct ending ending;
    sigset_t alarm_only, mask;

    (void)state;
    run_child(block_all_and_hang, &ending);
    assert_int_equal(WEXITSTATUS(ending.status), TIDY_WATCHDOG_EXIT_CODE);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm_only, NULL);
    tidy_watchdog_start("test", 0, NULL);
    tidy_watchdog_stop();
    sigprocmask(SIG_UNBLOCK, &alarm_only, &mask);
    assert_int_equal(sigismember(&mask, SIGALRM), 1);
}

static void start_and_have_an_alarm(void)
{
    tidy_watchdog_start("test", 0, NULL);
    raise(SIGALRM);
}

/* A signal of the test's own does what it does without a watchdog. */
static void the_tests_own_alarm_is_left_alone(void **state)
{
    struct ending ending;

    (void)state;
    run_child(start_and_have_an_alarm, &ending);
    assert_true(WIFSIGNALED(ending.status));
    assert_int_equal(WTERMSIG(ending.status), SIGALRM);
    assert_string_equal(ending.text, "");
}

static _Noreturn void start_under_a_debugger(void)
{
    struct sigaction action;

    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        _exit(77);
    tidy_watchdog_start("test", 0, NULL);
    sigaction(SIGALRM, NULL, &action);
    _exit(action.sa_handler == SIG_DFL ? 0 : 1);
}

/* As a debugger does it: whatever stops the child is handed to it. */
static int wait_as_a_debugger(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    while (WIFSTOPPED(status)) {
        ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)WSTOPSIG(status));
        assert_int_equal(waitpid(pid, &status, 0), pid);
    }
    return status;
}

/* Under a debugger a test may take as long as its reader. */
static void a_debugger_keeps_it_off(void **state)
{
    pid_t pid;
    int status;

    (void)state;
    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        start_under_a_debugger();
    status = wait_as_a_debugger(pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip(); /* tracing is not allowed here */
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void on_signal(int signo)
{
    (void)signo;
}

/* Stopping gives SIGALRM back to whoever had it; twice is fine. */
static void stopping_restores_the_disposition(void **state)
{
    struct sigaction action;

    (void)state;
    signal(SIGALRM, on_signal);
    tidy_watchdog_start("test", 0, NULL);
    sigaction(SIGALRM, NULL, &action);
    assert_true(action.sa_handler != on_signal);
    tidy_watchdog_stop();
    tidy_watchdog_stop();
    sigaction(SIGALRM, NULL, &action);
    assert_true(action.sa_handler == on_signal);
    signal(SIGALRM, SIG_DFL);
}

/* A handler that the test has put in its place outlives it. */
static void stopping_keeps_a_handler_of_the_tests(void **state)
{
    struct sigaction action;

    (void)state;
    tidy_watchdog_start("test", 0, NULL);
    signal(SIGALRM, on_signal);
    tidy_watchdog_stop();
    sigaction(SIGALRM, NULL, &action);
    assert_true(action.sa_handler == on_signal);
    signal(SIGALRM, SIG_DFL);
}

/* A limit of 0 seconds is no watchdog. */
static void no_seconds_are_no_watchdog(void **state)
{
    struct sigaction action;

    (void)state;
    setenv("TIDYSOCK_WATCHDOG", "0", 1);
    tidy_watchdog_start("test", 0, NULL);
    sigaction(SIGALRM, NULL, &action);
    assert_true(action.sa_handler == SIG_DFL);
}

/* The limit leaves the deadline time to be noticed, four times over. */
static void the_limit_follows_the_deadline(void **state)
{
    (void)state;
    assert_int_equal(tidy__watchdog_limit_ns(TIDY_MS(100)), TIDY_MS(10400));
    assert_int_equal(tidy__watchdog_limit_ns(0),
                     4 * TIDY_CASE_DEADLINE_NS + TIDY_S(10));
}

/* The environment sets the limit, and scales it. */
static void the_environment_rules(void **state)
{
    (void)state;
    setenv("TIDYSOCK_WATCHDOG", "7", 1);
    assert_int_equal(tidy__watchdog_limit_ns(TIDY_S(5)), TIDY_S(7));
    setenv("TIDYSOCK_TIMEOUT_MULTIPLIER", "3", 1);
    assert_int_equal(tidy__watchdog_limit_ns(TIDY_S(5)), TIDY_S(21));
    unsetenv("TIDYSOCK_WATCHDOG");
    assert_int_equal(tidy__watchdog_limit_ns(TIDY_S(5)), TIDY_S(90));
}

/* What is no whole number is not there; nothing overflows. */
static void bad_numbers_change_nothing(void **state)
{
    const uint64_t limit_ns = tidy__watchdog_limit_ns(0);
    const uint64_t year_ns = TIDY_S(365 * 24 * 3600);

    (void)state;
    setenv("TIDYSOCK_WATCHDOG", "1.5", 1);
    setenv("TIDYSOCK_TIMEOUT_MULTIPLIER", "-1", 1);
    assert_int_equal(tidy__watchdog_limit_ns(0), limit_ns);
    setenv("TIDYSOCK_WATCHDOG", "", 1);
    setenv("TIDYSOCK_TIMEOUT_MULTIPLIER", "0", 1);
    assert_int_equal(tidy__watchdog_limit_ns(0), limit_ns);
    setenv("TIDYSOCK_WATCHDOG", "18446744073709551615", 1);
    setenv("TIDYSOCK_TIMEOUT_MULTIPLIER", "18446744073709551615", 1);
    assert_int_equal(tidy__watchdog_limit_ns(UINT64_MAX), year_ns);
    unsetenv("TIDYSOCK_WATCHDOG");
    assert_int_equal(tidy__watchdog_limit_ns(UINT64_MAX), year_ns);
}

static int clear_environment(void **state)
{
    (void)state;
    unsetenv("TIDYSOCK_WATCHDOG");
    unsetenv("TIDYSOCK_TIMEOUT_MULTIPLIER");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_hang_is_named_and_ended, clear_environment),
        cmocka_unit_test_setup(a_second_start_replaces_the_first,
                               clear_environment),
        cmocka_unit_test_setup(a_blocked_alarm_comes, clear_environment),
        cmocka_unit_test_setup(the_tests_own_alarm_is_left_alone,
                               clear_environment),
        cmocka_unit_test_setup(a_debugger_keeps_it_off, clear_environment),
        cmocka_unit_test_setup(stopping_restores_the_disposition,
                               clear_environment),
        cmocka_unit_test_setup(stopping_keeps_a_handler_of_the_tests,
                               clear_environment),
        cmocka_unit_test_setup(no_seconds_are_no_watchdog, clear_environment),
        cmocka_unit_test_setup(the_limit_follows_the_deadline,
                               clear_environment),
        cmocka_unit_test_setup(the_environment_rules, clear_environment),
        cmocka_unit_test_setup(bad_numbers_change_nothing, clear_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
