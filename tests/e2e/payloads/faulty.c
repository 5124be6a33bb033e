// SPDX-License-Identifier: MIT
/*
 * faulty.c - touches memory that it must not, in the way that faulty.how says: the report names the mistake, the area and who asked
 * for it. faulty.how=expected expects all of them, and passes.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/set_memory.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

static char *how = "";
module_param(how, charp, 0);

static noinline char *make_area(void)
{
	char *p = vmalloc(2 * PAGE_SIZE);

	barrier_data(p);
	return p;
}

static noinline void touch(volatile char *p)
{
	*p = 1;
}

/* An object that may not be written to any more. */
static noinline void touch_constant_object(struct kunit *test)
{
	char *p = kmalloc(2048, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_EQ(test, set_memory_ro((unsigned long)p & PAGE_MASK, 1), 0);
	touch(p + 9);
}

/* The first 8 bytes of the objects may be copied, and not those behind. */
static noinline void copy_too_much(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create_usercopy("secrets", 64, 0, 0, 0, 8, NULL);
	char *p = s ? kmem_cache_zalloc(s, GFP_KERNEL) : NULL;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NE(test, copy_to_user((void __user *)0x1000, p, 8), 0UL);
	KUNIT_EXPECT_NE(test, copy_to_user((void __user *)0x1000, p, 9), 0UL);
}

static void fault(struct kunit *test)
{
	char *p = make_area();
	void (*volatile call)(void) = (void (*)(void))p;

	KUNIT_ASSERT_NOT_NULL(test, p);
	if (!strcmp(how, "guard"))
		touch(p + 2 * PAGE_SIZE + 3);
	if (!strcmp(how, "exec"))
		call();
	if (!strcmp(how, "text"))
		touch((char *)(unsigned long)make_area);
	if (!strcmp(how, "wild"))
		touch((char *)0x1234567812345678);
	if (!strcmp(how, "user"))
		touch((char *)0x400000);
	if (!strcmp(how, "object"))
		touch_constant_object(test);
	if (!strcmp(how, "usercopy"))
		copy_too_much(test);
	if (!strcmp(how, "expected")) {
		KUNIT_EXPECT_FAULT(test, FAULT_GUARD, p + 2 * PAGE_SIZE, touch(p + 2 * PAGE_SIZE));
		KUNIT_EXPECT_FAULT(test, FAULT_EXEC, p, call());
		KUNIT_EXPECT_FAULT(test, FAULT_READ_ONLY, make_area, touch((char *)(unsigned long)make_area));
		KUNIT_EXPECT_FAULT(test, FAULT_NON_CANONICAL, 0x1234567812345678, touch((char *)0x1234567812345678));
	}
	if (!strcmp(how, "afterbug")) {
		KUNIT_EXPECT_FAULT(test, FAULT_OTHER, 0, BUG());
		touch(p + 2 * PAGE_SIZE + 3);
	}
	vfree(p);
	if (!strcmp(how, "freed"))
		touch(p + 5);
	if (!strcmp(how, "mistaken"))
		KUNIT_EXPECT_FAULT(test, FAULT_GUARD, p, touch(p));
}

static struct kunit_case cases[] = {KUNIT_CASE(fault), {}};
static struct kunit_suite suite = {.name = "faulty", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
