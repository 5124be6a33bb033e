// SPDX-License-Identifier: MIT
/*
 * fragments.c - memory in pieces: takes pages one by one until there are no more, gives every other one back, and stops the
 * machine as it is. Every fourth is movable, so that pageblocks hold what they were not made for.
 */
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/module.h>

#define MOST 8192

static struct page *pages[MOST];

static void fragments(struct kunit *test)
{
	unsigned int n = 0;

	while (n < MOST) {
		gfp_t movable = n % 4 ? 0 : __GFP_MOVABLE;

		pages[n] = alloc_page(GFP_NOWAIT | movable | __GFP_NOWARN);
		/* What the marks keep would be there in one piece. */
		if (!pages[n])
			pages[n] = alloc_page(__GFP_MEMALLOC | movable | __GFP_NOWARN);
		if (!pages[n])
			break;
		n++;
	}
	KUNIT_ASSERT_GE(test, n, 100U);
	for (unsigned int i = 1; i < n; i += 2)
		__free_page(pages[i]);
	panic("in pieces: %u pages", n);
}

static struct kunit_case cases[] = {KUNIT_CASE(fragments), {}};
static struct kunit_suite suite = {.name = "fragments", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
