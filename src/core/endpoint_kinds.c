/* SPDX-License-Identifier: MIT */
/*
 * The kinds of endpoints that we have: their parameters, and how the texts
 * given for those become an endpoint.
 *
 * Numbers must be numbers that fit, but whether such a port or such a mode
 * exists is not our question.
 */
#include "core/endpoint_parse.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#define BACKLOG_DEFAULT 50
#define MODE_DEFAULT 0666
#define TIMEOUT_DEFAULT_NS TIDY_S(30)

static int get_int(struct tidy__endpoint_parse *parse,
                   const char *name,
                   const char *text,
                   int base,
                   int64_t *number)
{
    switch (tidy__endpoint_int(text, base, number)) {
    case 0:
        return 0;
    case -ERANGE:
        return tidy__endpoint_complain(
            parse, "%s \"%.200s\" is too large", name, text);
    default:
        return tidy__endpoint_complain(parse,
                                       "%s \"%.200s\" is not %s",
                                       name,
                                       text,
                                       base == 8 ? "an octal number"
                                                 : "a number");
    }
}

static int get_port(struct tidy__endpoint_parse *parse, const char *text)
{
    return get_int(parse, "port", text, 10, &parse->endpoint.port);
}

static int get_backlog(struct tidy__endpoint_parse *parse, const char *text)
{
    parse->endpoint.backlog = BACKLOG_DEFAULT;
    if (!text)
        return 0;
    parse->endpoint.has_backlog = true;
    return get_int(parse, "backlog", text, 10, &parse->endpoint.backlog);
}

static int get_mode(struct tidy__endpoint_parse *parse, const char *text)
{
    int64_t mode = MODE_DEFAULT;
    int result = text ? get_int(parse, "mode", text, 8, &mode) : 0;

    if (result)
        return result;
    if (mode < 0 || mode > UINT_MAX)
        return tidy__endpoint_complain(
            parse, "mode \"%.200s\" is out of range", text);
    parse->endpoint.mode = (unsigned)mode;
    return 0;
}

/* Any number but 0 means yes, also one that is too large for us. */
static int get_lockfile(struct tidy__endpoint_parse *parse, const char *text)
{
    int64_t number = 1;

    if (tidy__endpoint_int(text, 10, &number) == -EINVAL)
        return tidy__endpoint_complain(
            parse, "lockfile \"%.200s\" is not a number", text);
    parse->endpoint.has_lockfile = number;
    return 0;
}

static int get_timeout(struct tidy__endpoint_parse *parse, const char *text)
{
    int64_t seconds;
    int result;

    parse->endpoint.timeout_ns = TIMEOUT_DEFAULT_NS;
    if (!text)
        return 0;
    result = get_int(parse, "timeout", text, 10, &seconds);
    if (result)
        return result;
    if (seconds < 0 || (uint64_t)seconds > UINT64_MAX / TIDY_S(1))
        return tidy__endpoint_complain(
            parse, "timeout \"%.200s\" is out of range", text);
    parse->endpoint.timeout_ns = TIDY_S(seconds);
    return 0;
}

static int fill_tcp_server(struct tidy__endpoint_parse *parse,
                           const struct tidy__endpoint_values *values)
{
    const char *interface = values->of[1];
    int result = get_port(parse, values->of[0]);

    parse->endpoint.host = interface ? interface : "";
    return result ? result : get_backlog(parse, values->of[2]);
}

static int fill_tcp6_server(struct tidy__endpoint_parse *parse,
                            const struct tidy__endpoint_values *values)
{
    const char *interface = values->of[2];
    int result = get_port(parse, values->of[0]);

    parse->endpoint.host = interface ? interface : "::";
    return result ? result : get_backlog(parse, values->of[1]);
}

static int fill_unix_server(struct tidy__endpoint_parse *parse,
                            const struct tidy__endpoint_values *values)
{
    int result = get_mode(parse, values->of[1]);

    parse->endpoint.path = values->of[0];
    if (!result)
        result = get_backlog(parse, values->of[2]);
    if (!result)
        result = get_lockfile(parse, values->of[3] ? values->of[3] : "1");
    return result;
}

static int fill_tcp_client(struct tidy__endpoint_parse *parse,
                           const struct tidy__endpoint_values *values)
{
    int result = get_port(parse, values->of[1]);

    parse->endpoint.host = values->of[0];
    parse->endpoint.bind_address = values->of[3];
    return result ? result : get_timeout(parse, values->of[2]);
}

static int fill_unix_client(struct tidy__endpoint_parse *parse,
                            const struct tidy__endpoint_values *values)
{
    int result = get_timeout(parse, values->of[1]);

    parse->endpoint.path = values->of[0];
    if (result)
        return result;
    if (values->of[2])
        return get_lockfile(parse, values->of[2]);
    /* What Twisted calls the same inside shows through there: not a number,
     * but a text, and any text but an empty one means yes. */
    parse->endpoint.has_lockfile = values->of[3] && *values->of[3];
    return 0;
}

static const struct tidy__endpoint_rules all_rules[] = {
    {
        .name = "tcp",
        .kind = TIDY_ENDPOINT_TCP,
        .is_server = true,
        .params = { "port", "interface", "backlog" },
        .n_required = 1,
        .fill = fill_tcp_server,
    },
    {
        .name = "tcp6",
        .kind = TIDY_ENDPOINT_TCP6,
        .is_server = true,
        .is_any_case = true,
        .params = { "port", "backlog", "interface" },
        .n_required = 1,
        .fill = fill_tcp6_server,
    },
    {
        .name = "unix",
        .kind = TIDY_ENDPOINT_UNIX,
        .is_server = true,
        .params = { "address", "mode", "backlog", "lockfile" },
        .n_required = 1,
        .fill = fill_unix_server,
    },
    {
        .name = "tcp",
        .kind = TIDY_ENDPOINT_TCP,
        .is_any_case = true,
        .params = { "host", "port", "timeout", "bindAddress" },
        .n_required = 2,
        .fill = fill_tcp_client,
    },
    {
        .name = "tcp6",
        .kind = TIDY_ENDPOINT_TCP6,
        .is_any_case = true,
        .params = { "host", "port", "timeout", "bindAddress" },
        .n_required = 2,
        .fill = fill_tcp_client,
    },
    {
        .name = "unix",
        .kind = TIDY_ENDPOINT_UNIX,
        .is_any_case = true,
        .params = { "path", "timeout", "lockfile", "checkPID" },
        .n_required = 1,
        .fill = fill_unix_client,
    },
};

const struct tidy__endpoint_rules *tidy__endpoint_find_rules(const char *name,
                                                             bool is_server)
{
    for (size_t idx = 0; idx < TIDY_COUNT(all_rules); idx++) {
        const struct tidy__endpoint_rules *rules = &all_rules[idx];
        int (*compare)(const char *, const char *) =
            rules->is_any_case ? strcasecmp : strcmp;

        if (rules->is_server == is_server && !compare(rules->name, name))
            return rules;
    }
    return NULL;
}
