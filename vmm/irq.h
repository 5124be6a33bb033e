/* SPDX-License-Identifier: MIT */
/*
 * irq.h - MSIs of the devices: one route and one irqfd per interrupt line.
 *
 * An engine has one line for each queue's completions and one for each of its storm channels; a block device has one.
 */
#ifndef MMV_VMM_IRQ_H
#define MMV_VMM_IRQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/devices.h"
#include "shared/virtio.h"

#define IRQ_LINES_PER_ENGINE (DMA_QUEUES + DMA_NR_STORMS)
#define IRQ_BLK_LINE(n) (DMA_MAX_ENGINES * IRQ_LINES_PER_ENGINE + (n))
#define IRQ_LINES IRQ_BLK_LINE(BLK_MAX_DEVICES)

struct vm;

/** struct msi - what a line is routed to. @armed: the guest has said where; @known: KVM knows; @bound: its eventfd is with KVM */
struct msi {
	uint64_t addr;
	uint32_t data;
	bool armed, known, bound;
};

/**
 * irq_route - (re)write KVM's routing table with what is armed, and bind @fd to the line's entry
 * Context: any thread.
 * Return: 0 or -errno; then the line is as it was.
 */
int irq_route(struct vm *vm, unsigned int line, int fd, uint64_t addr, uint32_t data);

/** irq_note - the guest has said where. Nothing is asked of KVM: irq_route() is due before the line is raised by its eventfd. */
void irq_note(struct vm *vm, unsigned int line, uint64_t addr, uint32_t data);

/** irq_unroute - the line raises no interrupt any more, until it is routed again. */
void irq_unroute(struct vm *vm, unsigned int line);

/** irq_line_name - "dma0.queue1", "dma0.storm2", "blk0". Return: @buf. */
char *irq_line_name(unsigned int line, char *buf, size_t size);

/** irq_fire - raise the interrupt of @line, as its device does. Return: 0, -ENOENT: the guest has not routed it, or -errno. */
int irq_fire(struct vm *vm, unsigned int line);

/** Interrupts of a vCPU have vectors from here on; below are exceptions. IRQ_NMI is no vector. */
#define IRQ_FIRST_VECTOR 32
#define IRQ_NMI 256

/** irq_send - an interrupt to one vCPU, as if another one had sent it. Return: 0 or -errno. */
int irq_send(struct vm *vm, unsigned int cpu, unsigned int vector);

/** irq_msi_cpu - the vCPU that a message goes to */
unsigned int irq_msi_cpu(const struct msi *m);

#endif
