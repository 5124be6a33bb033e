// SPDX-License-Identifier: MIT
/*
 * vmalloc.c - memory that is contiguous in virtual addresses only.
 *
 * Shape:   an area is a struct vm_struct on the busy side of its space (vmap_space.c): addresses, the pages behind them,
 *          and one page at the end that is never mapped, so that an overrun faults.
 * Order:   pages first, then addresses, then the mapping; taken down in reverse, with a TLB flush on all CPUs after the
 *          mapping is gone and before addresses or pages are anybody else's. A failure anywhere undoes what was done.
 *          While an area is on the busy list without being mapped, VM_UNINITIALIZED is set.
 * Locking: the space's lock covers the trees and vm->flags. Whoever sets VM_UNINITIALIZED on a finished area owns it:
 *          so of two vfree() of one area only one takes it down.
 * Contexts: building needs a task. vfree() where nobody may wait (the flush waits for other CPUs) puts the area on a queue,
 *          which the next vmalloc(), vfree(), mm_drain() or short-of-memory allocation of a task empties.
 * Boot:    vmalloc_init() after the slab; the first piece of each space and every area come from caches.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/string.h>

#include "vmap.h"

static struct kmem_cache *vm_cache;
static struct vm_struct *waiting; /* linked by ->next; pushed and taken whole with atomics */

/* The rights and patience of a request, for what is allocated on the way. */
static gfp_t inner_gfp(gfp_t gfp)
{
	return gfp & (__GFP_RECLAIM | __GFP_IO | __GFP_FS | __GFP_HIGH | __GFP_NOFAIL | __GFP_NOWARN | __GFP_ACCOUNT);
}

static noinline void *vmalloc_failed(gfp_t gfp, unsigned long size, const char *what)
{
	if (!(gfp & __GFP_NOWARN)) {
		pr_warn_ratelimited("vmalloc error: size %lu, %s\n", size, what);
	}
	return NULL;
}

/* ---- pages behind an area ---- */

static void free_area_pages(struct vm_struct *vm)
{
	if (vm->pages) {
		if (vm->flags & (VM_ALLOC | VM_MAP_PUT_PAGES))
			free_pages_bulk_array(vm->nr_pages, vm->pages);
		kvfree(vm->pages);
	}
	kmem_cache_free(vm_cache, vm);
}

static struct vm_struct *new_area(unsigned long size, unsigned long flags, gfp_t gfp, const void *caller)
{
	struct vm_struct *vm = kmem_cache_zalloc(vm_cache, gfp);

	if (vm) {
		vm->size = flags & VM_NO_GUARD ? size : size + PAGE_SIZE;
		vm->flags = flags | VM_UNINITIALIZED;
		vm->caller = (gva_t)(uintptr_t)caller;
	}
	return vm;
}

/* Pages for the whole area. Return: what went wrong, or NULL; what was allocated hangs on @vm either way. */
static const char *fill_area(struct vm_struct *vm, unsigned long nr, gfp_t gfp)
{
	vm->pages = kvmalloc_array(nr, sizeof(*vm->pages), inner_gfp(gfp) | __GFP_ZERO);
	if (!vm->pages)
		return "failed to allocate page array";
	vm->nr_pages = alloc_pages_bulk_owner(gfp | __GFP_NOWARN, nr, vm->pages, OWNER_VMALLOC);
	return vm->nr_pages == nr ? NULL : "failed to allocate pages";
}

/* ---- building ---- */

static void finish_area(struct vmap_space *space, struct vm_struct *vm)
{
	unsigned long irq = mm_lock_write(&space->lock);

	vm->flags &= ~(uint64_t)VM_UNINITIALIZED;
	mm_unlock_write(&space->lock, irq);
}

/* Addresses for the area, and its pages mapped there. Return: what went wrong, or NULL. */
static const char *place_area(struct vmap_space *space, struct vm_struct *vm, unsigned long align, unsigned long start,
			      unsigned long end, gfp_t gfp, pgprot_t prot)
{
	int err = vmap_reserve(space, vm, align, start, end, inner_gfp(gfp));

	if (err)
		return err == -ENOSPC ? "no address range is large enough" : "vmap_area allocation failed";
	if (arch_vmap_pages(vm->addr, vm->pages, vm->nr_pages, prot)) {
		vmap_release(space, vm);
		return "failed to map pages";
	}
	finish_area(space, vm);
	return NULL;
}

static bool may_build(const char *call)
{
	return !WARN(mm_root.tsc_booted && sleep_forbidden(), "%s in atomic context\n", call);
}

void *__vmalloc_node_range(unsigned long size, unsigned long align, unsigned long start, unsigned long end, gfp_t gfp,
			   pgprot_t prot, unsigned long vm_flags, int node, const void *caller)
{
	struct vmap_space *space = vmap_space_of(start);
	unsigned long nr = PAGE_ALIGN(size) >> PAGE_SHIFT;
	struct vm_struct *vm;
	const char *what;

	(void)node;
	if (WARN_ON_ONCE(!size) || !may_build("vmalloc"))
		return NULL;
	if (size > SIZE_MAX - PAGE_SIZE || nr > totalram_pages())
		return vmalloc_failed(gfp, size, "exceeds total pages");
	if (!space || end > space->end || (align & (align - 1)))
		return vmalloc_failed(gfp, size, "bad range or alignment");
	vmalloc_purge();
	vm = new_area(nr << PAGE_SHIFT, VM_ALLOC | vm_flags, inner_gfp(gfp), caller);
	if (!vm)
		return vmalloc_failed(gfp, size, "vm_struct allocation failed");
	what = fill_area(vm, nr, gfp);
	if (!what)
		what = place_area(space, vm, align, start, end, gfp, prot);
	if (!what)
		return (void *)vm->addr;
	free_area_pages(vm);
	return vmalloc_failed(gfp, size, what);
}
EXPORT_SYMBOL(__vmalloc_node_range);

static void *vmalloc_from(unsigned long size, gfp_t gfp, const void *caller)
{
	return __vmalloc_node_range(size, 1, VMALLOC_START, VMALLOC_END, gfp, PAGE_KERNEL, 0, NUMA_NO_NODE, caller);
}

void *vmalloc(unsigned long size)
{
	return vmalloc_from(size, GFP_KERNEL, __builtin_return_address(0));
}
EXPORT_SYMBOL(vmalloc);

void *vzalloc(unsigned long size)
{
	return vmalloc_from(size, GFP_KERNEL | __GFP_ZERO, __builtin_return_address(0));
}
EXPORT_SYMBOL(vzalloc);

void *vmalloc_32(unsigned long size)
{
	return vmalloc_from(size, GFP_KERNEL | GFP_DMA32, __builtin_return_address(0));
}
EXPORT_SYMBOL(vmalloc_32);

void *vmalloc_user(unsigned long size)
{
	return __vmalloc_node_range(size, 1, VMALLOC_START, VMALLOC_END, GFP_KERNEL | __GFP_ZERO, PAGE_KERNEL,
				    VM_USERMAP, NUMA_NO_NODE, __builtin_return_address(0));
}
EXPORT_SYMBOL(vmalloc_user);

void *__vmalloc(unsigned long size, gfp_t gfp)
{
	return vmalloc_from(size, gfp, __builtin_return_address(0));
}
EXPORT_SYMBOL(__vmalloc);

void *vmap(struct page **pages, unsigned int count, unsigned long flags, pgprot_t prot)
{
	gfp_t gfp = GFP_KERNEL;
	struct vm_struct *vm;
	const char *what;

	if (WARN_ON_ONCE(flags & VM_NO_GUARD) || !may_build("vmap"))
		return NULL;
	if (!count || count > totalram_pages())
		return NULL;
	vm = new_area((unsigned long)count << PAGE_SHIFT, (flags & ~(unsigned long)VM_ALLOC) | VM_MAP, gfp,
		      __builtin_return_address(0));
	if (!vm)
		return NULL;
	/* The caller's array may go at any time, unless it is given away: a copy says what is mapped here. */
	vm->pages = flags & VM_MAP_PUT_PAGES ? pages : kvmemdup(pages, count * sizeof(*pages), gfp);
	vm->nr_pages = count;
	what = "failed to allocate page array";
	if (vm->pages)
		what = place_area(&vmalloc_space, vm, PAGE_SIZE, VMALLOC_START, VMALLOC_END, gfp,
				  __pgprot(pgprot_val(prot) | _PAGE_NX));
	if (!what)
		return (void *)vm->addr;
	if (flags & VM_MAP_PUT_PAGES)
		vm->pages = NULL; /* still the caller's */
	free_area_pages(vm);
	return vmalloc_failed(gfp, (unsigned long)count << PAGE_SHIFT, what);
}
EXPORT_SYMBOL(vmap);

/* ---- taking down ---- */

/* The finished area that begins at @addr, now ours alone; NULL, after a report, if there is none. */
static struct vm_struct *claim_area(const void *addr, const char *call)
{
	struct vmap_space *space = vmap_space_of((unsigned long)addr);
	struct vm_struct *vm = NULL;

	if (WARN(!PAGE_ALIGNED(addr), "Trying to %s() bad address (%lx)\n", call, (unsigned long)addr))
		return NULL;
	if (space) {
		unsigned long irq = mm_lock_write(&space->lock);
		struct vmap_area *va = vmap_find(space, (unsigned long)addr);

		if (va && va->va_start == (unsigned long)addr && !(va->vm->flags & VM_UNINITIALIZED)) {
			vm = va->vm;
			vm->flags |= VM_UNINITIALIZED;
		}
		mm_unlock_write(&space->lock, irq);
	}
	WARN(!vm, "Trying to %s() nonexistent vm area (%lx)\n", call, (unsigned long)addr);
	return vm;
}

/* Needs: a claimed area, a task or early boot. */
static void take_down(struct vm_struct *vm)
{
	unsigned long start = vm->addr, size = vm->nr_pages << PAGE_SHIFT;

	arch_vunmap_range(start, size);
	arch_flush_tlb_kernel_range(start, start + size);
	vmap_release(vmap_space_of(start), vm);
	free_area_pages(vm);
}

static void queue_area(struct vm_struct *vm)
{
	vm->next = __atomic_load_n(&waiting, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&waiting, &vm->next, vm, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

unsigned long vmalloc_purge(void)
{
	unsigned long pages = 0;
	struct vm_struct *vm;

	if (likely(!__atomic_load_n(&waiting, __ATOMIC_RELAXED)) || sleep_forbidden())
		return 0;
	vm = __atomic_exchange_n(&waiting, NULL, __ATOMIC_ACQUIRE);
	while (vm) {
		struct vm_struct *next = vm->next;

		if (vm->flags & VM_ALLOC)
			pages += vm->nr_pages;
		take_down(vm);
		vm = next;
	}
	return pages;
}

void vfree_atomic(const void *addr)
{
	struct vm_struct *vm = addr ? claim_area(addr, "vfree") : NULL;

	if (vm)
		queue_area(vm);
}
EXPORT_SYMBOL(vfree_atomic);

void vfree(const void *addr)
{
	struct vm_struct *vm;

	if (!addr)
		return;
	if (sleep_forbidden() && mm_root.tsc_booted) {
		vfree_atomic(addr);
		return;
	}
	vm = claim_area(addr, "vfree");
	if (vm)
		take_down(vm);
	vmalloc_purge();
}
EXPORT_SYMBOL(vfree);

void vunmap(const void *addr)
{
	struct vm_struct *vm;

	if (!addr)
		return;
	if (!may_build("vunmap"))
		return;
	vm = claim_area(addr, "vunmap");
	if (!vm)
		return;
	/* The pages stay with whoever has them. */
	WARN(vm->flags & VM_ALLOC, "vunmap(%lx) of a vmalloc area: its pages are lost\n", (unsigned long)addr);
	vm->flags &= ~(uint64_t)VM_MAP_PUT_PAGES;
	take_down(vm);
}
EXPORT_SYMBOL(vunmap);

void vm_unmap_aliases(void)
{
	vmalloc_purge();
}
EXPORT_SYMBOL(vm_unmap_aliases);

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
}
