/* SPDX-License-Identifier: MIT */
/*
 * Paths in a world, and names of hosts. The paths are below a directory of the
 * test's own, which stays empty.
 */
#include "sim/body.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

int __xstat(int version, const char *path, struct stat *st);
int __lxstat(int version, const char *path, struct stat *st);
int __open_2(const char *path, int flags);

struct place {
    char directory[32];
    struct sockaddr_un address;
};

static int set_up(void **state)
{
    static struct place place;

    strcpy(place.directory, "/tmp/tidysock-XXXXXX");
    assert_non_null(mkdtemp(place.directory));
    place.address.sun_family = AF_UNIX;
    snprintf(place.address.sun_path,
             sizeof(place.address.sun_path),
             "%s/socket",
             place.directory);
    *state = &place;
    return 0;
}

/* Succeeds only if nothing was made there. */
static int tear_down(void **state)
{
    const struct place *place = *state;

    return rmdir(place->directory);
}

static int bind_there(const struct place *place)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    CHECK(bind(fd,
               (const struct sockaddr *)&place->address,
               sizeof(place->address)) == 0);
    return fd;
}

static void look_in_every_way(void *arg)
{
    const struct place *place = arg;
    const char *path = place->address.sun_path;
    struct stat st[6];
    struct statx stx;
    int fd = bind_there(place), idx;

    CHECK(stat(path, &st[0]) == 0 && lstat(path, &st[1]) == 0);
    CHECK(fstatat(AT_FDCWD, path, &st[2], 0) == 0);
    CHECK(__xstat(1, path, &st[3]) == 0 && __lxstat(1, path, &st[4]) == 0);
    CHECK(syscall(SYS_newfstatat, AT_FDCWD, path, &st[5], 0) == 0);
    for (idx = 0; idx < 6; idx++)
        CHECK(S_ISSOCK(st[idx].st_mode) && st[idx].st_ino == st[0].st_ino);
    CHECK(statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &stx) == 0);
    CHECK(S_ISSOCK(stx.stx_mode) && stx.stx_ino == st[0].st_ino);
    CHECK(access(path, W_OK) == 0 && faccessat(AT_FDCWD, path, R_OK, 0) == 0);
    CHECK(euidaccess(path, F_OK) == 0 && eaccess(path, F_OK) == 0);
    CHECK(chmod(path, 0600) == 0 && stat(path, &st[0]) == 0);
    CHECK((st[0].st_mode & 0777) == 0600);
    CHECK(fchmodat(AT_FDCWD, path, 0640, 0) == 0 && stat(path, &st[0]) == 0);
    CHECK((st[0].st_mode & 0777) == 0640);
    CHECK(unlink(path) == 0 && close(fd) == 0);
    CHECK_FAILS(stat(path, &st[0]), ENOENT);
}

/* A bound path is there, for all who look, and only in the world. */
static void paths_are_seen(void **state)
{
    assert_passes(look_in_every_way, *state);
}

static void remove_in_every_way(void *arg)
{
    const struct place *place = arg;
    const char *path = place->address.sun_path;

    close(bind_there(place));
    CHECK(unlinkat(AT_FDCWD, path, 0) == 0);
    close(bind_there(place));
    CHECK(remove(path) == 0);
    close(bind_there(place));
    CHECK(syscall(SYS_unlinkat, AT_FDCWD, path, 0) == 0);
    close(bind_there(place));
    CHECK_FAILS(unlinkat(AT_FDCWD, path, AT_REMOVEDIR), ENOTDIR);
    CHECK(unlink(path) == 0);
    CHECK_FAILS(unlink(path), ENOENT);
}

static void paths_are_removed(void **state)
{
    assert_passes(remove_in_every_way, *state);
}

static void take_it_for_a_file(void *arg)
{
    const struct place *place = arg;
    const char *path = place->address.sun_path;
    char text[PATH_MAX];

    close(bind_there(place));
    CHECK_FAILS(open(path, O_RDWR), ENXIO);
    CHECK_FAILS(__open_2(path, O_RDWR), ENXIO);
    CHECK_FAILS(openat(AT_FDCWD, path, O_RDWR), ENXIO);
    CHECK_FAILS(open(path, O_CREAT | O_EXCL, 0600), EEXIST);
    CHECK_FAILS(creat(path, 0600), ENXIO);
    CHECK(!fopen(path, "r") && errno == ENXIO);
    CHECK(!opendir(path) && errno == ENOTDIR);
    CHECK_FAILS(mkdir(path, 0700), EEXIST);
    CHECK_FAILS(mkfifo(path, 0700), EEXIST);
    CHECK_FAILS(symlink("/", path), EEXIST);
    CHECK_FAILS(rmdir(path), ENOTDIR);
    CHECK_FAILS(chdir(path), ENOTDIR);
    CHECK_FAILS(readlink(path, text, sizeof(text)), EINVAL);
    CHECK_FAILS(truncate(path, 0), EINVAL);
    CHECK(unlink(path) == 0);
}

/* What it is not, it cannot be used as. */
static void sockets_are_no_files(void **state)
{
    assert_passes(take_it_for_a_file, *state);
}

static void rename_it(void *arg)
{
    const struct place *place = arg;

    close(bind_there(place));
    rename(place->address.sun_path, "/tmp/other");
}

static void own_it(void *arg)
{
    const struct place *place = arg;

    close(bind_there(place));
    if (chown(place->address.sun_path, 0, 0) == 0)
        tidy_world_fail("it was owned");
}

/* The rest is not modelled. */
static void other_calls_are_refused(void **state)
{
    const struct place *place = *state;
    char text[256];

    snprintf(text,
             sizeof(text),
             "simulation does not model rename of a Unix socket: %s",
             place->address.sun_path);
    assert_ends(rename_it, *state, TIDY_OUTCOME_UNMODELLED, text);
    assert_ends(own_it, *state, TIDY_OUTCOME_UNMODELLED, "chown of a Unix");
}

static void use_null(int fd)
{
    char byte = 0;

    CHECK(is_simulated(fd));
    CHECK(write(fd, &byte, 1) == 1 && read(fd, &byte, 1) == 0);
    CHECK(close(fd) == 0);
}

static void open_null_in_every_way(void *arg)
{
    const char *path = "/dev/null";
    FILE *file;
    int fd;

    (void)arg;
    use_null(open(path, O_RDWR));
    use_null(open(path, O_RDWR | O_CREAT | O_TRUNC, 0600));
    use_null(openat(AT_FDCWD, path, O_RDWR));
    use_null(openat(-1, path, O_RDWR));
    use_null(__open_2(path, O_RDWR));
    use_null((int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR, 0));
    CHECK_FAILS(open(path, O_CREAT | O_EXCL, 0600), EEXIST);
    fd = open(path, O_PATH);
    CHECK(fd >= 0 && !is_simulated(fd) && close(fd) == 0);
    file = fopen(path, "r");
    CHECK(file && !is_simulated(fileno(file)) && fclose(file) == 0);
}

static void null_is_the_worlds(void **state)
{
    (void)state;
    assert_passes(open_null_in_every_way, NULL);
}

/* Is a number that was another device's the null device's, for reading? */
static void check_is_null(int fd)
{
    struct statx stx;
    struct stat st;
    char byte = 0;

    CHECK(fstat(fd, &st) == 0 && st.st_rdev == makedev(1, 3));
    CHECK(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) == 0);
    CHECK(stx.stx_rdev_major == 1 && stx.stx_rdev_minor == 3);
    CHECK(read(fd, &byte, 1) == 0);
    CHECK_FAILS(write(fd, &byte, 1), EBADF);
}

static void copy_null_under_real_numbers(void *arg)
{
    int null = open("/dev/null", O_RDONLY);
    int fds[2] = { open("/dev/zero", O_RDWR), open("/dev/zero", O_RDWR) };

    (void)arg;
    CHECK(dup2(null, fds[0]) == fds[0] && fcntl(fds[0], F_GETFD) == 0);
    CHECK(dup3(null, fds[1], O_CLOEXEC) == fds[1]);
    CHECK(fcntl(fds[1], F_GETFD) == FD_CLOEXEC);
    check_is_null(fds[0]);
    check_is_null(fds[1]);
    check_is_null(null);
    CHECK_FAILS(dup2(null, -1), EBADF);
    CHECK(close(null) == 0 && close(fds[0]) == 0 && close(fds[1]) == 0);
}

/* As a program does that wants nothing from its standard input. */
static void null_may_have_a_real_number(void **state)
{
    (void)state;
    assert_passes(copy_null_under_real_numbers, NULL);
}

static void read_urandom(void *arg)
{
    (void)arg;
    close(open("/dev/urandom", O_RDONLY));
}

static void real_chance_is_refused(void **state)
{
    (void)state;
    assert_ends(read_urandom, NULL, TIDY_OUTCOME_UNMODELLED, "/dev/urandom");
}

/* ---------------------------------------------------------------------- names */

static const struct question {
    const char *node, *service;
    struct addrinfo hints;
} questions[] = {
    { "127.0.0.1", "80", { .ai_socktype = SOCK_STREAM } },
    { "127.0.0.1", "80", { .ai_socktype = 0 } },
    { "127.0.0.1", NULL, { .ai_socktype = SOCK_STREAM } },
    { "127.1", "1", { .ai_socktype = SOCK_STREAM } },
    { "::1", "443", { .ai_socktype = SOCK_STREAM } },
    { "::1", "443", { .ai_family = AF_INET } },
    { "fe80::1%1", "443", { .ai_socktype = SOCK_STREAM } },
    { "127.0.0.1", "443", { .ai_family = AF_INET6 } },
    { "127.0.0.1",
      "443",
      { .ai_family = AF_INET6,
        .ai_flags = AI_V4MAPPED,
        .ai_socktype = SOCK_STREAM } },
    { "127.0.0.1",
      "80",
      { .ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM } },
    { NULL, "80", { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM } },
    { NULL,
      "80",
      { .ai_flags = AI_PASSIVE,
        .ai_family = AF_INET6,
        .ai_socktype = SOCK_STREAM } },
    { "127.0.0.1", "80", { .ai_protocol = IPPROTO_TCP } },
    { NULL, NULL, { .ai_family = AF_INET } },
    { "nobody", NULL, { .ai_flags = AI_NUMERICHOST } },
    { "127.0.0.1", "http", { .ai_flags = AI_NUMERICSERV } },
    { "127.0.0.1", "80", { .ai_family = AF_UNIX } },
    { "127.0.0.1", "80", { .ai_flags = 0x40000000 } },
    { NULL, "80", { .ai_flags = AI_CANONNAME } },
    { "127.0.0.1", "80", { .ai_socktype = SOCK_RAW } },
    { "127.0.0.1",
      "80",
      { .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_UDP } },
};

struct answers {
    int results[TIDY_COUNT(questions)];
    struct addrinfo *lists[TIDY_COUNT(questions)];
};

static bool is_same_entry(const struct addrinfo *a, const struct addrinfo *b)
{
    return a->ai_family == b->ai_family && a->ai_socktype == b->ai_socktype &&
           a->ai_protocol == b->ai_protocol && a->ai_addrlen == b->ai_addrlen &&
           memcmp(a->ai_addr, b->ai_addr, a->ai_addrlen) == 0 &&
           !a->ai_canonname == !b->ai_canonname &&
           (!a->ai_canonname || strcmp(a->ai_canonname, b->ai_canonname) == 0);
}

static bool is_same_list(const struct addrinfo *a, const struct addrinfo *b)
{
    for (; a && b; a = a->ai_next, b = b->ai_next) {
        if (!is_same_entry(a, b))
            return false;
    }
    return !a && !b;
}

static void ask(struct answers *answers)
{
    size_t idx;

    memset(answers, 0, sizeof(*answers));
    for (idx = 0; idx < TIDY_COUNT(questions); idx++)
        answers->results[idx] = getaddrinfo(questions[idx].node,
                                            questions[idx].service,
                                            &questions[idx].hints,
                                            &answers->lists[idx]);
}

static void forget(struct answers *answers)
{
    size_t idx;

    for (idx = 0; idx < TIDY_COUNT(questions); idx++) {
        if (answers->lists[idx])
            freeaddrinfo(answers->lists[idx]);
    }
}

static void ask_as_outside(void *arg)
{
    const struct answers *real = arg;
    struct answers answers;
    size_t idx;

    ask(&answers);
    for (idx = 0; idx < TIDY_COUNT(questions); idx++) {
        if (answers.results[idx] != real->results[idx] ||
            !is_same_list(answers.lists[idx], real->lists[idx]))
            tidy_world_fail("question %zu: %s, not %s",
                            idx,
                            gai_strerror(answers.results[idx]),
                            gai_strerror(real->results[idx]));
    }
    forget(&answers);
}

/* What needs no name server is answered as the C library answers it. */
static void addresses_are_as_outside(void **state)
{
    struct answers real;

    (void)state;
    ask(&real);
    assert_passes(ask_as_outside, &real);
    forget(&real);
}

static void ask_for_localhost(void *arg)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;

    (void)arg;
    CHECK(getaddrinfo("localhost", "80", &hints, &list) == 0);
    CHECK(list->ai_family == AF_INET6 && list->ai_next);
    CHECK(list->ai_next->ai_family == AF_INET && !list->ai_next->ai_next);
    freeaddrinfo(list);
}

static void localhost_has_both_addresses(void **state)
{
    (void)state;
    assert_passes(ask_for_localhost, NULL);
}

static void ask_for_a_name(void *arg)
{
    struct addrinfo *list;

    CHECK(getaddrinfo(arg, "80", NULL, &list) == 0);
}

static void ask_for_a_service(void *arg)
{
    struct addrinfo *list;

    CHECK(getaddrinfo("127.0.0.1", arg, NULL, &list) == 0);
}

static void other_names_are_refused(void **state)
{
    char name[] = "example.org", service[] = "http";

    (void)state;
    assert_ends(ask_for_a_name,
                name,
                TIDY_OUTCOME_UNMODELLED,
                "looking up the name \"example.org\"");
    assert_ends(ask_for_a_service,
                service,
                TIDY_OUTCOME_UNMODELLED,
                "looking up the service \"http\"");
}

static void name_addresses(void *arg)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(80) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    const struct sockaddr *any = (const struct sockaddr *)&v4;
    char host[64], service[16];

    (void)arg;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(getnameinfo(any, sizeof(v4), host, 64, service, 16, NI_NUMERICHOST) ==
          0);
    CHECK(strcmp(host, "127.0.0.1") == 0 && strcmp(service, "80") == 0);
    CHECK(getnameinfo(any, sizeof(v4), host, 64, NULL, 0, 0) == 0);
    CHECK(strcmp(host, "localhost") == 0);
    CHECK(getnameinfo(any, sizeof(v4), host, 4, NULL, 0, 0) == EAI_OVERFLOW);
    CHECK(getnameinfo(any, 3, host, 64, NULL, 0, 0) == EAI_FAMILY);
    any = (const struct sockaddr *)&v6;
    CHECK(getnameinfo(any, sizeof(v6), host, 64, NULL, 0, NI_NUMERICHOST) == 0);
    CHECK(strcmp(host, "::1") == 0);
}

static void addresses_have_names(void **state)
{
    (void)state;
    assert_passes(name_addresses, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(paths_are_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(paths_are_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            sockets_are_no_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            other_calls_are_refused, set_up, tear_down),
        cmocka_unit_test(null_is_the_worlds),
        cmocka_unit_test(null_may_have_a_real_number),
        cmocka_unit_test(real_chance_is_refused),
        cmocka_unit_test(addresses_are_as_outside),
        cmocka_unit_test(localhost_has_both_addresses),
        cmocka_unit_test(other_names_are_refused),
        cmocka_unit_test(addresses_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
