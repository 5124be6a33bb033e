/* SPDX-License-Identifier: MIT */
/*
 * entry.S - where the CPU comes from outside: first instruction, parked vCPUs, gates; and the switch between two stacks.
 *
 * A parked vCPU (boot.h) halts with interrupts on between two looks at its release word: one that spun would take
 * time from the boot CPU. Before that it turns on its local APIC, so that the boot CPU can wake it with WAKE_VECTOR; a wake-up
 * sent before that is lost, but then the word already holds the address.
 *
 * Exceptions run on the stack they find, except double fault, NMI and machine check (own IST stacks). Interrupts run on the CPU's
 * interrupt stack (stack.c); the way out of the outermost one comes back to the stack of the task, and only
 * there may another task be switched to.
 *
 * No CPU takes an interrupt while interrupts are off, but an emulated one may: QEMU 7.2's TCG keeps the vector that a
 * hypervisor injected with VMRUN as its pending exception, and delivers it a second time, whatever the flag says, if it has to
 * leave its loop before the next #VMEXIT. Such an interrupt is counted and dropped, with no end of interrupt: it was never in service.
 */
#include <asm/apic.h>
#include <asm/irqflags.h>
#include <asm/msr.h>

#define PARK_STACK 128		/* one interrupt frame and the three registers of wake_entry */
#define NR_PARKED 64

	.section .text.entry, "ax"
	.globl _start
_start:
	cld
	mov	%rdx, %r8
	rdtsc
	shl	$32, %rdx
	or	%rax, %rdx		/* third argument: when we came here */
	lgdt	boot_gdt_ptr
	test	%r8d, %r8d
	jnz	park
	mov	$boot_stack_top, %rsp
	xor	%ebp, %ebp
	call	x86_start		/* (fdt, phys_base, tsc) */
	ud2

/* %r8: index of this vCPU */
park:
	cmp	$NR_PARKED, %r8
	jae	dead
	mov	%r8, %rax
	shl	$7, %rax
	lea	park_stacks + PARK_STACK(%rax), %rsp
	lidt	idt_ptr
	mov	$MSR_APIC_BASE, %ecx
	rdmsr
	or	$0xc00, %eax		/* enabled, x2APIC */
	wrmsr
	mov	$(MSR_X2APIC + 0xf), %ecx
	mov	$(0x100 | SPURIOUS_VECTOR), %eax
	xor	%edx, %edx
	wrmsr
look:
	cli
	mov	park_release(,%r8,8), %rax	/* where my release word is, once the boot CPU knows */
	test	%rax, %rax
	jz	wait
	mov	(%rax), %rax
	test	%rax, %rax
	jnz	released
wait:
	sti
	hlt
	jmp	look
released:
	mov	%r8, %rdi
	jmp	*%rax
dead:
	cli
	hlt
	jmp	dead

	.globl wake_entry
wake_entry:
	push	%rax
	push	%rcx
	push	%rdx
	mov	$(MSR_X2APIC + 0xb), %ecx	/* end of interrupt */
	xor	%eax, %eax
	xor	%edx, %edx
	wrmsr
	pop	%rdx
	pop	%rcx
	pop	%rax
	iretq

/* What the release word of a parked vCPU is set to. %rdi: its CPU number */
	.globl secondary_entry
secondary_entry:
	mov	kernel_cr3, %rax
	mov	%rax, %cr3
	mov	secondary_stacks(,%rdi,8), %rsp
	xor	%ebp, %ebp
	call	secondary_main
	ud2

	.text
/* Gate n enters at idt_stubs + 16 * n. The CPU pushes an error code for some exceptions; the rest gets a 0. */
	.balign 16
	.globl idt_stubs
idt_stubs:
	vector = 0
	.rept 256
	.balign 16
	.if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30
	.else
	pushq	$0
	.endif
	pushq	$vector
	jmp	gate_common
	vector = vector + 1
	.endr

	.balign 16
gate_common:
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	cld
	mov	%rsp, %rdi		/* struct pt_regs */
	pushq	136(%rdi)		/* a frame for the interrupted code, so that backtraces go on through it */
	push	%rbp
	mov	%rsp, %rbp
	cmpq	$32, 120(%rdi)		/* its vector: exception or interrupt? */
	jae	1f
	call	trap_entry
	jmp	gate_return
1:	testl	$X86_EFLAGS_IF, 152(%rdi)
	jz	3f
	mov	%rsp, %rbx
	incl	%gs:irq_stack_depth
	cmpl	$1, %gs:irq_stack_depth
	jne	2f
	mov	%gs:irq_stack_top, %rsp
2:	call	handle_interrupt
	mov	%rbx, %rsp
	decl	%gs:irq_stack_depth
	jnz	gate_return
	call	irq_exit_resched
gate_return:
	add	$16, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	add	$16, %rsp		/* vector, error code */
	iretq
3:	incq	%gs:nr_irqs_while_off
	jmp	gate_return

/* arch_call_on_irq_stack(%rdi: function) */
	.balign 16
	.globl arch_call_on_irq_stack
arch_call_on_irq_stack:
	push	%rbp
	mov	%rsp, %rbp
	push	%rbx
	mov	%rsp, %rbx
	incl	%gs:irq_stack_depth
	cmpl	$1, %gs:irq_stack_depth
	jne	1f
	mov	%gs:irq_stack_top, %rsp
1:	and	$-16, %rsp
	call	*%rdi
	mov	%rbx, %rsp
	decl	%gs:irq_stack_depth
	pop	%rbx
	pop	%rbp
	ret

/* arch_switch_stack(%rdi: save here, %rsi: go on there, %rdx: handed through) */
	.balign 16
	.globl arch_switch_stack
arch_switch_stack:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	(%rsi), %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	mov	%rdx, %rax
	ret

/* First turn of a thread, see arch_thread_init(): %rax: the task before, %r12: function, %r13: its argument */
	.balign 16
	.globl thread_trampoline
thread_trampoline:
	mov	%rax, %rdi
	mov	%r13, %rsi
	call	*%r12
	ud2

	.section .rodata
	.balign 8
boot_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* 0x08: 64-bit code, CPL 0 */
	.quad	0x00cf93000000ffff	/* 0x10: data */
boot_gdt_end:
	.word	0, 0, 0
boot_gdt_ptr:
	.word	boot_gdt_end - boot_gdt - 1
	.quad	boot_gdt

	.bss
	.balign 16
park_stacks:
	.skip	NR_PARKED * PARK_STACK
