/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_RECORD_H
#define TIDY_SIM_RECORD_H

#include "sim/event.h"
#include "sim/progress.h"
#include "sim/world.h"

#define SIM_MAX_EVENTS 65536
#define SIM_MAX_EVENT_TEXT (4 * 1024 * 1024)
#define SIM_MAX_PAYLOAD 65536
#define SIM_MAX_STACKS 4096
#define SIM_MAX_FRAMES 24
#define SIM_MAX_ACTORS 1024
#define SIM_MAX_MODULES 64
#define SIM_MODULE_PATH_MAX 512

/* As struct sim_event, with offsets for pointers: it is read in another process,
 * where the memory lies elsewhere. Offset 0 of the text is "". */
struct sim_record_event {
    enum sim_event_type type;
    bool is_held;
    unsigned kind;
    uint64_t now_ns, step, segment;
    unsigned actor, peer;
    int fd;
    long result;
    size_t n, taken, idx;
    uint32_t name, args;
    size_t len, n_data;
    uint32_t data;
    uint32_t stack; /* from 1; 0: none */
};

/* An object file in the memory of the run's process. */
struct sim_record_module {
    uintptr_t base, begin, end;
    bool is_program;
    char path[SIM_MODULE_PATH_MAX];
};

/* The return addresses of a call, innermost first. */
struct sim_record_stack {
    unsigned n;
    uintptr_t frames[SIM_MAX_FRAMES];
};

/*
 * What happened in a run, as things and not as text. It lies in the memory that
 * is shared with who asked, is written as things happen, and has an end: what
 * comes later is counted and not kept, but for the end of the run.
 */
struct sim_record {
    uint64_t n_segments;
    size_t n_events, n_dropped;
    size_t n_text, n_payload, n_stacks, n_modules;
    unsigned n_actors;
    unsigned fd_actors[SIM_N_FDS]; /* whose a number is, or was last */
    uint16_t
        stack_slots[2 * SIM_MAX_STACKS]; /* a hash table: from 1; 0: free */
    struct sim_record_module modules[SIM_MAX_MODULES];
    struct sim_event_actor actors[SIM_MAX_ACTORS]; /* of id from 1 on */
    struct sim_record_event events[SIM_MAX_EVENTS];
    struct sim_record_stack stacks[SIM_MAX_STACKS];
    char text[SIM_MAX_EVENT_TEXT];
    unsigned char payload[SIM_MAX_PAYLOAD];
};

/* Begin anew. Outside of a world: it looks at the process. */
void tidy__sim_record_begin(struct sim_record *record);

/* The stack of who is calling, as a number, from 1; 0: there is none left. */
uint32_t tidy__sim_record_stack(struct sim_record *record);
/* What is loaded, for the names of functions (record_stack.c). */
void tidy__sim_record_modules(struct sim_record *record);

/* In a world that has a record. */

/* A file has got this number. */
void tidy__sim_record_fd(struct sim_record *record,
                         int fd,
                         const struct sim_file *file);
/* fd: -1 if the call is of none, or has made it. */
void tidy__sim_record_call(struct sim_world *world,
                           int fd,
                           long result,
                           const char *name,
                           const char *args);
/* The last call has given two descriptors; this is the second. */
void tidy__sim_record_pair(struct sim_world *world, int fd);
void tidy__sim_record_choice(struct sim_world *world,
                             enum tidy_choice kind,
                             unsigned actor,
                             size_t n,
                             size_t taken);
/* Returns the number of the segment. Held: it stays in flight. */
uint64_t tidy__sim_record_sent(struct sim_world *world,
                               struct sim_link *link,
                               int type,
                               bool is_held,
                               const struct sim_io *io,
                               size_t offset,
                               size_t len);
void tidy__sim_record_arrived(struct sim_world *world,
                              struct sim_link *link,
                              const struct sim_segment *segment);
void tidy__sim_record_lost(struct sim_world *world,
                           struct sim_link *link,
                           const struct sim_segment *segment);
/* Without a link: it has arrived at once. to: NULL if nobody is there. */
void tidy__sim_record_transfer(const struct sim_file *from,
                               const struct sim_file *to,
                               const char *name,
                               const struct sim_io *io,
                               size_t offset,
                               size_t len);
void tidy__sim_record_ready(struct sim_world *world, int fd, const char *what);
void tidy__sim_record_timer(const struct sim_file *file);
void tidy__sim_record_end(struct sim_world *world,
                          enum tidy_outcome outcome,
                          const char *text);

#endif
