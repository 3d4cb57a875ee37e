/* SPDX-License-Identifier: MIT */
/*
 * What the scenarios of the clean-up matrix share: protocols that count, raw
 * clients that nobody reads, and what must hold at the end of every scenario,
 * however it went:
 *
 *   - every protocol that saw connection_made saw connection_lost, once, after
 *     it, and nothing after that; the server's counts say the same
 *   - no connection of a client of ours is in TIME_WAIT
 *   - the Unix socket's path is gone, and the server describes itself as closed
 *
 * A scenario is a test with scenario_set_up(), which adds these checks as a
 * clean-up. Clean-up comes after the body has returned: what the callbacks use
 * is in one static struct, new for each test.
 */
#ifndef TIDY_TESTS_SCENARIO_H
#define TIDY_TESTS_SCENARIO_H

#include <tidysock/tidysock.h>

#define MEBIBYTE ((size_t)1 << 20)
#define N_FOREIGN_MAX 16

struct side;

/* The protocol of both sides. */
struct probe {
    struct tidy_protocol base;
    struct side *side;
    size_t n_bytes; /* received */
    bool is_made, is_lost, has_eof;
    uint32_t id;     /* yours */
    uint64_t n_sent; /* yours */
    bool is_spoilt;  /* yours */
};

typedef void (*probe_cb)(struct probe *probe);
typedef void (*probe_data_cb)(struct probe *probe,
                              const void *data,
                              size_t len);

/* The server's or the clients' side of the connections. */
struct side {
    /* Set by the scenario; called after counting. NULL: nothing. */
    probe_cb on_build, on_made, on_lost;
    probe_data_cb on_data;
    /* End of file does not close the connection; on_eof may be NULL. */
    bool is_half_open;
    probe_cb on_eof;
    bool is_refusing;  /* build_protocol */
    bool has_patterns; /* what is received must be scenario_pattern() */

    /* Counted. */
    size_t n_built, n_made, n_eofs, n_lost;
    uint64_t n_bytes;
    int reason;           /* of the newest connection_lost */
    struct probe *newest; /* that was not refused; valid until clean-up */
};

struct scenario {
    struct tidy_case *t;
    struct tidy_server *server;
    struct side servers, clients;
    /* Of scenario_connect_soon(). */
    size_t n_connected, n_connects_failed;
    int connect_error; /* the newest */
    /* Of scenario_clean_up_soon(). */
    size_t n_clean_ups_begun, n_cleaned_up, n_clean_ups_failed;
    int clean_up_error; /* the newest */
    int n_rounds;       /* yours */

    int foreign[N_FOREIGN_MAX]; /* owned descriptors; -1: closed */
    size_t n_foreign;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    /* By a client's port: the server's port; 0: not a client of ours. */
    uint16_t server_port_of[65536];
    bool has_forgotten_ports;
    bool has_foreign; /* there has been one, which closes when it likes */
};

/* One test at a time, as with the case. */
extern struct scenario scenario;

/* TIDY_TEST() and TIDY_TEST_ON() of a scenario. */
#define SCENARIO(...) TIDY_TEST(__VA_ARGS__, .set_up = scenario_set_up)
#define SCENARIO_ON(flags, ...)                                                \
    TIDY_TEST_ON(flags, __VA_ARGS__, .set_up = scenario_set_up)

void scenario_set_up(struct tidy_case *t);

/* What must hold when a server is clean. The clean-up calls it; a scenario may
 * do so earlier. */
void scenario_check_clean(void);

/* Of what our clients were connected by, whoever closed first. */
void scenario_check_no_time_wait(void);

/* The clients so far may well be in TIME_WAIT: the other end is a stranger. In
 * a world that goes for those to come, too. */
void scenario_forget_ports(void);

/* From here on, the scenario is about this server instead of the case's own. It
 * moves to the case. */
void scenario_use(struct tidy_server *server);

/* The same with a new server whose clients connect somewhere else. */
void scenario_use_pattern(const struct tidy_address *address);

/* The counts of both sides, in one line. */
#define assert_counts(n_servers, n_clients)                                    \
    do {                                                                       \
        assert_int_equal(scenario.servers.n_made, (n_servers));                \
        assert_int_equal(scenario.servers.n_lost, (n_servers));                \
        assert_int_equal(scenario.clients.n_made, (n_clients));                \
        assert_int_equal(scenario.clients.n_lost, (n_clients));                \
    } while (0)

struct tidy_factory scenario_factory(struct side *side);

/* ----------------------------------------- the case's server and its clients */

/* Listen with probes; also again, after a clean-up. */
void scenario_listen(void);

/* Connect a probe and wait until both sides have it. scenario.servers.newest is
 * the other end. */
struct probe *scenario_connect(void);

/* Listen, and connect one. */
struct probe *scenario_listen_and_connect(void);

/* Connect without waiting, also in a callback; the outcome is counted. */
void scenario_connect_soon(void);

/* Clean up without waiting, also in a callback; the outcome is counted, and a
 * failure is no failure of the test. */
void scenario_clean_up_soon(void);

/* Clean up and wait; it must succeed, and everything must be clean. */
void scenario_clean_up(void);

/* Clean up and wait; it must fail with this code.
 * Returns the sentence, borrowed until the case ends. */
const char *scenario_clean_up_fails(int code);

/* Wait until as many connections have been made, or lost, in all. */
void scenario_await_made(size_t n_servers, size_t n_clients);
void scenario_await_lost(size_t n_servers, size_t n_clients);

/* Wait until as many of scenario_connect_soon()'s deferreds have fired. */
void scenario_await_outcomes(size_t n_outcomes);

/* Wait until the server's side has received this much. */
void scenario_await_server_bytes(uint64_t n_bytes);

/* Wait until *count, yours or the scenario's, is at least n. */
void scenario_await_count(const size_t *count, size_t n);

/* Turn the loop. */
void scenario_turn(int n_turns);

/* For hooks: what they mostly do. */
void probe_lose_connection(struct probe *probe);
void probe_abort(struct probe *probe);
void probe_pause(struct probe *probe);
void probe_clean_up(struct probe *probe);
void probe_echo(struct probe *probe, const void *data, size_t len);

/* Write text. Must succeed. */
void probe_write(struct probe *probe, const char *text);
/* Write n_bytes of scenario_pattern(). Must succeed. */
void probe_write_pattern(struct probe *probe, size_t n_bytes);

/* 8 MiB that have no period; for content that must arrive whole. */
#define PATTERN_SIZE (8 * MEBIBYTE)
const unsigned char *scenario_pattern(void);

/* ------------------------------------------------------------ foreign clients */

/* A plain blocking socket of this thread, connected to an address (NULL: the
 * server's). Closed when the scenario is over, after its clean-up. */
int scenario_foreign(const struct tidy_address *address);

/* Close it now, resetting a TCP connection, or not. */
void scenario_foreign_reset(int fd);
void scenario_foreign_close(int fd);

/* The clean-up that closes those that are left. */
struct tidy_deferred *scenario_foreign_close_all(void *arg);

/* Read until end of file or an error, blocking.
 * Returns the bytes read; the error, or 0, goes to *ret_error. */
size_t scenario_foreign_read_all(int fd, int *ret_error);

/* A plain listening socket with a backlog for one, filled up: connects to it
 * stay in progress for as long as you like. */
void scenario_full_listener(struct tidy_address *ret_address);

#endif
