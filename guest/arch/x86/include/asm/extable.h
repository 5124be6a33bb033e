/* SPDX-License-Identifier: MIT */
/*
 * asm/extable.h - instructions that may fault, and where to go on if they do.
 */
#ifndef ASM_EXTABLE_H
#define ASM_EXTABLE_H

/** struct exception_table_entry - a fault at @insn goes on at @fixup instead of ending the run. */
struct exception_table_entry {
	unsigned long insn, fixup;
};

#define _ASM_EXTABLE(from, to)                                                                                         \
	".pushsection __ex_table, \"a\"\n"                                                                             \
	".balign 8\n"                                                                                                  \
	".quad " #from ", " #to "\n"                                                                                   \
	".popsection\n"

#endif
