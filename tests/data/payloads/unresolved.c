// SPDX-License-Identifier: MIT
/*
 * unresolved.c - needs a function that the kernel does not have: exit code 2, naming it.
 */
#include <linux/module.h>

void bar(void);

static int __init unresolved_init(void)
{
	bar();
	return 0;
}

module_init(unresolved_init);
MODULE_LICENSE("MIT");
