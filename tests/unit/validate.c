// SPDX-License-Identifier: MIT
/*
 * validate.c - see validate.h. The walks trust nothing that they have not checked: a page's state is looked at before its
 * order, a link is followed only if it leads back.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/list.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/minmax.h>
#include <linux/rbtree.h>
#include <linux/slab.h>

#include "tests/unit/arch/sim.h"
#include "tests/unit/validate.h"

/* Also fails the walk that it is in. */
static __attribute__((format(printf, 1, 2))) const char *wrong(const char *fmt, ...)
{
	static char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return text;
}

/* ---- zones ---- */

static bool all_zero(const void *at, size_t size)
{
	static const char zeros[4 * PAGE_SIZE];

	return !memcmp(at, zeros, size);
}

static const struct pfn_range *fresh_range(const struct zone *z, unsigned long pfn)
{
	for (uint64_t i = 0; i < z->nr_fresh; i++)
		if (pfn >= z->fresh[i].start && pfn < z->fresh[i].end)
			return &z->fresh[i];
	return NULL;
}

struct zone_count {
	unsigned long free, used, pcp;
	unsigned long present, blocks[NR_PAGE_ORDERS], type[MIGRATE_TYPES];
};

static unsigned int block_type(unsigned long pfn)
{
	return PAGEBLOCK_TYPE(mm_root.pageblocks[pfn >> PAGEBLOCK_ORDER]);
}

static const char *check_clean(unsigned long pfn, const struct page *p)
{
	if (p->owner || p->refcount || p->mapcount || p->mapping || p->index || p->private || p->memcg_data)
		return wrong("free head %lx is not clean", pfn);
	if (p->flags & ~(PG_ZEROED | (p->state == PAGE_PCP ? PG_ZONE : 0)))
		return wrong("free head %lx has flags %x", pfn, p->flags);
	if (p->state == PAGE_PCP && (p->flags & PG_ZONE) >> PG_ZONE_SHIFT != page_zonenum(p))
		return wrong("CPU's block %lx is of zone %u", pfn, (p->flags & PG_ZONE) >> PG_ZONE_SHIFT);
	if ((p->flags & PG_ZEROED) && p->order <= 2 && !all_zero(page_address(p), PAGE_SIZE << p->order))
		return wrong("free block %lx says it is zero and is not", pfn);
	return NULL;
}

/* Would @p and the free block at @mate have been merged? */
static bool mergeable(const struct zone *z, const struct page *p, unsigned long mate)
{
	const struct page *q = pfn_to_page(mate);

	if (p->order >= MAX_PAGE_ORDER || !pfn_valid(mate) || page_zone(q) != z || q->state != PAGE_FREE ||
	    q->order != p->order)
		return false;
	return p->order < PAGEBLOCK_ORDER || p->migratetype == q->migratetype ||
	       (p->migratetype < MIGRATE_PCPTYPES && q->migratetype < MIGRATE_PCPTYPES);
}

static const char *check_free_head(const struct zone *z, unsigned long pfn, const struct page *p)
{
	if (mergeable(z, p, pfn ^ (1UL << p->order)))
		return wrong("free head %lx and its buddy are not merged (order %u)", pfn, p->order);
	for (unsigned long at = pfn; at < pfn + (1UL << p->order); at += PAGEBLOCK_PAGES)
		if (block_type(at) != p->migratetype)
			return wrong("free block %lx is of type %u, its pageblock %lx of %u", pfn, p->migratetype, at,
				     block_type(at));
	return check_clean(pfn, p);
}

static const char *check_pcp_head(unsigned long pfn, const struct page *p)
{
	if (p->migratetype >= MIGRATE_PCPTYPES || (p->order >= PCP_ORDERS && p->order != PAGEBLOCK_ORDER))
		return wrong("CPU's block %lx is of type %u, order %u", pfn, p->migratetype, p->order);
	return check_clean(pfn, p);
}

static const char *check_used_head(unsigned long pfn, const struct page *p)
{
	if (p->refcount < 1 && !(p->flags & PG_FROZEN))
		return wrong("used head %lx has reference count %d", pfn, p->refcount);
	if ((p->flags & PG_ZONE) >> PG_ZONE_SHIFT != page_zonenum(p))
		return wrong("used head %lx is of zone %u", pfn, (p->flags & PG_ZONE) >> PG_ZONE_SHIFT);
	if (p->owner >= NR_PAGE_OWNERS || p->migratetype >= MIGRATE_PCPTYPES)
		return wrong("used head %lx has owner %u, type %u", pfn, p->owner, p->migratetype);
	return NULL;
}

static const char *check_block(const struct zone *z, unsigned long pfn, const struct page *p, unsigned long end)
{
	if (p->state != PAGE_FREE && p->state != PAGE_USED && p->state != PAGE_PCP)
		return wrong("page %lx is in no block (state %u)", pfn, p->state);
	if (p->order > MAX_PAGE_ORDER || pfn & ((1UL << p->order) - 1) || pfn + (1UL << p->order) > end)
		return wrong("block %lx of order %u is misplaced", pfn, p->order);
	for (unsigned long i = 1; i < 1UL << p->order; i++) {
		struct page tail = p[i];

		if (p->state == PAGE_USED && p->owner == OWNER_SLAB && tail.owner == OWNER_SLAB &&
		    tail.mapping == p->mapping)
			tail.owner = 0, tail.mapping = 0;
		if (!all_zero(&tail, sizeof(tail)))
			return wrong("tail %lx of block %lx is not quiet", pfn + i, pfn);
		if (memblock_is_reserved((pfn + i) << PAGE_SHIFT))
			return wrong("block %lx runs into reserved %lx", pfn, pfn + i);
	}
	if (p->state == PAGE_PCP)
		return check_pcp_head(pfn, p);
	return p->state == PAGE_FREE ? check_free_head(z, pfn, p) : check_used_head(pfn, p);
}

/* Pages [pfn, end), all RAM of one zone. */
static const char *walk_range(const struct zone *z, unsigned long pfn, unsigned long end, struct zone_count *n,
			      struct census *census)
{
	n->present += end - pfn;
	while (pfn < end) {
		const struct page *p = pfn_to_page(pfn);
		const struct pfn_range *fresh = fresh_range(z, pfn);
		const char *bad;

		if (memblock_is_reserved((phys_addr_t)pfn << PAGE_SHIFT) || fresh) {
			if (!all_zero(p, sizeof(*p)) || (fresh && block_type(pfn) != MIGRATE_MOVABLE))
				return wrong("%s page %lx is not quiet", fresh ? "fresh" : "reserved", pfn);
			n->free += fresh != NULL;
			pfn++;
			continue;
		}
		bad = check_block(z, pfn, p, end);
		if (bad)
			return bad;
		if (p->state == PAGE_FREE) {
			n->free += 1UL << p->order;
			n->blocks[p->order]++;
			n->type[p->migratetype] += 1UL << p->order;
		} else if (p->state == PAGE_PCP) {
			n->pcp += 1UL << p->order;
		} else {
			n->used += 1UL << p->order;
			census->owned[p->owner] += 1UL << p->order;
			census->blocks[p->owner]++;
		}
		pfn += 1UL << p->order;
	}
	return NULL;
}

static const char *walk_list(const struct zone *z, unsigned int order, unsigned int type, uint64_t *len)
{
	const struct list_head *head = &z->free_area[order].free_list[type], *at;

	if (!(z->avail[type] >> order & 1) != (head->next == head))
		return wrong("%s order %u type %u: avail does not say what the list does", z->name, order, type);
	for (at = head->next; at != head; at = at->next, (*len)++) {
		const struct page *p = list_entry((struct list_head *)at, struct page, lru);

		if (at->next->prev != at || at->prev->next != at)
			return wrong("%s order %u: broken link at %lx", z->name, order, page_to_pfn(p));
		if (p->state != PAGE_FREE || p->order != order || p->migratetype != type || page_zone(p) != z)
			return wrong("%s order %u: entry %lx does not belong", z->name, order, page_to_pfn(p));
	}
	return NULL;
}

static const char *walk_pcps(const struct zone *z, const struct zone_count *n)
{
	unsigned long all = 0;

	for (unsigned int cpu = 0; cpu < mm_root.nr_cpus; cpu++) {
		const struct per_cpu_pages *pcp = &mm_root.pcp[cpu * MAX_NR_ZONES + zone_idx(z)];
		unsigned long pages = 0;

		for (unsigned int i = 0; i < NR_PCP_LISTS; i++) {
			for (const struct page *p = pcp->lists[i]; p; p = (const struct page *)p->lru.next) {
				if (p->state != PAGE_PCP || p->order != PCP_LIST_ORDER(i) ||
				    p->migratetype != PCP_LIST_TYPE(i) || page_zone(p) != z)
					return wrong("%s cpu %u list %u: %lx does not belong", z->name, cpu, i,
						     page_to_pfn(p));
				pages += 1UL << p->order;
			}
		}
		if (PCP_BUSY(pcp) || pages != pcp->count || pages > pcp->high)
			return wrong("%s cpu %u: seq %u, count %u, high %u, counted %lu", z->name, cpu, pcp->seq,
				     pcp->count, pcp->high, pages);
		all += pages;
	}
	return all == n->pcp ? NULL : wrong("%s: %lu pages on CPUs' lists, %lu say so", z->name, all, n->pcp);
}

static const char *walk_lists(const struct zone *z, const struct zone_count *n)
{
	uint64_t pages = 0;

	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
		uint64_t len = 0;

		for (unsigned int t = 0; t < MIGRATE_TYPES; t++) {
			const char *bad = walk_list(z, o, t, &len);

			if (bad)
				return bad;
		}
		if (len != z->free_area[o].nr_free || len != n->blocks[o])
			return wrong("%s order %u: list %lu, nr_free %lu, found %lu", z->name, o, (unsigned long)len,
				     (unsigned long)z->free_area[o].nr_free, n->blocks[o]);
		pages += len << o;
	}
	for (unsigned int t = 0; t < MIGRATE_TYPES; t++)
		if (z->nr_type[t] != n->type[t])
			return wrong("%s: nr_type[%u] %lu, found %lu", z->name, t, (unsigned long)z->nr_type[t],
				     n->type[t]);
	for (uint64_t i = 0; i < z->nr_fresh; i++)
		pages += z->fresh[i].end - z->fresh[i].start;
	if (pages != z->nr_free + n->type[MIGRATE_ISOLATE] || pages != n->free)
		return wrong("%s: free %lu by lists, %lu by pages, nr_free %lu", z->name, (unsigned long)pages, n->free,
			     (unsigned long)z->nr_free);
	return walk_pcps(z, n);
}

/* Blocks that are set aside, by the types of all. A block belongs to the zone of its first page that is RAM. */
static const char *walk_pageblocks(const struct zone *z)
{
	unsigned long highatomic = 0, isolated = 0;

	for (unsigned long pfn = z->start_pfn & ~(PAGEBLOCK_PAGES - 1); pfn < zone_end_pfn(z); pfn += PAGEBLOCK_PAGES) {
		unsigned int type = block_type(pfn);

		if (type >= MIGRATE_TYPES || type == MIGRATE_CMA)
			return wrong("%s: pageblock %lx has type %u", z->name, pfn, type);
		highatomic += type == MIGRATE_HIGHATOMIC ? PAGEBLOCK_PAGES : 0;
		isolated += type == MIGRATE_ISOLATE;
	}
	if (highatomic != z->nr_highatomic || isolated != z->nr_isolated)
		return wrong("%s: nr_highatomic %lu, counted %lu; nr_isolated %lu, counted %lu", z->name,
			     (unsigned long)z->nr_highatomic, highatomic, (unsigned long)z->nr_isolated, isolated);
	return NULL;
}

const char *validate_zones(struct census *census)
{
	memset(census, 0, sizeof(*census));
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		static const uint64_t limit[] = {0, DMA_END >> PAGE_SHIFT, DMA32_END >> PAGE_SHIFT, ~0UL};
		const struct zone *z = &mm_zones[i];
		uint64_t from = i == ZONE_MOVABLE ? mm_root.movable_pfn : limit[i];
		uint64_t to = i == ZONE_MOVABLE ? ~0UL : min_t(uint64_t, limit[i + 1], mm_root.movable_pfn);
		struct zone_count n = {0};
		const char *bad = NULL;

		for (uint64_t r = 0; r < memblock.memory.cnt && !bad; r++) {
			const struct memblock_region *ram = &memblock.memory.regions[r];
			uint64_t lo = max_t(uint64_t, ram->base >> PAGE_SHIFT, from);
			uint64_t hi = min_t(uint64_t, (ram->base + ram->size) >> PAGE_SHIFT, to);

			if (lo < hi)
				bad = walk_range(z, lo, hi, &n, census);
		}
		bad = bad ? bad : walk_lists(z, &n);
		bad = bad ? bad : walk_pageblocks(z);
		if (bad)
			return bad;
		if (n.present != z->present_pages || n.free + n.pcp + n.used != z->managed_pages || z->lock.word ||
		    z->lock.seq & 1)
			return wrong("%s: present %lu of %lu, free %lu + %lu + used %lu of managed %lu", z->name,
				     n.present, (unsigned long)z->present_pages, n.free, n.pcp, n.used,
				     (unsigned long)z->managed_pages);
		census->free += n.free;
		census->pcp += n.pcp;
		census->used += n.used;
	}
	return NULL;
}

/* ---- slabs ---- */

static void *link_of(const struct kmem_cache *s, const void *obj)
{
	const uint64_t *at = (const uint64_t *)((const char *)obj + s->offset);

	return (void *)(uintptr_t)slab_link(s->random, (uint64_t)(uintptr_t)at, *at);
}

/* Which objects of a slab are accounted for: one bit each. */
static bool claim(unsigned char *seen, const struct kmem_cache *s, const struct slab *slab, const void *obj)
{
	unsigned long off = (unsigned long)obj - (unsigned long)page_address((const struct page *)slab) - s->first;

	if (off >= (unsigned long)slab->objects * s->size || off % s->size || seen[off / s->size])
		return false;
	seen[off / s->size] = 1;
	return true;
}

static const char *check_slab(const struct kmem_cache *s, const struct slab *slab, unsigned long *waiting)
{
	unsigned char *seen = calloc(slab->objects, 1);
	const char *bad = NULL;
	unsigned int nr_free = 0, lying = 0;

	if (slab->state != PAGE_USED || slab->owner != OWNER_SLAB || slab->slab_cache != s ||
	    (slab->order != s->order && slab->order != s->min_order) ||
	    slab->objects != ((PAGE_SIZE << slab->order) - s->first) / s->size)
		bad = wrong("%s: slab does not belong", s->name);
	for (void *o = slab->freelist; o && !bad; nr_free++) {
		if (!claim(seen, s, slab, o))
			bad = wrong("%s: free list goes wrong at %p", s->name, o);
		else
			o = link_of(s, o);
	}
	if (!bad && nr_free != (unsigned int)slab->objects - slab->inuse)
		bad = wrong("%s: %u free, inuse %u of %u", s->name, nr_free, slab->inuse, slab->objects);
	for (uint32_t cpu = 0; cpu < mm_root.nr_cpus && !bad; cpu++) {
		for (uint32_t i = 0; i < s->cpu[cpu].nr && !bad; i++) {
			void *o = s->cpu[cpu].objs[i];

			if (virt_to_head_page(o) != (const struct page *)slab)
				continue;
			lying++;
			if (!claim(seen, s, slab, o))
				bad = wrong("%s: object %p is free twice or no object", s->name, o);
		}
	}
	free(seen);
	*waiting += lying;
	return bad;
}

static const char *walk_slab_list(const struct kmem_cache *s, struct list_head *head, uint64_t expect, int kind,
				  unsigned long *inuse, unsigned long *waiting)
{
	uint64_t len = 0;

	for (struct list_head *at = head->next; at != head; at = at->next, len++) {
		const struct slab *slab = list_entry(at, struct slab, slab_list);
		int is = !slab->inuse ? 0 : slab->inuse < slab->objects ? 1 : 2;
		const char *bad;

		if (at->next->prev != at)
			return wrong("%s: broken slab list", s->name);
		bad = check_slab(s, slab, waiting);
		if (bad)
			return bad;
		if (is != kind)
			return wrong("%s: slab with %u of %u in use on list %d", s->name, slab->inuse, slab->objects,
				     kind);
		*inuse += slab->inuse;
	}
	return len == expect ? NULL
			     : wrong("%s: list %d has %lu, count says %lu", s->name, kind, (unsigned long)len,
				     (unsigned long)expect);
}

const char *validate_slabs(void)
{
	struct kmem_cache *s;

	list_for_each_entry (s, &mm_root.slab_caches, list) {
		unsigned long inuse = 0, waiting = 0, held = 0;
		const char *bad = walk_slab_list(s, &s->empty, s->nr_empty, 0, &inuse, &waiting);

		bad = bad ? bad : walk_slab_list(s, &s->partial, s->nr_partial, 1, &inuse, &waiting);
		bad = bad ? bad : walk_slab_list(s, &s->full, s->nr_full, 2, &inuse, &waiting);
		if (bad)
			return bad;
		for (uint32_t cpu = 0; cpu < mm_root.nr_cpus; cpu++) {
			const struct slab_cpu *c = &s->cpu[cpu];

			if (c->nr > c->cap || c->cap > SLAB_CPU_CAP || c->busy)
				return wrong("%s: cpu %u holds %u of %u", s->name, cpu, c->nr, c->cap);
			held += c->nr;
		}
		if (held != waiting)
			return wrong("%s: %lu wait in arrays, %lu found in slabs", s->name, held, waiting);
		if (kmem_cache_objects(s) != inuse - waiting)
			return wrong("%s: users hold %lu by counts, %lu by slabs", s->name, kmem_cache_objects(s),
				     inuse - waiting);
		if (s->nr_out != inuse)
			return wrong("%s: nr_out %lu, slabs say %lu", s->name, (unsigned long)s->nr_out, inuse);
		if (s->nr_empty + s->nr_partial + s->nr_full != s->nr_slabs || s->lock.word || s->lock.seq & 1)
			return wrong("%s: nr_slabs %lu", s->name, (unsigned long)s->nr_slabs);
	}
	return NULL;
}

/* ---- address space ---- */

static uint64_t subtree_largest(const struct rb_node *node, unsigned long *nodes, const char **bad)
{
	const struct vmap_area *va;
	uint64_t own, left, right;

	if (!node)
		return 0;
	va = rb_entry((struct rb_node *)node, struct vmap_area, node);
	(*nodes)++;
	left = subtree_largest(node->left, nodes, bad);
	right = subtree_largest(node->right, nodes, bad);
	own = va->va_end - va->va_start;
	own = left > own ? left : own;
	own = right > own ? right : own;
	if (own != va->subtree_max)
		*bad = wrong("piece %lx: subtree_max %lx, counted %lx", (unsigned long)va->va_start,
			     (unsigned long)va->subtree_max, (unsigned long)own);
	return own;
}

/* List and tree hold the same pieces in the same order. */
static const char *same_order(struct list_head *list, struct rb_root *root, uint64_t expect)
{
	struct rb_node *node = rb_first(root);
	struct vmap_area *va;
	uint64_t n = 0;

	list_for_each_entry (va, list, list) {
		if (!node || rb_entry(node, struct vmap_area, node) != va)
			return wrong("tree and list differ at %lx", (unsigned long)va->va_start);
		node = rb_next(node);
		n++;
	}
	return node || n != expect
		       ? wrong("tree, list and count differ: %lu, %lu", (unsigned long)n, (unsigned long)expect)
		       : NULL;
}

static const char *check_area(const struct vmap_area *va, uint64_t *pages, unsigned long *mapped)
{
	const struct vm_struct *vm = va->vm;

	if (!vm && va->flags & VMAP_RAM)
		return NULL;
	if (!vm || vm->addr != va->va_start || vm->size != va->va_end - va->va_start)
		return wrong("area %lx does not fit its piece", (unsigned long)va->va_start);
	if (vm->flags & VM_ALLOC)
		*pages += vm->nr_pages;
	if (vm->flags & VM_UNINITIALIZED || !vm->pages)
		return NULL;
	*mapped += vm->nr_pages;
	if (vm->nr_pages != get_vm_area_size(vm) >> PAGE_SHIFT)
		return wrong("area %lx has %lu pages", (unsigned long)vm->addr, (unsigned long)vm->nr_pages);
	for (uint64_t i = 0; i < vm->nr_pages; i++) {
		if (vmalloc_to_page((void *)(vm->addr + i * PAGE_SIZE)) != vm->pages[i])
			return wrong("area %lx page %lu is not mapped as it says", (unsigned long)vm->addr,
				     (unsigned long)i);
		if (vm->flags & VM_ALLOC && vm->pages[i]->owner != OWNER_VMALLOC)
			return wrong("area %lx page %lu has another owner", (unsigned long)vm->addr, (unsigned long)i);
	}
	if (vmalloc_to_page((void *)(vm->addr + vm->nr_pages * PAGE_SIZE)))
		return wrong("area %lx has no guard", (unsigned long)vm->addr);
	return NULL;
}

static unsigned long lazy_owned;

/* The lazy piece that begins at @at, or NULL. */
static const struct vmap_area *lazy_at(struct vmap_space *space, uint64_t at)
{
	const struct vmap_area *va;

	list_for_each_entry (va, &space->lazy, list)
		if (va->va_start == at)
			return va;
	return NULL;
}

static const char *check_lazy(struct vmap_space *space)
{
	unsigned long n = 0, pages = 0;
	const struct vmap_area *va;

	list_for_each_entry (va, &space->lazy, list) {
		n++;
		pages += (va->va_end - va->va_start) >> PAGE_SHIFT;
		if (va->vm && va->vm->flags & VM_ALLOC)
			lazy_owned += va->vm->nr_pages;
		if (!(va->flags & (VMAP_UNMAPPED | VMAP_QUEUED)))
			return wrong("lazy piece %lx is nobody's", (unsigned long)va->va_start);
		for (uint64_t at = va->va_start; va->flags & VMAP_UNMAPPED && at < va->va_end; at += PAGE_SIZE)
			if (vmalloc_to_page((void *)at))
				return wrong("lazy piece %lx is mapped", (unsigned long)va->va_start);
	}
	if (!list_empty(&space->purging) || n != space->nr_lazy || pages != space->lazy_pages)
		return wrong("%lu lazy pieces of %lu pages, counted otherwise", n, pages);
	return NULL;
}

static const char *validate_space(struct vmap_space *space, unsigned long *mapped)
{
	struct list_head *busy = space->busy.next, *avail = space->free.next;
	uint64_t at = space->start, pages = 0;
	bool was_free = false;
	unsigned long nodes = 0;
	const char *bad = check_lazy(space);

	if (bad)
		return bad;
	while (at < space->end) {
		struct vmap_area *b = list_entry(busy, struct vmap_area, list);
		struct vmap_area *f = list_entry(avail, struct vmap_area, list);
		const struct vmap_area *lazy = lazy_at(space, at);

		if (busy != &space->busy && b->va_start == at) {
			bad = check_area(b, &pages, mapped);
			if (bad)
				return bad;
			at = b->va_end;
			busy = busy->next;
			was_free = false;
		} else if (avail != &space->free && f->va_start == at && !was_free && !f->vm && f->va_end > at) {
			at = f->va_end;
			avail = avail->next;
			was_free = true;
		} else if (lazy) {
			at = lazy->va_end;
			was_free = false;
		} else {
			return wrong("addresses from %lx are nobody's, or two free pieces touch", (unsigned long)at);
		}
	}
	if (busy != &space->busy || avail != &space->free || at != space->end)
		return wrong("pieces beyond the end");
	bad = same_order(&space->busy, &space->busy_root, space->nr_busy);
	bad = bad ? bad : same_order(&space->free, &space->free_root, space->nr_free);
	subtree_largest(space->free_root.node, &nodes, &bad);
	if (!bad && (pages != space->nr_pages || space->lock.word || space->lock.seq & 1))
		bad = wrong("nr_pages %lu, counted %lu", (unsigned long)space->nr_pages, (unsigned long)pages);
	return bad;
}

static const char *validate_block(const struct vmap_block *vb, unsigned int cpu)
{
	unsigned int used = 0;

	for (unsigned int i = 0; i < VMAP_BLOCK_PAGES; i++) {
		bool bit = vb->used[i / 64] >> (i % 64) & 1;

		used += bit;
		if (bit != (vmalloc_to_page((void *)(vb->va->va_start + i * PAGE_SIZE)) != NULL))
			return wrong("block %lx page %u is not as it says", (unsigned long)vb->va->va_start, i);
	}
	if (used + vb->free + vb->dirty != VMAP_BLOCK_PAGES || vb->next_page + vb->free != VMAP_BLOCK_PAGES ||
	    vb->cpu != cpu || vb->va->block != vb)
		return wrong("block %lx does not add up", (unsigned long)vb->va->va_start);
	return NULL;
}

static const char *validate_blocks(void)
{
	for (unsigned int cpu = 0; cpu < mm_root.nr_cpus; cpu++) {
		const struct vmap_slot *slot = &mm_root.vmap_slots[cpu];
		const struct vmap_block *vb;
		unsigned long n = 0;

		list_for_each_entry (vb, &slot->blocks, list) {
			const char *bad = validate_block(vb, cpu);

			if (bad)
				return bad;
			n++;
		}
		if (n != slot->nr)
			return wrong("slot %lu has %lu blocks", (unsigned long)cpu, n);
	}
	return NULL;
}

const char *validate_vmaps(void)
{
	unsigned long mapped = 0;
	const char *bad;

	lazy_owned = 0;
	bad = validate_space(mm_root.vmalloc, &mapped);
	bad = bad ? bad : validate_space(mm_root.module_space, &mapped);
	bad = bad ? bad : validate_blocks();
	if (!bad && mapped > sim_mapped_pages())
		bad = wrong("%lu pages in areas, %lu mapped", mapped, sim_mapped_pages());
	return bad;
}

const char *validate_all(void)
{
	unsigned long slab_pages = 0;
	struct census census;
	struct kmem_cache *s;
	const char *bad = validate_zones(&census);

	bad = bad ? bad : validate_slabs();
	bad = bad ? bad : validate_vmaps();
	if (bad)
		return bad;
	list_for_each_entry (s, &mm_root.slab_caches, list)
		slab_pages += kmem_cache_pages(s);
	if (slab_pages != census.owned[OWNER_SLAB])
		return wrong("caches have %lu pages, %lu pages are slabs", slab_pages, census.owned[OWNER_SLAB]);
	if (vmalloc_nr_pages() + lazy_owned != census.owned[OWNER_VMALLOC])
		return wrong("areas have %lu pages, %lu pages say so", vmalloc_nr_pages() + lazy_owned,
			     census.owned[OWNER_VMALLOC]);
	return NULL;
}
