// SPDX-License-Identifier: MIT
/*
 * memspec.c - the --mem parser.
 *
 * Three steps: read the items, place those without an address (first fit in their zone, in the order given), cut the
 * PC hole out. Every sum is checked against overflow by comparing with what is left, never by adding first.
 * Not here: what this host's KVM can address (vm.c), whether the kernel fits (boot.c).
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ctype.h>

#include "vmm/memspec.h"

#define NO_ADDRESS UINT64_MAX

static const struct zone_window {
	const char *name;
	gpa_t start, end;
} windows[NR_MEM_ZONES] = {
	[MEM_DMA] = {"dma", 0, DMA_END},
	[MEM_DMA32] = {"dma32", DMA_END, DEV_GPA},
	[MEM_NORMAL] = {"normal", DMA32_END, DIRECT_MAP_SIZE},
};

const char *mem_zone_name(enum mem_zone zone)
{
	return windows[zone].name;
}

__attribute__((format(printf, 3, 4))) static int fail(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int mem_parse_size(const char *text, const char **end, uint64_t *value)
{
	static const char suffixes[] = "KMGT";
	unsigned long long n;
	unsigned int shift = 0;
	const char *suffix;
	char *stop;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &stop, 0);
	if (errno)
		return -ERANGE;
	suffix = *stop ? strchr(suffixes, toupper((unsigned char)*stop)) : NULL;
	if (suffix) {
		shift = 10 * (unsigned int)(suffix - suffixes + 1);
		stop++;
	}
	if (n > UINT64_MAX >> shift)
		return -ERANGE;
	*value = (uint64_t)n << shift;
	*end = stop;
	return 0;
}

static bool zone_by_name(const char *text, size_t len, enum mem_zone *zone)
{
	for (unsigned int z = 0; z < NR_MEM_ZONES; z++) {
		if (strlen(windows[z].name) == len && !memcmp(windows[z].name, text, len)) {
			*zone = (enum mem_zone)z;
			return true;
		}
	}
	return false;
}

/* One item, `zone=size[@address]`, of @len bytes. */
static int parse_item(struct mem_range *r, const char *item, size_t len, char *why, size_t why_size)
{
	const char *equals = memchr(item, '=', len), *rest;
	int shown = len > 60 ? 60 : (int)len;

	if (!equals || !zone_by_name(item, (size_t)(equals - item), &r->zone))
		return fail(why, why_size, "'%.*s' is not dma=SIZE, dma32=SIZE or normal=SIZE", shown, item);
	if (mem_parse_size(equals + 1, &rest, &r->size))
		return fail(why, why_size, "'%.*s': not a size; give a number with K, M, G or T", shown, item);
	r->gpa = NO_ADDRESS;
	if (rest < item + len && *rest == '@' && mem_parse_size(rest + 1, &rest, &r->gpa))
		return fail(why, why_size, "'%.*s': not an address after '@'", shown, item);
	if (rest != item + len)
		return fail(why, why_size, "'%.*s': '%.*s' is not understood", shown, item, (int)(item + len - rest),
			    rest);
	if (!r->size)
		return fail(why, why_size, "'%.*s': the size is zero; leave the range out instead", shown, item);
	if (r->size % MMV_PAGE_SIZE || (r->gpa != NO_ADDRESS && r->gpa % MMV_PAGE_SIZE))
		return fail(why, why_size, "'%.*s': not aligned; sizes and addresses are multiples of 4K", shown, item);
	return 0;
}

/* An explicit address: inside the zone's window, and not in the PC hole. */
static int check_address(const struct mem_range *r, char *why, size_t why_size)
{
	const struct zone_window *w = &windows[r->zone];

	if (r->gpa >= DEV_GPA && r->gpa < DMA32_END)
		return fail(why, why_size,
			    "%s@%#" PRIx64
			    ": the device window and the APICs are there (%#lx to %#lx); go below or above",
			    w->name, r->gpa, DEV_GPA, DMA32_END);
	if (r->gpa < w->start || r->gpa >= w->end)
		return fail(why, why_size, "%s@%#" PRIx64 ": outside that zone, which is %#" PRIx64 " to %#" PRIx64,
			    w->name, r->gpa, w->start, w->end);
	if (r->gpa >= HOLE_START && r->gpa < HOLE_END)
		return fail(why, why_size, "%s@%#" PRIx64 ": in the PC hole (%#lx to %#lx); start above it", w->name,
			    r->gpa, HOLE_START, HOLE_END);
	if (r->size > w->end - r->gpa)
		return fail(why, why_size,
			    "%s@%#" PRIx64 ": %#" PRIx64 " bytes run past the end of the zone (%#" PRIx64 ")%s",
			    w->name, r->gpa, r->size, w->end,
			    r->zone == MEM_DMA32 ? ", where the device window begins" : "");
	return 0;
}

static bool overlaps(const struct mem_range *a, const struct mem_range *b)
{
	return a->gpa < b->gpa + b->size && b->gpa < a->gpa + a->size;
}

static const struct mem_range *find_overlap(const struct mem_spec *s, const struct mem_range *r)
{
	for (unsigned int i = 0; i < s->nr_ranges; i++) {
		const struct mem_range *o = &s->ranges[i];

		if (o != r && o->gpa != NO_ADDRESS && overlaps(o, r))
			return o;
	}
	return NULL;
}

/* First fit: from the zone's start, past every range in the way. */
static int place(const struct mem_spec *s, struct mem_range *r, char *why, size_t why_size)
{
	const struct zone_window *w = &windows[r->zone];
	struct mem_range try = *r;
	const struct mem_range *hit;

	try.gpa = w->start;
	while (try.size <= w->end - try.gpa) {
		hit = find_overlap(s, &try);
		if (!hit) {
			r->gpa = try.gpa;
			return 0;
		}
		try.gpa = hit->gpa + hit->size;
		if (try.gpa >= HOLE_START && try.gpa < HOLE_END)
			try.gpa = HOLE_END;
		if (try.gpa >= w->end)
			break;
	}
	return fail(why, why_size, "%s: no room for %" PRIu64 "K in that zone, which is %#" PRIx64 " to %#" PRIx64,
		    w->name, r->size >> 10, w->start, w->end);
}

static int by_gpa(const void *a, const void *b)
{
	const struct mem_range *x = a, *y = b;

	return x->gpa < y->gpa ? -1 : x->gpa > y->gpa;
}

static int add_slot(struct mem_spec *s, enum mem_zone zone, gpa_t start, gpa_t end, char *why, size_t why_size)
{
	if (start >= end)
		return 0;
	if (s->nr_slots == MMV_NR_RANGES)
		return fail(why, why_size, "too many ranges; %d slots are possible, and one range may need two",
			    MMV_NR_RANGES);
	s->slots[s->nr_slots++] = (struct mem_range){zone, start, end - start};
	return 0;
}

static int cut_hole(struct mem_spec *s, char *why, size_t why_size)
{
	for (unsigned int i = 0; i < s->nr_ranges; i++) {
		const struct mem_range *r = &s->ranges[i];
		gpa_t end = r->gpa + r->size;
		int err;

		if (r->gpa >= HOLE_END || end <= HOLE_START) {
			err = add_slot(s, r->zone, r->gpa, end, why, why_size);
		} else {
			err = add_slot(s, r->zone, r->gpa, HOLE_START, why, why_size);
			if (!err)
				err = add_slot(s, r->zone, HOLE_END, end, why, why_size);
		}
		if (err)
			return err;
	}
	return 0;
}

static int place_all(struct mem_spec *s, char *why, size_t why_size)
{
	int err;

	for (unsigned int i = 0; i < s->nr_ranges; i++) {
		struct mem_range *r = &s->ranges[i];
		const struct mem_range *hit;

		if (r->gpa == NO_ADDRESS)
			continue;
		err = check_address(r, why, why_size);
		if (err)
			return err;
		hit = find_overlap(s, r);
		if (hit)
			return fail(why, why_size, "%s@%#" PRIx64 " and %s@%#" PRIx64 " overlap; move one of them",
				    windows[r->zone].name, r->gpa, windows[hit->zone].name, hit->gpa);
	}
	for (unsigned int i = 0; i < s->nr_ranges; i++) {
		if (s->ranges[i].gpa != NO_ADDRESS)
			continue;
		err = place(s, &s->ranges[i], why, why_size);
		if (err)
			return err;
	}
	return 0;
}

int mem_spec_parse(struct mem_spec *spec, const char *text, char *why, size_t why_size)
{
	int err;

	memset(spec, 0, sizeof(*spec));
	if (!*text)
		return fail(why, why_size, "no range given");
	for (;;) {
		size_t len = strcspn(text, ",");

		if (spec->nr_ranges == MMV_NR_RANGES)
			return fail(why, why_size, "more than %d ranges", MMV_NR_RANGES);
		err = parse_item(&spec->ranges[spec->nr_ranges], text, len, why, why_size);
		if (err)
			return err;
		spec->nr_ranges++;
		if (!text[len])
			break;
		text += len + 1;
	}
	err = place_all(spec, why, why_size);
	if (err)
		return err;
	qsort(spec->ranges, spec->nr_ranges, sizeof(spec->ranges[0]), by_gpa);
	return cut_hole(spec, why, why_size);
}

uint64_t mem_spec_bytes(const struct mem_spec *spec)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < spec->nr_slots; i++)
		sum += spec->slots[i].size;
	return sum;
}

gpa_t mem_spec_end(const struct mem_spec *spec)
{
	const struct mem_range *last;

	if (!spec->nr_slots)
		return 0;
	last = &spec->slots[spec->nr_slots - 1];
	return last->gpa + last->size;
}
