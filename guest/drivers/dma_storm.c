// SPDX-License-Identifier: MIT
/*
 * dma_storm.c - interrupts out of nowhere: the storm channels of the DMA engines (<mmvisor/dma_engine.h>).
 *
 * A handle is engine * DMA_NR_STORMS + channel. A channel is free, or its starter's; @lock covers who has which. Its interrupt
 * number is taken for each storm anew, because the CPU is part of it.
 * The handler calls the user's function first and tells the device second: the device counts that time as the guest's.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <mmvisor/dma_engine.h>

#include <asm/apic.h>

#include "guest/drivers/devwin.h"
#include "guest/drivers/dma.h"
#include "guest/kernel/boot_info.h"

/** struct storm - @count: (a) calls of @fn */
struct storm {
	bool used;
	int irq;
	gpa_t base;
	dma_storm_fn fn;
	void *arg;
	unsigned long count;
};

static struct mutex lock;
static struct storm storms[DMA_MAX_ENGINES * DMA_NR_STORMS];

void dma_storms_init(void)
{
	mutex_init(&lock);
	for (unsigned int i = 0; i < boot_info.nr_dma * DMA_NR_STORMS; i++)
		storms[i].base = boot_info.dma[i / DMA_NR_STORMS].base + DMA_STORM(i % DMA_NR_STORMS);
}

static irqreturn_t storm_interrupt(int irq, void *dev)
{
	struct storm *s = dev;

	(void)irq;
	s->fn(s->arg);
	__atomic_fetch_add(&s->count, 1, __ATOMIC_RELEASE);
	dev_write(s->base + DMA_STORM_ACK, 0);
	return IRQ_HANDLED;
}

/* Needs: lock. Return: 0 or -errno; then the channel is still free. */
static int take_channel(struct storm *s, unsigned int cpu, dma_storm_fn fn, void *arg)
{
	struct msi_msg msg;
	int err;

	s->irq = msi_alloc_irq(cpu, &msg);
	if (s->irq < 0)
		return s->irq;
	s->fn = fn;
	s->arg = arg;
	s->count = 0;
	err = request_irq((unsigned int)s->irq, storm_interrupt, 0, "dma-storm", s);
	if (err) {
		msi_free_irq(s->irq);
		return err;
	}
	s->used = true;
	dev_write(s->base + DMA_STORM_MSI_ADDR, msg.address);
	dev_write(s->base + DMA_STORM_MSI_DATA, msg.data);
	return 0;
}

int dma_storm_start(unsigned int n, unsigned int cpu, unsigned int hz, dma_storm_fn fn, void *arg)
{
	unsigned int first = n * DMA_NR_STORMS;
	int err = -EBUSY;

	if (n >= boot_info.nr_dma || cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -ENODEV;
	if (hz > DMA_STORM_MAX_HZ || !fn)
		return -EINVAL;
	mutex_lock(&lock);
	for (unsigned int i = first; i < first + DMA_NR_STORMS; i++) {
		if (storms[i].used)
			continue;
		err = take_channel(&storms[i], cpu, fn, arg);
		if (!err && hz)
			dev_write(storms[i].base + DMA_STORM_HZ, hz);
		err = err ? err : (int)i;
		break;
	}
	mutex_unlock(&lock);
	return err;
}
EXPORT_SYMBOL_GPL(dma_storm_start);

static struct storm *storm_of(int handle)
{
	return handle >= 0 && (unsigned int)handle < boot_info.nr_dma * DMA_NR_STORMS ? &storms[handle] : NULL;
}

void dma_storm_fire(int handle)
{
	struct storm *s = storm_of(handle);

	if (s && s->used)
		dev_write(s->base + DMA_STORM_FIRE, 0);
}
EXPORT_SYMBOL_GPL(dma_storm_fire);

unsigned long dma_storm_count(int handle)
{
	struct storm *s = storm_of(handle);

	return s ? __atomic_load_n(&s->count, __ATOMIC_ACQUIRE) : 0;
}
EXPORT_SYMBOL_GPL(dma_storm_count);

unsigned long dma_storm_stop(int handle)
{
	struct storm *s = storm_of(handle);
	unsigned long count = 0;

	mutex_lock(&lock);
	if (s && s->used) {
		/* After this write none is raised; one that was may still arrive, and finds no handler. */
		dev_write(s->base + DMA_STORM_HZ, 0);
		free_irq((unsigned int)s->irq, s);
		msi_free_irq(s->irq);
		count = dma_storm_count(handle);
		s->used = false;
	}
	mutex_unlock(&lock);
	return count;
}
EXPORT_SYMBOL_GPL(dma_storm_stop);
