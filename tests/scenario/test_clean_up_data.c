/* SPDX-License-Identifier: MIT */
/*
 * Clean-up and the bytes that are on their way: none that the peer would read is
 * lost, and a peer that does not read cannot hold anything up.
 */
#include "support/scenario.h"
#include <tidysock/adapters/cmocka.h>

#include <uv.h>

/* ------------------------------------------------------------ nothing is lost */

/* What a client writes right before clean-up reaches the server. */
static void bytes_written_right_before_clean_up_arrive(struct tidy_case *t)
{
    (void)t;
    probe_write(scenario_listen_and_connect(), "last words");
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_bytes, 10);
    assert_int_equal(scenario.servers.reason, 0);
    assert_counts(1, 1);
}

/* So does a mebibyte, which fits into no socket's buffer. */
static void a_mebibyte_arrives_whole(struct tidy_case *t)
{
    (void)t;
    scenario.servers.has_patterns = true;
    probe_write_pattern(scenario_listen_and_connect(), MEBIBYTE);
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE);
    assert_int_equal(scenario.servers.reason, 0);
    assert_counts(1, 1);
}

/* Many small writes between many turns arrive in order. */
static void many_small_writes_arrive_in_order(struct tidy_case *t)
{
    struct probe *client = scenario_listen_and_connect();
    const unsigned char *pattern = scenario_pattern();
    size_t idx;

    (void)t;
    scenario.servers.has_patterns = true;
    for (idx = 0; idx < 1000; idx++) {
        assert_int_equal(
            tidy_transport_write(client->base.transport, pattern + idx * 7, 7),
            0);
        if (idx % 100 == 0)
            scenario_turn(1);
    }
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_bytes, 7000);
}

/* A server that answers a client which is going: the answer meets a closed
 * socket, and what the client had sent is read all the same. */
static void a_mebibyte_reaches_a_server_that_echoes(struct tidy_case *t)
{
    (void)t;
    scenario.servers.has_patterns = true;
    scenario.servers.on_data = probe_echo;
    probe_write_pattern(scenario_listen_and_connect(), MEBIBYTE);
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE);
    assert_counts(1, 1);
}

/* The same in the middle of it. */
static void a_mebibyte_reaches_a_server_in_full_swing(struct tidy_case *t)
{
    (void)t;
    scenario.servers.has_patterns = true;
    scenario.clients.has_patterns = true;
    scenario.servers.on_data = probe_echo;
    probe_write_pattern(scenario_listen_and_connect(), MEBIBYTE);
    scenario_await_server_bytes(1);
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE);
    assert_counts(1, 1);
}

/* A client that closes while the server still sends loses nothing of its own,
 * long before clean-up. */
static void closing_against_the_stream_loses_nothing(struct tidy_case *t)
{
    struct probe *client = scenario_listen_and_connect();

    (void)t;
    scenario.servers.has_patterns = true;
    probe_write_pattern(client, MEBIBYTE);
    probe_write_pattern(scenario.servers.newest, MEBIBYTE);
    probe_lose_connection(client);
    scenario_await_lost(1, 1);
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE);
    scenario_check_no_time_wait();
}

/* Both close after a mebibyte each: whoever reads, reads it all. */
static void both_closing_after_a_mebibyte_end(struct tidy_case *t)
{
    struct probe *client = scenario_listen_and_connect();

    (void)t;
    scenario.servers.has_patterns = true;
    scenario.clients.has_patterns = true;
    probe_write_pattern(client, MEBIBYTE);
    probe_write_pattern(scenario.servers.newest, MEBIBYTE);
    probe_lose_connection(scenario.servers.newest);
    probe_lose_connection(client);
    scenario_await_lost(1, 1);
    scenario_check_no_time_wait();
}

/* A server that closes after a mebibyte: the client has all of it. */
static void a_mebibyte_before_the_server_closes_arrives(struct tidy_case *t)
{
    (void)t;
    scenario_listen_and_connect();
    scenario.clients.has_patterns = true;
    probe_write_pattern(scenario.servers.newest, MEBIBYTE);
    probe_lose_connection(scenario.servers.newest);
    scenario_await_lost(1, 1);
    assert_int_equal(scenario.clients.n_bytes, MEBIBYTE);
    assert_int_equal(scenario.clients.reason, 0);
    scenario_check_no_time_wait();
}

/* Written in connection_made, with clean-up called in the same callback. */
static void write_and_clean_up(struct probe *probe)
{
    probe_write(probe, "last words");
    scenario_clean_up_soon();
}

/* What a client writes in connection_made and before cleaning up there is sent;
 * it arrives if the server had accepted by then. */
static void
bytes_written_in_connection_made_are_not_dropped(struct tidy_case *t)
{
    (void)t;
    scenario.clients.on_made = write_and_clean_up;
    scenario_listen();
    scenario_connect_soon();
    scenario_await_count(&scenario.n_cleaned_up, 1);
    assert_int_equal(scenario.n_connected, 1);
    if (scenario.servers.n_made > 0)
        assert_int_equal(scenario.clients.reason, 0);
    assert_int_equal(scenario.servers.n_bytes, 10 * scenario.servers.n_made);
}

static void write_and_lose(struct probe *probe)
{
    probe_write_pattern(probe, MEBIBYTE);
    probe_lose_connection(probe);
}

/* When the client is lost, its last bytes may still lie before the server: it
 * reads them during clean-up. */
static void what_a_lost_client_sent_is_read(struct tidy_case *t)
{
    (void)t;
    scenario.servers.has_patterns = true;
    scenario.clients.on_made = write_and_lose;
    scenario.clients.on_lost = probe_clean_up;
    scenario_listen_and_connect();
    scenario_await_count(&scenario.n_cleaned_up, 1);
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE);
    assert_int_equal(scenario.servers.reason, 0);
    assert_counts(1, 1);
}

/* ----------------------------------------------------------- borrowed writes */

static struct {
    size_t n_done, n_failed;
} written;

static void on_written(int status, void *arg)
{
    (void)arg;
    written.n_done++;
    written.n_failed += status < 0;
}

static void write_borrowed(struct probe *probe, size_t n_bytes)
{
    assert_int_equal(tidy_transport_write_borrowed(probe->base.transport,
                                                   scenario_pattern(),
                                                   n_bytes,
                                                   on_written,
                                                   NULL),
                     0);
}

/* Each borrowed write is called back once: handed over, if the server reads. */
static void borrowed_writes_are_called_back_before_the_end(struct tidy_case *t)
{
    struct probe *client = scenario_listen_and_connect();

    (void)t;
    written.n_done = written.n_failed = 0;
    write_borrowed(client, MEBIBYTE);
    write_borrowed(client, 0);
    write_borrowed(client, 3);
    scenario_clean_up();
    assert_int_equal(written.n_done, 3);
    assert_int_equal(written.n_failed, 0);
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE + 3);
}

/* And failed, if it does not. */
static void borrowed_writes_fail_when_the_grace_is_over(struct tidy_case *t)
{
    struct probe *client;

    (void)t;
    written.n_done = written.n_failed = 0;
    scenario.servers.on_made = probe_pause;
    client = scenario_listen_and_connect();
    write_borrowed(client, PATTERN_SIZE);
    write_borrowed(client, PATTERN_SIZE);
    write_borrowed(client, 1);
    tidy_server_set_grace(scenario.server, TIDY_MS(10));
    scenario_clean_up_fails(TIDY_EUNSENT);
    assert_int_equal(written.n_done, 3);
    assert_true(written.n_failed >= 1);
}

static void write_for_ever(int status, void *arg)
{
    struct probe *probe = arg;

    written.n_done++;
    if (status == 0)
        tidy_transport_write_borrowed(probe->base.transport,
                                      scenario_pattern(),
                                      30000,
                                      write_for_ever,
                                      probe);
}

static void begin_to_write_for_ever(struct probe *probe)
{
    write_for_ever(0, probe);
}

/* Both sides write as fast as they can, and never stop by themselves. */
static void endless_streams_end(struct tidy_case *t)
{
    (void)t;
    written.n_done = 0;
    scenario.servers.on_made = begin_to_write_for_ever;
    scenario.clients.on_made = begin_to_write_for_ever;
    scenario_listen_and_connect();
    scenario_connect();
    scenario_await_count(&written.n_done, 200);
    /* Pieces may be small and late. */
    tidy_server_set_grace(scenario.server, TIDY_S(60));
    scenario_clean_up();
    assert_counts(2, 2);
}

/* ------------------------------------------------------ a peer that does not read */

/* The sentence must name the connection by both addresses, and a number. */
static size_t read_n_unsent(const char *sentence,
                            const struct tidy_address *local,
                            const struct tidy_address *peer)
{
    char text[TIDY_ADDRESS_MAX], names[2 * TIDY_ADDRESS_MAX];
    const char *number = strstr(sentence, " still had ");
    size_t n_bytes = 0;

    tidy_address_format(local, text, sizeof(text));
    snprintf(names, sizeof(names), "%s -> ", text);
    tidy_address_format(peer, text, sizeof(text));
    strcat(names, text);
    assert_non_null(strstr(sentence, names));
    assert_non_null(number);
    assert_int_equal(sscanf(number, " still had %zu unsent", &n_bytes), 1);
    return n_bytes;
}

/* Our client cannot get rid of a mebibyte: after the grace period it is reset,
 * and the outcome names it and the bytes. */
static void unsent_bytes_to_a_paused_server(struct tidy_case *t)
{
    struct tidy_address local, peer;
    struct probe *client;
    const char *sentence;
    size_t n_bytes;

    (void)t;
    scenario.servers.on_made = probe_pause;
    client = scenario_listen_and_connect();
    local = *tidy_transport_local(client->base.transport);
    peer = *tidy_transport_peer(client->base.transport);
    probe_write_pattern(client, MEBIBYTE);
    tidy_server_set_grace(scenario.server, TIDY_MS(20));
    sentence = scenario_clean_up_fails(TIDY_EUNSENT);
    n_bytes = read_n_unsent(sentence, &local, &peer);
    assert_true(n_bytes > 0 && n_bytes < MEBIBYTE);
    assert_non_null(strstr(sentence, "20 ms"));
    assert_int_equal(scenario.clients.reason, TIDY_EUNSENT);
    assert_counts(1, 1);
}

/* A server cannot get rid of a mebibyte: the peer is a plain socket. */
static void unsent_bytes_to_a_foreign_client(struct tidy_case *t)
{
    struct tidy_address local, peer;
    const char *sentence;
    size_t n_bytes, n_read;
    int fd, error;

    (void)t;
    scenario_listen();
    fd = scenario_foreign(NULL);
    scenario_await_made(1, 0);
    local = *tidy_transport_local(scenario.servers.newest->base.transport);
    peer = *tidy_transport_peer(scenario.servers.newest->base.transport);
    probe_write_pattern(scenario.servers.newest, MEBIBYTE);
    tidy_server_set_grace(scenario.server, TIDY_MS(20));
    sentence = scenario_clean_up_fails(TIDY_EUNSENT);
    n_bytes = read_n_unsent(sentence, &local, &peer);
    n_read = scenario_foreign_read_all(fd, &error);
    assert_true(n_bytes > 0 && n_bytes < MEBIBYTE);
    assert_true(n_read < MEBIBYTE);
    assert_int_equal(scenario.servers.reason, TIDY_EUNSENT);
    assert_counts(1, 0);
}

static void resume(void *arg)
{
    tidy_transport_resume_reading(arg);
}

/* A peer that begins to read within the grace period gets everything. */
static void a_server_that_resumes_in_time_reads_everything(struct tidy_case *t)
{
    struct probe *client;

    scenario.servers.has_patterns = true;
    scenario.servers.on_made = probe_pause;
    client = scenario_listen_and_connect();
    probe_write_pattern(client, MEBIBYTE);
    tidy_case_call_later(
        t, TIDY_MS(20), resume, scenario.servers.newest->base.transport);
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE);
    assert_counts(1, 1);
}

/* One blocked connection takes nothing from the others. */
static void a_blocked_connection_does_not_harm_others(struct tidy_case *t)
{
    struct probe *blocked, *healthy;

    (void)t;
    scenario.servers.on_made = probe_pause;
    blocked = scenario_listen_and_connect();
    scenario.servers.on_made = NULL;
    healthy = scenario_connect();
    scenario.servers.has_patterns = true;
    probe_write_pattern(blocked, PATTERN_SIZE);
    probe_write_pattern(healthy, MEBIBYTE);
    tidy_server_set_grace(scenario.server, TIDY_MS(400));
    scenario_clean_up_fails(TIDY_EUNSENT);
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE);
    assert_counts(2, 2);
}

/* Several blocked connections: the sentence names one and counts the others. */
static void several_blocked_connections_are_counted(struct tidy_case *t)
{
    const char *sentence;
    int idx;

    (void)t;
    scenario_listen();
    scenario.servers.on_made = probe_pause;
    for (idx = 0; idx < 3; idx++)
        probe_write_pattern(scenario_connect(), PATTERN_SIZE);
    tidy_server_set_grace(scenario.server, 0);
    sentence = scenario_clean_up_fails(TIDY_EUNSENT);
    assert_non_null(strstr(sentence, "(and 2 more)"));
    assert_counts(3, 3);
}

/* A grace period of nothing resets only what cannot be sent. */
static void no_grace_harms_nobody_who_reads(struct tidy_case *t)
{
    (void)t;
    scenario_listen();
    probe_write(scenario_connect(), "last words");
    tidy_server_set_grace(scenario.server, 0);
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_bytes, 10);
    assert_int_equal(scenario.servers.reason, 0);
}

/* Time in which nobody turns the loop is not time that the server was given. */
static void a_busy_test_takes_nobodys_grace(struct tidy_case *t)
{
    struct tidy_deferred *done;
    uint64_t until_ns;

    scenario.servers.has_patterns = true;
    probe_write_pattern(scenario_listen_and_connect(), MEBIBYTE);
    tidy_server_set_grace(scenario.server, TIDY_MS(400));
    done = tidy_server_clean_up(scenario.server);
    until_ns = uv_hrtime() + TIDY_MS(410);
    while (uv_hrtime() < until_ns)
        continue;
    tidy_case_await(t, done);
    assert_int_equal(scenario.servers.n_bytes, MEBIBYTE);
    assert_int_equal(scenario.servers.reason, 0);
}

static void pause_for_ever(struct probe *probe, const void *data, size_t len)
{
    (void)data;
    (void)len;
    probe_pause(probe);
}

/* A server that stops reading during clean-up is not waited for for ever. */
static void a_server_that_pauses_during_clean_up_ends(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_data = pause_for_ever;
    probe_write_pattern(scenario_listen_and_connect(), 10);
    tidy_server_set_grace(scenario.server, TIDY_MS(20));
    scenario_clean_up();
    probe_write_pattern(scenario_listen_and_connect(), MEBIBYTE);
    scenario_clean_up_fails(TIDY_EUNSENT);
    assert_counts(2, 2);
}

static bool is_streaming;

static void write_next(int status, void *arg)
{
    struct probe *probe = arg;

    if (status == 0 && is_streaming)
        tidy_transport_write_borrowed(
            probe->base.transport, "x", 1, write_next, probe);
}

static void stop_streaming(void *arg)
{
    (void)arg;
    is_streaming = false;
}

/* "Write the next piece when the last is gone": the timer has its turn. */
static void a_stream_of_small_pieces_lets_time_pass(struct tidy_case *t)
{
    struct probe *client = scenario_listen_and_connect();

    is_streaming = true;
    tidy_case_call_later(t, TIDY_MS(20), stop_streaming, NULL);
    write_next(0, client);
    while (is_streaming)
        scenario_turn(1);
    scenario_clean_up();
    assert_true(scenario.servers.n_bytes > 1);
    assert_counts(1, 1);
}

static const struct tidy_test tests[] = {
    SCENARIO(bytes_written_right_before_clean_up_arrive),
    SCENARIO(a_mebibyte_arrives_whole),
    SCENARIO(many_small_writes_arrive_in_order),
    SCENARIO(a_mebibyte_reaches_a_server_that_echoes),
    SCENARIO(a_mebibyte_reaches_a_server_in_full_swing),
    SCENARIO(closing_against_the_stream_loses_nothing),
    SCENARIO(both_closing_after_a_mebibyte_end),
    SCENARIO(a_mebibyte_before_the_server_closes_arrives),
    SCENARIO(bytes_written_in_connection_made_are_not_dropped),
    SCENARIO(what_a_lost_client_sent_is_read),
    SCENARIO(borrowed_writes_are_called_back_before_the_end),
    SCENARIO(endless_streams_end),
    SCENARIO(borrowed_writes_fail_when_the_grace_is_over),
    SCENARIO(unsent_bytes_to_a_paused_server),
    SCENARIO(unsent_bytes_to_a_foreign_client),
    SCENARIO(a_server_that_resumes_in_time_reads_everything),
    SCENARIO(a_blocked_connection_does_not_harm_others),
    SCENARIO(several_blocked_connections_are_counted),
    SCENARIO(no_grace_harms_nobody_who_reads, .worlds = TIDY_WORLDS_CALM),
    SCENARIO(a_busy_test_takes_nobodys_grace),
    SCENARIO(a_server_that_pauses_during_clean_up_ends),
    SCENARIO(a_stream_of_small_pieces_lets_time_pass),
};

int main(int argc, char **argv)
{
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
