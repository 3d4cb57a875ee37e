/* SPDX-License-Identifier: MIT */
/*
 * Lock files beside Unix sockets, whoever holds them.
 */
#include "scenario/steps.h"
#include <tidysock/adapters/cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    char path[PLACE_MAX];
    char lock[PLACE_MAX + 8];
} place;

/* Lock files are the default of a server that is described. */
static void use_place(const char *more)
{
    char pattern[256];

    steps_path(place.path, "place");
    snprintf(place.lock, sizeof(place.lock), "%s.lock", place.path);
    snprintf(pattern, sizeof(pattern), "unix:path=%s%s", place.path, more);
    steps_use(pattern, "unix:%s", place.path);
}

/* A socket that somebody has left. */
static void leave_socket(void)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = steps_socket(AF_UNIX);

    memcpy(un.sun_path, place.path, sizeof(place.path));
    assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
}

static void leave_lock(pid_t pid)
{
    char target[32];

    snprintf(target, sizeof(target), "%ld", (long)pid);
    assert_int_equal(symlink(target, place.lock), 0);
}

static void assert_holder(pid_t pid)
{
    char target[32] = "";

    assert_true(readlink(place.lock, target, sizeof(target) - 1) > 0);
    assert_int_equal(atol(target), pid);
}

static void assert_nothing_left(void)
{
    struct stat st;

    assert_int_equal(lstat(place.path, &st), -1);
    assert_int_equal(lstat(place.lock, &st), -1);
}

static void wait_for_ever(int fd)
{
    (void)fd;
    for (;;)
        pause();
}

/* Held while the server listens, and gone with it. */
static void a_lock_is_held_while_listening(struct tidy_case *t)
{
    (void)t;
    use_place("");
    scenario_listen();
    assert_holder(getpid());
    scenario_connect();
    scenario_clean_up();
    assert_nothing_left();
    steps_serve();
    assert_nothing_left();
}

/* Neither the lock nor what it protects is touched; when the holder is dead
 * both are taken over. */
static void a_lock_is_held_by_a_process(struct tidy_case *t)
{
    struct stat st;
    pid_t pid;

    (void)t;
    use_place("");
    pid = steps_fork(wait_for_ever, -1);
    leave_socket();
    leave_lock(pid);
    steps_listen_fails(TIDY_ELOCKED, place.path, "lock file is held");
    assert_holder(pid);
    assert_int_equal(lstat(place.path, &st), 0);
    kill(pid, SIGKILL);
    assert_true(WIFSIGNALED(steps_reap()));
    scenario_listen();
    assert_holder(getpid());
    scenario_connect();
    scenario_clean_up();
    assert_nothing_left();
}

/* The holder may be this process. The first server notices nothing. */
static void a_lock_is_held_by_another_server(struct tidy_case *t)
{
    struct tidy_server *first;

    use_place("");
    first = scenario.server;
    scenario_listen();
    use_place("");
    steps_listen_fails(TIDY_ELOCKED, place.path, "lock file is held");
    assert_holder(getpid());
    tidy_case_connect_protocol(t, first, scenario_factory(&scenario.clients));
    scenario_await_made(1, 1);
    tidy_case_clean_up(t, first);
    assert_nothing_left();
    scenario_listen();
    scenario_connect();
    scenario_clean_up();
}

/* A link that names no process is as stale as one that names a dead one. */
static void a_lock_names_nobody(struct tidy_case *t)
{
    (void)t;
    use_place("");
    assert_int_equal(symlink("nobody", place.lock), 0);
    leave_socket();
    steps_serve();
    assert_nothing_left();
}

/* Somebody's file is not ours to remove. */
static void the_lock_is_no_lock(struct tidy_case *t)
{
    (void)t;
    use_place("");
    assert_int_equal(mkdir(place.lock, 0700), 0);
    steps_listen_fails(-EEXIST, place.path, "is no lock file");
    assert_int_equal(rmdir(place.lock), 0);
    close(open(place.lock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    steps_listen_fails(-EEXIST, place.path, "is no lock file");
    assert_int_equal(unlink(place.lock), 0);
    steps_serve();
    assert_nothing_left();
}

/* ... even if a lock beside it is stale. */
static void a_stale_lock_lies_beside_a_file(struct tidy_case *t)
{
    (void)t;
    use_place("");
    assert_int_equal(symlink("nobody", place.lock), 0);
    close(open(place.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    steps_listen_fails(-EADDRINUSE, place.path, "in use");
    assert_int_equal(unlink(place.path), 0);
    steps_serve();
    assert_nothing_left();
}

/* The lock goes again if the socket cannot be bound. */
static void the_path_is_taken_and_the_lock_is_not(struct tidy_case *t)
{
    struct stat st;

    (void)t;
    use_place("");
    leave_socket();
    steps_listen_fails(-EADDRINUSE, place.path, "Address already in use");
    assert_int_equal(lstat(place.lock, &st), -1);
    assert_int_equal(unlink(place.path), 0);
    steps_serve();
    assert_nothing_left();
}

/* A client that asks for the lock does not connect to what nobody holds. */
static void a_client_wants_the_lock(struct tidy_case *t)
{
    pid_t pid;

    (void)t;
    use_place(":lockfile=1");
    scenario_listen();
    scenario_connect();
    assert_int_equal(unlink(place.lock), 0);
    steps_connect_fails(-ECONNREFUSED, place.path, "no running process holds");
    pid = steps_fork(wait_for_ever, -1);
    leave_lock(pid);
    scenario_connect();
    kill(pid, SIGKILL);
    assert_true(WIFSIGNALED(steps_reap()));
    steps_connect_fails(-ECONNREFUSED, place.path, "no running process holds");
    scenario_clean_up();
    assert_nothing_left();
    assert_counts(2, 2);
}

/* It is refused later than clean-up begins, and then that is why. */
static void a_client_wants_the_lock_and_is_cancelled(struct tidy_case *t)
{
    struct tidy_deferred *connecting;
    const char *sentence;

    (void)t;
    use_place(":lockfile=1");
    scenario_listen();
    assert_int_equal(unlink(place.lock), 0);
    connecting = tidy_server_connect(scenario.server,
                                     scenario_factory(&scenario.clients));
    scenario_clean_up();
    sentence = tidy_case_await_failure(t, connecting, TIDY_ECANCELLED);
    assert_says(sentence, "cancelled");
}

static const struct tidy_test tests[] = {
    SCENARIO_ON(TIDY_UNIX, a_lock_is_held_while_listening),
    SCENARIO_ON(TIDY_UNIX,
                a_lock_is_held_by_a_process,
                .worlds = TIDY_WORLDS_NONE),
    SCENARIO_ON(TIDY_UNIX, a_lock_is_held_by_another_server),
    SCENARIO_ON(TIDY_UNIX, a_lock_names_nobody),
    SCENARIO_ON(TIDY_UNIX, the_lock_is_no_lock),
    SCENARIO_ON(TIDY_UNIX, a_stale_lock_lies_beside_a_file),
    SCENARIO_ON(TIDY_UNIX, the_path_is_taken_and_the_lock_is_not),
    SCENARIO_ON(TIDY_UNIX, a_client_wants_the_lock, .worlds = TIDY_WORLDS_NONE),
    SCENARIO_ON(TIDY_UNIX, a_client_wants_the_lock_and_is_cancelled),
};

int main(int argc, char **argv)
{
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
