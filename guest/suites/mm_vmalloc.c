// SPDX-License-Identifier: MIT
/*
 * mm_vmalloc.c - suite: virtually contiguous memory. Contents, edges that fault, memory that faults once it is freed, places, vmap,
 * frees in interrupts, all CPUs at once.
 */
#include <linux/io.h>
#include <linux/uaccess.h>

#include "mm_suite.h"

static bool faults(const void *addr)
{
	char c;

	return copy_from_kernel_nofault(&c, addr, 1) != 0;
}

static void contents_and_edges(struct kunit *test)
{
	static const unsigned long sizes[] = {1, PAGE_SIZE, 3 * PAGE_SIZE + 5, 20 * PAGE_SIZE};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned long whole = PAGE_ALIGN(sizes[i]);
		char *p = vzalloc(sizes[i]);

		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(p) && PAGE_ALIGNED(p));
		for (unsigned long at = 0; at < whole; at += PAGE_SIZE) {
			KUNIT_EXPECT_EQ(test, *(long *)(p + at), 0L);
			mm_mark(p + at, PAGE_SIZE, at);
		}
		for (unsigned long at = 0; at < whole; at += PAGE_SIZE) {
			struct page *page = vmalloc_to_page(p + at);

			KUNIT_EXPECT_TRUE(test, mm_marked(p + at, PAGE_SIZE, at));
			KUNIT_EXPECT_EQ(test, *(unsigned long *)page_address(page), (unsigned long)(p + at) ^ at);
		}
		KUNIT_EXPECT_FALSE(test, faults(p + whole - 1));
		KUNIT_EXPECT_TRUE(test, faults(p + whole));
		KUNIT_EXPECT_EQ(test, get_vm_area_size(find_vm_area(p)), whole);
		vfree(p);
		KUNIT_EXPECT_TRUE(test, faults(p));
		KUNIT_EXPECT_NULL(test, vmalloc_to_page(p));
		KUNIT_EXPECT_NULL(test, find_vm_area(p));
	}
}

static void lowest_place_first(struct kunit *test)
{
	char *a = vmalloc(PAGE_SIZE), *b = vmalloc(PAGE_SIZE), *c;

	KUNIT_EXPECT_TRUE(test, a && b);
	vfree(a);
	vm_unmap_aliases();
	c = vmalloc(PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, c, a);
	vfree(b);
	vfree(c);
}

static void places_and_rights(struct kunit *test)
{
	char *p = __vmalloc_node_range(PAGE_SIZE, 1UL << 20, MODULES_START, MODULES_END, GFP_KERNEL, PAGE_KERNEL_RO, 0,
				       NUMA_NO_NODE, NULL);
	long zero = 0;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, (unsigned long)p >= MODULES_START && (unsigned long)p < MODULES_END);
	KUNIT_EXPECT_EQ(test, (unsigned long)p & ((1UL << 20) - 1), 0UL);
	KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(p));
	KUNIT_EXPECT_FALSE(test, faults(p));
	KUNIT_EXPECT_NE(test, copy_to_kernel_nofault(p, &zero, sizeof(zero)), 0L);
	vfree(p);
}

static void refused_requests(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, __vmalloc(1UL << 40, GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_NULL(test, __vmalloc(SIZE_MAX, GFP_KERNEL | __GFP_NOWARN));
	vfree(NULL);
	vunmap(NULL);
}

static void mapping_ones_own_pages(struct kunit *test)
{
	struct page *pages[4] = {NULL};
	volatile long *m; /* one page at two addresses: the compiler does not know */

	KUNIT_ASSERT_EQ(test, alloc_pages_bulk_array(GFP_KERNEL, 3, pages), 3UL);
	pages[3] = pages[0]; /* the first page once more at the end */
	m = vmap(pages, 4, VM_MAP, PAGE_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, (void *)m);
	m[0] = 17;
	KUNIT_EXPECT_EQ(test, m[3 * PAGE_SIZE / sizeof(*m)], 17L);
	KUNIT_EXPECT_EQ(test, *(long *)page_address(pages[0]), 17L);
	vunmap((void *)m);
	KUNIT_EXPECT_TRUE(test, faults((void *)m));
	KUNIT_EXPECT_EQ(test, *(long *)page_address(pages[0]), 17L);
	free_pages_bulk_array(3, pages);
}

static void mistakes_are_named(struct kunit *test)
{
	char *p = vmalloc(2 * PAGE_SIZE);

	kunit_expect_warnings(test, 3);
	vfree(p + 8);
	vfree(p + PAGE_SIZE);
	vfree(p);
	vfree(p);
}

static void free_it(void *p)
{
	vfree(p);
}

static void frees_in_interrupts_wait(struct kunit *test)
{
	unsigned long flags;
	void *p = vmalloc(PAGE_SIZE), *q = vmalloc(PAGE_SIZE);

	KUNIT_EXPECT_EQ(test, smp_call_function_single(num_online_cpus() - 1, free_it, p, 1), 0);
	local_irq_save(flags);
	vfree(q);
	local_irq_restore(flags);
	KUNIT_EXPECT_NULL(test, find_vm_area(p));
	KUNIT_EXPECT_NULL(test, find_vm_area(q));
	mm_drain();
	KUNIT_EXPECT_TRUE(test, faults(p) && faults(q));
}

#define HELD 6

/* In a task, in an interrupt on some CPU, or with interrupts off. */
static void free_somewhere(struct mm_worker *w, void *p)
{
	unsigned int how = mm_below(&w->rnd, 4);
	unsigned long flags;

	if (how == 0) {
		smp_call_function_single(mm_below(&w->rnd, num_online_cpus()), free_it, p, 1);
	} else if (how == 1) {
		local_irq_save(flags);
		vfree(p);
		local_irq_restore(flags);
	} else {
		vfree(p);
	}
}

static void churn(struct mm_worker *w)
{
	struct {
		char *p;
		unsigned long size;
	} held[HELD] = {{NULL, 0}};

	for (unsigned int step = 0; step < 24; step++) {
		unsigned int i = mm_below(&w->rnd, HELD);

		/* Addresses with nothing behind them, over tables in which others come and go. */
		if (step % 8 == 0)
			free_vm_area(get_vm_area(PMD_SIZE, VM_MAP));
		if (held[i].p) {
			for (unsigned long at = 0; at < held[i].size; at += PAGE_SIZE)
				w->errors += !mm_marked(held[i].p + at, PAGE_SIZE, w->cpu);
			free_somewhere(w, held[i].p);
			held[i].p = NULL;
			continue;
		}
		held[i].size = (1 + mm_below(&w->rnd, mm_below(&w->rnd, 8) ? 6 : 80)) * PAGE_SIZE;
		held[i].p = vmalloc(held[i].size);
		w->errors += !held[i].p;
		for (unsigned long at = 0; held[i].p && at < held[i].size; at += PAGE_SIZE)
			mm_mark(held[i].p + at, PAGE_SIZE, w->cpu);
	}
	for (unsigned int i = 0; i < HELD; i++)
		vfree(held[i].p);
}

static void all_cpus_at_once(struct kunit *test)
{
	mm_on_all_cpus(test, churn);
}

/* ---- large pages, devices, small mappings ---- */

static void large_pages(struct kunit *test)
{
	unsigned long size = 2 * PMD_SIZE + 5 * PAGE_SIZE;
	char *p = vmalloc_huge(size, GFP_KERNEL | __GFP_ZERO);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, is_vm_area_hugepages(p));
	KUNIT_EXPECT_EQ(test, (unsigned long)p & (PMD_SIZE - 1), 0UL);
	for (unsigned long at = 0; at < size; at += 37 * PAGE_SIZE) {
		KUNIT_EXPECT_EQ(test, *(long *)(p + at), 0L);
		mm_mark(p + at, PAGE_SIZE, at);
		KUNIT_EXPECT_EQ(test, page_count(vmalloc_to_page(p + at)), 1);
		KUNIT_EXPECT_EQ(test, *(unsigned long *)page_address(vmalloc_to_page(p + at)),
				(unsigned long)(p + at) ^ at);
	}
	/* One of its pages outlives the area. */
	get_page(vmalloc_to_page(p + PAGE_SIZE));
	{
		struct page *kept = vmalloc_to_page(p + PAGE_SIZE);

		vfree(p);
		mm_drain();
		KUNIT_EXPECT_EQ(test, page_count(kept), 1);
		put_page(kept);
	}
	KUNIT_EXPECT_TRUE(test, faults(p) && faults(p + PMD_SIZE));
}

static void device_registers(struct kunit *test)
{
	/* The page of the exit port: reading it has no effect. */
	char __iomem *r = ioremap(DEV_GPA + 8, 16);

	KUNIT_ASSERT_NOT_NULL(test, r);
	KUNIT_EXPECT_EQ(test, (unsigned long)r & (PAGE_SIZE - 1), 8UL);
	KUNIT_EXPECT_EQ(test, find_vm_area(r)->phys, DEV_GPA + 8);
	KUNIT_EXPECT_EQ(test, readq(r), *(volatile u64 *)(DEV_VA + 8));
	iounmap(r);
	KUNIT_EXPECT_TRUE(test, faults(r));
	KUNIT_EXPECT_NULL(test, ioremap(DEV_GPA, 0));
	KUNIT_EXPECT_NULL(test, ioremap(~0ULL - 10, 100));
	KUNIT_EXPECT_NULL(test, ioremap_np(DEV_GPA, 16));
	kunit_expect_warnings(test, 1);
	KUNIT_EXPECT_NULL(test, ioremap(page_to_phys(vmalloc_to_page(test->priv)), 16));
	KUNIT_EXPECT_PTR_EQ(test, memremap(page_to_phys(vmalloc_to_page(test->priv)), 16, MEMREMAP_WB),
			    page_address(vmalloc_to_page(test->priv)));
}

static void device_registers_and_ram(struct kunit *test)
{
	test->priv = vmalloc(PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, test->priv);
	device_registers(test);
	vfree(test->priv);
}

static void small_mappings(struct kunit *test)
{
	struct page *pages[3] = {NULL};
	volatile long *m, *first = NULL;

	KUNIT_ASSERT_EQ(test, alloc_pages_bulk_array(GFP_KERNEL, 3, pages), 3UL);
	for (unsigned int i = 0; i < 40; i++) {
		m = vm_map_ram(pages, 1 + i % 3, NUMA_NO_NODE);
		KUNIT_ASSERT_NOT_NULL(test, (void *)m);
		KUNIT_EXPECT_PTR_NE(test, m, first); /* an address is used once before a flush */
		first = first ?: m;
		*m = i;
		KUNIT_EXPECT_EQ(test, *(volatile long *)page_address(pages[0]), (long)i);
		vm_unmap_ram((void *)m, 1 + i % 3);
		KUNIT_EXPECT_TRUE(test, faults((void *)m));
	}
	vm_unmap_aliases();
	m = vm_map_ram(pages, 3, NUMA_NO_NODE);
	vm_unmap_aliases();
	*m = 7;
	KUNIT_EXPECT_EQ(test, *(volatile long *)page_address(pages[0]), 7L);
	vm_unmap_ram((void *)m, 3);
	vm_unmap_aliases();
	free_pages_bulk_array(3, pages);
}

/* ---- without waiting ---- */

static void no_waiting(struct kunit *test)
{
	unsigned long flags;
	void *p;

	local_irq_save(flags);
	p = __vmalloc(3 * PAGE_SIZE, GFP_ATOMIC);
	local_irq_restore(flags);
	KUNIT_EXPECT_NOT_NULL(test, p);
	local_irq_save(flags);
	vfree(p);
	local_irq_restore(flags);
	p = vrealloc(vmalloc(PAGE_SIZE), 3 * PAGE_SIZE, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, vrealloc(p, 0, GFP_KERNEL));
}

/* ---- all CPUs forget ---- */

/** struct watch - a thread on another CPU that looks at an address all the time. @seen: what it saw last */
struct watch {
	volatile unsigned long *at;
	volatile unsigned long seen, looks;
	volatile bool stop;
	struct completion done;
};

static int watch_thread(void *data)
{
	struct watch *w = data;

	while (!w->stop) {
		unsigned long v;

		for (unsigned int i = 0; i < 32; i++)
			if (!copy_from_kernel_nofault(&v, (void *)w->at, sizeof(v)))
				w->seen = v;
		w->looks++;
		if (!(w->looks & 0xff))
			cond_resched();
	}
	complete(&w->done);
	return 0;
}

static bool looked_again(const struct watch *w)
{
	unsigned long was = w->looks;

	for (unsigned int tries = 0; tries < 2000; tries++) {
		if (w->looks - was >= 2)
			return true;
		udelay(50);
	}
	return false;
}

#define REMAPS 24

/*
 * One address, now this page behind it, now that. Another CPU reads it without pause, so its TLB knows the page; no interrupt but
 * the shoot-down's own makes it forget. Return: how often it saw the old page after the flush.
 */
static unsigned int stale_looks(struct kunit *test, struct watch *w, struct page *pages[2])
{
	unsigned int stale = 0;

	for (unsigned int i = 0; i < REMAPS; i++) {
		unsigned long va = (unsigned long)w->at;

		arch_vunmap_range(va, PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, arch_vmap_pages(va, &pages[(i + 1) % 2], 1, PAGE_KERNEL, GFP_KERNEL), 0);
		arch_flush_tlb_kernel_range(va, va + PAGE_SIZE);
		KUNIT_EXPECT_TRUE(test, looked_again(w));
		stale += w->seen != 100 + (i + 1) % 2;
	}
	return stale;
}

static void other_cpus_forget(struct kunit *test)
{
	struct page *pages[2] = {};
	struct watch w = {};
	unsigned int cpu = 0, stale, errors = 0;
	unsigned long answered;

	if (num_online_cpus() < 2)
		kunit_skip(test, "one CPU has nobody to tell (--cpus 2)");
	/* Of vmap(): an area of vmalloc() says which pages it has. */
	pages[0] = alloc_page(GFP_KERNEL);
	pages[1] = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, pages[0] && pages[1]);
	w.at = vmap(pages, 1, VM_MAP, PAGE_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, (void *)w.at);
	migrate_disable();
	while (cpu == smp_processor_id())
		cpu++;
	*(unsigned long *)page_address(pages[0]) = 100;
	*(unsigned long *)page_address(pages[1]) = 101;
	init_completion(&w.done);
	answered = arch_tlb_flushes(cpu);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kthread_run_on_cpu(watch_thread, &w, cpu, "watch/%u"));
	errors += !looked_again(&w);
	stale = stale_looks(test, &w, pages);
	w.stop = true;
	wait_for_completion(&w.done);
	migrate_enable();
	KUNIT_EXPECT_EQ(test, errors, 0U);
	KUNIT_EXPECT_EQ_MSG(test, stale, 0U, "of %u flushes, another CPU still knew the old page", REMAPS);
	KUNIT_EXPECT_GE(test, arch_tlb_flushes(cpu) - answered, (unsigned long)REMAPS);
	vunmap((void *)w.at);
	__free_page(pages[0]);
	__free_page(pages[1]);
}

/* ---- tables ---- */

static void empty_tables_go(struct kunit *test)
{
	void *p[6];
	struct page *page = alloc_page(GFP_KERNEL), **many;
	unsigned int before;

	many = kmalloc_array(513, sizeof(*many), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, many);
	for (unsigned int i = 0; i < 513; i++)
		many[i] = page;
	vm_unmap_aliases();
	before = (unsigned int)pgtable_pages();
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = vmap(many, 513, VM_MAP, PAGE_KERNEL);
	KUNIT_EXPECT_GE(test, (unsigned int)pgtable_pages(), before + 5);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		vunmap(p[i]);
	vm_unmap_aliases();
	KUNIT_EXPECT_LE(test, (unsigned int)pgtable_pages(), before);
	kfree(many);
	__free_page(page);
}

static struct kunit_case vmalloc_cases[] = {
	KUNIT_CASE(contents_and_edges),       KUNIT_CASE(lowest_place_first),     KUNIT_CASE(places_and_rights),
	KUNIT_CASE(refused_requests),         KUNIT_CASE(mapping_ones_own_pages), KUNIT_CASE(mistakes_are_named),
	KUNIT_CASE(frees_in_interrupts_wait), KUNIT_CASE(all_cpus_at_once),       KUNIT_CASE(large_pages),
	KUNIT_CASE(device_registers_and_ram), KUNIT_CASE(small_mappings),         KUNIT_CASE(no_waiting),
	KUNIT_CASE(other_cpus_forget),        KUNIT_CASE(empty_tables_go),        {}};

static struct kunit_suite vmalloc_suite = {
	.name = "mm_vmalloc",
	.init = mm_case_begin,
	.exit = mm_case_end,
	.test_cases = vmalloc_cases,
};
kunit_test_suite(vmalloc_suite);
