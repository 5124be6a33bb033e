// SPDX-License-Identifier: MIT
/*
 * dma.c - mm-inspect dma: devices, what they keep, what is mapped for them, and through which bounce buffers.
 */
#include "tools/inspect/inspect.h"
#include "tools/view/dma.h"

int cmd_dma(struct inspect *in, char *err)
{
	if (in->json)
		return inspect_json(in, json_dma(in->view, in->symbols, err)) ? INSPECT_USAGE : INSPECT_HOLDS;
	return print_dma(in->view, in->symbols, in->verbose, in->out, err) ? INSPECT_USAGE : INSPECT_HOLDS;
}
