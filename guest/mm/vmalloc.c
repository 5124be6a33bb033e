// SPDX-License-Identifier: MIT
/*
 * vmalloc.c - memory that is contiguous in virtual addresses only: how an area comes to be.
 *
 * Shape:   an area is a struct vm_struct on the busy side of its space (vmap_space.c): addresses, the pages behind them
 *          (vmalloc_pages.c), and one page at the end that is never mapped, so that an overrun faults.
 * Order:   pages first, then addresses, then the mapping; vmap_purge.c takes it down. A failure anywhere undoes what was
 *          done: without addresses at once, with them in the way in which an area goes that was in use.
 *          While an area is on the busy list without being mapped, VM_UNINITIALIZED is set.
 * Rights:  a page that is writable is never executable, whatever the caller asks for.
 * Locking: the space's lock covers the trees. An area that is not finished is its builder's alone.
 * Contexts: building waits for memory if the mask allows that, and then needs a task; with another mask it may be done
 *          anywhere, where only what is at hand is taken. Tables for the mapping are asked for with the same patience.
 * Boot:    vmalloc_init() after the slab; the first piece of each space and every area come from caches.
 */
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/stackdepot.h>
#include <linux/string.h>

#include "vmalloc.h"

/* What a mask may say here; other bits mean nothing for areas. */
#define VMALLOC_GFP                                                                                                    \
	(__GFP_RECLAIM | __GFP_IO | __GFP_FS | __GFP_HIGH | __GFP_HARDWALL | __GFP_ACCOUNT | __GFP_NOFAIL |            \
	 __GFP_ZERO | __GFP_NORETRY | __GFP_RETRY_MAYFAIL | __GFP_NOWARN | __GFP_HIGHMEM | __GFP_DMA | __GFP_DMA32 |   \
	 __GFP_THISNODE | __GFP_MEMALLOC | __GFP_NOMEMALLOC)

static struct kmem_cache *vm_cache;

/* The rights and patience of a request, for what is allocated on the way. */
static gfp_t inner_gfp(gfp_t gfp)
{
	return gfp & (__GFP_RECLAIM | __GFP_IO | __GFP_FS | __GFP_HIGH | __GFP_NOFAIL | __GFP_NOWARN | __GFP_ACCOUNT |
		      __GFP_NORETRY | __GFP_RETRY_MAYFAIL);
}

noinline void *area_failed(gfp_t gfp, unsigned long size, const char *what)
{
	if (!(gfp & __GFP_NOWARN)) {
		pr_warn_ratelimited("vmalloc error: size %lu, %s\n", size, what);
	}
	return NULL;
}

noinline __cold bool area_refused(const char *call)
{
	return !WARN(1, "%s in atomic context\n", call);
}

/* ---- descriptions ---- */

static __always_inline struct vm_struct *new_description(unsigned long size, unsigned long flags, gfp_t gfp,
							 const void *caller)
{
	struct vm_struct *vm = kmem_cache_alloc(vm_cache, gfp);

	if (!vm)
		return NULL;
	/* One by one: the compiler would clear all of it by "rep stos" first. */
	vm->addr = 0;
	vm->size = flags & VM_NO_GUARD ? size : size + PAGE_SIZE;
	vm->flags = flags | VM_UNINITIALIZED;
	vm->nr_pages = 0;
	vm->pages = NULL;
	vm->one = NULL;
	vm->caller = (gva_t)(uintptr_t)caller;
	vm->phys = 0;
	vm->page_order = 0;
	vm->alloc_stack = MM_DEBUG ? stack_depot_save_here(1, AREA_STACK_DEPTH) : 0;
	vm->free_stack = 0;
	vm->reserved = 0;
	return vm;
}

struct vm_struct *vm_struct_new(unsigned long size, unsigned long flags, gfp_t gfp, const void *caller)
{
	return new_description(size, flags, gfp, caller);
}

void vm_struct_free(struct vm_struct *vm)
{
	if (vm->pages && vm->pages != &vm->one)
		kvfree(vm->pages);
	kmem_cache_free(vm_cache, vm);
}

void area_finish(struct vm_struct *vm)
{
	__atomic_fetch_and(&vm->flags, ~(uint64_t)VM_UNINITIALIZED, __ATOMIC_RELEASE);
}

/* Room for the addresses of @nr pages. */
static bool new_array(struct vm_struct *vm, unsigned long nr, gfp_t gfp)
{
	if (nr == 1)
		vm->pages = &vm->one;
	else
		vm->pages = kvmalloc_array(nr, sizeof(*vm->pages), inner_gfp(gfp) | __GFP_ZERO);
	return vm->pages;
}

/* ---- mapping ---- */

static bool is_whole_block(struct page **pages, unsigned long nr, unsigned int order)
{
	unsigned long n = 1UL << order;

	if (nr < n || page_to_pfn(*pages) & (n - 1))
		return false;
	for (unsigned long i = 1; i < n; i++)
		if (pages[i] != *pages + i)
			return false;
	return true;
}

/* Large pages where their pages lie together, small ones elsewhere. */
static int map_large(struct vm_struct *vm, gfp_t gfp, pgprot_t prot)
{
	unsigned long n = 1UL << vm->page_order, step;

	for (unsigned long i = 0; i < vm->nr_pages; i += step) {
		unsigned long left = vm->nr_pages - i, va = vm->addr + (i << PAGE_SHIFT);
		struct page **pages = vm->pages + i;
		int err;

		step = min(left, n);
		if (is_whole_block(pages, left, vm->page_order))
			err = arch_vmap_range(va, page_to_phys(*pages), step << PAGE_SHIFT, prot, gfp);
		else
			err = arch_vmap_pages(va, pages, step, prot, gfp);
		if (err)
			return err;
	}
	return 0;
}

static int map_area(struct vm_struct *vm, gfp_t gfp, pgprot_t prot)
{
	if (vm->page_order)
		return map_large(vm, gfp, prot);
	return arch_vmap_pages(vm->addr, vm->pages, vm->nr_pages, prot, gfp);
}

static bool is_unfinished(const struct vmap_area *va)
{
	return va->vm && va->vm->flags & VM_UNINITIALIZED;
}

/*
 * Addresses for the area, and its pages mapped there. Return: what went wrong, or NULL. @gone: the area is on its way out
 * already; what was mapped of it may be remembered by some CPU.
 */
static const char *place_area(struct vmap_space *space, struct vm_struct *vm, const struct vmap_wish *wish, gfp_t gfp,
			      pgprot_t prot, bool *gone)
{
	struct vmap_area *va;
	int err = vmap_get_room(space, vm, wish, inner_gfp(gfp), &va);

	if (err)
		return err == -ENOSPC ? "no address range is large enough" : "vmap_area allocation failed";
	if (map_area(vm, inner_gfp(gfp), prot)) {
		*gone = true;
		area_take_down(vm->addr, is_unfinished);
		return "failed to map pages";
	}
	area_finish(vm);
	return NULL;
}

/* One try. Return: what went wrong, or NULL; then *@out is the area. */
static const char *build_area(struct vmap_space *space, const struct vmap_wish *wish, unsigned long nr, gfp_t gfp,
			      pgprot_t prot, unsigned long flags, const void *caller, struct vm_struct **out)
{
	struct vm_struct *vm = new_description(nr << PAGE_SHIFT, VM_ALLOC | flags, inner_gfp(gfp), caller);
	const char *what = NULL;
	bool gone = false;

	*out = vm;
	if (!vm)
		return "vm_struct allocation failed";
	if (wish->align >= PMD_SIZE && flags & VM_ALLOW_HUGE_VMAP)
		vm->page_order = PMD_SHIFT - PAGE_SHIFT;
	if (!new_array(vm, nr, gfp))
		what = "failed to allocate page array";
	if (!what) {
		vm->nr_pages = vmalloc_take_pages(vm->pages, nr, vm->page_order, gfp);
		what = vm->nr_pages == nr ? NULL : "failed to allocate pages";
	}
	if (!what)
		what = place_area(space, vm, wish, gfp, prot, &gone);
	if (what && !gone) {
		vmalloc_give_pages(vm->pages, vm->nr_pages);
		vm_struct_free(vm);
	}
	return what;
}

/* Why a request cannot be tried at all, or NULL. */
static const char *refuse(const struct vmap_space *space, unsigned long size, unsigned long align, unsigned long end)
{
	if (size > SIZE_MAX - PAGE_SIZE || PAGE_ALIGN(size) >> PAGE_SHIFT > nr_managed_pages)
		return "exceeds total pages";
	return !space || end > space->end || align & (align - 1) ? "bad range or alignment" : NULL;
}

static bool nohuge;

static int set_nohuge(char *value)
{
	nohuge = !*value;
	return !*value;
}
__setup("nohugevmalloc", set_nohuge);

void *__vmalloc_node_range(unsigned long size, unsigned long align, unsigned long start, unsigned long end, gfp_t gfp,
			   pgprot_t prot, unsigned long vm_flags, int node, const void *caller)
{
	unsigned long nr = PAGE_ALIGN(size) >> PAGE_SHIFT;
	struct vmap_space *space = vmap_space_of(start);
	struct vmap_wish wish = {.align = align, .start = start, .end = end};
	struct vm_struct *vm;
	const char *what;

	(void)node;
	if (WARN_ON_ONCE(!size) || !area_may_be_built(gfp, "vmalloc"))
		return NULL;
	if (WARN_ONCE(gfp & ~VMALLOC_GFP, "vmalloc: flags %#x of %#x mean nothing here\n", gfp & ~VMALLOC_GFP, gfp))
		gfp &= VMALLOC_GFP;
	what = refuse(space, size, align, end);
	if (what)
		return area_failed(gfp, size, what);
	if (vm_flags & VM_ALLOW_HUGE_VMAP && nr >= 1UL << (PMD_SHIFT - PAGE_SHIFT) && !nohuge)
		wish.align = max(align, PMD_SIZE);
	wish.size = (nr << PAGE_SHIFT) + (vm_flags & VM_NO_GUARD ? 0 : PAGE_SIZE);
	for (;;) {
		what = build_area(space, &wish, nr, gfp, prot, vm_flags, caller, &vm);
		if (!what)
			return (void *)vm->addr;
		if (!(gfp & __GFP_NOFAIL) || !gfpflags_allow_blocking(gfp))
			return area_failed(gfp, size, what);
		/* Somebody else must give something back first. */
		msleep(1);
	}
}
EXPORT_SYMBOL(__vmalloc_node_range);

/* ---- the calls ---- */

static __always_inline void *vmalloc_from(unsigned long size, gfp_t gfp, unsigned long flags, const void *caller)
{
	return __vmalloc_node_range(size, 1, VMALLOC_START, VMALLOC_END, gfp, PAGE_KERNEL, flags, NUMA_NO_NODE, caller);
}

void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp, int node, const void *caller)
{
	return __vmalloc_node_range(size, align, VMALLOC_START, VMALLOC_END, gfp, PAGE_KERNEL, 0, node,
				    caller ? caller : __builtin_return_address(0));
}
EXPORT_SYMBOL(__vmalloc_node);

void *vmalloc(unsigned long size)
{
	return vmalloc_from(size, GFP_KERNEL, 0, __builtin_return_address(0));
}
EXPORT_SYMBOL(vmalloc);

void *vzalloc(unsigned long size)
{
	return vmalloc_from(size, GFP_KERNEL | __GFP_ZERO, 0, __builtin_return_address(0));
}
EXPORT_SYMBOL(vzalloc);

void *vmalloc_node(unsigned long size, int node)
{
	(void)node;
	return vmalloc_from(size, GFP_KERNEL, 0, __builtin_return_address(0));
}
EXPORT_SYMBOL(vmalloc_node);

void *vzalloc_node(unsigned long size, int node)
{
	(void)node;
	return vmalloc_from(size, GFP_KERNEL | __GFP_ZERO, 0, __builtin_return_address(0));
}
EXPORT_SYMBOL(vzalloc_node);

void *vmalloc_32(unsigned long size)
{
	return vmalloc_from(size, GFP_KERNEL | GFP_DMA32, 0, __builtin_return_address(0));
}
EXPORT_SYMBOL(vmalloc_32);

void *vmalloc_32_user(unsigned long size)
{
	return vmalloc_from(size, GFP_KERNEL | GFP_DMA32 | __GFP_ZERO, VM_USERMAP, __builtin_return_address(0));
}
EXPORT_SYMBOL(vmalloc_32_user);

void *vmalloc_user(unsigned long size)
{
	return vmalloc_from(size, GFP_KERNEL | __GFP_ZERO, VM_USERMAP, __builtin_return_address(0));
}
EXPORT_SYMBOL(vmalloc_user);

void *vmalloc_huge(unsigned long size, gfp_t gfp)
{
	return vmalloc_from(size, gfp, VM_ALLOW_HUGE_VMAP, __builtin_return_address(0));
}
EXPORT_SYMBOL(vmalloc_huge);

void *__vmalloc(unsigned long size, gfp_t gfp)
{
	return vmalloc_from(size, gfp, 0, __builtin_return_address(0));
}
EXPORT_SYMBOL(__vmalloc);

void *__vmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes = size_mul(n, size);

	return bytes == SIZE_MAX ? NULL : vmalloc_from(bytes, gfp, 0, __builtin_return_address(0));
}
EXPORT_SYMBOL(__vmalloc_array);

void *vrealloc(const void *addr, size_t size, gfp_t gfp)
{
	const struct vm_struct *vm = addr ? find_vm_area(addr) : NULL;
	size_t have;
	void *fresh;

	if (!addr)
		return vmalloc_from(size, gfp, 0, __builtin_return_address(0));
	if (!size) {
		vfree(addr);
		return NULL;
	}
	if (WARN(!vm || vm->addr != (unsigned long)addr, "Trying to vrealloc() nonexistent vm area (%lx)\n",
		 (unsigned long)addr))
		return NULL;
	have = get_vm_area_size(vm);
	if (size <= have) {
		if (gfp & __GFP_ZERO)
			memset((char *)addr + size, 0, have - size);
		return (void *)addr;
	}
	fresh = vmalloc_from(size, gfp, 0, __builtin_return_address(0));
	if (!fresh)
		return NULL;
	memcpy(fresh, addr, have);
	vfree(addr);
	return fresh;
}
EXPORT_SYMBOL(vrealloc);

/* ---- somebody else's pages ---- */

void *vmap(struct page **pages, unsigned int count, unsigned long flags, pgprot_t prot)
{
	unsigned long size = (unsigned long)count << PAGE_SHIFT;
	struct vmap_wish wish = {size + PAGE_SIZE, PAGE_SIZE, VMALLOC_START, VMALLOC_END, 0};
	const char *what = "failed to allocate page array";
	bool gone = false, put = flags & VM_MAP_PUT_PAGES;
	struct vm_struct *vm;

	if (WARN_ON_ONCE(flags & VM_NO_GUARD) || !area_may_be_built(GFP_KERNEL, "vmap"))
		return NULL;
	if (!count || count > nr_managed_pages)
		return NULL;
	vm = vm_struct_new(size, (flags & ~(unsigned long)(VM_ALLOC | VM_MAP_PUT_PAGES)) | VM_MAP, GFP_KERNEL,
			   __builtin_return_address(0));
	if (!vm)
		return NULL;
	/* The caller's array may go at any time, even if it is given away: only when all went well it is ours. */
	if (new_array(vm, count, GFP_KERNEL)) {
		memcpy(vm->pages, pages, count * sizeof(*pages));
		vm->nr_pages = count;
		what = place_area(&vmalloc_space, vm, &wish, GFP_KERNEL, __pgprot(pgprot_val(prot) | _PAGE_NX), &gone);
	}
	if (!what) {
		if (put) {
			vm->flags |= VM_MAP_PUT_PAGES;
			kvfree(pages);
		}
		return (void *)vm->addr;
	}
	if (!gone)
		vm_struct_free(vm);
	return area_failed(GFP_KERNEL, size, what);
}
EXPORT_SYMBOL(vmap);

/* ---- room without pages ---- */

struct vm_struct *get_vm_area_caller(unsigned long size, unsigned long flags, const void *caller)
{
	struct vmap_wish wish = {.align = PAGE_SIZE, .start = VMALLOC_START, .end = VMALLOC_END};
	struct vmap_area *va;
	struct vm_struct *vm;

	size = PAGE_ALIGN(size);
	if (!size || !area_may_be_built(GFP_KERNEL, "get_vm_area"))
		return NULL;
	/* As far as it may help a large page: devices' registers are aligned to their size. */
	if (flags & VM_IOREMAP)
		wish.align = clamp(1UL << (63 - __builtin_clzl(size)), PAGE_SIZE, PMD_SIZE);
	vm = vm_struct_new(size, flags, GFP_KERNEL, caller);
	if (!vm)
		return NULL;
	wish.size = vm->size;
	if (vmap_get_room(&vmalloc_space, vm, &wish, GFP_KERNEL, &va)) {
		vm_struct_free(vm);
		return area_failed(GFP_KERNEL, size, "no address range is large enough");
	}
	area_finish(vm);
	return vm;
}
EXPORT_SYMBOL(get_vm_area_caller);

struct vm_struct *get_vm_area(unsigned long size, unsigned long flags)
{
	return get_vm_area_caller(size, flags, __builtin_return_address(0));
}
EXPORT_SYMBOL(get_vm_area);

/* ---- questions ---- */

struct vm_struct *find_vm_area(const void *addr)
{
	struct vmap_space *space = vmap_space_of((unsigned long)addr);
	struct vmap_area *va;
	struct vm_struct *vm;
	unsigned long irq;

	if (!space)
		return NULL;
	irq = mm_lock_read(&space->lock);
	va = vmap_find(space, (unsigned long)addr);
	vm = va ? va->vm : NULL;
	mm_unlock_read(&space->lock, irq);
	return vm;
}
EXPORT_SYMBOL(find_vm_area);

bool is_vm_area_hugepages(const void *addr)
{
	const struct vm_struct *vm = find_vm_area(addr);

	return vm && vm->page_order;
}
EXPORT_SYMBOL(is_vm_area_hugepages);

struct page *vmalloc_to_page(const void *addr)
{
	return arch_vmalloc_to_page(addr);
}
EXPORT_SYMBOL(vmalloc_to_page);

unsigned long vmalloc_to_pfn(const void *addr)
{
	return page_to_pfn(vmalloc_to_page(addr));
}
EXPORT_SYMBOL(vmalloc_to_pfn);

unsigned long vmalloc_nr_pages(void)
{
	return READ_ONCE(vmalloc_space.nr_pages) + READ_ONCE(module_space.nr_pages);
}
EXPORT_SYMBOL(vmalloc_nr_pages);

void vmalloc_init(void)
{
	vm_cache = KMEM_CACHE(vm_struct, SLAB_PANIC);
	BUG_ON(vmap_space_init(&vmalloc_space, VMALLOC_START, VMALLOC_END));
	BUG_ON(vmap_space_init(&module_space, MODULES_START, MODULES_END));
	vmap_purge_init();
	vmap_ram_init();
}
