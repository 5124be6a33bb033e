// SPDX-License-Identifier: MIT
/*
 * hoard.c - a payload that holds 16 MiB for a while: something to see over time.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/module.h>

#define BLOCKS 4

static void holds_16_mib_for_a_while(struct kunit *test)
{
	struct page *block[BLOCKS];

	for (int i = 0; i < BLOCKS; i++) {
		block[i] = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);
		KUNIT_ASSERT_NOT_NULL(test, block[i]);
	}
	msleep(120);
	for (int i = 0; i < BLOCKS; i++)
		__free_pages(block[i], MAX_PAGE_ORDER);
	msleep(60);
}

static struct kunit_case cases[] = {KUNIT_CASE(holds_16_mib_for_a_while), {}};
static struct kunit_suite suite = {.name = "hoard", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
