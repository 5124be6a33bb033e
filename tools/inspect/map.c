// SPDX-License-Identifier: MIT
/*
 * map.c - `mm-inspect map`: the command, and the pictures that need no markup.
 */
#include <json-c/json.h>
#include <stdlib.h>

#include "tools/inspect/inspect.h"
#include "tools/inspect/map.h"
#include "tools/view/view_impl.h"

#define TEXT_COLUMNS 64
#define TEXT_ROWS 16

/* By class: letters for owners, signs for the rest; a cell that is mixed shows the small letter of what it has most of. */
static const char signs[NR_MAP_CLASSES + 1] = {
	[MAP_RESERVED] = '#',
	[MAP_FRESH] = '.',
	[MAP_FREE] = '-',
	[MAP_PCP] = '~',
	[MAP_LOST] = '?',
	[MAP_CLASS(MAP_USED, OWNER_RAW)] = 'U',
	[MAP_CLASS(MAP_USED, OWNER_SLAB)] = 'S',
	[MAP_CLASS(MAP_USED, OWNER_KMALLOC)] = 'K',
	[MAP_CLASS(MAP_USED, OWNER_VMALLOC)] = 'V',
	[MAP_CLASS(MAP_USED, OWNER_PGTABLE)] = 'P',
	[MAP_CLASS(MAP_USED, OWNER_STACK)] = 'T',
	[MAP_CLASS(MAP_USED, OWNER_PERCPU)] = 'C',
	[MAP_CLASS(MAP_USED, OWNER_DMA)] = 'D',
	[MAP_CLASS(MAP_USED, OWNER_CACHE)] = 'F',
	[MAP_CLASS(MAP_USED, OWNER_ANON)] = 'A',
	[NR_MAP_CLASSES] = ' ',
};

uint64_t map_cell_pages(const struct map_zone *z, uint64_t cells)
{
	uint64_t pages = 1;

	while ((z->spanned + pages - 1) / pages + 1 > cells)
		pages *= 2;
	return pages;
}

char *map_size(char *buf, size_t size, uint64_t pages)
{
	uint64_t kib = pages * (MMV_PAGE_SIZE / 1024);

	if (kib < 1024)
		snprintf(buf, size, "%lu KiB", kib);
	else if (kib < 10 * 1024 * 1024)
		snprintf(buf, size, "%.4g MiB", (double)kib / 1024);
	else
		snprintf(buf, size, "%.4g GiB", (double)kib / 1024 / 1024);
	return buf;
}

/** struct rows - @at: column */
struct rows {
	FILE *out;
	unsigned int at;
};

static void put_sign(void *ctx, const struct map_cell *cell)
{
	struct rows *r = ctx;
	char sign = signs[cell->most] ? signs[cell->most] : '*';

	if (sign >= 'A' && sign <= 'Z' && cell->share < cell->ram)
		sign = (char)(sign - 'A' + 'a');
	if (!r->at)
		fprintf(r->out, "  %#13lx |", cell->pfn << MMV_PAGE_SHIFT);
	fputc(sign, r->out);
	if (++r->at == TEXT_COLUMNS) {
		fputs("|\n", r->out);
		r->at = 0;
	}
}

static void put_legend(const struct pagemap *m, FILE *out)
{
	char size[32];

	for (unsigned int i = 0; i < NR_MAP_CLASSES; i++) {
		uint64_t pages = i < NR_MAP_KINDS ? m->pages[i] : m->owned[i - NR_MAP_KINDS];

		if (i == MAP_USED || !pages)
			continue;
		fprintf(out, "  %c  %-12s %10lu pages  %s\n", signs[i] ? signs[i] : '*', map_class_label(i), pages,
			map_size(size, sizeof(size), pages));
	}
	fputs("  A small letter: the cell holds other things too, this one most.\n", out);
}

void map_text(const struct pagemap *m, FILE *out)
{
	char size[2][32];

	for (unsigned int i = 0; i < m->nr_zones; i++) {
		const struct map_zone *z = &m->zones[i];
		uint64_t pages = map_cell_pages(z, TEXT_COLUMNS * TEXT_ROWS);
		struct rows r = {.out = out};

		fprintf(out, "Zone %s, %s, one character for %s:\n", z->name,
			map_size(size[0], sizeof(size[0]), z->spanned), map_size(size[1], sizeof(size[1]), pages));
		pagemap_cells(m, i, pages, put_sign, &r);
		if (r.at)
			fputs("|\n", out);
	}
	put_legend(m, out);
}

struct json_object *map_json(const struct pagemap *m)
{
	struct json_object *top = json_object_new_object(), *zones = json_object_new_array(),
			   *runs = json_object_new_array();
	static const char *const types[] = MIGRATE_TYPE_NAMES;

	for (unsigned int i = 0; i < m->nr_zones; i++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "name", json_object_new_string(m->zones[i].name));
		json_object_object_add(o, "start_pfn", json_object_new_int64((int64_t)m->zones[i].start));
		json_object_object_add(o, "spanned", json_object_new_int64((int64_t)m->zones[i].spanned));
		json_object_array_add(zones, o);
	}
	for (size_t i = 0; i < m->nr_runs; i++) {
		const struct map_run *r = &m->runs[i];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "pfn", json_object_new_int64((int64_t)r->pfn));
		json_object_object_add(o, "pages", json_object_new_int64((int64_t)r->nr));
		json_object_object_add(o, "what", json_object_new_string(map_run_label(r)));
		if (r->kind != MAP_RESERVED && r->kind != MAP_LOST) {
			json_object_object_add(o, "order", json_object_new_int(r->order));
			json_object_object_add(o, "migratetype", json_object_new_string(types[r->migratetype]));
		}
		if (r->name != MAP_NO_NAME)
			json_object_object_add(o, "cache", json_object_new_string(m->names[r->name].text));
		json_object_array_add(runs, o);
	}
	json_object_object_add(top, "zones", zones);
	json_object_object_add(top, "runs", runs);
	return top;
}

/* Into a file of its own, whole or not at all. */
static int to_file(const struct inspect *in, const struct pagemap *m, const char *path, char *err,
		   void (*draw)(const struct pagemap *m, const char *source, FILE *out))
{
	FILE *f = picture_open(path, err);

	if (!f)
		return -1;
	draw(m, in->source, f);
	return picture_close(in, f, path, err);
}

int cmd_map(struct inspect *in, char *err)
{
	struct pagemap m;
	int bad = pagemap_collect(in->view, &m, err);

	if (!bad && in->html)
		bad = to_file(in, &m, in->html, err, map_html);
	if (!bad && in->svg)
		bad = to_file(in, &m, in->svg, err, map_svg);
	if (!bad && in->json)
		bad = inspect_json(in, map_json(&m));
	else if (!bad && !in->html && !in->svg)
		map_text(&m, in->out);
	pagemap_free(&m);
	return bad ? INSPECT_USAGE : INSPECT_HOLDS;
}
