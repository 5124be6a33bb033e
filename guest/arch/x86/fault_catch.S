/* SPDX-License-Identifier: MIT */
/*
 * fault_catch.S - fault_catch_begin(%rdi: struct fault_catch): what setjmp() does. Returns 0 now; fault_caught() makes it return 1.
 */
	.text
	.balign 16
	.globl fault_catch_begin
fault_catch_begin:
	mov	%rbx, (%rdi)
	mov	%rbp, 8(%rdi)
	mov	%r12, 16(%rdi)
	mov	%r13, 24(%rdi)
	mov	%r14, 32(%rdi)
	mov	%r15, 40(%rdi)
	lea	8(%rsp), %rax		/* as it is after the return */
	mov	%rax, 48(%rdi)
	mov	(%rsp), %rax
	mov	%rax, 56(%rdi)
	sub	$8, %rsp
	call	fault_catch_enter
	add	$8, %rsp
	xor	%eax, %eax
	ret
