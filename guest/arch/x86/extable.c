/* SPDX-License-Identifier: MIT */
/*
 * extable.c - faults that are expected: a table of instructions and of where each goes on, and the two copies built on it.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/uaccess.h>

#include <asm/extable.h>
#include <asm/stacktrace.h>
#include <asm/uaccess.h>

#include "guest/arch/x86/arch.h"

extern const struct exception_table_entry __start_ex_table[], __stop_ex_table[];

bool fixup_exception(struct pt_regs *regs)
{
	for (const struct exception_table_entry *e = __start_ex_table; e < __stop_ex_table; e++) {
		if (e->insn == regs->ip) {
			regs->ip = e->fixup;
			return true;
		}
	}
	return false;
}

/* Copy word by word, then byte by byte. Return: bytes left when a fault ended it, 0 if none did. */
static size_t copy_nofault(void *dst, const void *src, size_t size)
{
	unsigned long tmp;

	asm volatile("1:	cmp $8, %[n]\n"
		     "	jb 3f\n"
		     "2:	mov (%[s]), %[t]\n"
		     "10:	mov %[t], (%[d])\n"
		     "	add $8, %[s]\n"
		     "	add $8, %[d]\n"
		     "	sub $8, %[n]\n"
		     "	jmp 1b\n"
		     "3:	test %[n], %[n]\n"
		     "	jz 4f\n"
		     "11:	movb (%[s]), %b[t]\n"
		     "12:	movb %b[t], (%[d])\n"
		     "	inc %[s]\n"
		     "	inc %[d]\n"
		     "	dec %[n]\n"
		     "	jmp 3b\n"
		     "4:\n" _ASM_EXTABLE(2b, 4b) _ASM_EXTABLE(10b, 4b) _ASM_EXTABLE(11b, 4b) _ASM_EXTABLE(12b, 4b)
		     : [d] "+r"(dst), [s] "+r"(src), [n] "+r"(size), [t] "=&q"(tmp)
		     :
		     : "memory", "cc");
	return size;
}

long copy_from_kernel_nofault(void *dst, const void *src, size_t size)
{
	return copy_nofault(dst, src, size) ? -EFAULT : 0;
}
EXPORT_SYMBOL_GPL(copy_from_kernel_nofault);

long copy_to_kernel_nofault(void *dst, const void *src, size_t size)
{
	return copy_nofault(dst, src, size) ? -EFAULT : 0;
}
EXPORT_SYMBOL_GPL(copy_to_kernel_nofault);

unsigned long arch_copy_user(void *to, const void *from, unsigned long n)
{
	return copy_nofault(to, from, n);
}

bool arch_crosses_stack(unsigned long at, unsigned long n)
{
	unsigned long here = (unsigned long)__builtin_frame_address(0);
	struct stack_range stack;

	if (!arch_stack_of(at, &stack))
		return false;
	/* Below our own frame lies what nobody has written yet, or what somebody has left there. */
	return n > stack.high - at || (here - stack.low < stack.high - stack.low && at < here);
}
