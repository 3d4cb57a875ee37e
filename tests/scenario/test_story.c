/* SPDX-License-Identifier: MIT */
/*
 * The story of the dropped connection.
 *
 * First the two clean-ups that were published, as the things that fail: each in
 * a process of its own, whose verdict and report are compared with what they
 * must be. Then the same orders of events with ours, which is clean every time.
 *
 * A hang is not waited for: when nothing is left on the loop that could fire
 * what is waited for, the case says so at once.
 */
#include "scenario/show.h"
#include <tidysock/adapters/cmocka.h>

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *program; /* this one, to run it again */

/* --------------------------------------------------------- what reports say */

/* Without what differs from run to run, and from tree to tree: ports, lines,
 * folders, the width of columns. */
static void mask(const char *text, char *ret_masked)
{
    char *out = ret_masked, *word = ret_masked;

    for (; *text; text++) {
        bool is_number =
            isdigit((unsigned char)*text) && out > ret_masked && out[-1] == ':';

        if (is_number) {
            *out++ = 'N';
            while (isdigit((unsigned char)text[1]))
                text++;
        } else if (*text == '/') {
            out = word;
        } else if (*text != ' ' || out == ret_masked || out[-1] != ' ') {
            *out++ = *text;
        }
        if (isspace((unsigned char)*text))
            word = out;
    }
    *out = '\0';
}

/* ------------------------------------------------------ running it elsewhere */

struct ending {
    char report[4096]; /* masked */
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

static pid_t spawn(char *const *argv, int fd)
{
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fd, STDERR_FILENO);
    assert_int_equal(posix_spawnp(&pid, program, &actions, NULL, argv, environ),
                     0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static struct ending
run(const char *helper, const char *order, const char *transport)
{
    const char *const arguments[] = { program, "--show",  helper,
                                      order,   transport, NULL };
    char *argv[TIDY_COUNT(arguments)], text[4096];
    struct ending ending = { 0 };
    int fds[2];
    pid_t pid;

    memcpy(argv, arguments, sizeof(argv));
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pid = spawn(argv, fds[1]);
    close(fds[1]);
    read_all(fds[0], text, sizeof(text));
    close(fds[0]);
    assert_int_equal(waitpid(pid, &ending.status, 0), pid);
    mask(text, ending.report);
    return ending;
}

static void expect_exit(const struct ending *ending, int code)
{
    assert_true(WIFEXITED(ending->status));
    assert_int_equal(WEXITSTATUS(ending->status), code);
}

static void
expect_clean(const char *helper, const char *order, const char *transport)
{
    struct ending ending = run(helper, order, transport);

    assert_string_equal(ending.report, "");
    expect_exit(&ending, 0);
}

static const char stuck[] =
    "nothing is left on the loop that could end the wait";

/* It hangs, and the report names what it waits for: the losses given, and the
 * gathering of all that clean-up waits for. */
static void expect_hang(const char *helper,
                        const char *order,
                        const char *transport,
                        const char *losses)
{
    struct ending ending = run(helper, order, transport);
    char report[1024];

    snprintf(
        report,
        sizeof(report),
        "%s_form_%s[%s]: tidy_case_await at orders.c:N: %s; waiting for\n"
        "%s"
        " deferred \"gathered deferreds\" created at legacy_clean_up.c:N\n",
        helper,
        order,
        transport,
        stuck,
        losses);
    assert_string_equal(ending.report, report);
    expect_exit(&ending, 1);
}

#define SERVER_LOSS                                                            \
    " deferred \"server connection lost\" created at legacy_clean_up.c:N\n"
#define CLIENT_LOSS                                                            \
    " deferred \"client connection lost\" created at legacy_clean_up.c:N\n"

/* Which end is made first is the kernel's business. */
static void expect_leftovers(const char *helper,
                             const char *transport,
                             const char *accepted,
                             const char *connected)
{
    struct ending ending = run(helper, "two_clients", transport);
    char one[1024], other[1024];

    snprintf(one,
             sizeof(one),
             "%s_form_two_clients[%s]: left behind\n%s%s",
             helper,
             transport,
             accepted,
             connected);
    snprintf(other,
             sizeof(other),
             "%s_form_two_clients[%s]: left behind\n%s%s",
             helper,
             transport,
             connected,
             accepted);
    if (strcmp(ending.report, other) != 0)
        assert_string_equal(ending.report, one);
    expect_exit(&ending, 1);
}

static void expect_misuse(const char *helper, const char *transport)
{
    struct ending ending = run(helper, "twice", transport);

    assert_string_equal(
        ending.report,
        "tidysock: tidy_listener_close: the listener is closed already\n");
    assert_true(WIFSIGNALED(ending.status));
    assert_int_equal(WTERMSIG(ending.status), SIGABRT);
}

/* ------------------------------------------------------------ as published */

/* The client drops its connection, the server has not accepted it when clean-up
 * begins and never will: there is no protocol that could report a loss. */
static void the_first_form_hangs_if_never_accepted(struct tidy_case *t)
{
    (void)t;
    expect_hang("first", "never_accepted", "tcp", SERVER_LOSS);
    expect_hang("first", "never_accepted", "unix", SERVER_LOSS);
}

/* This is what the second form was made for. */
static void the_second_form_does_not(struct tidy_case *t)
{
    (void)t;
    expect_clean("second", "never_accepted", "tcp");
    expect_clean("second", "never_accepted", "unix");
    expect_clean("second", "plain_client_at_once", "tcp");
    expect_clean("second", "plain_client_at_once", "unix");
}

/* Ten times out of ten: no luck is needed when the client's connect has returned
 * before the server's loop runs. */
static void the_first_form_hangs_with_no_trick(struct tidy_case *t)
{
    (void)t;
    for (int i = 0; i < 10; i++)
        expect_hang("first", "plain_client_at_once", "unix", SERVER_LOSS);
    expect_hang("first", "plain_client_at_once", "tcp", SERVER_LOSS);
}

/* What was lost before clean-up began is not lost again. */
static void both_forms_hang_if_the_client_closed_before(struct tidy_case *t)
{
    (void)t;
    expect_hang(
        "first", "client_closed_before", "tcp", SERVER_LOSS CLIENT_LOSS);
    expect_hang(
        "first", "client_closed_before", "unix", SERVER_LOSS CLIENT_LOSS);
    expect_hang(
        "second", "client_closed_before", "tcp", CLIENT_LOSS SERVER_LOSS);
    expect_hang(
        "second", "client_closed_before", "unix", CLIENT_LOSS SERVER_LOSS);
}

static void both_forms_hang_if_the_server_closed_before(struct tidy_case *t)
{
    (void)t;
    expect_hang(
        "first", "server_closed_before", "tcp", SERVER_LOSS CLIENT_LOSS);
    expect_hang(
        "first", "server_closed_before", "unix", SERVER_LOSS CLIENT_LOSS);
    expect_hang(
        "second", "server_closed_before", "tcp", CLIENT_LOSS SERVER_LOSS);
    expect_hang(
        "second", "server_closed_before", "unix", CLIENT_LOSS SERVER_LOSS);
}

/* The first of two clients is nobody's: both ends of it stay. */
static void both_forms_leave_a_client_behind(struct tidy_case *t)
{
    static const char *const helpers[] = { "first", "second" };

    (void)t;
    for (size_t i = 0; i < TIDY_COUNT(helpers); i++) {
        expect_leftovers(helpers[i],
                         "tcp",
                         " tcp socket 127.0.0.1:N -> 127.0.0.1:N ESTABLISHED "
                         "accepted at legacy_clean_up.c:N\n",
                         " tcp socket 127.0.0.1:N -> 127.0.0.1:N ESTABLISHED "
                         "connected at legacy_clean_up.c:N\n");
        expect_leftovers(helpers[i],
                         "unix",
                         " unix socket socket -> (unnamed) "
                         "accepted at legacy_clean_up.c:N\n",
                         " unix socket (unnamed) -> socket "
                         "connected at legacy_clean_up.c:N\n");
    }
}

/* It stops listening again, which is misuse. */
static void both_forms_abort_when_cleaned_up_twice(struct tidy_case *t)
{
    (void)t;
    expect_misuse("first", "tcp");
    expect_misuse("first", "unix");
    expect_misuse("second", "tcp");
    expect_misuse("second", "unix");
}

/* --------------------------------------------------------------------- ours */

static void use_ours(struct tidy_case *t)
{
    orders_use(&tidy_helper_ops, tidy_case_server(t));
}

/* After the clean-up in the order itself nothing is left, and every end that
 * was made has been lost. */
static void expect_all_lost(struct tidy_case *t)
{
    struct tidy_server_counts counts = tidy_server_counts(tidy_case_server(t));

    assert_int_equal(counts.n_server_made, counts.n_server_lost);
    assert_int_equal(counts.n_client_made, counts.n_client_lost);
    assert_null(tidy_server_address(tidy_case_server(t)));
}

#define OURS(order)                                                            \
    TIDY_TEST(order, .set_up = use_ours, .tear_down = expect_all_lost)
/* Each in a process of its own, which it ends. */
#define PUBLISHED(fn)                                                          \
    TIDY_TEST_ON(TIDY_NO_SERVER, fn, .worlds = TIDY_WORLDS_NONE)

int main(int argc, char **argv)
{
    static const struct tidy_test tests[] = {
        PUBLISHED(the_first_form_hangs_if_never_accepted),
        PUBLISHED(the_second_form_does_not),
        PUBLISHED(the_first_form_hangs_with_no_trick),
        PUBLISHED(both_forms_hang_if_the_client_closed_before),
        PUBLISHED(both_forms_hang_if_the_server_closed_before),
        PUBLISHED(both_forms_leave_a_client_behind),
        PUBLISHED(both_forms_abort_when_cleaned_up_twice),
        OURS(order_never_accepted),
        OURS(order_plain_client_at_once),
        OURS(order_client_closed_before),
        OURS(order_server_closed_before),
        OURS(order_two_clients),
        OURS(order_twice),
    };

    program = argv[0];
    if (argc > 1 && strcmp(argv[1], "--show") == 0)
        return show_main(argc, argv);
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
