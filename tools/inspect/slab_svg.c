// SPDX-License-Identifier: MIT
/*
 * slab_svg.c - `mm-inspect slabinfo --svg`: how full each slab of each cache is.
 *
 * A cache is a row, a slab a cell: the darker, the more of its objects are in users' hands; the orange part from below are those that
 * wait in CPUs' arrays. The fullest come first, so a cache that was emptied without giving memory back shows a long pale tail. A
 * cache with more slabs than cells has several slabs to a cell. Where a list is broken the row ends.
 */
#include <stdlib.h>

#include "tools/inspect/inspect.h"
#include "tools/inspect/map.h"
#include "tools/view/slabs.h"
#include "tools/view/view.h"

#define LEFT 330
#define CELLS 120
#define CELL 7
#define ROW 14
#define TOP 64
#define WIDTH (LEFT + CELLS * CELL + 16)

/**
 * struct fill - the slabs of a cache by how many 1/256 of their objects users have
 * @slabs: how many there are; @waiting: 1/256 of objects in CPUs' arrays, summed up over these
 */
struct fill {
	uint64_t slabs[257], waiting[257];
	uint64_t nr, pages;
};

static bool add_slab(void *ctx, const struct kmem_cache *s, const struct slab_picture *p)
{
	struct fill *f = ctx;
	unsigned int count[OBJECT_CPU + 1] = {0};
	unsigned int level;

	(void)s;
	f->nr++;
	f->pages += p->order <= MAX_PAGE_ORDER ? 1UL << p->order : 0;
	for (unsigned int i = 0; i < p->objects; i++)
		count[p->state[i]]++;
	level = p->objects ? count[OBJECT_USED] * 256 / p->objects : 0;
	f->slabs[level]++;
	f->waiting[level] += p->objects ? count[OBJECT_CPU] * 256 / p->objects : 0;
	return true;
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

/* White to dark blue, and orange from below. @used, @waiting: percent */
static void put_cell(FILE *out, unsigned int x, unsigned int y, unsigned int used, unsigned int waiting, uint64_t slabs)
{
	unsigned int left = LEFT + x * CELL, height = ROW - 4;

	fprintf(out,
		"<g><title>%lu %s: %u %% in use, %u %% in CPUs' arrays</title><rect x=\"%u\" y=\"%u\" width=\"%d\" "
		"height=\"%u\" fill=\"#%02x%02x%02x\" stroke=\"#9aa5b1\" stroke-width=\"0.5\"/>",
		slabs, slabs == 1 ? "slab" : "slabs", used, waiting, left, y, CELL - 1, height, 255 - 224 * used / 100,
		255 - 177 * used / 100, 255 - 134 * used / 100);
	if (waiting)
		fprintf(out, "<rect x=\"%u\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"#e69f00\"/>", left,
			y + height - height * waiting / 100.0, CELL - 1, height * waiting / 100.0);
	fputs("</g>\n", out);
}

/* The slabs in order of fill, fullest first, @each of them to a cell. */
static void put_cells(FILE *out, unsigned int y, const struct fill *f)
{
	uint64_t each = (f->nr + CELLS - 1) / CELLS, have = 0, used = 0, waiting = 0;
	unsigned int x = 0;

	for (int level = 256; level >= 0 && each; level--)
		for (uint64_t left = f->slabs[level]; left;) {
			uint64_t n = left < each - have ? left : each - have;

			have += n;
			used += n * (uint64_t)level;
			waiting += n * f->waiting[level] / f->slabs[level];
			left -= n;
			if (have < each)
				continue;
			put_cell(out, x++, y, (unsigned int)(used * 100 / have / 256),
				 (unsigned int)(waiting * 100 / have / 256), have);
			have = used = waiting = 0;
		}
	if (have)
		put_cell(out, x, y, (unsigned int)(used * 100 / have / 256), (unsigned int)(waiting * 100 / have / 256),
			 have);
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
	fprintf(out,
		"</text>\n<text x=\"12\" y=\"42\">objects in use of all, and memory; each cell is a slab, of a large "
		"cache several, fullest first; dark: all objects in use, white: none, orange: waiting in CPUs' "
		"arrays</text>\n");
	for (unsigned int i = 0; i < nr; i++) {
		struct fill f = {.nr = 0};
		char broken[VIEW_ERR_MAX];

		if (!caches[i].slabs)
			continue;
		if (view_slabs(v, caches[i].addr, add_slab, &f, broken))
			fprintf(stderr, "mm-inspect: %s\n", broken);
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
