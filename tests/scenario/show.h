/* SPDX-License-Identifier: MIT */
/*
 * One order of events on one helper, as a case of its own that fills a process:
 * for a test that looks at the verdict, and for tools/demo, which shows it.
 */
#ifndef TIDY_TESTS_SHOW_H
#define TIDY_TESTS_SHOW_H

#include "scenario/orders.h"

/* A case's own server, for orders_use(). */
extern const struct helper_ops tidy_helper_ops;
/* A published one: a struct legacy_helper (legacy_clean_up.h). */
extern const struct helper_ops legacy_helper_ops;

/*
 * The program's arguments are --show HELPER ORDER TRANSPORT: first, second or
 * tidy; order_find(); tcp or unix. The report goes to standard output, and the
 * exit code is 0 if the case passed, 1 if it failed, 2 if there is no such case.
 */
int show_main(int argc, char **argv);

#endif
