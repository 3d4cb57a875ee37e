/* SPDX-License-Identifier: MIT */
/*
 * Text for people. What is written depends on the arguments only, never on the
 * locale, and holds no control characters: it may go to any terminal or log.
 */
#include "base/text.h"

#include <tidysock/common.h>

static void escape_byte(FILE *out, unsigned char byte)
{
    static const char plain[] = "\n\r\t\\\"", named[] = "nrt\\\"";

    for (size_t idx = 0; idx < sizeof(plain) - 1; idx++) {
        if (byte == (unsigned char)plain[idx]) {
            fprintf(out, "\\%c", named[idx]);
            return;
        }
    }
    if (byte >= 0x20 && byte < 0x7f)
        fputc(byte, out);
    else
        fprintf(out, "\\x%02x", byte);
}

void tidy__text_escape(FILE *out,
                       const void *data,
                       size_t len,
                       size_t max_bytes)
{
    const unsigned char *bytes = data;

    for (size_t idx = 0; idx < len && idx < max_bytes; idx++)
        escape_byte(out, bytes[idx]);
    if (len > max_bytes)
        fprintf(out, "... (%zu bytes)", len);
}

/* value / unit with up to three decimals, without zeros at the end. */
static void write_in_unit(FILE *out,
                          unsigned long long value,
                          unsigned long long unit,
                          const char *name)
{
    unsigned long long thousandths = value % unit * 1000 / unit;
    int n_digits = 3;

    fprintf(out, "%llu", value / unit);
    while (thousandths && thousandths % 10 == 0) {
        thousandths /= 10;
        n_digits--;
    }
    if (thousandths)
        fprintf(out, ".%0*llu", n_digits, thousandths);
    fprintf(out, " %s", name);
}

void tidy__text_duration(FILE *out, unsigned long long duration_ns)
{
    if (duration_ns >= TIDY_S(1) || duration_ns == 0)
        write_in_unit(out, duration_ns, TIDY_S(1), "s");
    else if (duration_ns >= TIDY_MS(1))
        write_in_unit(out, duration_ns, TIDY_MS(1), "ms");
    else if (duration_ns >= TIDY_US(1))
        write_in_unit(out, duration_ns, TIDY_US(1), "us");
    else
        write_in_unit(out, duration_ns, 1, "ns");
}
