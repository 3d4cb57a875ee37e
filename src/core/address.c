/* SPDX-License-Identifier: MIT */
/*
 * Addresses: made from what the kernel gave, from a path, or from a host that
 * needs no look-up.
 */
#include "core/address.h"

#include "base/misuse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PATH_START offsetof(struct sockaddr_un, sun_path)

static socklen_t size_of_family(sa_family_t family)
{
    switch (family) {
    case AF_INET:
        return sizeof(struct sockaddr_in);
    case AF_INET6:
        return sizeof(struct sockaddr_in6);
    default:
        return 0;
    }
}

void tidy__address_from_sockaddr(struct tidy_address *address,
                                 const struct sockaddr *sa,
                                 socklen_t len)
{
    *address = (struct tidy_address){ 0 };
    if (!sa || len < sizeof(sa->sa_family))
        return;
    if (sa->sa_family == AF_UNIX) {
        /* The kernel counts the end of a path that fills sun_path wholly. */
        if (len > sizeof(address->u.un))
            len = sizeof(address->u.un);
    } else {
        if (len < size_of_family(sa->sa_family))
            return;
        len = size_of_family(sa->sa_family);
    }
    memcpy(&address->u, sa, len);
    address->len = len;
}

int tidy__address_from_path(struct tidy_address *address, const char *path)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    size_t len = strlen(path);

    if (!len)
        return -EINVAL;
    if (len >= sizeof(un.sun_path))
        return -ENAMETOOLONG;
    memcpy(un.sun_path, path, len + 1);
    *address = (struct tidy_address){ .len = PATH_START + len + 1 };
    address->u.un = un;
    return 0;
}

static bool
set_ipv4(struct tidy_address *address, const char *host, in_port_t port)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = port };

    if (inet_pton(AF_INET, host, &in.sin_addr) != 1)
        return false;
    *address = (struct tidy_address){ .len = sizeof(in) };
    address->u.in = in;
    return true;
}

/* The scope behind the '%' of fe80::1%lo: a name or a number. 0: there is no
 * such interface. */
static uint32_t parse_scope(const char *scope)
{
    unsigned long number;
    char *end;

    if (*scope < '0' || *scope > '9')
        return if_nametoindex(scope);
    errno = 0;
    number = strtoul(scope, &end, 10);
    return *end || errno || number > UINT32_MAX ? 0 : (uint32_t)number;
}

static bool
set_ipv6(struct tidy_address *address, const char *host, in_port_t port)
{
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = port };
    const char *percent = strchrnul(host, '%');
    char literal[INET6_ADDRSTRLEN];
    size_t len = (size_t)(percent - host);

    if (len >= sizeof(literal))
        return false;
    memcpy(literal, host, len);
    literal[len] = '\0';
    if (inet_pton(AF_INET6, literal, &in6.sin6_addr) != 1)
        return false;
    if (*percent) {
        in6.sin6_scope_id = parse_scope(percent + 1);
        if (!in6.sin6_scope_id)
            return false;
    }
    *address = (struct tidy_address){ .len = sizeof(in6) };
    address->u.in6 = in6;
    return true;
}

int tidy__address_from_host(struct tidy_address *address,
                            enum tidy_endpoint_kind kind,
                            const char *host,
                            int64_t port)
{
    bool is_ipv6 = kind == TIDY_ENDPOINT_TCP6;
    in_port_t net_port;

    if (port < 0 || port > UINT16_MAX)
        return -ERANGE;
    net_port = htons((uint16_t)port);
    if (!*host)
        host = is_ipv6 ? "::" : "0.0.0.0";
    else if (!strcasecmp(host, "localhost"))
        host = is_ipv6 ? "::1" : "127.0.0.1";
    if (!is_ipv6 && set_ipv4(address, host, net_port))
        return 0;
    return set_ipv6(address, host, net_port) ? 0 : -EADDRNOTAVAIL;
}

uint16_t tidy_address_port(const struct tidy_address *address)
{
    TIDY_REQUIRE(address, "tidy_address_port: the address is NULL");
    if (!address->len)
        return 0;
    switch (address->u.any.sa_family) {
    case AF_INET:
        return ntohs(address->u.in.sin_port);
    case AF_INET6:
        return ntohs(address->u.in6.sin6_port);
    default:
        return 0;
    }
}

bool tidy__address_is_specific(const struct tidy_address *address)
{
    if (address->u.any.sa_family == AF_INET6)
        return !IN6_IS_ADDR_UNSPECIFIED(&address->u.in6.sin6_addr);
    if (address->u.any.sa_family == AF_INET)
        return address->u.in.sin_addr.s_addr != htonl(INADDR_ANY);
    return address->len > 0;
}
