/* SPDX-License-Identifier: MIT */
/*
 * asm/pcp_cpu.h - take a block from this CPU's own lists of pages, or put one there, by a restartable sequence (asm/restart.h).
 *
 * Each counts itself in nr_allocs or nr_frees first and in seq last, so that a reader from outside sees that the rest is on its way
 * (PCP_BUSY()). restart.c finishes what an interrupt finds in between: it knows the registers by the names given here.
 */
#ifndef ASM_PCP_CPU_H
#define ASM_PCP_CPU_H

#include <linux/kernel.h>

#include <asm/page.h>
#include <asm/percpu.h>
#include <asm/restart.h>

#include "shared/mm.h"

/* This CPU's first struct per_cpu_pages. */
extern unsigned long pcp_cpu_base;

/** arch_pcp_boot - mm_root.pcp is there; the calling CPU is the first. The others know when they start. */
#define arch_pcp_boot() arch_this_cpu_write(pcp_cpu_base, (unsigned long)mm_root.pcp)

/* What is added to count and seq, which are one word here, when a block of a list goes or comes: by list. */
extern const uint64_t pcp_pop_delta[NR_PCP_LISTS], pcp_push_delta[NR_PCP_LISTS];

/* The byte of a page's pageblock, from (entry's address >> 15) + mm_root.pageblocks: what vmemmap adds to that is subtracted. */
#define PCP_BLOCK_SHIFT (PAGEBLOCK_ORDER + 6)
#define PCP_BLOCK_BIAS (-((long)VMEMMAP >> PCP_BLOCK_SHIFT))
_Static_assert(sizeof(struct page) == 1 << 6, "see PCP_BLOCK_SHIFT");
_Static_assert(PCP_BLOCK_BIAS > 0 && PCP_BLOCK_BIAS < 1L << 31, "the bias must fit an instruction");

/**
 * arch_pcp_pop - @page = the first block of a list, off it, now used and with one reference; if there is none: goto @empty
 * @zones: array: by zone bits of a mask, distance from the CPU's first struct to that of the zone
 * @list:  number of the list
 * @extra: what the entry's word gets beyond PAGE_PCP becoming PAGE_USED
 */
#define arch_pcp_pop(zones, gfp, list, extra, page, empty)                                                             \
	do {                                                                                                           \
		register unsigned long __page asm("rax");                                                              \
		register unsigned long __c asm("rcx");                                                                 \
		register unsigned long __list asm("r8") = (list);                                                      \
		register unsigned long __next asm("r9");                                                               \
		register uint64_t __word asm("r10");                                                                   \
		register uint64_t __delta asm("r11");                                                                  \
		asm volatile goto(                                                                                     \
			"1:	mov %k[g], %k[d]\n"                                                                        \
			"	and %[mask], %k[d]\n"                                                                        \
			"	mov %%gs:%P[base], %[c]\n"                                                                   \
			"	add %P[z](,%[d],8), %[c]\n"                                                                  \
			"	mov %c[lists](%[c],%[l],8), %[p]\n"                                                          \
			"	test %[p], %[p]\n"                                                                           \
			"	je %l[" #empty "]\n"                                                                   \
			"	mov %c[lru](%[p]), %[n]\n"                                                                   \
			"	mov (%[p]), %[w]\n"                                                                          \
			"	lea %c[used](%[w],%[x]), %[w]\n"                                                             \
			"	mov %P[delta](,%[l],8), %[d]\n"                                                              \
			"3:	incq %c[allocs](%[c])\n"                                                                   \
			"	mov %[n], %c[lists](%[c],%[l],8)\n"                                                          \
			"	mov %[w], (%[p])\n"                                                                          \
			"	movl $1, %c[ref](%[p])\n"                                                                    \
			"	add %[d], (%[c])\n"                                                                          \
			"2:\n" ARCH_RESTART_ENTRY_STORES(restart_pcp_pop)                                              \
			: [p] "=&r"(__page), [c] "=&r"(__c), [n] "=&r"(__next), [w] "=&r"(__word), [d] "=&r"(__delta)  \
			: [base] "p"(&pcp_cpu_base), [z] "p"(zones), [g] "r"(gfp), [l] "r"(__list),                    \
			  [x] "r"((uint64_t)(extra)), [mask] "i"(ARRAY_SIZE(zones) - 1), [delta] "p"(pcp_pop_delta),   \
			  [lists] "i"(offsetof(struct per_cpu_pages, lists)),                                          \
			  [allocs] "i"(offsetof(struct per_cpu_pages, nr_allocs)),                                     \
			  [lru] "i"(offsetof(struct page, lru)), [ref] "i"(offsetof(struct page, refcount)),           \
			  [used] "i"(PAGE_USED - PAGE_PCP)                                                             \
			: "memory", "cc"                                                                               \
			: empty);                                                                                      \
		(page) = (struct page *)__page;                                                                        \
		if (!(page))                                                                                           \
			__builtin_unreachable();                                                                       \
	} while (0)

/**
 * arch_pcp_push - a used block without references onto the list of its order and type, @pcp = whose list it is; if
 * its pageblock is not of its type (any more): goto @other
 * @keep: what stays of its word; a constant
 */
#define arch_pcp_push(page, order, keep, pcp, other)                                                                   \
	do {                                                                                                           \
		register unsigned long __page asm("rdi") = (unsigned long)(page);                                      \
		register unsigned long __c asm("rcx");                                                                 \
		register unsigned long __list asm("r8");                                                               \
		register unsigned long __next asm("r9");                                                               \
		register uint64_t __word asm("r10");                                                                   \
		register uint64_t __delta asm("r11");                                                                  \
		asm volatile goto(                                                                                     \
			"1:	mov %[p], %[l]\n"                                                                          \
			"	sar %[shift], %[l]\n"                                                                        \
			"	add %[blocks], %[l]\n"                                                                       \
			"	movzbl %c[bias](%[l]), %k[l]\n"                                                              \
			"	xor %[movable], %k[l]\n"                                                                     \
			"	cmp %b[l], %c[type](%[p])\n"                                                                 \
			"	jne %l[" #other "]\n"                                                                  \
			"	lea (%q[o],%[l],%c[orders]), %k[l]\n"                                                        \
			"	movabs %[k], %[w]\n"                                                                         \
			"	and (%[p]), %[w]\n"                                                                          \
			"	mov %[w], %[c]\n"                                                                            \
			"	shr $32, %[c]\n"                                                                             \
			"	add %%gs:%P[base], %[c]\n"                                                                   \
			"	or %[free], %[w]\n"                                                                          \
			"	mov %c[lists](%[c],%[l],8), %[n]\n"                                                          \
			"	mov %P[delta](,%[l],8), %[d]\n"                                                              \
			"3:	incq %c[frees](%[c])\n"                                                                    \
			"	mov %[n], %c[lru](%[p])\n"                                                                   \
			"	mov %[w], (%[p])\n"                                                                          \
			"	mov %[p], %c[lists](%[c],%[l],8)\n"                                                          \
			"	add %[d], (%[c])\n"                                                                          \
			"2:\n" ARCH_RESTART_ENTRY_STORES(restart_pcp_push)                                             \
			: [c] "=&r"(__c), [l] "=&r"(__list), [n] "=&r"(__next), [w] "=&r"(__word), [d] "=&r"(__delta)  \
			: [base] "p"(&pcp_cpu_base), [p] "r"(__page), [o] "r"(order), [k] "i"(keep),                   \
			  [blocks] "m"(mm_root.pageblocks), [delta] "p"(pcp_push_delta), [shift] "i"(PCP_BLOCK_SHIFT), \
			  [bias] "i"(PCP_BLOCK_BIAS), [movable] "i"(MIGRATE_MOVABLE), [orders] "i"(PCP_ORDERS),        \
			  [free] "i"(PAGE_PCP), [lists] "i"(offsetof(struct per_cpu_pages, lists)),                    \
			  [frees] "i"(offsetof(struct per_cpu_pages, nr_frees)),                                       \
			  [lru] "i"(offsetof(struct page, lru)), [type] "i"(offsetof(struct page, migratetype))        \
			: "memory", "cc"                                                                               \
			: other);                                                                                      \
		(pcp) = (const struct per_cpu_pages *)__c;                                                             \
	} while (0)
/* The zone's place in the word, moved down by 32 bits, is the distance of its struct. */
_Static_assert(1UL << PG_ZONE_SHIFT == sizeof(struct per_cpu_pages), "see arch_pcp_push()");
_Static_assert(offsetof(struct per_cpu_pages, count) == 0 && offsetof(struct per_cpu_pages, seq) == 4,
	       "see pcp_pop_delta");

#endif
