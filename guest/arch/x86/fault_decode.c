/* SPDX-License-Identifier: MIT */
/*
 * fault_decode.c - which address did this instruction touch?
 *
 * A page fault says so itself (CR2); a general protection fault does not. What is decoded is what the compiler makes: prefixes, one-
 * and two-byte opcodes with a ModRM byte, string instructions, direct jumps through memory. No memory operand: no answer.
 * Bytes are read with faults allowed, so a wild instruction pointer does no harm.
 */
#include <linux/types.h>
#include <linux/uaccess.h>

#include "guest/arch/x86/fault.h"

#define MAX_INSN 15

/** struct insn - bytes, and how far they were read; a byte too many reads as 0 and sets @bad */
struct insn {
	u8 bytes[MAX_INSN];
	unsigned int len, at;
	bool bad;
	u8 rex;
};

static u8 next_byte(struct insn *i)
{
	if (i->at < i->len)
		return i->bytes[i->at++];
	i->bad = true;
	return 0;
}

static s64 next_signed(struct insn *i, unsigned int bytes)
{
	u64 v = 0;

	for (unsigned int n = 0; n < bytes; n++)
		v |= (u64)next_byte(i) << (8 * n);
	return bytes == 1 ? (s8)v : bytes == 4 ? (s32)v : (s64)v;
}

static unsigned long reg_value(const struct pt_regs *regs, unsigned int n)
{
	const unsigned long values[16] = {
		regs->ax, regs->cx, regs->dx,  regs->bx,  regs->sp,  regs->bp,  regs->si,  regs->di,
		regs->r8, regs->r9, regs->r10, regs->r11, regs->r12, regs->r13, regs->r14, regs->r15,
	};

	return values[n & 15];
}

static bool is_prefix(u8 b)
{
	return b == 0x66 || b == 0x67 || b == 0xf0 || b == 0xf2 || b == 0xf3 || b == 0x2e || b == 0x36 || b == 0x3e ||
	       b == 0x26 || b == 0x64 || b == 0x65;
}

static bool one_byte_has_modrm(u8 op)
{
	if (op < 0x40)
		return (op & 7) < 4;
	return op == 0x63 || op == 0x69 || op == 0x6b || (op >= 0x80 && op <= 0x8f) || op == 0xc0 || op == 0xc1 ||
	       op == 0xc6 || op == 0xc7 || (op >= 0xd0 && op <= 0xd3) || (op >= 0xd8 && op <= 0xdf) || op == 0xf6 ||
	       op == 0xf7 || op == 0xfe || op == 0xff;
}

static bool two_byte_has_modrm(u8 op)
{
	return !(op == 0x05 || op == 0x06 || op == 0x08 || op == 0x09 || op == 0x0b || (op >= 0x30 && op <= 0x37) ||
		 op == 0x77 || (op >= 0x80 && op <= 0x8f) || (op >= 0xa0 && op <= 0xa2) || (op >= 0xa8 && op <= 0xaa) ||
		 (op >= 0xc8 && op <= 0xcf));
}

/* Immediate bytes after the operand: they matter only where the operand counts from the next instruction. */
static unsigned int immediate_size(u8 op, bool two_byte)
{
	if (two_byte)
		return op == 0xa4 || op == 0xac || op == 0xba ? 1 : 0;
	if (op == 0x80 || op == 0x83 || op == 0x6b || op == 0xc0 || op == 0xc1 || op == 0xc6 || op == 0xf6)
		return 1;
	return op == 0x81 || op == 0x69 || op == 0xc7 || op == 0xf7 ? 4 : 0;
}

/* The address that a ModRM byte and what follows it speak of. */
static bool modrm_address(struct insn *i, const struct pt_regs *regs, unsigned int immediate, unsigned long *addr)
{
	u8 modrm = next_byte(i);
	unsigned int mod = modrm >> 6, rm = modrm & 7;
	unsigned long base = 0;

	if (mod == 3)
		return false;
	if (rm == 4) {
		u8 sib = next_byte(i);
		unsigned int index = (sib >> 3 & 7) | (i->rex & 2 ? 8 : 0);

		if (index != 4)
			base = reg_value(regs, index) << (sib >> 6);
		if ((sib & 7) == 5 && mod == 0)
			base += (unsigned long)next_signed(i, 4);
		else
			base += reg_value(regs, (sib & 7) | (i->rex & 1 ? 8 : 0));
	} else if (rm == 5 && mod == 0) {
		base = (unsigned long)next_signed(i, 4);
		base += regs->ip + i->at + immediate;
	} else {
		base = reg_value(regs, rm | (i->rex & 1 ? 8 : 0));
	}
	if (mod == 1)
		base += (unsigned long)next_signed(i, 1);
	else if (mod == 2)
		base += (unsigned long)next_signed(i, 4);
	*addr = base;
	return !i->bad;
}

static bool is_canonical(unsigned long addr)
{
	return (unsigned long)((long)(addr << 16) >> 16) == addr;
}

/* String instructions: whichever of their two pointers is to blame. */
static unsigned long string_address(u8 op, const struct pt_regs *regs)
{
	bool source = op == 0xa4 || op == 0xa5 || op == 0xa6 || op == 0xa7 || op == 0xac || op == 0xad;

	return source && !is_canonical(regs->si) ? regs->si : regs->di;
}

static bool read_insn(struct insn *i, unsigned long ip)
{
	while (i->len < MAX_INSN && !copy_from_kernel_nofault(&i->bytes[i->len], (const void *)(ip + i->len), 1))
		i->len++;
	return i->len;
}

bool fault_operand(const struct pt_regs *regs, unsigned long *addr)
{
	struct insn i = {.rex = 0};
	u8 op;

	/* A jump went there. */
	if (!is_canonical(regs->ip)) {
		*addr = regs->ip;
		return true;
	}
	if (!read_insn(&i, regs->ip))
		return false;
	do {
		op = next_byte(&i);
	} while (is_prefix(op));
	if ((op & 0xf0) == 0x40) {
		i.rex = op;
		op = next_byte(&i);
	}
	if (op == 0x0f) {
		op = next_byte(&i);
		return two_byte_has_modrm(op) && modrm_address(&i, regs, immediate_size(op, true), addr);
	}
	if ((op >= 0xa4 && op <= 0xa7) || (op >= 0xaa && op <= 0xaf)) {
		*addr = string_address(op, regs);
		return true;
	}
	/* A call or jump by register faults before it leaves, on some machines. */
	if (op == 0xff && i.at < i.len && i.bytes[i.at] >> 6 == 3) {
		*addr = reg_value(regs, (i.bytes[i.at] & 7) | (i.rex & 1 ? 8 : 0));
		return true;
	}
	return one_byte_has_modrm(op) && modrm_address(&i, regs, immediate_size(op, false), addr);
}
