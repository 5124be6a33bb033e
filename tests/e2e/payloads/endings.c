// SPDX-License-Identifier: MIT
/*
 * endings.c - one of each end that a case can come to: passed, failed, ended by an assertion, skipped, warned, with parameters.
 * 3 passed, 4 failed, 1 skipped.
 */
#include <kunit/test.h>
#include <linux/module.h>

static bool wanted = true;
module_param(wanted, bool, 0444);

static void passes(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, wanted);
}

static void expects(struct kunit *test)
{
	int two = 2;

	KUNIT_EXPECT_EQ(test, two + two, 5);
	KUNIT_EXPECT_STREQ_MSG(test, "the case", "goes on", "two is %d", two);
}

static void asserts(struct kunit *test)
{
	KUNIT_ASSERT_NULL(test, test);
	kunit_info(test, "never reached");
}

static void skips(struct kunit *test)
{
	kunit_skip(test, "not today");
}

static void warns(struct kunit *test)
{
	WARN(test, "a warning fails a case\n");
}

static const int numbers[] = {1, 2, 3};

static void name_of(const int *n, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "number %d", *n);
}

KUNIT_ARRAY_PARAM(numbers, numbers, name_of);

static void is_odd(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, *(const int *)test->param_value % 2, 1);
}

static struct kunit_case cases[] = {KUNIT_CASE(passes),
				    KUNIT_CASE(expects),
				    KUNIT_CASE(asserts),
				    KUNIT_CASE(skips),
				    KUNIT_CASE(warns),
				    KUNIT_CASE_PARAM(is_odd, numbers_gen_params),
				    {}};
static struct kunit_suite suite = {.name = "endings", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
