/* SPDX-License-Identifier: MIT */
/*
 * The descriptions of data/endpoints.json, each with what Twisted makes of it.
 */
#include "support/death.h"
#include "support/oom.h"
#include <tidysock/endpoint.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

struct row {
    const char *text;
    int code;
    struct tidy_endpoint endpoint; /* if the code is 0 */
};

struct quote {
    const char *plain, *quoted;
};

#include "data/endpoints.inc"

typedef int (*parse_cb)(const char *text,
                        struct tidy_endpoint **ret_endpoint,
                        struct tidy_failure **ret_failure);

static void assert_same_text(const char *a, const char *b)
{
    assert_int_equal(!a, !b);
    if (a)
        assert_string_equal(a, b);
}

static void assert_same_endpoint(const struct tidy_endpoint *a,
                                 const struct tidy_endpoint *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->is_server, b->is_server);
    assert_same_text(a->host, b->host);
    assert_int_equal(a->port, b->port);
    assert_same_text(a->path, b->path);
    assert_same_text(a->bind_address, b->bind_address);
    assert_int_equal(a->backlog, b->backlog);
    assert_int_equal(a->mode, b->mode);
    assert_int_equal(a->has_lockfile, b->has_lockfile);
    assert_int_equal(a->timeout_ns, b->timeout_ns);
}

static void check_row(const struct row *row, parse_cb parse)
{
    struct tidy_endpoint *endpoint = NULL;
    struct tidy_failure *failure = NULL;
    int code = parse(row->text, &endpoint, &failure);

    if (code != row->code)
        fail_msg("\"%s\": %s instead of %s",
                 row->text,
                 tidy_error_name(code),
                 tidy_error_name(row->code));
    if (code) {
        assert_null(endpoint);
        assert_int_equal(tidy_failure_code(failure), code);
        assert_non_null(strstr(tidy_failure_text(failure), row->text));
    } else {
        assert_null(failure);
        assert_same_endpoint(endpoint, &row->endpoint);
    }
    tidy_failure_unref(failure);
    assert_null(tidy_endpoint_free(endpoint));
}

/* Server descriptions mean what they mean to Twisted, or are refused. */
static void servers_agree_with_twisted(void **state)
{
    (void)state;
    for (size_t idx = 0; idx < TIDY_COUNT(servers); idx++)
        check_row(&servers[idx], tidy_endpoint_parse_server);
}

/* So do client descriptions. */
static void clients_agree_with_twisted(void **state)
{
    (void)state;
    for (size_t idx = 0; idx < TIDY_COUNT(clients); idx++)
        check_row(&clients[idx], tidy_endpoint_parse_client);
}

/* A quoted text is what Twisted makes of it. */
static void quotes_agree_with_twisted(void **state)
{
    (void)state;
    for (size_t idx = 0; idx < TIDY_COUNT(quotes); idx++) {
        char *quoted = tidy_endpoint_quote(quotes[idx].plain);

        assert_string_equal(quoted, quotes[idx].quoted);
        assert_null(tidy_string_free(quoted));
    }
}

/* The table in C is the one that endpoints.json gives. */
static void table_is_up_to_date(void **state)
{
    int status = system("command -v python3 >/dev/null || exit 77\n"
                        "exec python3 '" TIDY_TEST_SOURCE_DIR
                        "/unit/data/endpoints.py' --check");

    (void)state;
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void parse_some(void *arg)
{
    static const char *const texts[] = {
        "tcp:80:interface=::1", "ssl:443", "tcp:80\\", "a=b", "tcp:80",
        "unix:/run/x.sock"
    };

    (void)arg;
    for (size_t idx = 0; idx < TIDY_COUNT(texts); idx++) {
        struct tidy_endpoint *endpoint = NULL;
        struct tidy_failure *failure = NULL;
        int code = tidy_endpoint_parse_server(texts[idx], &endpoint, &failure);

        assert_int_equal(!code, endpoint != NULL);
        assert_int_equal(!code, !failure);
        if (code == -ENOMEM)
            assert_true(oom_has_failed());
        tidy_failure_unref(failure);
        tidy_endpoint_free(endpoint);
    }
}

/* When memory is short nothing is made but the failure that says so. */
static void each_allocation_may_fail(void **state)
{
    (void)state;
    oom_try_all(parse_some, NULL);
}

/* Nobody needs to want the sentence. */
static void failure_need_not_be_wanted(void **state)
{
    struct tidy_endpoint *endpoint = NULL;

    (void)state;
    assert_int_equal(tidy_endpoint_parse_client("ssl:443", &endpoint, NULL),
                     TIDY_EUNSUPPORTED);
    assert_int_equal(tidy_endpoint_parse_client("tcp:x", &endpoint, NULL),
                     TIDY_EDESCRIPTION);
    assert_null(endpoint);
    oom_fail_nth(1);
    assert_int_equal(tidy_endpoint_parse_client("tcp:x", &endpoint, NULL),
                     -ENOMEM);
}

static void
assert_sentence(const char *text, parse_cb parse, const char *sentence)
{
    struct tidy_endpoint *endpoint = NULL;
    struct tidy_failure *failure = NULL;

    assert_true(parse(text, &endpoint, &failure) < 0);
    assert_string_equal(tidy_failure_text(failure), sentence);
    tidy_failure_unref(failure);
}

/* A refusal names the description and the cause. */
static void sentences_name_the_cause(void **state)
{
    static const char *const servers_refused[][2] = {
        { "ssl:443", "unsupported kind \"ssl\" in \"ssl:443\"" },
        { "TCP:80", "unsupported kind \"TCP\" in \"TCP:80\"" },
        { "", "unsupported kind \"\" in \"\"" },
        { "port=80", "port=80: the kind is missing" },
        { "tcp", "tcp: missing \"port\"" },
        { "tcp:80:bogus=1", "tcp:80:bogus=1: unknown argument \"bogus\"" },
        { "tcp:80:port=81", "tcp:80:port=81: \"port\" is given twice" },
        { "tcp:1:2:3:4",
          "tcp:1:2:3:4: 4 arguments without a name, tcp takes at most 3" },
        { "tcp:abc", "tcp:abc: port \"abc\" is not a number" },
        { "tcp:99999999999999999999",
          "tcp:99999999999999999999: port \"99999999999999999999\" is too "
          "large" },
        { "unix:/x:mode=9",
          "unix:/x:mode=9: mode \"9\" is not an octal number" },
        { "unix:/x:mode=-1", "unix:/x:mode=-1: mode \"-1\" is out of range" },
        { "unix:/x:lockfile=no",
          "unix:/x:lockfile=no: lockfile \"no\" is not a number" },
        { "tcp:80\\", "tcp:80\\: the backslash at the end escapes nothing" },
    };
    static const char *const clients_refused[][2] = {
        { "tcp", "tcp: missing \"host\"" },
        { "tcp:h", "tcp:h: missing \"port\"" },
        { "tcp:h:80:3",
          "tcp:h:80:3: 3 arguments without a name, tcp takes at most 2" },
        { "unix:/x:/y",
          "unix:/x:/y: 2 arguments without a name, unix takes at most 1" },
        { "unix:/x:timeout=-1",
          "unix:/x:timeout=-1: timeout \"-1\" is out of range" },
    };

    (void)state;
    for (size_t idx = 0; idx < TIDY_COUNT(servers_refused); idx++)
        assert_sentence(servers_refused[idx][0],
                        tidy_endpoint_parse_server,
                        servers_refused[idx][1]);
    for (size_t idx = 0; idx < TIDY_COUNT(clients_refused); idx++)
        assert_sentence(clients_refused[idx][0],
                        tidy_endpoint_parse_client,
                        clients_refused[idx][1]);
}

/* A sentence stays readable when the description is not. */
static void long_descriptions_are_shortened(void **state)
{
    char text[5000], sentence[500];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    snprintf(sentence,
             sizeof(sentence),
             "unsupported kind \"%.200s\" in \"%.200s...\"",
             text,
             text);
    assert_sentence(text, tidy_endpoint_parse_server, sentence);
    snprintf(sentence,
             sizeof(sentence),
             "unsupported kind \"%.200s\" in \"%.200s\"",
             text,
             text);
    assert_sentence(
        text + sizeof(text) - 201, tidy_endpoint_parse_server, sentence);
    memcpy(text, "tcp:p", 5);
    snprintf(sentence,
             sizeof(sentence),
             "%.200s...: port \"%.200s\" is not a number",
             text,
             text + 4);
    assert_sentence(text, tidy_endpoint_parse_server, sentence);
}

static void parse_null(void *arg)
{
    struct tidy_endpoint *endpoint;

    tidy_endpoint_parse_server(arg, &endpoint, NULL);
}

static void parse_into_nowhere(void *arg)
{
    (void)arg;
    tidy_endpoint_parse_client("tcp:h:80", NULL, NULL);
}

/* There must be a text, and a place for the endpoint. */
static void misuse_aborts(void **state)
{
    (void)state;
    assert_dies(
        parse_null, NULL, "tidy_endpoint_parse_server: the text is NULL");
    assert_dies(parse_into_nowhere,
                NULL,
                "tidy_endpoint_parse_client: the place for the endpoint is "
                "NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        oom_unit_test(servers_agree_with_twisted),
        oom_unit_test(clients_agree_with_twisted),
        oom_unit_test(quotes_agree_with_twisted),
        cmocka_unit_test(table_is_up_to_date),
        oom_unit_test(each_allocation_may_fail),
        oom_unit_test(failure_need_not_be_wanted),
        oom_unit_test(sentences_name_the_cause),
        oom_unit_test(long_descriptions_are_shortened),
        cmocka_unit_test(misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
