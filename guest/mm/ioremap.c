// SPDX-License-Identifier: MIT
/*
 * ioremap.c - addresses for what is no RAM: devices' registers, memory of devices.
 *
 * Shape:   an area with VM_IOREMAP (vmalloc.c) without pages; it remembers the first physical address. Large pages where both
 *          addresses allow.
 * Always:  no page of RAM is mapped here, so no page of RAM has two memory types.
 * Locking, contexts: as vmap().
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/memblock.h>

#include "vmalloc.h"

static bool is_unfinished_device(const struct vmap_area *va)
{
	return va->vm && va->vm->flags & VM_IOREMAP;
}

static bool any_ram(phys_addr_t start, phys_addr_t end)
{
	for (u64 i = 0; i < memblock.memory.cnt; i++) {
		const struct memblock_region *r = &memblock.memory.regions[i];

		if (start < r->base + r->size && r->base < end)
			return true;
	}
	return false;
}

static void __iomem *map_device(phys_addr_t phys, size_t size, pgprot_t prot, const void *caller)
{
	phys_addr_t first = phys & PAGE_MASK, last = phys + size - 1;
	unsigned long bytes;
	struct vm_struct *vm;

	if (!size || last < phys || last >> MAX_PHYS_BITS)
		return NULL;
	bytes = PAGE_ALIGN(last + 1 - first);
	if (WARN(any_ram(first, first + bytes), "ioremap of RAM at %#llx\n", (unsigned long long)phys))
		return NULL;
	vm = get_vm_area_caller(bytes, VM_IOREMAP, caller);
	if (!vm)
		return NULL;
	vm->phys = phys;
	if (arch_vmap_range(vm->addr, first, bytes, prot, GFP_KERNEL)) {
		area_take_down(vm->addr, is_unfinished_device);
		return NULL;
	}
	return (void __iomem *)(vm->addr + (phys - first));
}

#define CALLER __builtin_return_address(0)

void __iomem *ioremap(phys_addr_t phys, size_t size)
{
	return map_device(phys, size, pgprot_uncached_minus(PAGE_KERNEL), CALLER);
}
EXPORT_SYMBOL(ioremap);

void __iomem *ioremap_uc(phys_addr_t phys, size_t size)
{
	return map_device(phys, size, pgprot_noncached(PAGE_KERNEL), CALLER);
}
EXPORT_SYMBOL(ioremap_uc);

void __iomem *ioremap_wc(phys_addr_t phys, size_t size)
{
	return map_device(phys, size, pgprot_writecombine(PAGE_KERNEL), CALLER);
}
EXPORT_SYMBOL(ioremap_wc);

void __iomem *ioremap_wt(phys_addr_t phys, size_t size)
{
	return map_device(phys, size, pgprot_writethrough(PAGE_KERNEL), CALLER);
}
EXPORT_SYMBOL(ioremap_wt);

void __iomem *ioremap_cache(phys_addr_t phys, size_t size)
{
	return map_device(phys, size, PAGE_KERNEL, CALLER);
}
EXPORT_SYMBOL(ioremap_cache);

void __iomem *ioremap_prot(phys_addr_t phys, size_t size, unsigned long prot)
{
	return map_device(phys, size, __pgprot(prot), CALLER);
}
EXPORT_SYMBOL(ioremap_prot);

bool is_ioremap_addr(const void *addr)
{
	return is_vmalloc_addr(addr);
}
EXPORT_SYMBOL(is_ioremap_addr);

static bool all_ram(phys_addr_t start, size_t size)
{
	for (u64 i = 0; i < memblock.memory.cnt; i++) {
		const struct memblock_region *r = &memblock.memory.regions[i];

		if (start - r->base < r->size && size <= r->base + r->size - start)
			return true;
	}
	return false;
}

void *memremap(phys_addr_t phys, size_t size, unsigned long flags)
{
	if (!size || phys + size - 1 < phys)
		return NULL;
	if (all_ram(phys, size)) {
		WARN(!(flags & MEMREMAP_WB), "memremap of RAM at %#llx with flags %#lx\n", (unsigned long long)phys,
		     flags);
		return flags & MEMREMAP_WB ? __va(phys) : NULL;
	}
	if (flags & MEMREMAP_WB)
		return (void __force *)map_device(phys, size, PAGE_KERNEL, CALLER);
	if (flags & MEMREMAP_WT)
		return (void __force *)map_device(phys, size, pgprot_writethrough(PAGE_KERNEL), CALLER);
	if (flags & MEMREMAP_WC)
		return (void __force *)map_device(phys, size, pgprot_writecombine(PAGE_KERNEL), CALLER);
	return NULL;
}
EXPORT_SYMBOL(memremap);

void memunmap(void *addr)
{
	if (is_vmalloc_addr(addr))
		iounmap(addr);
}
EXPORT_SYMBOL(memunmap);

void *vmap_pfn(unsigned long *pfns, unsigned int count, pgprot_t prot)
{
	struct vm_struct *vm;

	for (unsigned int i = 0; i < count; i++)
		if (WARN(pfn_valid(pfns[i]), "vmap_pfn of RAM: pfn %lx\n", pfns[i]))
			return NULL;
	vm = get_vm_area_caller((unsigned long)count << PAGE_SHIFT, VM_IOREMAP, CALLER);
	if (!vm)
		return NULL;
	for (unsigned int i = 0; i < count; i++) {
		if (!arch_vmap_range(vm->addr + ((unsigned long)i << PAGE_SHIFT), (phys_addr_t)pfns[i] << PAGE_SHIFT,
				     PAGE_SIZE, __pgprot(pgprot_val(prot) | _PAGE_NX), GFP_KERNEL))
			continue;
		area_take_down(vm->addr, is_unfinished_device);
		return NULL;
	}
	return (void *)vm->addr;
}
EXPORT_SYMBOL(vmap_pfn);
