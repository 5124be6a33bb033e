/* SPDX-License-Identifier: MIT */
/* asm/sections.h of the host build - an image of two pieces, for tests to point into. */
#ifndef ASM_SECTIONS_H
#define ASM_SECTIONS_H

#include <stdbool.h>

#define SIM_PIECE 256
extern const char sim_text[SIM_PIECE], sim_rodata[SIM_PIECE];

static inline bool is_kernel_rodata(unsigned long addr)
{
	return addr - (unsigned long)sim_rodata < SIM_PIECE;
}

static inline bool overlaps_kernel_text(unsigned long addr, unsigned long n)
{
	return addr < (unsigned long)sim_text + SIM_PIECE && addr + n > (unsigned long)sim_text;
}

/* The image lies outside the simulated memory. */
static inline bool is_image_code_or_rodata(unsigned long phys)
{
	(void)phys;
	return false;
}

#endif
