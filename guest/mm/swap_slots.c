// SPDX-License-Identifier: MIT
/*
 * swap_slots.c - swap devices and their slots: who has which, and where the next one comes from.
 *
 * Shape:  a byte for each slot (shared/swap.h), and clusters of SWAP_CLUSTER_SLOTS slots with a count of those that are not free.
 *         Clusters with a count of 0 are on a list; a CPU takes one of them for itself and gives out its slots in turn, so that
 *         what is written together lies together. When there is none, any free slot of any cluster will do.
 * Always: a cluster is on the list if and only if its count is 0 and no CPU has it. inuse_pages is the number of slots with a count
 *         or a page. Slot 0 and what could not be written count as bad: they are in their cluster's count, and never given out.
 * Locks:  swap_info.lock, interrupts off: a slot may be given back by the interrupt that ends its being written. Nothing is
 *         allocated under it. swapon() and swapoff() exclude each other by a mutex; it is above mmap_lock.
 * Not here: the pages (swap_cache.c), the disk (swap_io.c).
 */
#include <linux/blkdev.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "user_mm.h"

struct swap_info swap_infos[MAX_SWAPFILES];
static DEFINE_MUTEX(swapon_mutex);

/* ---- clusters; all of these need the device's lock ---- */

static void list_cluster(struct swap_info *si, uint32_t n)
{
	si->clusters[n].next = SWAP_NO_CLUSTER;
	si->clusters[n].free = 1;
	if (si->free_last == SWAP_NO_CLUSTER)
		si->free_first = n;
	else
		si->clusters[si->free_last].next = n;
	si->free_last = n;
	si->nr_free_clusters++;
}

static uint32_t unlist_first(struct swap_info *si)
{
	uint32_t n = si->free_first;

	if (n == SWAP_NO_CLUSTER)
		return n;
	si->free_first = si->clusters[n].next;
	if (si->free_first == SWAP_NO_CLUSTER)
		si->free_last = SWAP_NO_CLUSTER;
	si->clusters[n].next = SWAP_NO_CLUSTER;
	si->clusters[n].free = 0;
	si->nr_free_clusters--;
	return n;
}

static void give_up_cluster(struct swap_info *si, struct swap_cpu *cpu)
{
	struct swap_cluster *c = &si->clusters[cpu->cluster];

	c->taken = 0;
	if (!c->count)
		list_cluster(si, cpu->cluster);
	cpu->cluster = SWAP_NO_CLUSTER;
}

/* The next free slot of this CPU's cluster, or of a new one. 0: no cluster is free */
static uint32_t next_of_cpu(struct swap_info *si, struct swap_cpu *cpu)
{
	for (;;) {
		uint32_t end;

		if (cpu->cluster == SWAP_NO_CLUSTER) {
			cpu->cluster = unlist_first(si);
			if (cpu->cluster == SWAP_NO_CLUSTER)
				return 0;
			si->clusters[cpu->cluster].taken = 1;
			cpu->next = cpu->cluster * SWAP_CLUSTER_SLOTS;
		}
		end = min((cpu->cluster + 1) * SWAP_CLUSTER_SLOTS, si->max);
		while (cpu->next < end)
			if (!si->swap_map[cpu->next++])
				return cpu->next - 1;
		give_up_cluster(si, cpu);
	}
}

/* Any free slot. 0: there is none */
static uint32_t any_slot(struct swap_info *si)
{
	if (si->inuse_pages >= si->pages)
		return 0;
	for (uint32_t n = 0; n < si->nr_clusters; n++) {
		uint32_t at = n * SWAP_CLUSTER_SLOTS, end = min(at + SWAP_CLUSTER_SLOTS, si->max);

		if (si->clusters[n].count >= end - at)
			continue;
		for (; at < end; at++)
			if (!si->swap_map[at])
				return at;
	}
	return 0;
}

static uint32_t take_slot(struct swap_info *si)
{
	struct swap_cpu *cpu = &si->cpu[raw_smp_processor_id()];
	uint32_t slot = next_of_cpu(si, cpu);

	return slot ? slot : any_slot(si);
}

void swap_slot_put(struct swap_info *si, unsigned long offset)
{
	uint32_t n = (uint32_t)offset / SWAP_CLUSTER_SLOTS;
	struct swap_cluster *c = &si->clusters[n];

	si->inuse_pages--;
	if (si->swap_map[offset]) { /* it is bad */
		si->pages--;
		return;
	}
	if (!--c->count && !c->taken)
		list_cluster(si, n);
}

/* ---- slots ---- */

struct swap_info *swap_info_of(swp_entry_t entry)
{
	struct swap_info *si;

	if (swp_type(entry) >= MAX_SWAPFILES)
		return NULL;
	si = &swap_infos[swp_type(entry)];
	return READ_ONCE(si->flags) & SWP_USED && swp_offset(entry) && swp_offset(entry) < si->max ? si : NULL;
}

static swp_entry_t slot_from(struct swap_info *si, struct page *page)
{
	swp_entry_t entry = {0};
	unsigned long irq;
	uint32_t slot;

	if (!(READ_ONCE(si->flags) & SWP_WRITEOK))
		return entry;
	irq = mm_lock_write(&si->lock);
	slot = si->flags & SWP_WRITEOK ? take_slot(si) : 0;
	if (slot) {
		entry = swp_entry(si->type, slot);
		si->clusters[slot / SWAP_CLUSTER_SLOTS].count++;
		si->swap_map[slot] = SWAP_HAS_CACHE;
		si->inuse_pages++;
		si->nr_cached++;
		page->private = entry.val;
		SetPageSwapCache(page);
		si->cache[slot] = page;
	}
	mm_unlock_write(&si->lock, irq);
	return entry;
}

swp_entry_t swap_slot_get(struct page *page)
{
	swp_entry_t entry = {0};

	for (unsigned int i = 0; i < MAX_SWAPFILES && !entry.val; i++)
		entry = slot_from(&swap_infos[i], page);
	return entry;
}

int swap_duplicate(swp_entry_t entry)
{
	struct swap_info *si = swap_info_of(entry);
	unsigned long irq;
	uint8_t *byte;
	int err = 0;

	if (WARN_ON_ONCE(!si))
		return -EINVAL;
	irq = mm_lock_write(&si->lock);
	byte = &si->swap_map[swp_offset(entry)];
	if (!(*byte & (SWAP_MAP_COUNT | SWAP_HAS_CACHE)))
		err = -EINVAL;
	else if ((*byte & SWAP_MAP_COUNT) == SWAP_MAP_MAX)
		err = -ENOMEM;
	else
		(*byte)++;
	mm_unlock_write(&si->lock, irq);
	return err;
}

/* Return: does a page belong to it, and nothing else lead there? */
static bool drop_count(swp_entry_t entry)
{
	struct swap_info *si = swap_info_of(entry);
	bool only_cache = false, bad = true;
	unsigned long irq;
	uint8_t *byte;

	if (WARN_ON_ONCE(!si))
		return false;
	irq = mm_lock_write(&si->lock);
	byte = &si->swap_map[swp_offset(entry)];
	if (*byte & SWAP_MAP_COUNT) {
		bad = false;
		(*byte)--;
		only_cache = (*byte & ~SWAP_MAP_FAILED) == SWAP_HAS_CACHE;
		if (!(*byte & (SWAP_MAP_COUNT | SWAP_HAS_CACHE)))
			swap_slot_put(si, swp_offset(entry));
	}
	mm_unlock_write(&si->lock, irq);
	WARN_ONCE(bad, "swap: slot %#lx of %s is freed but nothing leads to it\n", swp_offset(entry), si->name);
	return only_cache;
}

void swap_free(swp_entry_t entry)
{
	drop_count(entry);
}

void free_swap_and_cache(swp_entry_t entry)
{
	struct page *page;

	if (!drop_count(entry))
		return;
	page = lookup_swap_cache(entry);
	if (!page)
		return;
	if (trylock_page(page)) {
		try_to_free_swap(page);
		unlock_page(page);
	}
	put_page(page);
}

int page_swapcount(struct page *page)
{
	swp_entry_t entry = {page->private};
	struct swap_info *si = swap_info_of(entry);

	return si ? READ_ONCE(si->swap_map[swp_offset(entry)]) & SWAP_MAP_COUNT : 0;
}

void swap_slot_failed(swp_entry_t entry)
{
	struct swap_info *si = swap_info_of(entry);
	unsigned long irq;

	if (WARN_ON_ONCE(!si))
		return;
	irq = mm_lock_write(&si->lock);
	si->swap_map[swp_offset(entry)] |= SWAP_MAP_FAILED;
	mm_unlock_write(&si->lock, irq);
}

bool is_swap_slot_failed(swp_entry_t entry)
{
	struct swap_info *si = swap_info_of(entry);

	return si && READ_ONCE(si->swap_map[swp_offset(entry)]) & SWAP_MAP_FAILED;
}

/* ---- totals ---- */

unsigned long total_swap_pages(void)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < MAX_SWAPFILES; i++)
		if (READ_ONCE(swap_infos[i].flags) & SWP_WRITEOK)
			sum += READ_ONCE(swap_infos[i].pages);
	return sum;
}
EXPORT_SYMBOL(total_swap_pages);

unsigned long get_nr_swap_pages(void)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < MAX_SWAPFILES; i++)
		if (READ_ONCE(swap_infos[i].flags) & SWP_WRITEOK)
			sum += READ_ONCE(swap_infos[i].pages) - READ_ONCE(swap_infos[i].inuse_pages);
	return sum;
}
EXPORT_SYMBOL(get_nr_swap_pages);

/* ---- devices ---- */

static void set_flags(struct swap_info *si, uint32_t flags)
{
	unsigned long irq = mm_lock_write(&si->lock);

	si->flags = flags;
	mm_unlock_write(&si->lock, irq);
}

static void free_arrays(struct swap_info *si)
{
	kvfree(si->swap_map);
	kvfree(si->cache);
	kvfree(si->clusters);
	si->swap_map = NULL;
	si->cache = NULL;
	si->clusters = NULL;
}

static int alloc_arrays(struct swap_info *si)
{
	si->swap_map = kvzalloc(si->max, GFP_KERNEL);
	si->cache = kvcalloc(si->max, sizeof(*si->cache), GFP_KERNEL);
	si->clusters = kvcalloc(si->nr_clusters, sizeof(*si->clusters), GFP_KERNEL);
	if (si->swap_map && si->cache && si->clusters)
		return 0;
	free_arrays(si);
	return -ENOMEM;
}

/* Everything is free but slot 0. */
static void fill_clusters(struct swap_info *si)
{
	si->free_first = si->free_last = SWAP_NO_CLUSTER;
	si->nr_free_clusters = 0;
	si->swap_map[0] = SWAP_MAP_FAILED;
	si->clusters[0].count = 1;
	si->clusters[0].next = SWAP_NO_CLUSTER;
	for (uint32_t n = 1; n < si->nr_clusters; n++)
		list_cluster(si, n);
	for (unsigned int cpu = 0; cpu < MMV_NR_CPUS; cpu++)
		si->cpu[cpu] = (struct swap_cpu){.cluster = SWAP_NO_CLUSTER};
}

static int swapon_locked(struct block_device *bdev)
{
	unsigned long pages = bdev_nr_sectors(bdev) >> PAGE_SECTORS_SHIFT;
	struct swap_info *si = NULL;

	if (bdev_read_only(bdev) || pages < 2)
		return -EINVAL;
	for (unsigned int i = MAX_SWAPFILES; i--;) {
		if (!(swap_infos[i].flags & SWP_USED))
			si = &swap_infos[i];
		else if (swap_infos[i].bdev == bdev)
			return -EBUSY;
	}
	if (!si)
		return -ENOSPC;
	si->type = (uint32_t)(si - swap_infos);
	si->max = (uint32_t)min(pages, 1UL << 31);
	si->pages = si->max - 1;
	si->inuse_pages = si->nr_cached = 0;
	si->nr_clusters = DIV_ROUND_UP(si->max, SWAP_CLUSTER_SLOTS);
	si->bdev = bdev;
	strscpy(si->name, bdev_name(bdev), sizeof(si->name));
	if (alloc_arrays(si))
		return -ENOMEM;
	fill_clusters(si);
	set_flags(si, SWP_USED | SWP_WRITEOK);
	return (int)si->type;
}

int swapon(struct block_device *bdev)
{
	int n = swap_io_init();

	if (n)
		return n;
	mutex_lock(&swapon_mutex);
	n = swapon_locked(bdev);
	mutex_unlock(&swapon_mutex);
	return n;
}
EXPORT_SYMBOL(swapon);

/* The address space behind @mm on the list, or the first, with a user more; NULL at the end. @mm has one user less then. */
static struct mm_struct *next_mm(struct mm_struct *mm)
{
	struct mm_struct *next = NULL;
	unsigned long irq = mm_lock_read(&mm_root.mm_list_lock);
	const struct list_head *at = mm ? mm->mmlist.next : mm_root.mms.next;

	for (; !next && at != &mm_root.mms; at = at->next) {
		next = list_entry(at, struct mm_struct, mmlist);
		if (!mmget_not_zero(next))
			next = NULL;
	}
	mm_unlock_read(&mm_root.mm_list_lock, irq);
	if (mm)
		mmput(mm);
	return next;
}

static int swap_in_all(struct swap_info *si)
{
	struct mm_struct *mm = NULL;
	int err = 0;

	while ((mm = next_mm(mm))) {
		struct vm_area_struct *vma;

		mmap_read_lock(mm);
		for_each_vma(mm, vma)
		{
			err = swap_in_area(vma, si->type);
			if (err)
				break;
		}
		mmap_read_unlock(mm);
		if (err) {
			mmput(mm);
			break;
		}
	}
	return err;
}

static int swapoff_locked(struct swap_info *si)
{
	int err = 0;

	set_flags(si, SWP_USED);
	/* Address spaces that end, or are copied, meanwhile may make another round necessary. */
	while (!err && READ_ONCE(si->inuse_pages)) {
		err = swap_in_all(si);
		if (!err)
			swap_cache_empty(si);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		if (!err && READ_ONCE(si->inuse_pages))
			schedule_timeout_uninterruptible(1);
	}
	if (err) {
		set_flags(si, SWP_USED | SWP_WRITEOK);
		return err;
	}
	set_flags(si, 0);
	free_arrays(si);
	return 0;
}

int swapoff(struct block_device *bdev)
{
	int err = -EINVAL;

	might_sleep();
	mutex_lock(&swapon_mutex);
	for (unsigned int i = 0; i < MAX_SWAPFILES; i++)
		if (swap_infos[i].flags & SWP_USED && swap_infos[i].bdev == bdev) {
			err = swapoff_locked(&swap_infos[i]);
			break;
		}
	mutex_unlock(&swapon_mutex);
	return err;
}
EXPORT_SYMBOL(swapoff);

void swap_init(void)
{
	struct block_device *bdev;

	for (unsigned int n = 0; (bdev = blkdev_nth(n)); n++)
		if (bdev_is_swap(bdev) && !bdev_read_only(bdev) && swapon(bdev) < 0)
			pr_warn("%s: cannot be used for swapping\n", bdev_name(bdev));
}
