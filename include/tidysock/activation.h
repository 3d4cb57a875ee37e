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

/** Builds null protocols, and answers once whether a connection was made. */
struct tidy_port_detect;

/**
 * Make a port detection.
 *
 * @param ret_detect  Receives it, owned: tidy_port_detect_free().
 * @retval 0        Made.
 * @retval -ENOMEM  Out of memory.
 */
TIDY_API int tidy_port_detect_new_at(struct tidy_loop *loop,
                                     struct tidy_port_detect **ret_detect,
                                     const char *file,
                                     int line);
#define tidy_port_detect_new(loop, ret_detect)                                 \
    tidy_port_detect_new_at((loop), (ret_detect), TIDY_HERE)

/** End it; its deferred must have fired, or the connect that uses its factory
 *  must be over. Accepts NULL, returns NULL. */
TIDY_API struct tidy_port_detect *
tidy_port_detect_free(struct tidy_port_detect *detect);

/** The factory to connect with. Its protocols borrow @p detect. */
TIDY_API struct tidy_factory
tidy_port_detect_factory(struct tidy_port_detect *detect);

/** The connect failed, or its connection is lost: the answer is no, unless there
 *  is an answer already. Say so when the connect's deferred fails; the factory
 *  cannot know. */
TIDY_API void tidy_port_detect_failed(struct tidy_port_detect *detect);

/** The deferred of the answer, one more reference to it, owned: fires once, with
 *  a `const bool *` that is borrowed for ever: true once a connection is made,
 *  false if it failed or was lost before that. */
TIDY_API struct tidy_deferred *
tidy_port_detect_result(struct tidy_port_detect *detect);

/** Where a service is found. */
struct tidy_activation_config {
    /** sizeof(struct tidy_activation_config) at the user, or 0. */
    size_t size;
    /** A client description, borrowed. */
    const char *endpoint;
};

/**
 * Connects to a service.
 *
 * @param loop     Of the detection.
 * @param config   Borrowed until return.
 * @param factory  What to connect with: null protocols. Copied.
 * @param arg      The detector's connect_arg.
 * @return         A deferred, owned, as tidy_connect() and
 *                 tidy_server_connect() give it.
 */
typedef struct tidy_deferred *(*tidy_detector_connect_cb)(
    struct tidy_loop *loop,
    const struct tidy_activation_config *config,
    struct tidy_factory factory,
    void *arg);

/** Finds out whether a service is running. Open, so that a test can patch it. */
struct tidy_detector {
    /** How to connect. tidy_detector_init() sets it to what parses
     *  config->endpoint and calls tidy_connect(). */
    tidy_detector_connect_cb connect;
    /** Yours; handed to connect. */
    void *connect_arg;
};

/** Prepare a detector; nothing to end. */
TIDY_API void tidy_detector_init(struct tidy_detector *detector);

/**
 * Is something accepting connections at config->endpoint?
 *
 * The server sees a connection that comes and goes. Ask as often as you like.
 *
 * @param loop    Where to connect; borrowed until the deferred has fired.
 * @param config  Borrowed until return.
 * @return        A deferred, owned, that fires with a `const bool *`, borrowed
 *                for ever. True when a connection was made, whatever the server
 *                does with it then; a reset that comes first makes no
 *                difference. False when nobody is there: the connect was
 *                refused, timed out or found no way, no socket is at the path.
 *                It fails when the question could not be asked: the description
 *                is malformed, the host unknown, access denied, TIDY_ECANCELLED.
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
