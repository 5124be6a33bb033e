/* SPDX-License-Identifier: MIT */
/*
 * trap.h - what the guest's gates leave on the stack, so that both sides can walk a stack through an interrupt.
 *
 * Below struct pt_regs a gate pushes a frame for the interrupted code: its frame pointer and its program counter. So in
 * a chain of frames, the registers of what was interrupted lie right above the frame that ends in it.
 */
#ifndef MMV_SHARED_TRAP_H
#define MMV_SHARED_TRAP_H

#include "shared/boot.h"
#include "shared/types.h"

/** struct pt_regs - @vector: the number of the gate; @error_code: pushed by the CPU, or 0. */
struct pt_regs {
	uint64_t r15, r14, r13, r12, bp, bx;
	uint64_t r11, r10, r9, r8, ax, cx, dx, si, di;
	uint64_t vector, error_code;
	uint64_t ip, cs, flags, sp, ss;
};
MMV_SIZE(struct pt_regs, 176); /* entry.S knows this layout, and calls need a multiple of 16 */

#define NR_VECTORS 256

/** trap_frame_is - are @regs what a gate pushed above the frame that holds @bp and @ip? */
static inline int trap_frame_is(const struct pt_regs *regs, uint64_t bp, uint64_t ip)
{
	return regs->bp == bp && regs->ip == ip && regs->vector < NR_VECTORS && regs->cs == BOOT_CS &&
	       regs->ss == BOOT_DS;
}

#endif
