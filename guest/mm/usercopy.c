// SPDX-License-Identifier: MIT
/*
 * usercopy.c - which kernel memory may be copied to and from user space; the copies themselves (see linux/uaccess.h).
 *
 * An address says what it lies in: a slab's page names the cache, which names the part of its objects that may be copied;
 * else a block of pages, a vmalloc area, the running thread's stack. What is none of these (data of the kernel image) passes,
 * unless it is code. Who is refused has a bug that leaks or overwrites kernel memory: the run ends.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <asm/sections.h>
#include <asm/uaccess.h>

#include "slab.h"

static noinline void refuse(const char *name, const char *detail, bool to_user, unsigned long offset, unsigned long n)
{
	pr_emerg("usercopy: Kernel memory %s attempt detected %s %s%s%s%s (offset %lu, size %lu)!\n",
		 to_user ? "exposure" : "overwrite", to_user ? "from" : "to", name, detail ? " '" : "",
		 detail ? detail : "", detail ? "'" : "", offset, n);
	BUG();
}

static void check_slab_object(const struct kmem_cache *s, const void *ptr, unsigned long n, bool to_user)
{
	const struct slab *slab = obj_slab(s, ptr);
	const char *first = slab_objects(s, slab);
	unsigned long offset;

	if ((const char *)ptr < first)
		refuse("SLUB object in left red zone", s->name, to_user, 0, n);
	offset = (unsigned long)((const char *)ptr - (const char *)slab_nearest(s, slab, ptr));
	/* Between objects: the red zone in front of the next one, and what debugging keeps there. */
	if (offset >= s->object_size)
		refuse("SLUB object", s->name, to_user, offset, n);
	if (offset < s->useroffset || offset - s->useroffset > s->usersize ||
	    n > s->usersize - (offset - s->useroffset))
		refuse("SLUB object", s->name, to_user, offset, n);
}

static void check_pages(const void *ptr, unsigned long n, bool to_user)
{
	const struct page *head = obj_head(ptr);
	unsigned long offset;

	/* Memory of the boot has no owner and no bounds. Blocks that are not compound consist of single pages. */
	if (!head || head->state != PAGE_USED || !(head->flags & PG_COMP))
		return;
	offset = (unsigned long)ptr - (unsigned long)page_address(head);
	if (n > (PAGE_SIZE << head->order) - offset)
		refuse("page alloc", NULL, to_user, offset, n);
}

static void check_area(const void *ptr, unsigned long n, bool to_user)
{
	const struct vm_struct *vm = find_vm_area(ptr);
	unsigned long offset;

	if (!vm) {
		refuse("vmalloc", "no area", to_user, 0, n);
		return;
	}
	offset = (unsigned long)ptr - vm->addr;
	if (offset > get_vm_area_size(vm) || n > get_vm_area_size(vm) - offset)
		refuse("vmalloc", NULL, to_user, offset, n);
}

void __check_object_size(const void *ptr, unsigned long n, bool to_user)
{
	unsigned long at = (unsigned long)ptr;
	const struct slab *page;

	if (!n)
		return;
	if (at + n - 1 < at)
		refuse("wrapped address", NULL, to_user, 0, at + n);
	if (ZERO_OR_NULL_PTR(ptr))
		refuse("null address", NULL, to_user, at, n);
	if (arch_crosses_stack(at, n))
		refuse("process stack", NULL, to_user, 0, n);
	if (overlaps_kernel_text(at, n))
		refuse("kernel text", NULL, to_user, 0, n);
	page = obj_page(ptr);
	if (page)
		check_slab_object(page->slab_cache, ptr, n, to_user);
	else if (is_vmalloc_addr(ptr))
		check_area(ptr, n, to_user);
	else if (at - PAGE_OFFSET < direct_map_bytes)
		check_pages(ptr, n, to_user);
}
EXPORT_SYMBOL(__check_object_size);

/* ---- the copies ---- */

unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
{
	check_object_size(from, n, true);
	return access_ok(to, n) ? arch_copy_user(to, from, n) : n;
}
EXPORT_SYMBOL(copy_to_user);

unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
{
	unsigned long left = n;

	check_object_size(to, n, false);
	if (access_ok(from, n))
		left = arch_copy_user(to, from, n);
	if (left)
		memset((char *)to + (n - left), 0, left);
	return left;
}
EXPORT_SYMBOL(copy_from_user);

unsigned long clear_user(void __user *to, unsigned long n)
{
	static const char zeros[64];

	if (!access_ok(to, n))
		return n;
	while (n) {
		unsigned long part = min(n, (unsigned long)sizeof(zeros));

		if (arch_copy_user(to, zeros, part))
			return n;
		to = (char *)to + part;
		n -= part;
	}
	return 0;
}
EXPORT_SYMBOL(clear_user);

long strnlen_user(const char __user *s, long n)
{
	char c;

	for (long i = 0; i < n; i++) {
		if (!access_ok(s + i, 1) || arch_copy_user(&c, s + i, 1))
			return 0;
		if (!c)
			return i + 1;
	}
	return n + 1;
}
EXPORT_SYMBOL(strnlen_user);
