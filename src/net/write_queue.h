/* SPDX-License-Identifier: MIT */
#ifndef TIDY_NET_WRITE_QUEUE_H
#define TIDY_NET_WRITE_QUEUE_H

#include <tidysock/transport.h>

#include <stddef.h>
#include <uv.h>

struct tidy__chunk;

/*
 * The bytes that a transport has yet to hand to the kernel, in chunks: copies
 * of ours, which small writes share, and borrowed ones, each with a callback.
 * A chunk that is through, or never will be, waits among the written until its
 * callback can be called.
 */
struct tidy__write_queue {
    struct tidy__chunk *chunks;  /* DL, owned */
    struct tidy__chunk *written; /* DL, owned */
    size_t n_bytes;
};

/* 0 or -ENOMEM; nothing was queued then. */
int tidy__write_queue_copy(struct tidy__write_queue *queue,
                           const void *data,
                           size_t len);
int tidy__write_queue_borrow(struct tidy__write_queue *queue,
                             const void *data,
                             size_t len,
                             tidy_written_cb cb,
                             void *arg);
/* The first bytes queued, in up to max_bufs pieces; returns their number. */
unsigned tidy__write_queue_peek(const struct tidy__write_queue *queue,
                                uv_buf_t *bufs,
                                unsigned max_bufs,
                                size_t *ret_len);
/* The first n_bytes are with the kernel. */
void tidy__write_queue_consume(struct tidy__write_queue *queue, size_t n_bytes);
/* None of the rest ever will be. */
void tidy__write_queue_cancel(struct tidy__write_queue *queue, int status);
/* Call the callbacks that are due, in order. */
void tidy__write_queue_call_back(struct tidy__write_queue *queue);
/* Drop everything, calling nothing. */
void tidy__write_queue_deinit(struct tidy__write_queue *queue);

#endif
