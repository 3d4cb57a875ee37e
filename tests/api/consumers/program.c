/* SPDX-License-Identifier: MIT */
/*
 * A user of the installed library, without a test framework and without libuv
 * of its own: an echo server and a client, on TCP and on a Unix socket.
 */
#include <tidysock/tidysock.h>

#include <stdio.h>
#include <stdlib.h>

static void echo(struct tidy_protocol *self, const void *data, size_t len)
{
    tidy_transport_write(self->transport, data, len);
}

static const struct tidy_protocol_ops echo_ops = { .data_received = echo };

static void test_echo(struct tidy_case *t)
{
    struct tidy_server *server = tidy_case_server(t);
    struct tidy_client *client;

    tidy_case_listen(
        t, server, tidy_factory_of(&echo_ops, sizeof(struct tidy_protocol)));
    client = tidy_case_connect(t, server);
    tidy_client_send(client, "hello\n", 6);
    tidy_client_expect(client, "hello\n", 6);
}

static void fail(const char *file, int line, const char *text)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, text);
    exit(1);
}

static void run_on(unsigned transport)
{
    static const struct tidy_host host = { .fail = fail };
    static const struct tidy_test test = TIDY_TEST(test_echo);
    struct tidy_failure *failure = NULL;
    struct tidy_case *t;

    if (tidy_case_begin(&test, transport, &host, &t, &failure)) {
        fprintf(stderr, "%s\n", tidy_failure_text(failure));
        exit(1);
    }
    tidy_case_run(t);
    if (tidy_case_end(t)) {
        fprintf(stderr, "%s\n", tidy_case_report(t));
        exit(1);
    }
    printf("%s passed\n", tidy_case_name(t));
    tidy_case_free(t);
}

int main(void)
{
    run_on(TIDY_TCP);
    run_on(TIDY_UNIX);
    return 0;
}
