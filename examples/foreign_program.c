/* SPDX-License-Identifier: MIT */
/*
 * A client that is another program, which knows nothing of libuv or tidysock:
 * it is handed the server's description, a string, and connects by itself.
 *
 * Here it is this very program, called with `--client DESCRIPTION`; it could be
 * curl. It runs as a child on the case's loop, by libuv, and is a leftover if
 * the test does not wait for its end.
 */
#include <tidysock/adapters/cmocka.h>
#include <tidysock/tidysock.h>

#include <arpa/inet.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

/* ---- The foreign program: plain sockets, blocking. */

static int connect_to(const char *description)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    char host[64];
    int fd;

    if (sscanf(description, "unix:path=%107s", un.sun_path) == 1) {
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        return connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0 ? fd : -1;
    }
    if (sscanf(description, "tcp:host=%63[^:]:port=%hu", host, &in.sin_port) <
        2)
        return -1;
    in.sin_port = htons(in.sin_port);
    inet_pton(AF_INET, host, &in.sin_addr);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    return connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0 ? fd : -1;
}

static int run_client(const char *description)
{
    int fd = connect_to(description);
    char answer[16];

    if (fd < 0 || write(fd, "PING\n", 5) != 5)
        return 1;
    return read(fd, answer, sizeof(answer)) == 5 &&
                   memcmp(answer, "PONG\n", 5) == 0
               ? 0
               : 1;
}

/* ---- The test. */

static void answer(struct tidy_protocol *self, const void *data, size_t len)
{
    (void)data;
    (void)len;
    tidy_transport_write(self->transport, "PONG\n", 5);
}

static const struct tidy_protocol_ops pong_ops = { .data_received = answer };

/* On the heap: it must outlive the body if a check fails in it. */
struct child {
    uv_process_t process;
    int64_t exit_code;
    bool is_closed;
};

static void set_up(struct tidy_case *t)
{
    tidy_case_set_user(t, calloc(1, sizeof(struct child)));
}

static void tear_down(struct tidy_case *t)
{
    free(tidy_case_user(t));
}

static void on_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;

    child->is_closed = true;
}

static void on_exit_of(uv_process_t *process, int64_t exit_code, int signal)
{
    struct child *child = process->data;

    child->exit_code = signal ? -signal : exit_code;
    uv_close((uv_handle_t *)process, on_closed);
}

static bool is_gone(void *arg)
{
    const struct child *child = arg;

    return child->is_closed;
}

static void test_foreign_client(struct tidy_case *t)
{
    struct tidy_server *server = tidy_case_server(t);
    struct child *child = tidy_case_user(t);
    char program[1024], description[256], option[] = "--client";
    char *args[] = { program, option, description, NULL };
    uv_process_options_t options = { .exit_cb = on_exit_of,
                                     .file = program,
                                     .args = args };
    size_t size = sizeof(program);

    tidy_case_listen(
        t, server, tidy_factory_of(&pong_ops, sizeof(struct tidy_protocol)));
    snprintf(description,
             sizeof(description),
             "%s",
             tidy_server_client_description(server));
    assert_int_equal(uv_exepath(program, &size), 0);
    child->process.data = child;
    assert_int_equal(uv_spawn(tidy_case_uv(t), &child->process, &options), 0);
    tidy_case_run_until(t, is_gone, child);
    assert_int_equal(child->exit_code, 0);
}

int main(int argc, char **argv)
{
    static const struct tidy_test tests[] = {
        TIDY_TEST(
            test_foreign_client, .set_up = set_up, .tear_down = tear_down),
    };

    if (argc == 3 && strcmp(argv[1], "--client") == 0)
        return run_client(argv[2]);
    return tidy_cmocka_main(argc, argv, tests, TIDY_COUNT(tests));
}
