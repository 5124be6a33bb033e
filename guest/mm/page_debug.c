// SPDX-License-Identifier: MIT
/*
 * page_debug.c - the debug kernel watches pages: whose is each, who freed it, did somebody write to it since?
 *
 * Shape:   struct page_ext for every page of RAM, by pfn, in an area of its own (shared/debug.h). The machine maps it at
 *          boot without touching it, so zero means "never seen": nothing is known, nothing is poisoned.
 * Owner:   the head of an allocated block has PAGE_EXT_USED and the stack, mask, order, thread and time of its allocation.
 *          A freed block's head keeps them, with the freeing's stack beside, until that page heads an allocated block again. Of
 *          all entries whose block covers a page, the youngest tells about it.
 * Poison:  words of 0xaa in the pages of a freed block, so many that it can be afforded: close together in small blocks; in
 *          large ones wide apart, and in one page of eight (page_poison=1: every word; page_poison=0: none). Which pages carry it is kept by page, so that
 *          blocks may merge and split as they like; memory that was never handed out has none.
 * Locking: none: both calls come when nobody else can reach the block.
 * Context: any, interrupts on or off. No zone's lock is needed, but holding it is allowed: nothing here allocates.
 * Not here: what a block's entry must look like when it comes back (page_alloc.c).
 */
#include <linux/fault-inject.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/mmdebug.h>
#include <linux/poison.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/stackdepot.h>
#include <linux/string.h>

#include "internal.h"
#include "page_debug.h"

/* Return addresses kept of a stack: enough to get out of the allocators into whoever asked. */
#define OWNER_DEPTH 12
/* Orders up to this have close poison words. */
#define FINE_ORDER 3
#define FINE_STRIDE 256
#define COARSE_STRIDE 512
/* Of larger blocks, one page in so many. */
#define COARSE_PAGES 8

static struct page_debug page_debug = {
	.stride = {FINE_STRIDE, COARSE_STRIDE},
	.coarse_pages = COARSE_PAGES,
	.fine_order = FINE_ORDER,
	.owner = 1,
};

static int setup_poison(char *value)
{
	bool on = !strcmp(value, "1") || !strcmp(value, "on");

	if (!on && strcmp(value, "0") != 0 && strcmp(value, "off") != 0)
		return 0;
	page_debug.stride[0] = page_debug.stride[1] = on ? sizeof(u64) : 0;
	page_debug.coarse_pages = 1;
	return 1;
}
__setup("page_poison=", setup_poison);

static int setup_owner(char *value)
{
	page_debug.owner = !strcmp(value, "1") || !strcmp(value, "on");
	return page_debug.owner || !strcmp(value, "0") || !strcmp(value, "off");
}
__setup("page_owner=", setup_owner);

void page_debug_init(struct page_ext *ext)
{
	page_debug.ext = ext;
	mm_root.page_debug = &page_debug;
}

/* ---- reports ---- */

static void say_who(const char *what, int pid, const struct page_ext *e, depot_stack_handle_t stack)
{
	char names[160];

	pr_alert("page last %s by thread %d, order %u, mask %#x(%s)\n", what, pid, e->order, e->gfp,
		 gfp_names(names, sizeof(names), e->gfp));
	stack_depot_print(stack);
}

/* The youngest entry of a block in which the page was: its own, or that of a page before it. */
static const struct page_ext *last_block(unsigned long pfn, unsigned long *head)
{
	const struct page_ext *best = NULL;

	for (unsigned int order = 0; order <= MAX_PAGE_ORDER; order++) {
		unsigned long at = pfn & ~((1UL << order) - 1);
		const struct page_ext *e = page_ext_of(at);

		if (!pfn_valid(at))
			break;
		if (!(e->flags & (PAGE_EXT_USED | PAGE_EXT_FREED)) || (pfn - at) >> e->order ||
		    (best && best->tsc >= e->tsc))
			continue;
		*head = at;
		best = e;
	}
	return best;
}

void dump_page_owner(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page), head;
	const struct page_ext *e;

	if (!page_ext_of(pfn) || !pfn_valid(pfn))
		return;
	e = last_block(pfn, &head);
	if (!e) {
		pr_alert("page was never handed out\n");
		return;
	}
	if (head != pfn)
		pr_alert("page belongs to the block of order %u at pfn:%05lx\n", e->order, head);
	say_who("allocated", e->pid, e, e->alloc_stack);
	if (e->flags & PAGE_EXT_FREED)
		say_who("freed", e->free_pid, e, e->free_stack);
}

#if MM_DEBUG

/* ---- poison ---- */

/* One bit of difference is a memory's fault, or a flag that somebody cleared; more is a write. */
static bool single_bit(u64 diff)
{
	return diff && !(diff & (diff - 1));
}

static noinline void report_poison(const struct page *page, const u64 *first, const u64 *last, u64 want)
{
	const char *what = first == last && single_bit(*first ^ want) ? "single bit error" : "memory corruption";
	unsigned long at = (unsigned long)first & ~15UL, end = ((unsigned long)last + 16) & ~15UL;
	char text[80];

	scnprintf(text, sizeof(text), "pagealloc: %s at %px, pfn:%05lx", what, first, page_to_pfn(page));
	report_note(text);
	pr_alert("%s: a free page was written to\n", text);
	if (end - at > 64)
		end = at + 64;
	print_hex_dump(KERN_ALERT, "", DUMP_PREFIX_ADDRESS, 16, 1, (const void *)at, end - at, true);
	dump_page_owner(page);
	dump_stack();
}

static void check_words(const struct page *page, unsigned int stride, u64 want)
{
	const u64 *start = page_address(page), *last = start + PAGE_SIZE / sizeof(u64) - 1;
	const u64 *first_bad = NULL, *last_bad = NULL;
	unsigned int step = stride / sizeof(u64);
	const u64 *w;

	for (w = start; w < last; w += step)
		if (unlikely(*w != want)) {
			first_bad = first_bad ? first_bad : w;
			last_bad = w;
		}
	if (unlikely(*last != want)) {
		first_bad = first_bad ? first_bad : last;
		last_bad = last;
	}
	if (unlikely(first_bad))
		report_poison(page, first_bad, last_bad, want);
}

static void poison_words(const struct page *page, unsigned int stride)
{
	u64 *start = page_address(page), *last = start + PAGE_SIZE / sizeof(u64) - 1;
	unsigned int step = stride / sizeof(u64);

	for (u64 *w = start; w < last; w += step)
		*w = PAGE_POISON_WORD;
	*last = PAGE_POISON_WORD;
}

/* Every page of the block: is its poison whole? It is gone then. */
static void check_poison(struct page *page, struct page_ext *e, unsigned int order)
{
	for (unsigned long i = 0; i < 1UL << order; i++) {
		unsigned int flags = e[i].flags & (PAGE_EXT_POISON | PAGE_EXT_COARSE);

		if (!flags)
			continue;
		check_words(page + i, page_debug.stride[flags == PAGE_EXT_COARSE], PAGE_POISON_WORD);
		e[i].flags &= (uint8_t)~flags;
	}
}

/* Nobody will clear it because nobody ever wrote to it: so it had better be clear. */
static void check_zeroed(struct page *page, unsigned int order)
{
	for (unsigned long i = 0; i < 1UL << order && page_debug.stride[1]; i += page_debug.coarse_pages)
		check_words(page + i, page_debug.stride[1], 0);
}

static void poison(struct page *page, struct page_ext *e, unsigned int order)
{
	bool coarse = order > page_debug.fine_order;
	unsigned int step = coarse ? page_debug.coarse_pages : 1;
	unsigned int stride = page_debug.stride[coarse];

	for (unsigned long i = 0; stride && i < 1UL << order; i += step) {
		poison_words(page + i, stride);
		e[i].flags |= coarse ? PAGE_EXT_COARSE : PAGE_EXT_POISON;
	}
}

/* ---- events ---- */

static void note_event(struct page_ext *e)
{
	e->tsc = rdtsc();
	e->cpu = (uint16_t)raw_smp_processor_id();
}

static int thread_id(void)
{
	struct task_struct *task = current;

	return task ? task->pid : 0;
}

noinline void page_debug_alloc(struct page *page, unsigned int order, gfp_t gfp)
{
	struct page_ext *e = page_ext_of(page_to_pfn(page));

	if (!e)
		return;
	check_poison(page, e, order);
	if (page->flags & PG_ZEROED && gfp & __GFP_ZERO)
		check_zeroed(page, order);
	e->flags = PAGE_EXT_USED;
	e->order = (uint8_t)order;
	e->gfp = gfp;
	e->pid = thread_id();
	e->alloc_stack = page_debug.owner ? stack_depot_save_here(1, OWNER_DEPTH) : 0;
	note_event(e);
}

static bool tails_are_quiet(const struct page *page, unsigned int order)
{
	const uint64_t *word = (const uint64_t *)(page + 1);
	const uint64_t *end = (const uint64_t *)(page + (1UL << order));
	uint64_t any = 0;

	for (; word < end; word += 8)
		any |= word[0] | word[1] | word[2] | word[3] | word[4] | word[5] | word[6] | word[7];
	return !any;
}

noinline bool page_debug_free(struct page *page, unsigned int order)
{
	struct page_ext *e = page_ext_of(page_to_pfn(page));

	if (!tails_are_quiet(page, order)) {
		bad_page(page, "freed with a tail that is not zero");
		return false;
	}
	if (page->flags & (PG_LRU | PG_ISOLATED | PG_LOCKED | PG_WRITEBACK | PG_SWAPCACHE)) {
		bad_page(page, "freed while on an LRU list, isolated, locked, written or in swap");
		return false;
	}
	if (!e)
		return true;
	poison(page, e, order);
	e->flags = (uint8_t)((e->flags & ~PAGE_EXT_USED) | PAGE_EXT_FREED);
	e->order = (uint8_t)order;
	e->free_pid = thread_id();
	e->free_stack = page_debug.owner ? stack_depot_save_here(1, OWNER_DEPTH) : 0;
	note_event(e);
	return true;
}

void page_debug_split(struct page *page, unsigned int order, unsigned int to)
{
	struct page_ext *e = page_ext_of(page_to_pfn(page));

	if (!e)
		return;
	e->order = (uint8_t)to;
	for (unsigned long i = 1UL << to; i < 1UL << order; i += 1UL << to)
		e[i] = e[0];
}

#endif
