/* SPDX-License-Identifier: MIT */
/*
 * Alarms: a list in order of time, and one timer for its head.
 *
 * Most alarms of a loop last equally long, so a new one belongs at the end,
 * where the search for its place begins. Alarms due at the same instant ring in
 * the order in which they were set.
 */
#include "net/alarm.h"

#include "net/loop.h"

#include <utlist.h>

static void start_timer(struct tidy_loop *loop, uint64_t min_ms)
{
    uint64_t earliest_ms = uv_now(loop->uv) + min_ms;
    uint64_t due_ms = loop->alarms->due_ms;

    uv_timer_start(&loop->alarm_timer,
                   tidy__alarms_on_timer,
                   min_ms + (due_ms > earliest_ms ? due_ms - earliest_ms : 0),
                   0);
}

/* The last one that is not due later; NULL: all are. */
static struct tidy__alarm *find_place(struct tidy_loop *loop, uint64_t due_ms)
{
    struct tidy__alarm *alarm = loop->alarms ? loop->alarms->prev : NULL;

    while (alarm && alarm->due_ms > due_ms)
        alarm = alarm == loop->alarms ? NULL : alarm->prev;
    return alarm;
}

void tidy__alarm_set(struct tidy_loop *loop,
                     struct tidy__alarm *alarm,
                     uint64_t delay_ms)
{
    struct tidy__alarm *place;

    tidy__alarm_clear(loop, alarm);
    alarm->is_set = true;
    alarm->idx = loop->n_alarms_set++;
    alarm->due_ms = uv_now(loop->uv) + delay_ms;
    place = find_place(loop, alarm->due_ms);
    if (place)
        DL_APPEND_ELEM(loop->alarms, place, alarm);
    else
        DL_PREPEND(loop->alarms, alarm);
    if (loop->alarms == alarm)
        start_timer(loop, 0);
}

/* The timer may ring for nothing then; it only must not keep the loop alive. */
void tidy__alarm_clear(struct tidy_loop *loop, struct tidy__alarm *alarm)
{
    if (!alarm->is_set)
        return;
    alarm->is_set = false;
    DL_DELETE(loop->alarms, alarm);
    if (!loop->alarms)
        uv_timer_stop(&loop->alarm_timer);
}

static void ring_due(struct tidy_loop *loop)
{
    uint64_t now_ms = uv_now(loop->uv);
    uint64_t n_set = loop->n_alarms_set;
    struct tidy__alarm *alarm;

    /* Those that are set meanwhile wait for the next turn. */
    while ((alarm = loop->alarms) != NULL && alarm->due_ms <= now_ms &&
           alarm->idx < n_set) {
        tidy__alarm_clear(loop, alarm);
        alarm->ring(alarm);
    }
    /* A timer that is due again would ring again before the turn goes on. */
    if (loop->alarms)
        start_timer(loop, 1);
}

void tidy__alarms_on_timer(uv_timer_t *timer)
{
    struct tidy_loop *loop = timer->data;

    TIDY__INSIDE(loop, ring_due(loop));
}
