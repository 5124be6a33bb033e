/* SPDX-License-Identifier: MIT */
/* asm/pcp_cpu.h of the host build - the same steps in C: nothing interrupts a simulated CPU. */
#ifndef ASM_PCP_CPU_H
#define ASM_PCP_CPU_H

#include <asm/processor.h>
#include <asm/restart.h>

#include "shared/mm.h"

#define arch_pcp_boot() ((void)0)

#define arch_pcp_pop(zones, gfp, list, extra, page, empty)                                                             \
	do {                                                                                                           \
		struct per_cpu_pages *__c = (void *)((char *)&mm_root.pcp[sim_cpu * MAX_NR_ZONES] +                    \
						     (zones)[(gfp) & (ARRAY_SIZE(zones) - 1)]);                        \
		struct page *__p = __c->lists[list];                                                                   \
		if (!__p)                                                                                              \
			goto empty;                                                                                    \
		__c->nr_allocs++;                                                                                      \
		__c->lists[list] = (struct page *)__p->lru.next;                                                       \
		page_set_word(__p, page_word(__p) + PAGE_USED - PAGE_PCP + (extra));                                   \
		__p->refcount = 1;                                                                                     \
		__c->count -= 1u << PCP_LIST_ORDER(list);                                                              \
		__c->seq++;                                                                                            \
		(page) = __p;                                                                                          \
	} while (0)

#define arch_pcp_push(page, order, keep, pcp, other)                                                                   \
	do {                                                                                                           \
		uint64_t __w = page_word(page) & (keep);                                                               \
		struct per_cpu_pages *__c = (void *)((char *)&mm_root.pcp[sim_cpu * MAX_NR_ZONES] + (__w >> 32));      \
		unsigned int __type = mm_root.pageblocks[page_to_pfn(page) >> PAGEBLOCK_ORDER] ^ MIGRATE_MOVABLE;      \
		if (__type != (page)->migratetype)                                                                     \
			goto other;                                                                                    \
		__c->nr_frees++;                                                                                       \
		(page)->lru.next = (struct list_head *)__c->lists[PCP_LIST(order, __type)];                            \
		page_set_word(page, __w | PAGE_PCP);                                                                   \
		__c->lists[PCP_LIST(order, __type)] = (page);                                                          \
		__c->count += 1u << (order);                                                                           \
		__c->seq++;                                                                                            \
		(pcp) = __c;                                                                                           \
	} while (0)

#endif
