/* SPDX-License-Identifier: MIT */
/*
 * Names and addresses. A world has no name servers and no files of names: what
 * is numeric is turned into an address as the C library does it, "localhost" has
 * both loopback addresses, and any other name ends the run.
 *
 * An entry of a list and its address are one block of memory, as the C library
 * makes them, so that its own freeaddrinfo(3) ends these lists, too.
 */
#include "sim/progress.h"
#include "sim/seam.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#define KNOWN_FLAGS                                                            \
    (AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_NUMERICSERV |             \
     AI_V4MAPPED | AI_ALL | AI_ADDRCONFIG | AI_IDN | AI_CANONIDN)
#define MAX_PLACES 2

/* One address, of either family. */
struct place {
    int family;
    struct in6_addr address; /* or an in_addr at its beginning */
    uint32_t scope;
};

struct places {
    struct place items[MAX_PLACES];
    size_t n;
};

static const struct kind {
    int type, protocol;
} kinds[] = {
    { SOCK_STREAM, IPPROTO_TCP },
    { SOCK_DGRAM, IPPROTO_UDP },
    { SOCK_RAW, 0 }, /* of any protocol */
};

/* ------------------------------------------------------------------- the host */

static void add_place(struct places *places, int family, const void *address)
{
    struct place *place = &places->items[places->n++];

    *place = (struct place){ .family = family };
    memcpy(&place->address,
           address,
           family == AF_INET ? sizeof(struct in_addr)
                             : sizeof(struct in6_addr));
}

static bool wants(const struct addrinfo *hints, int family)
{
    return hints->ai_family == AF_UNSPEC || hints->ai_family == family;
}

static void add_loopback(struct places *places, const struct addrinfo *hints)
{
    const struct in_addr v4 = { .s_addr = htonl(INADDR_LOOPBACK) };

    if (wants(hints, AF_INET6))
        add_place(places, AF_INET6, &in6addr_loopback);
    if (wants(hints, AF_INET))
        add_place(places, AF_INET, &v4);
}

static void add_any(struct places *places, const struct addrinfo *hints)
{
    const struct in_addr v4 = { .s_addr = htonl(INADDR_ANY) };

    if (wants(hints, AF_INET))
        add_place(places, AF_INET, &v4);
    if (wants(hints, AF_INET6))
        add_place(places, AF_INET6, &in6addr_any);
}

/* 0 or an EAI_ code. */
static int add_v4(struct places *places,
                  const struct addrinfo *hints,
                  const struct in_addr *v4)
{
    struct in6_addr mapped = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

    if (wants(hints, AF_INET)) {
        add_place(places, AF_INET, v4);
        return 0;
    }
    if (!(hints->ai_flags & AI_V4MAPPED))
        return EAI_ADDRFAMILY;
    memcpy(&mapped.s6_addr[12], v4, sizeof(*v4));
    add_place(places, AF_INET6, &mapped);
    return 0;
}

/* The number after "%", or of the one interface that there is. */
static bool parse_scope(const char *text, uint32_t *ret_scope)
{
    char *end;

    if (strcmp(text, "lo") == 0) {
        *ret_scope = 1;
        return true;
    }
    *ret_scope = (uint32_t)strtoul(text, &end, 10);
    return text[0] != '\0' && *end == '\0';
}

static bool parse_v6(const char *node, struct place *ret_place)
{
    const char *percent = strchr(node, '%');
    size_t len = percent ? (size_t)(percent - node) : strlen(node);
    char text[INET6_ADDRSTRLEN];

    *ret_place = (struct place){ .family = AF_INET6 };
    if (len >= sizeof(text))
        return false;
    memcpy(text, node, len);
    text[len] = '\0';
    if (inet_pton(AF_INET6, text, &ret_place->address) != 1)
        return false;
    return !percent || parse_scope(percent + 1, &ret_place->scope);
}

/* inet_aton(3), which knows "127.1", but without what may follow a space. */
static bool parse_v4(const char *node, struct in_addr *ret_v4)
{
    return !strpbrk(node, " \t\n\v\f\r") && inet_aton(node, ret_v4);
}

static int find_places(const char *node,
                       const struct addrinfo *hints,
                       struct places *places)
{
    struct in_addr v4;

    places->n = 0;
    if (!node && (hints->ai_flags & AI_PASSIVE)) {
        add_any(places, hints);
        return 0;
    }
    if (node && parse_v4(node, &v4))
        return add_v4(places, hints, &v4);
    if (node && parse_v6(node, &places->items[0])) {
        places->n = 1;
        return wants(hints, AF_INET6) ? 0 : EAI_ADDRFAMILY;
    }
    if (node && (hints->ai_flags & AI_NUMERICHOST))
        return EAI_NONAME;
    if (node && strcmp(node, "localhost") != 0)
        tidy__sim_end(tidy__sim_world,
                      TIDY_OUTCOME_UNMODELLED,
                      "simulation does not model looking up the name \"%s\"",
                      node);
    add_loopback(places, hints);
    return 0;
}

/* ---------------------------------------------------------------- the service */

static int find_port(const char *service,
                     const struct addrinfo *hints,
                     in_port_t *ret_port)
{
    char *end;

    *ret_port = 0;
    if (!service)
        return 0;
    *ret_port = htons((uint16_t)strtoul(service, &end, 10));
    if (*end == '\0')
        return 0;
    if (hints->ai_flags & AI_NUMERICSERV)
        return EAI_NONAME;
    tidy__sim_end(tidy__sim_world,
                  TIDY_OUTCOME_UNMODELLED,
                  "simulation does not model looking up the service \"%s\"",
                  service);
}

static bool wants_kind(const struct addrinfo *hints, const struct kind *kind)
{
    if (hints->ai_socktype != 0 && hints->ai_socktype != kind->type)
        return false;
    return hints->ai_protocol == 0 || kind->protocol == 0 ||
           hints->ai_protocol == kind->protocol;
}

/* ------------------------------------------------------------------- the list */

static void fill_address(struct sockaddr *address,
                         const struct place *place,
                         in_port_t port)
{
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
                               .sin6_port = port,
                               .sin6_addr = place->address,
                               .sin6_scope_id = place->scope };
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = port };

    memcpy(&v4.sin_addr, &place->address, sizeof(v4.sin_addr));
    if (place->family == AF_INET)
        memcpy(address, &v4, sizeof(v4));
    else
        memcpy(address, &v6, sizeof(v6));
}

static struct addrinfo *new_entry(const struct place *place,
                                  const struct kind *kind,
                                  const struct addrinfo *hints,
                                  in_port_t port)
{
    struct addrinfo *entry =
        calloc(1, sizeof(*entry) + sizeof(struct sockaddr_in6));

    if (!entry)
        return NULL;
    entry->ai_flags = hints->ai_flags;
    entry->ai_family = place->family;
    entry->ai_socktype = kind->type;
    entry->ai_protocol = kind->protocol ? kind->protocol : hints->ai_protocol;
    entry->ai_addrlen = place->family == AF_INET ? sizeof(struct sockaddr_in)
                                                 : sizeof(struct sockaddr_in6);
    entry->ai_addr = (struct sockaddr *)(entry + 1);
    fill_address(entry->ai_addr, place, port);
    return entry;
}

/* Each address with each kind of socket. */
static int make_list(const struct places *places,
                     const struct addrinfo *hints,
                     in_port_t port,
                     struct addrinfo **ret_list)
{
    struct addrinfo **next = ret_list;
    size_t idx, k;

    for (idx = 0; idx < places->n; idx++) {
        for (k = 0; k < TIDY_COUNT(kinds); k++) {
            if (!wants_kind(hints, &kinds[k]))
                continue;
            *next = new_entry(&places->items[idx], &kinds[k], hints, port);
            if (!*next)
                return EAI_MEMORY;
            next = &(*next)->ai_next;
            if (hints->ai_socktype != 0 || hints->ai_protocol != 0)
                break; /* the first kind that fits is it */
        }
    }
    return *ret_list ? 0 : EAI_SOCKTYPE;
}

static int
check_hints(const char *node, const char *service, const struct addrinfo *hints)
{
    if (!node && !service)
        return EAI_NONAME;
    if ((hints->ai_flags & ~KNOWN_FLAGS) ||
        ((hints->ai_flags & AI_CANONNAME) && !node))
        return EAI_BADFLAGS;
    if (!wants(hints, AF_INET) && !wants(hints, AF_INET6))
        return EAI_FAMILY;
    return hints->ai_socktype == SOCK_RAW && service ? EAI_SERVICE : 0;
}

static int find_list(const char *node,
                     const char *service,
                     const struct addrinfo *hints,
                     struct addrinfo **ret_list)
{
    struct places places;
    in_port_t port;
    int result = check_hints(node, service, hints);

    if (result == 0)
        result = find_port(service, hints, &port);
    if (result == 0)
        result = find_places(node, hints, &places);
    if (result == 0)
        result = make_list(&places, hints, port, ret_list);
    if (result == 0 && (hints->ai_flags & AI_CANONNAME)) {
        (*ret_list)->ai_canonname = strdup(node);
        result = (*ret_list)->ai_canonname ? 0 : EAI_MEMORY;
    }
    return result;
}

SEAM(int,
     getaddrinfo,
     (const char *node,
      const char *service,
      const struct addrinfo *hints,
      struct addrinfo **ret_list))
{
    const struct addrinfo no_hints = { .ai_flags =
                                           AI_V4MAPPED | AI_ADDRCONFIG };
    struct addrinfo *list = NULL;
    int result;

    if (!tidy__sim_world)
        return REAL(getaddrinfo)(node, service, hints, ret_list);
    tidy__sim_call(tidy__sim_world);
    result = find_list(node, service, hints ? hints : &no_hints, &list);
    if (result == 0)
        *ret_list = list;
    else if (list)
        freeaddrinfo(list);
    return result;
}

/* Here for static linking only, where it would bring its getaddrinfo(3) along. */
SEAM(void, freeaddrinfo, (struct addrinfo * list))
{
    REAL(freeaddrinfo)(list);
}

/* ------------------------------------------------------------------- backwards */

static int copy_text(char *to, socklen_t size, const char *text)
{
    if (!to || size == 0)
        return 0;
    if (strlen(text) >= size)
        return EAI_OVERFLOW;
    strcpy(to, text);
    return 0;
}

static int check_address(const struct sockaddr *address, socklen_t len)
{
    if (!address || len < sizeof(address->sa_family))
        return EAI_FAMILY;
    switch (address->sa_family) {
    case AF_INET:
        return len < sizeof(struct sockaddr_in) ? EAI_FAMILY : 0;
    case AF_INET6: /* without sin6_scope_id: RFC 2133 */
        return len < offsetof(struct sockaddr_in6, sin6_scope_id) ? EAI_FAMILY
                                                                  : 0;
    case AF_UNIX:
        return 0;
    default:
        return EAI_FAMILY;
    }
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_UNIX)
        return true;
    if (address->sa_family == AF_INET)
        return ((const struct sockaddr_in *)(const void *)address)
                   ->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
    return IN6_IS_ADDR_LOOPBACK(
        &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

static int
name_host(const struct sockaddr *address, char *host, socklen_t size, int flags)
{
    char text[INET6_ADDRSTRLEN];
    const void *bytes;

    if (is_loopback(address) && !(flags & NI_NUMERICHOST))
        return copy_text(host, size, "localhost");
    if (address->sa_family == AF_UNIX)
        return copy_text(host, size, "localhost");
    if (flags & NI_NAMEREQD)
        return EAI_NONAME;
    if (address->sa_family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    else
        bytes =
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (!inet_ntop(address->sa_family, bytes, text, sizeof(text)))
        return EAI_SYSTEM;
    return copy_text(host, size, text);
}

static int name_service(const struct sockaddr *address,
                        socklen_t len,
                        char *service,
                        socklen_t size)
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_un *un = (const void *)address;
    char text[sizeof(un->sun_path) + 1] = "";

    if (address->sa_family == AF_UNIX)
        memcpy(
            text, un->sun_path, len - offsetof(struct sockaddr_un, sun_path));
    else /* both families have the port at one place */
        snprintf(text, sizeof(text), "%d", ntohs(v4->sin_port));
    return copy_text(service, size, text);
}

SEAM(int,
     getnameinfo,
     (const struct sockaddr *address,
      socklen_t len,
      char *host,
      socklen_t host_size,
      char *service,
      socklen_t service_size,
      int flags))
{
    int result;

    if (!tidy__sim_world)
        return REAL(getnameinfo)(
            address, len, host, host_size, service, service_size, flags);
    tidy__sim_call(tidy__sim_world);
    if ((flags & NI_NAMEREQD) && !host && !service)
        return EAI_NONAME;
    result = check_address(address, len);
    if (result == 0)
        result = name_host(address, host, host_size, flags);
    if (result == 0)
        result = name_service(address, len, service, service_size);
    return result;
}
