/* SPDX-License-Identifier: MIT */
/*
 * Clean-up of very many: a thousand connects at once, on the default backlog.
 * One that is dropped by a full backlog is tried again by the kernel after a
 * second, then two, then four: the deadline would not be met.
 */
#include "support/scenario.h"
#include <tidysock/adapters/cmocka.h>

#include <sys/resource.h>

#define N_MANY 1000

/* Both ends of each, and the process's own. */
#define N_DESCRIPTORS (2 * N_MANY + 100)

static void set_up(struct tidy_case *t)
{
    struct rlimit limit;

    scenario_set_up(t);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur >= N_DESCRIPTORS)
        return;
    limit.rlim_cur = N_DESCRIPTORS;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        skip();
}

static void connect_many(void)
{
    size_t idx;

    scenario_listen();
    for (idx = 0; idx < N_MANY; idx++)
        scenario_connect_soon();
}

/* All are connected, and all are lost. */
static void a_thousand_connects_at_once(struct tidy_case *t)
{
    (void)t;
    connect_many();
    scenario_await_made(N_MANY, N_MANY);
    scenario_clean_up();
    assert_counts(N_MANY, N_MANY);
    assert_int_equal(scenario.n_connected, N_MANY);
}

static void write_last_words(struct probe *probe)
{
    probe_write(probe, "last words");
}

/* Each writes, and what each wrote arrives. */
static void a_thousand_clients_with_last_words(struct tidy_case *t)
{
    (void)t;
    scenario.clients.on_made = write_last_words;
    connect_many();
    scenario_await_made(N_MANY, N_MANY);
    scenario_clean_up();
    assert_counts(N_MANY, N_MANY);
    assert_int_equal(scenario.servers.n_bytes, 10 * N_MANY);
}

/* Cleaned up in the middle of it: every connect has an outcome. */
static void a_thousand_connects_and_clean_up(struct tidy_case *t)
{
    (void)t;
    connect_many();
    scenario_clean_up();
    connect_many();
    scenario_turn(1);
    scenario_clean_up();
    assert_int_equal(scenario.n_connected + scenario.n_connects_failed,
                     2 * N_MANY);
}

static void drop_every_other(struct probe *probe)
{
    if (scenario.n_rounds++ % 2)
        probe_lose_connection(probe);
}

/* All drop their connection the moment it is made, and one in two of the
 * servers does, too. */
static void a_thousand_clients_that_drop(struct tidy_case *t)
{
    (void)t;
    scenario.clients.on_made = probe_lose_connection;
    scenario.servers.on_made = drop_every_other;
    connect_many();
    scenario_await_lost(N_MANY, N_MANY);
    scenario_check_no_time_wait();
    scenario_clean_up();
    assert_counts(N_MANY, N_MANY);
}

/* The servers close first, all of them. */
static void a_thousand_servers_that_drop(struct tidy_case *t)
{
    (void)t;
    scenario.servers.on_made = probe_lose_connection;
    connect_many();
    scenario_await_lost(N_MANY, N_MANY);
    scenario_check_no_time_wait();
    scenario_clean_up();
    assert_counts(N_MANY, N_MANY);
}

/* A world has descriptors for some 250 connections. */
#define MANY(fn)                                                               \
    TIDY_TEST(fn,                                                              \
              .set_up = set_up,                                                \
              .deadline_ns = TIDY_S(5),                                        \
              .worlds = TIDY_WORLDS_NONE)

static const struct tidy_test tests[] = {
    MANY(a_thousand_connects_at_once),
    MANY(a_thousand_clients_with_last_words),
    MANY(a_thousand_connects_and_clean_up),
    MANY(a_thousand_clients_that_drop),
    MANY(a_thousand_servers_that_drop),
};

int main(int argc, char **argv)
{
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
