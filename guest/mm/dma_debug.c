// SPDX-License-Identifier: MIT
/*
 * dma_debug.c - debug kernel: every mapping is recorded, and every call compared with what is recorded.
 *
 * Shape:   a table of entries from memblock, made at boot; found by a hash of the device's address. Entry 0 is nobody.
 * Always:  an entry is in its bucket, on the free list, or was never used (@fresh); used == entries in buckets.
 * Locking: debug->lock, interrupts off. Reports are printed without it, one for each wrong call.
 * Full:    the mapping that finds no entry switches the checks off: calls about it would look wrong.
 * Boot:    dma_debug=off, dma_debug_entries=N, dma_debug_driver=NAME (reports only about devices of that driver).
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/printk.h>
#include <linux/stackdepot.h>

#include <asm/sections.h>

#include "dma.h"
#include "slab.h"
#include "slab_debug.h"

#if MM_DEBUG >= 1

#define ENTRIES_DEFAULT 4096
#define ENTRIES_MAX (1UL << 20)
#define STACK_DEPTH 16

static struct dma_debug *const table = &dma_root.debug;
static unsigned long entries_wanted = ENTRIES_DEFAULT;
static bool off_wanted;
static char driver_wanted[32];

static const char *const type_names[] = DMA_DEBUG_TYPE_NAMES;
static const char *const dir_names[] = DMA_DIRECTION_NAMES;

static int setup_off(char *text)
{
	off_wanted = !strcmp(text, "off");
	return off_wanted;
}
__setup("dma_debug=", setup_off);

static int setup_entries(char *text)
{
	return !kstrtoul(text, 0, &entries_wanted) && entries_wanted && entries_wanted <= ENTRIES_MAX;
}
__setup("dma_debug_entries=", setup_entries);

static int setup_driver(char *text)
{
	strscpy(driver_wanted, text, sizeof(driver_wanted));
	return 1;
}
__setup("dma_debug_driver=", setup_driver);

void dma_debug_init(void)
{
	unsigned long nr = min(entries_wanted, ENTRIES_MAX) + 1, buckets = roundup_pow_of_two(nr) / 4 + 1;

	buckets = rounddown_pow_of_two(buckets);
	if (off_wanted)
		return;
	table->buckets = memblock_alloc(PAGE_ALIGN(buckets * sizeof(u32)), PAGE_SIZE);
	table->nr_buckets = (u32)buckets;
	table->nr = (u32)nr;
	table->fresh = 1;
	table->entries = table->buckets ? memblock_alloc(PAGE_ALIGN(nr * sizeof(*table->entries)), PAGE_SIZE) : NULL;
	if (!table->entries)
		pr_warn("DMA-API: no room for %lu entries: checks are off\n", nr);
}

/* ---- reports ---- */

/** struct fault - what is wrong with a call, found under the lock and printed without it. */
struct fault {
	const char *what;
	struct dma_debug_entry entry; /* what is recorded; size 0: nothing */
};

static bool wanted(const struct device *dev)
{
	return !*driver_wanted || (dev->driver_name && !strcmp(dev->driver_name, driver_wanted));
}

static void say(const struct dma_ref *ref, const struct fault *f)
{
	const struct dma_debug_entry *e = &f->entry;

	if (!f->what || !wanted(ref->dev))
		return;
	WARN(1, "DMA-API: %s: device driver %s [device address=%#llx] [size=%zu bytes] [%s] [%s]\n", dev_name(ref->dev),
	     f->what, ref->addr, ref->size, type_names[ref->type], dir_names[ref->dir]);
	if (!e->size)
		return;
	printk(KERN_WARNING "DMA-API: it was mapped with [device address=%#llx] [size=%llu bytes] [%s] [%s] by\n",
	       (u64)e->addr, (u64)e->size, type_names[e->type], dir_names[e->dir]);
	stack_depot_print(e->stack);
}

/* ---- the table; all need the lock ---- */

static u32 *bucket_of(dma_addr_t addr)
{
	return &table->buckets[dma_debug_bucket(addr, table->nr_buckets)];
}

static struct dma_debug_entry *entry_at(u32 i)
{
	return &table->entries[i];
}

static u32 new_entry(void)
{
	u32 i = table->free;

	if (i)
		table->free = entry_at(i)->next;
	else if (table->fresh < table->nr)
		i = table->fresh++;
	return i;
}

/* The entry that begins at the call's address; of several, the one that agrees best with the call. */
static u32 *find_link(const struct dma_ref *ref)
{
	u32 *best = NULL;
	int best_score = -1;

	for (u32 *link = bucket_of(ref->addr); *link; link = &entry_at(*link)->next) {
		const struct dma_debug_entry *e = entry_at(*link);
		int score;

		if (e->dev != ref->dev || e->addr != ref->addr)
			continue;
		score = (e->size == ref->size) * 4 + (e->type == ref->type) * 2 + (e->dir == ref->dir);
		if (score > best_score) {
			best_score = score;
			best = link;
		}
	}
	return best;
}

/* A mapping that the call's address lies in. A long one began several buckets before. */
static struct dma_debug_entry *find_around(const struct dma_ref *ref)
{
	u32 *link = find_link(ref);

	if (link)
		return entry_at(*link);
	for (u32 i = 1; i < table->fresh; i++) {
		struct dma_debug_entry *e = entry_at(i);

		if (e->dev == ref->dev && ref->addr - e->addr < e->size)
			return e;
	}
	return NULL;
}

/* Another mapping of the same memory, where one of both is written by its device. */
static const struct dma_debug_entry *find_overlap(const struct dma_ref *ref)
{
	for (u32 i = 1; i < table->fresh; i++) {
		const struct dma_debug_entry *e = entry_at(i);

		if (!e->dev || (e->dir == DMA_TO_DEVICE && ref->dir == DMA_TO_DEVICE))
			continue;
		if (ref->phys < e->phys + e->size && e->phys < ref->phys + ref->size)
			return e;
	}
	return NULL;
}

/* ---- what the API calls ---- */

void dma_debug_map(const struct dma_ref *ref)
{
	depot_stack_handle_t stack;
	const struct dma_debug_entry *other;
	struct fault f = {};
	bool lost = false;
	unsigned long irq;
	u32 i;

	if (!table->entries)
		return;
	stack = stack_depot_save_here(2, STACK_DEPTH);
	irq = mm_lock_write(&table->lock);
	if (ref->type != DMA_DEBUG_RESOURCE) {
		other = find_overlap(ref);
		if (other)
			f = (struct fault){"maps memory that is mapped already: overlapping mappings", *other};
	}
	i = new_entry();
	if (i) {
		*entry_at(i) = (struct dma_debug_entry){.addr = ref->addr,
							.size = ref->size,
							.phys = ref->phys,
							.next = *bucket_of(ref->addr),
							.stack = stack,
							.sg_nents = ref->nents,
							.type = (u8)ref->type,
							.dir = (u8)ref->dir};
		entry_at(i)->checked = ref->type != DMA_DEBUG_SINGLE && ref->type != DMA_DEBUG_RESOURCE;
		entry_at(i)->dev = ref->dev;
		*bucket_of(ref->addr) = i;
		table->used++;
	} else {
		lost = !table->lost++;
	}
	mm_unlock_write(&table->lock, irq);
	say(ref, &f);
	if (lost)
		pr_warn("DMA-API: debugging out of memory - disabling (dma_debug_entries=%u)\n", table->nr - 1);
}

/*
 * Was the memory behind a mapping given back meanwhile? Asked when the mapping is used or ends, not with every kfree(): that would
 * search the table for objects no device ever saw. Memory that somebody else has by then is not noticed.
 */
static void check_freed(struct fault *f)
{
	const struct dma_debug_entry *e = &f->entry;
	const struct page *page;

	if (f->what || !e->size || e->type == DMA_DEBUG_RESOURCE || !virt_addr_valid(__va(e->phys)))
		return;
	page = phys_to_page(e->phys);
	if (page_head(page) ? slab_debug_freed(__va(e->phys)) : !PageReserved(page))
		f->what = "uses DMA memory that was freed while mapped";
}

static const char *unmap_fault(const struct dma_ref *ref, const struct dma_debug_entry *e)
{
	if (e->type != ref->type)
		return "frees DMA memory with wrong function";
	if (e->size != ref->size)
		return "frees DMA memory with different size";
	if (ref->type == DMA_DEBUG_COHERENT && e->phys != ref->phys)
		return "frees DMA memory with different CPU address";
	if (ref->type == DMA_DEBUG_SG && e->sg_nents != ref->nents)
		return "frees DMA sg list with different entry count";
	if (e->dir != ref->dir)
		return "frees DMA memory with different direction";
	return e->checked ? NULL : "failed to check map error";
}

void dma_debug_unmap(const struct dma_ref *ref)
{
	struct fault f = {};
	unsigned long irq;
	u32 *link;

	if (!table->entries || table->lost)
		return;
	irq = mm_lock_write(&table->lock);
	link = find_link(ref);
	if (ref->addr == DMA_MAPPING_ERROR) {
		f.what = "tries to free an invalid DMA memory address";
	} else if (!link) {
		f.what = "tries to free DMA memory it has not allocated";
	} else {
		u32 i = *link;

		f = (struct fault){unmap_fault(ref, entry_at(i)), *entry_at(i)};
		*link = entry_at(i)->next;
		*entry_at(i) = (struct dma_debug_entry){.next = table->free};
		table->free = i;
		table->used--;
	}
	mm_unlock_write(&table->lock, irq);
	check_freed(&f);
	say(ref, &f);
}

static const char *sync_fault(const struct dma_ref *ref, const struct dma_debug_entry *e, bool for_cpu)
{
	if (ref->addr + ref->size > e->addr + e->size)
		return "syncs DMA memory outside allocated range";
	if (e->dir == DMA_BIDIRECTIONAL)
		return NULL;
	if (e->dir != ref->dir)
		return "syncs DMA memory with different direction";
	if (for_cpu && e->dir == DMA_TO_DEVICE)
		return "syncs device read-only DMA memory for cpu";
	if (!for_cpu && e->dir == DMA_FROM_DEVICE)
		return NULL; /* giving it back before the next transfer is fine */
	return NULL;
}

void dma_debug_sync(const struct dma_ref *ref, bool for_cpu)
{
	const struct dma_debug_entry *e;
	struct fault f = {};
	unsigned long irq;

	if (!table->entries || table->lost)
		return;
	irq = mm_lock_read(&table->lock);
	e = find_around(ref);
	if (!e)
		f.what = "tries to sync DMA memory it has not allocated";
	else
		f = (struct fault){sync_fault(ref, e, for_cpu), *e};
	mm_unlock_read(&table->lock, irq);
	check_freed(&f);
	say(ref, &f);
}

void dma_debug_checked(struct device *dev, dma_addr_t addr)
{
	unsigned long irq;

	if (!table->entries || addr == DMA_MAPPING_ERROR)
		return;
	irq = mm_lock_write(&table->lock);
	for (u32 i = *bucket_of(addr); i; i = entry_at(i)->next)
		if (entry_at(i)->dev == dev && entry_at(i)->addr == addr)
			entry_at(i)->checked = 1;
	mm_unlock_write(&table->lock, irq);
}

/* Whose memory is it? NULL: somebody's who may map it. */
static const char *forbidden_memory(phys_addr_t phys)
{
	const struct page *head;

	if (!virt_addr_valid(__va(phys)))
		return "maps what is no memory";
	if (is_image_code_or_rodata(phys))
		return "maps memory from kernel text or rodata";
	head = page_head(phys_to_page(phys));
	if (!head)
		return PageReserved(phys_to_page(phys)) ? NULL : "maps free memory";
	if (head->owner == OWNER_STACK)
		return "maps memory from stack";
	return head->owner == OWNER_PGTABLE ? "maps page tables" : NULL;
}

void dma_debug_memory(struct device *dev, phys_addr_t phys, size_t size)
{
	struct dma_ref ref = {.dev = dev, .addr = phys, .size = size};
	struct fault f = {.what = NULL};

	if (!table->entries)
		return;
	if (!size)
		f.what = "maps nothing";
	for (phys_addr_t at = phys; !f.what && at < phys + size; at = PAGE_ALIGN(at + 1))
		f.what = forbidden_memory(at);
	say(&ref, &f);
}

void dma_debug_segment(struct device *dev, dma_addr_t addr, size_t size)
{
	struct dma_ref ref = {.dev = dev, .addr = addr, .size = size, .type = DMA_DEBUG_SG};
	u64 boundary = dma_get_seg_boundary(dev);
	struct fault f = {};

	if (size > dma_get_max_seg_size(dev))
		f.what = "maps an sg segment longer than the device claims to support";
	else if ((addr ^ (addr + size - 1)) & ~boundary)
		f.what = "maps an sg segment across the device's boundary";
	if (table->entries)
		say(&ref, &f);
}

void dma_debug_release(struct device *dev)
{
	struct dma_ref ref = {.dev = dev};
	struct fault f = {};
	unsigned long irq;
	unsigned int count = 0;

	if (!table->entries || table->lost)
		return;
	irq = mm_lock_read(&table->lock);
	for (u32 i = 1; i < table->fresh; i++) {
		if (entry_at(i)->dev != dev)
			continue;
		count++;
		f = (struct fault){"has pending DMA allocations while released from device", *entry_at(i)};
	}
	mm_unlock_read(&table->lock, irq);
	ref.size = count;
	say(&ref, &f);
}

#endif
