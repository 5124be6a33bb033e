/* SPDX-License-Identifier: MIT */
/*
 * asm/apic.h - the local APIC in x2APIC mode: vectors, inter-processor interrupts, MSI addresses.
 */
#ifndef ASM_APIC_H
#define ASM_APIC_H

/* Vectors: 0x20 .. 0xdf belong to devices, the rest to the APIC and to other CPUs. */
#define FIRST_DEVICE_VECTOR 0x20
#define LAST_DEVICE_VECTOR 0xdf
#define WAKE_VECTOR 0xf0
#define RESCHEDULE_VECTOR 0xf1
#define CALL_FUNCTION_VECTOR 0xf2
#define TLB_FLUSH_VECTOR 0xf3
#define TIMER_VECTOR 0xf4
#define SPURIOUS_VECTOR 0xff

#ifndef __ASSEMBLER__
#include <stdint.h>

/** struct msi_msg - what a device writes where to raise an interrupt. */
struct msi_msg {
	uint64_t address;
	uint32_t data;
};

/**
 * msi_alloc_irq - take a free interrupt number for a device that signals by MSI
 * @cpu: where it shall arrive
 * @msg: out: what to tell the device
 *
 * Return: the number for request_irq(), or -ENOSPC. Give it back with msi_free_irq().
 */
int msi_alloc_irq(unsigned int cpu, struct msi_msg *msg);

/** msi_free_irq - give a number back, after free_irq(). The device must not use it any more. */
void msi_free_irq(int irq);
#endif

#endif
