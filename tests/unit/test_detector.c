/* SPDX-License-Identifier: MIT */
/*
 * Port detection when memory is short, and misused. What it finds out is in
 * tests/scenario/test_detection.c.
 */
#include "support/death.h"
#include "support/oom.h"
#include <tidysock/tidysock.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

static uv_loop_t uv;
static struct tidy_loop *loop;
static struct tidy_detector detector;

static int set_up(void **state)
{
    tidy_detector_init(&detector);
    return uv_loop_init(&uv) == 0 ? oom_set_up(state) : -1;
}

static int tear_down(void **state)
{
    loop = tidy_loop_free(loop);
    assert_int_equal(uv_loop_close(&uv), 0);
    return oom_tear_down(state);
}

/* -------------------------------------------------------- memory runs out */

/* The answer's code: 0 for no, 1 for yes, negative for a failure. A loop keeps
 * what connections were made of, so each question has its own. */
static int ask(const char *endpoint)
{
    const struct tidy_activation_config config = { .endpoint = endpoint };
    void *value = NULL;
    int result = tidy_loop_new(&uv, &loop);

    if (result < 0)
        return result;
    result = tidy_loop_await(
        loop,
        tidy_detector_is_already_running(&detector, loop, &config),
        TIDY_S(5),
        &value,
        NULL);
    loop = tidy_loop_free(loop);
    return result < 0 ? result : *(const bool *)value;
}

static void expect(int result, int expected)
{
    assert_int_equal(result, oom_has_failed() ? -ENOMEM : expected);
}

static void ask_for_nobody(void *arg)
{
    (void)arg;
    expect(ask("unix:path=/nobody/is/here"), 0);
}

static void ask_malformed(void *arg)
{
    (void)arg;
    expect(ask("unix"), TIDY_EDESCRIPTION);
}

/* Some of what a connection is made of is only for speed. */
static void ask_for_somebody(void *endpoint)
{
    int result = ask(endpoint);

    if (result != 1)
        expect(result, 1);
}

/* Somebody who listens, on a port that the kernel chose. */
static int listen_somewhere(char endpoint[64])
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 128), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(
        endpoint, 64, "tcp:127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return fd;
}

/* Each allocation that fails is a failure with that code, and nothing is kept. */
static void a_detection_without_memory_fails(void **state)
{
    char endpoint[64];
    int fd = listen_somewhere(endpoint);

    (void)state;
    oom_try_all(ask_for_nobody, NULL);
    oom_try_all(ask_malformed, NULL);
    oom_try_all(ask_for_somebody, endpoint);
    close(fd);
}

static void detect(void *arg)
{
    struct tidy_port_detect *port_detect = NULL;
    int result = tidy_port_detect_new(loop, &port_detect);

    (void)arg;
    expect(result, 0);
    tidy_port_detect_free(port_detect);
}

static void a_port_detection_may_not_be_made(void **state)
{
    (void)state;
    assert_int_equal(tidy_loop_new(&uv, &loop), 0);
    oom_try_all(detect, NULL);
}

/* ------------------------------------------------------------------- misuse */

static void ask_unprepared(void *arg)
{
    const struct tidy_activation_config config = { .endpoint = "tcp:a:1" };
    struct tidy_detector zeroed = { 0 };

    (void)arg;
    tidy_detector_is_already_running(&zeroed, loop, &config);
}

static void ask_without_endpoint(void *arg)
{
    const struct tidy_activation_config config = { 0 };

    (void)arg;
    tidy_detector_is_already_running(&detector, loop, &config);
}

static void ask_without_loop(void *arg)
{
    const struct tidy_activation_config config = { .endpoint = "tcp:a:1" };

    (void)arg;
    tidy_detector_is_already_running(&detector, NULL, &config);
}

static void detect_without_loop(void *arg)
{
    struct tidy_port_detect *port_detect = NULL;

    (void)arg;
    tidy_port_detect_new(NULL, &port_detect);
}

static void use_without_detect(void *arg)
{
    (void)arg;
    tidy_port_detect_factory(NULL);
}

/* Each says which call, and what is wrong with it. */
static void misuse_aborts(void **state)
{
    (void)state;
    assert_int_equal(tidy_loop_new(&uv, &loop), 0);
    assert_dies(ask_unprepared,
                NULL,
                "tidy_detector_is_already_running: the detector was not "
                "prepared");
    assert_dies(ask_without_endpoint,
                NULL,
                "tidy_detector_is_already_running: there is no endpoint");
    assert_dies(ask_without_loop,
                NULL,
                "tidy_detector_is_already_running: the loop is NULL");
    assert_dies(
        detect_without_loop, NULL, "tidy_port_detect_new: the loop is NULL");
    assert_dies(use_without_detect,
                NULL,
                "tidy_port_detect_factory: the detection is NULL");
}

/* Ending nothing is fine. */
static void null_is_freed(void **state)
{
    (void)state;
    assert_null(tidy_port_detect_free(NULL));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_detection_without_memory_fails),
        TEST(a_port_detection_may_not_be_made),
        TEST(misuse_aborts),
        TEST(null_is_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
