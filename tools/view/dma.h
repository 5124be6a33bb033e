/* SPDX-License-Identifier: MIT */
/*
 * dma.h - listings of devices' memory: coherent buffers, pools, bounce buffers, mappings.
 */
#ifndef MMV_TOOLS_VIEW_DMA_H
#define MMV_TOOLS_VIEW_DMA_H

#include <stdbool.h>
#include <stdio.h>

#include "tools/view/symtab.h"
#include "tools/view/view.h"

struct json_object;

/** print_dma - as text; @verbose: every mapping with the stack that made it (debug kernel). Return: 0, or -1 and @err. */
int print_dma(const struct view *v, const struct symtab *s, bool verbose, FILE *out, char *err);

/** json_dma - as one object, everything in it; NULL and @err if it cannot be read. */
struct json_object *json_dma(const struct view *v, const struct symtab *s, char *err);

#endif
