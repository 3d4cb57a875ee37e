/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The tidy server: one listener, any number of clients, and their clean-up.
 *
 * It is made from a server description and a client pattern. In either,
 * `{path}` stands for a short path in this process's private directory, new for
 * every server; in the pattern, `{host}` and `{port}` stand for the address
 * that the listener got. TCP and Unix are two uses of that:
 *
 *     tcp:0:interface=127.0.0.1    tcp:host={host}:port={port}
 *     unix:{path}:lockfile=0       unix:path={path}
 *
 * A backlog that the description does not name is TIDY_SERVER_BACKLOG.
 *
 * The server behind the address is either protocols from a factory of yours
 * (tidy_server_listen()), or a libuv server that you have already
 * (tidy_server_start(), struct tidy_server_ops).
 */
#ifndef TIDYSOCK_SERVER_H
#define TIDYSOCK_SERVER_H

#include <tidysock/address.h>
#include <tidysock/common.h>
#include <tidysock/deferred.h>
#include <tidysock/endpoint.h>
#include <tidysock/listener.h>
#include <tidysock/loop.h>
#include <tidysock/protocol.h>

TIDY_BEGIN_DECLS

/** Takes a thousand connects at once; the kernel caps it at its somaxconn. */
#define TIDY_SERVER_BACKLOG 4096

/** How long clean-up lets a peer take what is unsent, unless set. */
#define TIDY_SERVER_GRACE_NS TIDY_S(1)

struct tidy_server;

/** Your stop function calls this when everything of the server is closed. */
typedef void (*tidy_stopped_cb)(void *done_arg);

/** A server of your own on the case's loop. */
struct tidy_server_ops {
    /** sizeof(struct tidy_server_ops) at the user, or 0; lets us grow it. */
    size_t size;

    /**
     * Start listening.
     *
     * @param loop         The libuv loop to live on.
     * @param endpoint     Where: host and port (0: let the kernel choose), or
     *                     path. Borrowed until return.
     * @param ret_address  Write where you listen, e.g. by uv_tcp_getsockname():
     *                     needed for TCP, may stay untouched for Unix.
     * @param ret_state    Write whatever you need in the other functions.
     * @return             0, or a negative code when nothing was started.
     */
    int (*start)(struct uv_loop_s *loop,
                 const struct tidy_endpoint *endpoint,
                 struct sockaddr_storage *ret_address,
                 void **ret_state);

    /**
     * Stop: close the listener and all connections, then call @p done with
     * @p done_arg, once, from here or from a later callback. Called during
     * clean-up, after our clients are gone.
     */
    void (*stop)(void *state, tidy_stopped_cb done, void *done_arg);

    /**
     * Optional. Called when the grace period ran out before @p done was: let go
     * of everything at once. The outcome of clean-up is TIDY_ENOSTOP either way.
     */
    void (*abandon)(void *state);
};

/**
 * Make a server; nothing is opened yet.
 *
 * @param loop         Borrowed; must outlive the server.
 * @param description  A server description; `{path}` is replaced.
 * @param pattern      A client description; `{path}` `{host}` `{port}` are
 *                     replaced.
 * @param ret_server   Receives it, owned: tidy_server_free().
 * @param ret_failure  If not NULL, receives on error a sentence, owned.
 * @retval 0                  Made.
 * @retval TIDY_EDESCRIPTION, TIDY_EUNSUPPORTED, -ENOMEM  As the parser says.
 * @retval negative           No private directory could be made.
 */
TIDY_API int tidy_server_new(struct tidy_loop *loop,
                             const char *description,
                             const char *pattern,
                             struct tidy_server **ret_server,
                             struct tidy_failure **ret_failure);

/** A server on 127.0.0.1 and a port that the kernel chooses. */
TIDY_API int tidy_server_new_tcp(struct tidy_loop *loop,
                                 struct tidy_server **ret_server,
                                 struct tidy_failure **ret_failure);

/** A server on a Unix socket in the process's private directory. */
TIDY_API int tidy_server_new_unix(struct tidy_loop *loop,
                                  struct tidy_server **ret_server,
                                  struct tidy_failure **ret_failure);

/**
 * End a server. It must be clean: never started, or cleaned up; anything else
 * aborts. Accepts NULL, returns NULL.
 */
TIDY_API struct tidy_server *tidy_server_free(struct tidy_server *server);

/**
 * Listen, and build a protocol for each connection accepted.
 *
 * @param factory  Copied; read it back by tidy_server_factory().
 * @return         A deferred, owned, that fires with NULL; failures as
 *                 tidy_listen(), TIDY_ESTATE (listening already) and
 *                 TIDY_ECLOSING (being cleaned up).
 */
TIDY_API struct tidy_deferred *
tidy_server_listen_at(struct tidy_server *server,
                      struct tidy_factory factory,
                      const char *file,
                      int line);
#define tidy_server_listen(server, factory)                                    \
    tidy_server_listen_at((server), (factory), TIDY_HERE)

/**
 * Start a server of your own instead; otherwise as tidy_server_listen().
 *
 * @param ops  Borrowed until clean-up has fired.
 */
TIDY_API struct tidy_deferred *
tidy_server_start_at(struct tidy_server *server,
                     const struct tidy_server_ops *ops,
                     const char *file,
                     int line);
#define tidy_server_start(server, ops)                                         \
    tidy_server_start_at((server), (ops), TIDY_HERE)

/**
 * Connect a client to the server.
 *
 * @param factory  Builds the client's protocol. Copied.
 * @return         As tidy_connect(), and TIDY_ESTATE (not listening yet),
 *                 TIDY_ECLOSING (being cleaned up).
 */
TIDY_API struct tidy_deferred *
tidy_server_connect_at(struct tidy_server *server,
                       struct tidy_factory factory,
                       const char *file,
                       int line);
#define tidy_server_connect(server, factory)                                   \
    tidy_server_connect_at((server), (factory), TIDY_HERE)

/**
 * Make everything go away, and wait for it.
 *
 * Closes the listener (which resets connections not accepted yet), cancels
 * connects in progress, closes our clients; a server connection whose client is
 * ours closes after reading that client's end of file, all others at once.
 * Every protocol that saw connection_made sees connection_lost before the
 * deferred fires. A Unix socket's path goes with the listener.
 *
 * It may be called from any callback, twice (the second call has the outcome of
 * the first), and on a server that was never started (fires at once). It never
 * hangs: a peer that does not take what is unsent within the grace period is
 * reset, and the outcome is TIDY_EUNSENT with a sentence that names the
 * connection and the number of bytes. Afterwards the server can listen again.
 *
 * @return  A deferred, owned, that fires with NULL, or fails with TIDY_EUNSENT,
 *          TIDY_ENOSTOP, or why the path could not be removed. All is gone in
 *          either case.
 */
TIDY_API struct tidy_deferred *tidy_server_clean_up(struct tidy_server *server);

/** Set the grace period of clean-up, in nanoseconds; 0 resets at once. */
TIDY_API void tidy_server_set_grace(struct tidy_server *server,
                                    uint64_t grace_ns);

/**
 * The description that a client needs, e.g. `tcp:host=127.0.0.1:port=40213`,
 * for a foreign program too. Borrowed until clean-up or tidy_server_free();
 * NULL while not listening.
 */
TIDY_API const char *
tidy_server_client_description(const struct tidy_server *server);

/** Where it listens, borrowed until clean-up; NULL while not listening. */
TIDY_API const struct tidy_address *
tidy_server_address(const struct tidy_server *server);

/** The loop it lives on. */
TIDY_API struct tidy_loop *tidy_server_loop(const struct tidy_server *server);

/** The listener, borrowed; NULL while not listening, or with ops of yours. */
TIDY_API struct tidy_listener *
tidy_server_listener(const struct tidy_server *server);

/** The newest connect still in progress, borrowed; NULL: none. */
TIDY_API struct tidy_connector *
tidy_server_connector(const struct tidy_server *server);

/** The factory given to tidy_server_listen(); ops NULL before that. */
TIDY_API struct tidy_factory
tidy_server_factory(const struct tidy_server *server);

/** The factory given to the newest tidy_server_connect(). */
TIDY_API struct tidy_factory
tidy_server_client_factory(const struct tidy_server *server);

/** How many connection_made and connection_lost protocols of this server and
 *  of its clients have seen since tidy_server_new(). */
struct tidy_server_counts {
    size_t n_server_made, n_server_lost;
    size_t n_client_made, n_client_lost;
};

/** The counts so far. */
TIDY_API struct tidy_server_counts
tidy_server_counts(const struct tidy_server *server);

/** The newest protocol that the server's factory built; NULL: none yet.
 *  Borrowed until clean-up has fired. */
TIDY_API struct tidy_protocol *
tidy_server_protocol(const struct tidy_server *server);

/**
 * Deferreds for the newest connection, each a new reference, owned; each fires
 * with NULL. The user's own callback has returned when they fire.
 *
 * tidy_server_client_connected(): our newest client has been connected.
 * tidy_server_client_disconnected(): it has been lost.
 * tidy_server_server_disconnected(): the newest connection that the server
 * accepted has been lost; **NULL until a server protocol has been built**.
 *
 * The first two are NULL before tidy_server_connect(). Awaiting a NULL fails the
 * test, and says that the attribute may not be there yet.
 */
TIDY_API struct tidy_deferred *
tidy_server_client_connected(struct tidy_server *server);
TIDY_API struct tidy_deferred *
tidy_server_client_disconnected(struct tidy_server *server);
TIDY_API struct tidy_deferred *
tidy_server_server_disconnected(struct tidy_server *server);

TIDY_END_DECLS

#endif
