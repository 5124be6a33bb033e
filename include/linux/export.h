/* SPDX-License-Identifier: MIT */
/*
 * export.h - what payloads may link against.
 *
 * EXPORT_SYMBOL puts a name and an address into the section .export_table; the module loader looks there and nowhere
 * else. In the host build the entries are there too, and nobody reads them.
 */
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H

#include <linux/compiler.h>

struct export_entry {
	const char *name;
	const void *addr;
};

#define EXPORT_SYMBOL(sym)                                                                                             \
	static const struct export_entry __export_##sym                                                                \
		__attribute__((__used__, __section__(".export_table"), __aligned__(8))) = {#sym, (const void *)&sym}
#define EXPORT_SYMBOL_GPL(sym) EXPORT_SYMBOL(sym)
#define EXPORT_SYMBOL_NS(sym, ns) EXPORT_SYMBOL(sym)
#define EXPORT_SYMBOL_NS_GPL(sym, ns) EXPORT_SYMBOL(sym)
#define EXPORT_PER_CPU_SYMBOL(sym) EXPORT_SYMBOL(sym)
#define EXPORT_PER_CPU_SYMBOL_GPL(sym) EXPORT_SYMBOL(sym)

#endif
