/* SPDX-License-Identifier: MIT */
/*
 * Paths that cannot be removed.
 *
 * What the case itself cannot remove when it ends is looked at from outside: a
 * process of this program runs such a case, and the test reads its report.
 */
#include "scenario/steps.h"
#include <tidysock/adapters/cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPOIL_OPTION "--spoil"

static char *program; /* for the child */

/* -------------------------------------------------- what cannot be removed */

/* 0; negative: not here. */
static int set_immutable(const char *path, bool is_immutable)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int flags = 0, result;

    if (fd < 0)
        return -1;
    result = ioctl(fd, FS_IOC_GETFLAGS, &flags);
    flags = is_immutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
    if (result == 0)
        result = ioctl(fd, FS_IOC_SETFLAGS, &flags);
    close(fd);
    return result;
}

static char spoilt[PLACE_MAX];

static struct tidy_deferred *unspoil(void *arg)
{
    (void)arg;
    set_immutable(spoilt, false);
    return NULL;
}

/* Clean-up says so, once, and is over all the same. */
static void clean_up_cannot_remove_the_path(const char *lockfile)
{
    const char *sentence;
    char path[PLACE_MAX], lock[PLACE_MAX + 8];

    assert_int_equal(mkdir(steps_path(spoilt, "spoilt"), 0700), 0);
    steps_path(path, "spoilt/socket");
    snprintf(lock, sizeof(lock), "%s.lock", path);
    tidy_case_add_clean_up(scenario.t, unspoil, NULL);
    steps_use("unix:path={path}", "unix:%s:lockfile=%s", path, lockfile);
    tidy_case_listen(
        scenario.t, scenario.server, scenario_factory(&scenario.servers));
    if (set_immutable(spoilt, true) < 0)
        skip();
    sentence = tidy_case_await_failure(
        scenario.t, tidy_server_clean_up(scenario.server), -EPERM);
    assert_says(sentence, "tidy_server_clean_up: cannot remove ");
    assert_says(sentence, path);
    assert_says(sentence, "Operation not permitted");
    unspoil(NULL);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(lock), *lockfile == '1' ? 0 : -1);
    scenario_check_clean();
    steps_use(steps_standard_pattern(), "unix:{path}");
    steps_serve();
}

static void a_socket_cannot_be_removed(struct tidy_case *t)
{
    (void)t;
    clean_up_cannot_remove_the_path("0");
}

static void a_socket_and_its_lock_cannot_be_removed(struct tidy_case *t)
{
    (void)t;
    clean_up_cannot_remove_the_path("1");
}

/* ----------------------------------- the temporary directory, in a process */

#define NOT_HERE 77

/* A file that must not be removed; "": none. */
static char witness[PLACE_MAX + 8];

/* Directories stay locked only as long as the process is there: this comes
 * before the library removes its private directory. */
static void unspoil_at_exit(void)
{
    if (*witness && access(witness, F_OK) < 0)
        _exit(3);
    umount2(spoilt, MNT_DETACH);
    set_immutable(spoilt, false);
}

static void spoil(int result)
{
    if (result < 0)
        _exit(NOT_HERE);
    atexit(unspoil_at_exit);
}

static void make_dir(struct tidy_case *t)
{
    snprintf(spoilt, sizeof(spoilt), "%s/spoilt", tidy_case_temp_dir(t));
    assert_int_equal(mkdir(spoilt, 0700), 0);
}

static void immutable_file(struct tidy_case *t)
{
    snprintf(spoilt, sizeof(spoilt), "%s/spoilt", tidy_case_temp_dir(t));
    close(open(spoilt, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    spoil(set_immutable(spoilt, true));
}

static void immutable_directory(struct tidy_case *t)
{
    char path[PLACE_MAX + 8];

    make_dir(t);
    snprintf(path, sizeof(path), "%s/file", spoilt);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    spoil(set_immutable(spoilt, true));
}

/* In a mount namespace of its own, which goes with it. What is in the mounted
 * file system stays. */
static void mounted(struct tidy_case *t)
{
    make_dir(t);
    if (unshare(CLONE_NEWNS) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        _exit(NOT_HERE);
    spoil(mount("none", spoilt, "tmpfs", 0, NULL));
    snprintf(witness, sizeof(witness), "%s/file", spoilt);
    close(open(witness, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static const struct tidy_test spoilers[] = {
    TIDY_TEST_ON(TIDY_NO_SERVER, immutable_file),
    TIDY_TEST_ON(TIDY_NO_SERVER, immutable_directory),
    TIDY_TEST_ON(TIDY_NO_SERVER, mounted),
};

static int run_spoiler(char **argv)
{
    size_t i;

    for (i = 0; i < TIDY_COUNT(spoilers); i++) {
        if (strcmp(spoilers[i].name, argv[2]) == 0)
            return tidy_cmocka_main(1, argv, &spoilers[i], 1);
    }
    return 2;
}

/* Its output, all of it, and its exit code. */
static int read_spoiler(char *name, char *buf, size_t size)
{
    char option[] = SPOIL_OPTION;
    char *const argv[] = { program, option, name, NULL };
    size_t len = 0;
    ssize_t n_read;
    int fds[2], status = -1;
    pid_t pid;

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        dup2(fds[1], STDERR_FILENO);
        execvp(program, argv);
        _exit(2);
    }
    close(fds[1]);
    while ((n_read = read(fds[0], buf + len, size - 1 - len)) > 0)
        len += (size_t)n_read;
    buf[len] = '\0';
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The test fails, for this reason and no other, and the directory is gone with
 * its process. */
static void expect_unremovable(char *name, const char *cause)
{
    char output[4096], dir[PLACE_MAX] = "", expected[512];
    const char *start;
    int code = read_spoiler(name, output, sizeof(output));

    if (code == NOT_HERE)
        skip();
    assert_int_equal(code, 1);
    start = strstr(output, "the temporary directory ");
    assert_says(output, "the temporary directory ");
    assert_int_equal(sscanf(start, "the temporary directory %107s", dir), 1);
    snprintf(
        expected, sizeof(expected), "%s cannot be removed: %s", dir, cause);
    assert_says(output, expected);
    assert_int_equal(access(dir, F_OK), -1);
}

static void a_file_cannot_be_removed(struct tidy_case *t)
{
    char name[] = "immutable_file";

    (void)t;
    expect_unremovable(name, "Operation not permitted");
}

static void a_directory_cannot_be_removed(struct tidy_case *t)
{
    char name[] = "immutable_directory";

    (void)t;
    expect_unremovable(name, "Operation not permitted");
}

static void a_mount_cannot_be_removed(struct tidy_case *t)
{
    char name[] = "mounted";

    (void)t;
    expect_unremovable(name, "Device or resource busy");
}

static const struct tidy_test tests[] = {
    SCENARIO_ON(TIDY_UNIX,
                a_socket_cannot_be_removed,
                .worlds = TIDY_WORLDS_NONE),
    SCENARIO_ON(TIDY_UNIX,
                a_socket_and_its_lock_cannot_be_removed,
                .worlds = TIDY_WORLDS_NONE),
    TIDY_TEST_ON(TIDY_NO_SERVER,
                 a_file_cannot_be_removed,
                 .worlds = TIDY_WORLDS_NONE),
    TIDY_TEST_ON(TIDY_NO_SERVER,
                 a_directory_cannot_be_removed,
                 .worlds = TIDY_WORLDS_NONE),
    TIDY_TEST_ON(TIDY_NO_SERVER,
                 a_mount_cannot_be_removed,
                 .worlds = TIDY_WORLDS_NONE),
};

int main(int argc, char **argv)
{
    program = argv[0];
    if (argc == 3 && strcmp(argv[1], SPOIL_OPTION) == 0)
        return run_spoiler(argv);
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
