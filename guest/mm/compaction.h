/* SPDX-License-Identifier: MIT */
/*
 * compaction.h - what compaction.c and kcompactd.c share.
 */
#ifndef GUEST_MM_COMPACTION_H
#define GUEST_MM_COMPACTION_H

#include <linux/compaction.h>
#include <linux/migrate_mode.h>

/**
 * struct compact_control - one run over one zone. What the caller says:
 * @order:   0: nobody wants a block: all of the zone
 * @highest: the highest zone the request may use
 * @type:    what it asks for, enum migratetype
 * @direct:  for a request, not by the thread
 * @whole_zone: from end to end, not from where the last run stopped
 *
 * and where it is:
 * @migrate_pfn: the next page to look at; @free_pfn: the pageblock that free pages are taken from
 * @from_start: it began at the zone's beginning
 * @pages:   @nr_pages of them, isolated
 * @free:    @nr_free to move things to; @fresh: @nr_fresh just taken from the zone
 * @nr_taken: of the free ones, while they are collected
 */
struct compact_control {
	struct zone *zone;
	unsigned int order, type;
	enum zone_type highest;
	gfp_t gfp;
	enum migrate_mode mode;
	bool direct, whole_zone, from_start;
	unsigned long migrate_pfn, free_pfn;
	struct list_head pages, free, fresh;
	unsigned long nr_pages, nr_free, nr_fresh, nr_taken;
	unsigned long migrate_scanned, free_scanned, moved;
};

/** compact_zone - Context: task, may sleep. */
enum compact_result compact_zone(struct compact_control *cc);

/** compaction_deferred - is a request of @order turned away because the last ones failed? Counts it. */
bool compaction_deferred(struct zone *zone, unsigned int order);
/** compaction_defer - it was tried in vain. */
void compaction_defer(struct zone *zone, unsigned int order);

/** kcompactd_do - what the thread does when it is woken. Context: task, may sleep. */
void kcompactd_do(unsigned int order, enum zone_type highest);

#endif
