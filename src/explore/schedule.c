/* SPDX-License-Identifier: MIT */
/*
 * Schedules, written and read. What is not understood is refused with its line:
 * half a schedule is another one.
 */
#include "explore/schedule.h"

#include "base/alloc.h"
#include "sim/actor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "tidysock schedule 1"
#define MAX_TURNS (1024 * 1024)

int tidy__explore_schedule_copy(struct explore_schedule *schedule,
                                const struct explore_schedule *from)
{
    size_t size = from->n_turns * sizeof(*from->turns);

    *schedule = *from;
    schedule->turns = tidy__alloc(size > 0 ? size : 1);
    if (!schedule->turns)
        return -ENOMEM;
    if (size > 0)
        memcpy(schedule->turns, from->turns, size);
    return 0;
}

void tidy__explore_schedule_deinit(struct explore_schedule *schedule)
{
    schedule->turns = tidy__dealloc(schedule->turns);
    schedule->n_turns = 0;
}

/* ------------------------------------------------------------------- writing */

static void write_kinds(uint32_t kinds, FILE *out)
{
    const char *comma = "";
    unsigned kind;

    fputs("kinds ", out);
    for (kind = 0; kind < TIDY_N_CHOICES; kind++) {
        if (!(kinds & TIDY_CHOICE_BIT(kind)))
            continue;
        fprintf(out, "%s%s", comma, tidy_choice_name((enum tidy_choice)kind));
        comma = ",";
    }
    fputs(kinds ? "\n" : "none\n", out);
}

static void write_note(const char *note, FILE *out)
{
    size_t len;

    while (*note) {
        len = strcspn(note, "\n");
        fprintf(out, "# %.*s\n", (int)len, note);
        note += len + (note[len] == '\n');
    }
}

static void write_turn(const struct sim_turn *turn, FILE *out)
{
    char actor[SIM_ACTOR_TEXT_MAX];

    fprintf(out,
            "depart %s %s %" PRIu32 ": %" PRIu32 " of %" PRIu32 "\n",
            tidy_choice_name((enum tidy_choice)turn->kind),
            tidy__sim_actor_key(turn->actor, actor),
            turn->nth,
            turn->taken,
            turn->n);
}

void tidy__explore_schedule_write(const struct explore_schedule *schedule,
                                  const char *note,
                                  FILE *out)
{
    size_t idx;

    fputs(FIRST_LINE "\n", out);
    write_note(note, out);
    fprintf(out, "profile %s\n", tidy_profile_name(schedule->profile));
    write_kinds(schedule->kinds, out);
    if (schedule->max_latency_ns > 0)
        fprintf(out, "latency %" PRIu64 "\n", schedule->max_latency_ns);
    for (idx = 0; idx < schedule->n_turns; idx++)
        write_turn(&schedule->turns[idx], out);
    fputs("end\n", out);
}

/* ------------------------------------------------------------------- reading */

struct reading {
    struct explore_schedule *schedule;
    size_t capacity;
    bool has_profile, has_kinds, has_end;
};

static const char *read_profile(struct reading *reading, const char *text)
{
    enum tidy_profile profile;

    for (profile = TIDY_PROFILE_LINUX; profile <= TIDY_PROFILE_DARWIN;
         profile++) {
        if (strcmp(tidy_profile_name(profile), text) == 0) {
            reading->schedule->profile = profile;
            reading->has_profile = true;
            return NULL;
        }
    }
    return "there is no such profile";
}

static const char *read_kinds(struct reading *reading, const char *text)
{
    reading->has_kinds = true;
    reading->schedule->kinds = 0;
    if (strcmp(text, "none") == 0)
        return NULL;
    return tidy_choices_parse(text, &reading->schedule->kinds)
               ? "there is no such kind of choice"
               : NULL;
}

static const char *read_latency(struct reading *reading, const char *text)
{
    char *end;

    errno = 0;
    reading->schedule->max_latency_ns = strtoull(text, &end, 10);
    return errno || end == text || *end || *text == '-' ? "not a number of ns"
                                                        : NULL;
}

static bool make_room(struct reading *reading)
{
    struct explore_schedule *schedule = reading->schedule;
    size_t capacity = reading->capacity ? 2 * reading->capacity : 16;
    struct sim_turn *turns;

    if (schedule->n_turns < reading->capacity)
        return true;
    turns = tidy__realloc(schedule->turns, capacity * sizeof(*turns));
    if (!turns)
        return false;
    schedule->turns = turns;
    reading->capacity = capacity;
    return true;
}

static bool find_kind(const char *name, uint32_t *ret_kind)
{
    for (*ret_kind = 0; *ret_kind < TIDY_N_CHOICES; ++*ret_kind) {
        if (strcmp(tidy_choice_name((enum tidy_choice) * ret_kind), name) == 0)
            return true;
    }
    return false;
}

/* "order tcp#3 2: 1 of 2" */
static const char *read_turn(struct reading *reading, const char *text)
{
    struct explore_schedule *schedule = reading->schedule;
    char kind[32], actor[32];
    struct sim_turn turn;
    int len = 0;

    if (sscanf(text,
               "%31s %31[^ :] %" SCNu32 ": %" SCNu32 " of %" SCNu32 "%n",
               kind,
               actor,
               &turn.nth,
               &turn.taken,
               &turn.n,
               &len) != 5 ||
        text[len] != '\0')
        return "not \"depart KIND ACTOR COUNT: ALTERNATIVE of HOW MANY\"";
    if (!find_kind(kind, &turn.kind))
        return "there is no such kind of choice";
    if (!tidy__sim_actor_parse(actor, &turn.actor))
        return "there is no such actor";
    if (turn.nth == 0 || turn.taken == 0 || turn.taken >= turn.n)
        return "no alternative that departs from calm";
    if (schedule->n_turns == MAX_TURNS)
        return "too many departures";
    if (!make_room(reading))
        return "";
    schedule->turns[schedule->n_turns++] = turn;
    return NULL;
}

/* Returns what is wrong with a line; "" if memory was short; else NULL. */
static const char *read_line(struct reading *reading, const char *line)
{
    static const struct {
        const char *word;
        const char *(*read)(struct reading *reading, const char *text);
    } words[] = {
        { "profile ", read_profile },
        { "kinds ", read_kinds },
        { "latency ", read_latency },
        { "depart ", read_turn },
    };
    size_t idx;

    if (reading->has_end)
        return "something behind the end";
    if (line[0] == '#' || line[0] == '\0')
        return NULL;
    reading->has_end = strcmp(line, "end") == 0;
    if (reading->has_end)
        return NULL;
    for (idx = 0; idx < TIDY_COUNT(words); idx++) {
        if (strncmp(line, words[idx].word, strlen(words[idx].word)) == 0)
            return words[idx].read(reading, line + strlen(words[idx].word));
    }
    return "not a line of a schedule";
}

static const char *find_missing(const struct reading *reading, size_t n_lines)
{
    if (n_lines == 0)
        return "it is empty";
    if (!reading->has_end)
        return "its end is missing";
    return !reading->has_profile || !reading->has_kinds
               ? "its profile or its kinds are missing"
               : NULL;
}

static char *complain(const char *name, size_t n_line, const char *trouble)
{
    char *text;

    if (!*trouble)
        return tidy__strdup("");
    text = tidy__format(
        "%s:%zu: the schedule is damaged: %s", name, n_line, trouble);
    return text ? text : tidy__strdup("");
}

/* The version is looked at before anything else. */
static const char *read_first(const char *line)
{
    if (strcmp(line, FIRST_LINE) == 0)
        return NULL;
    return strncmp(line, FIRST_LINE, strlen(FIRST_LINE) - 1) == 0
               ? "it is of another version, and this one reads version 1"
               : "it does not begin with \"" FIRST_LINE "\"";
}

char *tidy__explore_schedule_read(struct explore_schedule *schedule,
                                  const char *name,
                                  FILE *in)
{
    struct reading reading = { .schedule = schedule };
    const char *trouble = NULL;
    size_t n_line = 0, len;
    char line[512];

    *schedule = (struct explore_schedule){ 0 };
    while (!trouble && fgets(line, sizeof(line), in)) {
        n_line++;
        len = strcspn(line, "\n");
        if (line[len] == '\0' && len == sizeof(line) - 1 && line[0] != '#')
            trouble = "the line is too long";
        line[len] = '\0';
        if (!trouble)
            trouble =
                n_line == 1 ? read_first(line) : read_line(&reading, line);
    }
    if (!trouble)
        trouble = find_missing(&reading, n_line);
    if (!trouble)
        return NULL;
    tidy__explore_schedule_deinit(schedule);
    return complain(name, n_line, trouble);
}

/* Semicolons end lines. */
static FILE *open_text(const char *text)
{
    size_t len = strlen(text), idx;
    FILE *file = tmpfile();

    for (idx = 0; file && idx < len; idx++)
        fputc(text[idx] == ';' ? '\n' : text[idx], file);
    if (file)
        rewind(file);
    return file;
}

bool tidy__explore_schedule_is_text(const char *path)
{
    return strncmp(path, FIRST_LINE, strlen(FIRST_LINE)) == 0;
}

char *tidy__explore_schedule_load(struct explore_schedule *schedule,
                                  const char *path)
{
    bool is_text = tidy__explore_schedule_is_text(path);
    FILE *in = is_text ? open_text(path) : fopen(path, "re");
    char *trouble;

    if (is_text)
        path = "the schedule";
    if (!in) {
        trouble = tidy__format("%s: %s", path, strerror(errno));
        return trouble ? trouble : tidy__strdup("");
    }
    trouble = tidy__explore_schedule_read(schedule, path, in);
    fclose(in);
    return trouble;
}
