/* SPDX-License-Identifier: MIT */
/*
 * Network tests in a group of cmocka's that is there already, beside tests that
 * know nothing of tidysock. The group's own setup and its state stay as they
 * are.
 */
#include <tidysock/adapters/cmocka.h>
#include <tidysock/tidysock.h>

#include <ctype.h>

/* ---- The code under test: it shouts, as a function and as a server. */

static void shout(char *text)
{
    for (; *text; text++)
        *text = (char)toupper((unsigned char)*text);
}

static void shout_back(struct tidy_protocol *self, const void *data, size_t len)
{
    char text[64] = "";

    memcpy(text, data, len < sizeof(text) ? len : sizeof(text) - 1);
    shout(text);
    tidy_transport_write(self->transport, text, strlen(text));
}

static const struct tidy_protocol_ops shouting_ops = {
    .data_received = shout_back,
};

/* ---- A test as it always was. */

static void test_function(void **state)
{
    char text[] = "hello";

    shout(text);
    assert_string_equal(text, *state);
}

/* ---- A test with a server. What it leaves behind would fail it. */

static void test_server(struct tidy_case *t)
{
    struct tidy_server *server = tidy_case_server(t);
    struct tidy_client *client;

    tidy_case_listen(
        t,
        server,
        tidy_factory_of(&shouting_ops, sizeof(struct tidy_protocol)));
    client = tidy_case_connect(t, server);
    tidy_client_send(client, "hello\n", 6);
    tidy_client_expect_line(client, "HELLO");
}

static int group_setup(void **state)
{
    static char expected[] = "HELLO";

    *state = expected;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_function),
        TIDY_CMOCKA_TEST(test_server),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
