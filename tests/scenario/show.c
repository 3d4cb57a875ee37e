/* SPDX-License-Identifier: MIT */
/*
 * A case within a case there is not, so the published forms run in a process of
 * their own. Whatever they leave behind ends with it.
 */
#include "scenario/show.h"

#include "scenario/legacy_clean_up.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* ------------------------------------------------------------------ helpers */

static struct tidy_deferred *listen_tidily(void *helper,
                                           const struct tidy_protocol_ops *ops)
{
    return tidy_server_listen(
        helper, tidy_factory_of(ops, sizeof(struct tidy_protocol)));
}

static struct tidy_deferred *connect_tidily(void *helper,
                                            const struct tidy_protocol_ops *ops)
{
    return tidy_server_connect(
        helper, tidy_factory_of(ops, sizeof(struct tidy_protocol)));
}

static struct tidy_deferred *close_socket(void *arg)
{
    close((int)(intptr_t)arg);
    return NULL;
}

/* Nobody but the test knows of this one: the server's clean-up comes first. */
static int connect_plainly(void *helper)
{
    const struct tidy_address *address = tidy_server_address(helper);
    int fd;

    fd = socket(address->u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, &address->u.any, address->len) < 0)
        return -errno;
    tidy_case_add_clean_up(
        tidy_case_current(), close_socket, (void *)(intptr_t)fd);
    return 0;
}

static struct tidy_deferred *clean_up_tidily(void *helper)
{
    return tidy_server_clean_up(helper);
}

const struct helper_ops tidy_helper_ops = {
    .listen = listen_tidily,
    .connect = connect_tidily,
    .connect_plain = connect_plainly,
    .clean_up = clean_up_tidily,
};

static struct tidy_deferred *listen_legacy(void *helper,
                                           const struct tidy_protocol_ops *ops)
{
    struct tidy_case *t = tidy_case_current();
    char description[256], path[128];

    if (tidy_case_transport(t) == TIDY_TCP)
        return legacy_listen(helper, "tcp:0:interface=127.0.0.1", NULL, ops);
    snprintf(path, sizeof(path), "%s/socket", tidy_case_temp_dir(t));
    snprintf(description, sizeof(description), "unix:%s:lockfile=0", path);
    return legacy_listen(helper, description, path, ops);
}

static struct tidy_deferred *connect_legacy(void *helper,
                                            const struct tidy_protocol_ops *ops)
{
    return legacy_connect(helper, ops);
}

static int connect_plain_legacy(void *helper)
{
    return legacy_connect_plain(helper);
}

static struct tidy_deferred *clean_up_legacy(void *helper)
{
    return legacy_clean_up(helper);
}

const struct helper_ops legacy_helper_ops = {
    .listen = listen_legacy,
    .connect = connect_legacy,
    .connect_plain = connect_plain_legacy,
    .clean_up = clean_up_legacy,
};

/* ----------------------------------------------------------------- the case */

struct show {
    const char *helper_name;
    const char *order_name;
    unsigned transport;
    enum legacy_form form; /* 0: ours */
};

/* The published helper has no end: its protocols may be lost when the case has
 * given up, and then they still use it. */
static struct legacy_helper legacy;

static void set_up(struct tidy_case *t)
{
    const struct show *show = tidy_case_user(t);

    if (!show->form) {
        orders_use(&tidy_helper_ops, tidy_case_server(t));
        return;
    }
    legacy_init(&legacy, tidy_case_loop(t), show->form);
    orders_use(&legacy_helper_ops, &legacy);
}

static struct tidy_server *no_server(struct tidy_case *t)
{
    (void)t;
    return NULL;
}

static void fail(const char *file, int line, const char *text)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, text);
    abort();
}

static const struct tidy_host host = { .fail = fail };

static int run(struct show *show)
{
    char name[128];
    struct tidy_test test = {
        .name = name,
        .body = order_find(show->order_name),
        .set_up = set_up,
        .get_server = show->form ? no_server : NULL,
        .deadline_ns = TIDY_S(1),
        .user = show,
    };
    struct tidy_case *t = NULL;
    int result;

    snprintf(name,
             sizeof(name),
             "%s%s_%s",
             show->helper_name,
             show->form ? "_form" : "",
             show->order_name);
    if (tidy_case_begin(&test, show->transport, &host, &t, NULL) < 0)
        return 2;
    tidy_case_run(t);
    result = tidy_case_end(t);
    if (result < 0)
        printf("%s\n", tidy_case_report(t));
    tidy_case_free(t);
    legacy_deinit(&legacy);
    return result < 0;
}

/* ------------------------------------------------------------ the arguments */

static bool read_helper(const char *name, struct show *ret_show)
{
    ret_show->helper_name = name;
    ret_show->form = strcmp(name, "first") == 0    ? LEGACY_FIRST_FORM
                     : strcmp(name, "second") == 0 ? LEGACY_SECOND_FORM
                                                   : 0;
    return ret_show->form || strcmp(name, "tidy") == 0;
}

static bool read_transport(const char *name, struct show *ret_show)
{
    ret_show->transport = strcmp(name, "tcp") == 0    ? TIDY_TCP
                          : strcmp(name, "unix") == 0 ? TIDY_UNIX
                                                      : TIDY_NO_SERVER;
    return ret_show->transport != TIDY_NO_SERVER;
}

int show_main(int argc, char **argv)
{
    const struct rlimit no_core = { 0, 0 };
    struct show show = { 0 };

    if (argc != 5 || !read_helper(argv[2], &show) || !order_find(argv[3]) ||
        !read_transport(argv[4], &show)) {
        fprintf(stderr, "usage: --show first|second|tidy ORDER tcp|unix\n");
        return 2;
    }
    show.order_name = argv[3];
    /* One of the forms aborts. */
    setrlimit(RLIMIT_CORE, &no_core);
    return run(&show);
}
