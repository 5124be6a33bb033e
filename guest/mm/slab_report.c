// SPDX-License-Identifier: MIT
/*
 * slab_report.c - what is told about objects: reports of damage in the form that readers of kernel logs know, and what is known about
 * any address: its cache, slab and place there, who allocated and who freed it.
 *
 * A report is counted as a warning: the test that runs fails unless it said that it expects it (kunit/report.h). Context: any, also
 * with the lock of the cache held; nothing here allocates or changes anything.
 */
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/stackdepot.h>
#include <linux/vmalloc.h>

#include "slab_debug_impl.h"

/* Of a large object only so many bytes are shown. */
#define SHOWN_BYTES 512u

#if MM_DEBUG

static bool tainted;

void slab_bug(const struct kmem_cache *s, const char *fmt, ...)
{
	char what[96];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	printk(KERN_ERR "=============================================================================\n");
	printk(KERN_ERR "BUG %s (%s): %s\n", s->name, tainted ? "Tainted: G    B" : "Not tainted", what);
	printk(KERN_ERR "-----------------------------------------------------------------------------\n\n");
	tainted = true;
	report_note(what);
}

void slab_fix(const struct kmem_cache *s, const char *fmt, ...)
{
	char what[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	printk(KERN_ERR "FIX %s: %s\n", s->name, what);
}

/* ---- tracks ---- */

static void print_track(const char *what, const struct slab_track *t)
{
	if (!t->addr)
		return;
	printk(KERN_ERR "%s in [<%016lx>] age=%ld cpu=%u pid=%d\n", what, (unsigned long)t->addr,
	       (long)(jiffies - (unsigned long)t->when), t->cpu, t->pid);
	stack_depot_print(t->handle);
}

void slab_print_tracks(const struct kmem_cache *s, const void *obj)
{
	if (!s->track)
		return;
	print_track("Allocated", slab_track(s, obj, TRACK_ALLOC));
	print_track("Freed", slab_track(s, obj, TRACK_FREE));
}

/* ---- reports ---- */

static void print_section(const char *name, const u8 *from, size_t n)
{
	if (n)
		print_hex_dump(KERN_ERR, name, DUMP_PREFIX_ADDRESS, 16, 1, from, n, true);
}

static void print_slab(const struct kmem_cache *s, const struct slab *slab)
{
	(void)s;
	printk(KERN_ERR "Slab 0x%lx objects=%u used=%u fp=0x%lx flags=0x%x(%s)\n", (unsigned long)slab, slab->objects,
	       slab->inuse, (unsigned long)slab->freelist, slab->flags, slab->order ? "slab|head" : "slab");
}

static void print_object(const struct kmem_cache *s, const struct slab *slab, const u8 *p)
{
	const u8 *base = slab_address(slab);
	uint32_t end = slab_meta_end(s);

	printk(KERN_ERR "Object 0x%lx @offset=%ld fp=0x%lx\n\n", (unsigned long)p, (long)(p - base),
	       (unsigned long)get_free_link(s, p));
	if (s->red_left)
		print_section("Redzone  ", p - s->red_left, s->red_left);
	else if (p >= base + 16)
		print_section("Bytes b4 ", p - 16, 16);
	print_section("Object   ", p, min(s->object_size, SHOWN_BYTES));
	if (s->object_size > SHOWN_BYTES)
		printk(KERN_ERR "... %u bytes more\n", s->object_size - SHOWN_BYTES);
	if (s->red_left)
		print_section("Redzone  ", p + s->object_size, s->inuse - s->object_size);
	print_section("Padding  ", p + end, min(s->size - s->red_left - end, 64u));
}

void slab_trailer(const struct kmem_cache *s, const struct slab *slab, const void *obj)
{
	if (obj)
		slab_print_tracks(s, obj);
	print_slab(s, slab);
	if (obj)
		print_object(s, slab, obj);
	dump_stack();
}

void slab_object_bug(const struct kmem_cache *s, const struct slab *slab, const void *obj, const char *what)
{
	slab_bug(s, "%s", what);
	slab_trailer(s, slab, obj);
}

void slab_slab_bug(const struct kmem_cache *s, const struct slab *slab, const char *fmt, ...)
{
	char what[96];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	slab_bug(s, "%s", what);
	slab_trailer(s, slab, NULL);
}

#else

void slab_print_tracks(const struct kmem_cache *s, const void *obj)
{
	(void)s;
	(void)obj;
}

#endif

/* ---- what an address is ---- */

static const char *object_state(const struct kmem_cache *s, const struct slab *slab, const void *obj)
{
	unsigned int nr = 0;

	for (void *o = slab->freelist; o && nr <= slab->objects && slab_owns(s, slab, o); o = get_free_link(s, o), nr++)
		if (o == obj)
			return "free";
	for (uint32_t cpu = 0; cpu < mm_root.nr_cpus; cpu++)
		for (uint32_t i = 0; i < s->cpu[cpu].nr && i < SLAB_CPU_CAP; i++)
			if (s->cpu[cpu].objs[i] == obj)
				return "free, kept by a CPU";
	return "allocated";
}

bool kmem_dump_obj(void *addr)
{
	const struct page *head = obj_head(addr);
	const struct slab *slab = (const struct slab *)head;
	const struct kmem_cache *s;
	const void *obj;

	if (!head || head->owner != OWNER_SLAB)
		return false;
	s = slab->slab_cache;
	obj = slab_near(s, slab, addr);
	printk(KERN_ERR " slab %s start %lx pointer offset %ld size %u: %s\n", s->name, (unsigned long)obj,
	       (long)((const char *)addr - (const char *)obj), s->object_size, object_state(s, slab, obj));
	slab_print_tracks(s, obj);
	return true;
}
EXPORT_SYMBOL(kmem_dump_obj);

static bool dump_area(const void *addr)
{
	struct vm_struct *vm = find_vm_area(addr);

	if (!vm)
		return false;
	printk(KERN_ERR " vmalloc area of %lu bytes at %lx, asked for by [<%016lx>]\n", (unsigned long)vm->size,
	       (unsigned long)vm->addr, (unsigned long)vm->caller);
	return true;
}

void mem_dump_obj(void *addr)
{
	static const char *const owners[] = PAGE_OWNER_NAMES;
	const struct page *head;

	if (kmem_dump_obj(addr))
		return;
	if ((unsigned long)addr - VMALLOC_START < VMALLOC_END - VMALLOC_START ||
	    (unsigned long)addr - MODULES_START < MODULES_END - MODULES_START) {
		if (!dump_area(addr))
			printk(KERN_ERR " vmalloc space that belongs to no area\n");
		return;
	}
	head = obj_head(addr);
	if (ZERO_OR_NULL_PTR(addr))
		printk(KERN_ERR " %s pointer\n", addr ? "zero-size" : "NULL");
	else if (head && head->state == PAGE_USED && head->owner < NR_PAGE_OWNERS)
		printk(KERN_ERR " page %lx, in a block of order %u: %s\n", page_to_pfn(head), head->order,
		       owners[head->owner]);
	else if (head && head->state == PAGE_FREE)
		printk(KERN_ERR " free page, in a block of order %u at %lx\n", head->order, page_to_pfn(head));
	else
		printk(KERN_ERR " memory of no allocator\n");
}
EXPORT_SYMBOL(mem_dump_obj);
