/* SPDX-License-Identifier: MIT */
/*
 * A server that is to be as good as new must do everything: listen, accept, be
 * talked to, be cleaned up.
 */
#include "scenario/steps.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

bool steps_are_tcp(void)
{
    return tidy_case_transport(scenario.t) == TIDY_TCP;
}

const char *steps_path(char buf[PLACE_MAX], const char *name)
{
    int len =
        snprintf(buf, PLACE_MAX, "%s/%s", tidy_case_temp_dir(scenario.t), name);

    assert_true(len > 0 && (size_t)len < PLACE_MAX);
    return buf;
}

static struct tidy_deferred *close_socket(void *arg)
{
    close((int)(intptr_t)arg);
    return NULL;
}

int steps_socket(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    tidy_case_add_clean_up(scenario.t, close_socket, (void *)(intptr_t)fd);
    return fd;
}

/* --------------------------------------------------------------- the servers */

static struct tidy_server *use(const char *description, const char *pattern)
{
    struct tidy_server *server = NULL;
    struct tidy_failure *failure = NULL;

    tidy_server_new(
        tidy_case_loop(scenario.t), description, pattern, &server, &failure);
    if (failure)
        print_error("%s\n", tidy_failure_text(failure));
    tidy_failure_unref(failure);
    assert_non_null(server);
    memset(scenario.path, 0, sizeof(scenario.path));
    scenario_use(server);
    return server;
}

struct tidy_server *steps_use(const char *pattern, const char *description, ...)
{
    char text[512];
    va_list args;

    va_start(args, description);
    vsnprintf(text, sizeof(text), description, args);
    va_end(args);
    return use(text, pattern);
}

struct tidy_server *steps_use_pattern(const char *pattern, ...)
{
    const char *description = steps_are_tcp() ? "tcp:0:interface=127.0.0.1"
                                              : "unix:{path}:lockfile=0";
    char text[512];
    va_list args;

    va_start(args, pattern);
    vsnprintf(text, sizeof(text), pattern, args);
    va_end(args);
    return use(description, text);
}

const char *steps_standard_pattern(void)
{
    return steps_are_tcp() ? "tcp:host={host}:port={port}" : "unix:path={path}";
}

/* -------------------------------------------------------------- what is said */

void assert_says(const char *sentence, const char *text)
{
    assert_non_null(sentence);
    if (strstr(sentence, text))
        return;
    print_error("\"%s\" does not say \"%s\"\n", sentence, text);
    fail();
}

void steps_listen_fails(int code, const char *place, const char *cause)
{
    const char *sentence = tidy_case_await_failure(
        scenario.t,
        tidy_server_listen(scenario.server,
                           scenario_factory(&scenario.servers)),
        code);

    assert_says(sentence, "tidy_listen on ");
    assert_says(sentence, place);
    assert_says(sentence, cause);
    assert_null(tidy_server_listener(scenario.server));
    assert_null(tidy_server_address(scenario.server));
}

void steps_connect_fails(int code, const char *place, const char *cause)
{
    size_t n_made = scenario.clients.n_made;
    const char *sentence = tidy_case_await_failure(
        scenario.t,
        tidy_server_connect(scenario.server,
                            scenario_factory(&scenario.clients)),
        code);

    assert_says(sentence, "tidy_connect to ");
    assert_says(sentence, place);
    assert_says(sentence, cause);
    assert_null(tidy_server_connector(scenario.server));
    assert_int_equal(scenario.clients.n_made, n_made);
}

/* ------------------------------------------------------------ as good as new */

void steps_talk(void)
{
    uint64_t n_bytes = scenario.servers.n_bytes;

    probe_write(scenario_connect(), "still ");
    probe_write(scenario_connect(), "here");
    scenario_await_server_bytes(n_bytes + 10);
}

void steps_serve(void)
{
    scenario_listen();
    steps_talk();
    scenario_clean_up();
}

/* ------------------------------------------------------------- another process */

static pid_t child; /* 0: none */

static struct tidy_deferred *kill_child(void *arg)
{
    (void)arg;
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    child = 0;
    return NULL;
}

static void become_child(void (*run)(int fd), int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (fd >= 0)
        dup2(fd, 3);
    close_range(fd >= 0 ? 4 : 3, ~0U, 0);
    run(fd >= 0 ? 3 : -1);
    _exit(0);
}

pid_t steps_fork(void (*run)(int fd), int fd)
{
    assert_int_equal(child, 0);
    tidy_case_add_clean_up(scenario.t, kill_child, NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        become_child(run, fd);
    return child;
}

void steps_await_stopped(void)
{
    int status = 0;

    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_true(WIFSTOPPED(status));
}

int steps_reap(void)
{
    int status = -1;

    assert_int_equal(waitpid(child, &status, 0), child);
    child = 0;
    return status;
}
