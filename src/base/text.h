/* SPDX-License-Identifier: MIT */
#ifndef TIDY_BASE_TEXT_H
#define TIDY_BASE_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Write bytes so that a person can read them: printable ASCII as it is, the
 * rest as \n \r \t \\ \" or \xHH. After max_bytes comes "... (N bytes)". */
void tidy__text_escape(FILE *out,
                       const void *data,
                       size_t len,
                       size_t max_bytes);

/* A duration for people: "5 s", "1.5 s", "30.0 s" is never written, "20 ms". */
void tidy__text_duration(FILE *out, unsigned long long duration_ns);

#endif
