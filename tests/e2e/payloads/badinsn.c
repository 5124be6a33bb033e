// SPDX-License-Identifier: MIT
/*
 * badinsn.c - executes an instruction (crc32) that a KVM which emulates ring 0 cannot run; any other runs it.
 */
#include <kunit/test.h>
#include <linux/module.h>

static noinline unsigned int refused_here(unsigned int v)
{
	asm volatile(".byte 0xf2, 0x0f, 0x38, 0xf1, 0xc0" : "+a"(v)); /* crc32l %eax, %eax */
	return v;
}

static void badinsn(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, refused_here(0), 0U);
}

static struct kunit_case cases[] = {KUNIT_CASE(badinsn), {}};
static struct kunit_suite suite = {.name = "badinsn", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
