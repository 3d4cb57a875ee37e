/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Listening at an endpoint, and connecting to one.
 *
 * These are the parts from which the tidy server (server.h) is made. Use them
 * by themselves when a test wants a listener or a connection without a fixture;
 * they still come under the case's leak check.
 */
#ifndef TIDYSOCK_LISTENER_H
#define TIDYSOCK_LISTENER_H

#include <tidysock/address.h>
#include <tidysock/common.h>
#include <tidysock/deferred.h>
#include <tidysock/endpoint.h>
#include <tidysock/loop.h>
#include <tidysock/protocol.h>

TIDY_BEGIN_DECLS

/** A listening socket. */
struct tidy_listener;

/** A connection being made. */
struct tidy_connector;

/**
 * Listen, and build a protocol for each connection accepted.
 *
 * @param endpoint  A server endpoint; borrowed until return.
 * @param factory   Copied.
 * @return          A deferred, owned, that fires with a `struct tidy_listener *`,
 *                  owned by the loop: end it with tidy_listener_close().
 *                  Failures: -EADDRINUSE, -EACCES, -ENAMETOOLONG (the path does
 *                  not fit), -ERANGE (the port is none), TIDY_ELOCKED, an
 *                  unknown host, ...; the sentence names the endpoint.
 *                  It has fired already unless the host had to be looked up.
 */
TIDY_API struct tidy_deferred *
tidy_listen_at(struct tidy_loop *loop,
               const struct tidy_endpoint *endpoint,
               struct tidy_factory factory,
               const char *file,
               int line);
#define tidy_listen(loop, endpoint, factory)                                   \
    tidy_listen_at((loop), (endpoint), (factory), TIDY_HERE)

/** Where it listens, with the port that the kernel chose. Borrowed. */
TIDY_API const struct tidy_address *
tidy_listener_address(const struct tidy_listener *listener);

/**
 * Stop listening. Connections not accepted yet are reset by the kernel; the
 * accepted ones live on. The socket's path and lock file are removed.
 *
 * @return  A deferred, owned, that fires (with NULL) once the descriptor is
 *          closed. The listener is gone then.
 */
TIDY_API struct tidy_deferred *
tidy_listener_close(struct tidy_listener *listener);

/**
 * Connect, and build a protocol for the connection.
 *
 * Numeric hosts and `localhost` are never looked up. On a Unix socket whose
 * backlog is full the connect is tried again until the endpoint's timeout.
 *
 * @param endpoint  A client endpoint; borrowed until return.
 * @param factory   Copied.
 * @return          A deferred, owned, that fires with a
 *                  `struct tidy_protocol *` (borrowed, see protocol.h) after
 *                  its connection_made has returned; never inside this call,
 *                  but for want of memory. Cancelling it ends the attempt.
 *                  Failures: -ECONNREFUSED, -ETIMEDOUT, TIDY_ECANCELLED,
 *                  TIDY_EREFUSED, ...; the sentence names the endpoint.
 */
TIDY_API struct tidy_deferred *
tidy_connect_at(struct tidy_loop *loop,
                const struct tidy_endpoint *endpoint,
                struct tidy_factory factory,
                const char *file,
                int line);
#define tidy_connect(loop, endpoint, factory)                                  \
    tidy_connect_at((loop), (endpoint), (factory), TIDY_HERE)

TIDY_END_DECLS

#endif
