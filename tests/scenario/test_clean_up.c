/* SPDX-License-Identifier: MIT */
/*
 * Clean-up when nothing, something and many things are open, and whoever closed
 * first. What holds at the end of each is checked by the scenario itself.
 */
#include "support/scenario.h"
#include <tidysock/adapters/cmocka.h>

#include <errno.h>

/* A server that was never started is clean at once. */
static void clean_up_with_nothing_started(struct tidy_case *t)
{
    struct tidy_deferred *done = tidy_server_clean_up(scenario.server);

    assert_true(tidy_deferred_has_fired(done));
    tidy_case_await(t, done);
    scenario_clean_up();
    assert_counts(0, 0);
}

/* Listening alone leaves nothing. */
static void clean_up_while_only_listening(struct tidy_case *t)
{
    (void)t;
    scenario_listen();
    scenario_clean_up();
    assert_counts(0, 0);
}

/* What the body leaves open the case's own clean-up closes. */
static void clean_up_by_the_case(struct tidy_case *t)
{
    (void)t;
    scenario_listen_and_connect();
}

/* One client, which loses its connection cleanly on both sides. */
static void clean_up_with_one_client(struct tidy_case *t)
{
    (void)t;
    scenario_listen_and_connect();
    scenario_clean_up();
    assert_counts(1, 1);
    assert_int_equal(scenario.servers.reason, 0);
    assert_int_equal(scenario.clients.reason, 0);
}

/* Two clients: the second is not forgotten. */
static void clean_up_with_two_clients(struct tidy_case *t)
{
    (void)t;
    scenario_listen_and_connect();
    scenario_connect();
    scenario_clean_up();
    assert_counts(2, 2);
}

/* A hundred clients, one after the other. */
static void clean_up_with_a_hundred_clients(struct tidy_case *t)
{
    int idx;

    (void)t;
    scenario_listen();
    for (idx = 0; idx < 100; idx++)
        scenario_connect();
    scenario_clean_up();
    assert_counts(100, 100);
}

/* A connection that the client closed long before is not waited for. */
static void clean_up_long_after_the_client_closed(struct tidy_case *t)
{
    (void)t;
    probe_lose_connection(scenario_listen_and_connect());
    scenario_await_lost(1, 1);
    scenario_check_no_time_wait();
    scenario_turn(10);
    scenario_clean_up();
    assert_counts(1, 1);
}

/* Nor is one that the server closed. */
static void clean_up_long_after_the_server_closed(struct tidy_case *t)
{
    (void)t;
    scenario_listen_and_connect();
    probe_lose_connection(scenario.servers.newest);
    scenario_await_lost(1, 1);
    scenario_check_no_time_wait();
    scenario_turn(10);
    scenario_clean_up();
    assert_counts(1, 1);
}

/* Nor one that was aborted, from either side. */
static void clean_up_long_after_an_abort(struct tidy_case *t)
{
    (void)t;
    probe_abort(scenario_listen_and_connect());
    scenario_await_lost(1, 1);
    assert_int_equal(scenario.clients.reason, TIDY_ECANCELLED);
    scenario_connect();
    probe_abort(scenario.servers.newest);
    scenario_await_lost(2, 2);
    assert_int_equal(scenario.servers.reason, TIDY_ECANCELLED);
    scenario_check_no_time_wait();
    scenario_clean_up();
}

/* Both ends close in the same breath, outside the loop. */
static void clean_up_after_both_closed_at_once(struct tidy_case *t)
{
    struct probe *client = scenario_listen_and_connect();

    (void)t;
    probe_lose_connection(client);
    probe_lose_connection(scenario.servers.newest);
    scenario_await_lost(1, 1);
    scenario_clean_up();
    assert_counts(1, 1);
}

static void close_both(void *arg)
{
    probe_lose_connection(arg);
    probe_lose_connection(scenario.servers.newest);
}

/* Both ends close in the same turn of the loop. */
static void clean_up_after_both_closed_in_one_turn(struct tidy_case *t)
{
    tidy_case_call_later(t, 0, close_both, scenario_listen_and_connect());
    scenario_await_lost(1, 1);
    scenario_clean_up();
    assert_counts(1, 1);
}

/* Closing just before clean-up makes no difference. */
static void clean_up_right_after_the_client_closed(struct tidy_case *t)
{
    (void)t;
    probe_lose_connection(scenario_listen_and_connect());
    scenario_clean_up();
    assert_counts(1, 1);
}

static void clean_up_right_after_the_server_closed(struct tidy_case *t)
{
    (void)t;
    scenario_listen_and_connect();
    probe_lose_connection(scenario.servers.newest);
    scenario_clean_up();
    assert_counts(1, 1);
}

static void clean_up_right_after_an_abort(struct tidy_case *t)
{
    (void)t;
    probe_abort(scenario_listen_and_connect());
    scenario_connect();
    probe_abort(scenario.servers.newest);
    scenario_clean_up();
    assert_counts(2, 2);
}

/* The story: the client drops its connection the moment it is made. */
static void client_drops_in_connection_made(struct tidy_case *t)
{
    (void)t;
    scenario.clients.on_made = probe_lose_connection;
    scenario_listen();
    scenario_connect_soon();
    scenario_await_lost(0, 1);
    scenario_clean_up();
    assert_int_equal(scenario.clients.n_made, 1);
}

/* The same, and the server has all the time that it needs. */
static void client_drops_and_the_server_sees_it(struct tidy_case *t)
{
    (void)t;
    scenario.clients.on_made = probe_lose_connection;
    scenario_listen();
    scenario_connect_soon();
    scenario_await_lost(1, 1);
    scenario_check_no_time_wait();
    scenario_clean_up();
    assert_counts(1, 1);
}

/* The server drops every connection the moment it is made. */
static void server_drops_in_connection_made(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_made = probe_lose_connection;
    scenario_listen_and_connect();
    scenario_connect();
    scenario_clean_up();
    assert_counts(2, 2);
}

/* Both do. */
static void both_drop_in_connection_made(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_made = probe_lose_connection;
    scenario.clients.on_made = probe_lose_connection;
    scenario_listen_and_connect();
    scenario_await_lost(1, 1);
    scenario_clean_up();
    assert_counts(1, 1);
}

/* Dropping the hard way, from either side and from both. A server that resets
 * at once may do so before the client knows that it is connected. */
static void either_side_aborts_in_connection_made(struct tidy_case *t)
{
    (void)t;
    scenario_listen();
    scenario.clients.on_made = probe_abort;
    scenario_connect_soon();
    scenario_await_outcomes(1);
    scenario.servers.on_made = probe_abort;
    scenario_connect_soon();
    scenario_await_outcomes(2);
    scenario.clients.on_made = NULL;
    scenario_connect_soon();
    scenario_await_outcomes(3);
    scenario_clean_up();
}

/* Cleaned up before the loop has run: the kernel has connected the two, the
 * server has not accepted, and the connect is cancelled. */
static void clean_up_before_the_server_accepted(struct tidy_case *t)
{
    (void)t;
    scenario_listen();
    scenario_connect_soon();
    assert_non_null(tidy_server_connector(scenario.server));
    scenario_clean_up();
    assert_int_equal(scenario.n_connects_failed, 1);
    assert_int_equal(scenario.connect_error, TIDY_ECANCELLED);
    assert_counts(0, 0);
}

static void connect_and_clean_up(void *arg)
{
    (void)arg;
    scenario_connect_soon();
    scenario_connect_soon();
    scenario_clean_up_soon();
}

/* The same, inside a turn of the loop. */
static void clean_up_in_the_turn_of_the_connect(struct tidy_case *t)
{
    scenario_listen();
    tidy_case_call_later(t, 0, connect_and_clean_up, NULL);
    scenario_await_count(&scenario.n_cleaned_up, 1);
    assert_int_equal(scenario.n_connects_failed, 2);
    assert_counts(0, 0);
}

static void note_ports_and_clean_up(struct probe *probe)
{
    struct tidy_transport *transport = probe->base.transport;
    uint16_t client = tidy_address_port(tidy_transport_peer(transport));

    scenario.server_port_of[client] =
        tidy_address_port(tidy_transport_local(transport));
    scenario_clean_up_soon();
}

/* The server has accepted, and the client does not know yet that it is
 * connected: the connect is cancelled, and no socket stays of it. */
static void clean_up_before_the_client_knows(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_made = note_ports_and_clean_up;
    scenario_listen();
    scenario_connect_soon();
    scenario_connect_soon();
    scenario_await_count(&scenario.n_cleaned_up, 1);
    scenario_await_outcomes(2);
    scenario_check_clean();
}

/* One turn of the loop after the connect, two turns, ...: wherever it is. */
static void clean_up_some_turns_after_the_connect(struct tidy_case *t)
{
    int n_turns;

    (void)t;
    for (n_turns = 0; n_turns < 8; n_turns++) {
        scenario_listen();
        scenario_connect_soon();
        scenario_connect_soon();
        scenario_turn(n_turns);
        scenario_clean_up();
    }
    assert_int_equal(scenario.n_connected + scenario.n_connects_failed, 16);
}

/* A connect that stays in progress is cancelled, and nobody waits for it. */
static void clean_up_while_a_connect_is_in_progress(struct tidy_case *t)
{
    struct tidy_address address;

    (void)t;
    scenario_full_listener(&address);
    scenario_use_pattern(&address);
    scenario_listen();
    scenario_connect_soon();
    scenario_connect_soon();
    scenario_turn(10);
    assert_non_null(tidy_server_connector(scenario.server));
    scenario_clean_up();
    assert_int_equal(scenario.n_connects_failed, 2);
    assert_int_equal(scenario.connect_error, TIDY_ECANCELLED);
    assert_counts(0, 0);
}

/* A connect that the test itself gives up fails the attributes, too. */
static void clean_up_after_a_connect_was_cancelled(struct tidy_case *t)
{
    struct tidy_deferred *connecting, *connected, *disconnected;

    scenario_listen();
    connecting = tidy_server_connect(scenario.server,
                                     scenario_factory(&scenario.clients));
    connected = tidy_server_client_connected(scenario.server);
    disconnected = tidy_server_client_disconnected(scenario.server);
    tidy_deferred_cancel(connecting);
    tidy_case_await_failure(t, connecting, TIDY_ECANCELLED);
    tidy_case_await_failure(t, connected, TIDY_ECANCELLED);
    tidy_case_await_failure(t, disconnected, TIDY_ECANCELLED);
    scenario_clean_up();
    assert_counts(0, 0);
}

/* A second call while the first is running has the same outcome, a third one
 * afterwards has nothing to do. */
static void clean_up_twice(struct tidy_case *t)
{
    struct tidy_deferred *first, *second;

    scenario_listen_and_connect();
    first = tidy_server_clean_up(scenario.server);
    second = tidy_server_clean_up(scenario.server);
    assert_false(tidy_deferred_has_fired(first));
    assert_false(tidy_deferred_has_fired(second));
    tidy_case_await(t, second);
    assert_true(tidy_deferred_has_fired(first));
    tidy_case_await(t, first);
    scenario_clean_up();
    assert_counts(1, 1);
}

/* Giving up the first call's deferred gives up neither clean-up nor the second. */
static void clean_up_twice_and_cancel_the_first(struct tidy_case *t)
{
    struct tidy_deferred *first, *second;

    scenario_listen_and_connect();
    first = tidy_server_clean_up(scenario.server);
    second = tidy_server_clean_up(scenario.server);
    tidy_deferred_cancel(first);
    tidy_case_await_failure(t, first, TIDY_ECANCELLED);
    tidy_case_await(t, second);
    scenario_check_clean();
}

/* A clean server starts again, on the same path if it has one. */
static void listen_again_after_clean_up(struct tidy_case *t)
{
    int n_rounds;

    (void)t;
    scenario.servers.on_data = probe_echo;
    for (n_rounds = 1; n_rounds <= 3; n_rounds++) {
        probe_write(scenario_listen_and_connect(), "again");
        scenario_await_server_bytes(5 * (uint64_t)n_rounds);
        scenario_clean_up();
    }
    assert_counts(3, 3);
}

/* Before listening, during clean-up and while listening already, a call in the
 * wrong state fails and changes nothing. */
static void calls_in_the_wrong_state_fail(struct tidy_case *t)
{
    struct tidy_factory factory = scenario_factory(&scenario.clients);
    struct tidy_server *server = scenario.server;
    struct tidy_deferred *done;

    tidy_case_await_failure(
        t, tidy_server_connect(server, factory), TIDY_ESTATE);
    scenario_listen();
    tidy_case_await_failure(
        t, tidy_server_listen(server, factory), TIDY_ESTATE);
    scenario_connect();
    done = tidy_server_clean_up(server);
    tidy_case_await_failure(
        t, tidy_server_listen(server, factory), TIDY_ECLOSING);
    tidy_case_await_failure(
        t, tidy_server_connect(server, factory), TIDY_ECLOSING);
    tidy_case_await(t, done);
    assert_counts(1, 1);
}

/* The attributes fire: at once if it has happened, else when it happens. */
static void attributes_fire_in_any_order(struct tidy_case *t)
{
    struct tidy_server *server = scenario.server;
    struct tidy_deferred *before;

    assert_null(tidy_server_client_connected(server));
    scenario_listen();
    assert_null(tidy_server_server_disconnected(server));
    scenario_connect_soon();
    tidy_case_await(t, tidy_server_client_connected(server));
    scenario_await_made(1, 1);
    before = tidy_server_client_disconnected(server);
    probe_lose_connection(scenario.clients.newest);
    tidy_case_await(t, tidy_server_server_disconnected(server));
    tidy_case_await(t, before);
    tidy_case_await(t, tidy_server_client_disconnected(server));
    tidy_case_await(t, tidy_server_server_disconnected(server));
    scenario_clean_up();
}

static const struct tidy_test tests[] = {
    SCENARIO(clean_up_with_nothing_started),
    SCENARIO(clean_up_while_only_listening),
    SCENARIO(clean_up_by_the_case),
    SCENARIO(clean_up_with_one_client),
    SCENARIO(clean_up_with_two_clients),
    SCENARIO(clean_up_with_a_hundred_clients),
    SCENARIO(clean_up_long_after_the_client_closed),
    SCENARIO(clean_up_long_after_the_server_closed),
    SCENARIO(clean_up_long_after_an_abort),
    SCENARIO(clean_up_after_both_closed_at_once),
    SCENARIO(clean_up_after_both_closed_in_one_turn),
    SCENARIO(clean_up_right_after_the_client_closed),
    SCENARIO(clean_up_right_after_the_server_closed),
    SCENARIO(clean_up_right_after_an_abort),
    SCENARIO(client_drops_in_connection_made),
    SCENARIO(client_drops_and_the_server_sees_it),
    SCENARIO(server_drops_in_connection_made),
    SCENARIO(both_drop_in_connection_made),
    SCENARIO(either_side_aborts_in_connection_made),
    SCENARIO(clean_up_before_the_server_accepted),
    SCENARIO(clean_up_in_the_turn_of_the_connect),
    SCENARIO_ON(TIDY_TCP, clean_up_before_the_client_knows),
    SCENARIO(clean_up_some_turns_after_the_connect),
    SCENARIO(clean_up_while_a_connect_is_in_progress),
    SCENARIO(clean_up_after_a_connect_was_cancelled),
    SCENARIO(clean_up_twice),
    SCENARIO(clean_up_twice_and_cancel_the_first),
    SCENARIO(listen_again_after_clean_up),
    SCENARIO(calls_in_the_wrong_state_fail),
    SCENARIO(attributes_fire_in_any_order),
};

int main(int argc, char **argv)
{
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
