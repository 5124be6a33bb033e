// SPDX-License-Identifier: MIT
/*
 * fault.c - a user address was touched and could not be accessed: zeros, the page back from swap, or a copy of one's own.
 *
 * Bits:   the CPU sets accessed and dirty; nobody else does, but for a page that was copied here, which is dirty. So a page that
 *         is neither PG_DIRTY, nor dirty by any entry, nor in the swap cache holds nothing but zeros.
 * Sharing: a page that more than one entry leads to, counting those that say where it is on disk, is mapped read-only everywhere.
 *         Who writes gets a copy; the last one left gets the page itself.
 * Locks:  mmap_lock shared. The entry is read, the rest is prepared without any lock, and under page_table_lock nothing
 *         happens if the entry has changed: then the address is touched again. A page from the swap cache is locked meanwhile, so
 *         that reclaim and the writeback of it keep away.
 * Memory: GFP_HIGHUSER_MOVABLE: waits, reclaims, may kill. Whoever was chosen to die gets no more.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/highmem.h>
#include <linux/page-flags.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>

#include "user_mm.h"

#define GFP_USER_PAGE GFP_HIGHUSER_MOVABLE

/** struct fault - @addr: page aligned; @seen: the entry as it was when all this began */
struct fault {
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	unsigned long addr;
	bool write;
	pte_t seen;
};

/* The entry, locked, if it is what it was; else NULL, unlocked. */
static pte_t *lock_unchanged(const struct fault *f)
{
	pte_t *ptep;

	user_lock(f->mm);
	ptep = user_pte(f->mm, f->addr);
	if (ptep && pte_same(ptep_get(ptep), f->seen))
		return ptep;
	user_unlock(f->mm);
	return NULL;
}

static pte_t make_pte(const struct page *page, bool write)
{
	return __pte(page_to_phys(page) | pgprot_val(write ? PAGE_USER_RW : PAGE_USER_RO));
}

static struct page *new_page(const struct fault *f, gfp_t gfp)
{
	struct page *page = alloc_pages_owner(GFP_USER_PAGE | gfp, 0, OWNER_ANON);

	if (page) {
		SetPageUptodate(page);
		SetPageSwapBacked(page);
		if (f->vma->vm_flags & VM_LOCKED)
			SetPageMlocked(page);
	}
	return page;
}

/* ---- nothing was there: zeros ---- */

static vm_fault_t anonymous_page(struct fault *f)
{
	struct page *page;
	pte_t *ptep;

	if (anon_vma_prepare(f->vma))
		return VM_FAULT_OOM;
	page = new_page(f, __GFP_ZERO);
	if (!page)
		return VM_FAULT_OOM;
	ptep = lock_unchanged(f);
	if (!ptep) {
		ClearPageMlocked(page);
		put_page(page);
		return 0;
	}
	page_add_new_anon_rmap(page, f->vma, f->addr);
	/* Nobody else has it. Whether anybody writes, the dirty bit will tell. */
	user_pte_install(ptep, make_pte(page, f->vma->vm_flags & VM_WRITE));
	f->mm->rss[MM_ANONPAGES]++;
	user_unlock(f->mm);
	lru_cache_add(page);
	return 0;
}

/* ---- a page that may not be written: somebody else has it too, or had ---- */

/* Does no other entry lead to it, or to where it is on disk? Needs: its lock. */
static bool only_ours(struct page *page)
{
	return page_mapcount(page) + (PageSwapCache(page) ? page_swapcount(page) : 0) == 1;
}

static vm_fault_t copy_for_write(struct fault *f, struct page *old)
{
	struct page *page = new_page(f, 0);
	pte_t *ptep;

	if (!page)
		return VM_FAULT_OOM;
	copy_highpage(page, old);
	ptep = lock_unchanged(f);
	if (!ptep) {
		ClearPageMlocked(page);
		put_page(page);
		return 0;
	}
	ptep_get_and_clear(ptep);
	arch_flush_tlb_cpus(__atomic_load_n(&f->mm->cpus, __ATOMIC_SEQ_CST), f->addr, f->addr + PAGE_SIZE);
	page_add_new_anon_rmap(page, f->vma, f->addr);
	set_pte(ptep, pte_mkdirty(make_pte(page, true)));
	page_remove_rmap(old);
	user_unlock(f->mm);
	lru_cache_add(page);
	if (PageMlocked(old) && !page_mapped(old))
		munlock_page(old);
	put_page(old); /* the mapping's reference */
	return 0;
}

/* It is ours alone from now on, if it is. The slot that it may have holds something old as soon as we write. */
static bool take_over(struct fault *f, struct page *page)
{
	pte_t *ptep;

	lock_page(page);
	if (!only_ours(page)) {
		unlock_page(page);
		return false;
	}
	try_to_free_swap(page);
	ptep = lock_unchanged(f);
	if (ptep) {
		__atomic_fetch_or(&ptep->pte, _PAGE_RW, __ATOMIC_SEQ_CST);
		user_unlock(f->mm);
		arch_flush_tlb_local(f->addr, f->addr + PAGE_SIZE);
	}
	unlock_page(page);
	return true;
}

static vm_fault_t write_protected_page(struct fault *f)
{
	struct page *page = pfn_to_page(pte_pfn(f->seen));
	vm_fault_t what = 0;

	/* It stays while we look. */
	if (!lock_unchanged(f))
		return 0;
	get_page(page);
	user_unlock(f->mm);
	if (!take_over(f, page))
		what = copy_for_write(f, page);
	put_page(page);
	return what;
}

/* ---- it is on disk, or on its way there or back ---- */

static vm_fault_t wait_for_migration(struct fault *f, swp_entry_t entry)
{
	struct page *page = pfn_swap_entry_to_page(entry);
	bool got;

	if (!lock_unchanged(f))
		return 0;
	got = get_page_unless_zero(page);
	user_unlock(f->mm);
	if (got) {
		wait_on_page_locked(page);
		put_page(page);
	}
	return 0;
}

/* Needs: the page's lock. The slot's entry becomes a mapping. Return: did it? */
static bool map_swapped(struct fault *f, struct page *page, swp_entry_t entry)
{
	pte_t *ptep = lock_unchanged(f), pte;
	bool alone;

	if (!ptep)
		return false;
	/* The entry that is about to go is the only thing that leads here: nobody else can come by. */
	alone = !page_mapped(page) && page_swapcount(page) == 1;
	pte = make_pte(page, alone && f->vma->vm_flags & VM_WRITE);
	get_page(page);
	page_add_anon_rmap(page, f->vma, f->addr);
	set_pte(ptep, pte);
	f->mm->rss[MM_SWAPENTS]--;
	f->mm->rss[MM_ANONPAGES]++;
	swap_free(entry);
	user_unlock(f->mm);
	return true;
}

static vm_fault_t swapped_page(struct fault *f)
{
	swp_entry_t entry = pte_to_swp_entry(f->seen);
	bool from_disk = false, guessed = false, mapped;
	struct page *page;

	if (is_migration_entry(entry))
		return wait_for_migration(f, entry);
	page = read_swap_cache(entry, GFP_USER_PAGE, &from_disk);
	if (!page) {
		/* No memory; unless somebody else was here meanwhile. */
		if (!lock_unchanged(f))
			return 0;
		user_unlock(f->mm);
		return VM_FAULT_OOM;
	}
	if (from_disk)
		swap_read_around(entry);
	else
		guessed = swap_was_read_ahead(page);
	lock_page(page);
	if (!PageSwapCache(page) || page->private != entry.val) {
		/* It has left the slot since: the entry is another by now, or leads to another page. */
		unlock_page(page);
		put_page(page);
		return 0;
	}
	if (!PageUptodate(page)) {
		swap_cache_forget(page);
		unlock_page(page);
		put_page(page);
		/* Nobody had asked for it when it could not be read: it is read once more, for this one. */
		return guessed ? 0 : VM_FAULT_SIGBUS;
	}
	mapped = map_swapped(f, page, entry);
	/* A slot is kept as a copy that need not be written again; unless slots are scarce, or this one is broken. */
	if (mapped && (vm_swap_full() || f->vma->vm_flags & VM_LOCKED || is_swap_slot_failed(entry)))
		try_to_free_swap(page);
	unlock_page(page);
	if (mapped && f->vma->vm_flags & VM_LOCKED)
		mlock_page(page);
	put_page(page);
	return from_disk ? VM_FAULT_MAJOR : 0;
}

/* ---- the entries ---- */

static vm_fault_t one_step(struct fault *f)
{
	pte_t *ptep;

	if (READ_ONCE(f->mm->flags) & MMF_UNSTABLE || fatal_signal_pending(current))
		return VM_FAULT_SIGBUS;
	if (user_tables_alloc(f->mm, f->addr))
		return VM_FAULT_OOM;
	user_lock(f->mm);
	ptep = user_pte(f->mm, f->addr);
	f->seen = ptep ? ptep_get(ptep) : __pte(0);
	user_unlock(f->mm);
	if (pte_none(f->seen))
		return anonymous_page(f);
	if (!pte_present(f->seen))
		return swapped_page(f);
	if (f->write && !pte_write(f->seen))
		return write_protected_page(f);
	/* Somebody was faster, or this CPU remembers what was there before. */
	arch_flush_tlb_local(f->addr, f->addr + PAGE_SIZE);
	return 0;
}

vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long addr, unsigned int flags)
{
	struct fault f = {.vma = vma, .mm = vma->vm_mm, .addr = addr & PAGE_MASK, .write = flags & FAULT_FLAG_WRITE};
	vm_fault_t what;

	might_sleep();
	if (!(vma->vm_flags & (f.write ? VM_WRITE : VM_READ | VM_WRITE)))
		return VM_FAULT_SIGSEGV;
	what = one_step(&f);
	__atomic_fetch_add(&f.mm->faults, 1, __ATOMIC_RELAXED);
	count_vm_event(PGFAULT);
	if (what & VM_FAULT_MAJOR) {
		__atomic_fetch_add(&f.mm->major_faults, 1, __ATOMIC_RELAXED);
		count_vm_event(PGMAJFAULT);
	}
	return what;
}
EXPORT_SYMBOL(handle_mm_fault);

vm_fault_t fault_in_user(unsigned long addr, unsigned int flags)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	vm_fault_t what;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	what = vma ? handle_mm_fault(vma, addr, flags) : VM_FAULT_SIGSEGV;
	mmap_read_unlock(mm);
	return what;
}

/* ---- swapoff ---- */

/* Where in [addr, end), which is one table's, the next entry is that leads to the device. @end: nowhere */
static unsigned long next_on_device(struct mm_struct *mm, unsigned long addr, unsigned long end, unsigned int type)
{
	pte_t *ptep;

	user_lock(mm);
	ptep = user_pte(mm, addr);
	for (; ptep && addr < end; addr += PAGE_SIZE, ptep++)
		if (is_swap_pte(ptep_get(ptep)) && swp_type(pte_to_swp_entry(ptep_get(ptep))) == type)
			break;
	user_unlock(mm);
	return ptep ? addr : end;
}

int swap_in_area(struct vm_area_struct *vma, unsigned int type)
{
	unsigned long addr = vma->vm_start;

	while (addr < vma->vm_end) {
		unsigned long end = user_table_end(addr, vma->vm_end);
		vm_fault_t what = 0;

		addr = next_on_device(vma->vm_mm, addr, end, type);
		if (addr < end)
			what = handle_mm_fault(vma, addr, 0);
		if (what & VM_FAULT_OOM)
			return -ENOMEM;
		/* Of who is dying nothing comes back any more: it is being taken away, which ends by itself. */
		if (what & VM_FAULT_ERROR)
			return READ_ONCE(vma->vm_mm->flags) & MMF_UNSTABLE ? 0 : -EIO;
		cond_resched();
	}
	return 0;
}
