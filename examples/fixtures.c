/* SPDX-License-Identifier: MIT */
/*
 * What a case offers besides its server: set-up and tear-down around each test,
 * state of one's own, a server of another kind, patches, a temporary directory.
 *
 * The server under test greets each client with the time, and writes a line to
 * a log.
 */
#include <tidysock/adapters/cmocka.h>
#include <tidysock/tidysock.h>

#include <stdio.h>
#include <time.h>

struct fixture {
    FILE *log;
    char path[256];
};

/* ---- The code under test. */

/* How it asks for the time; a test can replace this. */
static time_t (*get_time)(time_t *ret_time) = time;

static void greet(struct tidy_protocol *self)
{
    struct fixture *fixture = tidy_case_user(tidy_case_current());
    char line[64];

    snprintf(
        line, sizeof(line), "the time is %lld\n", (long long)get_time(NULL));
    tidy_transport_write(self->transport, line, strlen(line));
    fputs("greeted\n", fixture->log);
}

static const struct tidy_protocol_ops greeting_ops = {
    .connection_made = greet,
};

/* ---- Set-up and tear-down: the server listens, and has its log. */

static void set_up(struct tidy_case *t)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    tidy_case_set_user(t, fixture);
    snprintf(
        fixture->path, sizeof(fixture->path), "%s/log", tidy_case_temp_dir(t));
    fixture->log = fopen(fixture->path, "w");
    assert_non_null(fixture->log);
    tidy_case_listen(
        t,
        tidy_case_server(t),
        tidy_factory_of(&greeting_ops, sizeof(struct tidy_protocol)));
}

/* The directory and the log in it are removed by the case; the open file is
 * ours. Forget to close it, and the test says so. */
static void tear_down(struct tidy_case *t)
{
    struct fixture *fixture = tidy_case_user(t);

    fclose(fixture->log);
    free(fixture);
}

/* ---- A server of another kind: its socket is the owner's alone, and locked. */

static struct tidy_server *get_private_server(struct tidy_case *t)
{
    struct tidy_server *server = NULL;

    tidy_server_new(tidy_case_loop(t),
                    "unix:{path}:mode=600:lockfile=1",
                    "unix:path={path}:lockfile=1:timeout=2",
                    &server,
                    NULL);
    return server;
}

/* ---- The tests. */

static void test_greeting(struct tidy_case *t)
{
    struct tidy_client *client = tidy_case_connect(t, tidy_case_server(t));

    tidy_client_expect_match(client, "^the time is [0-9]+\n");
}

static time_t noon(time_t *ret_time)
{
    (void)ret_time;
    return 43200;
}

/* Until the case ends, it is noon. */
static void test_greeting_at_noon(struct tidy_case *t)
{
    struct tidy_client *client;

    tidy_case_patch(t, &get_time, noon);
    client = tidy_case_connect(t, tidy_case_server(t));
    tidy_client_expect_line(client, "the time is 43200");
}

static void test_log(struct tidy_case *t)
{
    struct tidy_server *server = tidy_case_server(t);
    struct fixture *fixture = tidy_case_user(t);
    char text[64] = "";
    FILE *log;

    tidy_client_expect_match(tidy_case_connect(t, server), "\n");
    tidy_client_expect_match(tidy_case_connect(t, server), "\n");
    fflush(fixture->log);
    log = fopen(fixture->path, "r");
    assert_non_null(log);
    assert_int_equal(fread(text, 1, sizeof(text) - 1, log), 16);
    fclose(log);
    assert_string_equal(text, "greeted\ngreeted\n");
}

/* On TCP and on Unix sockets. */
#define TEST(fn) TIDY_TEST(fn, .set_up = set_up, .tear_down = tear_down)
/* On a server of get_server's. */
#define TEST_ON(server, fn)                                                    \
    TIDY_TEST_ON(TIDY_NO_SERVER,                                               \
                 fn,                                                           \
                 .set_up = set_up,                                             \
                 .tear_down = tear_down,                                       \
                 .get_server = (server))
int main(void)
{
    const struct tidy_test tests[] = {
        TEST(test_greeting),
        TEST(test_greeting_at_noon),
        TEST(test_log),
        TEST_ON(get_private_server, test_greeting),
    };

    return tidy_cmocka_run(tests, TIDY_COUNT(tests));
}
