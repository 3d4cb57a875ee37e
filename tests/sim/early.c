/* SPDX-License-Identifier: MIT */
/*
 * Calls before anything is initialized: an allocator of the program's own, which
 * looks at the machine when it is first asked for memory, as jemalloc does, and
 * a function that the dynamic linker calls before all constructors.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int n_failed;

static void expect(int is_so)
{
    if (!is_so)
        n_failed++;
}

static void look_around(void)
{
    char text[16];
    int fd = open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);

    expect(fd >= 0 && read(fd, text, sizeof(text)) > 0);
    expect(close(fd) == 0);
    fd = (int)syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY);
    expect(fd >= 0 && syscall(SYS_close, fd) == 0);
}

static void call_early(void)
{
    struct timespec ts;
    char byte;
    int fds[2];

    look_around();
    expect(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
    expect(getrandom(&byte, 1, 0) == 1);
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    expect(write(fds[0], &byte, 1) == 1 && read(fds[1], &byte, 1) == 1);
    expect(poll(NULL, 0, 0) == 0);
    expect(fcntl(fds[0], F_GETFD) == 0);
    expect(close(fds[0]) == 0 && close(fds[1]) == 0);
    errno = 0;
    expect(read(-1, &byte, 1) == -1 && errno == EBADF);
}

__attribute__((section(".preinit_array"),
               used)) static void (*early)(void) = call_early;

/* ------------------------------------------------------------- an allocator */

static char pool[1 << 20] __attribute__((aligned(16)));
static size_t n_used;

void *malloc(size_t size)
{
    static int is_first = 1;
    size_t begin = n_used;

    if (is_first) {
        is_first = 0;
        look_around();
        expect(
            mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
            MAP_FAILED);
    }
    n_used += (size + 31) & ~(size_t)15;
    memcpy(pool + begin, &size, sizeof(size));
    return n_used > sizeof(pool) ? NULL : pool + begin + 16;
}

void free(void *ptr)
{
    (void)ptr;
}

void *calloc(size_t n, size_t size)
{
    void *ptr = malloc(n * size);

    return ptr ? memset(ptr, 0, n * size) : NULL;
}

void *realloc(void *old, size_t size)
{
    void *ptr = malloc(size);
    size_t old_size = 0;

    if (old)
        memcpy(&old_size, (char *)old - 16, sizeof(old_size));
    return ptr && old ? memcpy(ptr, old, old_size < size ? old_size : size)
                      : ptr;
}

int main(void)
{
    printf("%d calls failed\n", n_failed);
    return n_failed > 0;
}
