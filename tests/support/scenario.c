/* SPDX-License-Identifier: MIT */
#include "support/scenario.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TCP_STATE_TIME_WAIT 6 /* in /proc/net/tcp */

struct scenario scenario;

/* ----------------------------------------------------------------- the probe */

static struct probe *probe_of(struct tidy_protocol *self)
{
    return tidy_container_of(self, struct probe, base);
}

/* So that its end can be looked up when nothing of it is left. */
static void note_ports(const struct tidy_transport *transport)
{
    uint16_t near = tidy_address_port(tidy_transport_local(transport));

    scenario.server_port_of[near] =
        tidy_address_port(tidy_transport_peer(transport));
}

static void on_made(struct tidy_protocol *self)
{
    struct probe *probe = probe_of(self);

    assert_false(probe->is_made);
    assert_false(probe->is_lost);
    probe->is_made = true;
    probe->side->n_made++;
    if (probe->side->on_made)
        probe->side->on_made(probe);
}

static void
check_pattern(const struct probe *probe, const void *data, size_t len)
{
    if (!probe->side->has_patterns)
        return;
    assert_true(probe->n_bytes + len <= PATTERN_SIZE);
    assert_memory_equal(data, scenario_pattern() + probe->n_bytes, len);
}

static void on_data(struct tidy_protocol *self, const void *data, size_t len)
{
    struct probe *probe = probe_of(self);

    assert_true(probe->is_made);
    assert_false(probe->is_lost);
    assert_false(probe->has_eof);
    assert_true(len > 0);
    check_pattern(probe, data, len);
    probe->n_bytes += len;
    probe->side->n_bytes += len;
    if (probe->side->on_data)
        probe->side->on_data(probe, data, len);
}

static void on_eof(struct tidy_protocol *self)
{
    struct probe *probe = probe_of(self);

    assert_true(probe->is_made);
    assert_false(probe->is_lost);
    assert_false(probe->has_eof);
    probe->has_eof = true;
    probe->side->n_eofs++;
    if (probe->side->on_eof)
        probe->side->on_eof(probe);
}

/* A lost connection stays valid, and every call on it does nothing. */
static void check_inert(struct tidy_transport *transport)
{
    assert_true(tidy_transport_is_lost(transport));
    assert_int_equal(tidy_transport_write(transport, "x", 1), -ENOTCONN);
    assert_int_equal(tidy_transport_lose_connection(transport), -ENOTCONN);
    assert_int_equal(tidy_transport_abort(transport), -ENOTCONN);
    assert_int_equal(tidy_transport_half_close(transport), -ENOTCONN);
    assert_int_equal(tidy_transport_pause_reading(transport), -ENOTCONN);
    assert_int_equal(tidy_transport_resume_reading(transport), -ENOTCONN);
    assert_int_equal(tidy_transport_unsent(transport), 0);
}

static void on_lost(struct tidy_protocol *self, int reason)
{
    struct probe *probe = probe_of(self);

    assert_true(probe->is_made);
    assert_false(probe->is_lost);
    probe->is_lost = true;
    probe->side->n_lost++;
    probe->side->reason = reason;
    check_inert(self->transport);
    if (probe->side->on_lost)
        probe->side->on_lost(probe);
}

static const struct tidy_protocol_ops closing_ops = {
    .connection_made = on_made,
    .data_received = on_data,
    .connection_lost = on_lost,
};

static const struct tidy_protocol_ops half_open_ops = {
    .connection_made = on_made,
    .data_received = on_data,
    .read_connection_lost = on_eof,
    .connection_lost = on_lost,
};

static int build(void *arg,
                 const struct tidy_address *peer,
                 struct tidy_protocol *protocol)
{
    struct probe *probe = probe_of(protocol);
    struct side *side = arg;

    (void)peer;
    probe->side = side;
    side->n_built++;
    if (side == &scenario.clients)
        note_ports(protocol->transport);
    if (side->on_build)
        side->on_build(probe);
    if (side->is_refusing)
        return -EPERM;
    side->newest = probe;
    return 0;
}

struct tidy_factory scenario_factory(struct side *side)
{
    struct tidy_factory factory =
        tidy_factory_of(side->is_half_open ? &half_open_ops : &closing_ops,
                        sizeof(struct probe));

    factory.build_protocol = build;
    factory.arg = side;
    return factory;
}

/* ------------------------------------------------------- what hooks mostly do */

void probe_lose_connection(struct probe *probe)
{
    assert_int_equal(tidy_transport_lose_connection(probe->base.transport), 0);
}

void probe_abort(struct probe *probe)
{
    assert_int_equal(tidy_transport_abort(probe->base.transport), 0);
}

void probe_pause(struct probe *probe)
{
    assert_int_equal(tidy_transport_pause_reading(probe->base.transport), 0);
}

void probe_clean_up(struct probe *probe)
{
    (void)probe;
    scenario_clean_up_soon();
}

/* The connection may be on its way out. */
void probe_echo(struct probe *probe, const void *data, size_t len)
{
    int result = tidy_transport_write(probe->base.transport, data, len);

    assert_true(result == 0 || result == -EPIPE);
}

void probe_write(struct probe *probe, const char *text)
{
    assert_int_equal(
        tidy_transport_write(probe->base.transport, text, strlen(text)), 0);
}

void probe_write_pattern(struct probe *probe, size_t n_bytes)
{
    assert_int_equal(tidy_transport_write(
                         probe->base.transport, scenario_pattern(), n_bytes),
                     0);
}

const unsigned char *scenario_pattern(void)
{
    static unsigned char pattern[PATTERN_SIZE];
    uint32_t state = 1;
    size_t idx;

    if (pattern[0])
        return pattern;
    for (idx = 0; idx < PATTERN_SIZE; idx++) {
        state = state * UINT32_C(1664525) + UINT32_C(1013904223);
        pattern[idx] = (unsigned char)(state >> 24);
    }
    pattern[0] = 1;
    return pattern;
}

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
    return probe_of(protocol);
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

/* ------------------------------------------------------------ foreign clients */

static void own_foreign(int fd)
{
    assert_true(fd >= 0);
    assert_true(scenario.n_foreign < N_FOREIGN_MAX);
    scenario.foreign[scenario.n_foreign++] = fd;
}

int scenario_foreign(const struct tidy_address *address)
{
    int fd;

    if (!address)
        address = tidy_server_address(scenario.server);
    assert_non_null(address);
    fd = socket(address->u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    own_foreign(fd);
    assert_int_equal(connect(fd, &address->u.any, address->len), 0);
    return fd;
}

void scenario_foreign_close(int fd)
{
    size_t idx;

    for (idx = 0; idx < scenario.n_foreign; idx++) {
        if (scenario.foreign[idx] == fd)
            scenario.foreign[idx] = -1;
    }
    close(fd);
}

void scenario_foreign_reset(int fd)
{
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    scenario_foreign_close(fd);
}

size_t scenario_foreign_read_all(int fd, int *ret_error)
{
    static char buf[65536];
    size_t n_bytes = 0;
    ssize_t n_read;

    while ((n_read = read(fd, buf, sizeof(buf))) > 0)
        n_bytes += (size_t)n_read;
    *ret_error = n_read < 0 ? -errno : 0;
    return n_bytes;
}

static int listen_for_one(struct tidy_address *address)
{
    int fd = socket(address->u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    own_foreign(fd);
    assert_int_equal(bind(fd, &address->u.any, address->len), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(getsockname(fd, &address->u.any, &address->len), 0);
    return fd;
}

void scenario_full_listener(struct tidy_address *ret_address)
{
    struct tidy_address address = { .len = sizeof(address.u.in) };

    if (tidy_case_transport(scenario.t) == TIDY_TCP) {
        address.u.in.sin_family = AF_INET;
        address.u.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
        address.len = sizeof(address.u.un);
        address.u.un.sun_family = AF_UNIX;
        snprintf(address.u.un.sun_path,
                 sizeof(address.u.un.sun_path),
                 "%s/full",
                 tidy_case_temp_dir(scenario.t));
    }
    listen_for_one(&address);
    /* The backlog of none has room for one. */
    scenario_foreign(&address);
    *ret_address = address;
}

static struct tidy_deferred *close_foreign(void *arg)
{
    (void)arg;
    while (scenario.n_foreign > 0) {
        int fd = scenario.foreign[--scenario.n_foreign];

        if (fd >= 0)
            close(fd);
    }
    return NULL;
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

/* A line of /proc/net/tcp: an end of one of our clients' connections? */
static bool is_ours(const char *line)
{
    unsigned local, remote, state;

    if (sscanf(line, "%*d: %*x:%x %*x:%x %x", &local, &remote, &state) != 3)
        return false;
    return state == TCP_STATE_TIME_WAIT &&
           (scenario.server_port_of[local] == remote ||
            scenario.server_port_of[remote] == local);
}

void scenario_check_no_time_wait(void)
{
    FILE *table = fopen("/proc/net/tcp", "re");
    char line[256], found[256] = "";

    assert_non_null(table);
    while (fgets(line, sizeof(line), table)) {
        if (is_ours(line))
            memcpy(found, line, sizeof(found));
    }
    fclose(table);
    assert_string_equal(found, "");
}

void scenario_forget_ports(void)
{
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
    tidy_case_add_clean_up(t, close_foreign, NULL);
    tidy_case_add_clean_up(t, clean_up_and_check, NULL);
}
