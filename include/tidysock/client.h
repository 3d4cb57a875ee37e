/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A client for test bodies: send, expect, read, close, in straight lines.
 *
 * Each call that waits runs the loop until the case's deadline. When what
 * arrives is not what is expected, when the connection ends first or the
 * deadline passes, the call fails the test (case.h) with both byte strings
 * readable side by side. All of them work from the test's body only.
 *
 * Bytes that arrived and were not yet expected or read are kept, in order.
 */
#ifndef TIDYSOCK_CLIENT_H
#define TIDYSOCK_CLIENT_H

#include <tidysock/common.h>
#include <tidysock/transport.h>

TIDY_BEGIN_DECLS

struct tidy_case;
struct tidy_server;

/** Made by tidy_case_connect(); valid until its server's clean-up has fired. */
struct tidy_client;

/** Its transport, borrowed: abort it, pause it, ask for its addresses. */
TIDY_API struct tidy_transport *
tidy_client_transport(const struct tidy_client *client);

/** Send bytes; does not wait. @p data is copied. */
TIDY_API void tidy_client_send_at(struct tidy_client *client,
                                  const void *data,
                                  size_t len,
                                  const char *file,
                                  int line);
#define tidy_client_send(client, data, len)                                    \
    tidy_client_send_at((client), (data), (len), TIDY_HERE)

/** Wait for exactly these @p len bytes to be the next ones, and take them.
 *  Fails at the first byte that differs, without waiting for the rest. */
TIDY_API void tidy_client_expect_at(struct tidy_client *client,
                                    const void *data,
                                    size_t len,
                                    const char *file,
                                    int line);
#define tidy_client_expect(client, data, len)                                  \
    tidy_client_expect_at((client), (data), (len), TIDY_HERE)

/** Wait for a line that ends in "\n" or "\r\n" and is @p line_text without its
 *  end; takes the line with its end. */
TIDY_API void tidy_client_expect_line_at(struct tidy_client *client,
                                         const char *line_text,
                                         const char *file,
                                         int line);
#define tidy_client_expect_line(client, line_text)                             \
    tidy_client_expect_line_at((client), (line_text), TIDY_HERE)

/**
 * Wait until a match of a POSIX extended regular expression (regex(7)) is among
 * the bytes, and take everything up to its end. The match is tried whenever
 * bytes arrive: end the expression with what marks its end, e.g. "\n".
 *
 * @param regex  One that regcomp(3) refuses aborts, like any misuse.
 * @return       The bytes taken, terminated, borrowed until the next call.
 */
TIDY_API const char *tidy_client_expect_match_at(struct tidy_client *client,
                                                 const char *regex,
                                                 const char *file,
                                                 int line);
#define tidy_client_expect_match(client, regex)                                \
    tidy_client_expect_match_at((client), (regex), TIDY_HERE)

/** Wait for @p n_bytes and take them.
 *  @return  The bytes, terminated, borrowed until the next call. */
TIDY_API const char *tidy_client_read_exactly_at(struct tidy_client *client,
                                                 size_t n_bytes,
                                                 const char *file,
                                                 int line);
#define tidy_client_read_exactly(client, n_bytes)                              \
    tidy_client_read_exactly_at((client), (n_bytes), TIDY_HERE)

/** Wait for the peer's end of file and take everything before it.
 *  @param ret_len  If not NULL, receives the number of bytes.
 *  @return         The bytes, terminated, borrowed until the next call. */
TIDY_API const char *
tidy_client_read_until_closed_at(struct tidy_client *client,
                                 size_t *ret_len,
                                 const char *file,
                                 int line);
#define tidy_client_read_until_closed(client, ret_len)                         \
    tidy_client_read_until_closed_at((client), (ret_len), TIDY_HERE)

/** Wait for the peer to close, with nothing unread before it. A reset fails. */
TIDY_API void tidy_client_expect_closed_at(struct tidy_client *client,
                                           const char *file,
                                           int line);
#define tidy_client_expect_closed(client)                                      \
    tidy_client_expect_closed_at((client), TIDY_HERE)

/** End our half: the peer reads end of file. Reading goes on. */
TIDY_API void tidy_client_half_close_at(struct tidy_client *client,
                                        const char *file,
                                        int line);
#define tidy_client_half_close(client)                                         \
    tidy_client_half_close_at((client), TIDY_HERE)

/** Close, and wait until our end is gone. */
TIDY_API void
tidy_client_close_at(struct tidy_client *client, const char *file, int line);
#define tidy_client_close(client) tidy_client_close_at((client), TIDY_HERE)

TIDY_END_DECLS

#endif
