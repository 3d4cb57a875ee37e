/* SPDX-License-Identifier: MIT */
/*
 * The same scenarios with a libuv server of the user's own, which the fixture
 * only starts and stops.
 *
 * Its ends of the connections are strangers to us: a client of ours that closes
 * first does so normally, and may well be in TIME_WAIT.
 */
#include "support/echo_server.h"
#include "support/scenario.h"
#include <tidysock/adapters/cmocka.h>

#include <errno.h>
#include <unistd.h>

static void set_up(struct tidy_case *t)
{
    scenario_set_up(t);
    memset(&echo_log, 0, sizeof(echo_log));
}

static void start_echo(void)
{
    const struct tidy_address *address;

    tidy_case_start(scenario.t, &echo_server_ops);
    address = tidy_server_address(scenario.server);
    assert_non_null(address);
    assert_non_null(tidy_server_client_description(scenario.server));
    assert_null(tidy_server_listener(scenario.server));
    if (address->u.any.sa_family == AF_UNIX)
        memcpy(scenario.path, address->u.un.sun_path, sizeof(scenario.path));
}

static struct probe *connect_echo(void)
{
    size_t n_accepted = echo_log.n_accepted;

    tidy_case_connect_protocol(
        scenario.t, scenario.server, scenario_factory(&scenario.clients));
    scenario_await_count(&echo_log.n_accepted, n_accepted + 1);
    scenario_forget_ports();
    return scenario.clients.newest;
}

static struct probe *start_and_connect(void)
{
    start_echo();
    return connect_echo();
}

/* Stopped once, and everything that it had opened is closed. */
static void expect_stopped(size_t n_times)
{
    assert_int_equal(echo_log.n_started, n_times);
    assert_int_equal(echo_log.n_stopped, n_times);
    assert_int_equal(echo_log.n_freed, n_times);
    assert_int_equal(echo_log.n_accepted, echo_log.n_closed);
    assert_int_equal(echo_log.n_abandoned, 0);
}

static void clean_up_echo(void)
{
    scenario_clean_up();
    expect_stopped(echo_log.n_started);
}

/* ------------------------------------------------------------ it does its work */

/* The client for test bodies, and the case's own clean-up. */
static void an_own_server_echoes(struct tidy_case *t)
{
    struct tidy_client *client =
        tidy_case_connect(t, tidy_case_start(t, &echo_server_ops));

    tidy_client_send(client, "hello\r\n", 7);
    tidy_client_expect(client, "hello\r\n", 7);
    scenario_forget_ports();
}

static void clean_up_when_nobody_connected(struct tidy_case *t)
{
    (void)t;
    start_echo();
    clean_up_echo();
    assert_counts(0, 0);
}

static void clean_up_with_one_client(struct tidy_case *t)
{
    (void)t;
    start_and_connect();
    clean_up_echo();
    assert_counts(0, 1);
}

static void clean_up_with_a_hundred_clients(struct tidy_case *t)
{
    int idx;

    (void)t;
    start_echo();
    for (idx = 0; idx < 100; idx++)
        connect_echo();
    clean_up_echo();
    assert_counts(0, 100);
}

static void clean_up_after_the_client_closed(struct tidy_case *t)
{
    (void)t;
    probe_lose_connection(start_and_connect());
    scenario_await_count(&echo_log.n_closed, 1);
    probe_abort(connect_echo());
    scenario_await_count(&echo_log.n_closed, 2);
    clean_up_echo();
    assert_counts(0, 2);
}

static void clean_up_after_the_server_closed(struct tidy_case *t)
{
    (void)t;
    echo_log.drops_at_once = true;
    start_and_connect();
    scenario_await_lost(0, 1);
    clean_up_echo();
    assert_counts(0, 1);
}

static void clean_up_before_the_server_accepted(struct tidy_case *t)
{
    (void)t;
    start_echo();
    scenario_connect_soon();
    clean_up_echo();
    assert_int_equal(scenario.connect_error, TIDY_ECANCELLED);
    assert_counts(0, 0);
}

static void client_drops_in_connection_made(struct tidy_case *t)
{
    (void)t;
    scenario.clients.on_made = probe_lose_connection;
    start_echo();
    scenario_connect_soon();
    scenario_await_lost(0, 1);
    scenario_forget_ports();
    clean_up_echo();
    assert_counts(0, 1);
}

static void clean_up_from_callbacks(struct tidy_case *t)
{
    (void)t;
    scenario.clients.on_made = probe_clean_up;
    scenario.clients.on_lost = probe_clean_up;
    start_echo();
    scenario_connect_soon();
    scenario_await_count(&scenario.n_cleaned_up, 2);
    scenario_forget_ports();
    expect_stopped(1);
}

static struct tidy_deferred *swallow(struct tidy_result *result, void *arg)
{
    (void)arg;
    tidy_result_set(result, NULL, NULL);
    return NULL;
}

/* From the server's own functions: start is stopped as soon as it has returned,
 * and stop is under way already. */
static void clean_up_from_start_and_stop(struct tidy_case *t)
{
    struct tidy_deferred *started;

    echo_log.in_start = scenario_clean_up_soon;
    started = tidy_server_start(scenario.server, &echo_server_ops);
    tidy_deferred_add_errback(started, swallow, NULL);
    tidy_case_await(t, started);
    scenario_await_count(&scenario.n_cleaned_up, 1);
    expect_stopped(1);
    echo_log.in_start = NULL;
    echo_log.in_stop = scenario_clean_up_soon;
    start_and_connect();
    scenario_clean_up_soon();
    scenario_await_count(&scenario.n_cleaned_up, 3);
    expect_stopped(2);
}

static void clean_up_twice_and_start_again(struct tidy_case *t)
{
    struct tidy_deferred *second;

    start_and_connect();
    scenario_clean_up_soon();
    second = tidy_server_clean_up(scenario.server);
    tidy_case_await_failure(
        t, tidy_server_start(scenario.server, &echo_server_ops), TIDY_ECLOSING);
    tidy_case_await(t, second);
    expect_stopped(1);
    start_and_connect();
    tidy_case_await_failure(
        t, tidy_server_start(scenario.server, &echo_server_ops), TIDY_ESTATE);
    clean_up_echo();
    assert_counts(0, 2);
}

/* What a client wrote right before clean-up is read before the server is told
 * to stop. */
static void last_words_reach_an_own_server(struct tidy_case *t)
{
    (void)t;
    probe_write(start_and_connect(), "last words");
    clean_up_echo();
    assert_int_equal(echo_log.n_bytes, 10);
}

static void
write_and_clean_up(struct probe *probe, const void *data, size_t len)
{
    (void)data;
    (void)len;
    probe->side->on_data = NULL;
    probe_write(probe, "last words");
    probe_clean_up(probe);
}

/* The same when clean-up is called from a callback. */
static void last_words_from_a_callback(struct tidy_case *t)
{
    (void)t;
    scenario.clients.on_data = write_and_clean_up;
    probe_write(start_and_connect(), "first");
    scenario_await_count(&scenario.n_cleaned_up, 1);
    assert_int_equal(echo_log.n_bytes, 15);
    expect_stopped(1);
}

static bool has_all_back(void *arg)
{
    (void)arg;
    return scenario.clients.n_bytes >= MEBIBYTE;
}

/* A mebibyte, there and back. */
static void a_mebibyte_is_echoed(struct tidy_case *t)
{
    (void)t;
    scenario.clients.has_patterns = true;
    probe_write_pattern(start_and_connect(), MEBIBYTE);
    tidy_case_run_until(t, has_all_back, NULL);
    clean_up_echo();
    assert_int_equal(echo_log.n_bytes, MEBIBYTE);
}

/* A foreign client, which never hears from our fixture: the stop function closes
 * its connection. */
static void a_foreign_client_of_an_own_server(struct tidy_case *t)
{
    int fd, error;

    (void)t;
    start_echo();
    fd = scenario_foreign(NULL);
    scenario_await_count(&echo_log.n_accepted, 1);
    clean_up_echo();
    assert_int_equal(scenario_foreign_read_all(fd, &error), 0);
    assert_int_equal(error, 0);
}

/* ------------------------------------------------------------ it does not behave */

/* stop that calls done at once. */
static void stop_calls_done_at_once(struct tidy_case *t)
{
    (void)t;
    echo_log.stops_at_once = true;
    start_and_connect();
    scenario_clean_up();
    scenario_turn(2);
    expect_stopped(1);
}

/* stop that closes everything, and never says so. */
static void stop_never_calls_done(struct tidy_case *t)
{
    const char *sentence;

    (void)t;
    echo_log.never_says_so = true;
    start_and_connect();
    tidy_server_set_grace(scenario.server, TIDY_MS(20));
    sentence = scenario_clean_up_fails(TIDY_ENOSTOP);
    assert_non_null(strstr(sentence, "did not call done"));
    assert_non_null(strstr(sentence, "20 ms"));
    assert_int_equal(echo_log.n_abandoned, 1);
    assert_counts(0, 1);
}

/* stop that does nothing at all: abandon has to. */
static void stop_never_stops(struct tidy_case *t)
{
    (void)t;
    echo_log.never_stops = true;
    start_and_connect();
    tidy_server_set_grace(scenario.server, TIDY_MS(20));
    scenario_clean_up_fails(TIDY_ENOSTOP);
    scenario_turn(2);
    assert_int_equal(echo_log.n_abandoned, 1);
    assert_int_equal(echo_log.n_freed, 1);
}

/* done that comes when it is too late, while the server is clean, ... */
static void done_comes_too_late(struct tidy_case *t)
{
    (void)t;
    echo_log.never_stops = true;
    echo_log.is_late = true;
    start_and_connect();
    tidy_server_set_grace(scenario.server, TIDY_MS(20));
    scenario_clean_up_fails(TIDY_ENOSTOP);
    scenario_turn(2);
    assert_int_equal(echo_log.n_freed, 1);
    echo_log.never_stops = echo_log.is_late = false;
    start_and_connect();
    scenario_clean_up();
}

static struct tidy_deferred *free_server(struct tidy_result *result, void *arg)
{
    tidy_result_set(result, NULL, NULL);
    tidy_server_free(arg);
    return NULL;
}

/* ... or has been freed. */
static void done_comes_when_the_server_is_freed(struct tidy_case *t)
{
    struct tidy_server *server = NULL;
    struct tidy_deferred *done;

    if (tidy_case_transport(t) == TIDY_TCP)
        tidy_server_new_tcp(tidy_case_loop(t), &server, NULL);
    else
        tidy_server_new_unix(tidy_case_loop(t), &server, NULL);
    echo_log.never_stops = true;
    echo_log.is_late = true;
    tidy_case_await(t, tidy_server_start(server, &echo_server_ops));
    tidy_server_set_grace(server, TIDY_MS(20));
    done = tidy_server_clean_up(server);
    tidy_deferred_add_errback(done, free_server, server);
    tidy_case_await(t, done);
    scenario_turn(5);
    assert_int_equal(echo_log.n_freed, 1);
}

/* start that fails: nothing is left, and it can be tried again. */
static void start_fails(struct tidy_case *t)
{
    const char *sentence;

    echo_log.start_error = -EADDRINUSE;
    sentence = tidy_case_await_failure(
        t, tidy_server_start(scenario.server, &echo_server_ops), -EADDRINUSE);
    assert_non_null(strstr(sentence, "tidy_server_start"));
    assert_null(tidy_server_address(scenario.server));
    tidy_case_await_failure(
        t,
        tidy_server_connect(scenario.server,
                            scenario_factory(&scenario.clients)),
        TIDY_ESTATE);
    scenario_clean_up();
    scenario_turn(2);
    assert_int_equal(echo_log.n_freed, 1);
    assert_int_equal(echo_log.n_stopped, 0);
    echo_log.start_error = 0;
    start_and_connect();
    scenario_clean_up();
}

#define OWN(fn) TIDY_TEST(fn, .set_up = set_up)
/* What a server of the user's own has not read yet, nobody knows. */
#define OWN_CALM(fn) TIDY_TEST(fn, .set_up = set_up, .worlds = TIDY_WORLDS_CALM)

static const struct tidy_test tests[] = {
    OWN(an_own_server_echoes),
    OWN(clean_up_when_nobody_connected),
    OWN(clean_up_with_one_client),
    OWN(clean_up_with_a_hundred_clients),
    OWN(clean_up_after_the_client_closed),
    OWN(clean_up_after_the_server_closed),
    OWN(clean_up_before_the_server_accepted),
    OWN(client_drops_in_connection_made),
    OWN(clean_up_from_callbacks),
    OWN(clean_up_from_start_and_stop),
    OWN(clean_up_twice_and_start_again),
    OWN_CALM(last_words_reach_an_own_server),
    OWN_CALM(last_words_from_a_callback),
    OWN(a_mebibyte_is_echoed),
    OWN(a_foreign_client_of_an_own_server),
    OWN(stop_calls_done_at_once),
    OWN(stop_never_calls_done),
    OWN(stop_never_stops),
    OWN(done_comes_too_late),
    OWN(done_comes_when_the_server_is_freed),
    OWN(start_fails),
};

int main(int argc, char **argv)
{
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
