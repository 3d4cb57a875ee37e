/* SPDX-License-Identifier: MIT */
/*
 * The tripwire, made of Linux's syscall user dispatch: as long as a byte of this
 * thread's says so, a system call is not made, but raises SIGSYS.
 *
 *   it is refused      -> the run ends, from inside the handler
 *   it passes          -> the handler has it made again where it was to be made,
 *                         by an instruction that is exempt, and goes on behind
 *   it is missing      -> the handler answers
 *   it is about SIGSYS -> the handler answers, so that the signal stays ours
 *
 * The exempt instructions are those between tidy__sim_exempt_begin and _end, the
 * handler's own return among them. The handler runs on a stack of its own, as the
 * program's may be a small one, and all other signals wait for its end.
 *
 * This file has mutable globals: what the thread that is in a world, of which a
 * process has one, needs to be watched.
 */
#include "sim/tripwire.h"

#if defined(__x86_64__)

#include "sim/caller.h"
#include "sim/sanitizer.h"
#include "sim/system_calls.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_OFF 0
#define PR_SYS_DISPATCH_ON 1
#endif

enum selector {
    SELECTOR_ALLOW,
    SELECTOR_BLOCK
};

/* Of the signal's codes: it comes from the dispatch. */
#define CODE_USER_DISPATCH 2

#define STACK_SIZE (256 * 1024)

/* Signals as the kernel counts them: a bit each. */
#define SIGNAL_BIT(sig) (UINT64_C(1) << ((sig)-1))
#define N_SIGNALS 64

/* rt_sigaction(2)'s, which is not the C library's. */
struct action {
    void (*handler)(int sig, siginfo_t *info, void *context);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

#define FLAG_RESTORER UINT64_C(0x04000000)

static bool was_armed, is_armed;
static volatile char selector;
static char stack[STACK_SIZE] __attribute__((aligned(16)));
static stack_t old_stack;
static struct action old_action;

/* ------------------------------------------------------- exempt instructions */

/* tidy__sim_exempt_call makes one call; the result is the kernel's.
 *
 * tidy__sim_exempt_repeat is where a call is made again: its registers and stack
 * are those of the first time, but for the way back, which lies below the 128
 * bytes under the stack pointer that are the interrupted function's.
 *
 * tidy__sim_exempt_return is a handler's way back. Debuggers and unwinders know
 * it by its bytes. */
__asm__(".text\n"
        ".hidden tidy__sim_exempt_begin, tidy__sim_exempt_end\n"
        ".hidden tidy__sim_exempt_call, tidy__sim_exempt_repeat\n"
        ".hidden tidy__sim_exempt_return\n"
        ".globl tidy__sim_exempt_begin, tidy__sim_exempt_end\n"
        ".globl tidy__sim_exempt_call, tidy__sim_exempt_repeat\n"
        ".globl tidy__sim_exempt_return\n"
        "tidy__sim_exempt_begin:\n"
        "tidy__sim_exempt_call:\n"
        "    movq %rdi, %rax\n"
        "    movq (%rsi), %rdi\n"
        "    movq 16(%rsi), %rdx\n"
        "    movq 24(%rsi), %r10\n"
        "    movq 32(%rsi), %r8\n"
        "    movq 40(%rsi), %r9\n"
        "    movq 8(%rsi), %rsi\n"
        "    syscall\n"
        "    ret\n"
        "tidy__sim_exempt_repeat:\n"
        "    syscall\n"
        "    ret $128\n"
        "    nop\n"
        "tidy__sim_exempt_return:\n"
        "    movq $15, %rax\n"
        "    syscall\n"
        "    nop\n" /* the kernel looks at the address behind a call */
        "tidy__sim_exempt_end:\n");

extern const char tidy__sim_exempt_begin[], tidy__sim_exempt_end[];
extern const char tidy__sim_exempt_repeat[];
long tidy__sim_exempt_call(long number, const long args[6]);
void tidy__sim_exempt_return(void);

#define EXEMPT_CALL(number, ...)                                               \
    tidy__sim_exempt_call(number, (const long[6]){ __VA_ARGS__ })

/* What a function pushes that is called; and what repeat takes off again. */
#define WAY_BACK 8
#define RED_ZONE 128

static void repeat(greg_t *regs)
{
    uintptr_t *back = (uintptr_t *)(regs[REG_RSP] - RED_ZONE - WAY_BACK);

    *back = (uintptr_t)regs[REG_RIP];
    regs[REG_RSP] = (greg_t)back;
    regs[REG_RIP] = (greg_t)tidy__sim_exempt_repeat;
}

/* ---------------------------------------------------------------- the signal */

static void forget_signal(uint64_t *mask)
{
    *mask &= ~(SIGNAL_BIT(SIGSYS) | SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
}

/* The program's handlers must not run with the signal blocked, and it has none
 * for it. Sets the action or asks for it, or both. */
static long answer_sigaction(const long args[6])
{
    const struct action *action = (const void *)args[1];
    struct action copy;

    if (args[0] == SIGSYS) {
        if (args[2])
            memset((void *)args[2], 0, sizeof(copy));
        return 0;
    }
    if (!action)
        return EXEMPT_CALL(
            SYS_rt_sigaction, args[0], args[1], args[2], args[3]);
    copy = *action;
    forget_signal(&copy.mask);
    return EXEMPT_CALL(
        SYS_rt_sigaction, args[0], (long)&copy, args[2], args[3]);
}

/* The mask is the interrupted program's, which gets it back with the rest. */
static long answer_sigprocmask(uint64_t *mask, const long args[6])
{
    const uint64_t *set = (const void *)args[1];
    uint64_t old = *mask;

    if (args[3] != sizeof(*mask) ||
        (set && args[0] != SIG_BLOCK && args[0] != SIG_UNBLOCK &&
         args[0] != SIG_SETMASK))
        return -EINVAL;
    if (set && args[0] == SIG_BLOCK)
        *mask |= *set;
    else if (set && args[0] == SIG_UNBLOCK)
        *mask &= ~*set;
    else if (set)
        *mask = *set;
    forget_signal(mask);
    if (args[2])
        *(uint64_t *)args[2] = old;
    return 0;
}

/* ------------------------------------------------------------------ the trap */

static _Noreturn void
refuse(struct sim_world *world, const siginfo_t *info, long number)
{
    const char *name = tidy__sim_system_call_name(number);
    char caller[256];

    if (info->si_arch != AUDIT_ARCH_X86_64)
        name = "of 32 bits";
    tidy__sim_describe_caller(info->si_call_addr, caller, sizeof(caller));
    tidy__sim_end(world,
                  TIDY_OUTCOME_UNMODELLED,
                  "simulation does not model the system call %s (%ld), made "
                  "past the C library's names%s",
                  name ? name : "without a name",
                  number,
                  caller);
}

static void
decide(struct sim_world *world, const siginfo_t *info, ucontext_t *context)
{
    greg_t *regs = context->uc_mcontext.gregs;
    const long args[6] = { regs[REG_RDI], regs[REG_RSI], regs[REG_RDX],
                           regs[REG_R10], regs[REG_R8],  regs[REG_R9] };
    long number = regs[REG_RAX];

    if (info->si_arch != AUDIT_ARCH_X86_64)
        refuse(world, info, number);
    if (number == SYS_rt_sigreturn) {
        regs[REG_RIP] = (greg_t)(uintptr_t)tidy__sim_exempt_return;
        return;
    }
    if (number == SYS_rt_sigaction) {
        regs[REG_RAX] = answer_sigaction(args);
        return;
    }
    if (number == SYS_rt_sigprocmask) {
        regs[REG_RAX] =
            answer_sigprocmask((uint64_t *)(void *)&context->uc_sigmask, args);
        return;
    }
    if (tidy__sim_is_of_runtime(info->si_call_addr)) {
        repeat(regs);
        return;
    }
    switch (tidy__sim_judge_system_call(world, number, args)) {
    case SIM_VERDICT_PASSES:
        repeat(regs);
        break;
    case SIM_VERDICT_MISSING:
        regs[REG_RAX] = -ENOSYS;
        break;
    default:
        if (number == SYS_socket && args[0] == AF_UNIX &&
            tidy__sim_is_called_inside_libc(info->si_call_addr)) {
            /* It asks a server, nscd(8), before it reads its files of users,
             * groups and so on. A world has none. */
            regs[REG_RAX] = -EACCES;
            break;
        }
        refuse(world, info, number);
    }
}

/* Not by the dispatch: as if there were no handler. */
static void raise_again(void)
{
    const struct action action = { .handler = NULL };

    EXEMPT_CALL(
        SYS_rt_sigaction, SIGSYS, (long)&action, 0, sizeof(action.mask));
    raise(SIGSYS);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    int error = errno;

    (void)sig;
    selector = SELECTOR_ALLOW;
    if (info->si_code != CODE_USER_DISPATCH) {
        raise_again();
        return;
    }
    decide(tidy__sim_world, info, context);
    errno = error;
    selector = SELECTOR_BLOCK;
}

/* -------------------------------------------------------------------- arming */

/* It translates the program, exempt instructions included, and makes the calls
 * itself. */
static bool is_under_valgrind(void)
{
    return dlsym(RTLD_DEFAULT, "_vgnU_freeres");
}

static void take_signal(void)
{
    const struct action action = { .handler = on_signal,
                                   .flags =
                                       SA_SIGINFO | SA_ONSTACK | FLAG_RESTORER,
                                   .restorer = tidy__sim_exempt_return,
                                   .mask = UINT64_MAX };
    const stack_t ours = { .ss_sp = stack, .ss_size = sizeof(stack) };
    uint64_t unblock = SIGNAL_BIT(SIGSYS);

    sigaltstack(&ours, &old_stack);
    EXEMPT_CALL(SYS_rt_sigaction,
                SIGSYS,
                (long)&action,
                (long)&old_action,
                sizeof(action.mask));
    EXEMPT_CALL(
        SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&unblock, 0, sizeof(unblock));
}

/* What was set before is like what is set from now on. */
static void look_at_handlers(void)
{
    struct action action;
    int sig;

    for (sig = 1; sig <= N_SIGNALS; sig++) {
        if (EXEMPT_CALL(
                SYS_rt_sigaction, sig, 0, (long)&action, sizeof(action.mask)) <
                0 ||
            sig == SIGSYS || !(action.mask & SIGNAL_BIT(SIGSYS)))
            continue;
        forget_signal(&action.mask);
        EXEMPT_CALL(
            SYS_rt_sigaction, sig, (long)&action, 0, sizeof(action.mask));
    }
}

static long set_dispatch(int mode)
{
    bool is_on = mode == PR_SYS_DISPATCH_ON;

    return EXEMPT_CALL(SYS_prctl,
                       PR_SET_SYSCALL_USER_DISPATCH,
                       mode,
                       is_on ? (long)tidy__sim_exempt_begin : 0,
                       is_on ? tidy__sim_exempt_end - tidy__sim_exempt_begin
                             : 0,
                       is_on ? (long)&selector : 0);
}

void tidy__sim_tripwire_arm(void)
{
    if (was_armed || is_under_valgrind())
        return;
    was_armed = true;
    if (set_dispatch(PR_SYS_DISPATCH_ON) < 0)
        return;
    take_signal();
    look_at_handlers();
    is_armed = true;
    selector = SELECTOR_BLOCK;
}

/* The program may have set a stack of its own since. */
static void give_back_signal(void)
{
    stack_t now;

    EXEMPT_CALL(SYS_rt_sigaction,
                SIGSYS,
                (long)&old_action,
                0,
                sizeof(old_action.mask));
    if (sigaltstack(NULL, &now) == 0 && now.ss_sp == stack)
        sigaltstack(&old_stack, NULL);
}

void tidy__sim_tripwire_disarm(void)
{
    if (!is_armed)
        return;
    selector = SELECTOR_ALLOW;
    is_armed = false;
    set_dispatch(PR_SYS_DISPATCH_OFF);
    give_back_signal();
}

char tidy__sim_tripwire_suspend(void)
{
    char before = selector;

    selector = SELECTOR_ALLOW;
    return before;
}

void tidy__sim_tripwire_resume(char before)
{
    selector = before;
}

#else

void tidy__sim_tripwire_arm(void)
{
}

void tidy__sim_tripwire_disarm(void)
{
}

char tidy__sim_tripwire_suspend(void)
{
    return 0;
}

void tidy__sim_tripwire_resume(char before)
{
    (void)before;
}

#endif
