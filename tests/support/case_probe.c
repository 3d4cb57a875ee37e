/* SPDX-License-Identifier: MIT */
/*
 * Masking goes through a report once, from left to right: at each place the
 * first mask that knows what stands there takes it, else one character is
 * copied.
 */
#include "support/case_probe.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REPORT_MAX 16384
#define N_PORTS 8

/* ------------------------------------------------------------------ masking */

struct masking {
    const char *from; /* the next character of the report */
    char *to, *end;   /* where its mask goes */
    unsigned long ports[N_PORTS];
    size_t n_ports;
};

static void put(struct masking *masking, const char *text)
{
    size_t len = strlen(text);

    assert_true(masking->to + len < masking->end);
    memcpy(masking->to, text, len);
    masking->to += len;
}

/* Take a text, and put it as it is; false: something else stands here. */
static bool take(struct masking *masking, const char *text)
{
    if (strncmp(masking->from, text, strlen(text)) != 0)
        return false;
    masking->from += strlen(text);
    put(masking, text);
    return true;
}

static void skip_digits(struct masking *masking)
{
    masking->from += strspn(masking->from, "0123456789.");
}

static bool mask_port(struct masking *masking)
{
    unsigned long port;
    size_t idx = 0;
    char name[16];

    if (!take(masking, "127.0.0.1:") && !take(masking, "[::1]:"))
        return false;
    port = strtoul(masking->from, NULL, 10);
    skip_digits(masking);
    while (idx < masking->n_ports && masking->ports[idx] != port)
        idx++;
    assert_true(idx < N_PORTS);
    if (idx == masking->n_ports)
        masking->ports[masking->n_ports++] = port;
    snprintf(name, sizeof(name), "PORT%zu", idx + 1);
    put(masking, name);
    return true;
}

static bool mask_time(struct masking *masking)
{
    if (!take(masking, "due in "))
        return false;
    skip_digits(masking);
    put(masking, "#");
    return true;
}

/* A word that begins here: an absolute path, or one of the build's own. */
static size_t path_len(const struct masking *masking)
{
    size_t len = strcspn(masking->from, " \n,;:)\"");

    return memchr(masking->from, '/', len) ? len : 0;
}

static bool mask_private(struct masking *masking)
{
    size_t len = path_len(masking);
    const char *dir = strstr(masking->from, "/tidysock-");
    const char *name;

    if (!len || !dir || dir >= masking->from + len)
        return false;
    put(masking, "PRIVATE");
    masking->from += len;
    name = strchr(dir + 1, '/');
    if (!name || name >= masking->from)
        return true;
    put(masking, "/");
    *masking->to++ = name[1];
    put(masking, "#");
    name += 2;
    while (isdigit((unsigned char)*name))
        name++;
    while (name < masking->from)
        *masking->to++ = *name++;
    return true;
}

static bool mask_function(struct masking *masking)
{
    if (!take(masking, "+0x"))
        return false;
    masking->from += strspn(masking->from, "0123456789abcdef");
    put(masking, "#");
    return true;
}

/* A line of the library moves with every change of it. */
static bool mask_library(struct masking *masking)
{
    size_t len = path_len(masking);
    const char *src = strstr(masking->from, "src/");
    const char *name;

    if (!len || masking->from[len] != ':' || !src || src > masking->from + len)
        return false;
    name = masking->from + len;
    while (name[-1] != '/')
        name--;
    while (name < masking->from + len)
        *masking->to++ = *name++;
    masking->from += len + 1;
    skip_digits(masking);
    put(masking, ":#");
    return true;
}

static bool mask_column(struct masking *masking)
{
    if (strncmp(masking->from, "   ", 3) != 0)
        return false;
    masking->from += strspn(masking->from, " ");
    put(masking, "  ");
    return true;
}

static bool is_at_word(const char *report, const struct masking *masking)
{
    return masking->from == report || strchr(" \n(\":", masking->from[-1]);
}

const char *case_probe_masked(const char *report)
{
    static char masked[REPORT_MAX];
    struct masking masking = { .from = report,
                               .to = masked,
                               .end = masked + sizeof(masked) - 1 };

    while (*masking.from) {
        if (mask_port(&masking) || mask_time(&masking) ||
            mask_column(&masking) || mask_function(&masking))
            continue;
        if (is_at_word(report, &masking) &&
            (mask_private(&masking) || mask_library(&masking)))
            continue;
        assert_true(masking.to < masking.end);
        *masking.to++ = *masking.from++;
    }
    *masking.to = '\0';
    return masked;
}

/* ------------------------------------------------------------------ running */

/* Everything of these tests runs inside tidy_case_run(): this is not needed. */
static void fail_outside(const char *file, int line, const char *text)
{
    print_error("%s:%d: the host was told to fail: %s\n", file, line, text);
    abort();
}

const struct tidy_host case_probe_host = {
    .fail = fail_outside,
};

void case_probe_check(const struct tidy_test *test,
                      unsigned transport,
                      int result,
                      const char *report,
                      const char *file,
                      int line)
{
    struct tidy_case *t = NULL;
    char masked[REPORT_MAX];
    int got;

    got = tidy_case_begin(test, transport, &case_probe_host, &t, NULL);
    if (got < 0) {
        print_error("the case did not begin: %s\n", tidy_error_name(got));
        _fail(file, line);
    }
    tidy_case_run(t);
    got = tidy_case_end(t);
    snprintf(
        masked, sizeof(masked), "%s", case_probe_masked(tidy_case_report(t)));
    tidy_case_free(t);
    if (got != result || strcmp(masked, report) != 0) {
        print_error("%s, not %s\n--- expected\n%s\n--- reported\n%s\n---\n",
                    tidy_error_name(got),
                    tidy_error_name(result),
                    report,
                    masked);
        _fail(file, line);
    }
}
