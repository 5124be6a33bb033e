/* SPDX-License-Identifier: MIT */
/* asm/uaccess.h - copies that a fault ends, and where the running thread's stack is. */
#ifndef ASM_UACCESS_H
#define ASM_UACCESS_H

#include <stdbool.h>

/** arch_copy_user - Return: bytes that were left when a fault ended it, 0 if none did. Context: any. */
unsigned long arch_copy_user(void *to, const void *from, unsigned long n);

/** arch_crosses_stack - does [at, at + n) begin in the running thread's stack and lead out of it, or begin below its top? */
bool arch_crosses_stack(unsigned long at, unsigned long n);

#endif
