/* SPDX-License-Identifier: MIT */
/*
 * Any text is a description or is refused with a sentence; and any text at all,
 * quoted, is an argument.
 */
#include <tidysock/endpoint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int (*parse_cb)(const char *text,
                        struct tidy_endpoint **ret_endpoint,
                        struct tidy_failure **ret_failure);

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

static void check_endpoint(const struct tidy_endpoint *endpoint)
{
    if (endpoint->kind == TIDY_ENDPOINT_UNIX) {
        CHECK(endpoint->path && !endpoint->host && !endpoint->bind_address);
    } else {
        CHECK(endpoint->kind == TIDY_ENDPOINT_TCP ||
              endpoint->kind == TIDY_ENDPOINT_TCP6);
        CHECK(endpoint->host && !endpoint->path && !endpoint->has_lockfile);
    }
    if (endpoint->is_server)
        CHECK(!endpoint->timeout_ns && !endpoint->bind_address);
    else
        CHECK(!endpoint->backlog && !endpoint->has_backlog && !endpoint->mode);
}

static void check_parser(const char *text, parse_cb parse, bool is_server)
{
    struct tidy_endpoint *endpoint = NULL;
    struct tidy_failure *failure = NULL;
    int code = parse(text, &endpoint, &failure);

    if (code) {
        CHECK(code == TIDY_EDESCRIPTION || code == TIDY_EUNSUPPORTED);
        CHECK(!endpoint && failure && tidy_failure_code(failure) == code);
        CHECK(*tidy_failure_text(failure));
    } else {
        CHECK(endpoint && !failure && endpoint->is_server == is_server);
        check_endpoint(endpoint);
    }
    tidy_endpoint_free(endpoint);
    tidy_failure_unref(failure);
}

static void check_quoting(const char *text)
{
    static const char prefix[] = "unix:address=";
    char *quoted = tidy_endpoint_quote(text);
    char *description = malloc(sizeof(prefix) + 2 * strlen(text));
    struct tidy_endpoint *endpoint = NULL;

    CHECK(quoted && description && strlen(quoted) <= 2 * strlen(text));
    strcpy(description, prefix);
    strcat(description, quoted);
    CHECK(tidy_endpoint_parse_server(description, &endpoint, NULL) == 0);
    CHECK(!strcmp(endpoint->path, text));
    tidy_endpoint_free(endpoint);
    tidy_string_free(quoted);
    free(description);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of just that size, so that reading beyond it is noticed. */
    char *text = malloc(size + 1);

    CHECK(text);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    check_parser(text, tidy_endpoint_parse_server, true);
    check_parser(text, tidy_endpoint_parse_client, false);
    check_quoting(text);
    free(text);
    return 0;
}
