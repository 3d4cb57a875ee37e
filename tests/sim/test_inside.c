/* SPDX-License-Identifier: MIT */
/*
 * What a body asks of its world, and tells it.
 */
#include "sim/body.h"
#include "support/death.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* ------------------------------------------------------------------- harness */

/* A listener, a client, and the connection that was accepted. */
struct trio {
    int listener, client, server;
};

static void open_trio(struct trio *trio)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    trio->listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(trio->listener, (struct sockaddr *)&address, len) == 0);
    CHECK(listen(trio->listener, 1) == 0);
    CHECK(getsockname(trio->listener, (struct sockaddr *)&address, &len) == 0);
    tidy_world_name(trio->listener, "server");
    trio->client = socket(AF_INET, SOCK_STREAM, 0);
    tidy_world_name(trio->client, "client");
    CHECK(connect(trio->client, (struct sockaddr *)&address, len) == 0);
    trio->server = accept(trio->listener, NULL, NULL);
    CHECK(trio->server >= 0);
}

static void close_trio(const struct trio *trio)
{
    close(trio->client);
    close(trio->server);
    close(trio->listener);
}

/* ---------------------------------------------------------------------- names */

static void wait_for_ever(void *arg)
{
    struct trio trio;
    char byte;

    (void)arg;
    open_trio(&trio);
    read(trio.server, &byte, 1);
}

static void names_are_in_the_report(void **state)
{
    (void)state;
    assert_ends(
        wait_for_ever, NULL, TIDY_OUTCOME_DEADLOCK, "listening  (server)");
    assert_ends(
        wait_for_ever, NULL, TIDY_OUTCOME_DEADLOCK, "established  (client)");
    /* An accepted connection has its listener's. */
    assert_ends(
        wait_for_ever, NULL, TIDY_OUTCOME_DEADLOCK, "established  (server)");
}

static void send_hello(void *arg)
{
    struct trio trio;
    char hello[5];

    (void)arg;
    open_trio(&trio);
    CHECK(write(trio.client, "hello", 5) == 5);
    CHECK(recv(trio.server, hello, 5, MSG_WAITALL) == 5);
    close_trio(&trio);
}

static void names_are_in_the_trace(void **state)
{
    struct tidy_world_options options = {
        .kinds = TIDY_CHOICE_BIT(TIDY_CHOICE_ORDER),
        .has_trace = true,
    };
    bool has_departed = false;

    (void)state;
    while (++options.seed < 100 && !has_departed) {
        struct tidy_world_report *report =
            tidy_world_run(&options, send_hello, NULL);

        /* The data is late in some of them. */
        has_departed =
            strstr(tidy_world_report_trace(report), "(client): data, 5 bytes");
        tidy_world_report_free(report);
    }
    assert_true(has_departed);
}

static void name_what_is_not_there(void *arg)
{
    (void)arg;
    tidy_world_name(1, "standard output");
}

static void name_a_real_one_in_a_world(void *arg)
{
    struct tidy_world_report *report =
        tidy_world_run(NULL, name_what_is_not_there, arg);

    /* It has said why, and aborted. */
    if (tidy_world_report_outcome(report) == TIDY_OUTCOME_CRASHED)
        abort();
}

static void only_the_worlds_have_names(void **state)
{
    (void)state;
    assert_dies(name_a_real_one_in_a_world,
                NULL,
                "tidy_world_name: descriptor 1 is not one of the world's");
}

/* ---------------------------------------------------------------- counting */

static void count(void *arg)
{
    struct trio trio;

    (void)arg;
    CHECK(tidy_world_n_time_waits() == 0);
    open_trio(&trio);
    close_trio(&trio);
    CHECK(tidy_world_n_time_waits() == 1);
    tidy_world_advance(TIDY_S(61));
    CHECK(tidy_world_n_time_waits() == 0);
    CHECK(tidy_world_n_departures() == 0);
}

static void time_waits_are_counted(void **state)
{
    (void)state;
    assert_passes(count, NULL);
}

static void never_depart(void *arg)
{
    struct trio trio;

    (void)arg;
    open_trio(&trio);
    close_trio(&trio);
    CHECK(tidy_world_n_departures() == 0);
}

static void a_random_schedule_departs(void **state)
{
    const struct tidy_world_options options = {
        .kinds = TIDY_CHOICES_ORDERS,
        .seed = 4,
    };
    struct tidy_world_report *report =
        tidy_world_run(&options, never_depart, NULL);

    (void)state;
    assert_int_equal(tidy_world_report_outcome(report), TIDY_OUTCOME_FAILED);
    tidy_world_report_free(report);
}

/* ------------------------------------------------------------- saying more */

static void explain(FILE *out, void *arg)
{
    CHECK(tidy_world_is_inside());
    fprintf(out, "waiting for %s\n", (const char *)arg);
}

static void wait_and_explain(void *arg)
{
    tidy_world_explain(explain, arg);
    wait_for_ever(NULL);
}

static void explain_no_more(void *arg)
{
    tidy_world_explain(explain, arg);
    tidy_world_explain(NULL, NULL);
    wait_for_ever(NULL);
}

static void a_deadlock_is_explained(void **state)
{
    char godot[] = "godot";
    struct tidy_world_report *report;

    (void)state;
    assert_ends(wait_and_explain,
                godot,
                TIDY_OUTCOME_DEADLOCK,
                "\nwaiting for godot\n");
    report = tidy_world_run(NULL, explain_no_more, godot);
    assert_int_equal(tidy_world_report_outcome(report), TIDY_OUTCOME_DEADLOCK);
    assert_null(strstr(tidy_world_report_text(report), "godot"));
    tidy_world_report_free(report);
}

/* ------------------------------------------------------------ at the very end */

/* What the process of the runs leaves for us to see. */
static struct {
    int n_ends, order[2];
    bool is_outside;
} * seen;

static int set_up(void **state)
{
    (void)state;
    seen = mmap(NULL,
                sizeof(*seen),
                PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS,
                -1,
                0);
    return seen == MAP_FAILED ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    return munmap(seen, sizeof(*seen));
}

static void note_end(void *arg)
{
    seen->is_outside = !tidy_world_is_inside();
    seen->order[seen->n_ends++] = *(const int *)arg;
}

static void ask_for_an_end(void *arg)
{
    static int one = 1, two = 2;

    (void)arg;
    CHECK(tidy_world_at_end(note_end, &one) == 0);
    CHECK(tidy_world_at_end(note_end, &two) == 0);
}

static void ask_and_fail(void *arg)
{
    ask_for_an_end(arg);
    tidy_world_fail("enough");
}

static void assert_ended(void)
{
    assert_int_equal(seen->n_ends, 2);
    assert_int_equal(seen->order[0], 2);
    assert_int_equal(seen->order[1], 1);
    assert_true(seen->is_outside);
}

static void the_end_of_a_good_run_is_told(void **state)
{
    (void)state;
    assert_passes(ask_for_an_end, NULL);
    assert_ended();
}

static void the_end_of_a_bad_run_is_told(void **state)
{
    (void)state;
    assert_ends(ask_and_fail, NULL, TIDY_OUTCOME_FAILED, "enough");
    assert_ended();
}

static void do_nothing(void *arg)
{
    (void)arg;
}

static void ask_too_often(void *arg)
{
    int n = 0;

    (void)arg;
    while (n < 100 && tidy_world_at_end(do_nothing, NULL) == 0)
        n++;
    CHECK(n == 32);
}

static void there_are_only_so_many(void **state)
{
    (void)state;
    assert_passes(ask_too_often, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_in_the_report),
        cmocka_unit_test(names_are_in_the_trace),
        cmocka_unit_test(only_the_worlds_have_names),
        cmocka_unit_test(time_waits_are_counted),
        cmocka_unit_test(a_random_schedule_departs),
        cmocka_unit_test(a_deadlock_is_explained),
        cmocka_unit_test_setup_teardown(
            the_end_of_a_good_run_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            the_end_of_a_bad_run_is_told, set_up, tear_down),
        cmocka_unit_test(there_are_only_so_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
