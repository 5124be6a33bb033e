/* SPDX-License-Identifier: MIT */
/*
 * map.h - pictures of a guest's memory: for a terminal, as SVG, as a page for a browser.
 */
#ifndef MMV_TOOLS_INSPECT_MAP_H
#define MMV_TOOLS_INSPECT_MAP_H

#include <stdio.h>

#include "tools/view/pagemap.h"

/** map_color - of a class, as #rrggbb. Distinct in lightness too: not everybody sees hues. */
const char *map_color(unsigned int class);

/** map_cell_pages - smallest power of two of pages a cell so that a zone has at most @cells of them. */
uint64_t map_cell_pages(const struct map_zone *z, uint64_t cells);

/** map_size - "64 MiB", for titles. Return: @buf. */
char *map_size(char *buf, size_t size, uint64_t pages);

void map_text(const struct pagemap *m, FILE *out);
void map_svg(const struct pagemap *m, const char *source, FILE *out);
void map_html(const struct pagemap *m, const char *source, FILE *out);
struct json_object *map_json(const struct pagemap *m);

#endif
