/* SPDX-License-Identifier: MIT */
/* Tests that depend on the order of events, and that can have no world. */
#include <tidysock/adapters/cmocka_world.h>
#include <tidysock/tidysock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static size_t n_largest;

static void note_data(struct tidy_protocol *self, const void *data, size_t len)
{
    if (len > n_largest)
        n_largest = len;
    tidy_transport_write(self->transport, data, len);
}

static const struct tidy_protocol_ops echo_ops = { .data_received = note_data };

static struct tidy_client *connect_client(struct tidy_case *t)
{
    struct tidy_server *server = tidy_case_server(t);

    n_largest = 0;
    tidy_case_listen(
        t, server, tidy_factory_of(&echo_ops, sizeof(struct tidy_protocol)));
    return tidy_case_connect(t, server);
}

static void gets_all_in_any_order(struct tidy_case *t)
{
    struct tidy_client *client = connect_client(t);

    tidy_client_send(client, "hello", 5);
    tidy_client_expect(client, "hello", 5);
}

/* As if TCP kept messages together. */
static void gets_all_at_once(struct tidy_case *t)
{
    gets_all_in_any_order(t);
    assert_int_equal(n_largest, 5); /* @at_once */
}

static void has_a_child(struct tidy_case *t)
{
    (void)t;
    if (fork() == 0)
        _exit(0);
    wait(NULL);
}

static void fails_in_a_world_only(struct tidy_case *t)
{
    (void)t;
    assert_false(tidy_world_is_inside()); /* @only */
}

int main(void)
{
    const struct tidy_test tests[] = {
        TIDY_TEST(gets_all_in_any_order),
        TIDY_TEST_ON(TIDY_TCP, gets_all_at_once),
        TIDY_TEST_ON(TIDY_NO_SERVER, fails_in_a_world_only),
        { .name = "gets_all_at_once_when_calm",
          .transports = TIDY_TCP,
          .body = gets_all_at_once,
          .worlds = TIDY_WORLDS_CALM },
        { .name = "gets_all_at_once_on_linux",
          .transports = TIDY_TCP,
          .body = gets_all_at_once,
          .worlds = TIDY_WORLDS_LINUX },
        TIDY_TEST_ON(TIDY_NO_SERVER, has_a_child, .worlds = TIDY_WORLDS_NONE),
    };

    return tidy_cmocka_run(tests, TIDY_COUNT(tests));
}
