/* SPDX-License-Identifier: MIT */
/*
 * What a case undoes when it ends: clean-ups, patches, the temporary directory,
 * and its servers, whose clean-up is the last to run.
 *
 * What runs notes a letter.
 */
#include "support/case_probe.h"
#include <tidysock/tidysock.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

static char notes[64];

static void note(const char *letter)
{
    strncat(notes, letter, sizeof(notes) - 1 - strlen(notes));
}

static int forget_notes(void **state)
{
    (void)state;
    unsetenv("TIDYSOCK_TIMEOUT_MULTIPLIER");
    notes[0] = '\0';
    return 0;
}

static void add(struct tidy_case *t, tidy_clean_up_cb fn, void *arg)
{
    tidy_case_add_clean_up_at(t, fn, arg, "body.c", 1);
}

static struct tidy_deferred *new_deferred(struct tidy_case *t)
{
    return tidy_case_deferred_at(t, "answer", "body.c", 2);
}

static struct tidy_deferred *succeed(void *arg)
{
    note(arg);
    return NULL;
}

static char a[] = "a", b[] = "b", z[] = "z";

/* ------------------------------------------------------------------- failing */

static struct tidy_deferred *fail_late(void *arg)
{
    struct tidy_deferred *deferred = new_deferred(arg);

    note("f");
    tidy_deferred_fail(
        deferred, tidy_failure_new_at(-EIO, "body.c", 3, "the disk is full"));
    return deferred;
}

static struct tidy_deferred *get_stuck(void *arg)
{
    note("n");
    return new_deferred(arg);
}

static struct tidy_deferred *check(void *arg)
{
    note("x");
    tidy_case_fail_at(arg, "body.c", 4, "no way");
    note("!");
    return NULL;
}

static void add_many(struct tidy_case *t)
{
    add(t, succeed, a);
    add(t, fail_late, t);
    add(t, get_stuck, t);
    add(t, check, t);
    add(t, succeed, z);
}

/* Each in its turn, last in, first out; what fails is listed. */
static void clean_ups_run_though_others_fail(void **state)
{
    (void)state;
    assert_case_fails(
        add_many,
        TIDY_EASSERTION,
        "t: no way\n"
        "t: the clean-up added at body.c:1: nothing is left on the loop that "
        "could end the wait while waiting for \"answer\"\n"
        "t: the clean-up added at body.c:1: the disk is full");
    assert_string_equal(notes, "zxnfa");
}

static void fire(void *arg)
{
    note("y");
    tidy_deferred_fire(arg, NULL, NULL);
    tidy_deferred_unref(arg);
}

static struct tidy_deferred *take_time(void *arg)
{
    struct tidy_deferred *deferred = new_deferred(arg);

    note("x");
    tidy_case_call_later(arg, TIDY_MS(1), fire, tidy_deferred_ref(deferred));
    return deferred;
}

static void never_called(void *arg)
{
    (void)arg;
    note("!");
}

static struct tidy_deferred *cancel(void *arg)
{
    note("c");
    tidy_call_cancel(arg);
    return NULL;
}

static void await_nothing(struct tidy_case *t)
{
    add(t, take_time, t);
    add(t, take_time, t);
    add(t, cancel, tidy_case_call_later(t, TIDY_S(30), never_called, NULL));
    tidy_case_await_at(t, new_deferred(t), "body.c", 5);
}

/* Each has a deadline of its own, though the body's has passed. */
static void clean_up_has_a_deadline_of_its_own(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .body = await_nothing,
                                    .deadline_ns = TIDY_MS(50) };
    struct tidy_case *t;

    (void)state;
    assert_int_equal(
        tidy_case_begin(&test, TIDY_NO_SERVER, &case_probe_host, &t, NULL), 0);
    tidy_case_run(t);
    assert_int_equal(tidy_case_end(t), TIDY_EDEADLINE);
    assert_null(strstr(tidy_case_report(t), "clean-up"));
    assert_null(strstr(tidy_case_report(t), "left behind"));
    assert_string_equal(notes, "cxyxy");
    tidy_case_free(t);
}

static struct tidy_deferred *take_too_long(void *arg)
{
    tidy_case_call_later_at(arg, TIDY_S(30), never_called, NULL, "body.c", 6);
    return new_deferred(arg);
}

static void add_endless(struct tidy_case *t)
{
    add(t, succeed, a);
    add(t, take_too_long, t);
}

static void clean_up_is_not_waited_for_for_ever(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .body = add_endless,
                                    .deadline_ns = TIDY_MS(20) };

    (void)state;
    assert_case(&test,
                TIDY_NO_SERVER,
                TIDY_EDEADLINE,
                "t: the clean-up added at body.c:1: the deadline passed while "
                "waiting for \"answer\"\n"
                "t: left behind\n"
                "  timer  due in # s  started at body.c:6");
    assert_string_equal(notes, "a");
}

static struct tidy_deferred *add_another(void *arg)
{
    note("x");
    add(arg, succeed, b);
    return NULL;
}

static void add_that_adds(struct tidy_case *t)
{
    add(t, succeed, a);
    add(t, add_another, t);
}

static void clean_up_may_add_another(void **state)
{
    (void)state;
    assert_case_passes(add_that_adds, TIDY_NO_SERVER);
    assert_string_equal(notes, "xba");
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
    note("!");
}

static struct tidy_deferred *leave_on_stack(void *arg)
{
    uv_timer_t timer;

    uv_timer_init(tidy_case_uv(arg), &timer);
    uv_timer_start(&timer, on_timer, 0, 0);
    return get_stuck(arg);
}

static void add_careless(struct tidy_case *t)
{
    add(t, succeed, a);
    add(t, leave_on_stack, t);
}

static void do_nothing(struct tidy_case *t)
{
    (void)t;
}

/* It is found before the clean-up's deferred is waited for. (Sanitizers may
 * keep the frame elsewhere, and say so in other words.) */
static void handle_on_a_clean_ups_stack_is_found(void **state)
{
    const struct tidy_test test = { .name = "t", .body = add_careless };
    struct tidy_case *t;

    (void)state;
    assert_int_equal(
        tidy_case_begin(&test, TIDY_TCP, &case_probe_host, &t, NULL), 0);
    tidy_case_run(t);
    assert_int_equal(tidy_case_end(t), TIDY_ELEFTOVER);
    assert_non_null(strstr(tidy_case_report(t), "The loop is condemned"));
    assert_non_null(
        strstr(tidy_case_report(t),
               "the clean-up added at body.c:1: the loop is condemned"));
    assert_string_equal(notes, "na");
    tidy_case_free(t);
    assert_case_passes(do_nothing, TIDY_TCP);
}

/* ------------------------------------------------------------------- servers */

static const struct tidy_protocol_ops quiet_ops = { .size = 0 };
static char much[8 << 20];
static int raw = -1;

static struct tidy_deferred *see_server(void *arg)
{
    note(tidy_server_address(arg) ? "l" : "c");
    return NULL;
}

/* A peer that reads nothing, and more bytes than fit between the two. */
static void leave_unsent(struct tidy_case *t)
{
    struct tidy_server *server = tidy_case_server(t);
    const struct tidy_address *address;

    add(t, see_server, server);
    tidy_case_listen_at(
        t,
        server,
        tidy_factory_of(&quiet_ops, sizeof(struct tidy_protocol)),
        "body.c",
        7);
    address = tidy_server_address(server);
    assert_int_equal(connect(raw, &address->u.any, address->len), 0);
    while (!tidy_server_protocol(server))
        tidy_case_turn(t);
    tidy_transport_write(
        tidy_server_protocol(server)->transport, much, sizeof(much));
    tidy_server_set_grace(server, (uint64_t)(uintptr_t)tidy_case_user(t));
}

static int open_raw(int domain)
{
    raw = socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(raw >= 0);
    return raw;
}

/* The server is cleaned up after what the test added; that clean-up's failure
 * is the test's. */
static void failed_clean_up_of_the_server_fails_the_test(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .body = leave_unsent,
                                    .user = (void *)(uintptr_t)TIDY_MS(10) };
    struct tidy_case *t;

    (void)state;
    open_raw(AF_INET);
    assert_int_equal(
        tidy_case_begin(&test, TIDY_TCP, &case_probe_host, &t, NULL), 0);
    tidy_case_run(t);
    assert_int_equal(tidy_case_end(t), TIDY_EUNSENT);
    assert_non_null(strstr(case_probe_masked(tidy_case_report(t)),
                           "t[tcp]: tidy_server_clean_up: the connection "
                           "127.0.0.1:PORT1 -> 127.0.0.1:PORT2, accepted at "
                           "body.c:7, still had "));
    assert_null(strstr(tidy_case_report(t), "left behind"));
    assert_string_equal(notes, "l");
    tidy_case_free(t);
    close(raw);
}

/* The server's patience is longer than the case's: the case wins, and its end
 * does not wait for the server either. */
static void clean_up_of_the_server_ends_at_the_deadline(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .body = leave_unsent,
                                    .deadline_ns = TIDY_MS(200),
                                    .user = (void *)(uintptr_t)TIDY_S(3600) };

    (void)state;
    open_raw(AF_UNIX);
    assert_case(&test,
                TIDY_UNIX,
                TIDY_EDEADLINE,
                "t[unix]: the deadline passed while waiting for \"server "
                "cleaned up\"\n"
                "t[unix]: left behind\n"
                "  unix socket PRIVATE/s# -> (unnamed)  accepted at body.c:7\n"
                "  server  not cleaned up  started at body.c:7");
    close(raw);
    assert_case_passes(do_nothing, TIDY_UNIX);
}

/* -------------------------------------------------------------------- patches */

static int patched = 1;
static struct {
    char text[8];
    int (*fn)(const char *text);
} patched_struct = { .text = "old", .fn = puts };

static int my_puts(const char *text)
{
    note(text);
    return 0;
}

static struct tidy_deferred *look_at_patches(void *arg)
{
    (void)arg;
    assert_int_equal(patched, 3);
    patched_struct.fn("p");
    return NULL;
}

static void patch_and_fail(struct tidy_case *t)
{
    add(t, look_at_patches, NULL);
    tidy_case_patch(t, &patched, 2);
    tidy_case_patch(t, &patched_struct.fn, my_puts);
    tidy_case_patch_bytes_at(t, patched_struct.text, "new", 4, "body.c", 8);
    assert_string_equal(patched_struct.text, "new");
    tidy_case_patch(t, &patched, 3);
    tidy_case_fail_at(t, "body.c", 9, "no body");
}

/* The first original comes back; clean-ups still see the patches. */
static void patches_end_after_clean_ups(void **state)
{
    (void)state;
    assert_case_fails(patch_and_fail, TIDY_EASSERTION, "t: no body");
    assert_string_equal(notes, "p");
    assert_int_equal(patched, 1);
    assert_string_equal(patched_struct.text, "old");
    assert_ptr_equal(patched_struct.fn, puts);
}

/* --------------------------------------------------- the temporary directory */

static char temp_dir[128], outside[128];

static void make_file(const char *dir, const char *name)
{
    char path[256];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void fill_temp_dir(struct tidy_case *t)
{
    const char *dir = tidy_case_temp_dir(t);
    char path[256];
    struct stat st;

    assert_ptr_equal(tidy_case_temp_dir(t), dir);
    snprintf(temp_dir, sizeof(temp_dir), "%s", dir);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    snprintf(path, sizeof(path), "%s/deep", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    make_file(path, "file");
    make_file(dir, "file");
    snprintf(path, sizeof(path), "%s/link", dir);
    assert_int_equal(symlink(outside, path), 0);
}

/* With all in it, but for what links lead to. */
static void temporary_directory_is_removed(void **state)
{
    char kept[256];

    (void)state;
    snprintf(outside, sizeof(outside), "/tmp/tidysock-test-XXXXXX");
    assert_non_null(mkdtemp(outside));
    make_file(outside, "kept");
    assert_case_passes(fill_temp_dir, TIDY_NO_SERVER);
    assert_int_equal(access(temp_dir, F_OK), -1);
    snprintf(kept, sizeof(kept), "%s/kept", outside);
    assert_int_equal(unlink(kept), 0);
    assert_int_equal(rmdir(outside), 0);
}

#define TEST(fn) cmocka_unit_test_setup(fn, forget_notes)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(clean_ups_run_though_others_fail),
        TEST(clean_up_has_a_deadline_of_its_own),
        TEST(clean_up_is_not_waited_for_for_ever),
        TEST(clean_up_may_add_another),
        TEST(handle_on_a_clean_ups_stack_is_found),
        TEST(failed_clean_up_of_the_server_fails_the_test),
        TEST(clean_up_of_the_server_ends_at_the_deadline),
        TEST(patches_end_after_clean_ups),
        TEST(temporary_directory_is_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
