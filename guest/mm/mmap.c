// SPDX-License-Identifier: MIT
/*
 * mmap.c - areas of user address spaces: made, cut in two, locked in memory, removed.
 *
 * Shape:  a tree of areas by address; they do not overlap. Each area keeps the page number that it began with when it was made
 *         (vm_pgoff), through cuts, so a page finds its address in whatever piece it lies in.
 * Locks:  mmap_lock, alone to change anything here. Cutting an area takes its anon_vma's lock too: walks from pages read the
 *         borders.
 * Locked: pages of a VM_LOCKED area stay in memory: they are read in when it becomes that, marked PG_MLOCKED, and
 *         kept apart from those that reclaim looks at. A page that reclaim meets in such an area is marked then (rmap.c).
 * Not here: pages and entries (fault.c, zap.c), files: there is nothing to map of them.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/mman.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/uaccess.h>

#include "user_mm.h"

#define MAX_AREAS 65536

static struct kmem_cache *vma_cache;

/* ---- the tree ---- */

static struct vm_area_struct *vma_of(struct rb_node *node)
{
	return rb_entry_safe(node, struct vm_area_struct, vm_rb);
}

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct rb_node *node = mm->areas.node;
	struct vm_area_struct *best = NULL;

	while (node) {
		struct vm_area_struct *vma = vma_of(node);

		if (vma->vm_end <= addr) {
			node = node->right;
			continue;
		}
		best = vma;
		if (vma->vm_start <= addr)
			break;
		node = node->left;
	}
	return best;
}
EXPORT_SYMBOL(find_vma);

struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma && vma->vm_start <= addr ? vma : NULL;
}
EXPORT_SYMBOL(vma_lookup);

struct vm_area_struct *first_vma(struct mm_struct *mm)
{
	return vma_of(rb_first(&mm->areas));
}
EXPORT_SYMBOL(first_vma);

struct vm_area_struct *next_vma(struct vm_area_struct *vma)
{
	return vma_of(rb_next(&vma->vm_rb));
}
EXPORT_SYMBOL(next_vma);

static bool goes_before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct vm_area_struct, vm_rb)->vm_start <
	       rb_entry(b, const struct vm_area_struct, vm_rb)->vm_start;
}

static void account(struct vm_area_struct *vma, bool comes)
{
	struct mm_struct *mm = vma->vm_mm;
	uint64_t pages = (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;

	mm->map_count += comes ? 1 : -1UL;
	mm->total_vm += comes ? pages : -pages;
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm += comes ? pages : -pages;
}

void insert_vma(struct vm_area_struct *vma)
{
	rb_add(&vma->vm_rb, &vma->vm_mm->areas, goes_before);
	account(vma, true);
}

void vma_init(void)
{
	vma_cache =
		kmem_cache_create("vm_area_struct", sizeof(struct vm_area_struct), 0, SLAB_PANIC | SLAB_NO_MERGE, NULL);
}

struct vm_area_struct *new_vma(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned long flags,
			       unsigned long pgoff)
{
	struct vm_area_struct *vma = kmem_cache_zalloc(vma_cache, GFP_KERNEL);

	if (!vma)
		return NULL;
	vma->vm_mm = mm;
	vma->vm_start = start;
	vma->vm_end = end;
	vma->vm_flags = flags;
	vma->vm_pgoff = pgoff;
	INIT_LIST_HEAD(&vma->anon_vma_node);
	return vma;
}

/* Its pages are gone. */
static void remove_vma(struct vm_area_struct *vma)
{
	account(vma, false);
	rb_erase(&vma->vm_rb, &vma->vm_mm->areas);
	anon_vma_unlink(vma);
	kmem_cache_free(vma_cache, vma);
}

/* From @addr on it is an area of its own. */
static int split_vma(struct vm_area_struct *vma, unsigned long addr)
{
	struct vm_area_struct *upper = new_vma(vma->vm_mm, addr, vma->vm_end, vma->vm_flags,
					       vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT));
	struct anon_vma *anon_vma = vma->anon_vma;

	if (!upper)
		return -ENOMEM;
	/* The new one first: so a walk finds a page twice for a moment, but never not at all. */
	anon_vma_link_copy(upper, vma);
	account(vma, false);
	if (anon_vma)
		spin_lock(&anon_vma->lock);
	WRITE_ONCE(vma->vm_end, addr);
	if (anon_vma)
		spin_unlock(&anon_vma->lock);
	account(vma, true);
	insert_vma(upper);
	return 0;
}

/* Areas end and begin at both ends of the range, so that all in it are wholly in it. */
static int split_at_ends(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = vma_lookup(mm, start);
	int err = 0;

	if (vma && vma->vm_start < start)
		err = split_vma(vma, start);
	vma = err ? NULL : vma_lookup(mm, end);
	if (vma && vma->vm_start < end)
		err = split_vma(vma, end);
	return err;
}

/* ---- unmapping ---- */

static int munmap_locked(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	int err = split_at_ends(mm, start, end);
	struct vm_area_struct *vma;

	if (err)
		return err;
	unmap_areas(mm, start, end);
	while ((vma = find_vma(mm, start)) && vma->vm_start < end)
		remove_vma(vma);
	return 0;
}

static bool bad_range(unsigned long start, unsigned long len)
{
	return offset_in_page(start) || !len || len > USER_END || start < USER_START || start > USER_END - len;
}

int vm_munmap(unsigned long start, size_t len)
{
	struct mm_struct *mm = current->mm;
	int err;

	might_sleep();
	len = PAGE_ALIGN(len);
	if (!mm || bad_range(start, len))
		return -EINVAL;
	mmap_write_lock(mm);
	err = munmap_locked(mm, start, start + len);
	mmap_write_unlock(mm);
	return err;
}
EXPORT_SYMBOL(vm_munmap);

void exit_mmap(struct mm_struct *mm)
{
	/* Nobody else uses it, but reclaim may still look at it, and the lock checker wants to see it held. */
	mmap_write_lock(mm);
	munmap_locked(mm, 0, USER_END);
	mmap_write_unlock(mm);
	WARN_ON(mm->map_count || mm->tables || mm->rss[MM_ANONPAGES] || mm->rss[MM_SWAPENTS]);
}

/* ---- mapping ---- */

/* The lowest hole of @len bytes. 0: none */
static unsigned long find_hole(struct mm_struct *mm, unsigned long len)
{
	unsigned long at = USER_START;
	struct vm_area_struct *vma;

	for_each_vma(mm, vma)
	{
		if (vma->vm_start >= at && vma->vm_start - at >= len)
			return at;
		at = vma->vm_end;
	}
	return at <= USER_END - len ? at : 0;
}

/* Where, or -errno. */
static unsigned long place(struct mm_struct *mm, unsigned long addr, unsigned long len, unsigned long flags)
{
	struct vm_area_struct *vma;
	int err;

	if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))) {
		addr = find_hole(mm, len);
		return addr ? addr : (unsigned long)-ENOMEM;
	}
	if (bad_range(addr, len))
		return (unsigned long)-EINVAL;
	if (flags & MAP_FIXED_NOREPLACE) {
		vma = find_vma(mm, addr);
		return vma && vma->vm_start < addr + len ? (unsigned long)-EEXIST : addr;
	}
	err = munmap_locked(mm, addr, addr + len);
	return err ? (unsigned long)err : addr;
}

static unsigned long map_locked(struct mm_struct *mm, unsigned long addr, unsigned long len, unsigned long vm_flags,
				unsigned long flags)
{
	struct vm_area_struct *vma;

	if (mm->map_count >= MAX_AREAS)
		return (unsigned long)-ENOMEM;
	addr = place(mm, addr, len, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	vma = new_vma(mm, addr, addr + len, vm_flags, addr >> PAGE_SHIFT);
	if (!vma)
		return (unsigned long)-ENOMEM;
	insert_vma(vma);
	return addr;
}

/* Every page is there, and stays if the area is locked. Return: 0, -ENOMEM (no memory, or no area), -EFAULT. */
static int populate(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	int err = 0;

	mmap_read_lock(mm);
	for (unsigned long at = start; at < end && !err; at += PAGE_SIZE) {
		struct vm_area_struct *vma = vma_lookup(mm, at);
		vm_fault_t what;

		if (!vma) {
			err = -ENOMEM;
			break;
		}
		what = handle_mm_fault(vma, at, vma->vm_flags & VM_WRITE ? FAULT_FLAG_WRITE : 0);
		err = what & VM_FAULT_OOM ? -ENOMEM : what & VM_FAULT_ERROR ? -EFAULT : 0;
		cond_resched();
	}
	mmap_read_unlock(mm);
	return err;
}

unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot, unsigned long flags,
		      unsigned long offset)
{
	unsigned long vm_flags = prot & (PROT_READ | PROT_WRITE);
	struct mm_struct *mm = current->mm;

	might_sleep();
	len = PAGE_ALIGN(len);
	if (!mm || !len || file || offset || (flags & (MAP_PRIVATE | MAP_ANONYMOUS)) != (MAP_PRIVATE | MAP_ANONYMOUS))
		return (unsigned long)-EINVAL;
	/* Code is the kernel's own. */
	if (prot & ~(unsigned long)(PROT_READ | PROT_WRITE))
		return (unsigned long)-EACCES;
	if (len > USER_END - USER_START)
		return (unsigned long)-ENOMEM;
	if (flags & MAP_LOCKED)
		vm_flags |= VM_LOCKED;
	mmap_write_lock(mm);
	addr = map_locked(mm, addr, len, vm_flags, flags);
	mmap_write_unlock(mm);
	/* As on Linux: what cannot be had now comes when it is touched. */
	if (!IS_ERR_VALUE(addr) && flags & (MAP_LOCKED | MAP_POPULATE))
		populate(mm, addr, addr + len);
	return addr;
}
EXPORT_SYMBOL(vm_mmap);

/* ---- locked in memory ---- */

/* What is there of an area: marked, or not any more. */
static void mark_area(struct vm_area_struct *vma, bool locked)
{
	struct mm_struct *mm = vma->vm_mm;

	for (unsigned long at = vma->vm_start; at < vma->vm_end; at += PAGE_SIZE) {
		struct page *page = NULL;
		pte_t *ptep;

		user_lock(mm);
		ptep = user_pte(mm, at);
		if (ptep && pte_present(ptep_get(ptep))) {
			page = pfn_to_page(pte_pfn(ptep_get(ptep)));
			get_page(page);
		}
		user_unlock(mm);
		if (!ptep)
			at = user_table_end(at, vma->vm_end) - PAGE_SIZE;
		if (!page)
			continue;
		if (locked)
			mlock_page(page);
		else
			munlock_page(page);
		put_page(page);
	}
}

static int set_locked(struct mm_struct *mm, unsigned long start, unsigned long end, bool locked)
{
	unsigned long at = start;
	struct vm_area_struct *vma;
	int err = split_at_ends(mm, start, end);

	for (vma = err ? NULL : find_vma(mm, start); vma && vma->vm_start < end; vma = next_vma(vma)) {
		/* A hole. */
		if (vma->vm_start != at)
			return -ENOMEM;
		at = vma->vm_end;
		if (!(vma->vm_flags & VM_LOCKED) == !locked)
			continue;
		account(vma, false);
		WRITE_ONCE(vma->vm_flags, vma->vm_flags ^ VM_LOCKED);
		account(vma, true);
		mark_area(vma, locked);
	}
	return err ? err : at < end ? -ENOMEM : 0;
}

static int change_locked(unsigned long start, size_t len, bool locked)
{
	struct mm_struct *mm = current->mm;
	int err;

	might_sleep();
	len = PAGE_ALIGN(len + offset_in_page(start));
	start &= PAGE_MASK;
	if (!mm || bad_range(start, len))
		return -EINVAL;
	mmap_write_lock(mm);
	err = set_locked(mm, start, start + len, locked);
	mmap_write_unlock(mm);
	return err || !locked ? err : populate(mm, start, start + len);
}

int vm_mlock(unsigned long start, size_t len)
{
	return change_locked(start, len, true);
}
EXPORT_SYMBOL(vm_mlock);

int vm_munlock(unsigned long start, size_t len)
{
	return change_locked(start, len, false);
}
EXPORT_SYMBOL(vm_munlock);

/* Off its list and back: onto the one that its flags say now. If it is on none yet, it will come to the right one. */
static void move_to_its_list(struct page *page)
{
	if (!isolate_lru_page(page))
		putback_lru_page(page);
}

void mlock_page(struct page *page)
{
	if (TestSetPageMlocked(page))
		return;
	count_vm_event(UNEVICTABLE_PGMLOCKED);
	lru_add_drain();
	move_to_its_list(page);
}

static bool locked_one(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	bool *locked = arg;

	(void)addr;
	if (READ_ONCE(vma->vm_flags) & VM_LOCKED && page_mapped_in_vma(page, vma))
		*locked = true;
	return !*locked;
}

void munlock_page(struct page *page)
{
	struct anon_vma *anon_vma = page_get_anon_vma(page);
	bool locked = false;
	struct rmap_walk_control rwc = {.rmap_one = locked_one, .arg = &locked};

	if (anon_vma) {
		rmap_walk(page, &rwc);
		put_anon_vma(anon_vma);
	}
	if (locked || !TestClearPageMlocked(page))
		return;
	count_vm_event(UNEVICTABLE_PGMUNLOCKED);
	move_to_its_list(page);
}
