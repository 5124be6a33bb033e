/* SPDX-License-Identifier: MIT */
/*
 * microvm.S - what QEMU's microvm starts, by the PVH note: our own kernel, in the state in which shared/boot.h has a kernel begin.
 *
 * PVH begins in 32-bit mode without paging; our kernel wants long mode, page tables and a device tree. They are constants here:
 * launch.sh says how much memory the machine has. QEMU puts everything where it is linked: the kernel's image at 16 MiB, this file
 * and the device tree above all memory that the tree speaks of, in the place of the blob.
 * MICROVM_KERNEL and MICROVM_TREE are the files to take in.
 */
#define BOOT_CS 0x08 /* as shared/boot.h and shared/layout.h have them */
#define BOOT_DS 0x10
#define KERNEL_VA 0xffffffff80000000
#define DEVICE_GPA 0xfe000000

#define KERNEL_GPA 0x1000000
#define LARGE 0x200000
#define TABLE 0x3	/* present, writable */
#define PAGE 0x83	/* a page of 2 MiB, too */
#define UNCACHED 0x18

	.section .note.Xen, "a", @note
	.balign 4
	.long	4, 8, 18		/* sizes of name and value; XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.quad	start

	.text
	.code32
	.globl start
start:
	lgdt	gdt_ptr
	mov	$0xa0, %eax		/* PAE, PGE */
	mov	%eax, %cr4
	mov	$pml4, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx	/* EFER: LME, NXE, SCE */
	mov	$0x901, %eax
	xor	%edx, %edx
	wrmsr
	mov	$0x80050033, %eax	/* PE, MP, ET, NE, WP, AM, PG */
	mov	%eax, %cr0
	ljmp	$BOOT_CS, $long_mode
	.code64
long_mode:
	mov	$BOOT_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$tree, %edi
	mov	$KERNEL_GPA, %esi
	xor	%edx, %edx
	xor	%esp, %esp
	mov	$KERNEL_VA, %rax
	jmp	*%rax

	.balign 8
gdt:	.quad	0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_ptr: .word	. - gdt - 1
	.long	gdt

	.section .tables, "a"
	.balign 4096
/* Index in the top table: 0 identity, 273 DIRECT_MAP, 511 KERNEL_BASE and DEV_VA */
pml4:	.quad	low + TABLE
	.skip	272 * 8
	.quad	low + TABLE
	.skip	237 * 8
	.quad	high + TABLE
low:	.quad	low_pages + TABLE
	.skip	511 * 8
high:	.skip	510 * 8
	.quad	kernel_pages + TABLE, device_pages + TABLE
low_pages:
	n = 0
	.rept	512
	.quad	n * LARGE + PAGE
	n = n + 1
	.endr
kernel_pages:
	n = 0
	.rept	32			/* BOOT_MAP_MAX */
	.quad	KERNEL_GPA + n * LARGE + PAGE
	n = n + 1
	.endr
	.skip	480 * 8
device_pages:
	.skip	505 * 8
	.quad	DEVICE_GPA + PAGE + UNCACHED
	.skip	6 * 8
	.balign 8
tree:	.incbin	MICROVM_TREE

	.section .kernel, "a"
	.incbin	MICROVM_KERNEL
	.section .note.GNU-stack, "", @progbits
