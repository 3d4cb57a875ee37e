/* SPDX-License-Identifier: MIT */
/*
 * Port detection: does anything accept connections at an endpoint?
 *
 * The original's tests of it come first; then whatever can be found at an
 * endpoint, a service or not. No port is guessed: one on which nobody listens is
 * held by a socket that is bound to it.
 */
#include <tidysock/adapters/cmocka.h>
#include <tidysock/tidysock.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

/* Patches are undone when all else of a case is gone: what is patched must live
 * that long. */
static struct tidy_detector detector;

static void set_up(struct tidy_case *t)
{
    (void)t;
    tidy_detector_init(&detector);
}

/* ------------------------------------------------------------------- asking */

static struct tidy_deferred *ask(struct tidy_case *t, const char *endpoint)
{
    const struct tidy_activation_config config = { .endpoint = endpoint };

    return tidy_detector_is_already_running(
        &detector, tidy_case_loop(t), &config);
}

static bool is_running(struct tidy_case *t, const char *endpoint)
{
    return *(const bool *)tidy_case_await(t, ask(t, endpoint));
}

static bool is_server_running(struct tidy_case *t)
{
    return is_running(t, tidy_server_client_description(tidy_case_server(t)));
}

/* -------------------------------------------------------------- what is asked */

static const struct tidy_protocol_ops quiet_ops = { 0 };

static struct tidy_factory quiet_factory(void)
{
    return tidy_factory_of(&quiet_ops, sizeof(struct tidy_protocol));
}

static void listen_quietly(struct tidy_case *t)
{
    tidy_case_listen(t, tidy_case_server(t), quiet_factory());
}

static struct tidy_deferred *close_socket(void *arg)
{
    close((int)(intptr_t)arg);
    return NULL;
}

/* Plain sockets, closed when the case ends. */
static int open_socket(struct tidy_case *t, int family, int type)
{
    int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    tidy_case_add_clean_up(t, close_socket, (void *)(intptr_t)fd);
    return fd;
}

/* A path in the case's temporary directory, and its description. */
struct place {
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    char endpoint[256];
};

static struct place new_place(struct tidy_case *t, const char *name)
{
    struct place place;

    snprintf(
        place.path, sizeof(place.path), "%s/%s", tidy_case_temp_dir(t), name);
    snprintf(
        place.endpoint, sizeof(place.endpoint), "unix:path=%s", place.path);
    return place;
}

static struct sockaddr_un address_of(const struct place *place)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    memcpy(address.sun_path, place->path, sizeof(place->path));
    return address;
}

static int bind_socket(struct tidy_case *t, const struct place *place, int type)
{
    struct sockaddr_un address = address_of(place);
    int fd = open_socket(t, AF_UNIX, type);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* ------------------------------------------------------ the original's tests */

/* The null protocol drops its connection, and the server's end sees a clean
 * end. */
static void the_null_protocol_drops_its_connection(struct tidy_case *t)
{
    struct tidy_server *server = tidy_case_server(t);
    struct tidy_server_counts counts;

    listen_quietly(t);
    tidy_case_connect_protocol(
        t,
        server,
        tidy_factory_of(&tidy_null_protocol_ops, sizeof(struct tidy_protocol)));
    tidy_case_await(t, tidy_server_client_disconnected(server));
    counts = tidy_server_counts(server);
    assert_int_equal(counts.n_client_made, 1);
    assert_int_equal(counts.n_client_lost, 1);
}

static struct tidy_port_detect *new_detect(struct tidy_case *t)
{
    struct tidy_port_detect *detect = NULL;

    assert_int_equal(tidy_port_detect_new(tidy_case_loop(t), &detect), 0);
    return detect;
}

static bool result_of(struct tidy_case *t, struct tidy_port_detect *detect)
{
    return *(const bool *)tidy_case_await(t, tidy_port_detect_result(detect));
}

/* A connection made is a yes; that it is lost then, or failed, changes nothing. */
static void a_connection_is_a_yes(struct tidy_case *t)
{
    struct tidy_port_detect *detect = new_detect(t);
    struct tidy_server *server = tidy_case_server(t);

    listen_quietly(t);
    tidy_case_connect_protocol(t, server, tidy_port_detect_factory(detect));
    tidy_port_detect_failed(detect);
    assert_true(result_of(t, detect));
    tidy_port_detect_free(detect);
}

/* A failure or a loss is a no, once: a connection after it changes nothing. */
static void a_failure_is_a_no(struct tidy_case *t)
{
    struct tidy_port_detect *detect = new_detect(t);
    struct tidy_server *server = tidy_case_server(t);

    tidy_port_detect_failed(detect);
    tidy_port_detect_failed(detect);
    listen_quietly(t);
    tidy_case_connect_protocol(t, server, tidy_port_detect_factory(detect));
    assert_false(result_of(t, detect));
    tidy_port_detect_free(detect);
}

static struct tidy_deferred *
connect_to_tidy_server(struct tidy_loop *loop,
                       const struct tidy_activation_config *config,
                       struct tidy_factory factory,
                       void *arg)
{
    (void)config;
    assert_ptr_equal(loop, tidy_server_loop(arg));
    return tidy_server_connect(arg, factory);
}

static void patch_connect(struct tidy_case *t)
{
    tidy_case_patch(t, &detector.connect, connect_to_tidy_server);
    tidy_case_patch(t, &detector.connect_arg, (void *)tidy_case_server(t));
}

/* The original test: the function that connects is replaced by one that goes
 * through the tidy server, so that the connection is cleaned up with it. */
static void is_already_running_through_the_fixture(struct tidy_case *t)
{
    struct tidy_server *server = tidy_case_server(t);
    struct tidy_server_counts counts;

    listen_quietly(t);
    patch_connect(t);
    assert_true(is_running(t, "unix:path=/not/asked"));
    tidy_case_clean_up(t, server);
    counts = tidy_server_counts(server);
    assert_int_equal(counts.n_client_made, 1);
    assert_int_equal(counts.n_client_lost, 1);
    assert_int_equal(counts.n_server_made, counts.n_server_lost);
}

/* What the replaced function fails with is an answer only if it means that
 * nobody is there. */
static void the_fixture_does_not_listen(struct tidy_case *t)
{
    patch_connect(t);
    tidy_case_await_failure(t, ask(t, "unix:path=/not/asked"), TIDY_ESTATE);
}

/* A function of the user's that connects with another factory. */
static struct tidy_deferred *
connect_quietly(struct tidy_loop *loop,
                const struct tidy_activation_config *config,
                struct tidy_factory factory,
                void *arg)
{
    (void)loop;
    (void)config;
    (void)factory;
    return tidy_server_connect(arg, quiet_factory());
}

/* Connected is connected, whatever the protocol. */
static void another_factory_is_connected(struct tidy_case *t)
{
    listen_quietly(t);
    detector.connect = connect_quietly;
    detector.connect_arg = tidy_case_server(t);
    assert_true(is_running(t, "unix:path=/not/asked"));
}

/* ------------------------------------------------------- somebody is there */

/* The server sees connections that come and go. */
static void a_service_is_running(struct tidy_case *t)
{
    listen_quietly(t);
    assert_true(is_server_running(t));
}

/* Asked again and again, and twice at once. */
static void it_can_be_asked_twice(struct tidy_case *t)
{
    const char *endpoint;
    struct tidy_deferred *first, *second;

    listen_quietly(t);
    endpoint = tidy_server_client_description(tidy_case_server(t));
    assert_true(is_running(t, endpoint));
    assert_true(is_running(t, endpoint));
    first = ask(t, endpoint);
    second = ask(t, endpoint);
    assert_true(*(const bool *)tidy_case_await(t, second));
    assert_true(*(const bool *)tidy_case_await(t, first));
}

static int
refuse(void *arg, const struct tidy_address *peer, struct tidy_protocol *self)
{
    (void)arg;
    (void)peer;
    (void)self;
    return -EPERM;
}

/* A server whose factory refuses has accepted before. */
static void a_server_that_refuses_is_running(struct tidy_case *t)
{
    struct tidy_factory factory = quiet_factory();

    factory.build_protocol = refuse;
    tidy_case_listen(t, tidy_case_server(t), factory);
    assert_true(is_server_running(t));
}

/* So has one that drops the connection at once, */
static void a_server_that_drops_is_running(struct tidy_case *t)
{
    tidy_case_listen(
        t,
        tidy_case_server(t),
        tidy_factory_of(&tidy_null_protocol_ops, sizeof(struct tidy_protocol)));
    assert_true(is_server_running(t));
}

static void abort_connection(struct tidy_protocol *self)
{
    tidy_transport_abort(self->transport);
}

static const struct tidy_protocol_ops aborting_ops = {
    .connection_made = abort_connection,
};

/* or resets it. */
static void a_server_that_resets_is_running(struct tidy_case *t)
{
    tidy_case_listen(
        t,
        tidy_case_server(t),
        tidy_factory_of(&aborting_ops, sizeof(struct tidy_protocol)));
    assert_true(is_server_running(t));
}

/* A server that never gets round to accepting: the kernel has done it. */
static void a_server_that_never_accepts_is_running(struct tidy_case *t)
{
    struct place place = new_place(t, "busy");
    int fd = bind_socket(t, &place, SOCK_STREAM);

    assert_int_equal(listen(fd, 1), 0);
    assert_true(is_running(t, place.endpoint));
}

/* -------------------------------------------------------- nobody is there */

/* A port that is taken, but on which nobody listens. */
static void a_refused_connect_is_a_no(struct tidy_case *t)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    char endpoint[64];
    int fd = open_socket(t, AF_INET, SOCK_STREAM);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(endpoint,
             sizeof(endpoint),
             "tcp:127.0.0.1:%u",
             (unsigned)ntohs(address.sin_port));
    assert_false(is_running(t, endpoint));
}

static void a_missing_path_is_a_no(struct tidy_case *t)
{
    struct place place = new_place(t, "nothing");

    assert_false(is_running(t, place.endpoint));
}

/* Left behind by a server that is gone. */
static void a_stale_socket_file_is_a_no(struct tidy_case *t)
{
    struct place place = new_place(t, "stale");
    struct sockaddr_un address = address_of(&place);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    close(fd);
    assert_false(is_running(t, place.endpoint));
}

/* Something else is at the path, or above it. */
static void a_path_without_a_listener_is_a_no(struct tidy_case *t)
{
    struct place file = new_place(t, "file");
    struct place below = new_place(t, "file/below");
    struct place datagrams = new_place(t, "datagrams");
    struct place directory = new_place(t, ".");

    close(open(file.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    bind_socket(t, &datagrams, SOCK_DGRAM);
    assert_false(is_running(t, file.endpoint));
    assert_false(is_running(t, below.endpoint));
    assert_false(is_running(t, datagrams.endpoint));
    assert_false(is_running(t, directory.endpoint));
}

/* A server that is cleaned up is not there any more. Its port is free for
 * anybody then, so only its path is asked. */
static void a_server_that_is_gone_is_a_no(struct tidy_case *t)
{
    char endpoint[256];

    listen_quietly(t);
    snprintf(endpoint,
             sizeof(endpoint),
             "%s",
             tidy_server_client_description(tidy_case_server(t)));
    assert_true(is_running(t, endpoint));
    tidy_case_clean_up(t, tidy_case_server(t));
    assert_false(is_running(t, endpoint));
}

/* The endpoint's own time limit is over before anything can be made. */
static void a_timeout_is_a_no(struct tidy_case *t)
{
    char endpoint[256];

    listen_quietly(t);
    snprintf(endpoint,
             sizeof(endpoint),
             "%s:timeout=0",
             tidy_server_client_description(tidy_case_server(t)));
    assert_false(is_running(t, endpoint));
}

/* Fill the queue of connections that wait to be accepted. */
static void fill_backlog(struct tidy_case *t, const struct place *place)
{
    struct sockaddr_un address = address_of(place);
    int n_connected = 0, fd;

    do {
        fd = open_socket(t, AF_UNIX, SOCK_STREAM);
        assert_true(n_connected++ < 100);
    } while (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    assert_int_equal(errno, EAGAIN);
}

/* A server with no room for one more connection, and a limit of the caller's. */
static void a_full_backlog_is_a_no_in_the_end(struct tidy_case *t)
{
    struct place place = new_place(t, "full");
    int fd = bind_socket(t, &place, SOCK_STREAM);
    struct tidy_deferred *answer;

    assert_int_equal(listen(fd, 0), 0);
    fill_backlog(t, &place);
    answer = ask(t, place.endpoint);
    assert_int_equal(
        tidy_deferred_timeout(answer, tidy_case_loop(t), TIDY_MS(5)), 0);
    assert_false(*(const bool *)tidy_case_await(t, answer));
}

/* -------------------------------------------------- it could not be asked */

static void a_malformed_description_fails(struct tidy_case *t)
{
    const char *sentence;

    sentence =
        tidy_case_await_failure(t, ask(t, "tcp:nowhere"), TIDY_EDESCRIPTION);
    assert_non_null(strstr(sentence, "tcp:nowhere"));
    tidy_case_await_failure(t, ask(t, "carrier-pigeon:7"), TIDY_EUNSUPPORTED);
    tidy_case_await_failure(t, ask(t, "tcp:127.0.0.1:65536"), -ERANGE);
}

/* Cancelled while it waits for room in the backlog. */
static void a_cancelled_detection_fails(struct tidy_case *t)
{
    struct place place = new_place(t, "full");
    int fd = bind_socket(t, &place, SOCK_STREAM);
    struct tidy_deferred *answer;

    assert_int_equal(listen(fd, 0), 0);
    fill_backlog(t, &place);
    answer = ask(t, place.endpoint);
    tidy_case_turn(t);
    tidy_deferred_cancel(answer);
    tidy_case_await_failure(t, answer, TIDY_ECANCELLED);
}

/* Cancelled before the loop has run. */
static void a_detection_cancelled_at_once_fails(struct tidy_case *t)
{
    struct tidy_deferred *answer;

    listen_quietly(t);
    answer = ask(t, tidy_server_client_description(tidy_case_server(t)));
    tidy_deferred_cancel(answer);
    tidy_case_await_failure(t, answer, TIDY_ECANCELLED);
}

#define ON_BOTH(fn) TIDY_TEST(fn, .set_up = set_up)
#define ALONE(fn) TIDY_TEST_ON(TIDY_NO_SERVER, fn, .set_up = set_up)

int main(int argc, char **argv)
{
    static const struct tidy_test tests[] = {
        ON_BOTH(the_null_protocol_drops_its_connection),
        ON_BOTH(a_connection_is_a_yes),
        ON_BOTH(a_failure_is_a_no),
        ON_BOTH(is_already_running_through_the_fixture),
        ON_BOTH(the_fixture_does_not_listen),
        ON_BOTH(another_factory_is_connected),
        ON_BOTH(a_service_is_running),
        ON_BOTH(it_can_be_asked_twice),
        ON_BOTH(a_server_that_refuses_is_running),
        ON_BOTH(a_server_that_drops_is_running),
        ON_BOTH(a_server_that_resets_is_running),
        ALONE(a_server_that_never_accepts_is_running),
        ALONE(a_refused_connect_is_a_no),
        ALONE(a_missing_path_is_a_no),
        ALONE(a_stale_socket_file_is_a_no),
        TIDY_TEST_ON(TIDY_NO_SERVER,
                     a_path_without_a_listener_is_a_no,
                     .set_up = set_up,
                     .worlds = TIDY_WORLDS_NONE) /* datagrams */,
        TIDY_TEST_ON(
            TIDY_UNIX, a_server_that_is_gone_is_a_no, .set_up = set_up),
        ON_BOTH(a_timeout_is_a_no),
        ALONE(a_full_backlog_is_a_no_in_the_end),
        ALONE(a_malformed_description_fails),
        ALONE(a_cancelled_detection_fails),
        ON_BOTH(a_detection_cancelled_at_once_fails),
    };

    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
