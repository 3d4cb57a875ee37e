/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with it, for who comes here to see:
 *
 * - It waits for events, not for states. An end that was lost before clean-up
 *   began has nothing more to say, and a server end that was never built has
 *   nobody to say it; both forms wait for the former, the first also for the
 *   latter.
 * - It knows one client and one loss for each side: a second client replaces the
 *   first, which nobody closes then.
 * - It does not know that it has run.
 */
#include "scenario/legacy_clean_up.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct legacy_protocol {
    struct tidy_protocol base;
    struct legacy_helper *helper; /* borrowed */
};

static struct legacy_helper *helper_of(struct tidy_protocol *protocol)
{
    return tidy_container_of(protocol, struct legacy_protocol, base)->helper;
}

/* ---------------------------------------------------------------- the ends */

/* The deferred that was there is forgotten: whoever waits for it has a reference
 * of his own. */
static void expect_loss(struct legacy_end *end, struct tidy_deferred *is_lost)
{
    tidy_deferred_unref(end->is_lost);
    end->is_lost = is_lost;
}

/* What both forms do when an end is lost. */
static void note_loss(struct legacy_helper *helper, struct legacy_end *end)
{
    if (helper->is_disconnecting && end->is_lost &&
        !tidy_deferred_has_fired(end->is_lost))
        tidy_deferred_fire(end->is_lost, NULL, NULL);
}

static void
tell_loss(struct tidy_protocol *protocol, struct legacy_end *end, int reason)
{
    if (end->user_ops->connection_lost)
        end->user_ops->connection_lost(protocol, reason);
    note_loss(helper_of(protocol), end);
}

static void on_server_lost(struct tidy_protocol *self, int reason)
{
    tell_loss(self, &helper_of(self)->server_end, reason);
}

static void on_client_lost(struct tidy_protocol *self, int reason)
{
    tell_loss(self, &helper_of(self)->client_end, reason);
}

static int build_client(void *arg,
                        const struct tidy_address *peer,
                        struct tidy_protocol *protocol)
{
    (void)peer;
    tidy_container_of(protocol, struct legacy_protocol, base)->helper = arg;
    return 0;
}

static int build_server(void *arg,
                        const struct tidy_address *peer,
                        struct tidy_protocol *protocol)
{
    struct legacy_helper *helper = arg;
    struct tidy_ledger *ledger = tidy_loop_ledger(helper->loop);

    if (helper->form == LEGACY_SECOND_FORM)
        expect_loss(&helper->server_end,
                    tidy_deferred_new(ledger, "server connection lost"));
    return build_client(arg, peer, protocol);
}

static struct tidy_factory
observe(struct legacy_helper *helper,
        struct legacy_end *end,
        const struct tidy_protocol_ops *user_ops,
        tidy_build_protocol_cb build,
        void (*connection_lost)(struct tidy_protocol *self, int reason))
{
    struct tidy_factory factory;

    end->user_ops = user_ops;
    end->ops = *user_ops;
    end->ops.connection_lost = connection_lost;
    factory = tidy_factory_of(&end->ops, sizeof(struct legacy_protocol));
    factory.build_protocol = build;
    factory.arg = helper;
    return factory;
}

/* --------------------------------------------------------------- its making */

void legacy_init(struct legacy_helper *helper,
                 struct tidy_loop *loop,
                 enum legacy_form form)
{
    *helper = (struct legacy_helper){ .form = form,
                                      .loop = loop,
                                      .plain_client = -1 };
}

void legacy_deinit(struct legacy_helper *helper)
{
    tidy_deferred_unref(helper->server_end.is_lost);
    tidy_deferred_unref(helper->client_end.is_lost);
    tidy_endpoint_free(helper->endpoint);
}

/* ------------------------------------------------- listening and connecting */

static void find_server(struct legacy_helper *helper, const char *path)
{
    const struct tidy_address *address;
    char description[256];

    address = tidy_listener_address(helper->listener);
    if (path)
        snprintf(description, sizeof(description), "unix:path=%s", path);
    else
        snprintf(description,
                 sizeof(description),
                 "tcp:127.0.0.1:%u",
                 (unsigned)tidy_address_port(address));
    tidy_endpoint_parse_client(description, &helper->endpoint, NULL);
}

static struct tidy_deferred *on_listening(struct tidy_result *result, void *arg)
{
    struct legacy_helper *helper = arg;

    helper->listener = tidy_result_take(result);
    return NULL;
}

struct tidy_deferred *legacy_listen(struct legacy_helper *helper,
                                    const char *description,
                                    const char *path,
                                    const struct tidy_protocol_ops *ops)
{
    struct tidy_ledger *ledger = tidy_loop_ledger(helper->loop);
    struct tidy_endpoint *endpoint = NULL;
    struct tidy_deferred *listening;

    if (helper->form == LEGACY_FIRST_FORM)
        expect_loss(&helper->server_end,
                    tidy_deferred_new(ledger, "server connection lost"));
    tidy_endpoint_parse_server(description, &endpoint, NULL);
    listening = tidy_listen(
        helper->loop,
        endpoint,
        observe(
            helper, &helper->server_end, ops, build_server, on_server_lost));
    tidy_endpoint_free(endpoint);
    tidy_deferred_add_callback(listening, on_listening, helper);
    if (helper->listener)
        find_server(helper, path);
    return listening;
}

static struct tidy_deferred *on_connected(struct tidy_result *result, void *arg)
{
    struct legacy_helper *helper = arg;

    helper->client = tidy_result_value(result);
    return NULL;
}

struct tidy_deferred *legacy_connect(struct legacy_helper *helper,
                                     const struct tidy_protocol_ops *ops)
{
    struct tidy_ledger *ledger = tidy_loop_ledger(helper->loop);
    struct tidy_deferred *connected;

    expect_loss(&helper->client_end,
                tidy_deferred_new(ledger, "client connection lost"));
    connected = tidy_connect(
        helper->loop,
        helper->endpoint,
        observe(
            helper, &helper->client_end, ops, build_client, on_client_lost));
    tidy_deferred_add_callback(connected, on_connected, helper);
    return connected;
}

int legacy_connect_plain(struct legacy_helper *helper)
{
    const struct tidy_address *address;
    struct tidy_ledger *ledger = tidy_loop_ledger(helper->loop);
    int fd;

    expect_loss(&helper->client_end,
                tidy_deferred_new(ledger, "client connection lost"));
    address = tidy_listener_address(helper->listener);
    fd = socket(address->u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, &address->u.any, address->len) < 0)
        return -errno;
    helper->plain_client = fd;
    return 0;
}

/* ----------------------------------------------------------------- clean-up */

static void close_client(struct legacy_helper *helper)
{
    if (helper->client) {
        tidy_transport_lose_connection(helper->client->transport);
        return;
    }
    close(helper->plain_client);
    note_loss(helper, &helper->client_end);
}

struct tidy_deferred *legacy_clean_up(struct legacy_helper *helper)
{
    struct tidy_ledger *ledger = tidy_loop_ledger(helper->loop);
    struct tidy_deferred *all[3];
    size_t n_all = 0;

    helper->is_disconnecting = true;
    all[n_all++] = tidy_listener_close(helper->listener);
    if (helper->client || helper->plain_client >= 0) {
        close_client(helper);
        all[n_all++] = tidy_deferred_ref(helper->client_end.is_lost);
        if (helper->server_end.is_lost)
            all[n_all++] = tidy_deferred_ref(helper->server_end.is_lost);
    }
    return tidy_deferred_gather(ledger, all, n_all, TIDY_GATHER_FIRST_FAILURE);
}
