/* SPDX-License-Identifier: MIT */
/*
 * slabbugs.c - a payload that leaves one object behind at each of two places, and writes into an object that it has freed; then nobody
 * looks at it until the payload ends.
 */
#include <linux/module.h>
#include <linux/slab.h>

static noinline void *careless(void)
{
	void *p = kmalloc(100, GFP_KERNEL);

	asm volatile("" ::: "memory");
	return p;
}

static noinline void *forgetful(void)
{
	void *p = kzalloc(100, GFP_KERNEL);

	asm volatile("" ::: "memory");
	return p;
}

static int __init bugs_init(void)
{
	char *p = kmalloc(500, GFP_KERNEL);

	if (!p || !careless() || !forgetful())
		return -ENOMEM;
	kfree(p);
	asm volatile("" : "+r"(p));
	p[17] = 'x';
	return 0;
}

static void __exit bugs_exit(void)
{
}

module_init(bugs_init);
module_exit(bugs_exit);
MODULE_LICENSE("MIT");
