// SPDX-License-Identifier: MIT
/*
 * check.c - the table of rules, the report, and the order in which the parts of the check run.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tools/view/check_impl.h"
#include "tools/view/view_impl.h"

static const struct check_rule rules[NR_RULES] = {
	[R_ROOT] = {"root.valid", "mm_root has its magic, version and sizes", "238"},
	[R_LOCK] = {"lock.sane", "a lock is free with an even count, or held by a CPU that exists", "35,225"},
	[R_MEMBLOCK_SORTED] = {"memblock.sorted", "boot memory and reservations are sorted and do not overlap or touch",
			       "7"},
	[R_MEMBLOCK_RAM] = {"memblock.ram", "every byte of boot memory exists in the machine", "7,148"},
	[R_ZONE_SPAN] = {"zone.span", "a zone spans exactly the RAM between its limits; zones do not overlap", "4,5"},
	[R_ZONE_PRESENT] = {"zone.present", "present pages == RAM of boot memory in the zone", "6"},
	[R_ZONE_MANAGED] = {"zone.managed", "managed pages == present - reserved", "6,7"},
	[R_ZONE_FRESH] = {"zone.fresh", "fresh ranges are whole largest blocks of managed RAM, apart from each other",
			  "7,25"},
	[R_ZONE_MARKS] = {"zone.watermarks", "min <= low <= high <= managed; no more is free than managed", "70,81"},
	[R_ZONE_RESERVE] = {"zone.lowmem_reserve", "reserves are the pages of the zones above by their ratio", "72"},
	[R_ZONE_MIN_FREE] = {"zone.min_free",
			     "min marks share out min_free_kbytes; low and high follow by one distance", "70,71"},
	[R_ZONE_BALANCE] = {"zone.balance", "managed == free + fresh + blocks of every owner, remainder 0", "8,229"},
	[R_PAGE_MAPPED] = {"page.mapped", "every page of RAM has an entry in the memory map", "1"},
	[R_PAGE_STATE] = {"page.one_state", "every managed page is fresh, or in exactly one free or used block",
			  "8,14,61"},
	[R_PAGE_RESERVED] = {"page.reserved", "entries of reserved pages are zero", "7,15"},
	[R_PAGE_FRESH] = {"page.fresh", "entries of fresh pages are zero", "15"},
	[R_PAGE_KIND] = {"page.kind", "a head has a known state, order and owner", "9,10,21"},
	[R_PAGE_ALIGNED] = {"page.aligned", "a block is aligned to its size", "22"},
	[R_PAGE_INSIDE] = {"page.inside", "a block crosses no zone end, hole, reservation or fresh range", "25"},
	[R_PAGE_OVERLAP] = {"page.overlap", "no head lies inside another block", "23,63"},
	[R_PAGE_TAILS] = {"page.tails", "tails are zero", "28,44,60,62"},
	[R_PAGE_FREE_CLEAN] = {"page.free_clean", "a free head has no references, owner, or anything but its link",
			       "11,16,185"},
	[R_PAGE_REFCOUNT] = {"page.refcount", "an allocated head has at least one reference", "12"},
	[R_PAGE_ZEROED] = {"page.zeroed", "pages that nobody has used since power-on are zero, or not there at all",
			   "29,235"},
	[R_ZONE_FLOW] = {"zone.flow", "blocks handed out - blocks given back == blocks in use", "83"},
	[R_BUDDY_LINKED] = {"buddy.linked", "a free list is closed and its links agree both ways", "17,36"},
	[R_BUDDY_ENTRY] = {"buddy.entry", "a free list holds free heads of its order and zone", "18,19"},
	[R_BUDDY_COMPLETE] = {"buddy.complete", "every free head is on exactly one free list", "20"},
	[R_BUDDY_COUNT] = {"buddy.count", "nr_free of an order == length of its list", "26"},
	[R_BUDDY_TOTAL] = {"buddy.total", "nr_free of a zone == pages on its lists and in fresh ranges", "27"},
	[R_BUDDY_MERGED] = {"buddy.merged", "two free buddies of one order are merged", "24"},
	[R_BUDDY_UNMAPPED] = {"buddy.unmapped",
			      "no page of a free block is mapped by vmalloc, modules or the kernel image", "33"},
	[R_PCP_ENTRY] = {"pcp.entry", "a CPU's list holds blocks of its order, type and zone, each on no other list",
			 "38,39,40"},
	[R_PCP_COUNT] = {"pcp.count", "count == pages on the CPU's lists", "37"},
	[R_PCP_BOUNDS] = {"pcp.bounds", "0 < batch <= high, the same for every CPU; a CPU that never ran has nothing",
			  "41,42,45"},
	[R_BLOCK_KIND] = {"pageblock.kind", "a pageblock has a type that there is", "46"},
	[R_BLOCK_FREE] = {"pageblock.free", "a free block is of the type of every pageblock it lies in or covers",
			  "47,48,51"},
	[R_BLOCK_COUNT] = {"pageblock.count", "nr_type == free pages of the type", "49"},
	[R_BLOCK_AVAIL] = {"pageblock.avail", "avail has a bit for each list that has something", "49"},
	[R_BLOCK_HIGHATOMIC] = {"pageblock.highatomic",
				"nr_highatomic == pages of such pageblocks, about 1 % of the zone at most", "52"},
	[R_BLOCK_ISOLATED] = {"pageblock.isolated", "nr_isolated == isolated pageblocks", "50"},
	[R_ZONE_MOVABLE] = {"zone.movable", "zone Movable holds movable pages only", "53"},
	[R_DEBUG_OWNER] = {"debug.owner", "the debug kernel knows who has a used block, and of no other", "14,69"},
	[R_DEBUG_POISON] = {"debug.poison", "the poison of free pages is whole", "29"},
	[R_DEBUG_DEPOT] = {"debug.depot", "every chain of the stack depot leads through whole records", "238"},
	[R_PT_TABLE] = {"pgtable.table", "a page table lies in RAM, reserved or owned as page table", "34,147,148"},
	[R_PT_UNIQUE] = {"pgtable.unique", "a page table is reached from one entry only", "147"},
	[R_PT_OWNED] = {"pgtable.owned", "every page owned as page table is reached", "88,147"},
	[R_PT_LEAF] = {"pgtable.leaf", "a mapping is aligned and leads to memory or the device window", "148,149"},
	[R_PT_AREA] = {"pgtable.area", "every mapping lies in an area of the memory layout", "143,150"},
	[R_PT_WX] = {"pgtable.wx", "no page is writable and executable", "150"},
	[R_PT_USER] = {"pgtable.user", "no kernel page is accessible from user mode", "150"},
	[R_PT_NX] = {"pgtable.nx", "nothing is executable in the direct map", "150"},
	[R_PT_ALIAS] = {"pgtable.alias", "what is code by one address is writable by none", "150"},
	[R_PT_BITS] = {"pgtable.bits",
		       "entries are accessed, dirty where they are writable and only there, never global", "148"},
	[R_PT_CACHE] = {"pgtable.cache", "a page of RAM has one memory type; device registers are not cached", "153"},
	[R_PT_COUNT] = {"pgtable.count", "a table made after boot knows how many of its entries are in use", "147,161"},
	[R_PT_EMPTY] = {"pgtable.empty", "no table made after boot is empty, but for those of level 3", "161,244"},
	[R_MAP_RIGHTS] = {"map.rights", "a free page has its usual rights in the direct map", "150,151"},
	[R_MAP_DIRECT] = {"map.direct", "the direct map maps every page of RAM at its place", "151"},
	[R_MAP_VMEMMAP] = {"map.vmemmap", "the memory map lies in reserved RAM, each piece used once", "1,2"},
	[R_MAP_KERNEL] = {"map.kernel", "the kernel image is mapped where it was loaded", "148,150"},
	[R_SLAB_CACHES] = {"slab.caches", "the list of caches is closed and its links agree both ways", "89"},
	[R_SLAB_GEOMETRY] = {"slab.geometry", "a cache's sizes, offset and order fit together", "90,92"},
	[R_SLAB_LINKED] = {"slab.linked", "a cache's lists are closed and their links agree both ways", "99"},
	[R_SLAB_PAGE] = {"slab.page", "a slab on a list is a block of the cache's order that names this cache",
			 "91,92,108"},
	[R_SLAB_PLACE] = {"slab.place", "a slab is on partial, full or empty as its count says", "94,95"},
	[R_SLAB_COMPLETE] = {"slab.complete", "every slab page is on exactly one list of the cache it names",
			     "20,91,100,112"},
	[R_SLAB_COUNT] = {"slab.count", "nr_partial, nr_full, nr_empty and nr_slabs are the lists' lengths", "99,100"},
	[R_SLAB_EMPTY] = {"slab.empty", "a cache keeps few empty slabs for the next burst", "101"},
	[R_SLAB_INUSE] = {"slab.inuse", "inuse <= objects == the cache's objects per slab", "92,93"},
	[R_SLAB_FREE_CLOSED] = {"slab.freelist.closed", "a free list stays on object borders inside its slab",
				"102,118"},
	[R_SLAB_FREE_ACYCLIC] = {"slab.freelist.acyclic", "a free list passes an object once", "103,106"},
	[R_SLAB_FREE_COUNT] = {"slab.freelist.count", "length of the free list == objects - inuse", "94,95"},
	[R_SLAB_CPU_BOUNDS] = {"slab.cpu.bounds", "a per-CPU array holds no more than its capacity", "116"},
	[R_SLAB_CPU_OBJECTS] = {"slab.cpu.objects", "a per-CPU array holds objects of its cache", "116,118"},
	[R_SLAB_CPU_UNIQUE] = {"slab.cpu.unique", "an object waits in one place only: one array, or one free list",
			       "104"},
	[R_SLAB_KMALLOC] = {"slab.kmalloc", "a kmalloc cache has the size of its name, naturally aligned", "120,121"},
	[R_SLAB_LARGE] = {"slab.kmalloc.large", "a large kmalloc is one compound block", "122"},
	[R_SLAB_SELF] = {"slab.self", "a cache made at run time is an object in use of the cache kmem_cache", "89"},
	[R_SLAB_MERGED] = {"slab.merged", "a cache has users; one with constructor or debugging has one", "110"},
	[R_SLAB_USERCOPY] = {"slab.usercopy", "the region for user space lies inside the object", "K29"},
	[R_SLAB_ZONE] = {"slab.zone", "slabs of DMA and DMA32 caches lie in those zones", "123"},
	[R_SLAB_RED_ZONE] = {"slab.debug.redzone", "red zones hold 0xbb around free objects, 0xcc around others",
			     "124,125"},
	[R_SLAB_POISON] = {"slab.debug.poison", "a free object holds 0x6b and at its end 0xa5", "126,240"},
	[R_SLAB_PADDING] = {"slab.debug.padding", "what is nobody's in a slab holds 0x5a", "127"},
	[R_SLAB_TRACK] = {"slab.debug.track", "records of who allocated and freed an object make sense", "128"},
	[R_SLAB_LINK] = {"slab.debug.link", "a free object's link is no plain address", "105"},
	[R_SLAB_INIT_FREE] = {"slab.init_free", "with init_on_free=1 a free object is zero but for its link", "131"},
	[R_VM_LINKED] = {"vmalloc.linked", "the lists of areas are closed and their links agree both ways", "135"},
	[R_VM_SORTED] = {"vmalloc.sorted", "areas are sorted, page aligned, inside their space, apart from each other",
			 "135"},
	[R_VM_COVER] = {"vmalloc.cover", "busy, lazy and free pieces cover the space without gap or overlap",
			"135,137"},
	[R_VM_MERGED] = {"vmalloc.merged", "no two free pieces touch", "138"},
	[R_VM_TREE] = {"vmalloc.tree", "the trees hold what the lists hold, in order, coloured by the red-black rules",
		       "135,136"},
	[R_VM_SUBTREE] = {"vmalloc.subtree_max", "a free tree's node knows the largest piece under it", "136"},
	[R_VM_COUNT] = {"vmalloc.count", "counts of pieces and pages are what the lists hold", "145,232"},
	[R_VM_AREA] = {"vmalloc.area", "an area has the address, size and page count of its description", "139,141"},
	[R_VM_MAPPED] = {"vmalloc.mapped", "page i of an area is mapped at its start + i pages", "142"},
	[R_VM_GUARD] = {"vmalloc.guard", "nothing is mapped at the guard page of an area", "140"},
	[R_VM_OUTSIDE] = {"vmalloc.outside", "nothing is mapped outside busy areas", "143"},
	[R_VM_LAZY] = {"vmalloc.lazy", "a freed area that waits for its flush is unmapped, or says that it is not yet",
		       "144"},
	[R_VM_DEVICE] = {"vmalloc.device", "a device area maps what it was asked for, and no RAM", "160"},
	[R_VM_BLOCK] = {"vmalloc.block", "blocks of vm_map_ram() add up, and exactly their used pages are mapped",
			"160"},
	[R_VM_ONCE] = {"vmalloc.once", "no page is mapped twice unless somebody asked for that", "142,146"},
	[R_VM_PAGES] = {"vmalloc.pages", "pages of an area are allocated, its own, and in no other area", "146"},
	[R_VM_OWNED] = {"vmalloc.owned", "every page owned by vmalloc belongs to an area", "146,236"},
	[R_MM_LIST] = {"mm.list", "address spaces form one list, whose length the root knows", "159"},
	[R_MM_AREAS] = {"mm.areas", "areas of an address space do not overlap, and add up to its counts", "162"},
	[R_MM_INSIDE] = {"mm.inside",
			 "an entry of a user page table lies in an area, has no more rights, and leads to user "
			 "memory or to swap",
			 "155,157"},
	[R_MM_KERNEL_HALF] = {"mm.kernel_half", "the kernel is the same in every address space", "154"},
	[R_MM_CPUS] = {"mm.cpus", "a CPU is noted with an address space if and only if it runs a thread of it", "159"},
	[R_MM_RSS] = {"mm.rss", "counts of pages, swap entries and tables are those of its page tables", "233"},
	[R_MM_SHARED] = {"mm.shared", "a page that several entries lead to is writable by none", "156"},
	[R_RMAP_COUNT] = {"rmap.count", "mapcount == entries that map the page; each of them is a reference",
			  "13,156,233"},
	[R_RMAP_LEADS_BACK] = {"rmap.leads_back", "a mapped page leads to its area and address, and back", "155,156"},
	[R_RMAP_AREAS] = {"rmap.areas", "an anon_vma lists the areas that name it, and knows how many", "156"},
	[R_ANON_HELD] = {"anon.held", "an anonymous page is mapped, in the swap cache, in a batch, or being moved",
			 "157"},
	[R_ANON_DIRTY] = {"anon.dirty",
			  "who has written to a page has left a mark: others hold zeros or have a copy on disk", "156"},
	[R_ANON_MLOCKED] = {"anon.mlocked", "a page is kept in memory if and only if a locked area maps it", "179"},
	[R_SWAP_CACHE] = {"swap.cache", "a page of the swap cache and its slot lead to each other", "174"},
	[R_SWAP_MAP] = {"swap.map", "the count of a slot == entries that lead to it", "175"},
	[R_SWAP_COUNT] = {"swap.count", "slots in use, cached and usable == recount", "176"},
	[R_SWAP_CLUSTER] = {"swap.cluster",
			    "clusters know how many of their slots are in use; the free ones form a list", "176"},
	[R_SWAP_CPU] = {"swap.cpu", "a CPU takes slots from a cluster that is its own", "177"},
	[R_MODULE_SECTIONS] = {"module.sections", "sections of loaded modules lie in busy areas of module space",
			       "135"},
	[R_DMA_DEVICES] = {"dma.devices", "the list of devices is closed and its links agree both ways", "208"},
	[R_DMA_OWNER] = {"dma.owner", "every block of device memory names its device and its size", "8,208"},
	[R_DMA_COHERENT] = {"dma.coherent", "memory that a device keeps lies within its coherent mask and bus", "203"},
	[R_DMA_COUNT] = {"dma.count", "count of blocks of device memory == blocks in the memory map", "8"},
	[R_DMA_POOL] = {"dma.pool", "a pool's pages are allocated, its own, and as many as it counts", "215"},
	[R_DMA_POOL_CHAIN] = {"dma.pool.chain",
			      "a pool page's free blocks are a chain without a cycle, as many as not in use", "215"},
	[R_DMA_BOUNCE] = {"dma.bounce", "the pool of bounce buffers is reserved RAM of the size that it says",
			  "212,219"},
	[R_DMA_SLOTS] = {"dma.slots", "used == bits set == slots with an original address, in every area", "212"},
	[R_DMA_SLOT] = {"dma.slot", "a slot belongs to one mapping, within one segment and its device's reach", "213"},
	[R_DMA_MAPPING] = {"dma.mapping", "a mapping is of a device that exists and lies within its reach", "202,208"},
	[R_DMA_MAPPED] = {"dma.mapped", "memory under a mapping is allocated and held, or reserved", "204,211"},
	[R_DMA_OVERLAP] = {"dma.overlap", "mappings that a device writes overlap no other", "205"},
	[R_DMA_TABLE] = {"dma.table", "count of recorded mappings == entries in use", "206"},
	[R_DMA_SEGMENT] = {"dma.segment", "a piece of a list is as long as its device takes, and crosses no boundary",
			   "210"},
	[R_DMA_CHECKED] = {"dma.checked", "when all is done every mapping was looked at for an error", "207"},
	[R_RING_LINKED] = {"ring.linked", "the list of device rings is closed and its links agree both ways", "217"},
	[R_RING_FREE] = {"ring.free", "a ring's free descriptors are a chain without a cycle, as many as it counts",
			 "217"},
	[R_RING_CHAIN] = {"ring.chain", "a ring's other descriptors are chains that end, each in one of them", "217"},
	[R_RING_BUFFER] = {"ring.buffer", "what a descriptor in use points at is allocated or reserved memory",
			   "211,217"},
	[R_CACHE_LINKED] = {"cache.linked", "the list of mappings is closed and as long as it counts", "169"},
	[R_CACHE_ENTRY] = {"cache.entry", "what a mapping has at an index is a page that says so and has a reference",
			   "169"},
	[R_CACHE_NODE] = {"cache.node", "nodes hang where they say, count their slots, none is empty", "170"},
	[R_CACHE_COUNT] = {"cache.count", "nrpages and nrshadows == entries", "170"},
	[R_CACHE_SIZE] = {"cache.size", "no dirty page lies behind its file's end", "172"},
	[R_CACHE_AGE] = {"cache.age", "what an evicted page left says when that was: not later than now", "181"},
	[R_CACHE_TAGS] = {"cache.tags", "dirty and writeback: flags of pages, marks up the tree and counts agree",
			  "173"},
	[R_CACHE_SHADOW] = {"cache.shadow", "nodes that hold shadows only are on the list of those", "170"},
	[R_CACHE_ONCE] = {"cache.once", "every page that says it is in a mapping is there, and nowhere else", "171"},
	[R_CACHE_STAT] = {"cache.stat", "nr_file_pages and nr_dirty == pages of mappings, and dirty ones", "173"},
	[R_MEMPOOL_LINKED] = {"mempool.linked", "the list of mempools is closed and its links agree both ways", "198"},
	[R_MEMPOOL_COUNT] = {"mempool.count", "a mempool has at most as many elements as it keeps", "198"},
	[R_MEMPOOL_ELEMENTS] = {"mempool.elements", "elements of a mempool differ, and each is allocated", "198"},
	[R_THREAD_LINKED] = {"thread.linked", "the list of threads is closed and its links agree both ways", "220"},
	[R_THREAD_STACK] = {"thread.stack",
			    "a stack is mapped, nothing is under it, its last word is whole, its pointer inside",
			    "220"},
	[R_THREAD_CPU] = {"thread.cpu", "a CPU runs a thread of the list, on one of the stacks that there are",
			  "220,225"},
	[R_THREAD_ATOMIC] = {"thread.atomic", "nobody sleeps in an atomic section; preempt counts make sense", "223"},
	[R_THREAD_SCOPE] = {"thread.scope", "no thread is left inside a memalloc scope", "222"},
	[R_LOCK_HELD] = {"lock.held", "a spinlock that a thread holds names the CPU where that thread runs", "225"},
	[R_LOCK_QUIET] = {"lock.quiet", "nobody holds a lock when all is done", "225"},
	[R_LOCK_ORDER] = {"lock.order", "the orders in which locks were taken have no cycle", "224"},
	[R_SCHED_QUEUE] = {"sched.queue", "a run queue holds runnable threads of its CPU, as many as it counts", "220"},
	[R_RCU_GRACE] = {"rcu.grace", "a grace period under way waits for CPUs that exist, none for none", "227"},
	[R_RCU_LISTS] = {"rcu.lists", "lists of callbacks end, where and after as many as they say", "227"},
	[R_RCU_CALLBACK] = {"rcu.callback", "a callback that waits lies in allocated memory, and waits once",
			    "104,134,227"},
	[R_COMPACT_CURSOR] = {"compaction.cursor", "compaction goes on at a pageblock of its zone", "58"},
	[R_COMPACT_DEFER] = {"compaction.deferral", "compaction is put off for so long at most", "59"},
	[R_OOM_VICTIMS] = {"oom.victims", "victims of the OOM killer are counted, and none is left in the end", "228"},
	[R_LRU_LINKED] = {"lru.linked", "the LRU lists are closed and their links agree both ways", "166"},
	[R_LRU_ENTRY] = {"lru.entry", "a list holds single pages of files and processes that say so", "163,166"},
	[R_LRU_PLACE] = {"lru.place", "a page is on the list that its flags name", "164"},
	[R_LRU_COMPLETE] = {"lru.complete", "a page that says it is on a list is on exactly one", "163"},
	[R_LRU_COUNT] = {"lru.count", "sizes by zone and nr_inactive_anon to nr_unevictable are the lists' lengths",
			 "77,165"},
	[R_LRU_BATCH] = {"lru.batch",
			 "a CPU's batch holds no more than fits, with a reference each, new ones on no list", "167"},
	[R_LRU_ISOLATED] = {"lru.isolated", "when all is done no page is isolated", "82"},
	[R_VMSTAT_SIGN] = {"vmstat.sign", "no count of pages is negative", "81"},
	[R_VMSTAT_PROGRESS] = {"vmstat.progress",
			       "no more is got back than was looked at, no more comes back to stay than came back",
			       "180"},
	[R_VMSTAT_NODE] = {"vmstat.node", "nr_writeback, nr_swapcached and other counts of the node == recount",
			   "78,79"},
	[R_RECLAIM_THREAD] = {"reclaim.thread",
			      "kswapd and kcompactd are threads, asked for orders and zones that there are", "76"},
	[R_RECLAIM_WANTED] = {"reclaim.wanted", "when all is done neither sleeps while it is asked for something",
			      "76"},
	[R_ZONE_BOOST] = {"zone.boost", "the low mark is raised by so much of the high mark at most", "74"},
	[R_SHRINKER_LINKED] = {"shrinker.linked", "the list of shrinkers is closed and its links agree both ways",
			       "113"},
	[R_SHRINKER_COUNT] = {"shrinker.count",
			      "when all is done nobody is in a shrinker, and it is owed no negative number", "113"},
	[R_PAIR_CONSTANT] = {"pair.constant", "what never changes is as it was at an earlier moment (--since)", "238"},
	[R_PAIR_COUNTERS] = {"pair.counters", "what only grows is no less than at an earlier moment (--since)", "85"},
	[R_PAIR_OWNER] = {"pair.owner",
			  "no more blocks have another owner than at an earlier moment than were freed since (--since)",
			  "239"},
};

const struct check_rule *check_rules(unsigned int *nr)
{
	*nr = NR_RULES;
	return rules;
}

int check_rule_find(const char *name)
{
	for (int i = 0; i < NR_RULES; i++)
		if (!strcmp(rules[i].name, name))
			return i;
	return -1;
}

void check_report_init(struct check_report *r)
{
	memset(r, 0, sizeof(*r));
}

void check_report_free(struct check_report *r)
{
	free(r->faults);
	r->faults = NULL;
	r->nr_faults = r->cap_faults = 0;
}

/* ---- reporting ---- */

static void *grow(void *at, size_t nr, size_t size)
{
	void *more = reallocarray(at, nr, size);

	if (more)
		return more;
	/* A verdict with parts missing would be a lie, and the tables are small beside the guest. */
	fprintf(stderr, "out of memory while checking\n");
	abort();
}

struct check_fault *check_fault(struct check_ctx *c, enum rule rule, uint64_t pfn, gva_t addr, const char *fmt, ...)
{
	static _Thread_local struct check_fault spare;
	struct check_report *r = c->r;
	struct check_fault *f = &spare;
	va_list ap;

	check_ran(c, rule);
	r->total_faults++;
	if (r->found[rule]++ < CHECK_KEEP) {
		if (r->nr_faults == r->cap_faults) {
			r->cap_faults = r->cap_faults ? r->cap_faults * 2 : 16;
			r->faults = grow(r->faults, r->cap_faults, sizeof(*r->faults));
		}
		f = &r->faults[r->nr_faults++];
	}
	memset(f, 0, sizeof(*f));
	f->rule = rule;
	f->pfn = pfn;
	f->addr = addr;
	va_start(ap, fmt);
	vsnprintf(f->object, sizeof(f->object), fmt, ap);
	va_end(ap);
	return f;
}

void check_got(struct check_fault *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->got, sizeof(f->got), fmt, ap);
	va_end(ap);
}

void check_want(struct check_fault *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->want, sizeof(f->want), fmt, ap);
	va_end(ap);
}

void check_ran(struct check_ctx *c, enum rule rule)
{
	c->r->ran[rule] = true;
}

void check_ran_all(struct check_ctx *c, enum rule first, enum rule last)
{
	for (unsigned int i = first; i <= last; i++)
		c->r->ran[i] = true;
}

void check_flux(struct check_ctx *c, enum rule first, enum rule last)
{
	for (unsigned int i = first; i <= last; i++)
		c->r->flux[i]++;
	c->r->total_flux++;
}

bool check_lock(struct check_ctx *c, const struct mm_lock *lock, gva_t addr, const char *what)
{
	struct check_fault *f;

	check_ran(c, R_LOCK);
	if (lock->word > c->root->nr_cpus) {
		f = check_fault(c, R_LOCK, CHECK_NO_PFN, addr, "lock of %s", what);
		check_got(f, "held by CPU %u", lock->word - 1);
		check_want(f, "0, or 1 + a CPU below %u", c->root->nr_cpus);
		return true;
	}
	if (!lock->word && lock->seq & 1) {
		f = check_fault(c, R_LOCK, CHECK_NO_PFN, addr, "lock of %s", what);
		check_got(f, "free, with odd count %u", lock->seq);
		check_want(f, "an even count: a change began and never ended");
		return true;
	}
	return !(lock->seq & 1);
}

/* ---- vectors ---- */

void vec_add(struct vec *v, uint64_t x)
{
	if (v->nr == v->cap) {
		v->cap = v->cap ? v->cap * 2 : 256;
		v->at = grow(v->at, v->cap, sizeof(*v->at));
	}
	v->at[v->nr++] = x;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool is_sorted(const struct vec *v)
{
	for (size_t i = 1; i < v->nr; i++)
		if (v->at[i] < v->at[i - 1])
			return false;
	return true;
}

/* Bits of a digit, and the size from which counting digits beats comparing. */
#define DIGIT 11
#define WORTH_COUNTING 4096

/* By digits, the lowest first; a digit that all have in common costs one look. Numbers of pages have two or three that differ. */
static void sort_by_digits(struct vec *v, uint64_t *spare)
{
	uint64_t any = 0, all = ~0ULL, *from = v->at, *to = spare;

	for (size_t i = 0; i < v->nr; i++) {
		any |= v->at[i];
		all &= v->at[i];
	}
	for (unsigned int shift = 0; shift < 64; shift += DIGIT) {
		size_t place[1 << DIGIT] = {0}, sum = 0;

		if (!((any ^ all) >> shift & ((1 << DIGIT) - 1)))
			continue;
		for (size_t i = 0; i < v->nr; i++)
			place[from[i] >> shift & ((1 << DIGIT) - 1)]++;
		for (size_t i = 0; i < 1 << DIGIT; i++) {
			size_t n = place[i];

			place[i] = sum;
			sum += n;
		}
		for (size_t i = 0; i < v->nr; i++)
			to[place[from[i] >> shift & ((1 << DIGIT) - 1)]++] = from[i];
		from = to;
		to = from == spare ? v->at : spare;
	}
	if (from == spare)
		memcpy(v->at, spare, v->nr * sizeof(*spare));
}

void vec_sort(struct vec *v)
{
	uint64_t *spare;

	/* What was collected in the order of the memory map is in order. */
	if (is_sorted(v))
		return;
	spare = v->nr >= WORTH_COUNTING ? malloc(v->nr * sizeof(*spare)) : NULL;
	if (spare)
		sort_by_digits(v, spare);
	else
		qsort(v->at, v->nr, sizeof(*v->at), by_value);
	free(spare);
}

long vec_find(const struct vec *v, uint64_t x)
{
	size_t from = 0;

	/* Without a branch that depends on what is found: which way it goes cannot be foreseen. */
	for (size_t n = v->nr; n > 1; n -= n / 2)
		from += v->at[from + n / 2] <= x ? n / 2 : 0;
	return v->nr && v->at[from] == x ? (long)from : -1;
}

void vec_free(struct vec *v)
{
	free(v->at);
	memset(v, 0, sizeof(*v));
}

const char *owner_name(unsigned int owner)
{
	static const char *const names[] = PAGE_OWNER_NAMES;

	return owner < NR_PAGE_OWNERS ? names[owner] : "nobody";
}

/* ---- the check ---- */

static void (*const parts[])(struct check_ctx *c) = {
	check_zones,  check_buddy,      check_debug_begin, check_pages,   check_pageblocks, check_depot,
	check_tables, check_anon,       check_swap,        check_slabs,   check_vmalloc,    check_dma,
	check_rings,  check_page_cache, check_mempools,    check_threads, check_sched,      check_compaction,
	check_oom,    check_lru,        check_reclaim,
};

void check_tally(struct check_report *r)
{
	r->checked = r->broken = 0;
	for (unsigned int i = 0; i < NR_RULES; i++) {
		r->checked += r->ran[i];
		r->broken += r->found[i] != 0;
	}
}

static void finish(struct check_report *r, uint64_t start)
{
	check_tally(r);
	r->ns = view_now() - start;
}

static bool same_fault(const struct check_report *r, const struct check_fault *f)
{
	for (unsigned int i = 0; i < r->nr_faults; i++)
		if (r->faults[i].rule == f->rule && r->faults[i].pfn == f->pfn && r->faults[i].addr == f->addr)
			return true;
	return false;
}

void check_confirm(struct check_report *r, const struct check_report *again)
{
	uint32_t kept[NR_RULES] = {0};
	unsigned int n = 0;

	for (unsigned int i = 0; i < r->nr_faults; i++) {
		if (!same_fault(again, &r->faults[i]))
			continue;
		kept[r->faults[i].rule]++;
		r->faults[n++] = r->faults[i];
	}
	r->nr_faults = n;
	r->total_faults = r->total_flux = 0;
	r->broken = r->checked = 0;
	for (unsigned int i = 0; i < NR_RULES; i++) {
		/* Too many to keep them all, both times: then it is not a moment's state. */
		bool many = r->found[i] > CHECK_KEEP && again->found[i] > CHECK_KEEP && kept[i];

		r->found[i] = many ? r->found[i] : kept[i];
		r->total_faults += r->found[i];
		r->broken += r->found[i] != 0;
		if (again->flux[i] < r->flux[i])
			r->flux[i] = again->flux[i];
		r->total_flux += r->flux[i];
		r->ran[i] = r->ran[i] || again->ran[i];
		r->checked += r->ran[i];
	}
}

/* A root whose magic is gone was there once: that is a broken invariant, not a source nobody can read. */
static int judge_root(struct check_ctx *c, const char *why, uint64_t start)
{
	check_want(check_fault(c, R_ROOT, CHECK_NO_PFN, view_root_addr(c->v), "%.79s", why), "a valid root");
	check_got(&c->r->faults[c->r->nr_faults - 1], "magic %#lx", c->v->root.magic);
	finish(c->r, start);
	return (int)c->r->broken;
}

int view_check(struct view *v, struct check_report *r, char *err)
{
	return view_check_by(v, 0, r, err);
}

int view_check_by(struct view *v, unsigned int workers, struct check_report *r, char *err)
{
	struct check_ctx c = {.v = v, .r = r, .workers = workers};
	uint64_t start = view_now();
	char why[VIEW_ERR_MAX];

	c.root = view_root(v, why);
	if (!c.root) {
		uint64_t magic;

		if (view_root_addr(v) && !view_read(v, view_root_addr(v), &magic, sizeof(magic)) &&
		    magic != MM_ROOT_MAGIC)
			return judge_root(&c, why, start);
		view_err(err, "%s", why);
		return -1;
	}
	c.busy = !c.root->tsc_done;
	check_ran(&c, R_ROOT);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		parts[i](&c);
	for (int i = 0; i < MAX_NR_ZONES; i++)
		if (c.zones[i].listed)
			munmap(c.zones[i].listed, (c.zones[i].end - c.zones[i].first) / 8 + 1);
	vec_free(&c.slab_heads);
	vec_free(&c.pt_pages);
	vec_free(&c.vm_pages);
	vec_free(&c.cache_pages);
	vec_free(&c.dma_heads);
	vec_free(&c.anon_pages);
	vec_free(&c.swap_refs);
	free(c.user_maps.at);
	vec_free(&c.lru_pages);
	free(c.vm_leaves.at);
	finish(r, start);
	return (int)r->broken;
}
