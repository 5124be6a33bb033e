/* SPDX-License-Identifier: MIT */
/*
 * asm/restart.h - restartable sequences: changes of what belongs to this CPU alone, without turning interrupts off.
 *
 * A sequence first reads what it needs, then stores. An interrupt that finds the CPU before the first store sends it
 * back to the beginning (restart.c), so whatever the interrupt changed, and whichever CPU goes on with it, the sequence
 * works with what it finds then. One that comes between two stores does the missing ones itself, before anything else: a handler
 * knows the registers by name. So nobody on this CPU ever sees half of a change. Not for NMIs: they must
 * not use what sequences change.
 *
 * A function with a sequence in it is marked __restartable, and is not inlined elsewhere: its code must lie in .text.restart.
 *
 * Idea: B. Bershad, D. Redell, J. Ellis, Fast mutual exclusion for uniprocessors, 1992.
 */
#ifndef ASM_RESTART_H
#define ASM_RESTART_H

#include <linux/compiler.h>

#define __restartable noinline __section(".text.restart")

/* From label 1 up to label 2, whose last instruction is the one store. */
#define ARCH_RESTART_ENTRY                                                                                             \
	"	.pushsection .restart_table, \"a\"\n"                                                                        \
	"	.quad 1b, 2b, 2b, 0\n"                                                                                       \
	"	.popsection\n"

/* From label 1 up to label 2; the instruction at label 3 is the first that stores; @finish does what comes behind it. */
#define ARCH_RESTART_ENTRY_STORES(finish)                                                                              \
	"	.pushsection .restart_table, \"a\"\n"                                                                        \
	"	.quad 1b, 3b, 2b, " #finish "\n"                                                                       \
	"	.popsection\n"

#endif
