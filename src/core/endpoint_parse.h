/* SPDX-License-Identifier: MIT */
#ifndef TIDY_CORE_ENDPOINT_PARSE_H
#define TIDY_CORE_ENDPOINT_PARSE_H

#include "core/endpoint_args.h"
#include <tidysock/endpoint.h>

#define TIDY__ENDPOINT_PARAMS_MAX 4

/* One run of the parser. */
struct tidy__endpoint_parse {
    const char *text;                  /* borrowed from the caller */
    struct tidy_failure **ret_failure; /* may be NULL */
    struct tidy__endpoint_args args;
    struct tidy_endpoint endpoint; /* filled in step by step */
};

/* The values of a kind's parameters, in the kind's order; NULL: not given. */
struct tidy__endpoint_values {
    const char *of[TIDY__ENDPOINT_PARAMS_MAX];
};

struct tidy__endpoint_rules {
    const char *name;
    enum tidy_endpoint_kind kind;
    bool is_server;
    bool is_any_case; /* Twisted compares some names regardless of case */
    /* Servers: in the order of their positions. The first n_required must be
     * given. */
    const char *params[TIDY__ENDPOINT_PARAMS_MAX];
    size_t n_required;
    /* 0, or the code of what has been complained of. */
    int (*fill)(struct tidy__endpoint_parse *parse,
                const struct tidy__endpoint_values *values);
};

/* The rules for a kind; NULL: we do not have it. */
const struct tidy__endpoint_rules *tidy__endpoint_find_rules(const char *name,
                                                             bool is_server);

/* Make the failure "DESCRIPTION: CAUSE", if it is wanted. Always returns
 * TIDY_EDESCRIPTION. Arguments belong into it as "%.200s". */
int tidy__endpoint_complain(struct tidy__endpoint_parse *parse,
                            const char *fmt,
                            ...) TIDY_PRINTF(2, 3);

#endif
