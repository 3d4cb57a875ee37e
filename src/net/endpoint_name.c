/* SPDX-License-Identifier: MIT */
/*
 * Names of endpoints for messages. Most connections never need one, so it is
 * made when something has gone wrong, or when a host has to be looked up.
 */
#include "net/endpoint_name.h"

#include "base/alloc.h"
#include <tidysock/error.h>

#include <errno.h>

char *tidy__endpoint_name(const struct tidy_endpoint *endpoint)
{
    if (endpoint->kind == TIDY_ENDPOINT_UNIX)
        return tidy__strdup(endpoint->path[0] ? endpoint->path : "(no path)");
    return tidy__format("%s:%lld",
                        endpoint->host[0] ? endpoint->host : "all addresses",
                        (long long)endpoint->port);
}

const char *tidy__name_or_address(const char *name,
                                  const struct tidy_address *address,
                                  char *buf)
{
    return name ? name : tidy_address_format(address, buf, TIDY_ADDRESS_MAX);
}

const char *tidy__endpoint_cause(int code)
{
    if (code == -ERANGE)
        return "no port has this number (0 to 65535)";
    if (code == -EEXIST)
        return "what is in the lock file's place is no lock file";
    return tidy_strerror(code);
}
