/* SPDX-License-Identifier: MIT */
/* asm/sections.h - where the kernel image's parts lie (kernel.lds). */
#ifndef ASM_SECTIONS_H
#define ASM_SECTIONS_H

#include <stdbool.h>

#include <asm/page.h>

extern char __text_start[], __text_end[], __rodata_start[], __rodata_end[], __data_start[];

/** is_kernel_rodata - does @addr lie among the kernel's own constants (not those of a payload)? */
static inline bool is_kernel_rodata(unsigned long addr)
{
	return addr - (unsigned long)__rodata_start < (unsigned long)(__rodata_end - __rodata_start);
}

/** overlaps_kernel_text - does any of [addr, addr + n) lie in the kernel's code? */
static inline bool overlaps_kernel_text(unsigned long addr, unsigned long n)
{
	return addr < (unsigned long)__text_end && addr + n > (unsigned long)__text_start;
}

/** is_image_code_or_rodata - does the kernel's code, or do its constants, lie at this physical address? */
static inline bool is_image_code_or_rodata(unsigned long phys)
{
	return phys >= __pa(__text_start) && phys < __pa(__rodata_end);
}

#endif
