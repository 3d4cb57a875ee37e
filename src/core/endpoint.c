/* SPDX-License-Identifier: MIT */
/*
 * Endpoint descriptions: from a text to an endpoint.
 *
 * Servers and clients bind arguments to parameters differently, as they do in
 * Twisted, where each kind is a Python function. A server's are bound as Python
 * binds them: by position or by name, never both. A client's are names, with a
 * few positions that stand for names and win over them; any other number of
 * positions is passed over.
 *
 * An endpoint owns the storage of its arguments, into which its strings point.
 */
#include "base/alloc.h"
#include "base/misuse.h"
#include "core/endpoint_parse.h"
#include <tidysock/endpoint.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct owned_endpoint {
    struct tidy_endpoint endpoint;
    char *storage; /* owned */
};

/* How much of a description a sentence shows; of an argument it is as much. */
#define SHOWN_MAX 200

static const char *ellipsis(const char *text)
{
    return strlen(text) > SHOWN_MAX ? "..." : "";
}

int tidy__endpoint_complain(struct tidy__endpoint_parse *parse,
                            const char *fmt,
                            ...)
{
    char cause[SHOWN_MAX * 2];
    va_list args;

    if (!parse->ret_failure)
        return TIDY_EDESCRIPTION;
    va_start(args, fmt);
    vsnprintf(cause, sizeof(cause), fmt, args);
    va_end(args);
    *parse->ret_failure = tidy_failure_new(TIDY_EDESCRIPTION,
                                           "%.200s%s: %s",
                                           parse->text,
                                           ellipsis(parse->text),
                                           cause);
    return TIDY_EDESCRIPTION;
}

static int complain_of_kind(struct tidy__endpoint_parse *parse,
                            const char *name)
{
    if (parse->ret_failure)
        *parse->ret_failure =
            tidy_failure_new(TIDY_EUNSUPPORTED,
                             "unsupported kind \"%.200s\" in \"%.200s%s\"",
                             name,
                             parse->text,
                             ellipsis(parse->text));
    return TIDY_EUNSUPPORTED;
}

static int complain_of_memory(struct tidy__endpoint_parse *parse)
{
    if (parse->ret_failure)
        *parse->ret_failure = tidy_failure_new(-ENOMEM, NULL);
    return -ENOMEM;
}

static size_t count_params(const struct tidy__endpoint_rules *rules)
{
    size_t n_params = 0;

    while (n_params < TIDY__ENDPOINT_PARAMS_MAX && rules->params[n_params])
        n_params++;
    return n_params;
}

static bool has_param(const struct tidy__endpoint_rules *rules,
                      const char *name)
{
    for (size_t idx = 0; idx < count_params(rules); idx++)
        if (!strcmp(rules->params[idx], name))
            return true;
    return false;
}

static int check_names(struct tidy__endpoint_parse *parse,
                       const struct tidy__endpoint_rules *rules)
{
    for (size_t idx = 0; idx < parse->args.n_all; idx++) {
        const char *name = parse->args.all[idx].name;

        if (name && !has_param(rules, name))
            return tidy__endpoint_complain(
                parse, "unknown argument \"%.200s\"", name);
    }
    return 0;
}

static void bind_names(const struct tidy__endpoint_parse *parse,
                       const struct tidy__endpoint_rules *rules,
                       struct tidy__endpoint_values *values)
{
    for (size_t idx = 0; idx < count_params(rules); idx++)
        values->of[idx] =
            tidy__endpoint_args_named(&parse->args, rules->params[idx]);
}

/* Position 0 is the kind, so parameter idx has position idx + 1. */
static int bind_server_positions(struct tidy__endpoint_parse *parse,
                                 const struct tidy__endpoint_rules *rules,
                                 struct tidy__endpoint_values *values)
{
    size_t n_values = tidy__endpoint_args_n_positional(&parse->args) - 1;

    if (n_values > count_params(rules))
        return tidy__endpoint_complain(
            parse,
            "%zu arguments without a name, %s takes at most %zu",
            n_values,
            rules->name,
            count_params(rules));
    for (size_t idx = 0; idx < n_values; idx++) {
        if (values->of[idx])
            return tidy__endpoint_complain(
                parse, "\"%s\" is given twice", rules->params[idx]);
        values->of[idx] = tidy__endpoint_args_positional(&parse->args, idx + 1);
    }
    return 0;
}

/* HOST:PORT, or the one of them that is not given by name; PATH. */
static void bind_client_positions(const struct tidy__endpoint_parse *parse,
                                  const struct tidy__endpoint_rules *rules,
                                  struct tidy__endpoint_values *values)
{
    const struct tidy__endpoint_args *args = &parse->args;
    size_t n_values = tidy__endpoint_args_n_positional(args) - 1;

    if (n_values == 1 && rules->n_required == 2 && values->of[0]) {
        values->of[1] = tidy__endpoint_args_positional(args, 1);
    } else if (n_values == 1 || n_values == rules->n_required) {
        for (size_t idx = 0; idx < n_values; idx++)
            values->of[idx] = tidy__endpoint_args_positional(args, idx + 1);
    }
}

static int check_required(struct tidy__endpoint_parse *parse,
                          const struct tidy__endpoint_rules *rules,
                          const struct tidy__endpoint_values *values)
{
    size_t n_positional = tidy__endpoint_args_n_positional(&parse->args) - 1;

    for (size_t idx = 0; idx < rules->n_required; idx++) {
        if (values->of[idx])
            continue;
        if (n_positional > rules->n_required)
            return tidy__endpoint_complain(
                parse,
                "%zu arguments without a name, %s takes at most %zu",
                n_positional,
                rules->name,
                rules->n_required);
        return tidy__endpoint_complain(
            parse, "missing \"%s\"", rules->params[idx]);
    }
    return 0;
}

static int bind(struct tidy__endpoint_parse *parse,
                const struct tidy__endpoint_rules *rules,
                struct tidy__endpoint_values *values)
{
    int result = check_names(parse, rules);

    if (result)
        return result;
    bind_names(parse, rules, values);
    if (rules->is_server)
        result = bind_server_positions(parse, rules, values);
    else
        bind_client_positions(parse, rules, values);
    return result ? result : check_required(parse, rules, values);
}

/* Fill in parse->endpoint. */
static int understand(struct tidy__endpoint_parse *parse, bool is_server)
{
    const char *name = tidy__endpoint_args_positional(&parse->args, 0);
    struct tidy__endpoint_values values = { 0 };
    const struct tidy__endpoint_rules *rules;
    int result;

    if (!name)
        return tidy__endpoint_complain(parse, "the kind is missing");
    rules = tidy__endpoint_find_rules(name, is_server);
    if (!rules)
        return complain_of_kind(parse, name);
    result = bind(parse, rules, &values);
    if (result)
        return result;
    parse->endpoint.kind = rules->kind;
    parse->endpoint.is_server = is_server;
    return rules->fill(parse, &values);
}

static int run(struct tidy__endpoint_parse *parse,
               bool is_server,
               struct tidy_endpoint **ret_endpoint)
{
    struct owned_endpoint *owned;
    int result = tidy__endpoint_args_init(&parse->args, parse->text);

    if (result == -ENOMEM)
        return complain_of_memory(parse);
    if (result)
        return tidy__endpoint_complain(
            parse, "the backslash at the end escapes nothing");
    result = understand(parse, is_server);
    if (result)
        return result;
    owned = tidy__alloc(sizeof(*owned));
    if (!owned)
        return complain_of_memory(parse);
    owned->endpoint = parse->endpoint;
    owned->storage = TIDY_STEAL(&parse->args.storage);
    *ret_endpoint = &owned->endpoint;
    return 0;
}

static int parse_text(const char *text,
                      bool is_server,
                      struct tidy_endpoint **ret_endpoint,
                      struct tidy_failure **ret_failure)
{
    struct tidy__endpoint_parse parse = { .text = text,
                                          .ret_failure = ret_failure };
    int result = run(&parse, is_server, ret_endpoint);

    tidy__endpoint_args_deinit(&parse.args);
    return result;
}

int tidy_endpoint_parse_server(const char *text,
                               struct tidy_endpoint **ret_endpoint,
                               struct tidy_failure **ret_failure)
{
    TIDY_REQUIRE(text && ret_endpoint,
                 "tidy_endpoint_parse_server: the %s is NULL",
                 text ? "place for the endpoint" : "text");
    return parse_text(text, true, ret_endpoint, ret_failure);
}

int tidy_endpoint_parse_client(const char *text,
                               struct tidy_endpoint **ret_endpoint,
                               struct tidy_failure **ret_failure)
{
    TIDY_REQUIRE(text && ret_endpoint,
                 "tidy_endpoint_parse_client: the %s is NULL",
                 text ? "place for the endpoint" : "text");
    return parse_text(text, false, ret_endpoint, ret_failure);
}

struct tidy_endpoint *tidy_endpoint_free(struct tidy_endpoint *endpoint)
{
    struct owned_endpoint *owned;

    if (!endpoint)
        return NULL;
    owned = tidy_container_of(endpoint, struct owned_endpoint, endpoint);
    tidy__dealloc(owned->storage);
    return tidy__dealloc(owned);
}
