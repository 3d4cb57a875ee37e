/* SPDX-License-Identifier: MIT */
/*
 * Clients that are not ours: plain sockets of this thread, which nobody serves
 * while the loop runs. The server closes first here, as any server does; the
 * test looks at what the client finds afterwards.
 */
#include "base/world.h"
#include "support/scenario.h"
#include <tidysock/adapters/cmocka.h>
#include <tidysock/sim.h>

#include <errno.h>
#include <unistd.h>

static int connect_foreign(void)
{
    size_t n_servers = scenario.servers.n_made;
    int fd;

    scenario_listen();
    fd = scenario_foreign(NULL);
    scenario_await_made(n_servers + 1, 0);
    return fd;
}

static void send_pattern(int fd, size_t n_bytes)
{
    assert_int_equal(write(fd, scenario_pattern(), n_bytes), n_bytes);
}

/* What arrives between a server's last look and its close resets the connection:
 * the client has everything, and no clean end. */
static bool may_be_late(void)
{
    return tidy__is_in_world() && tidy_world_n_departures() > 0;
}

/* What a client finds in the end. */
static void expect_end(int fd, size_t n_bytes, int error)
{
    int found;

    assert_int_equal(scenario_foreign_read_all(fd, &found), n_bytes);
    if (found != -ECONNRESET || !may_be_late())
        assert_int_equal(found, error);
}

/* ------------------------------------------------------------ that stay there */

/* A client that does nothing sees a clean end. */
static void a_foreign_client_that_does_nothing(struct tidy_case *t)
{
    int fd = connect_foreign();

    (void)t;
    scenario_clean_up();
    assert_int_equal(scenario.servers.reason, 0);
    assert_counts(1, 0);
    expect_end(fd, 0, 0);
}

/* Among clients of ours. */
static void foreign_clients_among_ours(struct tidy_case *t)
{
    int fds[2];

    (void)t;
    fds[0] = connect_foreign();
    scenario_connect();
    fds[1] = scenario_foreign(NULL);
    scenario_await_made(3, 1);
    scenario_connect();
    scenario_clean_up();
    assert_counts(4, 2);
    expect_end(fds[0], 0, 0);
    expect_end(fds[1], 0, 0);
}

/* What it had sent is delivered if it was there before clean-up, and a server
 * that has not read it gives the client a clean end all the same. */
static void a_foreign_client_whose_bytes_are_unread(struct tidy_case *t)
{
    int fd;

    (void)t;
    scenario.servers.on_made = probe_pause;
    fd = connect_foreign();
    send_pattern(fd, 1000);
    scenario_turn(2);
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_bytes, 0);
    expect_end(fd, 0, 0);
}

/* It has not read what the server sent: it still can, to the last byte, although
 * the server is gone, and had not read all either. */
static void a_foreign_client_that_has_not_read(struct tidy_case *t)
{
    int fd;

    (void)t;
    scenario.servers.on_made = probe_pause;
    fd = connect_foreign();
    send_pattern(fd, 1000);
    probe_write_pattern(scenario.servers.newest, 20000);
    scenario_clean_up();
    assert_int_equal(scenario.servers.reason, 0);
    expect_end(fd, 20000, 0);
}

/* It has ended its half, and waits for an answer that does not come. */
static void a_foreign_client_that_half_closed(struct tidy_case *t)
{
    int fd;

    (void)t;
    scenario.servers.is_half_open = true;
    fd = connect_foreign();
    send_pattern(fd, 1000);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    scenario_await_count(&scenario.servers.n_eofs, 1);
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_bytes, 1000);
    expect_end(fd, 0, 0);
}

/* It was never accepted: the kernel resets it. */
static void a_foreign_client_that_was_not_accepted(struct tidy_case *t)
{
    int fd;

    (void)t;
    scenario_listen();
    fd = scenario_foreign(NULL);
    send_pattern(fd, 1000);
    scenario_clean_up();
    assert_counts(0, 0);
    expect_end(fd, 0, -ECONNRESET);
}

/* A factory that refuses closes, and nobody hears of it. */
static void a_foreign_client_that_is_refused(struct tidy_case *t)
{
    int fd;

    (void)t;
    scenario.servers.is_refusing = true;
    scenario_listen();
    fd = scenario_foreign(NULL);
    scenario_await_count(&scenario.servers.n_built, 1);
    expect_end(fd, 0, 0);
    scenario_clean_up();
    assert_counts(0, 0);
}

/* Cleaned up and listening again, with a client of the last time still there. */
static void a_foreign_client_of_the_last_time(struct tidy_case *t)
{
    int first = connect_foreign();
    int second;

    (void)t;
    scenario_clean_up();
    second = connect_foreign();
    scenario_clean_up();
    assert_counts(2, 0);
    expect_end(first, 0, 0);
    expect_end(second, 0, 0);
}

/* ------------------------------------------------------------ that go by themselves */

/* One that came and went before anybody looked. */
static void a_foreign_client_gone_before_accept(struct tidy_case *t)
{
    int fd;

    (void)t;
    scenario_listen();
    fd = scenario_foreign(NULL);
    send_pattern(fd, 1000);
    scenario_foreign_close(fd);
    scenario_await_lost(1, 0);
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_bytes, 1000);
    assert_int_equal(scenario.servers.reason, 0);
    assert_counts(1, 0);
}

static void expect_reset(void)
{
    bool is_tcp = tidy_case_transport(scenario.t) == TIDY_TCP;

    assert_int_equal(scenario.servers.reason, is_tcp ? -ECONNRESET : 0);
}

/* A reset before accept: Linux gives the server a dead connection. */
static void a_reset_before_accept(struct tidy_case *t)
{
    (void)t;
    scenario_listen();
    scenario_foreign_reset(scenario_foreign(NULL));
    scenario_await_lost(1, 0);
    expect_reset();
    scenario_clean_up();
    assert_counts(1, 0);
}

/* The same, and clean-up before the server has looked at it. */
static void a_reset_before_accept_and_clean_up(struct tidy_case *t)
{
    (void)t;
    scenario_listen();
    scenario_foreign_reset(scenario_foreign(NULL));
    scenario_clean_up();
    scenario_listen();
    scenario.servers.on_made = probe_clean_up;
    scenario_foreign_reset(scenario_foreign(NULL));
    scenario_await_count(&scenario.n_cleaned_up, 1);
    assert_counts(1, 0);
}

/* A reset of an established connection is the reason of its loss. */
static void a_reset_after_accept(struct tidy_case *t)
{
    (void)t;
    scenario_foreign_reset(connect_foreign());
    scenario_await_lost(1, 0);
    expect_reset();
    scenario_clean_up();
    assert_counts(1, 0);
}

/* Right behind bytes: they are read, and it is no end of file. */
static void a_reset_behind_bytes(struct tidy_case *t)
{
    int fd = connect_foreign();

    (void)t;
    send_pattern(fd, 1000);
    scenario_foreign_reset(fd);
    scenario_await_lost(1, 0);
    assert_int_equal(scenario.servers.n_bytes, 1000);
    expect_reset();
    scenario_clean_up();
    assert_counts(1, 0);
}

/* One that nobody has noticed when clean-up begins. */
static void a_reset_right_before_clean_up(struct tidy_case *t)
{
    (void)t;
    scenario_foreign_reset(connect_foreign());
    scenario_clean_up();
    expect_reset();
    assert_counts(1, 0);
}

/* One behind bytes that the server has not read, because it is paused. */
static void a_reset_with_unread_data(struct tidy_case *t)
{
    int fd;

    (void)t;
    scenario.servers.on_made = probe_pause;
    fd = connect_foreign();
    send_pattern(fd, 1000);
    scenario_turn(1);
    scenario_foreign_reset(fd);
    scenario_turn(3);
    assert_int_equal(scenario.servers.n_lost, 0);
    scenario_clean_up();
    assert_counts(1, 0);
}

/* One while the server has more to say than fits. */
static void a_reset_with_unsent_data(struct tidy_case *t)
{
    int fd = connect_foreign();

    (void)t;
    probe_write_pattern(scenario.servers.newest, PATTERN_SIZE);
    scenario_turn(1);
    scenario_foreign_reset(fd);
    scenario_await_lost(1, 0);
    assert_true(scenario.servers.reason < 0);
    scenario_clean_up();
    assert_counts(1, 0);
}

/* One before the server says anything: the write fails, not the clean-up. */
static void a_reset_before_a_write(struct tidy_case *t)
{
    (void)t;
    scenario_foreign_reset(connect_foreign());
    probe_write_pattern(scenario.servers.newest, PATTERN_SIZE);
    scenario_clean_up();
    assert_true(scenario.servers.reason < 0);
    assert_counts(1, 0);
}

static void reset_foreign(void *arg)
{
    scenario_foreign_reset(*(int *)arg);
}

/* One during clean-up, while the server waits for it to read: a reason, and no
 * failure of the clean-up. */
static void a_reset_during_clean_up(struct tidy_case *t)
{
    static int fd;

    fd = connect_foreign();
    probe_write_pattern(scenario.servers.newest, PATTERN_SIZE);
    tidy_case_call_later(t, TIDY_MS(5), reset_foreign, &fd);
    scenario_clean_up();
    assert_true(scenario.servers.reason < 0);
    assert_int_not_equal(scenario.servers.reason, TIDY_EUNSENT);
    assert_counts(1, 0);
}

static void close_foreign(void *arg)
{
    scenario_foreign_close(*(int *)arg);
}

/* A client that closes during clean-up instead, with everything unread. */
static void a_close_during_clean_up(struct tidy_case *t)
{
    static int fd;

    fd = connect_foreign();
    probe_write_pattern(scenario.servers.newest, PATTERN_SIZE);
    tidy_case_call_later(t, TIDY_MS(5), close_foreign, &fd);
    scenario_clean_up();
    assert_counts(1, 0);
}

/* A client that reads now and then. */
static struct {
    struct tidy_case *t;
    struct tidy_call *call; /* the next time; NULL: at its end */
    int fd;
    size_t n_bytes;
} reader;

static void read_now_and_then(void *arg)
{
    char buf[32768];
    ssize_t n_read;

    n_read = recv(reader.fd, buf, sizeof(buf), MSG_DONTWAIT);
    assert_true(n_read >= 0 || errno == EAGAIN);
    if (n_read > 0)
        reader.n_bytes += (size_t)n_read;
    reader.call = n_read == 0
                      ? NULL
                      : tidy_case_call_later(
                            reader.t, TIDY_MS(1), read_now_and_then, arg);
}

/* As long as it does so within the grace period, it gets everything. */
static void a_foreign_client_that_reads_slowly(struct tidy_case *t)
{
    int error;

    reader.t = t;
    reader.n_bytes = 0;
    reader.fd = connect_foreign();
    probe_write_pattern(scenario.servers.newest, MEBIBYTE);
    tidy_server_set_grace(scenario.server, TIDY_S(4));
    reader.call = tidy_case_call_later(t, 0, read_now_and_then, NULL);
    scenario_clean_up();
    tidy_call_cancel(reader.call);
    reader.n_bytes += scenario_foreign_read_all(reader.fd, &error);
    assert_int_equal(reader.n_bytes, MEBIBYTE);
    assert_int_equal(error, 0);
}

static const struct tidy_test tests[] = {
    SCENARIO(a_foreign_client_that_does_nothing),
    SCENARIO(foreign_clients_among_ours),
    SCENARIO(a_foreign_client_whose_bytes_are_unread),
    SCENARIO(a_foreign_client_that_has_not_read),
    SCENARIO(a_foreign_client_that_half_closed),
    SCENARIO(a_foreign_client_that_was_not_accepted),
    SCENARIO(a_foreign_client_that_is_refused),
    SCENARIO(a_foreign_client_of_the_last_time),
    SCENARIO(a_foreign_client_gone_before_accept),
    SCENARIO(a_reset_before_accept, .worlds = TIDY_WORLDS_LINUX),
    SCENARIO(a_reset_before_accept_and_clean_up, .worlds = TIDY_WORLDS_LINUX),
    SCENARIO(a_reset_after_accept),
    SCENARIO(a_reset_behind_bytes),
    SCENARIO(a_reset_right_before_clean_up, .worlds = TIDY_WORLDS_CALM),
    SCENARIO(a_reset_with_unread_data),
    SCENARIO(a_reset_with_unsent_data),
    SCENARIO(a_reset_before_a_write),
    SCENARIO(a_reset_during_clean_up),
    SCENARIO(a_close_during_clean_up),
    SCENARIO(a_foreign_client_that_reads_slowly),
};

int main(int argc, char **argv)
{
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
