/* SPDX-License-Identifier: MIT */
/*
 * The byte queue.
 *
 * Invariant: start + len <= capacity. Taking moves start only. Appending uses
 * the room behind the bytes; when that is too small the bytes move to the front
 * of the storage, which grows only if they fill more than half of what would be
 * needed: so each byte is moved a bounded number of times on average, and a
 * queue that is drained as fast as it is filled never grows.
 */
#include "base/buffer.h"

#include "base/alloc.h"
#include "base/misuse.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define CAPACITY_MIN 256

unsigned char *tidy__buffer_data(const struct tidy__buffer *buffer)
{
    return buffer->len ? buffer->storage + buffer->start : NULL;
}

static void move_to_front(struct tidy__buffer *buffer)
{
    if (buffer->len)
        memmove(buffer->storage, buffer->storage + buffer->start, buffer->len);
    buffer->start = 0;
}

/* Twice what is needed, if that can be counted. */
static size_t roomy(size_t needed)
{
    if (needed < CAPACITY_MIN)
        return CAPACITY_MIN;
    return needed <= SIZE_MAX / 2 ? needed * 2 : needed;
}

static int grow(struct tidy__buffer *buffer, size_t needed)
{
    size_t capacity = roomy(needed);
    unsigned char *storage = tidy__alloc(capacity);

    if (!storage)
        return -ENOMEM;
    if (buffer->len)
        memcpy(storage, buffer->storage + buffer->start, buffer->len);
    tidy__dealloc(buffer->storage);
    buffer->storage = storage;
    buffer->start = 0;
    buffer->capacity = capacity;
    return 0;
}

static int make_room(struct tidy__buffer *buffer, size_t len)
{
    if (len > SIZE_MAX - buffer->len)
        return -ENOMEM;
    if (len <= buffer->capacity - buffer->start - buffer->len)
        return 0;
    if (buffer->len + len > buffer->capacity / 2)
        return grow(buffer, buffer->len + len);
    move_to_front(buffer);
    return 0;
}

int tidy__buffer_append(struct tidy__buffer *buffer,
                        const void *data,
                        size_t len)
{
    int result;

    if (!len)
        return 0;
    result = make_room(buffer, len);
    if (result)
        return result;
    memcpy(buffer->storage + buffer->start + buffer->len, data, len);
    buffer->len += len;
    return 0;
}

int tidy__buffer_terminate(struct tidy__buffer *buffer)
{
    int result = tidy__buffer_append(buffer, "", 1);

    if (result == 0)
        buffer->len--;
    return result;
}

void tidy__buffer_consume(struct tidy__buffer *buffer, size_t n_bytes)
{
    TIDY_REQUIRE(n_bytes <= buffer->len,
                 "tidy__buffer_consume: %zu bytes of %zu",
                 n_bytes,
                 buffer->len);
    buffer->start += n_bytes;
    buffer->len -= n_bytes;
    if (!buffer->len)
        buffer->start = 0;
}

void tidy__buffer_deinit(struct tidy__buffer *buffer)
{
    tidy__dealloc(buffer->storage);
    *buffer = (struct tidy__buffer){ 0 };
}
