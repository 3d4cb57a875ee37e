/* SPDX-License-Identifier: MIT */
/*
 * Random sequences of everything that a test may do with a server and its
 * clients, from the body and from every callback, with clean-up at a random
 * moment. Whatever the sequence, the server is clean in the end, and what a
 * client sent to a server that read on arrived.
 *
 * A client's first four bytes are its number, so that the server's side knows
 * whose bytes it has; the pattern follows.
 *
 * The sequences are the same in every run. A failure names its seed:
 *
 *     TIDYSOCK_RANDOM_SEED   the first sequence's seed; default 1
 *     TIDYSOCK_RANDOM_COUNT  how many sequences, with seeds one apart
 */
#include "base/world.h"
#include "support/echo_server.h"
#include "support/scenario.h"
#include <tidysock/adapters/cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define N_SEQUENCES 200
#define N_STEPS 40
#define N_CLIENTS_MAX 300
#define N_PROBES_MAX 1000
#define ID_SIZE 4
#define ID_FOREIGN UINT32_MAX

/* The bytes of one direction of a connection. */
struct stream {
    uint64_t n_sent, n_read;
    bool is_sent, is_read; /* the counts are final; read to a clean end */
    bool is_spoilt;        /* not everything must arrive */
};

static struct {
    uint64_t seed, state;
    bool is_over;
    /* Rough sequences pause, half-close and abort, and there are clients that
     * are not ours; gentle ones do none of that. */
    bool is_rough;
    bool is_own; /* the server is the user's own, see support/echo_server.h */
    size_t n_clean_ups; /* fired, when last looked at */

    /* Of the connections since the last clean-up, lost ones too. */
    struct probe *probes[N_PROBES_MAX];
    size_t n_probes;

    struct stream up[N_CLIENTS_MAX], down[N_CLIENTS_MAX]; /* by number */
    size_t n_clients, n_connects;
    size_t n_begun;    /* clean-ups, before this sequence */
    size_t n_complete; /* streams that were checked, in this run */
} run;

/* splitmix64 */
static uint64_t next_random(void)
{
    uint64_t z = run.state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t pick(size_t n)
{
    return (size_t)(next_random() % n);
}

static bool one_in(size_t n)
{
    return pick(n) == 0;
}

/* ------------------------------------------------------------------ the steps */

static size_t n_clean_ups(void)
{
    return scenario.n_cleaned_up + scenario.n_clean_ups_failed;
}

/* What clean-up has freed nobody may touch. */
static void forget_freed(void)
{
    if (run.n_clean_ups == n_clean_ups())
        return;
    run.n_clean_ups = n_clean_ups();
    run.n_probes = 0;
}

static struct probe *any_probe(void)
{
    forget_freed();
    return run.n_probes ? run.probes[pick(run.n_probes)] : NULL;
}

static bool is_client(const struct probe *probe)
{
    return probe->side == &scenario.clients;
}

static void check_result(int result)
{
    assert_true(result == 0 || result == -EPIPE || result == -ENOTCONN);
}

static void write_some(struct probe *probe)
{
    static const size_t sizes[] = { 1, 10, 1000, 30000, 300000 };
    size_t len = 1 + pick(sizes[pick(TIDY_COUNT(sizes))]);
    int result;

    if (probe->n_sent + len > PATTERN_SIZE)
        return;
    result = tidy_transport_write(
        probe->base.transport, scenario_pattern() + probe->n_sent, len);
    check_result(result);
    if (result == 0)
        probe->n_sent += len;
}

static void lose(struct probe *probe)
{
    probe->is_spoilt = true;
    check_result(tidy_transport_lose_connection(probe->base.transport));
}

static void abort_it(struct probe *probe)
{
    probe->is_spoilt = true;
    check_result(tidy_transport_abort(probe->base.transport));
}

static void half_close(struct probe *probe)
{
    check_result(tidy_transport_half_close(probe->base.transport));
}

static void pause_it(struct probe *probe)
{
    probe->is_spoilt = true;
    check_result(tidy_transport_pause_reading(probe->base.transport));
}

static void resume(struct probe *probe)
{
    check_result(tidy_transport_resume_reading(probe->base.transport));
}

static void connect_one(void)
{
    if (run.n_connects++ < N_CLIENTS_MAX)
        scenario_connect_soon();
}

static struct tidy_deferred *swallow(struct tidy_result *result, void *arg)
{
    int code = tidy_failure_code(tidy_result_failure(result));

    (void)arg;
    assert_true(code == TIDY_ESTATE || code == TIDY_ECLOSING);
    tidy_result_set(result, NULL, NULL);
    return NULL;
}

static void listen_soon(void)
{
    struct tidy_deferred *listening = tidy_server_listen(
        scenario.server, scenario_factory(&scenario.servers));

    tidy_deferred_add_errback(listening, swallow, NULL);
    tidy_deferred_unref(listening);
}

/* Something that is done to one connection. */
static void do_to(struct probe *probe)
{
    static void (*const things[])(struct probe * probe) = {
        write_some,
        write_some,
        write_some,
        lose,
        /* rough ones */
        abort_it,
        half_close,
        pause_it,
        resume,
    };

    if (probe)
        things[pick(run.is_rough ? TIDY_COUNT(things) : 4)](probe);
}

/* Something that may be done in a callback. */
static void do_anything(void)
{
    if (one_in(30))
        scenario_clean_up_soon();
    else if (one_in(6))
        connect_one();
    else if (one_in(30))
        listen_soon();
    else
        do_to(any_probe());
}

/* ------------------------------------------------------------------ callbacks */

static void maybe_do_anything(struct probe *probe)
{
    if (one_in(6))
        do_anything();
    if (one_in(6))
        do_to(probe);
}

static void on_made(struct probe *probe)
{
    forget_freed();
    if (run.n_probes < N_PROBES_MAX)
        run.probes[run.n_probes++] = probe;
    if (is_client(probe)) {
        assert_true(run.n_clients < N_CLIENTS_MAX);
        probe->id = (uint32_t)run.n_clients++;
        assert_int_equal(
            tidy_transport_write(probe->base.transport, &probe->id, ID_SIZE),
            0);
    }
    maybe_do_anything(probe);
}

static void check_bytes(const unsigned char *bytes, size_t offset, size_t len)
{
    if (len > 0)
        assert_memory_equal(bytes, scenario_pattern() + offset, len);
}

/* The number, in the machine's own order of bytes, then the pattern. */
static void on_server_data(struct probe *probe, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    size_t offset = probe->n_bytes - len;

    for (; len > 0 && offset < ID_SIZE; len--, offset++)
        ((unsigned char *)&probe->id)[offset] = *bytes++;
    check_bytes(bytes, offset - ID_SIZE, len);
    maybe_do_anything(probe);
}

static void on_client_data(struct probe *probe, const void *data, size_t len)
{
    if (!run.is_own)
        check_bytes(data, probe->n_bytes - len, len);
    maybe_do_anything(probe);
}

/* A side that was aborted, or reset by clean-up, has not sent everything. */
static void note_sent(struct stream *stream, const struct probe *probe)
{
    stream->is_sent = true;
    stream->n_sent = probe->n_sent;
    if (probe->side->reason == TIDY_EUNSENT ||
        probe->side->reason == TIDY_ECANCELLED)
        stream->is_spoilt = true;
}

/* One that came to a clean end, without closing or pausing itself, must have
 * read everything. */
static void note_read(struct stream *stream, const struct probe *probe)
{
    if (probe->side->reason != 0 || probe->is_spoilt)
        return;
    stream->is_read = true;
    stream->n_read = probe->n_bytes;
}

/* Clean-up closes clients, which have not read everything then. */
static void on_client_lost(struct probe *probe)
{
    note_sent(&run.up[probe->id], probe);
    if (scenario.n_clean_ups_begun == run.n_begun)
        note_read(&run.down[probe->id], probe);
    maybe_do_anything(probe);
}

static void on_server_lost(struct probe *probe)
{
    if (probe->n_bytes >= ID_SIZE && probe->id != ID_FOREIGN) {
        note_sent(&run.down[probe->id], probe);
        note_read(&run.up[probe->id], probe);
    }
    maybe_do_anything(probe);
}

static void check_complete(const struct stream *stream, uint64_t n_extra)
{
    if (!stream->is_sent || !stream->is_read || stream->is_spoilt)
        return;
    run.n_complete++;
    assert_int_equal(stream->n_read, stream->n_sent + n_extra);
}

static void check_all_complete(void)
{
    size_t id;

    for (id = 0; id < run.n_clients; id++) {
        check_complete(&run.up[id], ID_SIZE);
        check_complete(&run.down[id], 0);
    }
}

/* -------------------------------------------------------------- foreign clients */

static void connect_foreign(void)
{
    const uint32_t id = ID_FOREIGN;
    int fd;

    if (!tidy_server_address(scenario.server) ||
        n_clean_ups() != scenario.n_clean_ups_begun ||
        scenario.n_foreign == N_FOREIGN_MAX)
        return;
    fd = scenario_foreign(NULL);
    assert_int_equal(write(fd, &id, ID_SIZE), ID_SIZE);
}

/* Whatever it is, it need not succeed. The pattern is begun at most once. */
static void do_to_foreign(int fd)
{
    static char buf[65536];

    switch (pick(5)) {
    case 0:
        recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
        break;
    case 1:
        shutdown(fd, SHUT_WR);
        break;
    case 2:
        scenario_foreign_close(fd);
        break;
    case 3:
        scenario_foreign_reset(fd);
        break;
    default:
        send(fd, scenario_pattern(), 30000, MSG_DONTWAIT | MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
        break;
    }
}

static void do_something_foreign(void)
{
    int fd =
        scenario.n_foreign ? scenario.foreign[pick(scenario.n_foreign)] : -1;

    if (fd < 0 || one_in(3))
        connect_foreign();
    else
        do_to_foreign(fd);
}

/* ------------------------------------------------------------------ a sequence */

static void begin_sequence(uint64_t seed)
{
    run.seed = run.state = seed;
    run.n_probes = run.n_clients = run.n_connects = 0;
    run.n_begun = scenario.n_clean_ups_begun;
    memset(run.up, 0, sizeof(run.up));
    memset(run.down, 0, sizeof(run.down));
    scenario_forget_ports();
    scenario.clean_up_error = 0;
    scenario.servers.is_half_open = run.is_rough && one_in(2);
    scenario.clients.is_half_open = run.is_rough && one_in(2);
    scenario.servers.on_made = scenario.clients.on_made = on_made;
    scenario.servers.on_eof = scenario.clients.on_eof = maybe_do_anything;
    scenario.servers.on_data = on_server_data;
    scenario.clients.on_data = on_client_data;
    scenario.servers.on_lost = on_server_lost;
    scenario.clients.on_lost = on_client_lost;
    tidy_server_set_grace(scenario.server,
                          !run.is_rough ? TIDY_S(1)
                          : one_in(2)   ? 0
                                        : TIDY_MS(3));
}

static void make_steps(void)
{
    size_t n_steps = 1 + pick(N_STEPS);

    while (n_steps-- > 0) {
        do_anything();
        if (run.is_rough && one_in(4))
            do_something_foreign();
        scenario_turn((int)pick(4));
    }
}

static bool are_all_cleaned_up(void *arg)
{
    (void)arg;
    return n_clean_ups() == scenario.n_clean_ups_begun;
}

/* Paused ends that are half-closed on both sides are in TIME_WAIT by then. */
static void end_sequence(void)
{
    scenario_clean_up_soon();
    tidy_case_run_until(scenario.t, are_all_cleaned_up, NULL);
    assert_true(scenario.clean_up_error == 0 ||
                (run.is_rough && scenario.clean_up_error == TIDY_EUNSENT));
    if (run.is_rough)
        scenario_forget_ports();
    check_all_complete();
    scenario_check_clean();
    scenario_foreign_close_all(NULL);
}

static void run_sequence(uint64_t seed)
{
    begin_sequence(seed);
    if (run.is_own)
        tidy_case_start(scenario.t, &echo_server_ops);
    else
        scenario_listen();
    make_steps();
    end_sequence();
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void run_sequences(void)
{
    uint64_t seed = number_from("TIDYSOCK_RANDOM_SEED", 1);
    int first;
    /* For worlds a few, since each is run in many orders. */
    bool is_for_worlds = tidy__world_reserved_fds(&first) > 0;
    uint64_t n_left =
        number_from("TIDYSOCK_RANDOM_COUNT", is_for_worlds ? 4 : N_SEQUENCES);

    memset(&echo_log, 0, sizeof(echo_log));
    run.is_over = false;
    run.n_complete = 0;
    while (n_left-- > 0)
        run_sequence(seed++);
    run.is_over = true;
}

static void name_seed(struct tidy_case *t)
{
    if (!run.is_over)
        tidy_case_note_failure_at(t,
                                  TIDY_HERE,
                                  "again: TIDYSOCK_RANDOM_COUNT=1 "
                                  "TIDYSOCK_RANDOM_SEED=%llu",
                                  (unsigned long long)run.seed);
}

/* Connecting, writing, closing and cleaning up, in any order. */
static void gentle_sequences(struct tidy_case *t)
{
    (void)t;
    run.is_rough = run.is_own = false;
    run_sequences();
    /* Late, and few, it may be none. */
    assert_true(run.n_complete > 0 || run.n_clients == 0 ||
                tidy__is_in_world());
}

/* The same with aborting, half-closing and pausing. */
static void rough_sequences(struct tidy_case *t)
{
    (void)t;
    run.is_rough = true;
    run.is_own = false;
    run_sequences();
}

/* And with a server of the user's own, whose ends do as they like. */
static void own_server_sequences(struct tidy_case *t)
{
    (void)t;
    run.is_rough = run.is_own = true;
    run_sequences();
    assert_int_equal(echo_log.n_stopped, echo_log.n_started);
    assert_int_equal(echo_log.n_freed, echo_log.n_started);
    assert_int_equal(echo_log.n_closed, echo_log.n_accepted);
}

#define SEQUENCES(fn)                                                          \
    SCENARIO(fn, .tear_down = name_seed, .deadline_ns = TIDY_S(20))

static const struct tidy_test tests[] = {
    SEQUENCES(gentle_sequences),
    SEQUENCES(rough_sequences),
    SEQUENCES(own_server_sequences),
};

int main(int argc, char **argv)
{
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
