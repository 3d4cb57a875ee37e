/* SPDX-License-Identifier: MIT */
/*
 * Steps that fail: listening where it is not possible, connecting to where
 * nobody is. The code and the sentence say what is wrong, nothing half-made
 * stays behind (the case looks), and the server then works as if nothing had
 * happened.
 */
#include "scenario/steps.h"
#include <tidysock/adapters/cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* ------------------------------------------------------------ a place in use */

/* A socket that is bound and does not listen: nobody else gets its port, or its
 * path, and a connect is refused. */
static int hold_place(struct tidy_address *ret_address)
{
    struct tidy_address address = { .len = sizeof(address.u.in) };
    int fd, one = 1;

    address.u.in.sin_family = AF_INET;
    address.u.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!steps_are_tcp()) {
        address.len = sizeof(address.u.un);
        address.u.un.sun_family = AF_UNIX;
        steps_path(address.u.un.sun_path, "held");
    }
    fd = steps_socket(address.u.any.sa_family);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    assert_int_equal(bind(fd, &address.u.any, address.len), 0);
    assert_int_equal(getsockname(fd, &address.u.any, &address.len), 0);
    *ret_address = address;
    return fd;
}

static void use_place(const struct tidy_address *address)
{
    if (steps_are_tcp())
        steps_use(steps_standard_pattern(),
                  "tcp:%u:interface=127.0.0.1",
                  (unsigned)tidy_address_port(address));
    else
        steps_use(steps_standard_pattern(),
                  "unix:%s:lockfile=0",
                  address->u.un.sun_path);
}

/* Refused, and as soon as somebody listens there it works. */
static void connect_is_refused(struct tidy_case *t)
{
    char place[TIDY_ADDRESS_MAX];
    struct tidy_address address;
    int fd = hold_place(&address);

    scenario_use_pattern(&address);
    scenario_listen();
    tidy_address_format(&address, place, sizeof(place));
    steps_connect_fails(-ECONNREFUSED, place, "Connection refused");
    assert_int_equal(listen(fd, 1), 0);
    tidy_case_connect_protocol(
        t, scenario.server, scenario_factory(&scenario.clients));
    scenario_forget_ports();
    scenario_clean_up();
    assert_counts(0, 1);
}

/* The second server gets the place when the first one has left it, and not
 * before; the first one notices nothing. */
static void listen_on_a_used_place(struct tidy_case *t)
{
    char place[TIDY_ADDRESS_MAX];
    struct tidy_server *first;
    struct tidy_address address;

    hold_place(&address);
    if (!steps_are_tcp())
        assert_int_equal(unlink(address.u.un.sun_path), 0);
    use_place(&address);
    first = scenario.server;
    scenario_listen();
    use_place(&address);
    tidy_address_format(&address, place, sizeof(place));
    steps_listen_fails(-EADDRINUSE, place, "Address already in use");
    tidy_case_connect_protocol(t, first, scenario_factory(&scenario.clients));
    scenario_await_made(1, 1);
    tidy_case_clean_up(t, first);
    steps_serve();
}

/* What lies at the path is not ours, and stays, a socket or not. */
static void listen_on_a_path_that_exists(struct tidy_case *t)
{
    char path[PLACE_MAX];
    int has_lockfile;

    (void)t;
    steps_path(path, "exists");
    for (has_lockfile = 0; has_lockfile < 2; has_lockfile++) {
        steps_use(
            "unix:path={path}", "unix:%s:lockfile=%d", path, has_lockfile);
        assert_int_equal(mkdir(path, 0700), 0);
        steps_listen_fails(-EADDRINUSE, path, "Address already in use");
        assert_int_equal(rmdir(path), 0);
    }
}

/* ------------------------------------------------------- a place there is not */

static void long_path(char buf[256], size_t len)
{
    const char *dir = tidy_case_temp_dir(scenario.t);

    assert_true(len < 256);
    memset(buf, 'x', len);
    buf[len] = '\0';
    memcpy(buf, dir, strlen(dir));
    buf[strlen(dir)] = '/';
}

static void listen_on_a_path_that_is_too_long(struct tidy_case *t)
{
    char path[256];
    int has_lockfile;

    (void)t;
    long_path(path, PLACE_MAX);
    for (has_lockfile = 0; has_lockfile < 2; has_lockfile++) {
        steps_use("unix:path=/", "unix:%s:lockfile=%d", path, has_lockfile);
        steps_listen_fails(-ENAMETOOLONG, path, "File name too long");
    }
}

/* One byte less fits. */
static void listen_on_the_longest_path(struct tidy_case *t)
{
    char path[256], pattern[512];
    int has_lockfile;

    (void)t;
    long_path(path, PLACE_MAX - 1);
    snprintf(pattern, sizeof(pattern), "unix:path=%s", path);
    for (has_lockfile = 0; has_lockfile < 2; has_lockfile++) {
        steps_use(pattern, "unix:%s:lockfile=%d", path, has_lockfile);
        steps_serve();
    }
}

static void connect_to_a_path_that_is_too_long(struct tidy_case *t)
{
    char path[256];

    (void)t;
    long_path(path, PLACE_MAX);
    steps_use_pattern("unix:path=%s", path);
    scenario_listen();
    steps_connect_fails(-ENAMETOOLONG, path, "File name too long");
    scenario_clean_up();
}

static const char *const wrong_ports[] = { "-1", "65536", "70000" };

static void listen_on_a_port_out_of_range(struct tidy_case *t)
{
    char place[64];
    size_t i;

    (void)t;
    for (i = 0; i < TIDY_COUNT(wrong_ports); i++) {
        steps_use(steps_standard_pattern(),
                  "tcp:%s:interface=127.0.0.1",
                  wrong_ports[i]);
        snprintf(place, sizeof(place), "127.0.0.1:%s", wrong_ports[i]);
        steps_listen_fails(-ERANGE, place, "no port");
    }
}

static void connect_to_a_port_out_of_range(struct tidy_case *t)
{
    char place[64];
    size_t i;

    (void)t;
    for (i = 0; i < TIDY_COUNT(wrong_ports); i++) {
        steps_use_pattern("tcp:host=localhost:port=%s", wrong_ports[i]);
        scenario_listen();
        snprintf(place, sizeof(place), "localhost:%s", wrong_ports[i]);
        steps_connect_fails(-ERANGE, place, "no port");
        scenario_clean_up();
    }
}

/* Without the directory there is nothing to listen on; with it there is. */
static void listen_where_the_directory_is_gone(struct tidy_case *t)
{
    char dir[PLACE_MAX], path[PLACE_MAX];
    int has_lockfile;

    (void)t;
    steps_path(dir, "dir");
    steps_path(path, "dir/socket");
    for (has_lockfile = 0; has_lockfile < 2; has_lockfile++) {
        steps_use("unix:path={path}:timeout=1",
                  "unix:%s:lockfile=%d",
                  path,
                  has_lockfile);
        steps_listen_fails(-ENOENT, path, "No such file or directory");
        assert_int_equal(mkdir(dir, 0700), 0);
        scenario_listen();
        scenario_clean_up();
        assert_int_equal(rmdir(dir), 0);
    }
}

static void listen_where_the_directory_is_a_file(struct tidy_case *t)
{
    char path[PLACE_MAX];
    int has_lockfile;

    (void)t;
    close(open(steps_path(path, "file"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    steps_path(path, "file/socket");
    for (has_lockfile = 0; has_lockfile < 2; has_lockfile++) {
        steps_use(
            "unix:path={path}", "unix:%s:lockfile=%d", path, has_lockfile);
        steps_listen_fails(-ENOTDIR, path, "Not a directory");
    }
}

static void connect_where_the_path_is_gone(struct tidy_case *t)
{
    char path[PLACE_MAX];

    (void)t;
    steps_use_pattern("unix:path=%s", steps_path(path, "gone"));
    scenario_listen();
    steps_connect_fails(-ENOENT, path, "No such file or directory");
    scenario_clean_up();
    steps_use_pattern("unix:path=%s", steps_path(path, "dir/gone"));
    scenario_listen();
    steps_connect_fails(-ENOENT, path, "No such file or directory");
    scenario_clean_up();
}

/* The directory goes, with the socket in it, while clients are connected: no
 * new ones come, the old ones stay, and there is nothing left to be removed. */
static void the_directory_goes_while_listening(struct tidy_case *t)
{
    char dir[PLACE_MAX], path[PLACE_MAX], lock[PLACE_MAX];
    struct probe *probe;

    (void)t;
    assert_int_equal(mkdir(steps_path(dir, "dir"), 0700), 0);
    steps_path(path, "dir/socket");
    steps_path(lock, "dir/socket.lock");
    steps_use("unix:path={path}", "unix:%s", path);
    memset(&scenario.path, 0, sizeof(scenario.path));
    tidy_case_listen(t, scenario.server, scenario_factory(&scenario.servers));
    probe = scenario_connect();
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(lock), 0);
    assert_int_equal(rmdir(dir), 0);
    tidy_case_await_failure(
        t,
        tidy_server_connect(scenario.server,
                            scenario_factory(&scenario.clients)),
        -ENOENT);
    probe_write(probe, "still here");
    scenario_await_server_bytes(10);
    scenario_clean_up();
    assert_counts(1, 1);
}

/* --------------------------------------------------------------- wrong state */

static void connect_before_listen(struct tidy_case *t)
{
    const char *sentence = tidy_case_await_failure(
        t,
        tidy_server_connect(scenario.server,
                            scenario_factory(&scenario.clients)),
        TIDY_ESTATE);

    assert_says(sentence, "tidy_server_connect");
    assert_says(sentence, "does not listen yet");
    steps_serve();
}

static void listen_twice(struct tidy_case *t)
{
    const char *sentence;

    scenario_listen();
    sentence = tidy_case_await_failure(
        t,
        tidy_server_listen(scenario.server,
                           scenario_factory(&scenario.servers)),
        TIDY_ESTATE);
    assert_says(sentence, "tidy_server_listen");
    assert_says(sentence, "listens already");
    steps_talk();
    scenario_clean_up();
    steps_serve();
}

static void connect_during_clean_up(struct tidy_case *t)
{
    struct tidy_deferred *done;
    const char *sentence;

    scenario_listen_and_connect();
    done = tidy_server_clean_up(scenario.server);
    sentence = tidy_case_await_failure(
        t,
        tidy_server_connect(scenario.server,
                            scenario_factory(&scenario.clients)),
        TIDY_ECLOSING);
    assert_says(sentence, "tidy_server_connect");
    assert_says(sentence, "is being cleaned up");
    tidy_case_await(t, done);
    steps_serve();
}

static const struct tidy_test tests[] = {
    SCENARIO(connect_is_refused),
    SCENARIO(listen_on_a_used_place),
    SCENARIO_ON(TIDY_UNIX, listen_on_a_path_that_exists),
    SCENARIO_ON(TIDY_UNIX, listen_on_a_path_that_is_too_long),
    SCENARIO_ON(TIDY_UNIX, listen_on_the_longest_path),
    SCENARIO_ON(TIDY_UNIX, connect_to_a_path_that_is_too_long),
    SCENARIO_ON(TIDY_TCP, listen_on_a_port_out_of_range),
    SCENARIO_ON(TIDY_TCP, connect_to_a_port_out_of_range),
    SCENARIO_ON(TIDY_UNIX, listen_where_the_directory_is_gone),
    SCENARIO_ON(TIDY_UNIX, listen_where_the_directory_is_a_file),
    SCENARIO_ON(TIDY_UNIX, connect_where_the_path_is_gone),
    SCENARIO_ON(TIDY_UNIX, the_directory_goes_while_listening),
    SCENARIO(connect_before_listen),
    SCENARIO(listen_twice),
    SCENARIO(connect_during_clean_up),
};

int main(int argc, char **argv)
{
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
