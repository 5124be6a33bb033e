/* SPDX-License-Identifier: MIT */
/*
 * fault.c - a memory access that went wrong: what kind of mistake is it, whose memory is that, and does somebody expect it?
 *
 * The kind follows from the address, the error code and the tables; whose memory it is, the address spaces of vmalloc tell
 * (vmap_tell()). No lock is waited for: the fault may have happened under any.
 *
 * Expected faults: a task that wants to go on after one registers a struct fault_catch, on a list of all of them; registers are
 * saved as by setjmp(), and the exception returns there instead of to the instruction. A catch ends with its fault, and is
 * for faults of its task in its own context only: the preempt count must be the same.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/stackdepot.h>
#include <linux/vmalloc.h>

#include "guest/arch/x86/arch.h"
#include "guest/arch/x86/fault.h"
#include "guest/arch/x86/tables.h"

#define TRAP_STACK_SEGMENT 12
#define TRAP_GENERAL_PROTECTION 13
#define TRAP_PAGE_FAULT 14
#define LOWER_HALF (1UL << 47)

static const char *const kind_names[NR_FAULT_KINDS] = {
	[FAULT_NONE] = "no fault",
	[FAULT_NULL] = "a NULL pointer",
	[FAULT_USER] = "a user address, and no user process is there",
	[FAULT_NON_CANONICAL] = "a non-canonical address",
	[FAULT_GUARD] = "the guard page of a vmalloc area",
	[FAULT_FREED] = "freed vmalloc memory",
	[FAULT_UNMAPPED] = "not mapped",
	[FAULT_HIDDEN] = "made not present",
	[FAULT_READ_ONLY] = "read-only",
	[FAULT_EXEC] = "not executable",
	[FAULT_TABLES] = "reserved bit set in a table",
	[FAULT_OTHER] = "another exception",
};

const char *fault_kind_name(enum fault_kind kind)
{
	return kind < NR_FAULT_KINDS ? kind_names[kind] : "?";
}
EXPORT_SYMBOL_GPL(fault_kind_name);

/* ---- examining ---- */

static bool is_canonical(unsigned long addr)
{
	return (unsigned long)((long)(addr << 16) >> 16) == addr;
}

static enum fault_kind kind_of_page_fault(const struct fault_info *f)
{
	unsigned long entry;
	unsigned int level;

	if (f->error_code & X86_PF_RSVD)
		return FAULT_TABLES;
	if (f->error_code & X86_PF_PROT)
		return f->exec ? FAULT_EXEC : f->write ? FAULT_READ_ONLY : FAULT_OTHER;
	if (f->addr < PAGE_SIZE)
		return FAULT_NULL;
	if (f->addr < LOWER_HALF)
		return FAULT_USER;
	if (f->story.place == VMAP_GUARD)
		return FAULT_GUARD;
	if (f->story.place == VMAP_FREED)
		return FAULT_FREED;
	/* An entry with an address, but not present. (Present: somebody has mapped it since.) */
	entry = *table_walk(f->addr, &level);
	return entry && !(entry & _PAGE_PRESENT) ? FAULT_HIDDEN : FAULT_UNMAPPED;
}

void fault_examine(const struct pt_regs *regs, unsigned long cr2, struct fault_info *f)
{
	*f = (struct fault_info){
		.kind = FAULT_OTHER, .ip = regs->ip, .vector = regs->vector, .error_code = regs->error_code};
	if (regs->vector == TRAP_PAGE_FAULT) {
		f->has_addr = true;
		f->addr = cr2;
		f->write = regs->error_code & X86_PF_WRITE;
		f->exec = regs->error_code & X86_PF_INSTR;
		vmap_tell(cr2, &f->story);
		f->kind = kind_of_page_fault(f);
	} else if ((regs->vector == TRAP_GENERAL_PROTECTION || regs->vector == TRAP_STACK_SEGMENT) &&
		   !regs->error_code && fault_operand(regs, &f->addr)) {
		f->has_addr = true;
		f->exec = f->addr == regs->ip;
		if (!is_canonical(f->addr))
			f->kind = FAULT_NON_CANONICAL;
	}
}

/* ---- telling ---- */

/* What the address space is for there, for addresses that no area tells about. */
static const char *region_of(unsigned long addr)
{
	if (addr - (unsigned long)boot_stack_guard < PAGE_SIZE || addr - (unsigned long)boot_ist_guard < PAGE_SIZE ||
	    addr - (unsigned long)boot_irq_guard < PAGE_SIZE)
		return ", the guard page of a boot stack";
	if (addr - (unsigned long)__text_start < (unsigned long)(__rodata_end - __text_start))
		return addr < (unsigned long)__text_end ? ", kernel text" : ", kernel constants";
	if (addr - KERNEL_BASE < KERNEL_SIZE)
		return ", kernel data";
	if (addr - DIRECT_MAP < DIRECT_MAP_SIZE)
		return addr - DIRECT_MAP < mm_root.max_pfn << PAGE_SHIFT && pfn_valid((addr - DIRECT_MAP) >> PAGE_SHIFT)
			       ? ", in the direct map"
			       : ", no RAM there";
	if (addr - VMALLOC_START < VMALLOC_END - VMALLOC_START)
		return ", in the vmalloc area";
	if (addr - VMEMMAP < VMEMMAP_SIZE)
		return ", struct page of no RAM";
	if (addr - MODULES_START < MODULES_END - MODULES_START)
		return ", in the module area";
	return "";
}

static size_t tell_area(const struct fault_info *f, char *buf, size_t size)
{
	static const char *const where[] = {
		[VMAP_INSIDE] = "in", [VMAP_GUARD] = "behind", [VMAP_FREED] = "in what was", [VMAP_BEYOND] = "beyond"};
	const struct vmap_story *s = &f->story;
	unsigned long distance = f->addr - s->start;
	size_t n;

	if (s->place == VMAP_NOWHERE)
		return 0;
	n = (size_t)scnprintf(buf, size, "; 0x%lx bytes into, %s the area 0x%lx-0x%lx", distance, where[s->place],
			      s->start, s->end);
	if (s->caller)
		n += (size_t)scnprintf(buf + n, size - n, ", allocated by [<%016lx>]", s->caller);
	return n;
}

char *fault_text(const struct fault_info *f, char *buf, size_t size)
{
	const char *what = f->exec ? "fetch from" : f->write ? "write to" : "read of";
	size_t n;

	if (!f->has_addr) {
		scnprintf(buf, size, "%s", fault_kind_name(f->kind));
		return buf;
	}
	if (f->vector != TRAP_PAGE_FAULT)
		what = f->exec ? "fetch from" : "access to";
	n = (size_t)scnprintf(buf, size, "%s 0x%lx: %s%s%s", what, f->addr, fault_kind_name(f->kind),
			      region_of(f->addr), f->error_code & X86_PF_USER ? ", from CPL 3" : "");
	tell_area(f, buf + n, size - n);
	return buf;
}
EXPORT_SYMBOL_GPL(fault_text);

static struct fault_info kept;

void fault_keep(const struct fault_info *f)
{
	kept = *f;
}

void arch_explain_fault(const struct pt_regs *regs)
{
	if (kept.ip != regs->ip || kept.vector != regs->vector)
		return;
	if (kept.story.alloc_stack) {
		printk(KERN_EMERG "The area was allocated by:\n");
		stack_depot_print(kept.story.alloc_stack);
	}
	if (kept.story.free_stack) {
		printk(KERN_EMERG "The area was freed by:\n");
		stack_depot_print(kept.story.free_stack);
	}
	/* Finding out means reading there. */
	if (kept.has_addr && kept.story.place == VMAP_NOWHERE && kept.error_code & X86_PF_PROT)
		kmem_dump_obj((void *)kept.addr);
}

/* ---- expecting ---- */

static DEFINE_SPINLOCK(catch_lock);
static struct fault_catch *catches;

/* From fault_catch_begin(), fault_catch.S: everything but the registers. */
void fault_catch_enter(struct fault_catch *c)
{
	unsigned long irq;

	c->task = current;
	c->preempt_count = (unsigned int)preempt_count();
	c->info = (struct fault_info){.kind = FAULT_NONE};
	spin_lock_irqsave(&catch_lock, irq);
	c->next = catches;
	catches = c;
	spin_unlock_irqrestore(&catch_lock, irq);
}

EXPORT_SYMBOL_GPL(fault_catch_begin);

static void forget(struct fault_catch *c)
{
	struct fault_catch **at = &catches;
	unsigned long irq;

	spin_lock_irqsave(&catch_lock, irq);
	while (*at && *at != c)
		at = &(*at)->next;
	if (*at)
		*at = c->next;
	spin_unlock_irqrestore(&catch_lock, irq);
}

void fault_catch_end(struct fault_catch *c)
{
	forget(c);
}
EXPORT_SYMBOL_GPL(fault_catch_end);

/* The innermost of this task's: the latest comes first. */
static struct fault_catch *find_catch(void)
{
	struct fault_catch *c = NULL;
	unsigned long irq;

	if (!READ_ONCE(catches))
		return NULL;
	spin_lock_irqsave(&catch_lock, irq);
	for (c = catches; c && c->task != current; c = c->next)
		;
	spin_unlock_irqrestore(&catch_lock, irq);
	return c && c->preempt_count == (unsigned int)preempt_count() ? c : NULL;
}

bool fault_caught(struct pt_regs *regs, const struct fault_info *f)
{
	struct fault_catch *c = find_catch();

	if (!c)
		return false;
	forget(c);
	/* If it was a BUG: what that said must not become the title of another report. */
	bug_at(NULL, 0);
	c->info = *f;
	regs->bx = c->regs[0];
	regs->bp = c->regs[1];
	regs->r12 = c->regs[2];
	regs->r13 = c->regs[3];
	regs->r14 = c->regs[4];
	regs->r15 = c->regs[5];
	regs->sp = c->regs[6];
	regs->ip = c->regs[7];
	regs->ax = 1;
	return true;
}
