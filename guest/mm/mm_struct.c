// SPDX-License-Identifier: MIT
/*
 * mm_struct.c - user address spaces: made, copied, used by a thread, given back.
 *
 * Life:   mm_users counts those who use it as an address space: the last mmput() takes its areas, pages and tables away. mm_count
 *         keeps the structure and its top table. So mm_users == 0 means: nothing is mapped there any more, or soon will not be.
 * Lists:  every address space is on mm_root.mms from mm_alloc() until its structure goes, under mm_root.mm_list_lock.
 * Locks:  mm_list_lock also guards task->mm against get_task_mm(); the thread itself reads it without. It is innermost but
 *         for nothing: no other lock is taken under it.
 * Copies: dup_mm() shares all pages; entries are write-protected on both sides, and whoever writes first gets a copy (fault.c).
 * Not here: which CPU has it loaded (arch).
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "user_mm.h"

static struct kmem_cache *mm_cache;

void user_mm_init(void)
{
	mm_cache = kmem_cache_create("mm_struct", sizeof(struct mm_struct), 0, SLAB_PANIC | SLAB_NO_MERGE, NULL);
	vma_init();
	rmap_init();
	mm_root.swaps = swap_infos;
}

static void list_mm(struct mm_struct *mm)
{
	unsigned long irq = mm_lock_write(&mm_root.mm_list_lock);

	list_add_tail(&mm->mmlist, &mm_root.mms);
	mm_root.nr_mms++;
	mm_unlock_write(&mm_root.mm_list_lock, irq);
}

struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = kmem_cache_zalloc(mm_cache, GFP_KERNEL);

	if (!mm)
		return NULL;
	mm->pgd = arch_pgd_alloc(GFP_KERNEL);
	if (!mm->pgd) {
		kmem_cache_free(mm_cache, mm);
		return NULL;
	}
	mm->mm_users = 1;
	mm->mm_count = 1;
	spin_lock_init(&mm->page_table_lock);
	init_rwsem(mm_rwsem(mm));
	list_mm(mm);
	return mm;
}
EXPORT_SYMBOL(mm_alloc);

void mmget(struct mm_struct *mm)
{
	__atomic_fetch_add(&mm->mm_users, 1, __ATOMIC_RELAXED);
}
EXPORT_SYMBOL(mmget);

void mmgrab(struct mm_struct *mm)
{
	__atomic_fetch_add(&mm->mm_count, 1, __ATOMIC_RELAXED);
}
EXPORT_SYMBOL(mmgrab);

bool mmget_not_zero(struct mm_struct *mm)
{
	int32_t users = READ_ONCE(mm->mm_users);

	do {
		if (!users)
			return false;
	} while (!__atomic_compare_exchange_n(&mm->mm_users, &users, users + 1, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	return true;
}
EXPORT_SYMBOL(mmget_not_zero);

void mmdrop(struct mm_struct *mm)
{
	unsigned long irq;

	if (__atomic_sub_fetch(&mm->mm_count, 1, __ATOMIC_SEQ_CST))
		return;
	WARN_ON(READ_ONCE(mm->cpus));
	irq = mm_lock_write(&mm_root.mm_list_lock);
	list_del(&mm->mmlist);
	mm_root.nr_mms--;
	mm_unlock_write(&mm_root.mm_list_lock, irq);
	arch_pgd_free(mm->pgd);
	kmem_cache_free(mm_cache, mm);
}
EXPORT_SYMBOL(mmdrop);

void mmput(struct mm_struct *mm)
{
	might_sleep();
	if (__atomic_sub_fetch(&mm->mm_users, 1, __ATOMIC_SEQ_CST))
		return;
	exit_mmap(mm);
	mmdrop(mm);
}
EXPORT_SYMBOL(mmput);

/* ---- threads ---- */

struct mm_struct *get_task_mm(struct task_struct *task)
{
	unsigned long irq = mm_lock_read(&mm_root.mm_list_lock);
	struct mm_struct *mm = READ_ONCE(task->mm);

	if (mm && !mmget_not_zero(mm))
		mm = NULL;
	mm_unlock_read(&mm_root.mm_list_lock, irq);
	return mm;
}
EXPORT_SYMBOL(get_task_mm);

static void set_task_mm(struct mm_struct *mm)
{
	unsigned long irq = mm_lock_write(&mm_root.mm_list_lock);

	arch_use_mm(mm);
	mm_unlock_write(&mm_root.mm_list_lock, irq);
}

void kthread_use_mm(struct mm_struct *mm)
{
	might_sleep();
	if (WARN_ON(current->mm))
		return;
	mmgrab(mm);
	set_task_mm(mm);
}
EXPORT_SYMBOL(kthread_use_mm);

void kthread_unuse_mm(struct mm_struct *mm)
{
	might_sleep();
	if (WARN_ON(current->mm != mm || !mm))
		return;
	set_task_mm(NULL);
	mmdrop(mm);
}
EXPORT_SYMBOL(kthread_unuse_mm);

/* ---- copies ---- */

/*
 * One entry. A page is shared, and may not be written any more; what is on disk, or being moved, has one more entry that
 * leads there.
 */
static int copy_entry(struct mm_struct *to, pte_t *dst, pte_t *src)
{
	pte_t pte = ptep_get(src);

	if (pte_none(pte))
		return 0;
	if (pte_present(pte)) {
		struct page *page = pfn_to_page(pte_pfn(pte));

		ptep_set_wrprotect(src);
		get_page(page);
		__atomic_fetch_add(&page->mapcount, 1, __ATOMIC_SEQ_CST);
		to->rss[MM_ANONPAGES]++;
		/* As it is now: the CPU may have set a bit since. */
		user_pte_install(dst, __pte(pte_val(ptep_get(src)) & ~_PAGE_ACCESSED));
		return 0;
	}
	if (is_migration_entry(pte_to_swp_entry(pte))) {
		struct page *page = pfn_swap_entry_to_page(pte_to_swp_entry(pte));

		pte = swp_entry_to_pte(make_migration_entry(page, false));
		set_pte(src, pte);
		to->rss[MM_ANONPAGES]++;
	} else {
		int err = swap_duplicate(pte_to_swp_entry(pte));

		if (err)
			return err;
		to->rss[MM_SWAPENTS]++;
	}
	user_pte_install(dst, pte);
	return 0;
}

/* The entries of one table. Both address spaces are locked by the caller alone; walks from pages may come to either. */
static int copy_table(struct mm_struct *to, struct mm_struct *from, unsigned long start, unsigned long end)
{
	pte_t *src, *dst;
	int err;

	user_lock(from);
	src = user_pte(from, start);
	user_unlock(from);
	/* Only we take tables away, or add them. */
	if (!src)
		return 0;
	err = user_tables_alloc(to, start);
	if (err)
		return err;
	user_lock(from);
	spin_lock_nested(&to->page_table_lock, 1);
	mm_write_begin(&to->page_table_lock);
	dst = user_pte(to, start);
	for (; start < end && !err; start += PAGE_SIZE)
		err = copy_entry(to, dst++, src++);
	user_unlock(to);
	user_unlock(from);
	return err;
}

static int copy_area(struct mm_struct *to, struct mm_struct *from, const struct vm_area_struct *vma)
{
	struct vm_area_struct *copy =
		new_vma(to, vma->vm_start, vma->vm_end, vma->vm_flags & ~VM_LOCKED, vma->vm_pgoff);
	int err = 0;

	if (!copy)
		return -ENOMEM;
	anon_vma_link_copy(copy, vma);
	insert_vma(copy);
	for (unsigned long at = vma->vm_start; at < vma->vm_end && !err; at = user_table_end(at, vma->vm_end))
		err = copy_table(to, from, at, user_table_end(at, vma->vm_end));
	return err;
}

struct mm_struct *dup_mm(struct mm_struct *old)
{
	struct mm_struct *mm = mm_alloc();
	struct vm_area_struct *vma;
	int err = 0;

	if (!mm)
		return NULL;
	mmap_write_lock(old);
	for_each_vma(old, vma)
	{
		err = copy_area(mm, old, vma);
		if (err)
			break;
	}
	/* Its entries are write-protected by now. */
	arch_flush_tlb_cpus(READ_ONCE(old->cpus), 0, USER_END);
	mmap_write_unlock(old);
	if (!err)
		return mm;
	mmput(mm);
	return NULL;
}
EXPORT_SYMBOL(dup_mm);
