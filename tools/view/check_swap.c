// SPDX-License-Identifier: MIT
/*
 * check_swap.c - swap devices: slots, the pages that have one, clusters, and what CPUs take slots from.
 *
 * The arrays of a device are copied once; a device whose lock says that it is being changed is left alone. How many entries lead
 * to a slot is what check_user.c found.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/view/check_user.h"

#define MAX_SLOTS (1U << 26)

/** struct swap_dev - a device. @si: a copy; @map, @cache, @clusters: copies of its arrays */
struct swap_dev {
	struct check_ctx *c;
	gva_t addr;
	struct swap_info si;
	uint8_t *map;
	gva_t *cache;
	struct swap_cluster *clusters;
};

static struct check_fault *fault(struct swap_dev *d, enum rule rule, uint64_t pfn, gva_t at)
{
	return check_fault(d->c, rule, pfn, at, "swap device %.8s", d->si.name);
}

static void unlike(struct swap_dev *d, enum rule rule, const char *what, uint64_t n, uint64_t got, uint64_t want)
{
	struct check_fault *f;

	if (got == want)
		return;
	f = fault(d, rule, CHECK_NO_PFN, d->addr);
	check_got(f, "%s %lu: %lu", what, n, got);
	check_want(f, "%lu", want);
}

static void *copy(const struct swap_dev *d, gva_t at, size_t size)
{
	void *p = malloc(size ? size : 1);

	if (p && view_read(d->c->v, at, p, size)) {
		free(p);
		p = NULL;
	}
	return p;
}

/* ---- slots and their pages ---- */

static void check_cached(struct swap_dev *d, uint32_t slot)
{
	uint64_t entry = (uint64_t)d->si.type << 56 | slot, pfn;
	bool has = d->map[slot] & SWAP_HAS_CACHE;
	struct check_fault *f;
	struct page p;

	if (!has && !d->cache[slot])
		return;
	if (has && d->cache[slot] && !view_pfn_of(d->cache[slot], &pfn) && !view_page(d->c->v, pfn, &p) &&
	    p.state == PAGE_USED && p.owner == OWNER_ANON && p.flags & PG_SWAPCACHE && p.private == entry)
		return;
	f = fault(d, R_SWAP_CACHE, CHECK_NO_PFN, d->cache[slot] ? d->cache[slot] : d->addr);
	check_got(f, "slot %u: byte %#x, page %#lx", slot, d->map[slot], d->cache[slot]);
	check_want(f, "a page that says that it is in this slot, or none");
}

/* Entries that lead to a slot stand together in the sorted list. */
static size_t entries_of(const struct vec *refs, size_t *at, uint64_t entry)
{
	size_t n = 0;

	while (*at < refs->nr && refs->at[*at] < entry)
		++*at;
	for (; *at < refs->nr && refs->at[*at] == entry; ++*at)
		n++;
	return n;
}

static void check_slots(struct swap_dev *d)
{
	uint64_t used = 0, cached = 0, usable = 0;
	size_t at = 0;

	for (uint32_t slot = 0; slot < d->si.max; slot++) {
		uint8_t byte = d->map[slot];
		size_t n = entries_of(&d->c->swap_refs, &at, (uint64_t)d->si.type << 56 | slot);
		bool bad = byte == SWAP_MAP_FAILED;

		used += !bad && byte;
		usable += !bad;
		cached += (byte & SWAP_HAS_CACHE) != 0;
		if (!d->c->users_flux)
			unlike(d, R_SWAP_MAP, "count of slot", slot, byte & SWAP_MAP_COUNT, n);
		check_cached(d, slot);
	}
	unlike(d, R_SWAP_COUNT, "slots in use, of", d->si.max, d->si.inuse_pages, used);
	unlike(d, R_SWAP_COUNT, "cached slots, of", d->si.max, d->si.nr_cached, cached);
	unlike(d, R_SWAP_COUNT, "usable slots, of", d->si.max, d->si.pages, usable);
}

/* Entries must not lead where nothing is. */
static void check_wild(struct check_ctx *c, const struct swap_info *infos)
{
	for (size_t i = 0; i < c->swap_refs.nr; i++) {
		uint64_t type = c->swap_refs.at[i] >> 56, slot = c->swap_refs.at[i] & ((1UL << 56) - 1);
		struct check_fault *f;

		if (type < MAX_SWAPFILES && infos[type].flags & SWP_USED && slot && slot < infos[type].max)
			continue;
		f = check_fault(c, R_SWAP_MAP, CHECK_NO_PFN, c->root->swaps.va, "swap entry");
		check_got(f, "an entry that leads to slot %lu of device %lu", slot, type);
		check_want(f, "a slot of a device in use");
	}
}

/* ---- clusters ---- */

static void check_cluster(struct swap_dev *d, uint32_t n)
{
	const struct swap_cluster *k = &d->clusters[n];
	uint32_t slot = n * SWAP_CLUSTER_SLOTS, end = slot + SWAP_CLUSTER_SLOTS, used = 0;
	struct check_fault *f;

	for (; slot < end && slot < d->si.max; slot++)
		used += d->map[slot] != 0;
	unlike(d, R_SWAP_CLUSTER, "count of cluster", n, k->count, used);
	if (k->free == (!k->count && !k->taken))
		return;
	f = fault(d, R_SWAP_CLUSTER, CHECK_NO_PFN, d->si.clusters.va + n * sizeof(*k));
	check_got(f, "cluster %u with count %u is %son the free list%s", n, k->count, k->free ? "" : "not ",
		  k->taken ? ", and a CPU has it" : "");
	check_want(f, "on it if and only if it is empty and no CPU has it");
}

static void check_free_list(struct swap_dev *d)
{
	uint32_t n = 0, at = d->si.free_first, last = SWAP_NO_CLUSTER;
	struct check_fault *f;

	for (; at < d->si.nr_clusters && d->clusters[at].free == 1 && n <= d->si.nr_clusters; n++) {
		last = at;
		at = d->clusters[at].next;
	}
	if (at == SWAP_NO_CLUSTER && n == d->si.nr_free_clusters && last == d->si.free_last)
		return;
	f = fault(d, R_SWAP_CLUSTER, CHECK_NO_PFN, d->addr);
	check_got(f, "a free list of %u clusters that ends at %u", n, last);
	check_want(f, "%u, at %u", d->si.nr_free_clusters, d->si.free_last);
}

static void check_cpus(struct swap_dev *d)
{
	uint32_t taken = 0, had = 0;

	for (uint32_t n = 0; n < d->si.nr_clusters; n++)
		taken += d->clusters[n].taken;
	for (unsigned int cpu = 0; cpu < MMV_NR_CPUS; cpu++) {
		const struct swap_cpu *s = &d->si.cpu[cpu];
		uint32_t first = s->cluster * SWAP_CLUSTER_SLOTS;
		struct check_fault *f;

		if (s->cluster == SWAP_NO_CLUSTER)
			continue;
		had++;
		if (s->cluster < d->si.nr_clusters && d->clusters[s->cluster].taken == 1 && s->next >= first &&
		    s->next <= first + SWAP_CLUSTER_SLOTS)
			continue;
		f = fault(d, R_SWAP_CPU, CHECK_NO_PFN, d->addr + offsetof(struct swap_info, cpu[cpu]));
		check_got(f, "CPU %u: cluster %u, next slot %u", cpu, s->cluster, s->next);
		check_want(f, "a cluster that is taken, and a slot in it");
	}
	unlike(d, R_SWAP_CPU, "clusters taken, of", d->si.nr_clusters, taken, had);
}

/* ---- a device ---- */

static void check_arrays(struct swap_dev *d)
{
	d->map = copy(d, d->si.swap_map.va, d->si.max);
	d->cache = copy(d, d->si.cache.va, d->si.max * sizeof(*d->cache));
	d->clusters = copy(d, d->si.clusters.va, d->si.nr_clusters * sizeof(*d->clusters));
	if (d->map && d->cache && d->clusters) {
		check_slots(d);
		for (uint32_t n = 0; n < d->si.nr_clusters; n++)
			check_cluster(d, n);
		check_free_list(d);
		check_cpus(d);
	} else {
		struct check_fault *f = fault(d, R_SWAP_COUNT, CHECK_NO_PFN, d->addr);

		check_got(f, "arrays that cannot be read");
		check_want(f, "a byte and a pointer for each of %u slots", d->si.max);
	}
	free(d->map);
	free(d->cache);
	free(d->clusters);
}

static void check_swap_device(struct swap_dev *d)
{
	struct check_fault *f;

	if (!(d->si.flags & SWP_USED))
		return;
	if (!check_lock(d->c, &d->si.lock, d->addr, "swap device")) {
		check_flux(d->c, R_SWAP_CACHE, R_SWAP_CPU);
		return;
	}
	if (d->si.max < MAX_SLOTS && d->si.nr_clusters == (d->si.max + SWAP_CLUSTER_SLOTS - 1) / SWAP_CLUSTER_SLOTS) {
		check_arrays(d);
		return;
	}
	f = fault(d, R_SWAP_COUNT, CHECK_NO_PFN, d->addr);
	check_got(f, "%u slots in %u clusters", d->si.max, d->si.nr_clusters);
	check_want(f, "clusters of %d slots", SWAP_CLUSTER_SLOTS);
}

/* A page that says that it has a slot has one. */
static void check_pages_of_cache(struct check_ctx *c, const struct swap_info *infos)
{
	for (size_t i = 0; i < c->anon_pages.nr; i++) {
		uint64_t type, slot;
		struct check_fault *f;
		gva_t at = 0;
		struct page p;

		if (view_page(c->v, c->anon_pages.at[i], &p) || !(p.flags & PG_SWAPCACHE))
			continue;
		type = p.private >> 56;
		slot = p.private & ((1UL << 56) - 1);
		if (type < MAX_SWAPFILES && slot < infos[type].max && infos[type].flags & SWP_USED &&
		    !view_read(c->v, infos[type].cache.va + slot * sizeof(at), &at, sizeof(at)) &&
		    at == view_page_addr(c->anon_pages.at[i]))
			continue;
		f = check_fault(c, R_SWAP_CACHE, c->anon_pages.at[i], view_page_addr(c->anon_pages.at[i]),
				"page of the swap cache");
		check_got(f, "slot %lu of device %lu, where %#lx is", slot, type, at);
		check_want(f, "this page");
	}
}

void check_swap(struct check_ctx *c)
{
	struct swap_info infos[MAX_SWAPFILES];
	bool flux = c->any_flux || c->busy;

	if (!c->root->swaps.va || view_read(c->v, c->root->swaps.va, infos, sizeof(infos)))
		return;
	check_ran_all(c, R_SWAP_CACHE, R_SWAP_CPU);
	vec_sort(&c->swap_refs);
	for (unsigned int i = 0; i < MAX_SWAPFILES; i++) {
		struct swap_dev d = {.c = c, .addr = c->root->swaps.va + i * sizeof(d.si), .si = infos[i]};

		check_swap_device(&d);
		flux |= infos[i].lock.seq & 1;
	}
	if (flux) {
		check_flux(c, R_SWAP_CACHE, R_SWAP_CACHE);
		return;
	}
	check_wild(c, infos);
	check_pages_of_cache(c, infos);
}
