/* SPDX-License-Identifier: MIT */
/*
 * Every ending of one or two connections: who closes, how, and when. Nothing is
 * taken for granted: listening may fail, a connect may be refused or never be
 * answered, a connection may be reset; whatever happens, clean-up succeeds, and
 * nothing is left.
 *
 * So they can be explored with faults: tests/explore does it for all of them, to
 * three departures and one fault.
 */
#include "support/scenario.h"
#include <tidysock/adapters/cmocka.h>

enum who {
    NOBODY,
    CLIENT,
    SERVER,
    BOTH
};
enum how {
    LOSE,
    ABORT
};
enum when {
    AT_ONCE,   /* when the connects are settled, right before clean-up */
    LONG_AGO,  /* and there is time until clean-up */
    WHEN_MADE, /* in connection_made */
    MEANWHILE  /* when clean-up has begun */
};

struct ending {
    size_t n_clients;
    enum who who;
    enum how how;
    enum when when;
};

static const struct ending *ending;

static void end(struct probe *probe)
{
    if (probe->is_lost)
        return;
    if (ending->how == LOSE)
        probe_lose_connection(probe);
    else
        probe_abort(probe);
}

static void end_newest(void)
{
    if ((ending->who == CLIENT || ending->who == BOTH) &&
        scenario.clients.newest)
        end(scenario.clients.newest);
    if ((ending->who == SERVER || ending->who == BOTH) &&
        scenario.servers.newest)
        end(scenario.servers.newest);
}

static struct tidy_deferred *note_failure(struct tidy_result *result, void *arg)
{
    *(bool *)arg = true;
    tidy_result_set(result, NULL, NULL);
    return NULL;
}

/* Does it listen? */
static bool begin(struct tidy_case *t)
{
    struct tidy_deferred *listening = tidy_server_listen(
        scenario.server, scenario_factory(&scenario.servers));
    bool has_failed = false;

    tidy_deferred_add_errback(listening, note_failure, &has_failed);
    tidy_case_await(t, listening);
    return !has_failed;
}

static bool are_settled(void *arg)
{
    (void)arg;
    return scenario.n_connected + scenario.n_connects_failed ==
           ending->n_clients;
}

static void connect_all(struct tidy_case *t)
{
    size_t idx;

    for (idx = 0; idx < ending->n_clients; idx++)
        scenario_connect_soon();
    tidy_case_run_until(t, are_settled, NULL);
}

static void run_ending(struct tidy_case *t)
{
    ending = tidy_case_user(t);
    /* With no descriptor left libuv accepts a connection only to close it, as the
     * first to do so. Where nothing is short, the other scenarios look. */
    scenario_forget_ports();
    if (ending->when == WHEN_MADE) {
        if (ending->who != SERVER)
            scenario.clients.on_made = end;
        if (ending->who != CLIENT)
            scenario.servers.on_made = end;
    }
    if (begin(t))
        connect_all(t);
    if (ending->when == AT_ONCE || ending->when == LONG_AGO)
        end_newest();
    if (ending->when == LONG_AGO)
        scenario_turn(10);
    if (ending->when == MEANWHILE) {
        scenario_clean_up_soon();
        end_newest();
    }
    scenario_clean_up();
    assert_int_equal(scenario.servers.n_made, scenario.servers.n_lost);
    assert_int_equal(scenario.clients.n_made, scenario.clients.n_lost);
}

#define ENDING(label, ...)                                                     \
    {                                                                          \
        .name = (label), .body = run_ending,                                   \
        .transports = TIDY_TCP | TIDY_UNIX, .file = __FILE__,                  \
        .line = __LINE__, .set_up = scenario_set_up, .user = &(struct ending)  \
        {                                                                      \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define HOW_AND_WHEN(n, WHO, who)                                              \
    ENDING(#n "_" who "_loses", n, WHO, LOSE, AT_ONCE),                        \
        ENDING(#n "_" who "_aborts", n, WHO, ABORT, AT_ONCE),                  \
        ENDING(#n "_" who "_lost_long_ago", n, WHO, LOSE, LONG_AGO),           \
        ENDING(#n "_" who "_aborted_long_ago", n, WHO, ABORT, LONG_AGO),       \
        ENDING(#n "_" who "_loses_when_made", n, WHO, LOSE, WHEN_MADE),        \
        ENDING(#n "_" who "_aborts_when_made", n, WHO, ABORT, WHEN_MADE),      \
        ENDING(#n "_" who "_loses_meanwhile", n, WHO, LOSE, MEANWHILE),        \
        ENDING(#n "_" who "_aborts_meanwhile", n, WHO, ABORT, MEANWHILE)
#define ENDINGS(n)                                                             \
    ENDING(#n "_nobody_closes", n, NOBODY, LOSE, AT_ONCE),                     \
        HOW_AND_WHEN(n, CLIENT, "client"), HOW_AND_WHEN(n, SERVER, "server"),  \
        HOW_AND_WHEN(n, BOTH, "both")

int main(int argc, char **argv)
{
    const struct tidy_test tests[] = { ENDINGS(1), ENDINGS(2) };

    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
