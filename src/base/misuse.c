/* SPDX-License-Identifier: MIT */
/*
 * The one place where the library writes to standard error and ends the
 * process. The sentence leaves in one write(2), so that it is whole even when
 * other threads or processes write too; nothing is allocated for it.
 */
#include "base/misuse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A longer sentence is cut off. */
#define SENTENCE_MAX 1024

void tidy__misuse(const char *fmt, ...)
{
    char sentence[SENTENCE_MAX] = "tidysock: ";
    size_t len = strlen(sentence);
    va_list args;

    va_start(args, fmt);
    vsnprintf(sentence + len, sizeof(sentence) - len - 1, fmt, args);
    va_end(args);

    len = strlen(sentence);
    sentence[len++] = '\n';
    /* Whether it could be written or not, the process ends. */
    if (write(STDERR_FILENO, sentence, len) < 0)
        abort();
    abort();
}
