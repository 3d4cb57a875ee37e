/* SPDX-License-Identifier: MIT */
/*
 * A server with a script, for tests of the client for test bodies: what it sends
 * as soon as a client is there, and how it ends the connection then.
 */
#ifndef TIDY_TESTS_CLIENT_SCRIPT_H
#define TIDY_TESTS_CLIENT_SCRIPT_H

#include "support/case_probe.h"
#include <tidysock/tidysock.h>

enum script_ending {
    STAYS,
    CLOSES,
    RESETS, /* when it hears something */
};

struct script {
    const char *data;
    size_t len;
    enum script_ending ending;
    struct tidy_protocol *server; /* the other end; NULL: not there yet */
    char heard[64];
};

extern struct script script;

/* A script that begins: SCRIPT("text with \0 in it", CLOSES). */
#define SCRIPT(text, ending) set_script((text), sizeof(text) - 1, (ending))
void set_script(const char *data, size_t len, enum script_ending ending);

/* The case's server listens with the script, and a client is connected to it. */
struct tidy_client *connect_client(struct tidy_case *t);

/* Run a body on both transports: it passes, or fails with a result and a report
 * that begins with the test's name. */
void assert_passes(tidy_body_cb body);
void assert_fails(tidy_body_cb body, int result, const char *report);

#endif
