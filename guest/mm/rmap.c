// SPDX-License-Identifier: MIT
/*
 * rmap.c - from an anonymous page to everything that maps it: was it touched, take its mappings away, put others in their place.
 *
 * Shape:  page->mapping names an anon_vma, which lists the areas that may map the page; area and page->index give the address; the
 *         entry there says whether it does. One anon_vma serves an area, the pieces it is cut into and their copies in
 *         other address spaces.
 * Always: page->mapcount is the number of present entries that lead to the page, and each is one reference. An area is linked
 *         for as long as it maps anything.
 * Life:   an anon_vma lives while an area is linked or a walk holds it. Its memory may be another anon_vma's at once
 *         (SLAB_TYPESAFE_BY_RCU): who comes from a page takes a reference under RCU, and then looks whether the page is still mapped:
 *         if so the anon_vma is still the one that the page names.
 * Locks:  <linux/rmap.h>. A walk holds anon_vma->lock, with interrupts on, and takes each page_table_lock under it. Mappings
 *         of one page come and go while a walk is under way; what stays is that a locked page of the swap cache gets no new ones.
 * Flush:  no CPU remembers a mapping that try_to_unmap() took away, once it returns, or once try_to_unmap_flush() does.
 */
#include <linux/export.h>
#include <linux/lockdep.h>
#include <linux/page-flags.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "user_mm.h"

static struct kmem_cache *anon_vma_cache;

/* Once for each piece of memory: a walk that comes late finds a lock. */
static void anon_vma_ctor(void *p)
{
	struct anon_vma *anon_vma = p;

	memset(anon_vma, 0, sizeof(*anon_vma));
	spin_lock_init(&anon_vma->lock);
	INIT_LIST_HEAD(&anon_vma->areas);
}

void rmap_init(void)
{
	anon_vma_cache = kmem_cache_create("anon_vma", sizeof(struct anon_vma), 0, SLAB_PANIC | SLAB_TYPESAFE_BY_RCU,
					   anon_vma_ctor);
}

static void anon_vma_lock(struct anon_vma *anon_vma)
{
	spin_lock(&anon_vma->lock);
	mm_write_begin(&anon_vma->lock);
}

static void anon_vma_unlock(struct anon_vma *anon_vma)
{
	mm_write_end(&anon_vma->lock);
	spin_unlock(&anon_vma->lock);
}

/* ---- areas ---- */

static void link_area(struct vm_area_struct *vma, struct anon_vma *anon_vma)
{
	__atomic_fetch_add(&anon_vma->refcount, 1, __ATOMIC_SEQ_CST);
	anon_vma_lock(anon_vma);
	list_add_tail(&vma->anon_vma_node, &anon_vma->areas);
	anon_vma->nr_areas++;
	WRITE_ONCE(vma->anon_vma, anon_vma);
	anon_vma_unlock(anon_vma);
}

int anon_vma_prepare(struct vm_area_struct *vma)
{
	struct anon_vma *fresh;
	bool mine;

	if (READ_ONCE(vma->anon_vma))
		return 0;
	fresh = kmem_cache_alloc(anon_vma_cache, GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	/* Two faults may meet here: page_table_lock decides. */
	anon_vma_lock(fresh);
	spin_lock(&vma->vm_mm->page_table_lock);
	mine = !vma->anon_vma;
	if (mine) {
		fresh->refcount = 1;
		fresh->nr_areas = 1;
		list_add_tail(&vma->anon_vma_node, &fresh->areas);
		WRITE_ONCE(vma->anon_vma, fresh);
	}
	spin_unlock(&vma->vm_mm->page_table_lock);
	anon_vma_unlock(fresh);
	if (!mine)
		kmem_cache_free(anon_vma_cache, fresh);
	return 0;
}

void anon_vma_link_copy(struct vm_area_struct *vma, const struct vm_area_struct *from)
{
	if (from->anon_vma)
		link_area(vma, from->anon_vma);
}

void put_anon_vma(struct anon_vma *anon_vma)
{
	if (__atomic_sub_fetch(&anon_vma->refcount, 1, __ATOMIC_SEQ_CST))
		return;
	/* A walk that was turned away may still be inside: what it finds is a free lock and an empty list. */
	kmem_cache_free(anon_vma_cache, anon_vma);
}

void anon_vma_unlink(struct vm_area_struct *vma)
{
	struct anon_vma *anon_vma = vma->anon_vma;

	if (!anon_vma)
		return;
	anon_vma_lock(anon_vma);
	list_del_init(&vma->anon_vma_node);
	anon_vma->nr_areas--;
	anon_vma_unlock(anon_vma);
	vma->anon_vma = NULL;
	put_anon_vma(anon_vma);
}

struct anon_vma *page_get_anon_vma(const struct page *page)
{
	struct anon_vma *anon_vma = NULL;
	unsigned long mapping;
	int32_t refs;

	rcu_read_lock();
	mapping = READ_ONCE(page->mapping);
	if (mapping & PAGE_MAPPING_ANON && page_mapped(page)) {
		anon_vma = (struct anon_vma *)(mapping & ~PAGE_MAPPING_ANON);
		refs = READ_ONCE(anon_vma->refcount);
		while (refs && !__atomic_compare_exchange_n(&anon_vma->refcount, &refs, refs + 1, false,
							    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			;
		if (!refs)
			anon_vma = NULL;
	}
	rcu_read_unlock();
	/* Still mapped: then it was that page's anon_vma all the time. */
	if (anon_vma && !page_mapped(page)) {
		put_anon_vma(anon_vma);
		anon_vma = NULL;
	}
	return anon_vma;
}

/* ---- one mapping more or less ---- */

static unsigned long index_at(const struct vm_area_struct *vma, unsigned long addr)
{
	return vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
}

void page_add_new_anon_rmap(struct page *page, struct vm_area_struct *vma, unsigned long addr)
{
	page->index = index_at(vma, addr);
	WRITE_ONCE(page->mapping, (unsigned long)vma->anon_vma | PAGE_MAPPING_ANON);
	__atomic_fetch_add(&page->mapcount, 1, __ATOMIC_SEQ_CST);
	mod_node_page_state(&mm_node, NR_ANON_MAPPED, 1);
}

void page_add_anon_rmap(struct page *page, struct vm_area_struct *vma, unsigned long addr)
{
	if (page_mapped(page)) {
		MM_CHECK(page->index == index_at(vma, addr));
		__atomic_fetch_add(&page->mapcount, 1, __ATOMIC_SEQ_CST);
		return;
	}
	page_add_new_anon_rmap(page, vma, addr);
}

void page_remove_rmap(struct page *page)
{
	int left = __atomic_sub_fetch(&page->mapcount, 1, __ATOMIC_SEQ_CST);

	MM_CHECK(left >= 0);
	if (!left)
		mod_node_page_state(&mm_node, NR_ANON_MAPPED, -1);
}

void anon_page_release(struct page *page)
{
	MM_CHECK(!page_mapped(page));
	page->mapping = 0;
}

/* ---- walks ---- */

static void walk_areas(struct anon_vma *anon_vma, struct page *page, struct rmap_walk_control *rwc)
{
	struct vm_area_struct *vma;

	spin_lock(&anon_vma->lock);
	list_for_each_entry (vma, &anon_vma->areas, anon_vma_node) {
		uint64_t n = page->index - vma->vm_pgoff;

		if (n >= (READ_ONCE(vma->vm_end) - vma->vm_start) >> PAGE_SHIFT)
			continue;
		if (!rwc->rmap_one(page, vma, vma->vm_start + (n << PAGE_SHIFT), rwc->arg))
			break;
		if (rwc->done && rwc->done(page))
			break;
	}
	spin_unlock(&anon_vma->lock);
}

void rmap_walk(struct page *page, struct rmap_walk_control *rwc)
{
	unsigned long mapping = READ_ONCE(page->mapping);

	if (mapping & PAGE_MAPPING_ANON)
		walk_areas((struct anon_vma *)(mapping & ~PAGE_MAPPING_ANON), page, rwc);
}

/* The same, but first whether there is still anything to walk. */
static void rmap_walk_mapped(struct page *page, struct rmap_walk_control *rwc)
{
	struct anon_vma *anon_vma = page_get_anon_vma(page);

	if (!anon_vma)
		return;
	walk_areas(anon_vma, page, rwc);
	put_anon_vma(anon_vma);
}

/* The entry that maps @page there, or NULL. Needs: user_lock(). */
static pte_t *entry_of(const struct page *page, const struct vm_area_struct *vma, unsigned long addr)
{
	pte_t *ptep = user_pte(vma->vm_mm, addr);
	pte_t pte;

	if (!ptep)
		return NULL;
	pte = ptep_get(ptep);
	return pte_present(pte) && pte_pfn(pte) == page_to_pfn(page) ? ptep : NULL;
}

bool page_mapped_in_vma(struct page *page, struct vm_area_struct *vma)
{
	uint64_t n = page->index - vma->vm_pgoff;
	bool found;

	if (n >= (vma->vm_end - vma->vm_start) >> PAGE_SHIFT)
		return false;
	user_lock(vma->vm_mm);
	found = entry_of(page, vma, vma->vm_start + (n << PAGE_SHIFT));
	user_unlock(vma->vm_mm);
	return found;
}

/* ---- was it touched? ---- */

struct referenced {
	int count;
	unsigned long vm_flags;
};

static bool referenced_one(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	struct referenced *r = arg;
	pte_t *ptep;

	user_lock(vma->vm_mm);
	ptep = entry_of(page, vma, addr);
	if (ptep) {
		r->vm_flags |= READ_ONCE(vma->vm_flags) & VM_LOCKED;
		r->count += ptep_test_and_clear_young(ptep);
	}
	user_unlock(vma->vm_mm);
	return true;
}

int page_referenced(struct page *page, int is_locked, unsigned long *vm_flags)
{
	struct referenced r = {.count = 0};
	struct rmap_walk_control rwc = {.rmap_one = referenced_one, .arg = &r};

	(void)is_locked;
	if (page_mapped(page))
		rmap_walk_mapped(page, &rwc);
	*vm_flags = r.vm_flags;
	return r.count;
}

/* ---- mappings taken away ---- */

static bool all_gone(struct page *page)
{
	return !page_mapped(page);
}

/* Nobody remembers that mapping any more: now, or at the next try_to_unmap_flush(). */
static void forget_mapping(const struct mm_struct *mm, unsigned long addr, unsigned int flags)
{
	uint64_t cpus = __atomic_load_n(&mm->cpus, __ATOMIC_SEQ_CST);

	if (flags & TTU_BATCH_FLUSH)
		current->tlb_unflushed |= cpus;
	else
		arch_flush_tlb_cpus(cpus, addr, addr + PAGE_SIZE);
}

void try_to_unmap_flush(void)
{
	uint64_t cpus = current->tlb_unflushed;

	if (!cpus)
		return;
	current->tlb_unflushed = 0;
	arch_flush_tlb_cpus(cpus, 0, USER_END);
}

/* What stays in the place of a mapping. Return: false if that cannot be. */
static bool swap_entry_for(struct page *page, pte_t *entry)
{
	swp_entry_t slot = {page->private};

	if (swap_duplicate(slot))
		return false;
	*entry = swp_entry_to_pte(slot);
	return true;
}

struct unmap {
	unsigned int flags;
	bool failed, locked;
};

static bool unmap_one(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	struct mm_struct *mm = vma->vm_mm;
	struct unmap *u = arg;
	pte_t *ptep, pte, entry;

	user_lock(mm);
	ptep = entry_of(page, vma, addr);
	if (!ptep)
		goto out;
	if (READ_ONCE(vma->vm_flags) & VM_LOCKED && !(u->flags & TTU_IGNORE_MLOCK)) {
		u->locked = u->failed = true;
		goto out;
	}
	if (!swap_entry_for(page, &entry)) {
		u->failed = true;
		goto out;
	}
	pte = ptep_get_and_clear(ptep);
	forget_mapping(mm, addr, u->flags);
	if (pte_dirty(pte))
		set_page_dirty(page);
	set_pte(ptep, entry);
	mm->rss[MM_ANONPAGES]--;
	mm->rss[MM_SWAPENTS]++;
	page_remove_rmap(page);
	put_page(page);
out:
	user_unlock(mm);
	return !u->failed;
}

bool try_to_unmap(struct page *page, enum ttu_flags flags)
{
	struct unmap u = {.flags = flags};
	struct rmap_walk_control rwc = {.rmap_one = unmap_one, .arg = &u, .done = all_gone};

	if (WARN_ON_ONCE(!PageLocked(page) || !PageAnon(page) || !PageSwapCache(page)))
		return false;
	rmap_walk_mapped(page, &rwc);
	if (u.locked)
		SetPageMlocked(page);
	return !page_mapped(page);
}

/* ---- a page that is being moved ---- */

static bool migrate_one(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t *ptep, pte;

	(void)arg;
	user_lock(mm);
	ptep = entry_of(page, vma, addr);
	if (ptep) {
		pte = ptep_get_and_clear(ptep);
		forget_mapping(mm, addr, 0);
		if (pte_dirty(pte))
			set_page_dirty(page);
		set_pte(ptep, swp_entry_to_pte(make_migration_entry(page, pte_write(pte))));
		page_remove_rmap(page);
		put_page(page);
	}
	user_unlock(mm);
	return true;
}

bool try_to_migrate(struct page *page)
{
	struct rmap_walk_control rwc = {.rmap_one = migrate_one, .done = all_gone};

	if (WARN_ON_ONCE(!PageLocked(page) || !PageAnon(page)))
		return false;
	rmap_walk_mapped(page, &rwc);
	return !page_mapped(page);
}

static bool restore_one(struct page *new, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	const struct page *old = arg;
	struct mm_struct *mm = vma->vm_mm;
	swp_entry_t entry;
	pte_t *ptep;

	user_lock(mm);
	ptep = user_pte(mm, addr);
	if (!ptep || !is_swap_pte(ptep_get(ptep)))
		goto out;
	entry = pte_to_swp_entry(ptep_get(ptep));
	if (!is_migration_entry(entry) || pfn_swap_entry_to_page(entry) != old)
		goto out;
	get_page(new);
	page_add_anon_rmap(new, vma, addr);
	set_pte(ptep, __pte(page_to_phys(new) |
			    pgprot_val(is_writable_migration_entry(entry) ? PAGE_USER_RW : PAGE_USER_RO)));
out:
	user_unlock(mm);
	return true;
}

void remove_migration_ptes(struct page *old, struct page *new)
{
	struct rmap_walk_control rwc = {.rmap_one = restore_one, .arg = old};

	rmap_walk(new, &rwc);
}
