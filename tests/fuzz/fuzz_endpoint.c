/* SPDX-License-Identifier: MIT */
/*
 * Endpoint descriptions: any text is parsed or refused with a sentence, and a
 * text that has been quoted comes back from a description as it was.
 */
#include <tidysock/endpoint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int (*parse_fn)(const char *text,
                        struct tidy_endpoint **ret_endpoint,
                        struct tidy_failure **ret_failure);

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void check_parse(parse_fn parse, const char *text)
{
    struct tidy_endpoint *endpoint = NULL;
    struct tidy_failure *failure = NULL;
    int result;

    result = parse(text, &endpoint, &failure);
    if (result == 0) {
        require(endpoint && !failure, "a parsed text gives an endpoint only");
        tidy_endpoint_free(endpoint);
    } else {
        require(!endpoint && failure, "a refused text gives a failure only");
        require(tidy_failure_code(failure) == result, "both codes are one");
        require(*tidy_failure_text(failure), "a failure has a sentence");
        tidy_failure_unref(failure);
    }
}

static void check_quote(const char *text)
{
    struct tidy_endpoint *endpoint;
    char *description = NULL;
    char *quoted;

    quoted = tidy_endpoint_quote(text);
    require(quoted, "quoting has memory");
    require(asprintf(&description, "unix:path=%s", quoted) >= 0, "so have we");
    if (tidy_endpoint_parse_client(description, &endpoint, NULL) == 0) {
        require(!strcmp(endpoint->path, text), "quoting loses nothing");
        tidy_endpoint_free(endpoint);
    }
    free(description);
    tidy_string_free(quoted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);

    check_parse(tidy_endpoint_parse_server, text);
    check_parse(tidy_endpoint_parse_client, text);
    check_quote(text);
    free(text);
    return 0;
}
