/* SPDX-License-Identifier: MIT */
#ifndef TIDY_NET_TRANSPORT_H
#define TIDY_NET_TRANSPORT_H

#include <stdint.h>

/* Running out of memory in a map is an error like any other. */
#define HASH_NONFATAL_OOM 1
#include "net/loop.h"
#include "net/task.h"
#include "net/write_queue.h"
#include <tidysock/protocol.h>
#include <tidysock/transport.h>

#include <uthash.h>
#include <uv.h>

/*
 *   NEW      a handle, no connection yet       -> OPEN, or ENDING (refused)
 *   OPEN     connection_made was called        -> ENDING, CLOSING
 *   ENDING   lose_connection was called        -> CLOSING
 *   CLOSING  uv_close() was called             -> LOST
 *   LOST     connection_lost was called; inert until the group frees it
 */
enum tidy__transport_state {
    TIDY__TRANSPORT_NEW,
    TIDY__TRANSPORT_OPEN,
    TIDY__TRANSPORT_ENDING,
    TIDY__TRANSPORT_CLOSING,
    TIDY__TRANSPORT_LOST,
};

/* Both addresses of a TCP connection in one comparable piece: IPv4 in its
 * IPv6-mapped form. The other end has the same with the halves exchanged. */
struct tidy__pair_end {
    unsigned char host[16];
    uint32_t port;
};
struct tidy__pair {
    struct tidy__pair_end near, far;
};

struct tidy_transport {
    struct tidy__memory memory; /* first: the loop may have to keep it */
    size_t size;                /* with the protocol's storage */
    struct tidy_transport *prev, *next;             /* in group->transports */
    struct tidy_transport *drain_prev, *drain_next; /* in loop->draining */
    struct tidy_loop *loop;
    struct tidy__group *group;
    struct tidy_protocol *protocol; /* in the same allocation, behind us */
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    int fd; /* the handle's */
    enum tidy__transport_state state;
    int reason; /* for connection_lost, once CLOSING */

    struct tidy__write_queue queue;
    union {
        uv_connect_t connect; /* while NEW; its data is the connector */
        uv_write_t write;
    } req;
    size_t n_in_flight; /* bytes of the queue that libuv has; 0: none */
    size_t high_water;
    int write_error;          /* 0, or why nothing can be written any more */
    struct tidy__task settle; /* flush, shut down, close: at the turn's end */

    struct tidy__pair pair; /* key in loop->by_pair */
    UT_hash_handle hh;
    struct tidy_transport *twin; /* borrowed: the other end, if it is ours */
    /* What it had read and written when it was closed. */
    uint64_t n_twin_read, n_twin_written;
    bool is_in_pairs;
    /* The other end was ours and ended by a reset that means end of file. */
    bool is_reset_an_eof;
    bool
        is_twin_closed; /* the other end was ours, and its descriptor is gone */

    bool is_tcp;
    bool is_refused;        /* by the factory */
    bool is_paused;         /* by the user */
    bool is_reading;        /* libuv is */
    bool has_eof;           /* the peer has ended its half */
    bool is_half_closing;   /* half_close was called */
    bool is_shut;           /* shutdown(SHUT_WR) was called */
    bool is_told_shut;      /* write_connection_lost was called */
    bool is_told_to_pause;  /* pause_producing was called */
    bool is_closing_at_eof; /* clean-up: end of file ends it in any case */
    bool is_draining;       /* in loop->draining */
    bool is_nodelay;        /* TCP_NODELAY is set */

    struct tidy_address local, peer;
    uint64_t n_read, n_written;
    /* Whose call made it, and how: "connected", "accepted". */
    const char *verb, *file;
    int line;
};

/*
 * A transport with its protocol's storage behind it, and its libuv handle ready
 * for connect or accept. NULL: out of memory.
 */
struct tidy_transport *tidy__transport_new(struct tidy_loop *loop,
                                           struct tidy__group *group,
                                           const struct tidy_factory *factory,
                                           bool is_tcp);

/* The connection is there; addresses that are known may have been set. Builds
 * the protocol: 0 and OPEN, or TIDY_EREFUSED and ENDING, which nobody hears of.
 * connection_made is not called yet. */
int tidy__transport_opened(struct tidy_transport *transport,
                           const struct tidy_factory *factory);

/* Call connection_made, begin to read, tell the group. */
void tidy__transport_made(struct tidy_transport *transport);

/* End one that never was OPEN; it frees itself. */
void tidy__transport_discard(struct tidy_transport *transport);

/* uv_close() with a reason; from any state before CLOSING. */
void tidy__transport_close(struct tidy_transport *transport, int reason);

/* abort, for a reason of ours. */
void tidy__transport_reset(struct tidy_transport *transport, int reason);

/* Close after the peer's end of file, which is sure to come: its end was ours
 * and is closed. What is unread is delivered, unless reading is paused. */
void tidy__transport_close_at_eof(struct tidy_transport *transport);

/* Is this error of a read the other end's way to end the connection? */
bool tidy__transport_is_eof(const struct tidy_transport *transport, int error);

/* Deliver what has arrived now, without waiting for the poller; from the loop. */
void tidy__transport_read_dry(struct tidy_transport *transport);

/* Start or stop libuv's reading as the state demands. */
void tidy__transport_update_reading(struct tidy_transport *transport);

/* Call write_connection_lost, if our half has ended and it was not told yet. */
void tidy__transport_tell_shut(struct tidy_transport *transport);

/* Do what can be done now: write, shut down, drain, close. */
void tidy__transport_settle(struct tidy_transport *transport);

/* settle now (outside the loop) or at the end of this turn (inside). */
void tidy__transport_settle_soon(struct tidy_transport *transport);

/* The end of a connection on which nothing more is to be written (end.c). */
void tidy__transport_try_end(struct tidy_transport *transport);
void tidy__transport_stop_draining(struct tidy_transport *transport);
void tidy__drain_on_alarm(struct tidy__alarm *alarm);

/* Bytes not yet taken by the peer's side: ours, and the kernel's as far as it
 * tells. */
size_t tidy__transport_n_untaken(const struct tidy_transport *transport);

/* Free one that is LOST (or discarded), taken out of its group. */
void tidy__transport_free(struct tidy_transport *transport);
void tidy__transport_free_lost(struct tidy_transport *transport);

/* Find the other end among the loop's transports (twins.c). */
void tidy__twins_add(struct tidy_transport *transport);
void tidy__twins_remove(struct tidy_transport *transport);
/* Its memory goes. */
void tidy__twins_forget(struct tidy_transport *transport);

#endif
