/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Transports: one connected byte stream each, over TCP or a Unix socket.
 *
 * Writes made inside callbacks are gathered and leave in one system call per
 * connection at the end of the loop's turn; writes made outside the loop are
 * sent at once. After the connection is lost every call here returns -ENOTCONN
 * and does nothing.
 */
#ifndef TIDYSOCK_TRANSPORT_H
#define TIDYSOCK_TRANSPORT_H

#include <tidysock/address.h>
#include <tidysock/common.h>

TIDY_BEGIN_DECLS

struct tidy_transport;

/**
 * A borrowed write has been handed to the kernel (status 0), or never will be:
 * the connection's error, or TIDY_ECANCELLED after an abort.
 */
typedef void (*tidy_written_cb)(int status, void *arg);

/**
 * Write a copy of some bytes.
 *
 * @param data  Borrowed until return; may be NULL if @p len is 0.
 * @param len   Bytes.
 * @retval 0           Queued or sent. Errors of sending show in
 *                     connection_lost.
 * @retval -EPIPE      After half-close or lose_connection: nothing was queued.
 * @retval -ENOTCONN   The connection is lost.
 * @retval -ENOMEM     Nothing was queued.
 */
TIDY_API int tidy_transport_write(struct tidy_transport *transport,
                                  const void *data,
                                  size_t len);

/**
 * Write bytes without copying them.
 *
 * @param data  Borrowed until @p cb is called.
 * @param cb    Called from the loop, exactly once if this returned 0, and
 *              before connection_lost.
 * @param arg   Handed to @p cb.
 * @return      As tidy_transport_write().
 */
TIDY_API int tidy_transport_write_borrowed(struct tidy_transport *transport,
                                           const void *data,
                                           size_t len,
                                           tidy_written_cb cb,
                                           void *arg);

/**
 * Close, losing nothing: hand all queued bytes to the kernel, shut down
 * writing, read and discard what has arrived, close. Does not wait for the peer
 * to close, but for it to take what is unsent. connection_lost follows, from
 * the loop. A second call changes nothing.
 *
 * @retval 0          connection_lost will come.
 * @retval -ENOTCONN  It has come already.
 */
TIDY_API int tidy_transport_lose_connection(struct tidy_transport *transport);

/**
 * Close now: drop what is unsent and reset the connection (a Unix socket just
 * closes). connection_lost follows, from the loop, with TIDY_ECANCELLED.
 *
 * @retval 0          connection_lost will come.
 * @retval -ENOTCONN  It has come already.
 */
TIDY_API int tidy_transport_abort(struct tidy_transport *transport);

/**
 * End our half: the peer reads everything, then end of file. Reading goes on.
 * write_connection_lost follows once all bytes are with the kernel. After
 * tidy_transport_lose_connection() it changes nothing.
 *
 * @retval 0          Done or under way.
 * @retval -ENOTCONN  The connection is lost.
 */
TIDY_API int tidy_transport_half_close(struct tidy_transport *transport);

/**
 * Stop reading. Bytes stay with the kernel; neither an end of file nor a reset
 * is noticed before tidy_transport_resume_reading().
 *
 * @retval 0          No data_received until resumed.
 * @retval -ENOTCONN  The connection is lost.
 */
TIDY_API int tidy_transport_pause_reading(struct tidy_transport *transport);

/** Read again; as tidy_transport_pause_reading(). */
TIDY_API int tidy_transport_resume_reading(struct tidy_transport *transport);

/**
 * Set the high-water mark: when more than this many bytes are queued the
 * protocol's pause_producing is called, and when the queue is empty again its
 * resume_producing. Both from the loop. Default 64 KiB.
 *
 * @param n_bytes  At least 1.
 */
TIDY_API void tidy_transport_set_high_water(struct tidy_transport *transport,
                                            size_t n_bytes);

/** Bytes written but not yet handed to the kernel. */
TIDY_API size_t tidy_transport_unsent(const struct tidy_transport *transport);

/** Bytes handed to the kernel so far. */
TIDY_API uint64_t
tidy_transport_bytes_written(const struct tidy_transport *transport);

/** Bytes delivered to data_received so far. */
TIDY_API uint64_t
tidy_transport_bytes_read(const struct tidy_transport *transport);

/** Our end's address; valid as long as the transport is, also when lost. */
TIDY_API const struct tidy_address *
tidy_transport_local(const struct tidy_transport *transport);

/** The other end's address; as tidy_transport_local(). */
TIDY_API const struct tidy_address *
tidy_transport_peer(const struct tidy_transport *transport);

/** Has connection_lost been delivered, or is it about to be? */
TIDY_API bool tidy_transport_is_lost(const struct tidy_transport *transport);

TIDY_END_DECLS

#endif
