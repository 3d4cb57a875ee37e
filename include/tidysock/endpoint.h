/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Endpoint descriptions: strings that say where to listen or to connect.
 *
 * The syntax is Twisted's (twisted.internet.endpoints): a kind, then arguments,
 * separated by `:`; an argument is positional or `name=value`; `\` escapes the
 * next character, so that an IPv6 address is written `\:\:1`.
 *
 *     server  tcp:PORT[:interface=ADDRESS][:backlog=N]       also tcp6:
 *             unix:ADDRESS[:mode=OCTAL][:backlog=N][:lockfile=0|1]
 *     client  tcp:HOST:PORT[:timeout=SECONDS][:bindAddress=ADDRESS]
 *             tcp:host=HOST:port=PORT                        also tcp6:
 *             unix:PATH[:timeout=SECONDS][:lockfile=0|1], unix:path=PATH
 *
 * What is accepted and refused agrees with Twisted 22.4 for the kinds tcp, tcp6
 * (server) and unix. A client `tcp6:` is ours: it is `tcp:` that looks names up
 * as IPv6. Other kinds (ssl, tls, systemd, stdio, ...) fail with
 * TIDY_EUNSUPPORTED. Whether a port number exists, a path fits into a socket
 * address or a host is known shows when it is used, not when it is parsed.
 */
#ifndef TIDYSOCK_ENDPOINT_H
#define TIDYSOCK_ENDPOINT_H

#include <tidysock/common.h>
#include <tidysock/error.h>

TIDY_BEGIN_DECLS

/** What a description describes: its first word. */
enum tidy_endpoint_kind {
    TIDY_ENDPOINT_TCP = 1, /**< `tcp:` */
    TIDY_ENDPOINT_TCP6,    /**< `tcp6:` */
    TIDY_ENDPOINT_UNIX,    /**< `unix:` */
};

/** A parsed description; read it, never write it. Strings live as long as it. */
struct tidy_endpoint {
    enum tidy_endpoint_kind kind;
    /** For listening, or for connecting? */
    bool is_server;
    /** Server: the address to listen on, "" for all. Client: the host. TCP. */
    const char *host;
    /** TCP: as written, so it may be out of range. */
    int64_t port;
    /** Unix: the socket's path. */
    const char *path;
    /** Client, TCP: the local address to connect from, or NULL. */
    const char *bind_address;
    /** Server: how many connections may wait to be accepted; Twisted's 50. */
    int64_t backlog;
    /** Was the backlog written, or is it the default? */
    bool has_backlog;
    /** Server, Unix: permission bits of the socket; 0666. */
    unsigned mode;
    /** Server, Unix: hold a lock file beside the socket (default yes). Client:
     *  connect only if a running process holds it (default no). */
    bool has_lockfile;
    /** Client: give up after this long; Twisted's 30 s. */
    uint64_t timeout_ns;
};

/**
 * Parse a description of where to listen.
 *
 * @param text         Borrowed until return.
 * @param ret_endpoint Receives the endpoint, owned: tidy_endpoint_free().
 * @param ret_failure  If not NULL, receives on error a sentence that names the
 *                     description and what is wrong with it, owned. It is the
 *                     one thing written on error.
 * @retval 0                  Parsed.
 * @retval TIDY_EDESCRIPTION  Malformed.
 * @retval TIDY_EUNSUPPORTED  Well-known to Twisted or not known at all: a kind
 *                            that this library does not have.
 * @retval -ENOMEM            Out of memory.
 */
TIDY_API int tidy_endpoint_parse_server(const char *text,
                                        struct tidy_endpoint **ret_endpoint,
                                        struct tidy_failure **ret_failure);

/** Parse a description of where to connect; as tidy_endpoint_parse_server(). */
TIDY_API int tidy_endpoint_parse_client(const char *text,
                                        struct tidy_endpoint **ret_endpoint,
                                        struct tidy_failure **ret_failure);

/** End an endpoint. Accepts NULL, returns NULL. */
TIDY_API struct tidy_endpoint *
tidy_endpoint_free(struct tidy_endpoint *endpoint);

/**
 * Escape a text so that it is one argument of a description (Twisted's
 * quoteStringArgument): `:` `\` and, beyond Twisted, nothing else.
 *
 * @param text  Borrowed until return.
 * @return      Owned: tidy_string_free(). NULL when memory is short.
 */
TIDY_API char *tidy_endpoint_quote(const char *text);

/** End a string that this library returned as owned. NULL is fine. */
TIDY_API char *tidy_string_free(char *string);

TIDY_END_DECLS

#endif
