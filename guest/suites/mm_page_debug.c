// SPDX-License-Identifier: MIT
/*
 * mm_page_debug.c - suite: what is said about misused pages. Every case provokes its mistake, expects just that report, and
 * puts things right again. What the debug kernel alone sees is skipped in the release kernel, and says so.
 */
#include <linux/fault-inject.h>
#include <linux/mmdebug.h>
#include <linux/poison.h>
#include <linux/stackdepot.h>
#include <linux/vmalloc.h>
#include <mmvisor/fail_page_alloc.h>
#include <mmvisor/page_report.h>

#include "mm_suite.h"

static char said[16384];

static struct fail_page_alloc before_failing;

static int page_debug_init_case(struct kunit *test)
{
	before_failing = fail_page_alloc;
	mm_case_begin(test);
	return 0;
}

static void page_debug_exit_case(struct kunit *test)
{
	fail_page_alloc = before_failing;
	printk_capture(NULL, 0);
	mm_case_end(test);
}

static void only_debug(struct kunit *test)
{
	if (!mm_root.page_debug)
		kunit_skip(test, "only the debug kernel watches pages");
}

/* ---- misuse that both kernels notice ---- */

static void expect_owner_said(struct kunit *test, const char *what)
{
	if (mm_root.page_debug)
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(said, what), "%s", what);
}

static void double_free(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	__free_page(page);
	printk_capture(said, sizeof(said));
	KUNIT_EXPECT_REPORT(test, "freed but not allocated", __free_page(page));
	KUNIT_EXPECT_NOT_NULL(test, strstr(said, "BUG: Bad page state"));
	expect_owner_said(test, "page last allocated by thread");
	expect_owner_said(test, "page last freed by thread");
}

static void free_of_a_reserved_page(struct kunit *test)
{
	struct page *page = virt_to_page(__va(__pa(said)));

	KUNIT_ASSERT_TRUE(test, PageReserved(page));
	printk_capture(said, sizeof(said));
	KUNIT_EXPECT_REPORT(test, "freed but not allocated", __free_page(page));
	KUNIT_EXPECT_NOT_NULL(test, strstr(said, "is reserved"));
}

static void free_of_a_mapped_page(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	page->mapcount = 1;
	printk_capture(said, sizeof(said));
	KUNIT_EXPECT_REPORT(test, "freed while mapp", __free_page(page));
	expect_owner_said(test, "page last allocated by thread");
	page->mapcount = 0;
	page->refcount = 1;
	__free_page(page);
}

static void free_with_the_wrong_order(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);

	KUNIT_ASSERT_NOT_NULL(test, page);
	printk_capture(said, sizeof(said));
	KUNIT_EXPECT_REPORT(test, "another order", __free_pages(page, 2));
	expect_owner_said(test, "page last allocated by thread");
	KUNIT_EXPECT_REPORT(test, "freed but not allocated", __free_pages(page + 4, 0));
	__free_pages(page, 3);
}

static void dumped_page_is_described(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 1);

	KUNIT_ASSERT_NOT_NULL(test, page);
	printk_capture(said, sizeof(said));
	dump_page(page + 1, "a test asked");
	KUNIT_EXPECT_NOT_NULL(test, strstr(said, "allocated block of order 1"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(said, "a test asked"));
	__free_pages(page, 1);
	said[0] = 0;
	dump_page(pfn_to_page(mm_root.max_pfn + 7), NULL);
}

/* ---- refused requests ---- */

static void hoard(struct list_head *held)
{
	for (int order = MAX_PAGE_ORDER; order >= 0; order--) {
		struct page *page;

		while ((page = alloc_pages(GFP_NOWAIT | __GFP_NOMEMALLOC, (unsigned int)order))) {
			page->private = (unsigned long)order;
			list_add(&page->lru, held);
		}
	}
	/* And what a request that may wait would find: empty slabs, areas that wait to be taken down. */
	for (struct page *page; (page = alloc_pages(GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN, 0));) {
		page->private = 0;
		list_add(&page->lru, held);
	}
}

static void give_back(struct list_head *held)
{
	struct page *page, *next;

	list_for_each_entry_safe (page, next, held, lru) {
		list_del(&page->lru);
		__free_pages(page, (unsigned int)page->private);
	}
}

/* Each of @lines is in what was said, in this order. */
static void expect_lines(struct kunit *test, const char *const *lines, unsigned int nr)
{
	const char *at = said;

	for (unsigned int i = 0; i < nr; i++) {
		const char *found = strstr(at, lines[i]);

		KUNIT_ASSERT_NOT_NULL_MSG(test, found, "'%s'", lines[i]);
		at = found + strlen(lines[i]);
	}
}

static void refusal_is_reported(struct kunit *test)
{
	static const char *const lines[] = {
		(": page allocation failure: order:2, mode:0x10c00(GFP_NOIO|__GFP_NORETRY), "
		 "nodemask=(null),cpuset=/,mems_allowed=0\n"),
		"CPU: ",
		"preempt_count: 0x0, interrupts on\n",
		"Call Trace:\n [<",
		"Mem-Info:\n",
		"active_anon:",
		" inactive_anon:",
		" slab_reclaimable:",
		" free_cma:0\n",
		"Node 0 active_anon:",
		"kB sec_pagetables:0kB all_unreclaimable? ",
		" boost:0kB min:",
		"kB reserved_highatomic:",
		"kB free_cma:0kB\nlowmem_reserve[]: 0 ",
		": ",
		"*4kB ",
		"*4096kB ",
		"= ",
		"kB\n",
		" total pagecache pages\n",
		" pages RAM\n",
		" pages HighMem/MovableOnly\n",
		" pages reserved\n",
	};
	LIST_HEAD(held);
	struct page *page;

	hoard(&held);
	ratelimit_state_reset(&page_alloc_report_limit);
	printk_capture(said, sizeof(said));
	page = alloc_pages(GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN, 2);
	KUNIT_EXPECT_STREQ(test, said, "");
	if (!page)
		page = alloc_pages(GFP_NOIO | __GFP_NORETRY, 2);
	KUNIT_EXPECT_NULL(test, page);
	printk_capture(NULL, 0);
	/* Another one, at once: counted, not told. */
	KUNIT_EXPECT_NULL(test, alloc_pages(GFP_NOIO | __GFP_NORETRY, 3));
	KUNIT_EXPECT_EQ(test, page_alloc_report_limit.missed, 1);
	give_back(&held);
	expect_lines(test, lines, ARRAY_SIZE(lines));
}

/* The buddy line adds up to the free pages of its zone. */
static void shown_blocks_add_up(struct kunit *test)
{
	struct zone *zone;

	printk_capture(said, sizeof(said));
	show_mem();
	printk_capture(NULL, 0);
	for_each_zone (zone) {
		unsigned long total = 0;
		char head[32];
		const char *at;

		if (!managed_zone(zone))
			continue;
		snprintf(head, sizeof(head), "Node 0 %s: ", zone->name);
		at = strstr(said, head);
		KUNIT_ASSERT_NOT_NULL(test, at);
		at = strstr(at, "= ");
		KUNIT_ASSERT_NOT_NULL(test, at);
		for (at += 2; *at >= '0' && *at <= '9'; at++)
			total = total * 10 + (unsigned long)(*at - '0');
		KUNIT_EXPECT_EQ_MSG(test, total, (unsigned long)zone->nr_free << (PAGE_SHIFT - 10), "%s", zone->name);
	}
}

/* ---- writes to free pages ---- */

#define TRIES 64

/* Allocate until we have @want again; the others go back. */
static struct page *take_again(struct page *want, unsigned int order)
{
	struct page *held[TRIES], *got = NULL;
	unsigned int n = 0;

	while (n < TRIES && !got) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);

		if (page == want)
			got = page;
		else if (page)
			held[n++] = page;
		else
			break;
	}
	while (n)
		__free_pages(held[--n], order);
	return got;
}

static void write_after_free(struct kunit *test, unsigned int order, unsigned long at, u64 change, const char *report)
{
	struct page *page = alloc_pages(GFP_KERNEL, order), *again;
	u64 *word;

	KUNIT_ASSERT_NOT_NULL(test, page);
	word = page_address(page);
	word += at / sizeof(u64);
	__free_pages(page, order);
	*word ^= change;
	printk_capture(said, sizeof(said));
	KUNIT_EXPECT_REPORT(test, report, again = take_again(page, order));
	KUNIT_EXPECT_PTR_EQ(test, again, page);
	KUNIT_EXPECT_NOT_NULL(test, strstr(said, "page last freed by thread"));
	if (again)
		__free_pages(again, order);
}

static void one_bit_after_free(struct kunit *test)
{
	only_debug(test);
	write_after_free(test, 0, 0, 1UL << 13, "single bit error");
}

static void bytes_after_free(struct kunit *test)
{
	only_debug(test);
	write_after_free(test, 0, 0, 0x1234567, "memory corruption");
	write_after_free(test, 0, PAGE_SIZE - 8, ~0UL, "memory corruption");
}

static void block_after_free(struct kunit *test)
{
	only_debug(test);
	write_after_free(test, 2, 3 * PAGE_SIZE, 0xff00, "memory corruption");
	write_after_free(test, 5, 16 * PAGE_SIZE, 0xff00, "memory corruption");
}

static void poison_leaves_no_trace(struct kunit *test)
{
	struct page *page, *again;

	only_debug(test);
	page = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	memset(page_address(page), 0x77, PAGE_SIZE);
	__free_page(page);
	KUNIT_EXPECT_EQ(test, *(u8 *)page_address(page), PAGE_POISON);
	again = alloc_page(GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, again);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(again), 0, PAGE_SIZE));
	__free_page(again);
}

/* ---- owners ---- */

static bool stack_has(depot_stack_handle_t handle, const void *fn)
{
	unsigned long entries[32];
	unsigned int nr = stack_depot_copy(handle, entries, ARRAY_SIZE(entries));

	while (nr)
		if (entries[--nr] - (unsigned long)fn < 1024)
			return true;
	return false;
}

static const struct page_ext *ext_of(const struct page *page)
{
	return mm_root.page_debug->ext + page_to_pfn(page);
}

static void owners_have_stacks(struct kunit *test)
{
	const struct page_ext *e;
	struct page *page;

	only_debug(test);
	page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 2);
	KUNIT_ASSERT_NOT_NULL(test, page);
	e = ext_of(page);
	KUNIT_EXPECT_EQ(test, e->flags, PAGE_EXT_USED);
	KUNIT_EXPECT_EQ(test, e->order, 2);
	KUNIT_EXPECT_EQ(test, e->gfp, GFP_KERNEL | __GFP_ZERO);
	KUNIT_EXPECT_EQ(test, e->pid, current->pid);
	KUNIT_EXPECT_TRUE(test, stack_has(e->alloc_stack, owners_have_stacks));
	split_page(page, 2);
	for (unsigned int i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, e[i].order, 0);
		KUNIT_EXPECT_TRUE(test, stack_has(e[i].alloc_stack, owners_have_stacks));
		__free_page(page + i);
		KUNIT_EXPECT_TRUE(test, e[i].flags & PAGE_EXT_FREED);
		KUNIT_EXPECT_TRUE(test, stack_has(e[i].free_stack, owners_have_stacks));
	}
}

static void bulk_pages_have_owners(struct kunit *test)
{
	struct page *pages[8] = {NULL};

	only_debug(test);
	KUNIT_ASSERT_EQ(test, alloc_pages_bulk_array(GFP_KERNEL, 8, pages), 8UL);
	for (unsigned int i = 0; i < 8; i++) {
		KUNIT_EXPECT_TRUE(test, ext_of(pages[i])->flags & PAGE_EXT_USED);
		KUNIT_EXPECT_TRUE(test, stack_has(ext_of(pages[i])->alloc_stack, bulk_pages_have_owners));
	}
	free_pages_bulk_array(8, pages);
	KUNIT_EXPECT_FALSE(test, ext_of(pages[3])->flags & PAGE_EXT_USED);
}

/* ---- failures on purpose ---- */

/* From now on this task's requests of @min..@max with @gfp fail, every @interval-th. */
static void fail_begin(struct kunit *test, unsigned int min, unsigned int max, gfp_t gfp, unsigned long interval)
{
	if (!fail_page_alloc_works())
		kunit_skip(test, "only the debug kernel fails on purpose");
	fail_page_alloc.attr = (struct fault_attr){.interval = interval, .task = current};
	atomic_set(&fail_page_alloc.attr.times, -1);
	fail_page_alloc.min_order = min;
	fail_page_alloc.max_order = max;
	fail_page_alloc.gfp = gfp;
	fail_page_alloc.ignore_gfp_wait = false;
	fail_page_alloc.attr.probability = 100;
}

static void fails_by_order_and_mask(struct kunit *test)
{
	struct page *page;

	fail_begin(test, 2, 4, __GFP_ZERO, 1);
	for (unsigned int order = 0; order < 7; order++) {
		bool fails = order >= 2 && order <= 4;

		page = alloc_pages(GFP_KERNEL | __GFP_ZERO, order);
		KUNIT_EXPECT_EQ_MSG(test, !page, fails, "order %u", order);
		if (page)
			__free_pages(page, order);
		page = alloc_pages(GFP_KERNEL, order);
		KUNIT_EXPECT_NOT_NULL_MSG(test, page, "order %u", order);
		if (page)
			__free_pages(page, order);
	}
	page = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_NOFAIL, 2);
	KUNIT_EXPECT_NOT_NULL(test, page);
	if (page)
		__free_pages(page, 2);
	fail_page_alloc.ignore_gfp_wait = true;
	page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 2);
	KUNIT_EXPECT_NOT_NULL(test, page);
	if (page)
		__free_pages(page, 2);
	KUNIT_EXPECT_NULL(test, alloc_pages(GFP_ATOMIC | __GFP_ZERO, 2));
}

/* Whoever calls the page allocator must live with a refusal and give back what it had so far. */
static void callers_survive(struct kunit *test)
{
	static struct page *pages[16];
	unsigned int refused = 0;

	fail_begin(test, 0, MAX_PAGE_ORDER, 0, 3);
	for (unsigned int i = 0; i < 24; i++) {
		void *big = kmalloc(5 * PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN);
		void *area = vmalloc(3 * PAGE_SIZE);
		void *exact = alloc_pages_exact(3 * PAGE_SIZE, GFP_KERNEL);
		unsigned long n = alloc_pages_bulk_array(GFP_KERNEL, ARRAY_SIZE(pages), pages);
		struct kmem_cache *cache = kmem_cache_create("t_refused", 700, 0, 0, NULL);
		void *object = cache ? kmem_cache_alloc(cache, GFP_KERNEL | __GFP_NOWARN) : NULL;

		refused += !big + !area + !exact + (n < ARRAY_SIZE(pages)) + !cache + (cache && !object);
		kfree(big);
		vfree(area);
		if (exact)
			free_pages_exact(exact, 3 * PAGE_SIZE);
		free_pages_bulk_array(n, pages);
		memset(pages, 0, sizeof(pages));
		if (object)
			kmem_cache_free(cache, object);
		if (cache)
			kmem_cache_destroy(cache);
	}
	KUNIT_EXPECT_GT(test, refused, 10U);
}

static struct kunit_case page_debug_cases[] = {
	KUNIT_CASE(double_free),
	KUNIT_CASE(free_of_a_reserved_page),
	KUNIT_CASE(free_of_a_mapped_page),
	KUNIT_CASE(free_with_the_wrong_order),
	KUNIT_CASE(dumped_page_is_described),
	KUNIT_CASE(refusal_is_reported),
	KUNIT_CASE(shown_blocks_add_up),
	KUNIT_CASE(one_bit_after_free),
	KUNIT_CASE(bytes_after_free),
	KUNIT_CASE(block_after_free),
	KUNIT_CASE(poison_leaves_no_trace),
	KUNIT_CASE(owners_have_stacks),
	KUNIT_CASE(bulk_pages_have_owners),
	KUNIT_CASE(fails_by_order_and_mask),
	KUNIT_CASE(callers_survive),
	{},
};

static struct kunit_suite page_debug_suite = {
	.name = "mm_page_debug",
	.init = page_debug_init_case,
	.exit = page_debug_exit_case,
	.test_cases = page_debug_cases,
};
kunit_test_suite(page_debug_suite);
