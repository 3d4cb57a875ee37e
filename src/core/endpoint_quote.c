/* SPDX-License-Identifier: MIT */
/*
 * The way back: a text as one argument of a description. An `=` is not escaped,
 * as in Twisted, so what holds one must be given by name.
 */
#include "base/alloc.h"
#include "base/misuse.h"
#include <tidysock/endpoint.h>

#include <string.h>

static bool is_special(char c)
{
    return c == ':' || c == '\\';
}

static size_t quoted_len(const char *text)
{
    size_t len = strlen(text);

    for (; *text; text++)
        len += is_special(*text);
    return len;
}

char *tidy_endpoint_quote(const char *text)
{
    char *quoted, *out;

    TIDY_REQUIRE(text, "tidy_endpoint_quote: the text is NULL");
    quoted = tidy__alloc(quoted_len(text) + 1);
    if (!quoted)
        return NULL;
    out = quoted;
    for (; *text; text++) {
        if (is_special(*text))
            *out++ = '\\';
        *out++ = *text;
    }
    *out = '\0';
    return quoted;
}

char *tidy_string_free(char *string)
{
    return tidy__dealloc(string);
}
