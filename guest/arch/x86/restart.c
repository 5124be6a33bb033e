// SPDX-License-Identifier: MIT
/*
 * restart.c - an interrupt came into a restartable sequence (asm/restart.h): back to its beginning, or on to its end.
 *
 * .restart_table holds for each sequence the addresses of its first instruction, of the first one that stores and of the one
 * behind its last, and what does the rest of the stores; where there is one store only it is the last instruction. Up to
 * the first store nothing has happened: the sequence begins again. Behind it the first store is made and the last
 * one is not, and all in between may be made twice: they come from registers. All sequences lie in .text.restart, so
 * that elsewhere an interrupt pays one comparison.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include <mmvisor/step.h>

#include <asm/pcp_cpu.h>
#include <asm/slab_cpu.h>

#include "guest/arch/x86/arch.h"

struct restart_entry {
	unsigned long start, first_store, end;
	void (*finish)(const struct pt_regs *regs);
};

extern const struct restart_entry __start_restart_table[], __stop_restart_table[];
extern const char __restart_text_start[], __restart_text_end[];

DEFINE_PER_CPU(unsigned long, slab_cpu_offset);
DEFINE_PER_CPU(unsigned long, pcp_cpu_base);
static DEFINE_PER_CPU(unsigned long, sent_back);
static DEFINE_PER_CPU(unsigned long, finished);

/* seq goes up by one, count by the pages: of a type's four small orders, and the lists of pageblocks at the end. */
#define DELTA(sign, order) ((1ULL << 32) sign(1ULL << (order)))
#define DELTA_TYPE(sign) DELTA(sign, 0), DELTA(sign, 1), DELTA(sign, 2), DELTA(sign, 3)
#define DELTA_ALL(sign)                                                                                                \
	DELTA_TYPE(sign), DELTA_TYPE(sign), DELTA_TYPE(sign), DELTA_TYPE(sign), DELTA(sign, PAGEBLOCK_ORDER),          \
		DELTA(sign, PAGEBLOCK_ORDER), DELTA(sign, PAGEBLOCK_ORDER)
const uint64_t pcp_pop_delta[NR_PCP_LISTS] = {DELTA_ALL(-)};
const uint64_t pcp_push_delta[NR_PCP_LISTS] = {DELTA_ALL(+)};
_Static_assert(PCP_ORDERS == 4 && NR_PCP_LISTS == 4 * PCP_ORDERS + 3, "see DELTA_ALL");

/* count and seq as one word, see pcp_pop_delta. */
static void end_update(struct per_cpu_pages *pcp, uint64_t delta)
{
	*(volatile uint64_t *)&pcp->count += delta;
}

/* The registers are those of arch_pcp_pop(). */
void restart_pcp_pop(const struct pt_regs *regs)
{
	struct per_cpu_pages *pcp = (struct per_cpu_pages *)regs->cx;
	struct page *page = (struct page *)regs->ax;

	pcp->lists[regs->r8] = (struct page *)regs->r9;
	*(volatile uint64_t *)page = regs->r10;
	page->refcount = 1;
	end_update(pcp, regs->r11);
}

/* The registers are those of arch_pcp_push(). */
void restart_pcp_push(const struct pt_regs *regs)
{
	struct per_cpu_pages *pcp = (struct per_cpu_pages *)regs->cx;
	struct page *page = (struct page *)regs->di;

	page->lru.next = (struct list_head *)regs->r9;
	*(volatile uint64_t *)page = regs->r10;
	pcp->lists[regs->r8] = page;
	end_update(pcp, regs->r11);
}

void restart_sequence(struct pt_regs *regs)
{
	if (regs->ip - (unsigned long)__restart_text_start >=
	    (unsigned long)(__restart_text_end - __restart_text_start))
		return;
	for (const struct restart_entry *e = __start_restart_table; e < __stop_restart_table; e++) {
		if (regs->ip - e->start >= e->end - e->start)
			continue;
		if (regs->ip <= e->first_store) {
			regs->ip = e->start;
			this_cpu_inc(sent_back);
		} else {
			e->finish(regs);
			regs->ip = e->end;
			this_cpu_inc(finished);
		}
		return;
	}
}

static unsigned long sum(const unsigned long *counter)
{
	unsigned long all = 0;

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		all += *(const volatile unsigned long *)arch_per_cpu_ptr(counter, cpu);
	return all;
}

unsigned long restart_sent_back(void)
{
	return sum(&sent_back);
}
EXPORT_SYMBOL_GPL(restart_sent_back);

unsigned long restart_finished(void)
{
	return sum(&finished);
}
EXPORT_SYMBOL_GPL(restart_finished);
