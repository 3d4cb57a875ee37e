/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The user's side of a connection: protocols, and the factories that make them.
 *
 * A protocol is your code and state for one connection. Make struct
 * tidy_protocol the first member of a struct of your own; its storage is made
 * zeroed by the library, one per connection, and freed by it. Order of the callbacks:
 *
 *     build_protocol  connection_made  data_received*  read_connection_lost?
 *     connection_lost
 *
 * connection_made and connection_lost come exactly once each, unless the
 * factory refused: then neither does.
 *
 * **Lifetime.** A protocol and its transport stay valid but inert after
 * connection_lost, until the clean-up of the server they belong to has fired
 * (without a server: until the loop object is freed).
 *
 * **Failing checks.** A test framework's assertion that fails in one of these
 * callbacks ends that callback, is recorded, and fails the test once the loop
 * has been left; see tidysock/case.h.
 */
#ifndef TIDYSOCK_PROTOCOL_H
#define TIDYSOCK_PROTOCOL_H

#include <tidysock/address.h>
#include <tidysock/common.h>

TIDY_BEGIN_DECLS

struct tidy_protocol;
struct tidy_transport;

/** What a protocol does. Constant, one per kind of protocol; any may be NULL. */
struct tidy_protocol_ops {
    /** sizeof(struct tidy_protocol_ops) at the user, or 0; lets us grow it. */
    size_t size;

    /** The connection is there; self->transport works from here on. */
    void (*connection_made)(struct tidy_protocol *self);

    /** Bytes arrived, in order, cut anywhere. @p data is borrowed until return. */
    void (*data_received)(struct tidy_protocol *self,
                          const void *data,
                          size_t len);

    /**
     * The peer has ended its half: no more data_received. The connection stays
     * open for writing until you close it. NULL: end of file closes the
     * connection as by tidy_transport_lose_connection().
     */
    void (*read_connection_lost)(struct tidy_protocol *self);

    /** Our half is ended (tidy_transport_half_close()): all was handed over. */
    void (*write_connection_lost)(struct tidy_protocol *self);

    /** More bytes are queued than the high-water mark; stop writing. */
    void (*pause_producing)(struct tidy_protocol *self);

    /** The queue is empty again; go on writing. */
    void (*resume_producing)(struct tidy_protocol *self);

    /**
     * The connection is gone, its descriptor closed. @p reason is 0 after a
     * clean end (end of file, or our own lose_connection), else a code:
     * -ECONNRESET, TIDY_ECANCELLED after our own abort, ...
     */
    void (*connection_lost)(struct tidy_protocol *self, int reason);
};

/** The first member of your own struct; tidy_container_of() leads back. */
struct tidy_protocol {
    /** Set once, before anybody sees the protocol. */
    const struct tidy_protocol_ops *ops;
    /** Borrowed; valid but inert after connection_lost. */
    struct tidy_transport *transport;
};

/**
 * Prepares a new protocol, or refuses the connection.
 *
 * @param arg       The factory's @p arg.
 * @param peer      Borrowed until return; who is at the other end.
 * @param protocol  Zeroed storage of the factory's size, with ops set.
 * @retval 0         Accepted.
 * @retval negative  Refused: the connection is closed, no callback follows, and
 *                   a connect fails with TIDY_EREFUSED.
 */
typedef int (*tidy_build_protocol_cb)(void *arg,
                                      const struct tidy_address *peer,
                                      struct tidy_protocol *protocol);

/** What to make for each connection. A small value; pass it as it is. */
struct tidy_factory {
    /** Borrowed for as long as its protocols live. */
    const struct tidy_protocol_ops *ops;
    /** Bytes of the struct around struct tidy_protocol. */
    size_t protocol_size;
    /** NULL: every connection is accepted. */
    tidy_build_protocol_cb build_protocol;
    /** Yours; handed to build_protocol. */
    void *arg;
};

/** A factory of protocols with these @p ops, each in a zeroed struct of
 *  @p protocol_size bytes whose first member is a struct tidy_protocol. */
TIDY_API struct tidy_factory
tidy_factory_of(const struct tidy_protocol_ops *ops, size_t protocol_size);

TIDY_END_DECLS

#endif
