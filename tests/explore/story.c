/* SPDX-License-Identifier: MIT */
/*
 * The story, told by exploration: the two clean-ups that were published, and
 * ours, each in the same few situations. Nothing is held back and nothing is
 * timed; whether the server has accepted yet, or an end was lost before clean-up
 * began, is for the world to choose.
 *
 * The published ones fail, and are no tests: test_story.py explores them, and
 * holds what is found against tests/golden/explore/story.txt.
 */
#include "scenario/legacy_clean_up.h"
#include "scenario/show.h"
#include <tidysock/adapters/cmocka_explore.h>

/* ------------------------------------------------------------------ helpers */

static struct legacy_helper legacy;
static const struct helper_ops *helper_ops;
static void *helper;

static struct tidy_deferred *forget(void *arg)
{
    (void)arg;
    legacy_deinit(&legacy);
    /* A protocol that is lost later still looks there. */
    legacy.server_end.is_lost = legacy.client_end.is_lost = NULL;
    legacy.endpoint = NULL;
    return NULL;
}

static void use_legacy(struct tidy_case *t, enum legacy_form form)
{
    legacy_init(&legacy, tidy_case_loop(t), form);
    tidy_case_add_clean_up(t, forget, NULL);
    helper_ops = &legacy_helper_ops;
    helper = &legacy;
}

static void use_first(struct tidy_case *t)
{
    use_legacy(t, LEGACY_FIRST_FORM);
}

static void use_second(struct tidy_case *t)
{
    use_legacy(t, LEGACY_SECOND_FORM);
}

static void use_ours(struct tidy_case *t)
{
    helper_ops = &tidy_helper_ops;
    helper = tidy_case_server(t);
}

static struct tidy_server *no_server(struct tidy_case *t)
{
    (void)t;
    return NULL;
}

/* --------------------------------------------------------------- situations */

static const struct tidy_protocol_ops quiet_ops = { 0 };

static void drop_when_made(struct tidy_protocol *self)
{
    tidy_transport_lose_connection(self->transport);
}

static const struct tidy_protocol_ops dropping_ops = {
    .connection_made = drop_when_made,
};

static struct tidy_deferred *clean_up_now(struct tidy_result *result, void *arg)
{
    (void)result;
    (void)arg;
    return helper_ops->clean_up(helper);
}

/* The original's tests go on inside the deferred that they wait for. */
static void connect_and_clean_up(struct tidy_case *t,
                                 const struct tidy_protocol_ops *server_ops,
                                 const struct tidy_protocol_ops *client_ops)
{
    struct tidy_deferred *connected;

    tidy_case_await(t, helper_ops->listen(helper, server_ops));
    connected = helper_ops->connect(helper, client_ops);
    tidy_deferred_add_callback(connected, clean_up_now, NULL);
    tidy_case_await(t, connected);
}

/* One client, cleaned up as soon as it is connected. */
static void one_client(struct tidy_case *t)
{
    connect_and_clean_up(t, &quiet_ops, &quiet_ops);
}

/* The client drops its connection the moment it is made. */
static void client_drops(struct tidy_case *t)
{
    connect_and_clean_up(t, &quiet_ops, &dropping_ops);
}

/* The server does. */
static void server_drops(struct tidy_case *t)
{
    connect_and_clean_up(t, &dropping_ops, &quiet_ops);
}

/* Two clients. */
static void two_clients(struct tidy_case *t)
{
    tidy_case_await(t, helper_ops->listen(helper, &quiet_ops));
    tidy_case_await(t, helper_ops->connect(helper, &quiet_ops));
    tidy_case_await(t, helper_ops->connect(helper, &quiet_ops));
    tidy_case_await(t, helper_ops->clean_up(helper));
}

#define PUBLISHED(form, fn)                                                    \
    {                                                                          \
        .name = #form "." #fn, .body = (fn),                                   \
        .transports = TIDY_TCP | TIDY_UNIX, .file = __FILE__,                  \
        .line = __LINE__, .set_up = use_##form, .get_server = no_server        \
    }
#define OURS(fn)                                                               \
    {                                                                          \
        .name = "tidy." #fn, .body = (fn), .transports = TIDY_TCP | TIDY_UNIX, \
        .file = __FILE__, .line = __LINE__, .set_up = use_ours                 \
    }
#define ALL(fn) PUBLISHED(first, fn), PUBLISHED(second, fn), OURS(fn)

int main(int argc, char **argv)
{
    static const struct tidy_test tests[] = {
        ALL(one_client),
        ALL(client_drops),
        ALL(server_drops),
        ALL(two_clients),
    };

    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
