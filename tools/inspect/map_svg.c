// SPDX-License-Identifier: MIT
/*
 * map_svg.c - `mm-inspect map --svg`: each zone as a grid, a square for as many pages as it takes to fit; a square with a corner of
 * another shade holds other things too. Neighbours of one colour in a row are one rectangle.
 */
#include "tools/inspect/map.h"

#define CELL 8
#define COLUMNS 128
#define ROWS 48
#define MARGIN 16
#define LABEL 110
#define WIDTH ((unsigned int)(LABEL + COLUMNS * CELL + MARGIN))

const char *map_color(unsigned int class)
{
	static const char *const colors[NR_MAP_CLASSES + 1] = {
		[MAP_RESERVED] = "#4a4a4a",
		[MAP_FRESH] = "#f4f4ee",
		[MAP_FREE] = "#cfe8c9",
		[MAP_PCP] = "#8fce8a",
		[MAP_LOST] = "#ff0000",
		[MAP_CLASS(MAP_USED, OWNER_RAW)] = "#9aa5b1",
		[MAP_CLASS(MAP_USED, OWNER_SLAB)] = "#e69f00",
		[MAP_CLASS(MAP_USED, OWNER_KMALLOC)] = "#b35900",
		[MAP_CLASS(MAP_USED, OWNER_VMALLOC)] = "#0072b2",
		[MAP_CLASS(MAP_USED, OWNER_PGTABLE)] = "#cc79a7",
		[MAP_CLASS(MAP_USED, OWNER_STACK)] = "#56b4e9",
		[MAP_CLASS(MAP_USED, OWNER_PERCPU)] = "#f0e442",
		[MAP_CLASS(MAP_USED, OWNER_DMA)] = "#7b3fa0",
		[MAP_CLASS(MAP_USED, OWNER_CACHE)] = "#009e73",
		[MAP_CLASS(MAP_USED, OWNER_ANON)] = "#d55e00",
		[NR_MAP_CLASSES] = "none",
	};

	return class <= NR_MAP_CLASSES && colors[class] ? colors[class] : "#000000";
}

/** struct grid - @run, @from, @of: cells of one look that are not drawn yet: how many, the first's number, which class */
struct grid {
	FILE *out;
	unsigned int top;
	uint64_t n, run, from;
	unsigned int of;
	uint64_t first_pfn, pages;
};

static void flush(struct grid *g)
{
	unsigned int x = (unsigned int)(g->from % COLUMNS), y = (unsigned int)(g->from / COLUMNS);

	if (g->run && g->of < NR_MAP_CLASSES)
		fprintf(g->out,
			"<rect x=\"%u\" y=\"%u\" width=\"%lu\" height=\"%d\" fill=\"%s\"><title>%s: pfn %#lx to "
			"%#lx</title></rect>\n",
			LABEL + x * CELL, g->top + y * CELL, g->run * CELL, CELL, map_color(g->of),
			map_class_label(g->of), g->first_pfn, g->first_pfn + g->run * g->pages - 1);
	g->run = 0;
}

static void put_cell(void *ctx, const struct map_cell *cell)
{
	struct grid *g = ctx;

	if (g->run && (g->n % COLUMNS == 0 || cell->most != g->of))
		flush(g);
	if (!g->run) {
		g->from = g->n;
		g->of = cell->most;
		g->first_pfn = cell->pfn;
	}
	g->run++;
	g->n++;
	if (cell->ram && cell->share < cell->ram) {
		flush(g);
		fprintf(g->out, "<path d=\"M%lu %lul%d 0l0 %dz\" fill=\"#00000055\"/>\n",
			LABEL + ((g->n - 1) % COLUMNS) * CELL + CELL / 2, g->top + ((g->n - 1) / COLUMNS) * CELL,
			CELL / 2, CELL / 2);
	}
}

/* Text that may hold anything goes into markup through this. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc((unsigned char)*text < ' ' ? '?' : *text, out);
		}
	}
}

static void put_legend(const struct pagemap *m, FILE *out, unsigned int y)
{
	unsigned int x = LABEL;
	char size[32];

	for (unsigned int i = 0; i < NR_MAP_CLASSES; i++) {
		uint64_t pages = i < NR_MAP_KINDS ? m->pages[i] : m->owned[i - NR_MAP_KINDS];

		if (i == MAP_USED || !pages)
			continue;
		fprintf(out,
			"<rect x=\"%u\" y=\"%u\" width=\"10\" height=\"10\" fill=\"%s\" stroke=\"#888\"/><text "
			"x=\"%u\" y=\"%u\">%s %s</text>\n",
			x, y, map_color(i), x + 14, y + 9, map_class_label(i), map_size(size, sizeof(size), pages));
		x += 170;
		if (x + 170 > LABEL + COLUMNS * CELL) {
			x = LABEL;
			y += 18;
		}
	}
}

/* How much room a zone's grid takes, the gap below it included. */
static unsigned int zone_height(uint64_t cells)
{
	unsigned int grid = (unsigned int)((cells + COLUMNS - 1) / COLUMNS) * CELL;

	return (grid < 48 ? 48 : grid) + 2 * MARGIN;
}

static void count_cell(void *ctx, const struct map_cell *cell)
{
	(void)ctx;
	(void)cell;
}

void map_svg(const struct pagemap *m, const char *source, FILE *out)
{
	unsigned int height = 3 * MARGIN + 60, top = 3 * MARGIN;
	char size[2][32];

	for (unsigned int i = 0; i < m->nr_zones; i++)
		height += zone_height(
			pagemap_cells(m, i, map_cell_pages(&m->zones[i], COLUMNS * ROWS), count_cell, NULL));
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" "
		"font-family=\"sans-serif\" font-size=\"11\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n<text x=\"%d\" y=\"24\" "
		"font-size=\"15\">Memory of ",
		WIDTH, height, WIDTH, height, MARGIN);
	put_escaped(out, source);
	fputs("</text>\n", out);
	for (unsigned int i = 0; i < m->nr_zones; i++) {
		const struct map_zone *z = &m->zones[i];
		uint64_t pages = map_cell_pages(z, COLUMNS * ROWS);
		struct grid g = {.out = out, .top = top, .pages = pages};
		uint64_t cells;

		fprintf(out, "<text x=\"%d\" y=\"%u\" font-weight=\"bold\">", MARGIN, top + 10);
		put_escaped(out, z->name);
		fprintf(out, "</text>\n<text x=\"%d\" y=\"%u\">%s</text>\n<text x=\"%d\" y=\"%u\">a cell: %s</text>\n",
			MARGIN, top + 26, map_size(size[0], sizeof(size[0]), z->spanned), MARGIN, top + 42,
			map_size(size[1], sizeof(size[1]), pages));
		cells = pagemap_cells(m, i, pages, put_cell, &g);
		flush(&g);
		top += zone_height(cells);
	}
	put_legend(m, out, top);
	fputs("</svg>\n", out);
}
