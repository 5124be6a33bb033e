// SPDX-License-Identifier: MIT
/*
 * kvmalloc.c - kmalloc() if that is cheap, vmalloc() otherwise. Which of the two a block is follows from its address.
 *
 * Up to a page there is no second way: what a page cannot give, vmalloc() cannot either. Beyond, the first try makes no
 * effort, because a contiguous block is a convenience here. A mask that may not sleep gets only the first try: building a
 * mapping needs page tables, and those a task that can wait.
 */
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "internal.h"

void *kvmalloc_node_align(size_t size, unsigned long align, gfp_t gfp, int node)
{
	gfp_t easy = gfp;
	void *addr = NULL;

	if (WARN_ON_ONCE(!align || (align & (align - 1)) || align > PAGE_SIZE))
		return NULL;
	/* Up to a page a power of two is aligned to itself. */
	if (size <= PAGE_SIZE)
		return kmalloc(align > ARCH_KMALLOC_MINALIGN && size ? ALIGN(size, align) : size, gfp);
	if (unlikely(size > INT_MAX)) {
		WARN_ONCE(!(gfp & __GFP_NOWARN), "kvmalloc: %zu bytes are more than anybody should want\n", size);
		return NULL;
	}
	easy |= __GFP_NOWARN;
	if (!(gfp & __GFP_RETRY_MAYFAIL))
		easy &= ~__GFP_DIRECT_RECLAIM;
	easy &= ~__GFP_NOFAIL;
	if (size <= KMALLOC_MAX_SIZE)
		addr = kmalloc(ALIGN(size, align), easy);
	if (addr || !gfpflags_allow_blocking(gfp))
		return addr;
	return __vmalloc_node(size, align, gfp, node, __builtin_return_address(0));
}
EXPORT_SYMBOL(kvmalloc_node_align);

void *kvmalloc(size_t size, gfp_t gfp)
{
	return kvmalloc_node_align(size, 1, gfp, NUMA_NO_NODE);
}
EXPORT_SYMBOL(kvmalloc);

void kvfree(const void *addr)
{
	if (is_vmalloc_addr(addr))
		vfree(addr);
	else
		kfree(addr);
}
EXPORT_SYMBOL(kvfree);

void kvfree_sensitive(const void *addr, size_t len)
{
	if (ZERO_OR_NULL_PTR(addr))
		return;
	memset((void *)addr, 0, len);
	barrier_data(addr);
	kvfree(addr);
}
EXPORT_SYMBOL(kvfree_sensitive);

void *kvrealloc(const void *addr, size_t size, gfp_t gfp)
{
	size_t have;
	void *fresh;

	if (!is_vmalloc_addr(addr)) {
		if (ZERO_OR_NULL_PTR(addr))
			return kvmalloc(size, gfp);
		if (size <= ksize(addr) || size <= PAGE_SIZE)
			return krealloc(addr, size, gfp);
		have = ksize(addr);
	} else {
		const struct vm_struct *vm = find_vm_area(addr);

		if (WARN_ON_ONCE(!vm))
			return NULL;
		have = get_vm_area_size(vm);
		if (!size) {
			vfree(addr);
			return ZERO_SIZE_PTR;
		}
		if (size <= have) {
			if (gfp & __GFP_ZERO)
				memset((char *)addr + size, 0, have - size);
			return (void *)addr;
		}
	}
	fresh = kvmalloc(size, gfp);
	if (!fresh)
		return NULL;
	memcpy(fresh, addr, have);
	kvfree(addr);
	return fresh;
}
EXPORT_SYMBOL(kvrealloc);
