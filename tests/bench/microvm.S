/* SPDX-License-Identifier: MIT */
/*
 * microvm.S - the smallest guest that QEMU's microvm starts (by the PVH note): one byte to the console, then the end. What it
 * takes from exec to exit is QEMU's own.
 */
	.section .note.Xen, "a", @note
	.balign 4
	.long	4, 4, 18		/* sizes of name and value; XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.long	start

	.text
	.code32
	.globl start
start:
	mov	$'x', %al
	mov	$0x3f8, %dx
	outb	%al, %dx
	outb	%al, $0xf4		/* isa-debug-exit */
	hlt

	.section .note.GNU-stack, "", @progbits
