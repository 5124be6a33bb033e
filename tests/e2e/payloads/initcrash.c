// SPDX-License-Identifier: MIT
/*
 * initcrash.c - follows a NULL pointer in module_init: a panic, exit code 4, with crash_here() in the backtrace.
 */
#include <linux/module.h>

struct thing {
	int a, b;
};

static struct thing *volatile nothing;

static noinline int crash_here(void)
{
	return nothing->b;
}

static int __init crash_init(void)
{
	return crash_here();
}

module_init(crash_init);
MODULE_LICENSE("MIT");
