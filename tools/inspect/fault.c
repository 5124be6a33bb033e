// SPDX-License-Identifier: MIT
/*
 * fault.c - what stands around a violation: the page that it is about, the blocks before and behind it, and who allocated it; in a
 * slab the same of the object, and of those before and behind it.
 *
 * A violation of a structure in the direct map is about the page that the structure lies in: what wrote there was its neighbour's,
 * more often than not.
 */
#include <json-c/json.h>
#include <string.h>

#include "tools/inspect/inspect.h"
#include "tools/view/debug.h"
#include "tools/view/slabs.h"
#include "tools/view/view_impl.h"

#define IN_SHORT 160

/** struct around - the page, and its neighbours */
struct around {
	char page[IN_SHORT], before[IN_SHORT], behind[IN_SHORT];
	uint32_t stack; /* of its allocation; 0: nobody knows */
};

/* Return: is there a page? */
static bool look_around(const struct inspect *in, const struct check_fault *f, struct around *a)
{
	uint64_t pfn = f->pfn, start, end, other, head;
	struct page_ext story;
	gpa_t gpa;

	if (pfn == CHECK_NO_PFN && (!f->addr || view_pfn_of(f->addr, &pfn))) {
		if (!f->addr || view_translate(in->view, view_cr3(in->view), f->addr, &gpa, NULL, NULL))
			return false;
		pfn = gpa >> MMV_PAGE_SHIFT;
	}
	page_in_short(in, pfn, &start, &end, a->page, sizeof(a->page));
	snprintf(a->before, sizeof(a->before), "nothing");
	if (start)
		page_in_short(in, start - 1, &other, &head, a->before, sizeof(a->before));
	page_in_short(in, end, &other, &head, a->behind, sizeof(a->behind));
	a->stack = view_page_story(in->view, pfn, &head, &story) ? 0 : story.alloc_stack;
	return true;
}

/* ---- objects ---- */

/** struct row - objects of a slab, one behind the other; @has: the first and the last object of a slab have a neighbour less */
enum { THIS, BEFORE, BEHIND, NR_PLACES };
struct row {
	struct slab_object at[NR_PLACES];
	bool has[NR_PLACES];
};

static const char *const place_names[] = {[THIS] = "object", [BEFORE] = "object before", [BEHIND] = "object behind"};
static const char *const place_keys[] = {[THIS] = "this", [BEFORE] = "before", [BEHIND] = "behind"};

/* Return: is the violation about something in a slab's object, or around it? */
static bool look_along(const struct inspect *in, const struct check_fault *f, struct row *row)
{
	struct slab_object *o = &row->at[THIS];

	memset(row->has, 0, sizeof(row->has));
	if (!f->addr || view_object(in->view, f->addr, o))
		return false;
	row->has[THIS] = true;
	row->has[BEFORE] = o->index && !view_object(in->view, o->start - o->s.size, &row->at[BEFORE]);
	row->has[BEHIND] = o->index + 1 < o->objects && !view_object(in->view, o->start + o->s.size, &row->at[BEHIND]);
	return true;
}

static const char *state_of(const struct slab_object *o, char *buf, size_t size)
{
	if (o->state == OBJECT_CPU)
		snprintf(buf, size, "free, in the array of CPU %u", o->cpu);
	else
		snprintf(buf, size, "%s", o->state == OBJECT_USED ? "in use" : "free");
	return buf;
}

/* Who has it, or had it last and gave it back. */
static bool has_record(const struct slab_object *o, int which)
{
	return o->has_track[which] && (which == TRACK_ALLOC || o->state != OBJECT_USED);
}

static const char *const record_names[] = {[TRACK_ALLOC] = "allocated", [TRACK_FREE] = "freed"};

static void print_object(const struct inspect *in, const struct slab_object *o, int place)
{
	char state[40];

	fprintf(in->out, "    %s %u of %u at %#lx, cache %s: %s", place_names[place], o->index, o->objects, o->start,
		o->cache, state_of(o, state, sizeof(state)));
	if (place == THIS)
		fprintf(in->out, "; byte %ld: %s", o->offset, o->where);
	fputc('\n', in->out);
	for (int i = 0; i < NR_SLAB_TRACKS; i++) {
		if (!has_record(o, i))
			continue;
		fprintf(in->out, "      %s by pid %d on CPU %u at\n", record_names[i], o->track[i].pid,
			o->track[i].cpu);
		print_origin(in, "        ", o->track[i].handle, o->track[i].addr);
	}
}

static struct json_object *json_slab_object(const struct inspect *in, const struct slab_object *o, int place)
{
	struct json_object *j = json_object_new_object();
	char text[40];

	json_object_object_add(j, "cache", json_object_new_string(o->cache));
	json_object_object_add(j, "index", json_object_new_int64(o->index));
	json_object_object_add(j, "of", json_object_new_int64(o->objects));
	snprintf(text, sizeof(text), "%#lx", o->start);
	json_object_object_add(j, "address", json_object_new_string(text));
	json_object_object_add(j, "state", json_object_new_string(state_of(o, text, sizeof(text))));
	if (place == THIS) {
		json_object_object_add(j, "offset", json_object_new_int64(o->offset));
		json_object_object_add(j, "part", json_object_new_string(o->where));
	}
	for (int i = 0; i < NR_SLAB_TRACKS; i++)
		if (has_record(o, i))
			json_object_object_add(j, record_names[i],
					       json_origin(in, o->track[i].handle, o->track[i].addr));
	return j;
}

/* ---- both ---- */

void fault_print(void *ctx, const struct check_fault *f)
{
	const struct inspect *in = ctx;
	struct around a;
	struct row row;

	if (!look_around(in, f, &a))
		return;
	fprintf(in->out, "    page   %s\n    before %s\n    behind %s\n", a.page, a.before, a.behind);
	if (a.stack) {
		fprintf(in->out, "    allocated at\n");
		print_stack(in->view, in->symbols, a.stack, "      ", in->out);
	}
	if (!look_along(in, f, &row))
		return;
	for (int i = 0; i < NR_PLACES; i++)
		if (row.has[i])
			print_object(in, &row.at[i], i);
}

void fault_json(void *ctx, const struct check_fault *f, struct json_object *o)
{
	const struct inspect *in = ctx;
	struct json_object *objects;
	struct around a;
	struct row row;

	if (!look_around(in, f, &a))
		return;
	json_object_object_add(o, "page", json_object_new_string(a.page));
	json_object_object_add(o, "before", json_object_new_string(a.before));
	json_object_object_add(o, "behind", json_object_new_string(a.behind));
	if (a.stack)
		json_object_object_add(o, "stack", json_stack(in->view, in->symbols, a.stack));
	if (!look_along(in, f, &row))
		return;
	objects = json_object_new_object();
	for (int i = 0; i < NR_PLACES; i++)
		if (row.has[i])
			json_object_object_add(objects, place_keys[i], json_slab_object(in, &row.at[i], i));
	json_object_object_add(o, "slab_objects", objects);
}
