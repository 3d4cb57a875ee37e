/* SPDX-License-Identifier: MIT */
#include "support/client_script.h"

#include <stdio.h>
#include <string.h>

struct script script;

void set_script(const char *data, size_t len, enum script_ending ending)
{
    memset(&script, 0, sizeof(script));
    script.data = data;
    script.len = len;
    script.ending = ending;
}

static void on_made(struct tidy_protocol *self)
{
    script.server = self;
    tidy_transport_write(self->transport, script.data, script.len);
    if (script.ending == CLOSES)
        tidy_transport_lose_connection(self->transport);
}

static void on_data(struct tidy_protocol *self, const void *data, size_t len)
{
    if (script.ending == RESETS)
        tidy_transport_abort(self->transport);
    else
        strncat(script.heard, data, len);
}

static void on_eof(struct tidy_protocol *self)
{
    strcat(script.heard, "(eof)");
    tidy_transport_lose_connection(self->transport);
}

static const struct tidy_protocol_ops script_ops = {
    .connection_made = on_made,
    .data_received = on_data,
    .read_connection_lost = on_eof,
};

struct tidy_client *connect_client(struct tidy_case *t)
{
    tidy_case_listen(
        t,
        tidy_case_server(t),
        tidy_factory_of(&script_ops, sizeof(struct tidy_protocol)));
    return tidy_case_connect(t, tidy_case_server(t));
}

void assert_passes(tidy_body_cb body)
{
    assert_case_passes(body, TIDY_TCP);
    assert_case_passes(body, TIDY_UNIX);
}

void assert_fails(tidy_body_cb body, int result, const char *report)
{
    const struct tidy_test test = { .name = "t",
                                    .body = body,
                                    .deadline_ns = result == TIDY_EDEADLINE
                                                       ? TIDY_MS(200)
                                                       : 0 };
    char text[4096];

    snprintf(text, sizeof(text), "t[tcp]: %s", report);
    assert_case(&test, TIDY_TCP, result, text);
    snprintf(text, sizeof(text), "t[unix]: %s", report);
    assert_case(&test, TIDY_UNIX, result, text);
}
