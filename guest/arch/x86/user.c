// SPDX-License-Identifier: MIT
/*
 * user.c - user address spaces as the machine has them: their top tables, which one a CPU uses, and faults at user addresses.
 *
 * Top tables: the upper half is a copy of the kernel's. Entries of that half only ever appear (pgtable.c: tables of level 3 stay),
 *             and whoever adds one adds it to every top table on the list of all, under the lock that guards the kernel's tables.
 *             So a kernel address is the same in every address space at any moment, stacks included.
 * Switch:     a thread without address space runs in the kernel's own tables, never in somebody else's: so no top table is in use
 *             after its last user left. mm->cpus names the CPUs that have it loaded. A CPU's bit is set before %cr3 is
 *             loaded and cleared after another value was: whoever changes an entry first and reads the bits then reaches every
 *             CPU that may remember the old one.
 * Faults:     at a user address, of a thread that has an address space, holds no spinlock and had interrupts on: they are handled
 *             with interrupts on and may sleep. All others are what they were: mistakes, or expected by whoever made them.
 */
#include <linux/bug.h>
#include <linux/irqflags.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "guest/arch/x86/arch.h"
#include "guest/arch/x86/tables.h"

#define KERNEL_ENTRY 256 /* of a top table: the first one of the upper half */

static LIST_HEAD(pgds); /* pages of top tables, by lru; under pgtable.c's lock */

uint64_t arch_pgd_alloc(gfp_t gfp)
{
	struct page *page = pgtable_alloc(gfp);
	const unsigned long *kernel = __va(kernel_cr3);
	unsigned long *pgd, irq;

	if (!page)
		return 0;
	pgd = page_address(page);
	irq = tables_lock();
	memcpy(pgd + KERNEL_ENTRY, kernel + KERNEL_ENTRY, PAGE_SIZE / 2);
	list_add(&page->lru, &pgds);
	tables_unlock(irq);
	return page_to_phys(page);
}

void arch_pgd_free(uint64_t pgd)
{
	struct page *page = phys_to_page(pgd);
	unsigned long irq = tables_lock();

	list_del(&page->lru);
	tables_unlock(irq);
	pgtable_free(page);
}

void pgds_follow(const unsigned long *entry)
{
	unsigned long n = ((unsigned long)entry & ~PAGE_MASK) / sizeof(*entry);
	struct page *page;

	list_for_each_entry (page, &pgds, lru)
		*(volatile unsigned long *)((unsigned long *)page_address(page) + n) = *entry;
}

void arch_switch_mm(struct mm_struct *prev, struct mm_struct *next)
{
	uint64_t me = 1UL << raw_smp_processor_id();

	if (next)
		__atomic_fetch_or(&next->cpus, me, __ATOMIC_SEQ_CST);
	write_cr3(next ? next->pgd : kernel_cr3);
	if (prev)
		__atomic_fetch_and(&prev->cpus, ~me, __ATOMIC_SEQ_CST);
}

void arch_use_mm(struct mm_struct *mm)
{
	struct task_struct *task = current;
	unsigned long irq = arch_local_irq_save();
	struct mm_struct *prev = task->mm;

	WRITE_ONCE(task->mm, mm);
	arch_switch_mm(prev, mm);
	arch_local_irq_restore(irq);
}

bool user_fault(const struct pt_regs *regs, unsigned long addr)
{
	const struct task_struct *task = current;
	vm_fault_t what;

	if (addr > TASK_SIZE_MAX || !task || !task->mm || preempt_count() || !(regs->flags & X86_EFLAGS_IF) ||
	    regs->error_code & (X86_PF_RSVD | X86_PF_INSTR))
		return false;
	local_irq_enable();
	what = fault_in_user(addr, regs->error_code & X86_PF_WRITE ? FAULT_FLAG_WRITE : 0);
	local_irq_disable();
	return !(what & VM_FAULT_ERROR);
}
