// SPDX-License-Identifier: MIT
/*
 * restart.c - an interrupt came into a restartable sequence (asm/slab_cpu.h): go on from its beginning.
 *
 * .restart_table holds the addresses of the first instruction of each sequence and of the one behind its last; the last is
 * the store that ends it. An interrupt that arrived with the next instruction in between has seen a change that is
 * not made yet. All sequences lie in .text.restart, so that elsewhere an interrupt pays one comparison.
 */
#include <linux/percpu.h>

#include <asm/slab_cpu.h>

#include "guest/arch/x86/arch.h"

struct restart_entry {
	unsigned long start, end;
};

extern const struct restart_entry __start_restart_table[], __stop_restart_table[];
extern const char __restart_text_start[], __restart_text_end[];

DEFINE_PER_CPU(unsigned long, slab_cpu_offset);

void restart_sequence(struct pt_regs *regs)
{
	if (regs->ip - (unsigned long)__restart_text_start >=
	    (unsigned long)(__restart_text_end - __restart_text_start))
		return;
	for (const struct restart_entry *e = __start_restart_table; e < __stop_restart_table; e++) {
		if (regs->ip - e->start < e->end - e->start) {
			regs->ip = e->start;
			return;
		}
	}
}
