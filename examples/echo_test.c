/* SPDX-License-Identifier: MIT */
/*
 * The shortest test that is one: a server, a client, two lines. It runs on a
 * TCP port that the kernel chooses and on a Unix socket.
 */
#include <tidysock/adapters/cmocka.h>
#include <tidysock/tidysock.h>

struct echo { /* one per connection, zeroed, yours */
    struct tidy_protocol base;
    size_t n_echoed;
};

static void
echo_data_received(struct tidy_protocol *self, const void *data, size_t len)
{
    tidy_transport_write(self->transport, data, len);
    tidy_container_of(self, struct echo, base)->n_echoed += len;
}

static const struct tidy_protocol_ops echo_ops = {
    .data_received = echo_data_received,
};

static void test_echo(struct tidy_case *t)
{
    struct tidy_server *server = tidy_case_server(t);
    struct tidy_client *client;

    tidy_case_listen(
        t, server, tidy_factory_of(&echo_ops, sizeof(struct echo)));
    client = tidy_case_connect(t, server);
    tidy_client_send(client, "hello\r\n", 7);
    tidy_client_expect(client, "hello\r\n", 7);
} /* clean-up and leak check: done for you */

int main(void)
{
    const struct tidy_test tests[] = { TIDY_TEST(test_echo) };

    return tidy_cmocka_run(tests, TIDY_COUNT(tests));
}
