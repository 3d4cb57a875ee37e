/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Port detection: does anything accept connections at an endpoint?
 *
 * A connection is made and dropped at once. (The server sees a short, empty
 * connection; this is the connection whose loss the tidy server was made for.)
 */
#ifndef TIDYSOCK_ACTIVATION_H
#define TIDYSOCK_ACTIVATION_H

#include <tidysock/common.h>
#include <tidysock/deferred.h>
#include <tidysock/listener.h>
#include <tidysock/loop.h>
#include <tidysock/protocol.h>

TIDY_BEGIN_DECLS

/** The null protocol: drops its connection the moment it is made. */
TIDY_API extern const struct tidy_protocol_ops tidy_null_protocol_ops;

/** Builds null protocols, and remembers whether a connection was ever made. */
struct tidy_port_detect;

/**
 * Make a port detection.
 *
 * @param ret_detect  Receives it, owned: tidy_port_detect_free().
 * @retval 0, -ENOMEM
 */
TIDY_API int tidy_port_detect_new(struct tidy_loop *loop,
                                  struct tidy_port_detect **ret_detect);

/** End it; its deferred must have fired, or the connect that uses its factory
 *  must be over. Accepts NULL, returns NULL. */
TIDY_API struct tidy_port_detect *
tidy_port_detect_free(struct tidy_port_detect *detect);

/** The factory to connect with. Its protocols borrow @p detect. */
TIDY_API struct tidy_factory
tidy_port_detect_factory(struct tidy_port_detect *detect);

/** The connect failed (or is lost): the answer is no, unless it was yes. */
TIDY_API void tidy_port_detect_failed(struct tidy_port_detect *detect);

/** A deferred, one new reference, owned: fires once, with a `bool *` borrowed
 *  from @p detect: true when a connection was made, false on failure or loss. */
TIDY_API struct tidy_deferred *
tidy_port_detect_result(struct tidy_port_detect *detect);

/** Where a service is found. */
struct tidy_activation_config {
    /** A client description, borrowed. */
    const char *endpoint;
};

/** Connects to a service; tidy_connect()'s deferred. */
typedef struct tidy_deferred *(*tidy_detector_connect_cb)(
    struct tidy_loop *loop,
    const struct tidy_activation_config *config,
    struct tidy_factory factory,
    void *arg);

/** Finds out whether a service is running. Open, so that a test can patch it. */
struct tidy_detector {
    /** How to connect; tidy_detector_init() sets it to parse config->endpoint
     *  and tidy_connect(). */
    tidy_detector_connect_cb connect;
    void *connect_arg;
};

/** Prepare a detector; nothing to end. */
TIDY_API void tidy_detector_init(struct tidy_detector *detector);

/**
 * Is something accepting connections at config->endpoint?
 *
 * @param config  Borrowed until return.
 * @return        A deferred, owned: fires with a `bool *` that it owns. A
 *                refused, unreachable or timed-out connect is false; a
 *                malformed description is a failure.
 */
TIDY_API struct tidy_deferred *
tidy_detector_is_already_running_at(struct tidy_detector *detector,
                                    struct tidy_loop *loop,
                                    const struct tidy_activation_config *config,
                                    const char *file,
                                    int line);
#define tidy_detector_is_already_running(detector, loop, config)               \
    tidy_detector_is_already_running_at((detector), (loop), (config), TIDY_HERE)

TIDY_END_DECLS

#endif
