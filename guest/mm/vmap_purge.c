// SPDX-License-Identifier: MIT
/*
 * vmap_purge.c - how an area goes: from its last use to the moment when addresses, pages and tables are anybody's again.
 *
 * Order:   retired: off the busy side, nobody finds it any more. Unmapped: its entries are gone, and this CPU has forgotten
 *          them. Purged, many at a time: tables that became empty are unhooked, every CPU forgets everything between the
 *          lowest and the highest of them (one interrupt for each CPU, however many areas), and only then the tables, the pages
 *          and the addresses go back. So no CPU can reach a page through an old translation after it became somebody else's.
 * When:    at an address budget that follows the number of CPUs and the size of RAM; when memory or addresses run out;
 *          on vm_unmap_aliases() and mm_drain(). The debug kernel purges at once: a touch after vfree() faults on every CPU.
 * Locking: one purge at a time (purge_busy, waited for in a task); space->lock for the lists.
 * Contexts: retiring: any. Unmapping where nobody may wait is left to the purge, because it takes as long as the area is
 *          large. The purge waits for other CPUs, so it needs a task.
 * Not here: how areas come to be (vmalloc.c).
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kstrtox.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/set_memory.h>
#include <linux/stackdepot.h>

#include "vmalloc.h"

/* Linux's budget for each doubling of the number of CPUs, and what of RAM may wait at most. */
#define LAZY_BYTES (32UL << 20)
#define LAZY_SHARE 64

static unsigned int purge_busy;
static RAW_NOTIFIER_HEAD(purge_chain);

static bool may_wait(void)
{
	return !mm_root.tsc_booted || !sleep_forbidden();
}

/* Boot argument vmalloc.lazy=PAGES: another budget; 0 is what the debug kernel has. */
unsigned long vmap_lazy_budget = MM_DEBUG ? 0 : ~0UL;

static int set_lazy_budget(char *value)
{
	return !kstrtoul(value, 0, &vmap_lazy_budget);
}
__setup("vmalloc.lazy=", set_lazy_budget);

/* What it is otherwise. */
static unsigned long usual_budget;

void vmap_purge_init(void)
{
	unsigned long by_cpus = (64 - (unsigned long)__builtin_clzl(mm_root.nr_cpus)) * (LAZY_BYTES >> PAGE_SHIFT);

	usual_budget = min(by_cpus, totalram_pages() / LAZY_SHARE);
}

static unsigned long lazy_max(void)
{
	return vmap_lazy_budget != ~0UL ? vmap_lazy_budget : usual_budget;
}

static unsigned long lazy_pages(void)
{
	return READ_ONCE(vmalloc_space.lazy_pages) + READ_ONCE(module_space.lazy_pages);
}

/* ---- retired to unmapped ---- */

/* Is every page of the area mapped? Else, as far as anybody knows, some are. */
static bool is_mapped(const struct vm_struct *vm)
{
	return (vm->flags & (VM_ALLOC | VM_UNINITIALIZED)) == VM_ALLOC;
}

void vmap_unmap_lazy(struct vmap_area *va)
{
	unsigned long size = va->va_end - va->va_start;
	const struct vm_struct *vm = va->vm;

	if (!may_wait()) {
		__atomic_fetch_or(&va->flags, VMAP_QUEUED, __ATOMIC_RELEASE);
		return;
	}
	if (likely(vm && is_mapped(vm))) {
		size = vm->nr_pages << PAGE_SHIFT;
		arch_vunmap_mapped(va->va_start, size);
	} else {
		arch_vunmap_range(va->va_start, size);
	}
	arch_flush_tlb_local(va->va_start, va->va_start + size);
	__atomic_fetch_or(&va->flags, VMAP_UNMAPPED, __ATOMIC_RELEASE);
	if (unlikely(lazy_pages() > lazy_max()))
		vmalloc_purge();
}

bool area_take_down(unsigned long addr, vmap_may_go_t *may_go)
{
	struct vmap_space *space = vmap_space_of(addr);
	struct vmap_area *va = space ? vmap_retire(space, addr, may_go) : NULL;

	if (!va)
		return false;
	if (MM_DEBUG && va->vm)
		va->vm->free_stack = stack_depot_save_here(1, AREA_STACK_DEPTH);
	vmap_unmap_lazy(va);
	return true;
}

/* ---- the purge ---- */

/*
 * The area's own mapping may be executable: so its pages are nowhere writable before all CPUs have forgotten it. Between the two
 * they are not in the direct map at all, because what is not there is not remembered.
 */
static void direct_map_shut(const struct vm_struct *vm)
{
	for (uint64_t i = 0; vm->pages && i < vm->nr_pages; i++)
		set_direct_map_invalid_noflush(vm->pages[i]);
}

static void direct_map_open(const struct vm_struct *vm)
{
	for (uint64_t i = 0; vm->pages && i < vm->nr_pages; i++)
		set_direct_map_default_noflush(vm->pages[i]);
}

/** struct span - the addresses to flush; start >= end: none */
struct span {
	unsigned long start, end;
};

static void prepare(struct vmap_area *va, struct span *span, struct list_head *tables)
{
	if (va->flags & VMAP_QUEUED)
		arch_vunmap_range(va->va_start, va->va_end - va->va_start);
	if (va->vm && va->vm->flags & VM_FLUSH_RESET_PERMS)
		direct_map_shut(va->vm);
	arch_unhook_tables(va->va_start, va->va_end, tables);
	span->start = min(span->start, (unsigned long)va->va_start);
	span->end = max(span->end, (unsigned long)va->va_end);
}

static void flush_span(const struct span *span, struct list_head *tables, bool all)
{
	struct page *table, *next;

	if (all || !list_empty(tables))
		arch_flush_tlb_all();
	else if (span->start < span->end)
		arch_flush_tlb_kernel_range(span->start, span->end);
	list_for_each_entry_safe (table, next, tables, lru)
		pgtable_free(table);
}

/*
 * An array of pages may be an area of its own, and freeing it starts a purge: so it waits until this one is over, linked
 * by its first word.
 */
static void keep_array(struct vm_struct *vm, void **arrays)
{
	if (!is_vmalloc_addr(vm->pages))
		return;
	*(void **)vm->pages = *arrays;
	*arrays = vm->pages;
	vm->pages = NULL;
}

static unsigned long give_back(struct vmap_space *space, struct vmap_area *va, void **arrays)
{
	struct vm_struct *vm = vmap_release(space, va);
	unsigned long pages = 0;

	if (!vm)
		return 0;
	if (vm->flags & VM_FLUSH_RESET_PERMS)
		direct_map_open(vm);
	if (vm->pages && vm->flags & (VM_ALLOC | VM_MAP_PUT_PAGES)) {
		pages = vm->nr_pages;
		vmalloc_give_pages(vm->pages, vm->nr_pages);
	}
	keep_array(vm, arrays);
	vm_struct_free(vm);
	return pages;
}

static unsigned long purge(bool aliases, void **arrays)
{
	struct vmap_space *const spaces[] = {&vmalloc_space, &module_space};
	struct span span = {~0UL, 0};
	struct vmap_area *va, *next;
	unsigned long pages = 0;
	bool reset = false;
	LIST_HEAD(tables);

	if (aliases) {
		vmap_ram_retire();
		vmap_ram_dirty(&span.start, &span.end);
	}
	for (size_t i = 0; i < ARRAY_SIZE(spaces); i++) {
		if (!vmap_take_lazy(spaces[i]))
			continue;
		list_for_each_entry (va, &spaces[i]->purging, list) {
			prepare(va, &span, &tables);
			reset |= va->vm && va->vm->flags & VM_FLUSH_RESET_PERMS;
		}
	}
	flush_span(&span, &tables, reset);
	for (size_t i = 0; i < ARRAY_SIZE(spaces); i++)
		list_for_each_entry_safe (va, next, &spaces[i]->purging, list)
			pages += give_back(spaces[i], va, arrays);
	return pages;
}

static unsigned long purge_alone(bool aliases)
{
	unsigned long pages = 0;
	void *arrays;

	do {
		arrays = NULL;
		while (__atomic_exchange_n(&purge_busy, 1, __ATOMIC_ACQUIRE)) {
			cond_resched();
			cpu_relax();
		}
		pages += purge(aliases, &arrays);
		__atomic_store_n(&purge_busy, 0, __ATOMIC_RELEASE);
		/* Each is 1/512 of what it described: the round after the next has none. */
		for (void *next, *array = arrays; array; array = next) {
			next = *(void **)array;
			kvfree(array);
		}
	} while (arrays);
	return pages;
}

unsigned long vmalloc_purge(void)
{
	if (likely(!lazy_pages()) || !may_wait())
		return 0;
	return purge_alone(false);
}

void vm_unmap_aliases(void)
{
	if (may_wait())
		purge_alone(true);
}
EXPORT_SYMBOL(vm_unmap_aliases);

/* ---- addresses ---- */

int register_vmap_purge_notifier(struct notifier_block *nb)
{
	return raw_notifier_chain_register(&purge_chain, nb);
}
EXPORT_SYMBOL(register_vmap_purge_notifier);

int unregister_vmap_purge_notifier(struct notifier_block *nb)
{
	return raw_notifier_chain_unregister(&purge_chain, nb);
}
EXPORT_SYMBOL(unregister_vmap_purge_notifier);

int vmap_make_room(struct vmap_space *space, struct vm_struct *vm, const struct vmap_wish *w, gfp_t gfp,
		   struct vmap_area **out)
{
	unsigned long freed = 0;
	int err;

	vm_unmap_aliases();
	err = vmap_reserve(space, vm, w, gfp, out);
	if (err != -ENOSPC)
		return err;
	raw_notifier_call_chain(&purge_chain, 0, &freed);
	if (freed) {
		vm_unmap_aliases();
		err = vmap_reserve(space, vm, w, gfp, out);
	}
	if (err == -ENOSPC && !(gfp & __GFP_NOWARN))
		pr_warn_ratelimited("vmap allocation for size %lu failed: no address range is large enough\n", w->size);
	return err;
}

/* ---- the calls ---- */

static bool is_finished(const struct vmap_area *va)
{
	return va->vm && !(va->vm->flags & VM_UNINITIALIZED);
}

static void free_area_at(const void *addr, vmap_may_go_t *may_go, const char *call)
{
	if (WARN(!PAGE_ALIGNED(addr), "Trying to %s() bad address (%lx)\n", call, (unsigned long)addr))
		return;
	WARN(!area_take_down((unsigned long)addr, may_go), "Trying to %s() nonexistent vm area (%lx)\n", call,
	     (unsigned long)addr);
}

void vfree(const void *addr)
{
	if (addr)
		free_area_at(addr, is_finished, "vfree");
}
EXPORT_SYMBOL(vfree);

void vfree_atomic(const void *addr)
{
	if (!addr)
		return;
	/* As in an interrupt: the purge does all of it. */
	preempt_disable();
	vfree(addr);
	preempt_enable();
}
EXPORT_SYMBOL(vfree_atomic);

static bool in_a_task(const char *call)
{
	return !WARN(mm_root.tsc_booted && sleep_forbidden(), "%s in atomic context\n", call);
}

/* An area of somebody else's pages goes without them. */
static bool is_vmap(const struct vmap_area *va)
{
	if (!is_finished(va) || va->vm->flags & VM_ALLOC)
		return false;
	va->vm->flags &= ~(uint64_t)VM_MAP_PUT_PAGES;
	return true;
}

void vunmap(const void *addr)
{
	if (addr && in_a_task("vunmap"))
		free_area_at(addr, is_vmap, "vunmap");
}
EXPORT_SYMBOL(vunmap);

static bool is_device(const struct vmap_area *va)
{
	return is_finished(va) && va->vm->flags & VM_IOREMAP;
}

void iounmap(volatile void __iomem *addr)
{
	if (addr && in_a_task("iounmap"))
		free_area_at((const void *)PAGE_ALIGN_DOWN(addr), is_device, "iounmap");
}
EXPORT_SYMBOL(iounmap);

/* The description is the caller's afterwards, so this area cannot be lazy: it is purged before its description is handed out. */
struct vm_struct *remove_vm_area(const void *addr)
{
	struct vm_struct *vm = find_vm_area(addr), *copy;

	if (!in_a_task("remove_vm_area") || !vm || vm->addr != (unsigned long)addr)
		return NULL;
	copy = kmalloc(sizeof(*copy), GFP_KERNEL | __GFP_NOFAIL);
	*copy = *vm;
	if (vm->pages == &vm->one)
		copy->pages = &copy->one;
	/* Neither the pages nor the array go with the area: they are the copy's. */
	vm->pages = NULL;
	area_take_down(copy->addr, is_finished);
	vm_unmap_aliases();
	return copy;
}
EXPORT_SYMBOL(remove_vm_area);

void free_vm_area(struct vm_struct *area)
{
	if (area)
		vunmap((const void *)area->addr);
}
EXPORT_SYMBOL(free_vm_area);
