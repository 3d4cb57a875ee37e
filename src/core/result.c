/* SPDX-License-Identifier: MIT */
/*
 * Results: a value or a failure, owned by the deferred around it.
 *
 * What is replaced is detached before it is freed: the user's free function may
 * look at the chain again.
 */
#include "base/alloc.h"
#include "base/guard.h"
#include "base/misuse.h"
#include "core/deferred.h"

void tidy__value_free(void *value, tidy_free_cb free_value)
{
    if (free_value)
        TIDY__GUARDED(free_value(value));
}

void tidy__result_clear(struct tidy_result *result)
{
    struct tidy_result old = *result;

    *result = (struct tidy_result){ 0 };
    tidy_failure_unref(old.failure);
    tidy__value_free(old.value, old.free_value);
}

void tidy__result_move(struct tidy_result *to, struct tidy_result *from)
{
    struct tidy_result moved = *from;

    *from = (struct tidy_result){ 0 };
    tidy__result_clear(to);
    *to = moved;
}

void *tidy_result_value(const struct tidy_result *result)
{
    TIDY_REQUIRE(result, "tidy_result_value: the result is NULL");
    return result->value;
}

struct tidy_failure *tidy_result_failure(const struct tidy_result *result)
{
    TIDY_REQUIRE(result, "tidy_result_failure: the result is NULL");
    return result->failure;
}

void *tidy_result_take(struct tidy_result *result)
{
    TIDY_REQUIRE(result, "tidy_result_take: the result is NULL");
    result->free_value = NULL;
    return TIDY_STEAL(&result->value);
}

void tidy_result_set(struct tidy_result *result,
                     void *value,
                     tidy_free_cb free_value)
{
    struct tidy_result replacement = {
        .value = value,
        .free_value = free_value,
    };

    TIDY_REQUIRE(result, "tidy_result_set: the result is NULL");
    TIDY_REQUIRE(!result->free_value || !value || result->value != value,
                 "tidy_result_set: the result owns this value already; "
                 "take it first");
    tidy__result_move(result, &replacement);
}

void tidy_result_fail(struct tidy_result *result, struct tidy_failure *failure)
{
    struct tidy_result replacement = { .failure = failure };

    TIDY_REQUIRE(result, "tidy_result_fail: the result is NULL");
    TIDY_REQUIRE(failure, "tidy_result_fail: the failure is NULL");
    tidy__result_move(result, &replacement);
}
