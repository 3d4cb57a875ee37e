/* SPDX-License-Identifier: MIT */
#include "bugs/bugs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

unsigned bug_slowness = 1;

const struct bug *bug_find(const char *name)
{
    size_t idx;

    for (idx = 0; bugs[idx]; idx++)
        if (strcmp(bugs[idx]->name, name) == 0)
            return bugs[idx];
    return NULL;
}

void bug_fail(const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (tidy_world_is_inside())
        tidy_world_fail("%s", text);
    fprintf(stderr, "%s\n", text);
    _exit(BUG_SHOWN);
}

unsigned bug_ms(unsigned ms)
{
    return tidy_world_is_inside() ? ms : ms * bug_slowness;
}
