// SPDX-License-Identifier: MIT
/*
 * faults.c - suite: each wrong memory access is recognized for what it is, its area and who asked for that are named, and a test that
 * expects it goes on.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/set_memory.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>

/* Beyond the 48 bits that an address may have. */
#define NON_CANONICAL 0x8000123400005678UL
#define USER_ADDRESS 0x00007f0000001000UL

static volatile unsigned char sink;

static noinline void read_byte(unsigned long addr)
{
	/* Also of nothing, to see what comes of it. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	sink = *(volatile unsigned char *)addr;
}

static noinline void write_byte(unsigned long addr)
{
	*(volatile unsigned char *)addr = 1;
}

static void pointers_that_are_none(struct kunit *test)
{
	KUNIT_EXPECT_FAULT(test, FAULT_NULL, 0, read_byte(0));
	KUNIT_EXPECT_FAULT(test, FAULT_NULL, 8, write_byte(8));
	KUNIT_EXPECT_FAULT(test, FAULT_USER, USER_ADDRESS, read_byte(USER_ADDRESS));
	KUNIT_EXPECT_FAULT(test, FAULT_UNMAPPED, VMEMMAP - 8, write_byte(VMEMMAP - 8));
	KUNIT_EXPECT_NO_FAULT(test, read_byte((unsigned long)&sink));
}

/* A general protection fault does not tell the address: the instruction does. */
static void addresses_that_are_none(struct kunit *test)
{
	unsigned long *volatile p = (unsigned long *)NON_CANONICAL;
	volatile unsigned long at = 5;

	KUNIT_EXPECT_FAULT(test, FAULT_NON_CANONICAL, NON_CANONICAL, read_byte(NON_CANONICAL));
	KUNIT_EXPECT_FAULT(test, FAULT_NON_CANONICAL, NON_CANONICAL, write_byte(NON_CANONICAL));
	KUNIT_EXPECT_FAULT(test, FAULT_NON_CANONICAL, NON_CANONICAL + 0x128, p[37] = at);
	KUNIT_EXPECT_FAULT(test, FAULT_NON_CANONICAL, NON_CANONICAL + 40, p[at] += 0x12345678);
	KUNIT_EXPECT_FAULT(test, FAULT_NON_CANONICAL, NON_CANONICAL,
			   asm volatile("rep stosb"
					:
					: "D"(NON_CANONICAL), "c"(4), "a"(0)
					: "memory"));
	KUNIT_EXPECT_FAULT(test, FAULT_NON_CANONICAL, NON_CANONICAL,
			   __atomic_fetch_add((int *)NON_CANONICAL, 1, __ATOMIC_SEQ_CST));
}

static void guard_pages(struct kunit *test)
{
	char *p = vmalloc(3 * PAGE_SIZE);
	struct fault_info info;
	char text[256];

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_FAULT_INFO(test, FAULT_GUARD, p + 3 * PAGE_SIZE + 7, &info,
				write_byte((unsigned long)p + 3 * PAGE_SIZE + 7));
	KUNIT_EXPECT_TRUE(test, info.write);
	KUNIT_EXPECT_EQ(test, info.story.start, (unsigned long)p);
	KUNIT_EXPECT_EQ(test, info.story.end, (unsigned long)p + 4 * PAGE_SIZE);
	KUNIT_EXPECT_LT(test, info.story.caller - (unsigned long)guard_pages, 512UL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(fault_text(&info, text, sizeof(text)), "guard page of a vmalloc area"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "behind the area"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "allocated by [<"));
	KUNIT_EXPECT_EQ(test, info.story.alloc_stack != 0, (bool)mm_root.debug);
	vfree(p);
}

static void freed_memory(struct kunit *test)
{
	unsigned long p = (unsigned long)vmalloc(2 * PAGE_SIZE);
	struct fault_info info;

	KUNIT_ASSERT_NE(test, p, 0UL);
	write_byte(p);
	vfree((void *)p);
	KUNIT_EXPECT_FAULT_INFO(test, FAULT_FREED, p + 100, &info, read_byte(p + 100));
	KUNIT_EXPECT_LT(test, info.story.caller - (unsigned long)freed_memory, 512UL);
	vm_unmap_aliases();
	KUNIT_EXPECT_FAULT_INFO(test, FAULT_FREED, p + PAGE_SIZE, &info, write_byte(p + PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, info.story.start, p);
	KUNIT_EXPECT_EQ(test, info.story.free_stack != 0, (bool)mm_root.debug);
}

static const unsigned long constant = 0x1234;

static void what_may_only_be_read(struct kunit *test)
{
	unsigned long page = __get_free_page(GFP_KERNEL), text = (unsigned long)printk;

	KUNIT_ASSERT_NE(test, page, 0UL);
	KUNIT_EXPECT_FAULT(test, FAULT_READ_ONLY, text, write_byte(text));
	KUNIT_EXPECT_FAULT(test, FAULT_READ_ONLY, &constant, write_byte((unsigned long)&constant));
	/* Nor by its other address. */
	KUNIT_EXPECT_FAULT(test, FAULT_READ_ONLY, __va(__pa(text)), write_byte((unsigned long)__va(__pa(text))));
	KUNIT_EXPECT_EQ(test, set_memory_ro(page, 1), 0);
	KUNIT_EXPECT_FAULT(test, FAULT_READ_ONLY, page, write_byte(page));
	KUNIT_EXPECT_NO_FAULT(test, read_byte(page));
	KUNIT_EXPECT_EQ(test, set_memory_rw(page, 1), 0);
	KUNIT_EXPECT_NO_FAULT(test, write_byte(page));
	KUNIT_EXPECT_EQ(test, set_memory_np(page, 1), 0);
	KUNIT_EXPECT_FAULT(test, FAULT_HIDDEN, page, read_byte(page));
	KUNIT_EXPECT_EQ(test, set_memory_p(page, 1), 0);
	KUNIT_EXPECT_NO_FAULT(test, read_byte(page));
	free_page(page);
}

static unsigned char data_with_ret[16] = {0xc3};

static void what_is_not_code(struct kunit *test)
{
	unsigned char *page = vmalloc(PAGE_SIZE);
	void (*volatile call)(void) = (void (*)(void))(unsigned long)data_with_ret;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_FAULT(test, FAULT_EXEC, data_with_ret, call());
	page[0] = 0xc3; /* ret */
	call = (void (*)(void))(unsigned long)page;
	KUNIT_EXPECT_FAULT(test, FAULT_EXEC, page, call());
	set_vm_flush_reset_perms(page);
	KUNIT_EXPECT_EQ(test, set_memory_x((unsigned long)page, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_memory_rox((unsigned long)page, 1), 0);
	KUNIT_EXPECT_NO_FAULT(test, call());
	KUNIT_EXPECT_FAULT(test, FAULT_READ_ONLY, page, write_byte((unsigned long)page));
	KUNIT_EXPECT_EQ(test, set_memory_rw((unsigned long)page, 1), -EINVAL);
	vfree(page);
	/* Where a function would be is nothing. */
	call = NULL;
	KUNIT_EXPECT_FAULT(test, FAULT_NULL, 0, call()); /* NOLINT(clang-analyzer-core.CallAndMessage): meant */
}

static void other_exceptions(struct kunit *test)
{
	KUNIT_EXPECT_FAULT(test, FAULT_OTHER, 0, asm volatile("ud2"));
	KUNIT_EXPECT_FAULT(test, FAULT_OTHER, 0, asm volatile("div %0" : : "r"(0UL) : "rax", "rdx", "cc"));
}

/** struct faulter - a thread on some CPU that faults and goes on, often */
struct faulter {
	struct kunit *test;
	unsigned int seen;
	struct completion done;
};

static noinline bool faults_at(unsigned long addr)
{
	struct fault_catch c;

	if (!fault_catch_begin(&c)) {
		read_byte(addr);
		fault_catch_end(&c);
	}
	return c.info.kind == FAULT_NULL && c.info.addr == addr;
}

static int fault_often(void *data)
{
	struct faulter *f = data;

	for (unsigned int i = 0; i < 20; i++) {
		f->seen += faults_at(8 * i);
		if (i % 8 == 0)
			msleep(1);
	}
	complete(&f->done);
	return 0;
}

static void every_thread_its_own(struct kunit *test)
{
	struct faulter *all = kcalloc(nr_cpu_ids, sizeof(*all), GFP_KERNEL);
	unsigned int cpu;

	KUNIT_ASSERT_NOT_NULL(test, all);
	for_each_online_cpu (cpu) {
		init_completion(&all[cpu].done);
		KUNIT_EXPECT_NOT_ERR_OR_NULL(test, kthread_run_on_cpu(fault_often, &all[cpu], cpu, "fault/%u"));
	}
	for_each_online_cpu (cpu) {
		wait_for_completion(&all[cpu].done);
		KUNIT_EXPECT_EQ(test, all[cpu].seen, 20U);
	}
	kfree(all);
}

static struct kunit_case faults_cases[] = {
	KUNIT_CASE(pointers_that_are_none), KUNIT_CASE(addresses_that_are_none), KUNIT_CASE(guard_pages),
	KUNIT_CASE(freed_memory),           KUNIT_CASE(what_may_only_be_read),   KUNIT_CASE(what_is_not_code),
	KUNIT_CASE(other_exceptions),       KUNIT_CASE(every_thread_its_own),    {}};

static struct kunit_suite faults_suite = {
	.name = "faults",
	.test_cases = faults_cases,
};
kunit_test_suite(faults_suite);
