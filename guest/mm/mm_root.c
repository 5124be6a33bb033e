// SPDX-License-Identifier: MIT
/*
 * mm_root.c - where everything begins: the root that a reader outside the guest starts from, and the order in which the
 * allocators come up.
 *
 *   memblock    knows RAM and what is taken; per-CPU arrays of the first caches come from it
 *   swiotlb     and the record of DMA mappings take theirs
 *   node        counters and batches, from memblock too
 *   zones       take over the rest
 *   slab        caches that are part of the image: kmem_cache, kmalloc-*
 *   vmalloc     its caches are made by the slab
 *
 * The fields of the root that this file does not set belong to the machine: it fills nr_cpus before mm_init(), the others
 * before it says where the root is.
 */
#include <linux/export.h>
#include <linux/list.h>
#include <linux/memblock.h>
#include <linux/xarray.h>

#include "dma.h"
#include "internal.h"
#include "page_cache.h"
#include "user_mm.h"

struct mm_root mm_root = {
	.magic = MM_ROOT_MAGIC,
	.version = MM_ROOT_VERSION,
	.size = sizeof(struct mm_root),
	.page_size = sizeof(struct page),
	.debug = MM_DEBUG > 0,
	.memblock = &memblock,
	.zones = mm_zones,
	.slab_caches = LIST_HEAD_INIT(mm_root.slab_caches),
	.vmalloc = &vmalloc_space,
	.module_space = &module_space,
	.dma = &dma_root,
	.vmap_slots = vmap_slots,
	.oom = &mm_oom,
	.page_cache = &page_cache,
	.modules = LIST_HEAD_INIT(mm_root.modules),
	.movable_pfn = ~0UL,
	.tasks = LIST_HEAD_INIT(mm_root.tasks),
	.mms = LIST_HEAD_INIT(mm_root.mms),
	.rings = LIST_HEAD_INIT(mm_root.rings),
	.mempools = LIST_HEAD_INIT(mm_root.mempools),
	.shrinkers = LIST_HEAD_INIT(mm_root.shrinkers),
};

EXPORT_SYMBOL(mm_root);

/* Those that nobody makes: a report of the lock checker says these names. */
static void name_locks(void)
{
	static const char *const zone_names[] = ZONE_NAMES;
	char name[16] = "zone ";

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		strscpy(name + 5, zone_names[i], sizeof(name) - 5);
		mm_lock_name(&mm_zones[i].lock, name);
	}
	mm_lock_name(&mm_node.lruvec.lock, "lruvec");
	mm_lock_name(&mm_root.slab_lock, "slab caches");
	mm_lock_name(&mm_root.task_lock, "tasks");
	mm_lock_name(&mm_root.mm_list_lock, "address spaces");
	mm_lock_name(&mm_root.ring_lock, "rings");
	mm_lock_name(&mm_root.mempool_lock, "mempools");
	mm_lock_name(&vmalloc_space.lock, "vmalloc space");
	mm_lock_name(&module_space.lock, "module space");
	mm_lock_name(&dma_root.lock, "DMA");
	mm_lock_name(&dma_root.debug.lock, "DMA mappings");
	mm_lock_name(&page_cache.lock, "page cache");
	mm_lock_name(&page_cache.shadow_lock, "shadows");
	for (unsigned int i = 0; i < ARRAY_SIZE(swap_infos); i++)
		mm_lock_kind(&swap_infos[i].lock, "swap slots");
	for (unsigned int i = 0; i < MMV_NR_CPUS; i++)
		mm_lock_kind(&vmap_slots[i].lock, "vmap slot");
}

void mm_init(void)
{
	BUG_ON(!mm_root.nr_cpus || mm_root.nr_cpus > MMV_NR_CPUS);
	/* Physical address 0 stays unused: it reads like "none" everywhere. */
	if (memblock_is_memory(0))
		BUG_ON(memblock_reserve(0, PAGE_SIZE));
	mm_root.max_pfn = PFN_DOWN(memblock_end_of_DRAM());
	slab_boot_alloc();
	pageblocks_boot_alloc();
	node_boot_alloc();
	swiotlb_init();
	dma_debug_init();
	zones_init();
	slab_init();
	vmalloc_init();
	xarray_init();
	filemap_init();
	if (mm_debug_hooks())
		name_locks();
}

void mm_usage(struct mm_usage *usage)
{
	unsigned long slab_pages;

	slab_usage(&usage->objects, &slab_pages);
	/* Free pieces of address space are as many as what was given back, in whatever order, left gaps: nobody holds them. */
	usage->objects -= READ_ONCE(vmalloc_space.nr_free) + READ_ONCE(module_space.nr_free);
	usage->pages =
		totalram_pages() - nr_free_pages() - slab_pages - pgtable_pages() - READ_ONCE(dma_root.kept_pages);
	usage->areas = READ_ONCE(vmalloc_space.nr_busy) + READ_ONCE(module_space.nr_busy);
}

void mm_drain(void)
{
	swap_cache_trim();
	lru_add_drain_all();
	vmalloc_purge();
	slab_drain_all();
	drain_all_pages(NULL);
}
