/* SPDX-License-Identifier: MIT */
/*
 * Clean-up of connections that are half of what they were: paused, or closed in
 * one direction.
 */
#include "support/scenario.h"
#include <tidysock/adapters/cmocka.h>

#include <errno.h>

static struct tidy_transport *server_end(void)
{
    return scenario.servers.newest->base.transport;
}

/* ------------------------------------------------------------------- paused */

/* A paused server, with nothing to read. */
static void clean_up_while_the_server_is_paused(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_made = probe_pause;
    scenario_listen_and_connect();
    scenario_clean_up();
    assert_counts(1, 1);
}

/* A paused client, with bytes that it never reads. */
static void clean_up_while_the_client_is_paused(struct tidy_case *t)
{
    (void)t;
    scenario.clients.on_made = probe_pause;
    scenario_listen_and_connect();
    probe_write(scenario.servers.newest, "unread");
    scenario_turn(2);
    scenario_clean_up();
    assert_int_equal(scenario.clients.n_bytes, 0);
    assert_counts(1, 1);
}

/* Both paused, each with unread bytes. */
static void clean_up_while_both_are_paused(struct tidy_case *t)
{
    struct probe *client;

    (void)t;
    scenario.servers.on_made = probe_pause;
    scenario.clients.on_made = probe_pause;
    client = scenario_listen_and_connect();
    probe_write(client, "unread");
    probe_write(scenario.servers.newest, "unread");
    scenario_turn(2);
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_bytes, 0);
    assert_counts(1, 1);
}

/* A paused server does not notice that its client has gone, in any way. */
static void clean_up_while_paused_after_the_client_went(struct tidy_case *t)
{
    struct probe *client;

    (void)t;
    scenario.servers.on_made = probe_pause;
    client = scenario_listen_and_connect();
    probe_write(client, "unread");
    probe_lose_connection(client);
    scenario_await_lost(0, 1);
    probe_abort(scenario_connect());
    scenario_await_lost(0, 2);
    assert_int_equal(scenario.servers.n_lost, 0);
    scenario_clean_up();
    assert_counts(2, 2);
}

/* The same with the sides exchanged. */
static void clean_up_while_paused_after_the_server_went(struct tidy_case *t)
{
    (void)t;
    scenario.clients.on_made = probe_pause;
    scenario_listen_and_connect();
    probe_write(scenario.servers.newest, "unread");
    probe_lose_connection(scenario.servers.newest);
    scenario_await_lost(1, 0);
    scenario_connect();
    probe_abort(scenario.servers.newest);
    scenario_await_lost(2, 0);
    scenario_clean_up();
    assert_counts(2, 2);
}

/* What a paused server has not read it reads once it resumes, although the
 * client has gone. */
static void a_server_resumes_after_the_client_went(struct tidy_case *t)
{
    struct probe *client;

    (void)t;
    scenario.servers.has_patterns = true;
    scenario.servers.on_made = probe_pause;
    client = scenario_listen_and_connect();
    probe_write_pattern(client, 1000);
    probe_lose_connection(client);
    scenario_await_lost(0, 1);
    assert_int_equal(tidy_transport_resume_reading(server_end()), 0);
    scenario_await_lost(1, 1);
    assert_int_equal(scenario.servers.n_bytes, 1000);
    assert_int_equal(scenario.servers.reason, 0);
    scenario_check_no_time_wait();
}

/* A paused server that closes takes nothing from a client that reads. */
static void a_paused_server_closes(struct tidy_case *t)
{
    (void)t;
    scenario.clients.has_patterns = true;
    scenario.servers.on_made = probe_pause;
    probe_write_pattern(scenario_listen_and_connect(), 1000);
    probe_write_pattern(scenario.servers.newest, MEBIBYTE);
    probe_lose_connection(scenario.servers.newest);
    scenario_await_lost(1, 1);
    assert_int_equal(scenario.clients.n_bytes, MEBIBYTE);
    assert_int_equal(scenario.clients.reason, 0);
    scenario_check_no_time_wait();
}

/* --------------------------------------------------------------- half-closed */

static void half_close(struct probe *probe)
{
    assert_int_equal(tidy_transport_half_close(probe->base.transport), 0);
}

/* The client has ended its half, and waits. */
static void clean_up_after_the_client_half_closed(struct tidy_case *t)
{
    (void)t;
    scenario.servers.is_half_open = true;
    half_close(scenario_listen_and_connect());
    scenario_await_count(&scenario.servers.n_eofs, 1);
    scenario_clean_up();
    assert_int_equal(scenario.servers.reason, 0);
    assert_counts(1, 1);
}

/* The server has. */
static void clean_up_after_the_server_half_closed(struct tidy_case *t)
{
    (void)t;
    scenario.clients.is_half_open = true;
    scenario_listen_and_connect();
    half_close(scenario.servers.newest);
    scenario_await_count(&scenario.clients.n_eofs, 1);
    scenario_clean_up();
    assert_int_equal(scenario.clients.reason, 0);
    assert_counts(1, 1);
}

/* Either has, a moment ago. */
static void clean_up_right_after_half_closing(struct tidy_case *t)
{
    (void)t;
    scenario.servers.is_half_open = true;
    scenario.clients.is_half_open = true;
    half_close(scenario_listen_and_connect());
    scenario_connect();
    half_close(scenario.servers.newest);
    scenario_clean_up();
    assert_counts(2, 2);
}

/* Both have: that is closed, without clean-up. */
static void half_closed_on_both_sides_is_closed(struct tidy_case *t)
{
    (void)t;
    scenario.servers.is_half_open = true;
    scenario.clients.is_half_open = true;
    half_close(scenario_listen_and_connect());
    half_close(scenario.servers.newest);
    scenario_await_lost(1, 1);
    assert_int_equal(scenario.servers.reason, 0);
    assert_int_equal(scenario.clients.reason, 0);
}

/* One end has closed when the other, which has not heard of it, ends its half. */
static void half_closed_after_the_other_end_closed(struct tidy_case *t)
{
    struct probe *client;

    (void)t;
    scenario.servers.is_half_open = true;
    scenario.clients.is_half_open = true;
    probe_lose_connection(scenario_listen_and_connect());
    half_close(scenario.servers.newest);
    scenario_await_lost(1, 1);
    client = scenario_connect();
    probe_lose_connection(scenario.servers.newest);
    half_close(client);
    scenario_await_lost(2, 2);
    assert_int_equal(scenario.servers.reason, 0);
    assert_int_equal(scenario.clients.reason, 0);
    scenario_check_no_time_wait();
}

/* ... and is paused, with bytes to read. */
static void
half_closed_and_paused_after_the_other_end_closed(struct tidy_case *t)
{
    struct probe *client;

    (void)t;
    scenario.servers.is_half_open = true;
    scenario.clients.is_half_open = true;
    scenario.clients.on_made = probe_pause;
    client = scenario_listen_and_connect();
    probe_write_pattern(scenario.servers.newest, MEBIBYTE);
    probe_lose_connection(scenario.servers.newest);
    scenario_turn(3);
    half_close(client);
    scenario_turn(3);
    assert_int_equal(tidy_transport_resume_reading(client->base.transport), 0);
    scenario_await_lost(1, 1);
    assert_int_equal(scenario.clients.n_bytes, MEBIBYTE);
    scenario_check_no_time_wait();
}

/* After end of file the client still gets the answer, all of it, and what ends
 * the connection is that the server closes. */
static void answer_and_close(struct probe *probe)
{
    probe_write_pattern(probe, MEBIBYTE);
    probe_lose_connection(probe);
}

static void a_request_ended_by_half_close_is_answered(struct tidy_case *t)
{
    struct probe *client;

    (void)t;
    scenario.servers.is_half_open = true;
    scenario.servers.has_patterns = true;
    scenario.servers.on_eof = answer_and_close;
    scenario.clients.has_patterns = true;
    client = scenario_listen_and_connect();
    probe_write_pattern(client, MEBIBYTE);
    half_close(client);
    scenario_await_lost(1, 1);
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE);
    assert_int_equal(scenario.clients.n_bytes, MEBIBYTE);
    assert_int_equal(scenario.clients.reason, 0);
}

/* A mebibyte behind which the client half-closed arrives during clean-up. */
static void half_closed_behind_a_mebibyte(struct tidy_case *t)
{
    struct probe *client = scenario_listen_and_connect();

    (void)t;
    scenario.servers.has_patterns = true;
    probe_write_pattern(client, MEBIBYTE);
    half_close(client);
    assert_int_equal(tidy_transport_write(client->base.transport, "x", 1),
                     -EPIPE);
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE);
    assert_counts(1, 1);
}

/* Half-closed, paused and with bytes to read, all at once. */
static void half_closed_and_paused(struct tidy_case *t)
{
    struct probe *client;

    (void)t;
    scenario.servers.is_half_open = true;
    scenario.clients.is_half_open = true;
    scenario.servers.on_made = probe_pause;
    scenario.clients.on_made = probe_pause;
    client = scenario_listen_and_connect();
    probe_write(client, "unread");
    probe_write(scenario.servers.newest, "unread");
    half_close(client);
    half_close(scenario.servers.newest);
    scenario_turn(3);
    assert_int_equal(scenario.servers.n_lost + scenario.clients.n_lost, 0);
    /* Each has sent its end of file, and none has read the other's: that is
     * TIME_WAIT already, before anybody closes. */
    scenario_forget_ports();
    scenario_clean_up();
    assert_counts(1, 1);
}

/* ... and aborted. */
static void half_closed_then_aborted(struct tidy_case *t)
{
    struct probe *client = scenario_listen_and_connect();

    (void)t;
    half_close(client);
    probe_abort(client);
    scenario_connect();
    half_close(scenario.servers.newest);
    probe_abort(scenario.servers.newest);
    scenario_await_lost(2, 2);
    scenario_clean_up();
    assert_counts(2, 2);
}

static const struct tidy_test tests[] = {
    SCENARIO(clean_up_while_the_server_is_paused),
    SCENARIO(clean_up_while_the_client_is_paused),
    SCENARIO(clean_up_while_both_are_paused),
    SCENARIO(clean_up_while_paused_after_the_client_went),
    SCENARIO(clean_up_while_paused_after_the_server_went),
    SCENARIO(a_server_resumes_after_the_client_went),
    SCENARIO(a_paused_server_closes),
    SCENARIO(clean_up_after_the_client_half_closed),
    SCENARIO(clean_up_after_the_server_half_closed),
    SCENARIO(clean_up_right_after_half_closing),
    SCENARIO(half_closed_on_both_sides_is_closed),
    SCENARIO(half_closed_after_the_other_end_closed),
    SCENARIO(half_closed_and_paused_after_the_other_end_closed),
    SCENARIO(a_request_ended_by_half_close_is_answered),
    SCENARIO(half_closed_behind_a_mebibyte),
    SCENARIO(half_closed_and_paused),
    SCENARIO(half_closed_then_aborted),
};

int main(int argc, char **argv)
{
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
