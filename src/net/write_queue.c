/* SPDX-License-Identifier: MIT */
/*
 * Queues of bytes to write.
 *
 * Chunks never move, because libuv may be writing from them, and the last copy
 * may grow in place while it does. A zero-length borrowed write is a chunk too:
 * its callback comes in order.
 */
#include "net/write_queue.h"

#include "base/alloc.h"
#include "base/guard.h"

#include <errno.h>
#include <string.h>
#include <utlist.h>

/* Room in a chunk of copies, so that small writes share one. With its head it
 * is of a size that malloc(3) keeps at hand. */
#define CHUNK_SIZE 512

struct tidy__chunk {
    struct tidy__chunk *prev, *next; /* in chunks or written */
    const char *data;                /* the first byte not written yet */
    size_t len;                      /* bytes from there */
    size_t n_free;                   /* bytes unused behind them; copies only */
    tidy_written_cb cb;              /* borrowed chunks only */
    void *arg;
    int status; /* for cb */
    char copy[];
};

static struct tidy__chunk *append_chunk(struct tidy__write_queue *queue,
                                        size_t capacity)
{
    struct tidy__chunk *chunk;

    if (capacity > SIZE_MAX - sizeof(*chunk))
        return NULL;
    chunk = tidy__alloc(sizeof(*chunk) + capacity);
    if (!chunk)
        return NULL;
    *chunk = (struct tidy__chunk){ .data = chunk->copy, .n_free = capacity };
    DL_APPEND(queue->chunks, chunk);
    return chunk;
}

/* The last chunk, if it is a copy with room for len bytes. */
static struct tidy__chunk *shared_chunk(const struct tidy__write_queue *queue,
                                        size_t len)
{
    struct tidy__chunk *last = queue->chunks ? queue->chunks->prev : NULL;

    return last && !last->cb && last->n_free >= len ? last : NULL;
}

int tidy__write_queue_copy(struct tidy__write_queue *queue,
                           const void *data,
                           size_t len)
{
    struct tidy__chunk *chunk = shared_chunk(queue, len);

    if (len == 0)
        return 0;
    if (!chunk)
        chunk = append_chunk(queue, len > CHUNK_SIZE ? len : CHUNK_SIZE);
    if (!chunk)
        return -ENOMEM;
    memcpy(chunk->copy + (chunk->data - chunk->copy) + chunk->len, data, len);
    chunk->len += len;
    chunk->n_free -= len;
    queue->n_bytes += len;
    return 0;
}

int tidy__write_queue_borrow(struct tidy__write_queue *queue,
                             const void *data,
                             size_t len,
                             tidy_written_cb cb,
                             void *arg)
{
    struct tidy__chunk *chunk = append_chunk(queue, 0);

    if (!chunk)
        return -ENOMEM;
    chunk->data = data;
    chunk->len = len;
    chunk->cb = cb;
    chunk->arg = arg;
    queue->n_bytes += len;
    return 0;
}

unsigned tidy__write_queue_peek(const struct tidy__write_queue *queue,
                                uv_buf_t *bufs,
                                unsigned max_bufs,
                                size_t *ret_len)
{
    const struct tidy__chunk *chunk;
    unsigned n_bufs = 0;

    *ret_len = 0;
    DL_FOREACH(queue->chunks, chunk) {
        if (n_bufs == max_bufs)
            break;
        if (chunk->len == 0)
            continue;
        /* libuv only reads from it; its type just cannot say so. */
        bufs[n_bufs].base = (char *)(uintptr_t)chunk->data;
        bufs[n_bufs++].len = chunk->len;
        *ret_len += chunk->len;
    }
    return n_bufs;
}

/* Borrowed chunks wait for their callback; copies are done. */
static void finish_chunk(struct tidy__write_queue *queue,
                         struct tidy__chunk *chunk,
                         int status)
{
    DL_DELETE(queue->chunks, chunk);
    if (!chunk->cb) {
        tidy__dealloc(chunk);
        return;
    }
    chunk->status = status;
    DL_APPEND(queue->written, chunk);
}

void tidy__write_queue_consume(struct tidy__write_queue *queue, size_t n_bytes)
{
    struct tidy__chunk *chunk, *next;

    queue->n_bytes -= n_bytes;
    DL_FOREACH_SAFE(queue->chunks, chunk, next) {
        size_t n = n_bytes < chunk->len ? n_bytes : chunk->len;

        chunk->data += n;
        chunk->len -= n;
        n_bytes -= n;
        if (chunk->len > 0)
            return;
        finish_chunk(queue, chunk, 0);
    }
}

void tidy__write_queue_cancel(struct tidy__write_queue *queue, int status)
{
    struct tidy__chunk *chunk, *next;

    queue->n_bytes = 0;
    DL_FOREACH_SAFE(queue->chunks, chunk, next)
        finish_chunk(queue, chunk, status);
}

void tidy__write_queue_call_back(struct tidy__write_queue *queue)
{
    struct tidy__chunk *chunk;

    while ((chunk = queue->written) != NULL) {
        DL_DELETE(queue->written, chunk);
        TIDY__GUARDED(chunk->cb(chunk->status, chunk->arg));
        tidy__dealloc(chunk);
    }
}

static void drop(struct tidy__chunk **list)
{
    struct tidy__chunk *chunk, *next;

    DL_FOREACH_SAFE(*list, chunk, next) {
        DL_DELETE(*list, chunk);
        tidy__dealloc(chunk);
    }
}

void tidy__write_queue_deinit(struct tidy__write_queue *queue)
{
    drop(&queue->chunks);
    drop(&queue->written);
    queue->n_bytes = 0;
}
