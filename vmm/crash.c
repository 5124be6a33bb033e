// SPDX-License-Identifier: MIT
/*
 * crash.c - see crash.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/view/thread.h"
#include "tools/view/view.h"
#include "vmm/crash.h"
#include "vmm/vm.h"

#define INSN_MAX 15
#define MAX_OTHERS 256

/* @frames: printed so far; the first is where the vCPU stands, the others are where it will return to. */
struct trace {
	struct vm *vm;
	struct view *view;
	unsigned int frames;
};

static bool print_frame(void *ctx, gva_t pc)
{
	struct trace *t = ctx;
	char name[256];

	printf("  [<%016" PRIx64 ">] %s\n", pc, symbols_name(t->vm, t->view, pc, t->frames++ > 0, name, sizeof(name)));
	return true;
}

static void print_regs(const struct guest_regs *r)
{
	printf("  rip %016" PRIx64 "  rsp %016" PRIx64 "  rbp %016" PRIx64 "  flags %08" PRIx64 "\n", r->rip, r->rsp,
	       r->rbp, r->rflags);
	printf("  rax %016" PRIx64 "  rbx %016" PRIx64 "  rcx %016" PRIx64 "  rdx %016" PRIx64 "\n", r->rax, r->rbx,
	       r->rcx, r->rdx);
	printf("  rsi %016" PRIx64 "  rdi %016" PRIx64 "  r8  %016" PRIx64 "  r9  %016" PRIx64 "\n", r->rsi, r->rdi,
	       r->r8, r->r9);
	printf("  r10 %016" PRIx64 "  r11 %016" PRIx64 "  r12 %016" PRIx64 "  r13 %016" PRIx64 "\n", r->r10, r->r11,
	       r->r12, r->r13);
	printf("  r14 %016" PRIx64 "  r15 %016" PRIx64 "  gs  %016" PRIx64 "  cs %02x ss %02x tr %02x\n", r->r14,
	       r->r15, r->gs_base, r->cs, r->ss, r->tr);
	printf("  cr0 %08" PRIx64 "  cr2 %016" PRIx64 "  cr3 %08" PRIx64 "  cr4 %08" PRIx64 "  efer %" PRIx64 "\n",
	       r->cr0, r->cr2, r->cr3, r->cr4, r->efer);
}

static void name_addr(void *ctx, gva_t addr, bool is_return, char *buf, size_t size)
{
	struct trace *t = ctx;

	symbols_name(t->vm, t->view, addr, is_return, buf, size);
}

/* Whom the vCPU runs, in which context, holding what. */
static void report_task(struct trace *t, unsigned int cpu)
{
	struct thread_names names = {name_addr, t};
	struct view_thread thread;

	if (!t->view || view_cpu_thread(t->view, cpu, &thread))
		return;
	printf("  runs ");
	print_thread(&thread, &names, false, stdout);
}

/* Those that run nowhere: after a time-out, whoever should have done something is among them. */
static void report_others(struct trace *t)
{
	struct thread_names names = {name_addr, t};
	struct view_threads all;
	char err[VIEW_ERR_MAX];

	if (!t->view || view_threads_read(t->view, &all, true, err))
		return;
	for (unsigned int i = 0; i < all.nr && i < MAX_OTHERS; i++) {
		if (all.at[i].running < 0 && !(all.at[i].task.__state & TASK_DEAD))
			print_thread(&all.at[i], &names, true, stdout);
	}
	if (all.damage[0])
		printf("threads: %s\n", all.damage);
	view_threads_free(&all);
}

static void report_cpu(struct trace *t, unsigned int cpu, bool crashed)
{
	struct guest_regs regs;
	char name[256];

	if (vcpu_regs(&t->vm->cpus[cpu], &regs)) {
		printf("vCPU %u: no registers\n", cpu);
		return;
	}
	printf("vCPU %u%s at %s:\n", cpu, crashed ? " (crashed)" : "",
	       symbols_name(t->vm, t->view, regs.rip, false, name, sizeof(name)));
	print_regs(&regs);
	report_task(t, cpu);
	t->frames = 0;
	if (t->view)
		view_backtrace(t->view, &regs, print_frame, t);
}

void crash_report(struct vm *vm, struct view *view)
{
	struct trace t = {vm, view, 0};
	unsigned int first = vm->end.cpu;

	if (first < vm->nr_cpus)
		report_cpu(&t, first, true);
	for (unsigned int i = 0; i < vm->nr_cpus; i++) {
		if (i != first)
			report_cpu(&t, i, false);
	}
	if (vm->end.how == END_TIMEOUT)
		report_others(&t);
}

/* The bytes at the program counter: KVM's own if it said them, else the guest's memory, page by page. */
static unsigned int insn_bytes(struct vm *vm, struct view *view, gva_t rip, uint8_t bytes[INSN_MAX])
{
	const struct vm_end *e = &vm->end;
	unsigned int n = e->nr_insn < INSN_MAX ? e->nr_insn : INSN_MAX;

	memcpy(bytes, e->insn, n);
	if (n || !view)
		return n;
	while (n < INSN_MAX && !view_read(view, rip + n, &bytes[n], 1))
		n++;
	return n;
}

char *crash_reason(struct vm *vm, struct view *view, char *buf, size_t size)
{
	const struct vm_end *e = &vm->end;
	char hex[INSN_MAX * 3 + 1] = "(unreadable)", name[128];
	uint8_t bytes[INSN_MAX];
	struct guest_regs regs;
	unsigned int n;

	if (!e->no_emulation || e->cpu >= vm->nr_cpus || vcpu_regs(&vm->cpus[e->cpu], &regs)) {
		snprintf(buf, size, "%s", e->reason);
		return buf;
	}
	n = insn_bytes(vm, view, regs.rip, bytes);
	for (unsigned int i = 0; i < n; i++)
		snprintf(hex + 3 * i, sizeof(hex) - 3 * i, "%02x%s", bytes[i], i + 1 < n ? " " : "");
	snprintf(buf, size, "this host's KVM cannot emulate the instruction at %#" PRIx64 " (%s) on vCPU %u: bytes %s",
		 regs.rip, symbols_name(vm, view, regs.rip, false, name, sizeof(name)), e->cpu, hex);
	return buf;
}
