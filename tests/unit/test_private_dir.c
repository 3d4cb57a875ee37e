/* SPDX-License-Identifier: MIT */
/*
 * The process's private directory. Each test has a base directory of its own,
 * and looks at what child processes make and leave in it: the directory belongs
 * to a process, and goes when that exits.
 */
#include "fixture/private_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char base[32];
};

/* What a child hands to its parent: a path, or "" for none. */
struct answer {
    char path[TIDY__PRIVATE_PATH_MAX];
};

typedef void (*child_cb)(struct fixture *f, struct answer *answer);

static int set_up(void **state)
{
    static struct fixture fixture;

    strcpy(fixture.base, "/tmp/tidysock-test-XXXXXX");
    *state = &fixture;
    if (!mkdtemp(fixture.base))
        return -1;
    return setenv("XDG_RUNTIME_DIR", fixture.base, 1);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    return tidy__remove_tree(f->base);
}

/* ------------------------------------------------------------ the children */

struct child {
    pid_t pid;
    int in;  /* the child's answers */
    int out; /* a byte on it: the child goes on */
};

/* In the child: answer, wait until the parent lets it go on, exit. */
static void
run_child(struct fixture *f, child_cb run, const int up[2], const int down[2])
{
    struct answer answer = { .path = "" };
    char byte;

    close(up[0]);
    close(down[1]);
    run(f, &answer);
    if (write(up[1], &answer, sizeof(answer)) != sizeof(answer))
        _exit(2);
    exit(read(down[0], &byte, 1) < 0);
}

static struct child start(struct fixture *f, child_cb run)
{
    struct child child;
    int up[2], down[2];

    assert_int_equal(pipe2(up, O_CLOEXEC), 0);
    assert_int_equal(pipe2(down, O_CLOEXEC), 0);
    fflush(NULL);
    child.pid = fork();
    assert_true(child.pid >= 0);
    if (child.pid == 0)
        run_child(f, run, up, down);
    close(up[1]);
    close(down[0]);
    child.in = up[0];
    child.out = down[1];
    return child;
}

static struct answer ask(const struct child *child)
{
    struct answer answer;

    assert_int_equal(read(child->in, &answer, sizeof(answer)), sizeof(answer));
    return answer;
}

static int end(struct child *child)
{
    int status;

    /* The end of the pipe would not do: later children have it, too. */
    (void)!write(child->out, "x", 1);
    close(child->out);
    close(child->in);
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    return status;
}

static void kill_child(struct child *child)
{
    int status;

    kill(child->pid, SIGKILL);
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    assert_true(WIFSIGNALED(status));
    close(child->out);
    close(child->in);
}

/* What a child does: take a path, and make something there. */
static void take_path(struct fixture *f, struct answer *answer)
{
    (void)f;
    if (tidy__private_path(answer->path, "x", NULL) < 0)
        answer->path[0] = '\0';
}

static void make_file(struct fixture *f, struct answer *answer)
{
    take_path(f, answer);
    close(open(answer->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void make_tree(struct fixture *f, struct answer *answer)
{
    char inner[TIDY__PRIVATE_PATH_MAX + 8];

    take_path(f, answer);
    mkdir(answer->path, 0700);
    snprintf(inner, sizeof(inner), "%s/link", answer->path);
    if (symlink(f->base, inner) < 0)
        _exit(3);
    snprintf(inner, sizeof(inner), "%s/dir", answer->path);
    mkdir(inner, 0700);
}

/* The answer of a child that has ended properly. */
static struct answer run_whole(struct fixture *f, child_cb run)
{
    struct child child = start(f, run);
    struct answer answer = ask(&child);

    assert_int_equal(end(&child), 0);
    return answer;
}

static bool exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static void cut_last_name(char *path)
{
    *strrchr(path, '/') = '\0';
}

/* The private directory that an answer's path is in. */
static const char *directory_of(struct answer *answer)
{
    assert_string_not_equal(answer->path, "");
    cut_last_name(answer->path);
    return answer->path;
}

static void assert_starts_with(const char *text, const char *start)
{
    assert_memory_equal(text, start, strlen(start));
}

/* A name in the base as one of ours would have it. */
static void
name_like_ours(const struct fixture *f, const char *tail, char *path, size_t n)
{
    snprintf(
        path, n, "%s/tidysock-%lu-%s", f->base, (unsigned long)geteuid(), tail);
}

/* --------------------------------------------------------------- the paths */

static void compare_paths(struct fixture *f, struct answer *answer)
{
    char first[TIDY__PRIVATE_PATH_MAX], second[TIDY__PRIVATE_PATH_MAX];
    struct sockaddr_un un;
    bool is_right;

    (void)f;
    is_right = tidy__private_n_paths() == 0 && tidy__private_dir_fd() == -1;
    tidy__private_path(first, "s", NULL);
    tidy__private_path(second, "s", NULL);
    is_right = is_right && strcmp(first, second) != 0 && !exists(first) &&
               !exists(second) && strlen(first) < sizeof(un.sun_path) &&
               tidy__private_n_paths() == 2 && tidy__private_dir_fd() >= 0;
    if (is_right)
        strcpy(answer->path, first);
}

/* No two paths are the same, they fit into a socket's address, nothing is there
 * yet, and all of them are counted. */
static void paths_differ_and_fit(void **state)
{
    struct fixture *f = *state;
    struct answer answer = run_whole(f, compare_paths);

    assert_starts_with(answer.path, f->base);
}

static void check_mode(struct fixture *f, struct answer *answer)
{
    struct stat st;

    umask(0);
    take_path(f, answer);
    cut_last_name(answer->path);
    if (stat(answer->path, &st) < 0 || (st.st_mode & 0777) != 0700)
        answer->path[0] = '\0';
}

/* The directory is for its owner alone, whatever the process's mask. */
static void it_is_private(void **state)
{
    assert_string_not_equal(run_whole(*state, check_mode).path, "");
}

static void note_path(const char *path, void *arg)
{
    struct answer *answer = arg;

    snprintf(answer->path, sizeof(answer->path), "%s", path);
}

static void list_one(struct fixture *f, struct answer *answer)
{
    struct answer listed = { .path = "" };

    make_file(f, answer);
    tidy__private_dir_list(note_path, &listed);
    if (strcmp(listed.path, answer->path) != 0)
        answer->path[0] = '\0';
}

/* What is in it can be listed. */
static void its_content_is_listed(void **state)
{
    assert_string_not_equal(run_whole(*state, list_one).path, "");
}

/* ------------------------------------------------------------ how it goes */

/* It goes when the process exits, with all that is in it, and without following
 * links. */
static void it_goes_at_exit(void **state)
{
    struct fixture *f = *state;
    struct child child = start(f, make_tree);
    struct answer answer = ask(&child);

    assert_true(exists(answer.path));
    assert_int_equal(end(&child), 0);
    assert_false(exists(directory_of(&answer)));
    assert_true(exists(f->base));
}

static void fork_and_exit(struct fixture *f, struct answer *answer)
{
    int status;
    pid_t pid;

    make_file(f, answer);
    pid = fork();
    if (pid == 0)
        exit(tidy__private_n_paths() != 0 || tidy__private_dir_fd() != -1);
    waitpid(pid, &status, 0);
    if (status != 0 || !exists(answer->path))
        answer->path[0] = '\0';
}

/* The exit of a forked child leaves its parent's alone; it has none itself. */
static void it_outlives_forked_children(void **state)
{
    assert_string_not_equal(run_whole(*state, fork_and_exit).path, "");
}

static void fork_and_take(struct fixture *f, struct answer *answer)
{
    char *own;
    int status;
    pid_t pid;

    make_file(f, answer);
    own = strdup(answer->path);
    pid = fork();
    if (pid == 0) {
        make_file(f, answer);
        cut_last_name(answer->path);
        exit(strncmp(own, answer->path, strlen(answer->path)) == 0);
    }
    waitpid(pid, &status, 0);
    if (status != 0 || !exists(own))
        answer->path[0] = '\0';
    free(own);
}

/* A forked child that needs one makes its own. */
static void forked_children_have_their_own(void **state)
{
    assert_string_not_equal(run_whole(*state, fork_and_take).path, "");
}

/* What a process left that was killed goes when the next one needs one. */
static void killed_ones_are_swept(void **state)
{
    struct fixture *f = *state;
    struct child child = start(f, make_tree);
    struct answer left = ask(&child);

    kill_child(&child);
    assert_true(exists(left.path));
    run_whole(f, take_path);
    assert_false(exists(directory_of(&left)));
}

/* Nobody takes away what a running process has. */
static void running_ones_are_not_swept(void **state)
{
    struct fixture *f = *state;
    struct child first = start(f, make_file);
    struct answer one = ask(&first);
    struct child second = start(f, make_file);
    struct answer two = ask(&second);

    assert_true(exists(one.path));
    assert_true(exists(two.path));
    assert_string_not_equal(directory_of(&one), directory_of(&two));
    assert_int_equal(end(&first), 0);
    assert_true(exists(two.path));
    assert_int_equal(end(&second), 0);
    assert_false(exists(two.path));
}

/* A link of such a name is left alone, and what it leads to. */
static void links_are_left_alone(void **state)
{
    struct fixture *f = *state;
    char target[64], name[64];

    snprintf(target, sizeof(target), "%s/target", f->base);
    name_like_ours(f, "abcdef", name, sizeof(name));
    assert_int_equal(mkdir(target, 0700), 0);
    assert_int_equal(symlink(target, name), 0);
    run_whole(f, take_path);
    assert_true(exists(name));
    assert_true(exists(target));
}

/* So are a file, a directory that others may enter, and one of another user. */
static void what_is_not_ours_is_left_alone(void **state)
{
    struct fixture *f = *state;
    char file[64], open_dir[64], foreign[64];

    name_like_ours(f, "file", file, sizeof(file));
    name_like_ours(f, "open", open_dir, sizeof(open_dir));
    name_like_ours(f, "foreign", foreign, sizeof(foreign));
    close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_int_equal(mkdir(open_dir, 0755), 0);
    assert_int_equal(mkdir(foreign, 0700), 0);
    if (geteuid() == 0)
        assert_int_equal(chown(foreign, 65534, 65534), 0);
    run_whole(f, take_path);
    assert_true(exists(file));
    assert_true(exists(open_dir));
    assert_int_equal(exists(foreign), geteuid() == 0);
}

/* ------------------------------------------------------------ where it is */

/* Without a run-time directory, or with one of no use, it is elsewhere. */
static void assert_elsewhere(struct fixture *f)
{
    struct child child = start(f, make_file);
    struct answer answer = ask(&child);

    assert_true(exists(answer.path));
    assert_int_equal(end(&child), 0);
    assert_false(exists(directory_of(&answer)));
    assert_true(strncmp(answer.path, "/dev/shm/", 9) == 0 ||
                strncmp(answer.path, "/tmp/", 5) == 0);
}

/* XDG_RUNTIME_DIR need not be set. */
static void it_needs_no_runtime_directory(void **state)
{
    unsetenv("XDG_RUNTIME_DIR");
    assert_elsewhere(*state);
    setenv("XDG_RUNTIME_DIR", "", 1);
    assert_elsewhere(*state);
}

/* It may name what does not exist, cannot be written to, is relative, or has
 * signs in it that a description could not hold. */
static void useless_runtime_directories_are_passed_over(void **state)
{
    static const char *const useless[] = {
        "/nonexistent/tidysock", "/dev/null", "/proc/self", ".", "/tmp/a:b",
    };

    for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++) {
        setenv("XDG_RUNTIME_DIR", useless[i], 1);
        assert_elsewhere(*state);
    }
}

/* It may be longer than a socket's address has room for. */
static void long_runtime_directories_are_passed_over(void **state)
{
    struct fixture *f = *state;
    char path[128];

    snprintf(path, sizeof(path), "%s/%060d", f->base, 0);
    assert_int_equal(mkdir(path, 0700), 0);
    setenv("XDG_RUNTIME_DIR", path, 1);
    assert_elsewhere(f);
}

/* ---------------------------------------------------------- removing trees */

/* What does not exist is removed already; a file is no tree. */
static void only_directories_are_trees(void **state)
{
    struct fixture *f = *state;
    char path[64];

    snprintf(path, sizeof(path), "%s/x", f->base);
    assert_int_equal(tidy__remove_tree(path), 0);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_int_equal(tidy__remove_tree(path), -ENOTDIR);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/", path), 0);
    assert_true(tidy__remove_tree(path) < 0);
    assert_true(exists(path));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(paths_differ_and_fit),
        TEST(it_is_private),
        TEST(its_content_is_listed),
        TEST(it_goes_at_exit),
        TEST(it_outlives_forked_children),
        TEST(forked_children_have_their_own),
        TEST(killed_ones_are_swept),
        TEST(running_ones_are_not_swept),
        TEST(links_are_left_alone),
        TEST(what_is_not_ours_is_left_alone),
        TEST(it_needs_no_runtime_directory),
        TEST(useless_runtime_directories_are_passed_over),
        TEST(long_runtime_directories_are_passed_over),
        TEST(only_directories_are_trees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
