/* SPDX-License-Identifier: MIT */
#ifndef TIDY_NET_ALARM_H
#define TIDY_NET_ALARM_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct tidy_loop;

/*
 * A time limit of ours, embedded in what it is for. All alarms of a loop share
 * one libuv timer: unlike a timer each, they need no closing, and what they are
 * embedded in can be freed at once. A set alarm keeps the loop alive.
 */
struct tidy__alarm {
    struct tidy__alarm *prev, *next; /* in tidy_loop.alarms, earliest first */
    uint64_t due_ms;                 /* on the loop's clock */
    uint64_t idx;                    /* counts the alarms set on the loop */
    void (*ring)(struct tidy__alarm *alarm);
    bool is_set;
};

/* Ring once, this long after the loop's present time; 0: in the next turn,
 * before anything else. Sets it anew if it is set. */
void tidy__alarm_set(struct tidy_loop *loop,
                     struct tidy__alarm *alarm,
                     uint64_t delay_ms);
void tidy__alarm_clear(struct tidy_loop *loop, struct tidy__alarm *alarm);

/* The callback of the loop's timer. */
void tidy__alarms_on_timer(uv_timer_t *timer);

#endif
