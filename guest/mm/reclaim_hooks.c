// SPDX-License-Identifier: MIT
/*
 * reclaim_hooks.c - what reclaim asks of the page cache where the kernel is built without that: there is nothing to drop. The real one
 * takes precedence.
 */
#include <linux/pagemap.h>

#include "internal.h"

__weak unsigned long drop_pagecache(void)
{
	return 0;
}
