/* SPDX-License-Identifier: MIT */
/*
 * A transport under test, and a plain blocking socket at its other end. The
 * protocol notes what it is told, and does what a test hangs into it.
 */
#ifndef TIDY_TESTS_RAW_PEER_H
#define TIDY_TESTS_RAW_PEER_H

#include "net/loop.h"
#include "net/transport.h"
#include <tidysock/listener.h>

#include <stdbool.h>
#include <stddef.h>

/* More than any socket takes unread. */
#define N_LARGE ((size_t)8 << 20)

struct raw_peer {
    uv_loop_t uv;
    struct tidy_loop *loop;
    struct tidy_listener *listener;
    struct tidy_transport *transport; /* NULL until connection_made */
    int peer;                         /* the raw end; -1: closed */
    size_t n_drained;                 /* bytes that the peer has read unseen */
    size_t n_lost;
    bool is_refusing;
    /* Called from the protocol's callbacks; NULL: nothing. */
    void (*on_made)(struct raw_peer *f);
    void (*on_data)(struct raw_peer *f);
    void (*on_lost)(struct raw_peer *f);
    int result;       /* of what they tried */
    char notes[1024]; /* "made data:abc lost:0 " */
};

extern const struct tidy_protocol_ops raw_peer_ops;
/* An end of file closes the connection. */
extern const struct tidy_protocol_ops raw_peer_closing_ops;

void raw_peer_assert_peer_reads(struct raw_peer *f, const char *expected);
int raw_peer_borrow_text(struct raw_peer *f, const char *text);
void raw_peer_close_peer(struct raw_peer *f);
void raw_peer_connect_peer(struct raw_peer *f);
void raw_peer_connect_tcp(struct raw_peer *f);
void raw_peer_connect_unix(struct raw_peer *f);
void raw_peer_connect_unix_with(struct raw_peer *f,
                                const struct tidy_protocol_ops *protocol_ops);
bool raw_peer_is_lost(void *arg);
void raw_peer_listen_at(struct raw_peer *f,
                        const char *description,
                        const struct tidy_protocol_ops *protocol_ops);
void raw_peer_run_until(struct raw_peer *f, bool (*is_done)(void *arg));
void raw_peer_send_text(struct raw_peer *f, const char *text);
int raw_peer_set_up(void **state);
int raw_peer_tear_down(void **state);
void raw_peer_turn(struct raw_peer *f);
int raw_peer_write_text(struct raw_peer *f, const char *text);
void raw_peer_write_too_much(struct raw_peer *f);
/* For raw_peer_run_until(): the peer has read as much as is written too much. */
bool raw_peer_drain(void *arg);

#endif
