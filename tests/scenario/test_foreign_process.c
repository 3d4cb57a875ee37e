/* SPDX-License-Identifier: MIT */
/*
 * Clients that are other processes: this program itself, as a client that waits
 * for the end, and curl and nc where they are installed.
 */
#include "support/scenario.h"
#include <tidysock/adapters/cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define CLIENT_OPTION "--be-a-client"

static char *program; /* for the client */

/* -------------------------------------------------------------- the processes */

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

/* Its output is of no interest, and its input is at its end. */
static void spawn(char *const argv[])
{
    posix_spawn_file_actions_t actions;
    int result;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    tidy_case_add_clean_up(scenario.t, kill_child, NULL);
    result = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (result != 0)
        child = 0;
    if (result == ENOENT)
        skip();
    assert_int_equal(result, 0);
}

/* Blocks: it ends because its connection does. Returns its exit code. */
static int wait_for_child(void)
{
    int status = 0;

    assert_int_equal(waitpid(child, &status, 0), child);
    child = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool is_tcp(void)
{
    return tidy_case_transport(scenario.t) == TIDY_TCP;
}

static char *port_text(void)
{
    static char text[8];

    snprintf(text,
             sizeof(text),
             "%u",
             (unsigned)tidy_address_port(tidy_server_address(scenario.server)));
    return text;
}

static void spawn_client(void)
{
    char *where = is_tcp() ? port_text() : scenario.path;
    char option[] = CLIENT_OPTION;
    char *const argv[] = { program, option, where, NULL };

    spawn(argv);
}

/* ------------------------------------------------------------------ the client */

static int connect_client(const char *where)
{
    struct tidy_address address = { 0 };
    int fd, result;

    if (where[0] == '/') {
        address.len = sizeof(address.u.un);
        address.u.un.sun_family = AF_UNIX;
        snprintf(
            address.u.un.sun_path, sizeof(address.u.un.sun_path), "%s", where);
    } else {
        address.len = sizeof(address.u.in);
        address.u.in.sin_family = AF_INET;
        address.u.in.sin_port = htons((uint16_t)atoi(where));
        address.u.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    fd = socket(address.u.any.sa_family, SOCK_STREAM, 0);
    result = connect(fd, &address.u.any, address.len);
    return result == 0 ? fd : -1;
}

/* Says hello and reads until the end; 0 if that is a clean one. */
static int be_a_client(const char *where)
{
    static char buf[65536];
    int fd = connect_client(where);
    ssize_t n_read;

    if (fd < 0 || write(fd, "hello", 5) != 5)
        return 2;
    do
        n_read = read(fd, buf, sizeof(buf));
    while (n_read > 0);
    close(fd);
    return n_read == 0 ? 0 : 1;
}

/* --------------------------------------------------------------- the scenarios */

/* Another process waits for the end, and gets a clean one. */
static void a_process_is_connected(struct tidy_case *t)
{
    (void)t;
    scenario_listen();
    spawn_client();
    scenario_await_server_bytes(5);
    scenario_clean_up();
    assert_counts(1, 0);
    assert_int_equal(wait_for_child(), 0);
}

/* With a mebibyte from the server on its way: the process reads all of it. */
static void a_process_reads_during_clean_up(struct tidy_case *t)
{
    (void)t;
    scenario_listen();
    spawn_client();
    scenario_await_made(1, 0);
    probe_write_pattern(scenario.servers.newest, MEBIBYTE);
    scenario_clean_up();
    assert_int_equal(wait_for_child(), 0);
}

/* A process that was stopped does not read, but nor does anybody wait for it:
 * nothing is unsent. */
static void a_process_is_stopped(struct tidy_case *t)
{
    (void)t;
    scenario_listen();
    spawn_client();
    scenario_await_server_bytes(5);
    kill(child, SIGSTOP);
    probe_write(scenario.servers.newest, "nobody reads this");
    scenario_clean_up();
    assert_counts(1, 0);
    kill(child, SIGCONT);
    assert_int_equal(wait_for_child(), 0);
}

/* One that was stopped while more is to be sent than fits is reset. */
static void a_process_is_stopped_with_bytes_unsent(struct tidy_case *t)
{
    (void)t;
    scenario_listen();
    spawn_client();
    scenario_await_server_bytes(5);
    kill(child, SIGSTOP);
    probe_write_pattern(scenario.servers.newest, PATTERN_SIZE);
    tidy_server_set_grace(scenario.server, TIDY_MS(20));
    scenario_clean_up_fails(TIDY_EUNSENT);
    assert_counts(1, 0);
    kill(child, SIGCONT);
    assert_int_equal(wait_for_child(), is_tcp() ? 1 : 0);
}

/* One that is killed ends its connection, and the clean-up goes on. */
static void a_process_is_killed(struct tidy_case *t)
{
    int status;

    (void)t;
    scenario_listen();
    spawn_client();
    scenario_await_server_bytes(5);
    probe_write_pattern(scenario.servers.newest, PATTERN_SIZE);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    child = 0;
    scenario_clean_up();
    assert_counts(1, 0);
}

/* curl waits for an answer that never comes. */
static void curl_is_connected(struct tidy_case *t)
{
    char url[64], name[] = "curl", silent[] = "-sS", plain[] = "-q";
    char option[] = "--unix-socket";
    char *argv[] = { name, plain, silent, url, NULL, NULL, NULL };

    (void)t;
    scenario_listen();
    snprintf(url, sizeof(url), "http://127.0.0.1:%s/", port_text());
    if (!is_tcp()) {
        snprintf(url, sizeof(url), "http://localhost/");
        argv[4] = option;
        argv[5] = scenario.path;
    }
    spawn(argv);
    scenario_await_server_bytes(5);
    scenario_clean_up();
    assert_counts(1, 0);
    assert_int_equal(wait_for_child(), 52); /* an empty reply */
}

/* nc has ended its half, because its input is at its end, or has not: there are
 * several. */
static void nc_is_connected(struct tidy_case *t)
{
    char host[] = "127.0.0.1", name[] = "nc";
    char *argv[] = { name, host, NULL, NULL };

    (void)t;
    scenario.servers.is_half_open = true;
    scenario_listen();
    argv[2] = port_text();
    spawn(argv);
    scenario_await_made(1, 0);
    scenario_clean_up();
    assert_counts(1, 0);
    wait_for_child();
}

static const struct tidy_test tests[] = {
    SCENARIO(a_process_is_connected, .worlds = TIDY_WORLDS_NONE),
    SCENARIO(a_process_reads_during_clean_up, .worlds = TIDY_WORLDS_NONE),
    SCENARIO(a_process_is_stopped, .worlds = TIDY_WORLDS_NONE),
    SCENARIO(a_process_is_stopped_with_bytes_unsent,
             .worlds = TIDY_WORLDS_NONE),
    SCENARIO(a_process_is_killed, .worlds = TIDY_WORLDS_NONE),
    SCENARIO(curl_is_connected, .worlds = TIDY_WORLDS_NONE),
    SCENARIO_ON(TIDY_TCP, nc_is_connected, .worlds = TIDY_WORLDS_NONE),
};

int main(int argc, char **argv)
{
    program = argv[0];
    if (argc == 3 && strcmp(argv[1], CLIENT_OPTION) == 0)
        return be_a_client(argv[2]);
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
