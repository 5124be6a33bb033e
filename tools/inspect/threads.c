// SPDX-License-Identifier: MIT
/*
 * threads.c - mm-inspect threads: who does what, where, and holding which locks.
 */
#include "tools/inspect/inspect.h"
#include "tools/view/thread.h"

void inspect_name(void *ctx, gva_t addr, bool is_return, char *buf, size_t size)
{
	struct symbol_at at;

	/* A call that does not return may be the last instruction: what follows it belongs to somebody else. */
	if (ctx && is_return && !symtab_find(ctx, addr - 1, &at))
		snprintf(buf, size, "%s+%#lx/%#lx%s%s%s", at.name, (unsigned long)at.offset + 1, (unsigned long)at.size,
			 at.module[0] ? " [" : "", at.module, at.module[0] ? "]" : "");
	else
		symtab_format(ctx, addr, buf, size);
}

int cmd_threads(struct inspect *in, char *err)
{
	struct thread_names names = {in->symbols ? inspect_name : NULL, in->symbols};

	if (in->json)
		return inspect_json(in, json_threads(in->view, &names, err)) ? INSPECT_USAGE : INSPECT_HOLDS;
	return print_threads(in->view, &names, in->out, err) ? INSPECT_USAGE : INSPECT_HOLDS;
}
