// SPDX-License-Identifier: MIT
/*
 * module.c - a payload's life: load, parameters, module_init, its suites, module_exit, the search for what it left behind,
 * unload.
 *
 * What the allocators hand out is counted exactly before module_init and after module_exit; the difference is the payload's
 * leak, named by cache, by vmalloc area or in pages. Its code is still there then, so the host can name who asked. Threads
 * that a payload leaves running make the count meaningless, and its code must not go away under them: they fail it as well.
 */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmdebug.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/stackdepot.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "guest/kernel/kunit.h"
#include "guest/kernel/module.h"

#define MAX_CACHES 256

/** struct held - what is in use; by cache for as many caches as there is room for */
struct held {
	struct mm_usage usage;
	u32 serial; /* debug kernel: objects allocated later have higher ones */
	u64 tsc;    /* and pages */
	unsigned long owners[NR_PAGE_OWNERS];
	unsigned int nr;
	unsigned int nr_tasks;
	struct {
		const struct kmem_cache *cache;
		unsigned long objects;
	} caches[MAX_CACHES];
};

static void count_held(struct held *h)
{
	struct kmem_cache *s;

	kthread_trim(0);
	mm_drain();
	h->nr = 0;
	h->nr_tasks = task_count();
	list_for_each_entry (s, &mm_root.slab_caches, list) {
		if (h->nr == MAX_CACHES)
			break;
		h->caches[h->nr].cache = s;
		h->caches[h->nr++].objects = kmem_cache_objects(s);
	}
	mm_usage(&h->usage);
	h->serial = slab_serial();
	h->tsc = rdtsc();
	page_owners(h->owners);
}

static unsigned long objects_then(const struct held *h, const struct kmem_cache *cache)
{
	for (unsigned int i = 0; i < h->nr; i++)
		if (h->caches[i].cache == cache)
			return h->caches[i].objects;
	return 0;
}

static void say_leaked_objects(const struct load *l, const struct held *before)
{
	struct kmem_cache *s;

	list_for_each_entry (s, &mm_root.slab_caches, list) {
		unsigned long was = objects_then(before, s);
		unsigned long is = kmem_cache_objects(s);

		if (is > was)
			kunit_say(0, "# %s: leak: %lu object%s of %u bytes in cache %s", l->name, is - was,
				  is - was == 1 ? "" : "s", s->object_size, s->name);
	}
}

#define MAX_LEAKS 16

/*
 * The same objects by the places that allocated them, where the debug kernel keeps those. A cache that has not grown got back as
 * many as it gave: such are the kernel's own, like the stack kept for the next thread.
 */
static void say_leaking_places(const struct load *l, const struct held *before)
{
	static struct slab_leak leaks[MAX_LEAKS];
	unsigned int nr = slab_leaks(before->serial, leaks, MAX_LEAKS);

	for (unsigned int i = 0; i < nr; i++) {
		if (kmem_cache_objects(leaks[i].cache) <= objects_then(before, leaks[i].cache))
			continue;
		kunit_say(0, "# %s: leak: %lu object%s, %lu bytes, of cache %s, allocated in [<%016lx>]:", l->name,
			  leaks[i].objects, leaks[i].objects == 1 ? "" : "s", leaks[i].bytes, leaks[i].cache->name,
			  leaks[i].caller);
		stack_depot_print(leaks[i].stack);
	}
}

static const char *const owners[] = PAGE_OWNER_NAMES;

/* Pages by class of owner; those of slabs and of page tables come and go with what is in them. */
static void say_more_pages(const struct load *l, const struct held *before, const struct held *after)
{
	for (unsigned int i = 0; i < NR_PAGE_OWNERS; i++) {
		unsigned long more = after->owners[i] - before->owners[i];

		if (i == OWNER_SLAB || i == OWNER_PGTABLE || after->owners[i] <= before->owners[i])
			continue;
		kunit_say(0, "# %s: leak: %lu more page%s, %s", l->name, more, more == 1 ? "" : "s", owners[i]);
	}
}

/* Pages by the places that allocated them, in the debug kernel. */
static void say_leaked_pages(const struct load *l, const struct held *before)
{
	static struct page_leak leaks[MAX_LEAKS];
	unsigned int nr = page_leaks(before->tsc, leaks, MAX_LEAKS);

	for (unsigned int i = 0; i < nr; i++) {
		kunit_say(0, "# %s: leak: %lu page%s in %lu block%s, %s, allocated by:", l->name, leaks[i].pages,
			  leaks[i].pages == 1 ? "" : "s", leaks[i].blocks, leaks[i].blocks == 1 ? "" : "s",
			  leaks[i].owner < NR_PAGE_OWNERS ? owners[leaks[i].owner] : "?");
		stack_depot_print(leaks[i].stack);
	}
}

/* Areas that the payload's own code asked for. */
static void say_leaked_areas(const struct load *l)
{
	struct vmap_area *va;

	list_for_each_entry (va, &mm_root.vmalloc->busy, list) {
		if (va->vm && va->vm->caller - (gva_t)(uintptr_t)l->base < l->total)
			kunit_say(0, "# %s: leak: vmalloc area of %llu bytes, asked for by [<%016llx>]", l->name,
				  (u64)va->vm->size, (u64)va->vm->caller);
	}
}

/* Compare with @before. Return: true if nothing was left behind. */
static bool check_leaks(const struct load *l, const struct held *before, struct held *after)
{
	const struct mm_usage *was = &before->usage;
	const struct mm_usage *is = &after->usage;

	count_held(after);
	if (after->nr_tasks > before->nr_tasks) {
		kunit_say(0, "# %s: leak: %u thread%s still there", l->name, after->nr_tasks - before->nr_tasks,
			  after->nr_tasks - before->nr_tasks == 1 ? " is" : "s are");
		return false;
	}
	if (is->objects <= was->objects && is->pages <= was->pages && is->areas <= was->areas)
		return true;
	say_leaked_objects(l, before);
	say_leaking_places(l, before);
	say_leaked_areas(l);
	if (is->pages > was->pages) {
		say_more_pages(l, before, after);
		say_leaked_pages(l, before);
	}
	kunit_say(0, "# %s: leak: after it there are %ld more objects, %ld more pages, %ld more vmalloc areas", l->name,
		  (long)(is->objects - was->objects), (long)(is->pages - was->pages), (long)(is->areas - was->areas));
	return false;
}

/* Did it write where it must not, into memory that is freed, or around what it had? The reports said where. */
static bool check_damage(const struct load *l)
{
	unsigned long wrong = validate_slab_all();

	if (wrong)
		kunit_say(0, "# %s: damage: %lu place%s in slabs overwritten", l->name, wrong, wrong == 1 ? "" : "s");
	return !wrong;
}

static int set_param(const struct module_param_entry *p, const char *text)
{
	char *copy;

	switch ((enum module_param_type)p->type) {
	case PARAM_BOOL:
		return kstrtobool(*text ? text : "1", p->var);
	case PARAM_INT:
		return kstrtoint(text, 0, p->var);
	case PARAM_UINT:
		return kstrtouint(text, 0, p->var);
	case PARAM_LONG:
		return kstrtol(text, 0, p->var);
	case PARAM_ULONG:
		return kstrtoul(text, 0, p->var);
	case PARAM_CHARP:
		/* Belongs to the run, not to the payload: made before the count. */
		copy = kstrdup(text, GFP_KERNEL);
		*(char **)p->var = copy;
		return copy ? 0 : -ENOMEM;
	}
	return -EINVAL;
}

static int set_params(const struct load *l)
{
	const char *dot = strrchr(l->name, '.');
	int base = dot ? (int)(dot - l->name) : (int)strlen(l->name);

	for (size_t i = 0; i < l->nr_params; i++) {
		char key[96], value[128];

		snprintf(key, sizeof(key), "%.*s.%s", base, l->name, l->params[i].name);
		if (!cmdline_get(key, value, sizeof(value)) || !set_param(&l->params[i], value))
			continue;
		printk(KERN_EMERG "mmvisor: %s: parameter %s cannot be '%s'\n", l->name, l->params[i].name, value);
		return -EINVAL;
	}
	return 0;
}

static enum kunit_status run_suites(const struct load *l)
{
	enum kunit_status sum = KUNIT_SUCCESS;

	if (!l->nr_suites)
		return sum;
	kunit_say(1, "KTAP version 2");
	kunit_say(1, "# Subtest: %s", l->name);
	kunit_say(1, "1..%zu", l->nr_suites);
	for (size_t i = 0; i < l->nr_suites; i++)
		if (kunit_run_suite(l->suites[i], (unsigned int)i + 1, 1, true) == KUNIT_FAILURE)
			sum = KUNIT_FAILURE;
	return sum;
}

static enum kunit_status run_loaded(const struct load *l)
{
	enum kunit_status status = KUNIT_SUCCESS;
	unsigned long warned = warn_count();
	int err;

	err = l->init ? l->init() : 0;
	if (err) {
		kunit_say(0, "# %s: module_init failed: %d", l->name, err);
		return KUNIT_FAILURE;
	}
	if (warn_count() != warned)
		status = KUNIT_FAILURE;
	if (run_suites(l) == KUNIT_FAILURE)
		status = KUNIT_FAILURE;
	warned = warn_count();
	if (l->exit)
		l->exit();
	return warn_count() != warned ? KUNIT_FAILURE : status;
}

enum exit_code module_run(const struct boot_module *mod, unsigned int number)
{
	struct held *before = kvmalloc(sizeof(*before), GFP_KERNEL);
	struct held *after = kvmalloc(sizeof(*after), GFP_KERNEL);
	struct load *l = kvmalloc(sizeof(*l), GFP_KERNEL);
	enum kunit_status status;
	bool threads_left;

	if (!before || !after || !l)
		panic("%s: no memory to load it", mod->name);
	if (module_load(l, mod) || set_params(l))
		return EXIT_GUEST_USAGE;
	count_held(before);
	status = run_loaded(l);
	if (!check_leaks(l, before, after))
		status = KUNIT_FAILURE;
	if (!check_damage(l))
		status = KUNIT_FAILURE;
	threads_left = after->nr_tasks > before->nr_tasks;
	kunit_result(0, number, l->name, status, "");
	if (!threads_left) {
		module_unload(l);
		kvfree(l);
	}
	kvfree(before);
	kvfree(after);
	return EXIT_GUEST_DONE;
}
