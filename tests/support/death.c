/* SPDX-License-Identifier: MIT */
/*
 * The child writes its standard error into a pipe; the parent reads it to the
 * end, which comes when the child is gone, and then asks how it ended.
 */
#include "support/death.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static _Noreturn void run_child(death_body_cb body, void *arg, int fd)
{
    const struct rlimit no_core = { 0, 0 };

    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGABRT, SIG_DFL);
    dup2(fd, STDERR_FILENO);
    body(arg);
    _exit(0);
}

static void read_all(int fd, char *text, size_t size)
{
    size_t len = 0;
    char rest[256];
    ssize_t n_read;

    do {
        if (len < size - 1)
            n_read = read(fd, text + len, size - 1 - len);
        else
            n_read = read(fd, rest, sizeof(rest));
        if (n_read > 0 && len < size - 1)
            len += (size_t)n_read;
    } while (n_read > 0);
    text[len] = '\0';
}

/* How the child ended; what it wrote is in text. */
static int
run(death_body_cb body, void *arg, char *text, size_t size, int *ret_status)
{
    int fds[2];
    pid_t pid;

    if (pipe(fds) < 0)
        return -1;
    fflush(NULL);
    pid = fork();
    if (pid < 0)
        return -1;
    if (pid == 0)
        run_child(body, arg, fds[1]);
    close(fds[1]);
    read_all(fds[0], text, size);
    close(fds[0]);
    return waitpid(pid, ret_status, 0) == pid ? 0 : -1;
}

void death_check(death_body_cb body,
                 void *arg,
                 const char *sentence,
                 const char *file,
                 int line)
{
    char text[8192];
    int status;

    if (run(body, arg, text, sizeof(text), &status) < 0) {
        print_error("no child could be run\n");
        _fail(file, line);
    }
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) {
        print_error("did not abort (status %#x), wrote: %s\n", status, text);
        _fail(file, line);
    }
    if (!strstr(text, sentence)) {
        print_error("aborted, but not with \"%s\": %s\n", sentence, text);
        _fail(file, line);
    }
}
