/* SPDX-License-Identifier: MIT */
/*
 * pagemap.h - all of a guest's memory in address order, as runs of pages that have the same thing to say.
 *
 * What pictures are made of. It judges nothing: where the memory map makes no sense, the pages are MAP_LOST and the walk goes on
 * with the next one. Only heads of blocks are read, so what the guest never wrote is not made to exist.
 */
#ifndef MMV_TOOLS_PAGEMAP_H
#define MMV_TOOLS_PAGEMAP_H

#include "tools/view/view.h"

enum map_kind {
	MAP_RESERVED, /* never given to the page allocator: kernel image, memory map, boot memory */
	MAP_FRESH,    /* free, and nobody has touched it since power-on */
	MAP_FREE,     /* in the zone's free lists */
	MAP_PCP,      /* free, in a CPU's lists */
	MAP_USED,     /* see @owner */
	MAP_LOST,     /* says nothing where it should */
	NR_MAP_KINDS
};

/** No name: struct map_run.name of what is no slab. */
#define MAP_NO_NAME UINT32_MAX

/**
 * struct map_run - pages [pfn, pfn + nr): blocks of 2^order pages, one after the other
 * @owner: enum page_owner of MAP_USED
 * @migratetype: what the blocks say (MAP_FREE, MAP_PCP, MAP_USED)
 * @zone: index into pagemap.zones
 * @name: index into pagemap.names: the slab cache; or MAP_NO_NAME
 */
struct map_run {
	uint64_t pfn, nr;
	uint8_t kind, owner, order, migratetype;
	uint32_t zone;
	uint32_t name;
};

/** struct map_zone - [start, start + spanned) page frames, holes included. */
struct map_zone {
	char name[9];
	uint64_t start, spanned;
};

struct map_name {
	gva_t cache;
	char text[33];
};

/** struct pagemap - @runs sorted by pfn, no overlaps; what lies between is no RAM. @blocks: pageblock types from pfn 0, NR_BLOCKS long */
struct pagemap {
	struct map_run *runs;
	size_t nr_runs, cap_runs;
	struct map_zone zones[MAX_NR_ZONES];
	unsigned int nr_zones;
	struct map_name *names;
	uint32_t nr_names, cap_names;
	uint8_t *blocks;
	uint64_t nr_blocks;
	uint64_t pages[NR_MAP_KINDS];
	uint64_t owned[NR_PAGE_OWNERS];
};

/** pagemap_collect - read it all; the guest should stand still. Return: 0, or -1 with a line in @err; pagemap_free() in either case. */
int pagemap_collect(const struct view *v, struct pagemap *m, char *err);
void pagemap_free(struct pagemap *m);

/** enum map_class - kind and owner in one number: what pictures colour by. */
#define MAP_CLASS(kind, owner) ((unsigned int)((kind) == MAP_USED ? NR_MAP_KINDS + (owner) : (kind)))
#define NR_MAP_CLASSES (NR_MAP_KINDS + NR_PAGE_OWNERS)

/** struct map_cell - a stretch of a zone. @most: the class that has most of its pages, NR_MAP_CLASSES: no RAM; @share: how many */
struct map_cell {
	uint64_t pfn, nr;
	unsigned int most;
	uint64_t share, ram;
};

/**
 * pagemap_cells - cut zone @zone into cells of @pages pages (a power of two), aligned; @cb gets each in turn
 * Return: how many.
 */
uint64_t pagemap_cells(const struct pagemap *m, unsigned int zone, uint64_t pages,
		       void (*cb)(void *ctx, const struct map_cell *cell), void *ctx);

/** map_class_label - "free", "slab", "page-table", …. */
const char *map_class_label(unsigned int class);

/** map_run_label - "free", "slab", "page-table", …: the run's kind, or its owner if it has one. */
const char *map_run_label(const struct map_run *run);

#endif
