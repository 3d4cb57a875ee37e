/* SPDX-License-Identifier: MIT */
/*
 * The ledger of a process that runs share. What it says of descriptors is in
 * tests/sim/test_runner.c, where there are processes to end.
 */
#include "sim/ledger.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#define N_RUNS 1000

/* A process that is as it was may run for ever. */
static void what_is_level_goes_on(void **state)
{
    struct sim_ledger ledger;
    int idx;

    (void)state;
    tidy__sim_ledger_init(&ledger, true);
    for (idx = 0; idx < N_RUNS; idx++) {
        tidy__sim_ledger_check(&ledger, NULL); /* it would end in there */
        assert_false(tidy__sim_ledger_is_worn(&ledger));
    }
}

/* One that has grown is replaced, if not at once. */
static void what_has_grown_is_worn(void **state)
{
    struct sim_ledger ledger;
    int idx, n_worn = 0;

    (void)state;
    tidy__sim_ledger_init(&ledger, true);
    ledger.base_kib -= 257L * 1024;
    for (idx = 0; idx < N_RUNS; idx++) {
        tidy__sim_ledger_check(&ledger, NULL);
        n_worn += tidy__sim_ledger_is_worn(&ledger);
    }
    assert_in_range(n_worn, 1, N_RUNS / 100);
}

/* Without a warm-up, what a run opens is not looked at. */
static void what_is_opened_once_may_stay(void **state)
{
    struct sim_ledger ledger;
    int fd;

    (void)state;
    tidy__sim_ledger_init(&ledger, false);
    fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_in_range(fd, 0, SIM_FD_MIN - 1);
    tidy__sim_ledger_check(&ledger, NULL);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_level_goes_on),
        cmocka_unit_test(what_has_grown_is_worn),
        cmocka_unit_test(what_is_opened_once_may_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
