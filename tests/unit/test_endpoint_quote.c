/* SPDX-License-Identifier: MIT */
#include "support/death.h"
#include "support/oom.h"
#include <tidysock/endpoint.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* A quoted path is parsed as the path, whatever it is, if given by name. */
static void quoted_path_comes_back(void **state)
{
    static const char *const paths[] = {
        "", "/run/x.sock", "a:b", "a\\b", "a=b", "\\", "::", "\\:=\\", "\xff\n",
    };

    (void)state;
    for (size_t idx = 0; idx < TIDY_COUNT(paths); idx++) {
        char *quoted = tidy_endpoint_quote(paths[idx]), text[100];
        struct tidy_endpoint *endpoint;

        snprintf(text, sizeof(text), "unix:path=%s", quoted);
        assert_int_equal(tidy_endpoint_parse_client(text, &endpoint, NULL), 0);
        assert_string_equal(endpoint->path, paths[idx]);
        tidy_endpoint_free(endpoint);
        tidy_string_free(quoted);
    }
    assert_null(tidy_string_free(NULL));
}

static void quote(void *arg)
{
    char *quoted = tidy_endpoint_quote("a:b");

    (void)arg;
    assert_int_equal(!quoted, oom_has_failed());
    tidy_string_free(quoted);
}

/* When memory is short there is no quoted text. */
static void each_allocation_may_fail(void **state)
{
    (void)state;
    oom_try_all(quote, NULL);
}

static void quote_arg(void *arg)
{
    tidy_endpoint_quote(arg);
}

/* NULL is not a text. */
static void quoting_null_aborts(void **state)
{
    (void)state;
    assert_dies(quote_arg, NULL, "tidy_endpoint_quote: the text is NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        oom_unit_test(quoted_path_comes_back),
        oom_unit_test(each_allocation_may_fail),
        cmocka_unit_test(quoting_null_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
