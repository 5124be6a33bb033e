// SPDX-License-Identifier: MIT
/*
 * print_zone.c - zoneinfo: every zone's sizes, marks and counters, and what the CPUs keep of it.
 *
 * The lines are Linux's, so that scripts written for it read them. There is one node; counters that the guest does not have are left
 * out, those that only it has come last. A zone without memory ends after its protection, as on Linux. Counts are
 * exact at any moment: no CPU keeps differences of its own, so the threshold for them is 0.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tools/view/list.h"
#include "tools/view/view_impl.h"

/* SLAB_RECLAIM_ACCOUNT, as slabinfo's readers know it. */
#define CACHE_RECLAIMABLE 0x00020000u

/** struct counter - a line "name value", or a member of the JSON object. */
struct counter {
	const char *name;
	uint64_t value;
};

#define NODE_COUNTERS 4
#define ZONE_COUNTERS 10

struct zone_row {
	struct zone z;
	uint64_t fresh;
	struct counter counters[ZONE_COUNTERS];
	unsigned int nr_pcp;
	struct per_cpu_pages pcp[MMV_NR_CPUS];
};

/* ---- data ---- */

static int node_counters(const struct view *v, struct counter c[NODE_COUNTERS], char *err)
{
	uint64_t reclaimable = 0;
	struct list_cache *caches;
	struct list_memory m;
	int n;

	if (list_memory(v, &m, err))
		return -1;
	n = list_caches(v, &caches, err);
	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++)
		reclaimable += caches[i].flags & CACHE_RECLAIMABLE ? caches[i].pages : 0;
	free(caches);
	/* What is too large for a cache counts as slab, too. */
	c[0] = (struct counter){"nr_slab_reclaimable", reclaimable};
	c[1] = (struct counter){"nr_slab_unreclaimable", m.owner[OWNER_SLAB] + m.owner[OWNER_KMALLOC] - reclaimable};
	c[2] = (struct counter){"nr_kernel_stack", m.owner[OWNER_STACK] << (MMV_PAGE_SHIFT - 10)};
	c[3] = (struct counter){"nr_page_table_pages", m.owner[OWNER_PGTABLE]};
	return 0;
}

static void zone_counters(struct zone_row *row)
{
	const struct zone *z = &row->z;
	uint64_t allocs = z->nr_allocs, frees = z->nr_frees;

	for (unsigned int cpu = 0; cpu < row->nr_pcp; cpu++) {
		allocs += row->pcp[cpu].nr_allocs;
		frees += row->pcp[cpu].nr_frees;
	}

	const struct counter c[ZONE_COUNTERS] = {
		{"nr_free_pages", z->nr_free},
		{"nr_free_cma", z->nr_type[MIGRATE_CMA]},
		{"nr_fresh_pages", row->fresh},
		{"nr_highatomic", z->nr_highatomic},
		{"nr_isolated_blocks", z->nr_isolated},
		{"nr_alloc_blocks", allocs},
		{"nr_free_blocks", frees},
		{"nr_block_claims", z->nr_claims},
		{"nr_part_claims", z->nr_part_claims},
		{"nr_block_steals", z->nr_steals},
	};

	memcpy(row->counters, c, sizeof(c));
}

static int read_row(const struct view *v, const struct mm_root *root, unsigned int i, struct zone_row *row, char *err)
{
	memset(row, 0, sizeof(*row));
	if (view_read(v, root->zones.va + i * sizeof(row->z), &row->z, sizeof(row->z))) {
		view_err(err, "zone %u at %#lx: no memory is mapped there", i, root->zones.va + i * sizeof(row->z));
		return -1;
	}
	for (uint64_t f = 0; f < row->z.nr_fresh && f < MMV_NR_FRESH; f++)
		row->fresh += row->z.fresh[f].end - row->z.fresh[f].start;
	for (unsigned int cpu = 0; cpu < root->nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		struct per_cpu_pages *pcp = &row->pcp[cpu];

		if (view_read(v, root->pcp.va + (cpu * MAX_NR_ZONES + i) * sizeof(*pcp), pcp, sizeof(*pcp))) {
			view_err(err, "lists of CPU %u: no memory is mapped there", cpu);
			return -1;
		}
		row->nr_pcp++;
	}
	zone_counters(row);
	return 0;
}

/* ---- text ---- */

static const char *zone_name(unsigned int i)
{
	static const char *const names[] = ZONE_NAMES;

	return names[i];
}

static void print_counters(const struct counter *c, unsigned int n, FILE *out)
{
	for (unsigned int i = 0; i < n; i++)
		fprintf(out, "\n      %-12s %lu", c[i].name, c[i].value);
}

static void print_sizes(const struct zone *z, FILE *out)
{
	/* Nothing raises marks for a while, and nothing is set aside for CMA. */
	fprintf(out,
		"\n  pages free     %lu\n        boost    %lu\n        min      %lu\n        low      %lu"
		"\n        high     %lu\n        spanned  %lu\n        present  %lu\n        managed  %lu\n        cma "
		"     %lu",
		z->nr_free, 0UL, z->watermark[WMARK_MIN], z->watermark[WMARK_LOW], z->watermark[WMARK_HIGH],
		z->spanned_pages, z->present_pages, z->managed_pages, 0UL);
	fprintf(out, "\n        protection: (%lu", z->lowmem_reserve[0]);
	for (unsigned int j = 1; j < MAX_NR_ZONES; j++)
		fprintf(out, ", %lu", z->lowmem_reserve[j]);
	fprintf(out, ")");
}

static void print_row(const struct zone_row *row, FILE *out)
{
	print_counters(row->counters, ZONE_COUNTERS, out);
	fprintf(out, "\n  pagesets");
	for (unsigned int cpu = 0; cpu < row->nr_pcp; cpu++)
		fprintf(out,
			"\n    cpu: %u\n              count: %u\n              high:  %u\n              batch: %u"
			"\n  vm stats threshold: %u",
			cpu, row->pcp[cpu].count, row->pcp[cpu].high, row->pcp[cpu].batch, 0u);
	fprintf(out, "\n  node_unreclaimable:  %u\n  start_pfn:           %lu", 0u, row->z.start_pfn);
}

int print_zoneinfo(const struct view *v, FILE *out, char *err)
{
	const struct mm_root *root = view_root(v, err);
	struct counter node[NODE_COUNTERS];
	struct zone_row *row;
	bool first = true;
	int ret = -1;

	if (!root || node_counters(v, node, err))
		return -1;
	row = malloc(sizeof(*row));
	if (!row) {
		view_err(err, "out of memory");
		return -1;
	}
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		if (read_row(v, root, i, row, err))
			goto out;
		fprintf(out, "Node 0, zone %8s", zone_name(i));
		if (row->z.managed_pages && first) {
			fprintf(out, "\n  per-node stats");
			print_counters(node, NODE_COUNTERS, out);
			first = false;
		}
		print_sizes(&row->z, out);
		if (row->z.managed_pages)
			print_row(row, out);
		fprintf(out, "\n");
	}
	ret = 0;
out:
	free(row);
	return ret;
}

/* ---- JSON ---- */

static void put(struct json_object *o, const char *name, uint64_t x)
{
	json_object_object_add(o, name, json_object_new_int64((int64_t)x));
}

static struct json_object *json_counters(const struct counter *c, unsigned int n)
{
	struct json_object *o = json_object_new_object();

	for (unsigned int i = 0; i < n; i++)
		put(o, c[i].name, c[i].value);
	return o;
}

static void json_sizes(struct json_object *o, const struct zone *z)
{
	struct json_object *protection = json_object_new_array();

	put(o, "start_pfn", z->start_pfn);
	put(o, "spanned", z->spanned_pages);
	put(o, "present", z->present_pages);
	put(o, "managed", z->managed_pages);
	put(o, "free", z->nr_free);
	put(o, "min", z->watermark[WMARK_MIN]);
	put(o, "low", z->watermark[WMARK_LOW]);
	put(o, "high", z->watermark[WMARK_HIGH]);
	for (unsigned int j = 0; j < MAX_NR_ZONES; j++)
		json_object_array_add(protection, json_object_new_int64((int64_t)z->lowmem_reserve[j]));
	json_object_object_add(o, "protection", protection);
}

static struct json_object *json_row(const struct zone_row *row, const char *name)
{
	struct json_object *o = json_object_new_object(), *sets = json_object_new_array();

	put(o, "node", 0);
	json_object_object_add(o, "zone", json_object_new_string(name));
	json_sizes(o, &row->z);
	json_object_object_add(o, "counters", json_counters(row->counters, ZONE_COUNTERS));
	for (unsigned int cpu = 0; cpu < row->nr_pcp; cpu++) {
		struct json_object *set = json_object_new_object();

		put(set, "cpu", cpu);
		put(set, "count", row->pcp[cpu].count);
		put(set, "high", row->pcp[cpu].high);
		put(set, "batch", row->pcp[cpu].batch);
		json_object_array_add(sets, set);
	}
	json_object_object_add(o, "pagesets", sets);
	return o;
}

struct json_object *json_zoneinfo(const struct view *v, char *err)
{
	const struct mm_root *root = view_root(v, err);
	struct json_object *a, *o;
	struct counter node[NODE_COUNTERS];
	struct zone_row *row;
	bool first = true;

	if (!root || node_counters(v, node, err))
		return NULL;
	row = malloc(sizeof(*row));
	a = json_object_new_array();
	for (unsigned int i = 0; row && i < MAX_NR_ZONES; i++) {
		if (read_row(v, root, i, row, err)) {
			json_object_put(a);
			free(row);
			return NULL;
		}
		o = json_row(row, zone_name(i));
		if (row->z.managed_pages && first) {
			json_object_object_add(o, "node_counters", json_counters(node, NODE_COUNTERS));
			first = false;
		}
		json_object_array_add(a, o);
	}
	free(row);
	return a;
}
