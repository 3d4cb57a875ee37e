/* SPDX-License-Identifier: MIT */
/*
 * Hosts: names that are looked up, those that never are, and addresses to
 * connect from.
 *
 * getaddrinfo() is ours in this program. It counts, knows the names of
 * `.test` and `.invalid` (which no resolver is asked for), can be made to wait,
 * and asks the real one for the rest.
 */
#include "scenario/steps.h"
#include <tidysock/adapters/cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <unistd.h>
#include <uv.h>

/* -------------------------------------------------------------- the resolver */

typedef int (*getaddrinfo_fn)(const char *node,
                              const char *service,
                              const struct addrinfo *hints,
                              struct addrinfo **ret_first);

static struct {
    getaddrinfo_fn real;
    atomic_int n_calls;
    sem_t gate; /* of slow.test */
} resolver;

int getaddrinfo(const char *node,
                const char *service,
                const struct addrinfo *hints,
                struct addrinfo **ret_first);

/* Each node is freed by itself, so lists can be joined. */
static int join(const char *const hosts[],
                const char *service,
                const struct addrinfo *hints,
                struct addrinfo **ret_first)
{
    int result = EAI_NONAME;

    for (; *hosts; hosts++) {
        result = resolver.real(*hosts, service, hints, ret_first);
        if (result != 0)
            return result;
        while (*ret_first)
            ret_first = &(*ret_first)->ai_next;
    }
    return result;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

int getaddrinfo(const char *node,
                const char *service,
                const struct addrinfo *hints,
                struct addrinfo **ret_first)
{
    static const char *const one[] = { "127.0.0.1", NULL };
    static const char *const second[] = { "127.0.0.2", "127.0.0.1", NULL };
    /* Connecting to a broadcast address fails inside the call. */
    static const char *const third[] = {
        "255.255.255.255", "255.255.255.255", "127.0.0.1", NULL
    };
    static const char *const none[] = { "255.255.255.255", "127.0.0.2", NULL };

    atomic_fetch_add(&resolver.n_calls, 1);
    if (!node || ends_with(node, ".invalid"))
        return EAI_NONAME;
    if (strcmp(node, "slow.test") == 0)
        sem_wait(&resolver.gate);
    if (strcmp(node, "second.test") == 0)
        return join(second, service, hints, ret_first);
    if (strcmp(node, "third.test") == 0)
        return join(third, service, hints, ret_first);
    if (strcmp(node, "none.test") == 0)
        return join(none, service, hints, ret_first);
    if (ends_with(node, ".test"))
        return join(one, service, hints, ret_first);
    return resolver.real(node, service, hints, ret_first);
}

static size_t n_threads(void)
{
    DIR *dir = opendir("/proc/self/task");
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static void set_up(struct tidy_case *t)
{
    scenario_set_up(t);
    atomic_store(&resolver.n_calls, 0);
}

/* ------------------------------------------------------------- no looking up */

/* Neither a thread nor a question to anybody: what the loop's thread pool does
 * would have to go through getaddrinfo(), the one thing that is ever put there. */
static void no_look_up_is_needed(struct tidy_case *t)
{
    static const char *const hosts[] = {
        "127.0.0.1", "localhost", "LocalHost", "\\:\\:ffff\\:127.0.0.1"
    };
    size_t i, n = n_threads();

    (void)t;
    for (i = 0; i < TIDY_COUNT(hosts); i++) {
        char pattern[128];

        snprintf(pattern, sizeof(pattern), "tcp:host=%s:port={port}", hosts[i]);
        steps_use(pattern, "tcp:0:interface=localhost");
        steps_serve();
        assert_int_equal(atomic_load(&resolver.n_calls), 0);
        assert_int_equal(n_threads(), n);
    }
}

static bool has_ipv6(void)
{
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
                                .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&in6, sizeof(in6));

    if (fd >= 0)
        close(fd);
    return result == 0;
}

/* All the ways of writing it, and a name that only IPv6 has. */
static void ipv6_is_served(struct tidy_case *t)
{
    static const char *const places[][2] = {
        { "tcp:0:interface=\\:\\:1", "tcp:host=\\:\\:1:port={port}" },
        { "tcp:0:interface=\\:\\:1", "tcp6:host=\\:\\:1:port={port}" },
        { "tcp6:0:interface=\\:\\:1", "tcp6:host=localhost:port={port}" },
        { "tcp6:0:interface=localhost",
          "tcp:host=\\:\\:1:port={port}:bindAddress=\\:\\:1" },
    };
    size_t i;

    (void)t;
    if (!has_ipv6())
        skip();
    for (i = 0; i < TIDY_COUNT(places); i++) {
        steps_use(places[i][1], "%s", places[i][0]);
        steps_serve();
    }
    assert_int_equal(atomic_load(&resolver.n_calls), 0);
}

/* An IPv6 place is named with brackets. */
static void ipv6_is_refused(struct tidy_case *t)
{
    char place[TIDY_ADDRESS_MAX];
    struct tidy_server *first;
    uint16_t port;

    (void)t;
    if (!has_ipv6())
        skip();
    first = steps_use("tcp:host={host}:port={port}", "tcp:0:interface=\\:\\:1");
    scenario_listen();
    port = tidy_address_port(tidy_server_address(first));
    snprintf(place, sizeof(place), "[::1]:%u", (unsigned)port);
    steps_use(
        "tcp:host=\\:\\:1:port=1", "tcp:%u:interface=\\:\\:1", (unsigned)port);
    steps_listen_fails(-EADDRINUSE, place, "Address already in use");
    tidy_case_clean_up(t, first);
}

/* -------------------------------------------------------------- looking up */

/* The first line of hosts(5) for our address with a name that is not
 * `localhost`. */
static bool find_name(char name[64])
{
    FILE *hosts = fopen("/etc/hosts", "re");
    char line[256];
    bool is_found = false;

    while (hosts && !is_found && fgets(line, sizeof(line), hosts))
        is_found = sscanf(line, "127.0.0.1 %63[^ \t\n#:=]", name) == 1 &&
                   strncmp(name, "localhost", 9) != 0;
    if (hosts)
        fclose(hosts);
    return is_found;
}

/* Asked of the machine itself. */
static void a_name_of_this_machine_is_looked_up(struct tidy_case *t)
{
    char name[64], pattern[128];

    (void)t;
    if (!find_name(name))
        skip();
    snprintf(pattern, sizeof(pattern), "tcp:host=%s:port={port}", name);
    steps_use(pattern, "tcp:0:interface=%s", name);
    steps_serve();
    assert_int_equal(atomic_load(&resolver.n_calls), 3);
}

/* The first address refuses, the next is taken; and so for those whose connect
 * fails inside the call. */
static void the_next_address_is_tried(struct tidy_case *t)
{
    (void)t;
    steps_use("tcp:host=second.test:port={port}", "tcp:0:interface=any.test");
    steps_serve();
    steps_use("tcp:host=third.test:port={port}", "tcp:0:interface=any.test");
    steps_serve();
}

/* When all of them fail, the name is what the sentence is about. */
static void every_address_fails(struct tidy_case *t)
{
    (void)t;
    steps_use_pattern("tcp:host=none.test:port={port}");
    scenario_listen();
    steps_connect_fails(-ECONNREFUSED, "none.test:", "Connection refused");
    scenario_clean_up();
}

static void an_unknown_host(struct tidy_case *t)
{
    (void)t;
    steps_use_pattern("tcp:host=nobody.invalid:port={port}");
    scenario_listen();
    steps_connect_fails(
        UV_EAI_NONAME, "nobody.invalid:", "unknown node or service");
    steps_connect_fails(
        UV_EAI_NONAME, "nobody.invalid:", "unknown node or service");
    scenario_clean_up();
    steps_use(steps_standard_pattern(), "tcp:0:interface=nobody.invalid");
    steps_listen_fails(
        UV_EAI_NONAME, "nobody.invalid:0", "unknown node or service");
    scenario_clean_up();
}

static struct tidy_deferred *open_gate(void *arg)
{
    (void)arg;
    sem_post(&resolver.gate);
    return NULL;
}

static bool is_looking_up(void *arg)
{
    (void)arg;
    return atomic_load(&resolver.n_calls) > 0;
}

static void await_look_up(struct tidy_case *t)
{
    while (!is_looking_up(NULL))
        tidy_case_turn(t);
    tidy_case_add_clean_up(t, open_gate, NULL);
}

/* Nobody waits for the answer: neither who cancels nor the clean-up. It comes
 * when all is over, and is thrown away. */
static void cancel_while_looking_up(struct tidy_case *t)
{
    struct tidy_deferred *connecting;

    steps_use_pattern("tcp:host=slow.test:port={port}");
    scenario_listen();
    connecting = tidy_server_connect(scenario.server,
                                     scenario_factory(&scenario.clients));
    await_look_up(t);
    tidy_deferred_cancel(connecting);
    tidy_case_await_failure(t, connecting, TIDY_ECANCELLED);
    scenario_clean_up();
}

static void clean_up_while_looking_up(struct tidy_case *t)
{
    steps_use_pattern("tcp:host=slow.test:port={port}");
    scenario_listen();
    scenario_connect_soon();
    await_look_up(t);
    scenario_clean_up();
    assert_int_equal(scenario.connect_error, TIDY_ECANCELLED);
}

/* Connecting takes no longer than it may, the look-up included. */
static void time_is_up_while_looking_up(struct tidy_case *t)
{
    struct tidy_deferred *connecting;
    const char *sentence;

    steps_use_pattern("tcp:host=slow.test:port={port}:timeout=1");
    scenario_listen();
    connecting = tidy_server_connect(scenario.server,
                                     scenario_factory(&scenario.clients));
    await_look_up(t);
    sentence = tidy_case_await_failure(t, connecting, -ETIMEDOUT);
    assert_says(sentence, "tidy_connect to slow.test:");
    assert_says(sentence, "Connection timed out");
    scenario_clean_up();
}

static void clean_up_while_the_listener_is_looked_up(struct tidy_case *t)
{
    struct tidy_deferred *listening;
    const char *sentence;

    steps_use(steps_standard_pattern(), "tcp:0:interface=slow.test");
    listening = tidy_server_listen(scenario.server,
                                   scenario_factory(&scenario.servers));
    await_look_up(t);
    scenario_clean_up();
    sentence = tidy_case_await_failure(t, listening, TIDY_ECANCELLED);
    assert_says(sentence, "tidy_listen on slow.test:0");
}

/* ------------------------------------------------------------- from where */

static void expect_peer(const char *host)
{
    char place[TIDY_ADDRESS_MAX];

    scenario_listen_and_connect();
    tidy_address_format(
        tidy_transport_peer(scenario.servers.newest->base.transport),
        place,
        sizeof(place));
    assert_int_equal(strncmp(place, host, strlen(host)), 0);
    scenario_clean_up();
}

static void a_client_is_bound(struct tidy_case *t)
{
    (void)t;
    steps_use_pattern("tcp:host={host}:port={port}:bindAddress=127.0.0.2");
    expect_peer("127.0.0.2:");
    steps_use_pattern("tcp:host={host}:port={port}:bindAddress=localhost");
    expect_peer("127.0.0.1:");
}

/* The host is looked up as ever. */
static void a_client_of_a_name_is_bound(struct tidy_case *t)
{
    (void)t;
    steps_use_pattern("tcp:host=one.test:port={port}:bindAddress=127.0.0.2");
    expect_peer("127.0.0.2:");
    assert_int_equal(atomic_load(&resolver.n_calls), 1);
}

/* 192.0.2.1 is nobody's. */
static void a_client_cannot_be_bound(struct tidy_case *t)
{
    (void)t;
    steps_use_pattern("tcp:host={host}:port={port}:bindAddress=192.0.2.1");
    scenario_listen();
    steps_connect_fails(
        -EADDRNOTAVAIL, "from 192.0.2.1:0", "Cannot assign requested address");
    scenario_clean_up();
    steps_use_pattern("tcp:host={host}:port={port}:bindAddress=any.test");
    scenario_listen();
    steps_connect_fails(-EINVAL, "127.0.0.1:", "bindAddress");
    scenario_clean_up();
    assert_int_equal(atomic_load(&resolver.n_calls), 0);
}

#define NAMES(fn) TIDY_TEST_ON(TIDY_TCP, fn, .set_up = set_up)
/* By a thread of libuv's. */
#define LOOKED_UP(fn)                                                          \
    TIDY_TEST_ON(TIDY_TCP, fn, .set_up = set_up, .worlds = TIDY_WORLDS_NONE)

static const struct tidy_test tests[] = {
    NAMES(no_look_up_is_needed),
    NAMES(ipv6_is_served),
    NAMES(ipv6_is_refused),
    LOOKED_UP(a_name_of_this_machine_is_looked_up),
    LOOKED_UP(the_next_address_is_tried),
    LOOKED_UP(every_address_fails),
    LOOKED_UP(an_unknown_host),
    LOOKED_UP(cancel_while_looking_up),
    LOOKED_UP(clean_up_while_looking_up),
    LOOKED_UP(time_is_up_while_looking_up),
    LOOKED_UP(clean_up_while_the_listener_is_looked_up),
    NAMES(a_client_is_bound),
    LOOKED_UP(a_client_of_a_name_is_bound),
    NAMES(a_client_cannot_be_bound),
};

int main(int argc, char **argv)
{
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");

    memcpy(&resolver.real, &symbol, sizeof(symbol));
    sem_init(&resolver.gate, 0, 0);
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
