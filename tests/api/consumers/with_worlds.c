/* SPDX-License-Identifier: MIT */
/* A user's cmocka test that has options for worlds, too. */
#include <tidysock/adapters/cmocka_world.h>
#include <tidysock/tidysock.h>

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
    tidy_client_send(client, "hello", 5);
    tidy_client_expect(client, "hello", 5);
}

int main(int argc, char **argv)
{
    static const struct tidy_test tests[] = { TIDY_TEST(test_echo) };

    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
