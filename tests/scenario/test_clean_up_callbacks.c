/* SPDX-License-Identifier: MIT */
/*
 * Clean-up called from callbacks, and callbacks that do what they like while
 * clean-up is running.
 */
#include "support/scenario.h"
#include <tidysock/adapters/cmocka.h>

#include <errno.h>
#include <uv.h>

/* --------------------------------------------------- called from a callback */

static void clean_up_on_data(struct probe *probe, const void *data, size_t len)
{
    (void)data;
    (void)len;
    probe->side->on_data = NULL;
    probe_clean_up(probe);
}

/* From data_received, on the server's side and on the client's. */
static void clean_up_from_data_received(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_data = clean_up_on_data;
    probe_write(scenario_listen_and_connect(), "go");
    scenario_await_count(&scenario.n_cleaned_up, 1);
    scenario_check_clean();
    scenario.clients.on_data = clean_up_on_data;
    scenario_listen_and_connect();
    probe_write(scenario.servers.newest, "go");
    scenario_await_count(&scenario.n_cleaned_up, 2);
    assert_counts(2, 2);
}

static void
answer_and_clean_up(struct probe *probe, const void *data, size_t len)
{
    probe_echo(probe, data, len);
    probe_clean_up(probe);
    probe_echo(probe, data, len);
}

/* With more to come and answers to give. */
static void clean_up_from_data_received_while_more_comes(struct tidy_case *t)
{
    (void)t;
    scenario.servers.has_patterns = true;
    scenario.servers.on_data = answer_and_clean_up;
    probe_write_pattern(scenario_listen_and_connect(), MEBIBYTE);
    scenario_await_count(&scenario.n_cleaned_up, 1);
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE);
    assert_counts(1, 1);
}

/* From connection_made: the server has just accepted the newest of three. */
static void clean_up_from_the_servers_connection_made(struct tidy_case *t)
{
    (void)t;
    scenario_listen_and_connect();
    scenario_connect();
    scenario.servers.on_made = probe_clean_up;
    scenario_connect_soon();
    scenario_await_count(&scenario.n_cleaned_up, 1);
    scenario_check_clean();
    assert_int_equal(scenario.servers.n_made, 3);
}

/* The client has just been connected: its connect succeeds all the same, and
 * the connection is closed like any other. */
static void clean_up_from_the_clients_connection_made(struct tidy_case *t)
{
    (void)t;
    scenario.clients.on_made = probe_clean_up;
    scenario_listen();
    scenario_connect_soon();
    scenario_connect_soon();
    scenario_await_count(&scenario.n_cleaned_up, 1);
    scenario_check_clean();
    assert_int_equal(scenario.n_connected, 1);
    assert_int_equal(scenario.n_connects_failed, 1);
    assert_int_equal(scenario.connect_error, TIDY_ECANCELLED);
    /* In the backlog it would be reset. */
    if (scenario.clients.reason != -ECONNRESET)
        assert_int_equal(scenario.clients.reason, 0);
}

/* From connection_lost, on either side, with another connection open. */
static void clean_up_from_the_servers_connection_lost(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_lost = probe_clean_up;
    scenario_listen_and_connect();
    probe_lose_connection(scenario_connect());
    scenario_await_count(&scenario.n_cleaned_up, 1);
    scenario_check_clean();
    assert_counts(2, 2);
}

static void clean_up_from_the_clients_connection_lost(struct tidy_case *t)
{
    (void)t;
    scenario.clients.on_lost = probe_clean_up;
    scenario_listen_and_connect();
    probe_lose_connection(scenario_connect());
    scenario_await_count(&scenario.n_cleaned_up, 1);
    scenario_check_clean();
    assert_counts(2, 2);
}

/* From the connection_lost that the first clean-up brings about. */
static void clean_up_from_connection_lost_during_clean_up(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_lost = probe_clean_up;
    scenario.clients.on_lost = probe_clean_up;
    scenario_listen_and_connect();
    scenario_connect();
    scenario_clean_up();
    assert_int_equal(scenario.n_cleaned_up, 4);
    assert_counts(2, 2);
}

/* From build_protocol: the connection that is being made is closed, too. */
static void clean_up_from_build_protocol(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_build = probe_clean_up;
    scenario_listen();
    scenario_connect_soon();
    scenario_connect_soon();
    scenario_await_count(&scenario.n_cleaned_up, 1);
    scenario_check_clean();
    scenario.servers.on_build = NULL;
    scenario.clients.on_build = probe_clean_up;
    scenario_listen();
    scenario_connect_soon();
    scenario_connect_soon();
    scenario_await_count(&scenario.n_cleaned_up, 2);
    scenario_check_clean();
}

/* From build_protocol, which then refuses. */
static void clean_up_from_a_factory_that_refuses(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_build = probe_clean_up;
    scenario.servers.is_refusing = true;
    scenario_listen();
    scenario_connect_soon();
    scenario_await_count(&scenario.n_cleaned_up, 1);
    scenario_check_clean();
    scenario.servers.on_build = NULL;
    scenario.clients.on_build = probe_clean_up;
    scenario.clients.is_refusing = true;
    scenario_listen();
    scenario_connect_soon();
    scenario_await_count(&scenario.n_cleaned_up, 2);
    scenario_await_outcomes(2);
}

/* From read_connection_lost. */
static void clean_up_from_end_of_file(struct tidy_case *t)
{
    (void)t;
    scenario.servers.is_half_open = true;
    scenario.servers.on_eof = probe_clean_up;
    scenario_listen();
    assert_int_equal(
        tidy_transport_half_close(scenario_connect()->base.transport), 0);
    scenario_await_count(&scenario.n_cleaned_up, 1);
    assert_int_equal(scenario.servers.n_eofs, 1);
    assert_counts(1, 1);
}

static void clean_up_when_due(void *arg)
{
    (void)arg;
    scenario_clean_up_soon();
}

/* From a timer, with nothing going on. */
static void clean_up_from_a_timer(struct tidy_case *t)
{
    scenario_listen_and_connect();
    tidy_case_call_later(t, TIDY_MS(1), clean_up_when_due, NULL);
    scenario_await_count(&scenario.n_cleaned_up, 1);
    assert_counts(1, 1);
}

static void clean_up_when_written(int status, void *arg)
{
    assert_int_equal(status, 0);
    clean_up_when_due(arg);
}

/* From the callback of a borrowed write. */
static void clean_up_when_a_write_is_done(struct tidy_case *t)
{
    struct probe *client = scenario_listen_and_connect();

    (void)t;
    scenario.servers.has_patterns = true;
    tidy_transport_write_borrowed(client->base.transport,
                                  scenario_pattern(),
                                  MEBIBYTE,
                                  clean_up_when_written,
                                  NULL);
    scenario_await_count(&scenario.n_cleaned_up, 1);
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE);
    assert_counts(1, 1);
}

static void uv_turn_until(const size_t *count, size_t n)
{
    while (*count < n)
        uv_run(tidy_case_uv(scenario.t), UV_RUN_ONCE);
}

/* The test turns libuv's loop itself, as its own code may. */
static void clean_up_while_the_test_runs_the_loop(struct tidy_case *t)
{
    (void)t;
    scenario.servers.has_patterns = true;
    scenario.servers.on_data = probe_echo;
    scenario_listen();
    scenario_connect_soon();
    uv_turn_until(&scenario.n_connected, 1);
    uv_turn_until(&scenario.servers.n_made, 1);
    probe_write_pattern(scenario.clients.newest, MEBIBYTE);
    scenario_clean_up_soon();
    uv_turn_until(&scenario.n_cleaned_up, 1);
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE);
    assert_counts(1, 1);
}

/* ------------------------------------------ called from a deferred's callback */

static struct tidy_deferred *clean_up_next(struct tidy_result *result,
                                           void *arg)
{
    (void)arg;
    tidy_result_set(result, NULL, NULL);
    return tidy_server_clean_up(scenario.server);
}

/* From the connect's: the chain waits for the clean-up. */
static void clean_up_when_connected(struct tidy_case *t)
{
    struct tidy_deferred *chain;

    scenario_listen();
    chain = tidy_server_connect(scenario.server,
                                scenario_factory(&scenario.clients));
    tidy_deferred_add_callback(chain, clean_up_next, NULL);
    tidy_case_await(t, chain);
    scenario_check_clean();
    assert_int_equal(scenario.clients.n_made, 1);
}

/* From those of the attributes: connected, and either side disconnected. */
static void clean_up_when_an_attribute_fires(struct tidy_case *t)
{
    struct tidy_deferred *chain;

    scenario_listen();
    scenario_connect_soon();
    chain = tidy_server_client_connected(scenario.server);
    tidy_deferred_add_callback(chain, clean_up_next, NULL);
    tidy_case_await(t, chain);
    scenario_check_clean();
    probe_lose_connection(scenario_listen_and_connect());
    chain = tidy_server_client_disconnected(scenario.server);
    tidy_deferred_add_callback(chain, clean_up_next, NULL);
    tidy_case_await(t, chain);
    scenario_check_clean();
    probe_lose_connection(scenario_listen_and_connect());
    chain = tidy_server_server_disconnected(scenario.server);
    tidy_deferred_add_callback(chain, clean_up_next, NULL);
    tidy_case_await(t, chain);
    scenario_check_clean();
}

/* From an attribute's that fails, while the connect is failing. */
static void clean_up_when_a_connect_fails(struct tidy_case *t)
{
    struct tidy_deferred *chain;

    scenario_listen_and_connect();
    scenario.clients.is_refusing = true;
    scenario_connect_soon();
    chain = tidy_server_client_connected(scenario.server);
    tidy_deferred_add_errback(chain, clean_up_next, NULL);
    tidy_case_await(t, chain);
    scenario_check_clean();
    assert_int_equal(scenario.connect_error, TIDY_EREFUSED);
    assert_int_equal(scenario.clients.n_made, 1);
}

static struct tidy_deferred *listen_next(struct tidy_result *result, void *arg)
{
    (void)arg;
    (void)result;
    return tidy_server_listen(scenario.server,
                              scenario_factory(&scenario.servers));
}

/* Clean-up's own deferred: listen again there, and clean up again. */
static void listen_again_when_cleaned_up(struct tidy_case *t)
{
    struct tidy_deferred *chain;

    scenario_listen_and_connect();
    chain = tidy_server_clean_up(scenario.server);
    tidy_deferred_add_callback(chain, listen_next, NULL);
    tidy_case_await(t, chain);
    scenario_connect();
    scenario_clean_up();
    assert_counts(2, 2);
}

static struct tidy_deferred *free_server(struct tidy_result *result, void *arg)
{
    (void)result;
    tidy_server_free(arg);
    return NULL;
}

static struct tidy_server *new_server(struct tidy_case *t)
{
    struct tidy_server *server = NULL;
    int result = tidy_case_transport(t) == TIDY_TCP
                     ? tidy_server_new_tcp(tidy_case_loop(t), &server, NULL)
                     : tidy_server_new_unix(tidy_case_loop(t), &server, NULL);

    assert_int_equal(result, 0);
    return server;
}

/* The server is freed in the first deferred's callback, and a second one, of a
 * call that came later, has still to fire. */
static void free_the_server_when_cleaned_up(struct tidy_case *t)
{
    struct tidy_server *server = new_server(t);
    struct tidy_deferred *first, *second;

    tidy_case_listen(t, server, scenario_factory(&scenario.servers));
    tidy_case_connect_protocol(t, server, scenario_factory(&scenario.clients));
    first = tidy_server_clean_up(server);
    second = tidy_server_clean_up(server);
    tidy_deferred_add_callback(first, free_server, server);
    tidy_case_await(t, second);
    tidy_case_await(t, first);
    assert_int_equal(scenario.clients.n_lost, 1);
    assert_int_equal(scenario.servers.n_lost, scenario.servers.n_made);
}

/* ------------------------------------- what connection_lost does meanwhile */

#define N_RECONNECTS 5

static void connect_again(struct probe *probe)
{
    (void)probe;
    scenario_connect_soon();
}

static void connect_some_times(struct probe *probe)
{
    if (scenario.n_rounds++ < N_RECONNECTS)
        connect_again(probe);
}

/* A client that connects again whenever it is lost, before clean-up. */
static void a_client_that_reconnects(struct tidy_case *t)
{
    (void)t;
    scenario.clients.on_lost = connect_some_times;
    scenario.servers.on_made = probe_lose_connection;
    scenario_listen_and_connect();
    scenario_await_lost(1 + N_RECONNECTS, 1 + N_RECONNECTS);
    scenario_clean_up();
    assert_counts(1 + N_RECONNECTS, 1 + N_RECONNECTS);
}

/* One that never gives up: during clean-up its connect fails. */
static void a_client_that_reconnects_for_ever(struct tidy_case *t)
{
    (void)t;
    scenario.clients.on_lost = connect_again;
    scenario_listen_and_connect();
    scenario_connect();
    scenario_clean_up();
    assert_int_equal(scenario.n_connects_failed, 2);
    assert_int_equal(scenario.connect_error, TIDY_ECLOSING);
    assert_counts(2, 2);
}

static struct tidy_deferred *note_refusal(struct tidy_result *result, void *arg)
{
    (void)arg;
    assert_int_equal(tidy_failure_code(tidy_result_failure(result)),
                     TIDY_ECLOSING);
    scenario.n_rounds++;
    tidy_result_set(result, NULL, NULL);
    return NULL;
}

static void listen_again(struct probe *probe)
{
    struct tidy_deferred *listening = tidy_server_listen(
        scenario.server, scenario_factory(&scenario.servers));

    (void)probe;
    tidy_deferred_add_errback(listening, note_refusal, NULL);
    tidy_deferred_unref(listening);
}

/* Listening during clean-up fails, and says why. */
static void a_server_that_listens_in_connection_lost(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_lost = listen_again;
    scenario_listen_and_connect();
    scenario_clean_up();
    assert_int_equal(scenario.n_rounds, 1);
}

static void abort_client(struct probe *probe)
{
    (void)probe;
    tidy_transport_abort(scenario.clients.newest->base.transport);
}

static void abort_server(struct probe *probe)
{
    (void)probe;
    tidy_transport_abort(scenario.servers.newest->base.transport);
}

/* Aborting another connection in connection_lost, during clean-up. */
static void connection_lost_aborts_others(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_lost = abort_server;
    scenario.clients.on_lost = abort_client;
    scenario_listen_and_connect();
    scenario_connect();
    scenario_connect();
    scenario_clean_up();
    assert_counts(3, 3);
}

static void write_to_newest(struct probe *probe)
{
    (void)probe;
    tidy_transport_write(
        scenario.servers.newest->base.transport, scenario_pattern(), MEBIBYTE);
    tidy_transport_write(
        scenario.clients.newest->base.transport, scenario_pattern(), MEBIBYTE);
}

/* Writing to another connection in connection_lost, during clean-up. */
static void connection_lost_writes_to_others(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_lost = write_to_newest;
    scenario.clients.on_lost = write_to_newest;
    scenario_listen_and_connect();
    scenario_connect();
    scenario_connect();
    scenario_clean_up();
    assert_counts(3, 3);
}

static void write_after_lose(struct probe *probe)
{
    struct tidy_transport *transport = probe->base.transport;

    probe_write(probe, "before");
    probe_lose_connection(probe);
    assert_int_equal(tidy_transport_write(transport, "after", 5), -EPIPE);
    assert_int_equal(tidy_transport_lose_connection(transport), 0);
    assert_int_equal(tidy_transport_half_close(transport), 0);
    assert_int_equal(tidy_transport_pause_reading(transport), 0);
}

/* What is written after lose_connection is refused; what was before arrives. */
static void a_callback_that_writes_after_lose_connection(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_made = write_after_lose;
    scenario_listen_and_connect();
    scenario_await_lost(1, 1);
    scenario_clean_up();
    assert_int_equal(scenario.clients.n_bytes, 6);
    assert_int_equal(scenario.clients.reason, 0);
}

/* A factory that refuses: the server's closes the connection, ... */
static void a_servers_factory_that_refuses(struct tidy_case *t)
{
    (void)t;
    scenario.servers.is_refusing = true;
    scenario_listen();
    scenario_connect_soon();
    scenario_await_outcomes(1);
    scenario_await_lost(0, scenario.clients.n_made);
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_built, 1);
    assert_int_equal(scenario.servers.n_made, 0);
}

/* ... the client's fails the connect. */
static void a_clients_factory_that_refuses(struct tidy_case *t)
{
    (void)t;
    scenario.clients.is_refusing = true;
    scenario_listen();
    scenario_connect_soon();
    scenario_await_outcomes(1);
    assert_int_equal(scenario.connect_error, TIDY_EREFUSED);
    scenario_clean_up();
    assert_int_equal(scenario.clients.n_made, 0);
}

static void try_transport_too_early(struct probe *probe)
{
    struct tidy_transport *transport = probe->base.transport;

    assert_int_equal(tidy_transport_write(transport, "x", 1), -EPIPE);
    assert_int_equal(tidy_transport_lose_connection(transport), -ENOTCONN);
    assert_int_equal(tidy_transport_abort(transport), -ENOTCONN);
    assert_int_equal(tidy_transport_half_close(transport), -ENOTCONN);
}

/* In build_protocol there is no connection yet to write to, or to close. */
static void build_protocol_uses_the_transport(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_build = try_transport_too_early;
    scenario.clients.on_build = try_transport_too_early;
    probe_write(scenario_listen_and_connect(), "now");
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_bytes, 3);
}

static const struct tidy_test tests[] = {
    SCENARIO(clean_up_from_data_received),
    SCENARIO(clean_up_from_data_received_while_more_comes),
    SCENARIO(clean_up_from_the_servers_connection_made),
    SCENARIO(clean_up_from_the_clients_connection_made),
    SCENARIO(clean_up_from_the_servers_connection_lost),
    SCENARIO(clean_up_from_the_clients_connection_lost),
    SCENARIO(clean_up_from_connection_lost_during_clean_up),
    SCENARIO(clean_up_from_build_protocol),
    SCENARIO(clean_up_from_a_factory_that_refuses),
    SCENARIO(clean_up_from_end_of_file),
    SCENARIO(clean_up_from_a_timer),
    SCENARIO(clean_up_when_a_write_is_done),
    SCENARIO(clean_up_while_the_test_runs_the_loop),
    SCENARIO(clean_up_when_connected),
    SCENARIO(clean_up_when_an_attribute_fires),
    SCENARIO(clean_up_when_a_connect_fails),
    SCENARIO(listen_again_when_cleaned_up),
    SCENARIO(free_the_server_when_cleaned_up),
    SCENARIO(a_client_that_reconnects),
    SCENARIO(a_client_that_reconnects_for_ever),
    SCENARIO(a_server_that_listens_in_connection_lost),
    SCENARIO(connection_lost_aborts_others),
    SCENARIO(connection_lost_writes_to_others),
    SCENARIO(a_callback_that_writes_after_lose_connection),
    SCENARIO(a_servers_factory_that_refuses),
    SCENARIO(a_clients_factory_that_refuses),
    SCENARIO(build_protocol_uses_the_transport),
};

int main(int argc, char **argv)
{
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
