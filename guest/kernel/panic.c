// SPDX-License-Identifier: MIT
/*
 * panic.c - the bad ends: BUG, unhandled exceptions, panic; and WARN, which is not an end.
 *
 * A report is: the reason, the context (CPU, task, preempt count, interrupts), registers if there was an exception, and a stack
 * trace. A stack trace is one line per return address, " [<16 hexadecimal digits>]", which the host completes with
 * the symbol. Frames are found by frame pointers; every one is read with faults allowed, so a broken stack ends the
 * trace and nothing else.
 *
 * Only the first CPU to panic reports. The others stop, at the latest when they panic too.
 */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/page.h>
#include <asm/ptrace.h>
#include <asm/stacktrace.h>

#include "guest/drivers/exit.h"
#include "guest/kernel/main.h"

#define MAX_FRAMES 32
#define MAX_STEPS 2000

enum system_states system_state = SYSTEM_BOOTING;
EXPORT_SYMBOL(system_state);

/* 1 + the CPU that panics; 0: none yet. */
static unsigned int panic_cpu;
static unsigned long warnings;

/* Said by bug_at(), used by the exception that follows it. */
static DEFINE_PER_CPU(const char *, bug_file);
static DEFINE_PER_CPU(int, bug_line);

/** struct frame - what a frame pointer points at */
struct frame {
	unsigned long bp;
	unsigned long ret;
};

static void say_repeats(unsigned int repeats)
{
	if (repeats)
		printk(KERN_EMERG " ... the same %u times more\n", repeats);
}

/* A recursion is said once and counted: what led into it matters more. */
void backtrace(unsigned long bp)
{
	unsigned int printed = 0, repeats = 0;
	unsigned long last = 0, hidden;
	struct frame f;

	for (unsigned int n = 0; n < MAX_STEPS && printed < MAX_FRAMES; n++) {
		if (bp < PAGE_OFFSET || bp % sizeof(long) ||
		    copy_from_kernel_nofault(&f, (const void *)bp, sizeof(f)) || !f.ret)
			return say_repeats(repeats);
		if (f.ret == last) {
			repeats++;
		} else {
			say_repeats(repeats);
			printk(KERN_EMERG " [<%016lx>]\n", f.ret);
			hidden = arch_trap_caller(bp, f.bp, f.ret);
			if (hidden)
				printk(KERN_EMERG " [<%016lx>]\n", hidden);
			repeats = 0;
			last = f.ret;
			printed++;
		}
		if (!arch_frame_follows(bp, f.bp))
			return say_repeats(repeats);
		bp = f.bp;
	}
	say_repeats(repeats);
	printk(KERN_EMERG " ...\n");
}

static void show_context(bool irqs_off)
{
	struct task_struct *task = current;

	printk(KERN_EMERG "CPU: %u PID: %d Comm: %s preempt_count: 0x%x%s%s, interrupts %s\n", raw_smp_processor_id(),
	       task ? task->pid : 0, task ? task->comm : "(boot)", preempt_count(), in_hardirq() ? ", in hard IRQ" : "",
	       in_serving_softirq() ? ", in softirq" : "", irqs_off ? "off" : "on");
}

static void show_regs(const struct pt_regs *regs)
{
	printk(KERN_EMERG "RIP: %04lx:[<%016lx>]\n", regs->cs, regs->ip);
	printk(KERN_EMERG "RSP: %04lx:%016lx EFLAGS: %08lx\n", regs->ss, regs->sp, regs->flags);
	printk(KERN_EMERG "RAX: %016lx RBX: %016lx RCX: %016lx\n", regs->ax, regs->bx, regs->cx);
	printk(KERN_EMERG "RDX: %016lx RSI: %016lx RDI: %016lx\n", regs->dx, regs->si, regs->di);
	printk(KERN_EMERG "RBP: %016lx R08: %016lx R09: %016lx\n", regs->bp, regs->r8, regs->r9);
	printk(KERN_EMERG "R10: %016lx R11: %016lx R12: %016lx\n", regs->r10, regs->r11, regs->r12);
	printk(KERN_EMERG "R13: %016lx R14: %016lx R15: %016lx\n", regs->r13, regs->r14, regs->r15);
	printk(KERN_EMERG "CR2: %016lx CR3: %016lx\n", read_cr2(), read_cr3());
}

void dump_stack(void)
{
	printk(KERN_EMERG "Call Trace:\n");
	backtrace((unsigned long)__builtin_frame_address(0));
}
EXPORT_SYMBOL(dump_stack);

/* True for the one CPU that may report; a second panic of the same CPU ends the run at once. */
static void become_the_one(void)
{
	unsigned int me = raw_smp_processor_id() + 1;
	unsigned int seen = 0;

	arch_local_irq_disable();
	if (try_cmpxchg(&panic_cpu, &seen, me)) {
		console_bust();
		smp_send_stop();
		return;
	}
	if (seen == me)
		exit_run(EXIT_GUEST_PANIC);
	for (;;)
		arch_halt();
}

void panic(const char *fmt, ...)
{
	bool irqs_off = arch_irqs_disabled();
	struct va_format text;
	va_list args;

	become_the_one();
	va_start(args, fmt);
	text.fmt = fmt;
	text.va = &args;
	printk(KERN_EMERG "Kernel panic: %pV\n", &text);
	va_end(args);
	show_context(irqs_off);
	dump_stack();
	end_run(EXIT_GUEST_PANIC);
}
EXPORT_SYMBOL(panic);

void die(const struct pt_regs *regs, const char *what, unsigned long error_code)
{
	const char *file = this_cpu_read(bug_file);
	unsigned long hidden;

	become_the_one();
	if (file)
		printk(KERN_EMERG "Kernel panic: BUG at %s:%d\n", file, this_cpu_read(bug_line));
	else
		printk(KERN_EMERG "Kernel panic: %s, error code 0x%lx\n", what, error_code);
	show_context(!(regs->flags & X86_EFLAGS_IF));
	show_regs(regs);
	printk(KERN_EMERG "Call Trace:\n");
	printk(KERN_EMERG " [<%016lx>]\n", regs->ip);
	hidden = arch_hidden_caller(regs);
	if (hidden)
		printk(KERN_EMERG " [<%016lx>]\n", hidden);
	backtrace(regs->bp);
	if (!file)
		arch_explain_fault(regs);
	end_run(EXIT_GUEST_PANIC);
}

void bug_at(const char *file, int line)
{
	this_cpu_write(bug_line, line);
	this_cpu_write(bug_file, file);
}
EXPORT_SYMBOL(bug_at);

/* The last reports' lines, by number. Whoever reports on two CPUs at once may find a line of the other's: only tests read them. */
#define REPORTS_KEPT 16
static char reports[REPORTS_KEPT][160];

void report_note(const char *what)
{
	unsigned long number = __atomic_fetch_add(&warnings, 1, __ATOMIC_RELAXED);

	strscpy(reports[number % REPORTS_KEPT], what, sizeof(reports[0]));
}
EXPORT_SYMBOL(report_note);

unsigned int report_seen(unsigned long since, const char *text)
{
	unsigned long end = warn_count(), from = end - since > REPORTS_KEPT ? end - REPORTS_KEPT : since;
	unsigned int nr = 0;

	for (; from < end; from++)
		nr += strstr(reports[from % REPORTS_KEPT], text) != NULL;
	return nr;
}
EXPORT_SYMBOL(report_seen);

void warn_at(const char *file, int line, const char *fmt, ...)
{
	struct va_format text;
	unsigned long number;
	va_list args;

	number = __atomic_fetch_add(&warnings, 1, __ATOMIC_RELAXED);
	reports[number % REPORTS_KEPT][0] = '\0';
	printk(KERN_EMERG "WARNING: at %s:%d\n", file, line);
	if (fmt) {
		va_start(args, fmt);
		vsnprintf(reports[number % REPORTS_KEPT], sizeof(reports[0]), fmt, args);
		va_end(args);
		va_start(args, fmt);
		text.fmt = fmt;
		text.va = &args;
		printk(KERN_EMERG "%pV", &text);
		va_end(args);
	}
	show_context(arch_irqs_disabled());
	dump_stack();
}
EXPORT_SYMBOL(warn_at);

unsigned long warn_count(void)
{
	return READ_ONCE(warnings);
}
EXPORT_SYMBOL(warn_count);

/* For code that was compiled with stack protection, such as libfdt. */
void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
	panic("stack-protector: a stack frame was overwritten, found by [<%016lx>]", _RET_IP_);
}
EXPORT_SYMBOL(__stack_chk_fail);
