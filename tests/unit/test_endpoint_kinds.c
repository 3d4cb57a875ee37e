/* SPDX-License-Identifier: MIT */
/*
 * What the table of test_endpoint.c does not hold: details that were tried out
 * on Twisted 22.4 one by one, and what is ours.
 */
#include "support/oom.h"
#include <tidysock/endpoint.h>

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
    struct tidy_endpoint *endpoint;
};

static int set_up(void **state)
{
    static struct fixture fixture;

    *state = &fixture;
    oom_begin();
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    f->endpoint = tidy_endpoint_free(f->endpoint);
    return oom_tear_down(state);
}

static const struct tidy_endpoint *server(struct fixture *f, const char *text)
{
    tidy_endpoint_free(f->endpoint);
    assert_int_equal(tidy_endpoint_parse_server(text, &f->endpoint, NULL), 0);
    return f->endpoint;
}

static const struct tidy_endpoint *client(struct fixture *f, const char *text)
{
    tidy_endpoint_free(f->endpoint);
    assert_int_equal(tidy_endpoint_parse_client(text, &f->endpoint, NULL), 0);
    return f->endpoint;
}

static void assert_client_is_refused(const char *text)
{
    struct tidy_endpoint *endpoint;

    assert_int_equal(tidy_endpoint_parse_client(text, &endpoint, NULL),
                     TIDY_EDESCRIPTION);
}

static void assert_server_is_refused(const char *text)
{
    struct tidy_endpoint *endpoint;

    assert_int_equal(tidy_endpoint_parse_server(text, &endpoint, NULL),
                     TIDY_EDESCRIPTION);
}

/* It is known whether the backlog was written, even if it is the default. */
static void written_backlog_is_known(void **state)
{
    assert_false(server(*state, "tcp:80")->has_backlog);
    assert_true(server(*state, "tcp:80:backlog=50")->has_backlog);
    assert_true(server(*state, "unix:/x:backlog=3")->has_backlog);
    assert_true(server(*state, "tcp6:80:3")->has_backlog);
    assert_int_equal(server(*state, "tcp6:80:3")->backlog, 3);
}

/* Positions mean something else in tcp6 than in tcp, as in Twisted. */
static void positions_of_tcp6_are_its_own(void **state)
{
    const struct tidy_endpoint *endpoint = server(*state, "tcp6:80:3:\\:\\:1");

    assert_int_equal(endpoint->kind, TIDY_ENDPOINT_TCP6);
    assert_int_equal(endpoint->backlog, 3);
    assert_string_equal(endpoint->host, "::1");
    assert_int_equal(server(*state, "TCP6:80")->kind, TIDY_ENDPOINT_TCP6);
}

/* The kind is the first argument without a name, wherever it stands. */
static void kind_may_stand_anywhere(void **state)
{
    assert_int_equal(server(*state, "port=80:tcp")->port, 80);
    assert_string_equal(client(*state, "path=/x:unix")->path, "/x");
}

/* A client may name IPv6 as its kind; that is ours. */
static void client_may_be_tcp6(void **state)
{
    const struct tidy_endpoint *endpoint =
        client(*state, "tcp6:example.com:80:timeout=3");

    assert_int_equal(endpoint->kind, TIDY_ENDPOINT_TCP6);
    assert_false(endpoint->is_server);
    assert_string_equal(endpoint->host, "example.com");
    assert_int_equal(endpoint->port, 80);
    assert_int_equal(endpoint->timeout_ns, TIDY_S(3));
    assert_int_equal(client(*state, "Tcp6:h:80")->kind, TIDY_ENDPOINT_TCP6);
}

/* A client's positions win over its names. */
static void clients_positions_win(void **state)
{
    const struct tidy_endpoint *endpoint =
        client(*state, "tcp:a:80:host=b:port=x");

    assert_string_equal(endpoint->host, "a");
    assert_int_equal(endpoint->port, 80);
    assert_string_equal(client(*state, "unix:/a:path=/b")->path, "/a");
}

/* Too many of them are passed over, if the names suffice. */
static void too_many_positions_are_passed_over(void **state)
{
    const struct tidy_endpoint *endpoint =
        client(*state, "tcp:a:b:c:host=h:port=1");

    assert_string_equal(endpoint->host, "h");
    assert_int_equal(endpoint->port, 1);
    assert_string_equal(client(*state, "unix:/a:/b:path=/c")->path, "/c");
    assert_client_is_refused("unix:/a:/b");
}

/* A lock file is wanted by any number but 0, however large. */
static void lockfile_is_any_number_but_zero(void **state)
{
    assert_false(server(*state, "unix:/x:lockfile=0")->has_lockfile);
    assert_false(server(*state, "unix:/x:lockfile=-0")->has_lockfile);
    assert_true(server(*state, "unix:/x:lockfile=-3")->has_lockfile);
    assert_true(
        server(*state, "unix:/x:lockfile=99999999999999999999")->has_lockfile);
    assert_server_is_refused("unix:/x:lockfile=true");
}

/* A client may also say checkPID, as in Twisted, but lockfile is stronger. */
static void check_pid_is_a_text(void **state)
{
    assert_true(client(*state, "unix:/x:checkPID=0")->has_lockfile);
    assert_false(client(*state, "unix:/x:checkPID=")->has_lockfile);
    assert_false(client(*state, "unix:/x:checkPID=1:lockfile=0")->has_lockfile);
}

/* A mode and a timeout must fit where they are kept. */
static void numbers_must_fit(void **state)
{
    assert_int_equal(server(*state, "unix:/x:mode=0o7777")->mode, 07777);
    assert_int_equal(server(*state, "unix:/x:mode=0")->mode, 0);
    assert_int_equal(server(*state, "unix:/x:mode=37777777777")->mode,
                     UINT_MAX);
    assert_server_is_refused("unix:/x:mode=40000000000");
    assert_server_is_refused("unix:/x:mode=-660");
    assert_server_is_refused("unix:/x:mode=777777777777");
    assert_int_equal(client(*state, "unix:/x:timeout=0")->timeout_ns, 0);
    assert_int_equal(client(*state, "unix:/x:timeout=18446744073")->timeout_ns,
                     TIDY_S(18446744073));
    assert_client_is_refused("unix:/x:timeout=18446744074");
    assert_client_is_refused("unix:/x:timeout=-1");
}

/* Arguments of another kind, or of the other side, are unknown. */
static void each_kind_has_its_own_arguments(void **state)
{
    (void)state;
    assert_server_is_refused("tcp:80:mode=660");
    assert_server_is_refused("unix:/x:path=/y");
    assert_server_is_refused("tcp:80:timeout=1");
    assert_client_is_refused("unix:/x:bindAddress=127.0.0.1");
    assert_client_is_refused("tcp:h:80:lockfile=1");
    assert_client_is_refused("tcp:h:80:backlog=1");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(written_backlog_is_known),
        TEST(positions_of_tcp6_are_its_own),
        TEST(kind_may_stand_anywhere),
        TEST(client_may_be_tcp6),
        TEST(clients_positions_win),
        TEST(too_many_positions_are_passed_over),
        TEST(lockfile_is_any_number_but_zero),
        TEST(check_pid_is_a_text),
        TEST(numbers_must_fit),
        TEST(each_kind_has_its_own_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
