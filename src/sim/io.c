/* SPDX-License-Identifier: MIT */
/*
 * Bytes between a call's buffers and a file's.
 */
#include "base/buffer.h"
#include "sim/file.h"

#include <string.h>

/* Where an io goes on: the part of the next buffer that lies behind an offset
 * and is at most as long as len. False: none is left. */
struct cursor {
    const struct sim_io *io;
    size_t idx, offset, len;
};

static bool next_part(struct cursor *cursor, char **ret_data, size_t *ret_len)
{
    while (cursor->idx < cursor->io->n_iov && cursor->len > 0) {
        const struct iovec *iov = &cursor->io->iov[cursor->idx++];

        if (iov->iov_len <= cursor->offset) {
            cursor->offset -= iov->iov_len;
            continue;
        }
        *ret_data = (char *)iov->iov_base + cursor->offset;
        *ret_len = iov->iov_len - cursor->offset;
        if (*ret_len > cursor->len)
            *ret_len = cursor->len;
        cursor->offset = 0;
        cursor->len -= *ret_len;
        return true;
    }
    return false;
}

size_t tidy__sim_io_put(const struct sim_io *io,
                        size_t offset,
                        const void *data,
                        size_t len)
{
    struct cursor cursor = { .io = io, .offset = offset, .len = len };
    const char *from = data;
    char *part;
    size_t n;

    while (next_part(&cursor, &part, &n)) {
        memcpy(part, from, n);
        from += n;
    }
    return len - cursor.len;
}

size_t
tidy__sim_io_get(const struct sim_io *io, size_t offset, void *data, size_t len)
{
    struct cursor cursor = { .io = io, .offset = offset, .len = len };
    char *to = data, *part;
    size_t n;

    while (next_part(&cursor, &part, &n)) {
        memcpy(to, part, n);
        to += n;
    }
    return len - cursor.len;
}

int tidy__sim_io_queue(const struct sim_io *io,
                       size_t offset,
                       size_t len,
                       struct tidy__buffer *buffer)
{
    struct cursor cursor = { .io = io, .offset = offset, .len = len };
    char *part;
    size_t n;

    while (next_part(&cursor, &part, &n)) {
        int result = tidy__buffer_append(buffer, part, n);

        if (result < 0)
            return result;
    }
    return 0;
}

#define FNV_OFFSET UINT32_C(0x811c9dc5)
#define FNV_PRIME UINT32_C(0x01000193)

uint32_t tidy__sim_io_digest(const struct sim_io *io, size_t len)
{
    struct cursor cursor = { .io = io, .len = len };
    uint32_t digest = FNV_OFFSET;
    char *part;
    size_t n, idx;

    while (next_part(&cursor, &part, &n)) {
        for (idx = 0; idx < n; idx++)
            digest = (digest ^ (unsigned char)part[idx]) * FNV_PRIME;
    }
    return digest;
}
