// SPDX-License-Identifier: MIT
/*
 * gup.c - the pages behind user addresses, held by reference: for who reads or writes them by another way than the program, such as a
 * device.
 *
 * A held page is neither reclaimed nor moved: both ask that nobody but the mappings has a reference. It stays the program's page unless
 * the program writes to a page that it shares with a copy of its address space: so who wants to see its writes asks for FOLL_WRITE.
 *
 * Locking: page_table_lock, for one table's entries at a time; mmap_lock in the fault, where there is one.
 * Contexts: task, may sleep; with FOLL_FAST_ONLY it does not.
 * Not here: moving pages out of ZONE_MOVABLE before they are held for long (FOLL_LONGTERM makes only new ones come from elsewhere),
 * rights that are overridden (FOLL_FORCE is refused), copies of held pages for a new address space.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "user_mm.h"

#define FOLL_KNOWN (FOLL_WRITE | FOLL_LONGTERM | FOLL_FAST_ONLY)

/* From @addr on, as far as pages are there and the table goes. Return: how many. */
static int take_present(struct mm_struct *mm, unsigned long addr, int nr, bool write, struct page **pages)
{
	unsigned long end = user_table_end(addr, addr + (unsigned long)nr * PAGE_SIZE);
	int got = 0;
	pte_t *ptep;

	user_lock(mm);
	ptep = user_pte(mm, addr);
	for (; ptep && addr < end; addr += PAGE_SIZE, ptep++) {
		pte_t pte = ptep_get(ptep);

		if (!pte_present(pte) || (write && !pte_write(pte)))
			break;
		pages[got] = pfn_to_page(pte_pfn(pte));
		get_page(pages[got++]);
	}
	user_unlock(mm);
	return got;
}

/* The page at @addr is not there, or not to be written to. Return: 0 or -errno */
static int bring(unsigned long addr, unsigned int flags)
{
	unsigned int token = flags & FOLL_LONGTERM ? memalloc_pin_save() : 0;
	vm_fault_t what = fault_in_user(addr, flags & FOLL_WRITE ? FAULT_FLAG_WRITE : 0);

	if (flags & FOLL_LONGTERM)
		memalloc_pin_restore(token);
	if (what & VM_FAULT_OOM)
		return -ENOMEM;
	return what & VM_FAULT_ERROR ? -EFAULT : fatal_signal_pending(current) ? -EINTR : 0;
}

int get_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags, struct page **pages)
{
	struct mm_struct *mm = current->mm;
	int got = 0, err = 0;

	start &= PAGE_MASK;
	if (gup_flags & ~FOLL_KNOWN)
		return -EINVAL;
	if (nr_pages <= 0 || start + (unsigned long)nr_pages * PAGE_SIZE < start)
		return 0;
	if (!mm || start + (unsigned long)nr_pages * PAGE_SIZE > USER_END)
		return -EFAULT;
	while (got < nr_pages && !err) {
		unsigned long addr = start + (unsigned long)got * PAGE_SIZE;
		int more = take_present(mm, addr, nr_pages - got, gup_flags & FOLL_WRITE, pages + got);

		got += more;
		if (more)
			continue;
		if (gup_flags & FOLL_FAST_ONLY)
			break;
		err = bring(addr, gup_flags);
	}
	return got ? got : err;
}
EXPORT_SYMBOL_GPL(get_user_pages_fast);

int pin_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags, struct page **pages)
{
	return get_user_pages_fast(start, nr_pages, gup_flags, pages);
}
EXPORT_SYMBOL_GPL(pin_user_pages_fast);

void unpin_user_page(struct page *page)
{
	put_page(page);
}
EXPORT_SYMBOL(unpin_user_page);

void unpin_user_pages(struct page **pages, unsigned long npages)
{
	for (unsigned long i = 0; i < npages; i++)
		unpin_user_page(pages[i]);
}
EXPORT_SYMBOL(unpin_user_pages);
