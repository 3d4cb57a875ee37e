/* SPDX-License-Identifier: MIT */
/*
 * Tests that end in every way in which a test can end, for the programs of this
 * folder. test_cmocka.py knows what each of them must say; a line that must be
 * reported is marked with "@" and a name, which stands for its number there.
 *
 * They have a source file of their own, so that the adapter is included twice in
 * each program.
 */
#ifndef TIDY_TESTS_CMOCKA_BODIES_H
#define TIDY_TESTS_CMOCKA_BODIES_H

#include <tidysock/case.h>

void passes(struct tidy_case *t);
void fails_in_body(struct tidy_case *t);
void fails_in_callback(struct tidy_case *t);
void fails_in_nested_callback(struct tidy_case *t);
void fails_while_cleaning_up(struct tidy_case *t);
void fails_twice(struct tidy_case *t);
void failing_part(struct tidy_case *t);
void fails_after_an_expectation(struct tidy_case *t);
void leaks(struct tidy_case *t);
void fails_and_leaks(struct tidy_case *t);
void waits_for_ever(struct tidy_case *t);
void awaits_for_ever(struct tidy_case *t);
void hangs(struct tidy_case *t);
void crashes(struct tidy_case *t);
void crashes_in_callback(struct tidy_case *t);
void aborts(struct tidy_case *t);
void fails_in_raw_callback(struct tidy_case *t);
void checks_in_raw_callback(struct tidy_case *t);
void skips(struct tidy_case *t);
void skips_in_callback(struct tidy_case *t);
void expects_an_assertion(struct tidy_case *t);
void asserts_in_callback(struct tidy_case *t);
void expects_an_assertion_in_callback(struct tidy_case *t);
void mocks(struct tidy_case *t);
void mocks_nothing_in_body(struct tidy_case *t);
void mocks_nothing_in_callback(struct tidy_case *t);

#endif
