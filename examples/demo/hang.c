/* SPDX-License-Identifier: MIT */
/*
 * Tests that wait for what never comes, on purpose. The first could still be
 * answered, and is given up at its deadline; of the second it is known at once
 * that nobody is left to answer it.
 */
#include <tidysock/adapters/cmocka.h>
#include <tidysock/tidysock.h>

static const struct tidy_protocol_ops silent_ops = { 0 };

static struct tidy_factory silent_factory(void)
{
    return tidy_factory_of(&silent_ops, sizeof(struct tidy_protocol));
}

static void test_answer(struct tidy_case *t)
{
    struct tidy_server *server = tidy_case_server(t);
    struct tidy_client *client;

    tidy_case_listen(t, server, silent_factory());
    client = tidy_case_connect(t, server);
    tidy_client_send(client, "PING\r\n", 6);
    tidy_client_expect_line(client, "PONG");
}

static void test_result(struct tidy_case *t)
{
    struct tidy_deferred *result = tidy_case_deferred(t, "result");

    tidy_case_await(t, result);
}

int main(void)
{
    const struct tidy_test tests[] = {
        TIDY_TEST_ON(TIDY_TCP, test_answer, .deadline_ns = TIDY_MS(300)),
        TIDY_TEST_ON(TIDY_NO_SERVER, test_result),
    };

    return tidy_cmocka_run(tests, TIDY_COUNT(tests));
}
