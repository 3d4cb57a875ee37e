/* SPDX-License-Identifier: MIT */
/*
 * The endpoints of tidy servers: what patterns become, and that the standard
 * servers, which skip the strings, are what their strings would make them.
 */
#include "core/address.h"
#include "fixture/server_endpoints.h"
#include <tidysock/server.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct tidy__server_endpoints parsed, standard;
};

static int set_up(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    tidy__server_endpoints_deinit(&f->parsed);
    tidy__server_endpoints_deinit(&f->standard);
    return 0;
}

static void assert_same_text(const char *a, const char *b)
{
    if (!a || !b)
        assert_ptr_equal(a, b);
    else
        assert_string_equal(a, b);
}

static void assert_same(const struct tidy_endpoint *a,
                        const struct tidy_endpoint *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->is_server, b->is_server);
    assert_same_text(a->host, b->host);
    assert_int_equal(a->port, b->port);
    assert_same_text(a->bind_address, b->bind_address);
    assert_int_equal(a->backlog, b->backlog);
    assert_int_equal(a->mode, b->mode);
    assert_int_equal(a->has_lockfile, b->has_lockfile);
    assert_int_equal(a->timeout_ns, b->timeout_ns);
}

static struct tidy_address address_on(const char *host, uint16_t port)
{
    struct tidy_address address = { 0 };

    assert_int_equal(
        tidy__address_from_host(&address, TIDY_ENDPOINT_TCP, host, port), 0);
    return address;
}

/* The standard TCP server is tcp:0:interface=127.0.0.1. */
static void tcp_is_what_its_strings_say(void **state)
{
    struct fixture *f = *state;
    struct tidy_address address = address_on("127.0.0.1", 4711);

    assert_int_equal(tidy__server_endpoints_parse(&f->parsed,
                                                  "tcp:0:interface=127.0.0.1",
                                                  "tcp:host={host}:port={port}",
                                                  NULL),
                     0);
    assert_int_equal(
        tidy__server_endpoints_set(&f->standard, TIDY_ENDPOINT_TCP, NULL), 0);
    assert_same(f->parsed.server, f->standard.server);
    assert_int_equal(f->standard.server->backlog, TIDY_SERVER_BACKLOG);
    tidy__server_endpoints_set_client(&f->parsed, &address);
    tidy__server_endpoints_set_client(&f->standard, &address);
    assert_same(f->parsed.client, f->standard.client);
    assert_string_equal(tidy__server_endpoints_describe(&f->parsed),
                        "tcp:host=127.0.0.1:port=4711");
    assert_string_equal(tidy__server_endpoints_describe(&f->standard),
                        "tcp:host=127.0.0.1:port=4711");
}

/* The standard Unix server is unix:{path}:lockfile=0; each has a new path. */
static void unix_is_what_its_strings_say(void **state)
{
    struct fixture *f = *state;
    struct tidy_address address = { 0 };
    char description[128];

    assert_int_equal(
        tidy__server_endpoints_parse(
            &f->parsed, "unix:{path}:lockfile=0", "unix:path={path}", NULL),
        0);
    assert_int_equal(
        tidy__server_endpoints_set(&f->standard, TIDY_ENDPOINT_UNIX, NULL), 0);
    assert_same(f->parsed.server, f->standard.server);
    assert_string_equal(f->parsed.server->path, f->parsed.path);
    assert_string_equal(f->standard.server->path, f->standard.path);
    assert_string_not_equal(f->parsed.path, f->standard.path);
    tidy__server_endpoints_set_client(&f->parsed, &address);
    tidy__server_endpoints_set_client(&f->standard, &address);
    assert_same(f->parsed.client, f->standard.client);
    snprintf(description, sizeof(description), "unix:path=%s", f->parsed.path);
    assert_string_equal(tidy__server_endpoints_describe(&f->parsed),
                        description);
    snprintf(
        description, sizeof(description), "unix:path=%s", f->standard.path);
    assert_string_equal(tidy__server_endpoints_describe(&f->standard),
                        description);
}

/* A listener on all addresses is reached by the loopback address. */
static void clients_of_a_wildcard_use_the_loopback(void **state)
{
    struct fixture *f = *state;
    struct tidy_address address = address_on("", 4711);

    assert_int_equal(
        tidy__server_endpoints_parse(
            &f->parsed, "tcp:0", "tcp:{host}:{port}:timeout=7", NULL),
        0);
    assert_int_equal(tidy__server_endpoints_set_client(&f->parsed, &address),
                     0);
    assert_string_equal(tidy__server_endpoints_describe(&f->parsed),
                        "tcp:127.0.0.1:4711:timeout=7");
    assert_int_equal(f->parsed.client->timeout_ns, TIDY_S(7));
}

/* What can never be a description is said when the server is made. */
static void a_bad_pattern_is_refused_at_once(void **state)
{
    struct fixture *f = *state;
    struct tidy_failure *failure = NULL;

    assert_int_equal(tidy__server_endpoints_parse(
                         &f->parsed, "tcp:0", "tcp:{host}", &failure),
                     TIDY_EDESCRIPTION);
    assert_non_null(failure);
    tidy_failure_unref(failure);
}

/* After clean-up there is no client's description. */
static void a_client_can_be_forgotten(void **state)
{
    struct fixture *f = *state;
    struct tidy_address address = address_on("127.0.0.1", 1);

    tidy__server_endpoints_set(&f->standard, TIDY_ENDPOINT_TCP, NULL);
    assert_null(tidy__server_endpoints_describe(&f->standard));
    tidy__server_endpoints_set_client(&f->standard, &address);
    assert_non_null(tidy__server_endpoints_describe(&f->standard));
    tidy__server_endpoints_forget_client(&f->standard);
    assert_null(tidy__server_endpoints_describe(&f->standard));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tcp_is_what_its_strings_say),
        TEST(unix_is_what_its_strings_say),
        TEST(clients_of_a_wildcard_use_the_loopback),
        TEST(a_bad_pattern_is_refused_at_once),
        TEST(a_client_can_be_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
