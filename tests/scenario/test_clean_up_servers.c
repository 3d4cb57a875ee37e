/* SPDX-License-Identifier: MIT */
/*
 * Clean-up of one of several: servers side by side, connections that belong to
 * two of them or to none, and a server whose loop stands still.
 */
#include "support/scenario.h"
#include <tidysock/adapters/cmocka.h>

#include <errno.h>
#include <unistd.h>
#include <uv.h>

/* Three servers with clients, which the case cleans up together. */
static void several_servers_in_one_test(struct tidy_case *t)
{
    struct tidy_server *others[2];
    size_t idx;

    scenario_listen_and_connect();
    for (idx = 0; idx < TIDY_COUNT(others); idx++) {
        others[idx] = tidy_case_new_server(t);
        tidy_case_listen(t, others[idx], scenario_factory(&scenario.servers));
        tidy_case_connect_protocol(
            t, others[idx], scenario_factory(&scenario.clients));
    }
    scenario_await_made(3, 3);
}

/* Cleaning one up leaves the others as they are. */
static void one_server_of_two_is_cleaned_up(struct tidy_case *t)
{
    struct tidy_server *other = tidy_case_new_server(t);
    struct probe *client = scenario_listen_and_connect();

    tidy_case_listen(t, other, scenario_factory(&scenario.servers));
    tidy_case_connect_protocol(t, other, scenario_factory(&scenario.clients));
    scenario_await_made(2, 2);
    tidy_case_clean_up(t, other);
    assert_int_equal(scenario.servers.n_lost, 1);
    assert_int_equal(scenario.clients.n_lost, 1);
    probe_write(client, "still here");
    scenario_await_server_bytes(10);
    scenario_clean_up();
    assert_counts(2, 2);
}

static struct tidy_deferred *clean_up_other(struct tidy_result *result,
                                            void *arg)
{
    (void)result;
    return tidy_server_clean_up(arg);
}

/* Two are cleaned up at once, and one when the other has been. */
static void servers_are_cleaned_up_together(struct tidy_case *t)
{
    struct tidy_server *other = tidy_case_new_server(t);
    struct tidy_deferred *done;

    scenario_listen_and_connect();
    tidy_case_listen(t, other, scenario_factory(&scenario.servers));
    tidy_case_connect_protocol(t, other, scenario_factory(&scenario.clients));
    done = tidy_server_clean_up(scenario.server);
    tidy_case_await(t, tidy_server_clean_up(other));
    tidy_case_await(t, done);
    scenario_listen_and_connect();
    tidy_case_listen(t, other, scenario_factory(&scenario.servers));
    done = tidy_server_clean_up(scenario.server);
    tidy_deferred_add_callback(done, clean_up_other, other);
    tidy_case_await(t, done);
    scenario_check_clean();
}

/* --------------------------------------------------------- other addresses */

static bool has_ipv6(void)
{
    struct tidy_address address = { .len = sizeof(address.u.in6) };
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result;

    address.u.in6.sin6_family = AF_INET6;
    address.u.in6.sin6_addr = in6addr_loopback;
    result = bind(fd, &address.u.any, address.len);
    close(fd);
    return result == 0;
}

static void use_description(const char *description, const char *pattern)
{
    struct tidy_server *server = NULL;

    assert_int_equal(
        tidy_server_new(
            tidy_case_loop(scenario.t), description, pattern, &server, NULL),
        0);
    scenario_use(server);
}

/* Whoever closes first, and on whichever address. */
static void close_in_every_order(void)
{
    probe_lose_connection(scenario_listen_and_connect());
    scenario_await_lost(1, 1);
    scenario_connect();
    probe_lose_connection(scenario.servers.newest);
    scenario_await_lost(2, 2);
    probe_write(scenario_connect(), "last words");
    scenario_check_no_time_wait();
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_bytes, 10);
    assert_counts(3, 3);
}

/* A server on all addresses: its clients come from one of them. */
static void a_server_on_all_addresses(struct tidy_case *t)
{
    (void)t;
    use_description("tcp:0", "tcp:host={host}:port={port}");
    close_in_every_order();
}

/* IPv6. */
static void a_server_on_ipv6(struct tidy_case *t)
{
    (void)t;
    if (!has_ipv6())
        skip();
    use_description("tcp6:0:interface=\\:\\:1",
                    "tcp6:host=\\:\\:1:port={port}");
    close_in_every_order();
}

/* IPv4 clients of an IPv6 server: the two ends name one address differently. */
static void ipv4_clients_of_an_ipv6_server(struct tidy_case *t)
{
    (void)t;
    if (!has_ipv6())
        skip();
    use_description("tcp6:0", "tcp:host=127.0.0.1:port={port}");
    close_in_every_order();
}

/* ------------------------------------------------ connections of two fixtures */

/* A client that one server's fixture connected to another's listener. */
static struct tidy_server *connect_across(struct tidy_case *t)
{
    struct tidy_server *listening = tidy_case_server(t);

    scenario_listen();
    scenario_use_pattern(tidy_server_address(listening));
    scenario_listen();
    scenario_connect();
    return listening;
}

/* The server that accepted it is cleaned up first: it closes at once. */
static void the_accepting_server_is_cleaned_up_first(struct tidy_case *t)
{
    struct tidy_server *listening = connect_across(t);

    scenario.servers.has_patterns = true;
    probe_write_pattern(scenario.servers.newest, 1000);
    tidy_case_clean_up(t, listening);
    assert_int_equal(scenario.servers.n_lost, 1);
    scenario_await_lost(1, 1);
    assert_int_equal(scenario.clients.n_bytes, 1000);
    scenario_clean_up();
    assert_counts(1, 1);
}

/* The one that connected it is: its client closes as any client does. */
static void the_connecting_server_is_cleaned_up_first(struct tidy_case *t)
{
    struct tidy_server *listening = connect_across(t);

    scenario.servers.has_patterns = true;
    probe_write_pattern(scenario.clients.newest, MEBIBYTE);
    tidy_case_clean_up(t, scenario.server);
    scenario_await_lost(1, 1);
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE);
    tidy_case_clean_up(t, listening);
    assert_counts(1, 1);
}

/* Both at once. */
static void both_servers_are_cleaned_up_at_once(struct tidy_case *t)
{
    struct tidy_deferred *done = tidy_server_clean_up(connect_across(t));

    tidy_case_clean_up(t, scenario.server);
    tidy_case_await(t, done);
    assert_counts(1, 1);
}

static struct tidy_endpoint *client_endpoint(void)
{
    struct tidy_endpoint *endpoint = NULL;

    assert_int_equal(
        tidy_endpoint_parse_client(
            tidy_server_client_description(scenario.server), &endpoint, NULL),
        0);
    return endpoint;
}

static void connect_freely(struct tidy_case *t)
{
    struct tidy_endpoint *endpoint = client_endpoint();

    tidy_case_await(t,
                    tidy_connect(tidy_case_loop(t),
                                 endpoint,
                                 scenario_factory(&scenario.clients)));
    tidy_endpoint_free(endpoint);
}

/* A client of nobody's, made by tidy_connect(), loses its connection when the
 * server is cleaned up; nobody waits for it. */
static void a_free_client_is_not_waited_for(struct tidy_case *t)
{
    scenario_listen();
    connect_freely(t);
    scenario_await_made(1, 1);
    scenario.clients.has_patterns = true;
    probe_write_pattern(scenario.servers.newest, 1000);
    tidy_case_clean_up(t, scenario.server);
    assert_int_equal(scenario.servers.n_lost, 1);
    scenario_await_lost(1, 1);
    assert_int_equal(scenario.clients.n_bytes, 1000);
    assert_int_equal(scenario.clients.reason, 0);
}

/* One that does not read, while bytes are unsent. */
static void a_free_client_that_is_paused(struct tidy_case *t)
{
    scenario.clients.on_made = probe_pause;
    scenario_listen();
    connect_freely(t);
    scenario_await_made(1, 1);
    probe_write_pattern(scenario.servers.newest, PATTERN_SIZE);
    tidy_server_set_grace(scenario.server, TIDY_MS(20));
    tidy_case_await_failure(
        t, tidy_server_clean_up(scenario.server), TIDY_EUNSENT);
    tidy_transport_resume_reading(scenario.clients.newest->base.transport);
    scenario_await_lost(1, 1);
}

/* ----------------------------------------------- a server that does not accept */

/* A server on a loop that runs only when the test says so: its clients are
 * connected, and it has not accepted them. */
struct other_loop {
    uv_loop_t uv;
    struct tidy_loop *loop;
    struct tidy_server *server;
};

static void other_await(struct other_loop *other,
                        struct tidy_deferred *deferred)
{
    assert_int_equal(
        tidy_loop_await(other->loop, deferred, TIDY_S(5), NULL, NULL), 0);
}

static struct other_loop *listen_on_other_loop(void)
{
    static struct other_loop other;

    assert_int_equal(uv_loop_init(&other.uv), 0);
    assert_int_equal(tidy_loop_new(&other.uv, &other.loop), 0);
    if (tidy_case_transport(scenario.t) == TIDY_TCP)
        tidy_server_new_tcp(other.loop, &other.server, NULL);
    else
        tidy_server_new_unix(other.loop, &other.server, NULL);
    other_await(
        &other,
        tidy_server_listen(other.server, scenario_factory(&scenario.servers)));
    scenario_use_pattern(tidy_server_address(other.server));
    scenario_listen();
    return &other;
}

static void end_other_loop(struct other_loop *other)
{
    other_await(other, tidy_server_clean_up(other->server));
    tidy_server_free(other->server);
    tidy_loop_free(other->loop);
    assert_int_equal(uv_loop_close(&other->uv), 0);
}

/* The client is connected and cleaned up, and the server never knew. */
static void a_client_that_was_never_accepted(struct tidy_case *t)
{
    struct other_loop *other = listen_on_other_loop();

    scenario.clients.on_made = probe_lose_connection;
    scenario_connect_soon();
    scenario_await_lost(0, 1);
    scenario.clients.on_made = NULL;
    scenario_connect_soon();
    scenario_await_made(0, 2);
    tidy_case_clean_up(t, scenario.server);
    end_other_loop(other);
    assert_counts(0, 2);
}

/* The server is cleaned up first: the kernel resets the client. */
static void a_server_that_never_accepted(struct tidy_case *t)
{
    struct other_loop *other = listen_on_other_loop();

    (void)t;
    scenario_connect_soon();
    scenario_await_made(0, 1);
    end_other_loop(other);
    scenario_await_lost(0, 1);
    assert_int_equal(scenario.clients.reason, -ECONNRESET);
    scenario_clean_up();
    assert_counts(0, 1);
}

/* The server accepts a client that has long been gone, and what it had sent. */
static void a_client_that_is_accepted_when_it_is_gone(struct tidy_case *t)
{
    struct other_loop *other = listen_on_other_loop();

    scenario_connect_soon();
    scenario_await_made(0, 1);
    probe_write(scenario.clients.newest, "last words");
    tidy_case_clean_up(t, scenario.server);
    while (scenario.servers.n_lost == 0)
        tidy_loop_turn(other->loop);
    end_other_loop(other);
    assert_int_equal(scenario.servers.n_bytes, 10);
    assert_counts(1, 1);
    /* Two loops are strangers to each other: the client closed first. */
    scenario_forget_ports();
}

static const struct tidy_test tests[] = {
    SCENARIO(several_servers_in_one_test),
    SCENARIO(one_server_of_two_is_cleaned_up),
    SCENARIO(servers_are_cleaned_up_together),
    SCENARIO_ON(TIDY_TCP, a_server_on_all_addresses),
    SCENARIO_ON(TIDY_TCP, a_server_on_ipv6),
    SCENARIO_ON(TIDY_TCP, ipv4_clients_of_an_ipv6_server),
    SCENARIO(the_accepting_server_is_cleaned_up_first),
    SCENARIO(the_connecting_server_is_cleaned_up_first),
    SCENARIO(both_servers_are_cleaned_up_at_once),
    SCENARIO(a_free_client_is_not_waited_for),
    SCENARIO(a_free_client_that_is_paused),
    SCENARIO(a_client_that_was_never_accepted),
    SCENARIO(a_server_that_never_accepted),
    SCENARIO(a_client_that_is_accepted_when_it_is_gone),
};

int main(int argc, char **argv)
{
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
