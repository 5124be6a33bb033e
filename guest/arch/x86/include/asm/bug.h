/* SPDX-License-Identifier: MIT */
/*
 * asm/bug.h - the instruction that ends a run: an invalid opcode, recognised by the trap handler.
 */
#ifndef ASM_BUG_H
#define ASM_BUG_H

#define ARCH_UD2() asm volatile("ud2")

#endif
