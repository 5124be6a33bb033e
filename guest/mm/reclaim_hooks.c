// SPDX-License-Identifier: MIT
/*
 * reclaim_hooks.c - what reclaim asks of compaction and the OOM killer where the kernel is built without them: nothing can be
 * moved, nobody can be killed. The real ones take precedence.
 */
#include <linux/compaction.h>
#include <linux/oom.h>
#include <linux/pagemap.h>

#include "internal.h"

__weak enum compact_result try_to_compact_pages(gfp_t gfp, unsigned int order, enum compact_priority prio)
{
	(void)gfp;
	(void)order;
	(void)prio;
	return COMPACT_SKIPPED;
}

__weak bool compaction_zonelist_suitable(gfp_t gfp, unsigned int order)
{
	(void)gfp;
	(void)order;
	return false;
}

__weak void compaction_defer_reset(struct zone *zone, unsigned int order, bool alloc_success)
{
	(void)zone;
	(void)order;
	(void)alloc_success;
}

__weak void wakeup_kcompactd(unsigned int order, enum zone_type highest)
{
	(void)order;
	(void)highest;
}

__weak bool out_of_memory(struct oom_control *oc)
{
	(void)oc;
	mm_oom.invoked++;
	return false;
}

__weak bool oom_killer_disable(long timeout)
{
	(void)timeout;
	mm_oom.disabled = 1;
	return true;
}

__weak void oom_killer_enable(void)
{
	mm_oom.disabled = 0;
}

__weak unsigned long drop_pagecache(void)
{
	return 0;
}
