/* SPDX-License-Identifier: MIT */
/*
 * irq.h - MSIs of the devices: one route and one irqfd per DMA engine.
 */
#ifndef MMV_VMM_IRQ_H
#define MMV_VMM_IRQ_H

struct vm;
struct dma;

/**
 * irq_route - (re)write KVM's routing table with what the engines have armed, and bind @d's eventfd to its entry
 * Context: a vCPU's thread, under @d's lock.
 * Return: 0 or -errno.
 */
int irq_route(struct vm *vm, struct dma *d);

#endif
