/* SPDX-License-Identifier: MIT */
/*
 * Steps that do not come to their end: a connect that nobody takes or that is
 * given up, no descriptors left, a peer whose process is stopped.
 */
#include "scenario/steps.h"
#include <tidysock/adapters/cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct tidy_deferred *connect_deferred(void)
{
    return tidy_server_connect(scenario.server,
                               scenario_factory(&scenario.clients));
}

/* ------------------------------------------------------------ nobody takes it */

/* A server of ours whose clients connect to somebody with a full backlog. */
static void listen_beside_full(struct tidy_address *ret_address,
                               const char *more)
{
    scenario_full_listener(ret_address);
    if (steps_are_tcp())
        steps_use_pattern("tcp:host=127.0.0.1:port=%u%s",
                          (unsigned)tidy_address_port(ret_address),
                          more);
    else
        steps_use_pattern("unix:path=%s%s", ret_address->u.un.sun_path, more);
    scenario_listen();
}

/* The full listener takes the one that was waiting. */
static void make_room(void)
{
    int fd = accept(scenario.foreign[0], NULL, NULL);

    assert_true(fd >= 0);
    close(fd);
}

static void connect_times_out(struct tidy_case *t)
{
    char place[TIDY_ADDRESS_MAX];
    struct tidy_address address;

    listen_beside_full(&address, ":timeout=1");
    tidy_address_format(&address, place, sizeof(place));
    steps_connect_fails(-ETIMEDOUT, place, "Connection timed out");
    make_room();
    tidy_case_await(t, connect_deferred());
    scenario_forget_ports();
    scenario_clean_up();
    assert_counts(0, 1);
}

/* The same by a limit on the deferred. */
static void the_deferred_times_out(struct tidy_case *t)
{
    struct tidy_deferred *connecting;
    struct tidy_address address;

    listen_beside_full(&address, "");
    connecting = connect_deferred();
    assert_int_equal(
        tidy_deferred_timeout(connecting, tidy_case_loop(t), TIDY_MS(5)), 0);
    tidy_case_await_failure(t, connecting, -ETIMEDOUT);
    assert_null(tidy_server_connector(scenario.server));
    scenario_clean_up();
    assert_counts(0, 0);
}

static void expect_cancelled(struct tidy_deferred *connecting)
{
    const char *sentence;

    assert_non_null(tidy_server_connector(scenario.server));
    tidy_deferred_cancel(connecting);
    tidy_deferred_cancel(connecting);
    assert_null(tidy_server_connector(scenario.server));
    sentence = tidy_case_await_failure(scenario.t, connecting, TIDY_ECANCELLED);
    assert_says(sentence, "cancelled");
    assert_says(sentence, "\"connected\"");
}

/* In the turn in which it began, and in later ones. */
static void connect_is_cancelled(struct tidy_case *t)
{
    struct tidy_deferred *connecting;
    struct tidy_address address;
    int n_turns;

    listen_beside_full(&address, "");
    for (n_turns = 0; n_turns < 5; n_turns++) {
        connecting = connect_deferred();
        scenario_turn(n_turns);
        expect_cancelled(connecting);
    }
    make_room();
    tidy_case_await(t, connect_deferred());
    scenario_forget_ports();
    scenario_clean_up();
    assert_counts(0, 1);
}

/* The kernel has connected the two already; the server finds a connection that
 * came and went, or none. */
static void connect_is_cancelled_at_once(struct tidy_case *t)
{
    (void)t;
    scenario_listen();
    expect_cancelled(connect_deferred());
    scenario_turn(3);
    assert_int_equal(scenario.clients.n_made, 0);
    steps_talk();
    scenario_clean_up();
}

static struct tidy_deferred *to_be_cancelled;

static void cancel_it(struct probe *probe)
{
    (void)probe;
    tidy_deferred_cancel(to_be_cancelled);
}

/* Too late to be no connection, and soon enough to be none for long. */
static void connect_is_cancelled_in_connection_made(struct tidy_case *t)
{
    scenario_listen();
    scenario.clients.on_made = cancel_it;
    to_be_cancelled = connect_deferred();
    tidy_case_await_failure(t, to_be_cancelled, TIDY_ECANCELLED);
    scenario_await_lost(0, 1);
    assert_int_equal(scenario.clients.reason, TIDY_ECANCELLED);
    scenario.clients.on_made = NULL;
    steps_talk();
    scenario_clean_up();
}

/* ----------------------------------------------------------- no descriptors */

static struct rlimit saved_limit;

static struct tidy_deferred *restore_limit(void *arg)
{
    (void)arg;
    setrlimit(RLIMIT_NOFILE, &saved_limit);
    return NULL;
}

/* Only as many descriptors as this can be opened from here on. */
static void leave_descriptors(unsigned n_left)
{
    struct rlimit limit;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &saved_limit), 0);
    tidy_case_add_clean_up(scenario.t, restore_limit, NULL);
    limit = saved_limit;
    limit.rlim_cur = (rlim_t)fd + n_left;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void no_descriptor_to_listen(struct tidy_case *t)
{
    char path[PLACE_MAX];

    (void)t;
    if (!steps_are_tcp())
        steps_use("unix:path={path}:timeout=1",
                  "unix:%s",
                  steps_path(path, "socket"));
    leave_descriptors(0);
    steps_listen_fails(-EMFILE, "", "Too many open files");
    restore_limit(NULL);
    if (steps_are_tcp()) {
        steps_serve();
    } else {
        scenario_listen();
        scenario_clean_up();
    }
}

static void no_descriptor_to_connect(struct tidy_case *t)
{
    char place[TIDY_ADDRESS_MAX];

    (void)t;
    scenario_listen();
    tidy_address_format(
        tidy_server_address(scenario.server), place, sizeof(place));
    leave_descriptors(0);
    steps_connect_fails(-EMFILE, place, "Too many open files");
    steps_connect_fails(-EMFILE, place, "Too many open files");
    restore_limit(NULL);
    steps_talk();
    scenario_clean_up();
    assert_counts(2, 2);
}

/* Who connects is turned away at once and does not have to wait, and the server
 * does not spin. */
static void no_descriptor_to_accept(struct tidy_case *t)
{
    int fds[3], error;
    size_t i;

    (void)t;
    scenario_listen();
    for (i = 0; i < TIDY_COUNT(fds); i++)
        fds[i] = scenario_foreign(NULL);
    leave_descriptors(0);
    scenario_turn(5);
    for (i = 0; i < TIDY_COUNT(fds); i++)
        assert_int_equal(scenario_foreign_read_all(fds[i], &error), 0);
    restore_limit(NULL);
    assert_int_equal(scenario.servers.n_built, 0);
    steps_talk();
    scenario_clean_up();
    assert_counts(2, 2);
}

/* The last one goes to the client, and there is none for its other end. */
static void a_descriptor_for_one_end_only(struct tidy_case *t)
{
    (void)t;
    scenario_listen();
    leave_descriptors(1);
    scenario_connect_soon();
    scenario_await_lost(0, 1);
    restore_limit(NULL);
    assert_int_equal(scenario.n_connected, 1);
    assert_int_equal(scenario.servers.n_built, 0);
    scenario_forget_ports(); /* libuv closed the other end */
    steps_talk();
    scenario_clean_up();
    assert_counts(2, 3);
}

/* Cleaning up needs none. */
static void no_descriptor_to_clean_up(struct tidy_case *t)
{
    int fd;

    scenario_listen_and_connect();
    fd = scenario_foreign(NULL);
    leave_descriptors(0);
    tidy_case_clean_up(t, scenario.server);
    restore_limit(NULL);
    scenario_foreign_close(fd);
    scenario_check_clean();
    assert_counts(1, 1);
    steps_serve();
}

/* ------------------------------------------------------- a process is stopped */

static struct tidy_address listening_place(int *ret_fd)
{
    struct tidy_address address = { .len = sizeof(address.u.in) };

    address.u.in.sin_family = AF_INET;
    address.u.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!steps_are_tcp()) {
        address.len = sizeof(address.u.un);
        address.u.un.sun_family = AF_UNIX;
        steps_path(address.u.un.sun_path, "peer");
    }
    *ret_fd = steps_socket(address.u.any.sa_family);
    assert_int_equal(bind(*ret_fd, &address.u.any, address.len), 0);
    assert_int_equal(listen(*ret_fd, 5), 0);
    assert_int_equal(getsockname(*ret_fd, &address.u.any, &address.len), 0);
    return address;
}

static size_t read_all(int fd)
{
    static char buf[65536];
    size_t n_bytes = 0;
    ssize_t n_read;

    while ((n_read = read(fd, buf, sizeof(buf))) > 0)
        n_bytes += (size_t)n_read;
    return n_bytes;
}

/* The child: stopped before it accepts. Its exit code is what it has read. */
static void be_a_stopped_server(int fd)
{
    raise(SIGSTOP);
    _exit((int)(read_all(accept(fd, NULL, NULL)) & 0x7f));
}

static pid_t connect_to_stopped(void)
{
    struct tidy_address address;
    int fd;
    pid_t pid;

    address = listening_place(&fd);
    pid = steps_fork(be_a_stopped_server, fd);
    steps_await_stopped();
    scenario_use_pattern(&address);
    scenario_listen();
    tidy_case_await(scenario.t, connect_deferred());
    scenario_forget_ports();
    return pid;
}

/* Nothing is unsent: nobody waits for it, and it reads all of it later. */
static void the_peer_is_stopped(struct tidy_case *t)
{
    pid_t pid = connect_to_stopped();
    int status;

    (void)t;
    probe_write(scenario.clients.newest, "for later");
    scenario_clean_up();
    assert_counts(0, 1);
    kill(pid, SIGCONT);
    status = steps_reap();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 9);
}

/* More than fits: reset after the grace period, and the outcome says so. */
static void the_peer_is_stopped_with_bytes_unsent(struct tidy_case *t)
{
    pid_t pid = connect_to_stopped();
    const char *sentence;

    (void)t;
    probe_write_pattern(scenario.clients.newest, PATTERN_SIZE);
    tidy_server_set_grace(scenario.server, TIDY_MS(20));
    sentence = scenario_clean_up_fails(TIDY_EUNSENT);
    assert_says(sentence, "tidy_server_clean_up");
    assert_says(sentence, "unsent bytes after the grace period of 20 ms");
    assert_counts(0, 1);
    kill(pid, SIGCONT);
    assert_true(WIFEXITED(steps_reap()));
}

static struct tidy_address stopped_clients_place;

static void be_a_stopped_client(int fd)
{
    fd = socket(stopped_clients_place.u.any.sa_family, SOCK_STREAM, 0);
    if (connect(fd, &stopped_clients_place.u.any, stopped_clients_place.len) <
        0)
        _exit(1);
    raise(SIGSTOP);
    _exit(read_all(fd) == 0 ? 0 : 2);
}

/* A client is stopped before it was accepted, or after that. */
static void a_client_is_stopped(struct tidy_case *t)
{
    int is_accepted;
    pid_t pid;

    (void)t;
    for (is_accepted = 0; is_accepted < 2; is_accepted++) {
        scenario_listen();
        stopped_clients_place = *tidy_server_address(scenario.server);
        pid = steps_fork(be_a_stopped_client, -1);
        steps_await_stopped();
        if (is_accepted)
            scenario_await_made(1, 0);
        scenario_clean_up();
        assert_int_equal(scenario.servers.n_made, is_accepted);
        kill(pid, SIGCONT);
        assert_int_equal(steps_reap(), 0);
    }
}

static const struct tidy_test tests[] = {
    SCENARIO(connect_times_out),
    SCENARIO(the_deferred_times_out),
    SCENARIO(connect_is_cancelled),
    SCENARIO(connect_is_cancelled_at_once),
    SCENARIO(connect_is_cancelled_in_connection_made),
    SCENARIO(no_descriptor_to_listen),
    SCENARIO(no_descriptor_to_connect),
    SCENARIO(no_descriptor_to_accept, .worlds = TIDY_WORLDS_CALM),
    SCENARIO(a_descriptor_for_one_end_only, .worlds = TIDY_WORLDS_CALM),
    SCENARIO(no_descriptor_to_clean_up),
    SCENARIO(the_peer_is_stopped, .worlds = TIDY_WORLDS_NONE),
    SCENARIO(the_peer_is_stopped_with_bytes_unsent, .worlds = TIDY_WORLDS_NONE),
    SCENARIO(a_client_is_stopped, .worlds = TIDY_WORLDS_NONE),
};

int main(int argc, char **argv)
{
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
