/* SPDX-License-Identifier: MIT */
/*
 * Names and texts of codes, from three sources that do not overlap: the C
 * library's for -errno, a small table of what libuv adds to them, and our own
 * table. libuv's values are part of its binary interface, so they stand here as
 * numbers: this layer does not know <uv.h>.
 */
#include <tidysock/error.h>

#include <limits.h>
#include <string.h>

struct entry {
    int code;
    const char *name, *text;
};

static const struct entry table[] = {
#define ENTRY(name, value, text) { (value), #name, (text) },
    TIDY_ERROR_TABLE(ENTRY)
#undef ENTRY
        { 0, "OK", "success" },
    { -4095, "EOF", "end of file" },
    { -4080, "ECHARSET", "invalid Unicode character" },
    { -4028, "EFTYPE", "inappropriate file type or format" },
    { -3000, "EAI_ADDRFAMILY", "address family not supported" },
    { -3001, "EAI_AGAIN", "temporary failure" },
    { -3002, "EAI_BADFLAGS", "bad ai_flags value" },
    { -3003, "EAI_CANCELED", "request canceled" },
    { -3004, "EAI_FAIL", "permanent failure" },
    { -3005, "EAI_FAMILY", "ai_family not supported" },
    { -3006, "EAI_MEMORY", "out of memory" },
    { -3007, "EAI_NODATA", "no address" },
    { -3008, "EAI_NONAME", "unknown node or service" },
    { -3009, "EAI_OVERFLOW", "argument buffer overflow" },
    { -3010, "EAI_SERVICE", "service not available for socket type" },
    { -3011, "EAI_SOCKTYPE", "socket type not supported" },
    { -3013, "EAI_BADHINTS", "invalid value for hints" },
    { -3014, "EAI_PROTOCOL", "resolved protocol is unknown" },
};

static const struct entry *find(int code)
{
    for (size_t idx = 0; idx < TIDY_COUNT(table); idx++)
        if (table[idx].code == code)
            return &table[idx];
    return NULL;
}

static bool is_errno(int code)
{
    return code < 0 && code != INT_MIN && strerrorname_np(-code);
}

const char *tidy_error_name(int code)
{
    const struct entry *entry = find(code);

    if (entry)
        return entry->name;
    return is_errno(code) ? strerrorname_np(-code) : "UNKNOWN";
}

const char *tidy_strerror(int code)
{
    const struct entry *entry = find(code);

    if (entry)
        return entry->text;
    return is_errno(code) ? strerrordesc_np(-code) : "unknown error";
}
