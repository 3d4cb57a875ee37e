/* SPDX-License-Identifier: MIT */
/*
 * What libuv relies on beyond an echo.
 */
#include "sim/body.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

/* More than there are numbers. */
#define MAX_COPIES 1024

struct crowd {
    uv_loop_t loop;
    uv_tcp_t listener, client;
    uv_connect_t connecting;
    int copies[MAX_COPIES];
    size_t n_copies;
    int n_accepted;
    ssize_t client_end; /* what its read said */
};

static void on_connection(uv_stream_t *stream, int status)
{
    struct crowd *crowd = stream->data;

    (void)status;
    crowd->n_accepted++;
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *ret_buf)
{
    static char bytes[16];

    (void)handle;
    (void)wanted;
    *ret_buf = uv_buf_init(bytes, sizeof(bytes));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct crowd *crowd = stream->data;

    (void)buf;
    crowd->client_end = n;
    uv_close((uv_handle_t *)&crowd->client, NULL);
    uv_close((uv_handle_t *)&crowd->listener, NULL);
}

static void on_connected(uv_connect_t *connecting, int status)
{
    CHECK(status == 0);
    uv_read_start(connecting->handle, on_alloc, on_read);
}

static void listen_and_connect(struct crowd *crowd)
{
    struct sockaddr_in address;
    int len = sizeof(address);

    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_init(&crowd->loop, &crowd->listener);
    uv_tcp_init(&crowd->loop, &crowd->client);
    crowd->listener.data = crowd->client.data = crowd;
    uv_tcp_bind(&crowd->listener, (const struct sockaddr *)&address, 0);
    CHECK(uv_listen((uv_stream_t *)&crowd->listener, 8, on_connection) == 0);
    uv_tcp_getsockname(&crowd->listener, (struct sockaddr *)&address, &len);
    CHECK(uv_tcp_connect(&crowd->connecting,
                         &crowd->client,
                         (const struct sockaddr *)&address,
                         on_connected) == 0);
}

static void fill_the_table(struct crowd *crowd)
{
    uv_os_fd_t fd;
    int copy;

    uv_fileno((const uv_handle_t *)&crowd->client, &fd);
    while ((copy = dup(fd)) >= 0)
        crowd->copies[crowd->n_copies++] = copy;
    CHECK(errno == EMFILE);
}

static void empty_the_table(struct crowd *crowd)
{
    while (crowd->n_copies > 0)
        close(crowd->copies[--crowd->n_copies]);
}

static void accept_without_descriptors(void *arg)
{
    static struct crowd crowd;

    (void)arg;
    memset(&crowd, 0, sizeof(crowd));
    CHECK(uv_loop_init(&crowd.loop) == 0);
    listen_and_connect(&crowd);
    fill_the_table(&crowd);
    uv_run(&crowd.loop, UV_RUN_DEFAULT);
    CHECK(crowd.client_end == UV_EOF && crowd.n_accepted == 0);
    empty_the_table(&crowd);
    CHECK(uv_loop_close(&crowd.loop) == 0);
}

/* Who cannot be accepted is closed: libuv gives away the null device for it. */
static void nobody_waits_for_a_descriptor(void **state)
{
    uv_loop_t loop;

    (void)state;
    /* What libuv makes once in a process is not to be a world's. */
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_passes(accept_without_descriptors, NULL);
}

static void do_nothing(uv_work_t *work)
{
    (void)work;
}

static void on_done(uv_work_t *work, int status)
{
    (void)work;
    (void)status;
}

/* The pool's threads are there from the warm-up on, and wait. */
static void work(void *arg)
{
    uv_loop_t loop;
    uv_work_t request;

    (void)arg;
    uv_loop_init(&loop);
    uv_queue_work(&loop, &request, do_nothing, on_done);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}

static void work_for_a_thread_is_refused(void **state)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(work, NULL, TIDY_WARM_UP_OUTSIDE);
    struct tidy_world_report *report = tidy_world_runner_run(runner, NULL);

    (void)state;
#ifdef __SANITIZE_THREAD__
    /* It goes past the seam, and what the thread was to do never comes. */
    assert_int_not_equal(tidy_world_report_outcome(report),
                         TIDY_OUTCOME_PASSED);
#else
    assert_int_equal(tidy_world_report_outcome(report),
                     TIDY_OUTCOME_UNMODELLED);
    assert_non_null(strstr(tidy_world_report_text(report),
                           "does not model pthread_cond_signal"));
#endif
    tidy_world_report_free(report);
    tidy_world_runner_free(runner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_waits_for_a_descriptor),
        cmocka_unit_test(work_for_a_thread_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
