/* SPDX-License-Identifier: MIT */
#ifndef TIDY_BASE_BUFFER_H
#define TIDY_BASE_BUFFER_H

#include <stddef.h>

/*
 * A queue of bytes: appended at the end, taken from the front. Taking is cheap;
 * the bytes that are left move only when room is needed.
 */
struct tidy__buffer {
    unsigned char *storage; /* owned; NULL while empty and never grown */
    size_t start;           /* idx of the first byte in storage */
    size_t len;             /* bytes held */
    size_t capacity;        /* bytes of storage */
};

/* The first byte; NULL or valid until the next append. */
unsigned char *tidy__buffer_data(const struct tidy__buffer *buffer);
/* 0 or -ENOMEM, and then nothing was appended. */
int tidy__buffer_append(struct tidy__buffer *buffer,
                        const void *data,
                        size_t len);
/* Put a NUL behind the last byte, not counted and not appended: the data is a
 * text until the next append. 0 or -ENOMEM. */
int tidy__buffer_terminate(struct tidy__buffer *buffer);
/* Take n_bytes from the front; at most len. */
void tidy__buffer_consume(struct tidy__buffer *buffer, size_t n_bytes);
/* Free the storage; the buffer is empty and usable afterwards. */
void tidy__buffer_deinit(struct tidy__buffer *buffer);

#endif
