// SPDX-License-Identifier: MIT
/*
 * stack.c - kernel stacks as chains of frames: of a vCPU by its registers, of a sleeping thread by its saved stack pointer.
 *
 * Callers' frames lie higher up, but where an interrupt came in the chain goes over to another stack, which may lie anywhere:
 * so a few steps down are followed, and no more, and the number of frames is bounded. Nothing that the guest writes makes a
 * walk endless.
 */
#include <string.h>

#include "shared/trap.h"
#include "tools/view/view_impl.h"

/* Interrupt inside an exception inside an interrupt: more changes of stacks there are not. */
#define MAX_STEPS_DOWN 3
#define CALL_LENGTH 5
#define CALL_OPCODE 0xe8
#define FUNCTION_MAX 0x8000

struct frame {
	gva_t next, ret;
};

/* Is there a call before @ret that leads to where @pc may lie? */
static bool called_from(const struct view *v, gva_t ret, gva_t pc)
{
	uint8_t insn[CALL_LENGTH];
	int32_t distance;

	if (ret < KERNEL_BASE || view_read(v, ret - CALL_LENGTH, insn, sizeof(insn)) || insn[0] != CALL_OPCODE)
		return false;
	memcpy(&distance, insn + 1, sizeof(distance));
	return pc - (ret + (gva_t)(int64_t)distance) < FUNCTION_MAX;
}

/* The caller that no frame shows: of a function that has none, or stands before its first or after its last instruction on it. */
static gva_t hidden_caller(const struct view *v, gva_t pc, gva_t sp, gva_t bp)
{
	gva_t word[2];

	if (sp % 8 || view_read(v, sp, word, sizeof(word)))
		return 0;
	if (called_from(v, word[0], pc))
		return word[0];
	if (word[0] == bp && called_from(v, word[1], pc))
		return word[1];
	return 0;
}

/* The same in the middle of a chain: the frame at @fp may be one that a gate made. */
static gva_t trap_caller(const struct view *v, gva_t fp, const struct frame *frame)
{
	struct pt_regs regs;

	if (view_read(v, fp + sizeof(*frame), &regs, sizeof(regs)) || !trap_frame_is(&regs, frame->next, frame->ret))
		return 0;
	return hidden_caller(v, regs.ip, regs.sp, regs.bp);
}

static unsigned int walk_frames(const struct view *v, gva_t fp, unsigned int n, bool (*cb)(void *ctx, gva_t pc),
				void *ctx)
{
	unsigned int down = 0;
	struct frame frame;
	gva_t hidden;

	while (n < VIEW_MAX_FRAMES && fp && fp % 8 == 0 && !view_read(v, fp, &frame, sizeof(frame)) && frame.ret) {
		n++;
		if (!cb(ctx, frame.ret))
			break;
		hidden = trap_caller(v, fp, &frame);
		if (hidden && n < VIEW_MAX_FRAMES) {
			n++;
			if (!cb(ctx, hidden))
				break;
		}
		if (frame.next == fp || (frame.next < fp && ++down > MAX_STEPS_DOWN))
			break;
		fp = frame.next;
	}
	return n;
}

unsigned int view_backtrace(const struct view *v, const struct guest_regs *regs, bool (*cb)(void *ctx, gva_t pc),
			    void *ctx)
{
	struct view seen = *v; /* another top table for these reads, and nothing remembered from the kernel's */
	struct view_tlb tlb[VIEW_TLB_SIZE];
	unsigned int n = 1;
	gva_t hidden;

	memset(tlb, 0xff, sizeof(tlb));
	seen.tlb = tlb;
	seen.cr3 = regs->cr3 & PTE_ADDR;
	if (!cb(ctx, regs->rip))
		return n;
	hidden = hidden_caller(&seen, regs->rip, regs->rsp, regs->rbp);
	if (hidden) {
		n++;
		if (!cb(ctx, hidden))
			return n;
	}
	return walk_frames(&seen, regs->rbp, n, cb, ctx);
}

unsigned int view_frames(const struct view *v, gva_t fp, bool (*cb)(void *ctx, gva_t pc), void *ctx)
{
	return walk_frames(v, fp, 0, cb, ctx);
}
