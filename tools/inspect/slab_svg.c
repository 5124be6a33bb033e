// SPDX-License-Identifier: MIT
/*
 * slab_svg.c - `mm-inspect slabinfo --svg`: how full each slab of each cache is.
 *
 * A cache is a row, a slab a cell: the darker, the more of its objects are in use; the fullest first, so a cache that was emptied
 * without giving memory back shows a long pale tail. A cache with more slabs than cells has several slabs to a cell. Lists are
 * walked with a bound; where one is broken the row ends.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/inspect/inspect.h"
#include "tools/inspect/map.h"
#include "tools/view/view_impl.h"

#define LEFT 330
#define CELLS 120
#define CELL 7
#define ROW 14
#define TOP 64
#define WIDTH (LEFT + CELLS * CELL + 16)
#define MAX_SLABS (1UL << 22)

/** struct fill - by 1/256 of a slab's objects in use: how many slabs are so full */
struct fill {
	uint64_t slabs[257];
	uint64_t nr, pages;
};

static void walk(const struct view *v, gva_t head, gva_t at, struct fill *f)
{
	struct slab slab;
	uint64_t pfn;

	for (; at != head && f->nr < MAX_SLABS; at = slab.slab_list.next.va) {
		gva_t addr = at - offsetof(struct slab, slab_list);

		if (view_pfn_of(addr, &pfn) || view_read(v, addr, &slab, sizeof(slab)) || !slab.objects ||
		    slab.inuse > slab.objects)
			return;
		f->slabs[slab.inuse * 256U / slab.objects]++;
		f->nr++;
		f->pages += 1UL << (slab.order <= MAX_PAGE_ORDER ? slab.order : 0);
	}
}

static void collect(const struct view *v, gva_t cache, struct fill *f)
{
	struct kmem_cache s;

	memset(f, 0, sizeof(*f));
	if (view_read(v, cache, &s, sizeof(s)))
		return;
	walk(v, cache + offsetof(struct kmem_cache, full), s.full.next.va, f);
	walk(v, cache + offsetof(struct kmem_cache, partial), s.partial.next.va, f);
	walk(v, cache + offsetof(struct kmem_cache, empty), s.empty.next.va, f);
}

static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

/* White to dark blue. */
static void put_cell(FILE *out, unsigned int x, unsigned int y, unsigned int percent, uint64_t slabs)
{
	fprintf(out,
		"<rect x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\" fill=\"#%02x%02x%02x\" stroke=\"#9aa5b1\" "
		"stroke-width=\"0.5\"><title>%lu %s, %u %% in use</title></rect>\n",
		LEFT + x * CELL, y, CELL - 1, ROW - 4, 255 - 224 * percent / 100, 255 - 177 * percent / 100,
		255 - 134 * percent / 100, slabs, slabs == 1 ? "slab" : "slabs", percent);
}

/* The slabs in order of fill, fullest first, @each of them to a cell. */
static void put_cells(FILE *out, unsigned int y, const struct fill *f)
{
	uint64_t each = (f->nr + CELLS - 1) / CELLS, have = 0, sum = 0;
	unsigned int x = 0;

	for (int level = 256; level >= 0 && each; level--)
		for (uint64_t left = f->slabs[level]; left;) {
			uint64_t n = left < each - have ? left : each - have;

			have += n;
			sum += n * (uint64_t)level;
			left -= n;
			if (have < each)
				continue;
			put_cell(out, x++, y, (unsigned int)(sum * 100 / have / 256), have);
			have = sum = 0;
		}
	if (have)
		put_cell(out, x, y, (unsigned int)(sum * 100 / have / 256), have);
}

static void put_row(FILE *out, unsigned int y, const struct list_cache *c, const struct fill *f)
{
	uint64_t users = c->active > c->cached ? c->active - c->cached : 0;
	char size[32];

	fputs("<text x=\"12\"", out);
	fprintf(out, " y=\"%u\">", y + ROW - 5);
	put_text(out, c->name);
	fprintf(out, "</text>\n<text x=\"%d\" y=\"%u\" text-anchor=\"end\">%lu of %lu, %s</text>\n", LEFT - 8,
		y + ROW - 5, users, c->total, map_size(size, sizeof(size), f->pages));
	put_cells(out, y, f);
}

static void draw(const struct view *v, const char *source, const struct list_cache *caches, unsigned int nr, FILE *out)
{
	unsigned int rows = 0, y = TOP;

	for (unsigned int i = 0; i < nr; i++)
		rows += caches[i].slabs != 0;
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" font-family=\"sans-serif\" "
		"font-size=\"10\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		"<text x=\"12\" y=\"22\" font-size=\"14\">Slabs of ",
		WIDTH, TOP + rows * ROW + 16);
	put_text(out, source);
	fprintf(out, "</text>\n<text x=\"12\" y=\"42\">objects in use of all, and memory; each cell is a slab, fullest "
		     "first, "
		     "of a large cache several; dark: all objects in use, white: none</text>\n");
	for (unsigned int i = 0; i < nr; i++) {
		struct fill f;

		if (!caches[i].slabs)
			continue;
		collect(v, caches[i].addr, &f);
		put_row(out, y, &caches[i], &f);
		y += ROW;
	}
	fputs("</svg>\n", out);
}

int slab_svg(struct inspect *in, char *err)
{
	struct list_cache *caches;
	int nr = list_caches(in->view, &caches, err);
	FILE *f;

	if (nr < 0)
		return INSPECT_USAGE;
	f = picture_open(in->svg, err);
	if (f)
		draw(in->view, in->source, caches, (unsigned int)nr, f);
	free(caches);
	return f && !picture_close(in, f, in->svg, err) ? INSPECT_HOLDS : INSPECT_USAGE;
}
