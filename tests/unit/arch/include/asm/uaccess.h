/* SPDX-License-Identifier: MIT */
/* asm/uaccess.h of the host build - user memory is what sim_user holds. */
#ifndef ASM_UACCESS_H
#define ASM_UACCESS_H

#include <stdbool.h>

unsigned long arch_copy_user(void *to, const void *from, unsigned long n);

static inline bool arch_crosses_stack(unsigned long at, unsigned long n)
{
	(void)at;
	(void)n;
	return false;
}

#endif
