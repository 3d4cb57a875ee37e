/* SPDX-License-Identifier: MIT */
#include "support/scenario.h"

#include "base/world.h"
#include <tidysock/sim.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TCP_STATE_TIME_WAIT 6 /* in /proc/net/tcp */

struct scenario scenario;

/* ----------------------------------------- the case's server and its clients */

void scenario_listen(void)
{
    const struct tidy_address *address;

    tidy_case_listen(
        scenario.t, scenario.server, scenario_factory(&scenario.servers));
    address = tidy_server_address(scenario.server);
    assert_non_null(address);
    assert_non_null(tidy_server_client_description(scenario.server));
    if (address->u.any.sa_family == AF_UNIX)
        memcpy(scenario.path, address->u.un.sun_path, sizeof(scenario.path));
}

struct probe *scenario_connect(void)
{
    size_t n_servers = scenario.servers.n_made;
    struct tidy_protocol *protocol = tidy_case_connect_protocol(
        scenario.t, scenario.server, scenario_factory(&scenario.clients));

    scenario_await_made(n_servers + 1, 0);
    return tidy_container_of(protocol, struct probe, base);
}

struct probe *scenario_listen_and_connect(void)
{
    scenario_listen();
    return scenario_connect();
}

static struct tidy_deferred *count_connect(struct tidy_result *result,
                                           void *arg)
{
    const struct tidy_failure *failure = tidy_result_failure(result);

    (void)arg;
    if (!failure) {
        scenario.n_connected++;
        return NULL;
    }
    scenario.n_connects_failed++;
    scenario.connect_error = tidy_failure_code(failure);
    tidy_result_set(result, NULL, NULL);
    return NULL;
}

void scenario_connect_soon(void)
{
    struct tidy_deferred *connected = tidy_server_connect(
        scenario.server, scenario_factory(&scenario.clients));

    assert_int_equal(tidy_deferred_add_both(connected, count_connect, NULL), 0);
    tidy_deferred_unref(connected);
}

static struct tidy_deferred *count_clean_up(struct tidy_result *result,
                                            void *arg)
{
    const struct tidy_failure *failure = tidy_result_failure(result);

    (void)arg;
    if (!failure) {
        scenario.n_cleaned_up++;
        return NULL;
    }
    scenario.n_clean_ups_failed++;
    scenario.clean_up_error = tidy_failure_code(failure);
    tidy_result_set(result, NULL, NULL);
    return NULL;
}

void scenario_clean_up_soon(void)
{
    struct tidy_deferred *done = tidy_server_clean_up(scenario.server);

    scenario.n_clean_ups_begun++;
    assert_int_equal(tidy_deferred_add_both(done, count_clean_up, NULL), 0);
    tidy_deferred_unref(done);
}

void scenario_clean_up(void)
{
    tidy_case_clean_up(scenario.t, scenario.server);
    scenario_check_clean();
}

const char *scenario_clean_up_fails(int code)
{
    const char *sentence;

    sentence = tidy_case_await_failure(
        scenario.t, tidy_server_clean_up(scenario.server), code);
    scenario_check_clean();
    return sentence;
}

/* -------------------------------------------------------------------- waiting */

struct goal {
    size_t n_servers, n_clients;
};

static bool are_made(void *arg)
{
    const struct goal *goal = arg;

    return scenario.servers.n_made >= goal->n_servers &&
           scenario.clients.n_made >= goal->n_clients;
}

static bool are_lost(void *arg)
{
    const struct goal *goal = arg;

    return scenario.servers.n_lost >= goal->n_servers &&
           scenario.clients.n_lost >= goal->n_clients;
}

void scenario_await_made(size_t n_servers, size_t n_clients)
{
    struct goal goal = { .n_servers = n_servers, .n_clients = n_clients };

    tidy_case_run_until(scenario.t, are_made, &goal);
}

void scenario_await_lost(size_t n_servers, size_t n_clients)
{
    struct goal goal = { .n_servers = n_servers, .n_clients = n_clients };

    tidy_case_run_until(scenario.t, are_lost, &goal);
}

static bool have_outcomes(void *arg)
{
    return scenario.n_connected + scenario.n_connects_failed >=
           *(const size_t *)arg;
}

void scenario_await_outcomes(size_t n_outcomes)
{
    tidy_case_run_until(scenario.t, have_outcomes, &n_outcomes);
}

static bool has_received(void *arg)
{
    return scenario.servers.n_bytes >= *(uint64_t *)arg;
}

void scenario_await_server_bytes(uint64_t n_bytes)
{
    tidy_case_run_until(scenario.t, has_received, &n_bytes);
}

struct count_goal {
    const size_t *count;
    size_t n;
};

static bool has_counted(void *arg)
{
    const struct count_goal *goal = arg;

    return *goal->count >= goal->n;
}

void scenario_await_count(const size_t *count, size_t n)
{
    struct count_goal goal = { .count = count, .n = n };

    tidy_case_run_until(scenario.t, has_counted, &goal);
}

void scenario_turn(int n_turns)
{
    while (n_turns-- > 0)
        tidy_case_turn(scenario.t);
}

/* -------------------------------------------------------------------- the end */

static void check_counts(void)
{
    struct tidy_server_counts counts = tidy_server_counts(scenario.server);

    assert_int_equal(scenario.servers.n_made, scenario.servers.n_lost);
    assert_int_equal(scenario.clients.n_made, scenario.clients.n_lost);
    assert_int_equal(counts.n_server_made, counts.n_server_lost);
    assert_int_equal(counts.n_client_made, counts.n_client_lost);
}

/* A line of /proc/net/tcp or tcp6: an end of one of our clients' connections? */
static bool is_ours(const char *line)
{
    unsigned local, remote, state;

    if (sscanf(line, "%*d: %*x:%x %*x:%x %x", &local, &remote, &state) != 3)
        return false;
    return state == TCP_STATE_TIME_WAIT &&
           (scenario.server_port_of[local] == remote ||
            scenario.server_port_of[remote] == local);
}

static void check_table(const char *path)
{
    FILE *table = fopen(path, "re");
    char line[256], found[256] = "";

    if (!table)
        return; /* there is no IPv6 here */
    while (fgets(line, sizeof(line), table)) {
        if (is_ours(line))
            memcpy(found, line, sizeof(found));
    }
    fclose(table);
    assert_string_equal(found, "");
}

void scenario_check_no_time_wait(void)
{
    if (tidy__is_in_world()) {
        if (!scenario.has_forgotten_ports && !scenario.has_foreign)
            assert_int_equal(tidy_world_n_time_waits(), 0);
        return;
    }
    check_table("/proc/net/tcp");
    check_table("/proc/net/tcp6");
}

void scenario_forget_ports(void)
{
    scenario.has_forgotten_ports = true;
    memset(scenario.server_port_of, 0, sizeof(scenario.server_port_of));
}

void scenario_check_clean(void)
{
    check_counts();
    assert_null(tidy_server_address(scenario.server));
    assert_null(tidy_server_client_description(scenario.server));
    assert_null(tidy_server_connector(scenario.server));
    assert_null(tidy_server_listener(scenario.server));
    scenario_check_no_time_wait();
    if (scenario.path[0])
        assert_int_equal(access(scenario.path, F_OK), -1);
}

static struct tidy_deferred *clean_up_and_check(void *arg)
{
    (void)arg;
    scenario_clean_up();
    return NULL;
}

static struct tidy_deferred *clean_up_other_and_check(void *arg)
{
    scenario_clean_up();
    scenario.server = tidy_case_server(arg);
    return NULL;
}

void scenario_use(struct tidy_server *server)
{
    tidy_case_adopt_server(scenario.t, server);
    scenario.server = server;
    tidy_case_add_clean_up(scenario.t, clean_up_other_and_check, scenario.t);
}

void scenario_use_pattern(const struct tidy_address *address)
{
    struct tidy_server *server = NULL;
    char pattern[256];
    int result;

    if (address->u.any.sa_family == AF_UNIX) {
        snprintf(
            pattern, sizeof(pattern), "unix:path=%s", address->u.un.sun_path);
        result = tidy_server_new(tidy_case_loop(scenario.t),
                                 "unix:{path}:lockfile=0",
                                 pattern,
                                 &server,
                                 NULL);
    } else {
        snprintf(pattern,
                 sizeof(pattern),
                 "tcp:host=127.0.0.1:port=%u",
                 (unsigned)tidy_address_port(address));
        result = tidy_server_new(tidy_case_loop(scenario.t),
                                 "tcp:0:interface=127.0.0.1",
                                 pattern,
                                 &server,
                                 NULL);
    }
    assert_int_equal(result, 0);
    scenario_use(server);
}

void scenario_set_up(struct tidy_case *t)
{
    memset(&scenario, 0, sizeof(scenario));
    scenario.t = t;
    scenario.server = tidy_case_server(t);
    /* Last in, first out: foreign clients are there until the end. */
    tidy_case_add_clean_up(t, scenario_foreign_close_all, NULL);
    tidy_case_add_clean_up(t, clean_up_and_check, NULL);
}
