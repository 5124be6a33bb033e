// SPDX-License-Identifier: MIT
/*
 * where.c - what any address of the guest belongs to: an object of a cache, a vmalloc area, a module, a thread's stack, the kernel
 * image, a page of another owner. mm-inspect page and vtop show it.
 */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "shared/task.h"
#include "tools/inspect/inspect.h"
#include "tools/view/slabs.h"

#define MAX_TASKS (1u << 16)
#define MAX_MODULES 4096u

/* What follows is said as lines "  NAME  text" and as members of an object: one of the two is NULL. */
struct answer {
	const struct inspect *in;
	FILE *out;
	struct json_object *json;
};

static void say(const struct answer *a, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void say(const struct answer *a, const char *name, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (a->out)
		fprintf(a->out, "  %-8s %s\n", name, text);
	else
		json_object_object_add(a->json, name, json_object_new_string(text));
}

static void say_number(const struct answer *a, const char *name, uint64_t x)
{
	if (a->json)
		json_object_object_add(a->json, name, json_object_new_uint64(x));
}

/* ---- objects ---- */

static void say_track(const struct answer *a, const char *name, const struct slab_track *t)
{
	say(a, name, "by pid %d on CPU %u, at jiffy %lu", t->pid, t->cpu, t->when);
	if (a->out) {
		print_origin(a->in, "           ", t->handle, t->addr);
	} else {
		char key[32];

		snprintf(key, sizeof(key), "%s_stack", name);
		json_object_object_add(a->json, key, json_origin(a->in, t->handle, t->addr));
	}
}

static bool say_object(const struct answer *a, gva_t va)
{
	static const char *const states[] = {[OBJECT_USED] = "in use", [OBJECT_FREE] = "free", [OBJECT_CPU] = "free"};
	struct slab_object o;

	if (view_object(a->in->view, va, &o))
		return false;
	say(a, "object", "%u of %u of a slab of cache %s: %#lx, %u bytes", o.index, o.objects, o.cache, o.start,
	    o.s.object_size);
	say(a, "place", "byte %ld: %s", o.offset, o.where);
	if (o.state == OBJECT_CPU)
		say(a, "is", "free, in the array of CPU %u", o.cpu);
	else
		say(a, "is", "%s", states[o.state]);
	if (o.asked)
		say(a, "asked", "%u bytes", o.asked);
	if (a->json) {
		json_object_object_add(a->json, "object_cache", json_object_new_string(o.cache));
		say_number(a, "object_index", o.index);
		say_number(a, "object_start", o.start);
		json_object_object_add(a->json, "object_offset", json_object_new_int64(o.offset));
	}
	if (o.has_track[TRACK_ALLOC])
		say_track(a, "alloc", &o.track[TRACK_ALLOC]);
	if (o.has_track[TRACK_FREE])
		say_track(a, "freed", &o.track[TRACK_FREE]);
	return true;
}

/* ---- stacks ---- */

static bool inside(gva_t va, gva_t from, gva_t end)
{
	return va >= from && va < end;
}

static bool say_cpu_stack(const struct answer *a, const struct mm_root *root, gva_t va)
{
	for (unsigned int i = 0; root->cpus.va && i < root->nr_cpus && i < MMV_NR_CPUS; i++) {
		struct mm_cpu cpu;

		if (view_read(a->in->view, root->cpus.va + i * sizeof(cpu), &cpu, sizeof(cpu)))
			return false;
		if (inside(va, cpu.irq_stack, cpu.irq_stack_end)) {
			say(a, "stack", "of interrupts on CPU %u, byte %lu", i, va - cpu.irq_stack);
			return true;
		}
		if (inside(va, cpu.crash_stack, cpu.crash_stack_end)) {
			say(a, "stack", "of double faults on CPU %u, byte %lu", i, va - cpu.crash_stack);
			return true;
		}
	}
	return false;
}

static bool say_stack(const struct answer *a, gva_t va)
{
	const struct mm_root *root = view_root(a->in->view, NULL);
	gva_t head = view_root_addr(a->in->view) + offsetof(struct mm_root, tasks);
	struct task_struct t;
	unsigned int n = 0;

	if (!root)
		return false;
	for (gva_t at = root->tasks.next.va; at && at != head && n++ < MAX_TASKS; at = t.tasks.next.va) {
		if (view_read(a->in->view, at - offsetof(struct task_struct, tasks), &t, sizeof(t)))
			break;
		if (!t.stack.va || !inside(va, t.stack.va, t.stack.va + MMV_THREAD_SIZE))
			continue;
		say(a, "stack", "of thread %d (%.16s), byte %lu of %lu", t.pid, t.comm, va - t.stack.va,
		    MMV_THREAD_SIZE);
		return true;
	}
	return say_cpu_stack(a, root, va);
}

/* ---- areas and modules ---- */

static bool say_module(const struct answer *a, gva_t va)
{
	const struct mm_root *root = view_root(a->in->view, NULL);
	gva_t head = view_root_addr(a->in->view) + offsetof(struct mm_root, modules);
	struct mm_module m;
	unsigned int n = 0;

	if (!root)
		return false;
	for (gva_t at = root->modules.next.va; at != head && n++ < MAX_MODULES; at = m.list.next.va) {
		if (view_read(a->in->view, at - offsetof(struct mm_module, list), &m, sizeof(m)))
			return false;
		for (uint64_t i = 0; i < m.nr_sections && i < sizeof(m.sections) / sizeof(m.sections[0]); i++) {
			if (!inside(va, m.sections[i].addr, m.sections[i].addr + m.sections[i].size))
				continue;
			say(a, "module", "%.56s, section %u, byte %lu", m.name, m.sections[i].index,
			    va - m.sections[i].addr);
			return true;
		}
	}
	return false;
}

static bool say_area(const struct answer *a, gva_t va)
{
	struct list_area *areas;
	char err[VIEW_ERR_MAX], name[200];
	int n = list_areas(a->in->view, &areas, err);
	bool found = false;

	for (int i = 0; i < n && !found; i++) {
		if (!inside(va, areas[i].start, areas[i].end))
			continue;
		symtab_format(a->in->symbols, areas[i].caller, name, sizeof(name));
		say(a, "area", "%#lx-%#lx%s, byte %lu, %lu pages, asked for by %s", areas[i].start, areas[i].end,
		    areas[i].module ? " of module space" : "", va - areas[i].start, areas[i].nr_pages, name);
		found = true;
	}
	free(n < 0 ? NULL : areas);
	return found;
}

/* ---- the kernel image ---- */

static bool say_kernel(const struct answer *a, gva_t va)
{
	const struct mm_root *root = view_root(a->in->view, NULL);
	char name[200];

	if (!root || !inside(va, root->kernel_start, root->kernel_end))
		return false;
	say(a, "kernel", "%s", symtab_format(a->in->symbols, va, name, sizeof(name)));
	return true;
}

/* The same bytes as the image's own address shows them. */
static gva_t image_address(const struct inspect *in, gva_t va)
{
	const struct mm_root *root = view_root(in->view, NULL);
	gva_t off;

	if (!root || va < DIRECT_MAP || va - DIRECT_MAP >= DIRECT_MAP_SIZE)
		return 0;
	off = va - DIRECT_MAP - root->phys_base;
	return off < root->kernel_end - root->kernel_start ? root->kernel_start + off : 0;
}

static bool belongs(const struct answer *a, gva_t va)
{
	bool known = say_object(a, va);

	known |= say_kernel(a, va) || (image_address(a->in, va) && say_kernel(a, image_address(a->in, va)));
	known |= say_stack(a, va);
	known |= say_module(a, va);
	known |= say_area(a, va);
	return known;
}

bool where_print(const struct inspect *in, gva_t va)
{
	struct answer a = {.in = in, .out = in->out};

	return belongs(&a, va);
}

bool where_json(const struct inspect *in, gva_t va, struct json_object *o)
{
	struct json_object *w = json_object_new_object();
	struct answer a = {.in = in, .json = w};
	bool known = belongs(&a, va);

	json_object_object_add(o, "belongs_to", w);
	return known;
}
