// SPDX-License-Identifier: MIT
/*
 * arch.c - suite: the machine under the allocators is real: rights of mappings are enforced, faults arrive, every CPU runs, ticks,
 * takes interrupts from the others and forgets old translations when told.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/sched/mm.h>
#include <linux/set_memory.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include <asm/apic.h>
#include <asm/extable.h>
#include <asm/pgtable.h>

/* Beyond the 48 bits that an address may have: a general protection fault, not a page fault. */
#define NON_CANONICAL 0x8000000000000000UL

static const unsigned long constant = 0x1234;

/** struct touch - read at @pa on some CPU: did it fault? */
struct touch {
	phys_addr_t pa;
	long err;
};

static void touch_here(void *info)
{
	struct touch *t = info;
	unsigned long v;

	t->err = copy_from_kernel_nofault(&v, __va(t->pa), sizeof(v));
}

static bool is_mapped(phys_addr_t pa)
{
	struct touch t = {.pa = pa};

	touch_here(&t);
	return !t.err;
}

static void expect_mapped(struct kunit *test, phys_addr_t pa)
{
	struct touch t = {.pa = pa, .err = 1};

	KUNIT_EXPECT_EQ(test, smp_call_function_single(nr_cpu_ids - 1, touch_here, &t, 1), 0);
	KUNIT_EXPECT_EQ_MSG(test, t.err, 0, "RAM at 0x%llx", pa);
	KUNIT_EXPECT_TRUE_MSG(test, is_mapped(pa), "RAM at 0x%llx", pa);
}

static void bad_reads_fault(struct kunit *test)
{
	unsigned long v = 7;

	KUNIT_EXPECT_EQ(test, copy_from_kernel_nofault(&v, (void *)8, sizeof(v)), -EFAULT);
	KUNIT_EXPECT_EQ(test, copy_from_kernel_nofault(&v, (void *)NON_CANONICAL, sizeof(v)), -EFAULT);
	KUNIT_EXPECT_EQ(test, v, 7UL);
	/* No RAM between 640 KiB and 1 MiB, and the direct map has RAM only. */
	KUNIT_EXPECT_EQ(test, copy_from_kernel_nofault(&v, __va(HOLE_START), sizeof(v)), -EFAULT);
	KUNIT_EXPECT_EQ(test, copy_from_kernel_nofault(&v, &constant, sizeof(v)), 0);
	KUNIT_EXPECT_EQ(test, v, constant);
}

/* Where a range begins and ends, and at least once in every 1/16 of it: touched from two CPUs if there are two. */
static void all_memory_is_mapped(struct kunit *test)
{
	for (u64 i = 0; i < memblock.memory.cnt; i++) {
		const struct memblock_region *r = &memblock.memory.regions[i];
		phys_addr_t step = max(r->size / 16 & PAGE_MASK, PAGE_SIZE);

		for (phys_addr_t at = 0; at < r->size; at += step)
			expect_mapped(test, r->base + at);
		expect_mapped(test, r->base + r->size - sizeof(unsigned long));
	}
	KUNIT_EXPECT_FALSE(test, is_mapped(memblock_end_of_DRAM() + PGDIR_SIZE));
}

static void guard_pages_fault(struct kunit *test)
{
	char *p = vmalloc(3 * PAGE_SIZE);
	char c;
	long last, behind, before;

	KUNIT_ASSERT_NOT_NULL(test, p);
	last = copy_from_kernel_nofault(&c, p + 3 * PAGE_SIZE - 1, 1);
	behind = copy_from_kernel_nofault(&c, p + 3 * PAGE_SIZE, 1);
	before = copy_to_kernel_nofault(p - 1, &c, 1);
	vfree(p);
	KUNIT_EXPECT_EQ(test, last, 0);
	KUNIT_EXPECT_EQ(test, behind, -EFAULT);
	KUNIT_EXPECT_EQ(test, before, -EFAULT);
}

static void text_and_constants_are_read_only(struct kunit *test)
{
	unsigned char *text = (unsigned char *)printk;
	unsigned char was = *text, other = (unsigned char)~was;

	KUNIT_EXPECT_EQ(test, copy_to_kernel_nofault(text, &other, 1), -EFAULT);
	KUNIT_EXPECT_EQ(test, *(volatile unsigned char *)text, was);
	KUNIT_EXPECT_EQ(test, copy_to_kernel_nofault((void *)&constant, &other, 1), -EFAULT);
	KUNIT_EXPECT_EQ(test, *(volatile const unsigned long *)&constant, 0x1234UL);
}

/* jmp *%rax: what runs here goes to where %rax says. */
unsigned char arch_suite_nx_target[2] = {0xff, 0xe0};

/* Jump into data. Return: 1 if it ran, 0 if the fetch faulted. */
static unsigned long jump_into_data(void)
{
	unsigned long ran;

	asm volatile("	lea 1f(%%rip), %%rax\n"
		     "	jmp *%[target]\n"
		     "1:	mov $1, %[ran]\n"
		     "	jmp 3f\n"
		     "2:	xor %[ran], %[ran]\n"
		     "3:\n" _ASM_EXTABLE(arch_suite_nx_target, 2b)
		     : [ran] "=&r"(ran)
		     : [target] "r"(arch_suite_nx_target)
		     : "rax", "memory", "cc");
	return ran;
}

static void data_is_not_executable(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, jump_into_data(), 0UL);
}

static void rights_can_change(struct kunit *test)
{
	unsigned long *p = vmalloc(PAGE_SIZE), v = 2;
	long read_only, writable;

	KUNIT_ASSERT_NOT_NULL(test, p);
	*p = 1;
	KUNIT_EXPECT_EQ(test, set_memory_ro((unsigned long)p, 1), 0);
	read_only = copy_to_kernel_nofault(p, &v, sizeof(v));
	KUNIT_EXPECT_EQ(test, *(volatile unsigned long *)p, 1UL);
	KUNIT_EXPECT_EQ(test, set_memory_rw((unsigned long)p, 1), 0);
	writable = copy_to_kernel_nofault(p, &v, sizeof(v));
	/* The guard page has no rights to change. */
	KUNIT_EXPECT_EQ(test, set_memory_ro((unsigned long)p, 2), -EFAULT);
	vfree(p);
	KUNIT_EXPECT_EQ(test, read_only, -EFAULT);
	KUNIT_EXPECT_EQ(test, writable, 0);
}

static void every_cpu_is_online(struct kunit *test)
{
	unsigned int cpu;

	KUNIT_EXPECT_EQ(test, num_online_cpus(), nr_cpu_ids);
	for_each_possible_cpu (cpu)
		KUNIT_EXPECT_TRUE(test, cpu_online(cpu));
	KUNIT_EXPECT_FALSE(test, cpu_online(nr_cpu_ids));
}

/* Deadline by the TSC: jiffies may stand still if what is tested does not work. */
static bool ticks_on(unsigned int cpu, unsigned long more)
{
	unsigned long before = cpu_timer_ticks(cpu);
	uint64_t start = rdtsc();

	while (cpu_timer_ticks(cpu) < before + more) {
		if (rdtsc() - start > 20 * tsc_hz)
			return false;
		cpu_relax();
	}
	return true;
}

static void every_cpu_ticks(struct kunit *test)
{
	unsigned int cpu;

	for_each_online_cpu (cpu)
		KUNIT_EXPECT_TRUE_MSG(test, ticks_on(cpu, 3), "CPU %u does not tick", cpu);
}

static void ticks_keep_time(struct kunit *test)
{
	uint64_t start = rdtsc(), took;
	unsigned long j = jiffies;

	msleep(50);
	took = rdtsc() - start;
	KUNIT_EXPECT_GE(test, took, tsc_hz / 20);
	KUNIT_EXPECT_GE(test, jiffies - j, msecs_to_jiffies(50));
}

/** struct call_record - what a function saw where it ran. */
struct call_record {
	unsigned int calls, cpu;
	bool hardirq, irqs_off;
};

static void record_call(void *info)
{
	struct call_record *r = info;

	__atomic_fetch_add(&r->calls, 1, __ATOMIC_SEQ_CST);
	r->cpu = smp_processor_id();
	r->hardirq = in_hardirq();
	r->irqs_off = irqs_disabled();
}

static void each_cpu_takes_calls(struct kunit *test)
{
	unsigned int cpu;

	for_each_online_cpu (cpu) {
		struct call_record r = {0};
		unsigned int here;

		/* Where this test runs may change between any two lines: decide inside. */
		here = get_cpu();
		KUNIT_EXPECT_EQ(test, smp_call_function_single(cpu, record_call, &r, 1), 0);
		put_cpu();
		KUNIT_EXPECT_EQ(test, r.calls, 1U);
		KUNIT_EXPECT_EQ(test, r.cpu, cpu);
		KUNIT_EXPECT_EQ(test, r.hardirq, cpu != here);
		KUNIT_EXPECT_TRUE(test, r.irqs_off);
	}
	KUNIT_EXPECT_EQ(test, smp_call_function_single(nr_cpu_ids, record_call, NULL, 1), -ENXIO);
}

static void calls_reach_all(struct kunit *test)
{
	struct call_record all = {0}, others = {0};

	for (unsigned int i = 0; i < 20; i++) {
		on_each_cpu(record_call, &all, 1);
		smp_call_function(record_call, &others, 1);
	}
	KUNIT_EXPECT_EQ(test, all.calls, 20 * nr_cpu_ids);
	KUNIT_EXPECT_EQ(test, others.calls, 20 * (nr_cpu_ids - 1));
}

/** struct peek - read a word on every CPU: how many saw @want, how many something else. */
struct peek {
	volatile unsigned long *at;
	unsigned long want;
	unsigned int right, wrong;
};

static void peek_here(void *info)
{
	struct peek *p = info;

	__atomic_fetch_add(*p->at == p->want ? &p->right : &p->wrong, 1, __ATOMIC_SEQ_CST);
}

/* The same address backed by one page, then by another: nobody may see the first one any more. (Of vmap(): an area of vmalloc() says
 * which pages it has.) */
static void old_translations_are_forgotten(struct kunit *test)
{
	struct page *pages[2] = {alloc_page(GFP_KERNEL), alloc_page(GFP_KERNEL)};
	unsigned long *p, va;
	struct peek peek = {};
	int err = 0;

	KUNIT_ASSERT_NOT_NULL(test, pages[0]);
	KUNIT_ASSERT_NOT_NULL(test, pages[1]);
	p = vmap(pages, 1, VM_MAP, PAGE_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	va = (unsigned long)p;
	peek.at = p;
	*p = 100;
	*(unsigned long *)page_address(pages[1]) = 101;
	for (unsigned int i = 0; i < 10 && !err; i++) {
		peek.want = 100 + i % 2;
		on_each_cpu(peek_here, &peek, 1);
		arch_vunmap_range(va, PAGE_SIZE);
		err = arch_vmap_pages(va, &pages[(i + 1) % 2], 1, PAGE_KERNEL, GFP_KERNEL);
		arch_flush_tlb_kernel_range(va, va + PAGE_SIZE);
	}
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_PTR_EQ(test, arch_vmalloc_to_page(p), pages[0]);
	vunmap(p);
	__free_page(pages[0]);
	__free_page(pages[1]);
	KUNIT_EXPECT_EQ(test, peek.right, 10 * nr_cpu_ids);
	KUNIT_EXPECT_EQ(test, peek.wrong, 0U);
}

/* What one entry of a top table maps. Nobody else is that far up in the area for vmalloc(). */
#define TOP_ENTRY (1UL << 39)
#define FAR_UP (VMALLOC_START + 9 * TOP_ENTRY)

/* An address of the kernel's that gets its first mapping while address spaces exist, one of them in use here, is in all of them. */
static void address_spaces_follow_the_kernel(struct kunit *test)
{
	struct mm_struct *used = mm_alloc(), *idle = mm_alloc();
	unsigned long word = 1;
	void *p;

	KUNIT_ASSERT_NOT_NULL(test, used);
	KUNIT_ASSERT_NOT_NULL(test, idle);
	kthread_use_mm(used);
	p = __vmalloc_node_range(PAGE_SIZE, 1, FAR_UP, FAR_UP + TOP_ENTRY, GFP_KERNEL | __GFP_ZERO, PAGE_KERNEL, 0,
				 NUMA_NO_NODE, NULL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, copy_from_kernel_nofault(&word, p, sizeof(word)), 0);
	KUNIT_EXPECT_EQ(test, word, 0UL);
	kthread_unuse_mm(used);
	kthread_use_mm(idle);
	KUNIT_EXPECT_EQ(test, copy_from_kernel_nofault(&word, p, sizeof(word)), 0);
	kthread_unuse_mm(idle);
	KUNIT_EXPECT_EQ(test, copy_from_kernel_nofault(&word, p, sizeof(word)), 0);
	vfree(p);
	mmput(used);
	mmput(idle);
}

static irqreturn_t never(int irq, void *dev)
{
	(void)irq;
	(void)dev;
	return IRQ_HANDLED;
}

static void interrupt_numbers_have_one_handler(struct kunit *test)
{
	struct msi_msg msg;
	int irq = msi_alloc_irq(0, &msg), dev, other;

	KUNIT_ASSERT_GE(test, irq, 0);
	KUNIT_EXPECT_EQ(test, request_irq((unsigned int)irq, NULL, 0, "none", &dev), -EINVAL);
	KUNIT_EXPECT_EQ(test, request_irq((unsigned int)irq, never, 0, "first", &dev), 0);
	KUNIT_EXPECT_EQ(test, request_irq((unsigned int)irq, never, 0, "second", &other), -EBUSY);
	KUNIT_EXPECT_STREQ(test, (const char *)free_irq((unsigned int)irq, &dev), "first");
	msi_free_irq(irq);
	KUNIT_EXPECT_EQ(test, request_irq((unsigned int)irq, never, 0, "late", &dev), -EINVAL);
	KUNIT_EXPECT_EQ(test, request_irq(TIMER_VECTOR, never, 0, "tick", &dev), -EINVAL);
	KUNIT_EXPECT_EQ(test, irq_count((unsigned int)irq), 0UL);
}

static struct kunit_case arch_cases[] = {KUNIT_CASE(bad_reads_fault),
					 KUNIT_CASE(all_memory_is_mapped),
					 KUNIT_CASE(guard_pages_fault),
					 KUNIT_CASE(text_and_constants_are_read_only),
					 KUNIT_CASE(data_is_not_executable),
					 KUNIT_CASE(rights_can_change),
					 KUNIT_CASE(every_cpu_is_online),
					 KUNIT_CASE(every_cpu_ticks),
					 KUNIT_CASE(ticks_keep_time),
					 KUNIT_CASE(each_cpu_takes_calls),
					 KUNIT_CASE(calls_reach_all),
					 KUNIT_CASE(old_translations_are_forgotten),
					 KUNIT_CASE(address_spaces_follow_the_kernel),
					 KUNIT_CASE(interrupt_numbers_have_one_handler),
					 {}};

static struct kunit_suite arch_suite = {
	.name = "arch",
	.test_cases = arch_cases,
};
kunit_test_suite(arch_suite);
