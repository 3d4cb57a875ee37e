/* SPDX-License-Identifier: MIT */
#include "explore/pcapng.h"

#include "explore/words.h"

#include <string.h>

#define BLOCK_SECTION UINT32_C(0x0a0d0d0a)
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 6u
#define MAGIC UINT32_C(0x1a2b3c4d)
#define LINK_RAW_IP 101u

#define OPTION_COMMENT 1u
#define OPTION_APPLICATION 4u
#define OPTION_NAME 2u
#define OPTION_DESCRIPTION 3u
#define OPTION_RESOLUTION 9u
#define OPTION_FLAGS 2u

#define TEXT_MAX 1024

static void put16(FILE *out, unsigned value)
{
    fputc((int)(value & 0xff), out);
    fputc((int)(value >> 8 & 0xff), out);
}

static void put32(FILE *out, uint32_t value)
{
    put16(out, value & 0xffff);
    put16(out, value >> 16);
}

static size_t padded(size_t len)
{
    return (len + 3) / 4 * 4;
}

static void put_padded(FILE *out, const void *data, size_t len)
{
    size_t idx;

    fwrite(data, 1, len, out);
    for (idx = len; idx < padded(len); idx++)
        fputc(0, out);
}

/* Of an option with a value; 0 bytes are no option. */
static size_t option_size(size_t len)
{
    return len > 0 ? 4 + padded(len) : 0;
}

static void put_option(FILE *out, unsigned code, const void *data, size_t len)
{
    if (len == 0)
        return;
    put16(out, code);
    put16(out, (unsigned)len);
    put_padded(out, data, len);
}

size_t tidy__pcapng_text(char *text, size_t size, const char *from)
{
    size_t len = 0, n;

    while (*from && len + 8 < size) {
        n = tidy__explore_character(from);
        if (n > 0 || *from == '\n') {
            n = n > 0 ? n : 1;
            memcpy(text + len, from, n);
            len += n;
        } else {
            n = 1;
            len += (size_t)snprintf(text + len,
                                    size - len,
                                    "\\x%02x",
                                    (unsigned)(unsigned char)*from);
        }
        from += n;
    }
    text[len] = '\0';
    return len;
}

void tidy__pcapng_section(FILE *out, const char *comment)
{
    static const char application[] = "tidysock";
    size_t len = strlen(comment);
    size_t size = 28 + option_size(len) + option_size(sizeof(application) - 1);

    put32(out, BLOCK_SECTION);
    put32(out, (uint32_t)size + 4);
    put32(out, MAGIC);
    put16(out, 1); /* version 1.0 */
    put16(out, 0);
    put32(out, UINT32_MAX); /* of no known length */
    put32(out, UINT32_MAX);
    put_option(out, OPTION_COMMENT, comment, len);
    put_option(out, OPTION_APPLICATION, application, sizeof(application) - 1);
    put32(out, 0);
    put32(out, (uint32_t)size + 4);
}

void tidy__pcapng_interface(FILE *out, const char *name, const char *about)
{
    static const unsigned char resolution = 9; /* 10^-9 s */
    char name_text[TEXT_MAX], about_text[TEXT_MAX];
    size_t name_len = tidy__pcapng_text(name_text, sizeof(name_text), name);
    size_t about_len = tidy__pcapng_text(about_text, sizeof(about_text), about);
    size_t size = 20 + option_size(name_len) + option_size(about_len) +
                  option_size(1) + 4;

    put32(out, BLOCK_INTERFACE);
    put32(out, (uint32_t)size);
    put16(out, LINK_RAW_IP);
    put16(out, 0);
    put32(out, 0); /* packets of any length */
    put_option(out, OPTION_NAME, name_text, name_len);
    put_option(out, OPTION_DESCRIPTION, about_text, about_len);
    put_option(out, OPTION_RESOLUTION, &resolution, 1);
    put32(out, 0);
    put32(out, (uint32_t)size);
}

void tidy__pcapng_packet(FILE *out, const struct pcapng_packet *packet)
{
    const unsigned char flags[] = { (unsigned char)packet->direction, 0, 0, 0 };
    size_t comment_len = strlen(packet->comment);
    size_t size = 32 + padded(packet->n_bytes) + option_size(comment_len) +
                  option_size(sizeof(flags)) + 4;

    put32(out, BLOCK_PACKET);
    put32(out, (uint32_t)size);
    put32(out, (uint32_t)packet->interface);
    put32(out, (uint32_t)(packet->time_ns >> 32));
    put32(out, (uint32_t)packet->time_ns);
    put32(out, (uint32_t)packet->n_bytes);
    put32(out, (uint32_t)packet->len);
    put_padded(out, packet->bytes, packet->n_bytes);
    put_option(out, OPTION_COMMENT, packet->comment, comment_len);
    put_option(out, OPTION_FLAGS, flags, sizeof(flags));
    put32(out, 0);
    put32(out, (uint32_t)size);
}
