/* SPDX-License-Identifier: MIT */
/*
 * list.h - what the allocators hold, in the formats that Linux users know: buddyinfo, zoneinfo, pagetypeinfo,
 * extfrag, slabinfo, vmallocinfo, meminfo.
 *
 * Each comes as data (for programs and other views), as text and as JSON. Walks are bounded; where the guest's lists
 * are broken the listing ends early and says so by its return value: judging is check.h's job.
 */
#ifndef MMV_TOOLS_LIST_H
#define MMV_TOOLS_LIST_H

#include <stdbool.h>
#include <stdio.h>

#include "tools/view/symtab.h"
#include "tools/view/view.h"

struct json_object;

/**
 * struct list_zone - one zone.
 * @free: free blocks by order, what was never handed out included (as blocks of the largest order)
 * @pcp_pages: free pages that CPUs keep for themselves; not among @nr_free
 * @nr_allocs, @nr_frees: blocks, from the zone's lists or the CPUs'
 */
struct list_zone {
	char name[9];
	uint64_t start_pfn, spanned, present, managed;
	uint64_t nr_free, fresh_pages, pcp_pages;
	uint64_t watermark[NR_WMARK];
	uint64_t lowmem_reserve[MAX_NR_ZONES];
	uint64_t free[NR_PAGE_ORDERS];
	uint64_t nr_allocs, nr_frees;
};

/** list_zones - the zones that have memory. Return: how many, or -1 and one line in @err. */
int list_zones(const struct view *v, struct list_zone zones[MAX_NR_ZONES], char *err);

/**
 * struct list_cache - one slab cache.
 * @active: objects in use in the slabs' eyes; @cached: of those, waiting in per-CPU arrays; so active - cached are the
 * users'
 * @total: objects in all slabs
 */
struct list_cache {
	char name[33];
	gva_t addr;
	uint32_t object_size, size, objs_per_slab, pages_per_slab;
	uint32_t flags;
	uint64_t active, cached, total;
	uint64_t slabs, partial, full, empty, pages;
	uint64_t refills, drains;
};

/** list_caches - all caches in the guest's order, free() @caches. Return: how many, or -1 and one line in @err. */
int list_caches(const struct view *v, struct list_cache **caches, char *err);

/**
 * struct list_area - one area of vmalloc or module space, busy ones first, by address; then lazy ones
 * @lazy: freed, not flushed yet
 * @ram:  from vm_map_ram(): nobody says what it is for
 */
struct list_area {
	gva_t start, end; /* guard included */
	uint64_t flags, nr_pages;
	gva_t caller;
	gva_t pages; /* the array of its pages */
	gpa_t phys;
	bool module, lazy, ram;
};

int list_areas(const struct view *v, struct list_area **areas, char *err);

/** struct list_memory - where all pages are, in pages. */
struct list_memory {
	uint64_t present, managed, free;
	uint64_t owner[NR_PAGE_OWNERS]; /* by the memory map */
	uint64_t slab_empty;            /* of owner[OWNER_SLAB], in slabs without an object in use */
};

int list_memory(const struct view *v, struct list_memory *m, char *err);

/* As text on @out, or as JSON (owned by the caller). Each -1 / NULL and one line in @err if the guest's memory cannot
 * be read. */
int print_buddyinfo(const struct view *v, FILE *out, char *err);
int print_zoneinfo(const struct view *v, FILE *out, char *err);
int print_pagetypeinfo(const struct view *v, FILE *out, char *err);
int print_extfrag(const struct view *v, FILE *out, char *err);
int print_slabinfo(const struct view *v, FILE *out, char *err);
int print_vmallocinfo(const struct view *v, const struct symtab *s, FILE *out, char *err);
int print_meminfo(const struct view *v, FILE *out, char *err);
struct json_object *json_buddyinfo(const struct view *v, char *err);
struct json_object *json_zoneinfo(const struct view *v, char *err);
struct json_object *json_pagetypeinfo(const struct view *v, char *err);
struct json_object *json_extfrag(const struct view *v, char *err);
struct json_object *json_slabinfo(const struct view *v, char *err);
struct json_object *json_vmallocinfo(const struct view *v, const struct symtab *s, char *err);
struct json_object *json_meminfo(const struct view *v, char *err);

#endif
