// SPDX-License-Identifier: MIT
/*
 * dma.c - driver of the DMA engines.
 *
 * Per engine: a page within its reach that holds the descriptor ring and, behind it, the head index (the doorbell then is an
 * ioeventfd, without an exit), and one MSI. All of it is set up by the first request.
 * A batch: the descriptors, the head index, one doorbell, sleep; the last descriptor asks for the interrupt. The engine
 * works in order, so when the last is finished all are.
 * Locks: engine->lock (a mutex) for a whole batch; the interrupt handler touches @irqs and @done only.
 * An engine that does not answer is never used again: it may still write to its ring.
 */
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <mmvisor/dma_engine.h>

#include <asm/apic.h>

#include "guest/drivers/devwin.h"
#include "guest/drivers/dma.h"
#include "guest/kernel/boot_info.h"

#define RING_SIZE DMA_ENGINE_BATCH
#define ANSWER_TIMEOUT (20 * HZ)

_Static_assert(RING_SIZE * sizeof(struct dma_desc) + sizeof(uint32_t) <= PAGE_SIZE, "ring and head share a page");
_Static_assert((RING_SIZE & (RING_SIZE - 1)) == 0, "the engine wants a power of two");

/** struct dma_engine - @head: free running index of the next descriptor */
struct dma_engine {
	struct mutex lock;
	gpa_t base;
	unsigned int bits;
	bool ready, broken;
	struct dma_desc *ring;
	uint32_t *head_word;
	uint32_t head;
	int irq;
	unsigned long irqs;
	struct completion done;
};

static struct dma_engine engines[DMA_MAX_ENGINES];

void dma_drivers_init(void)
{
	for (unsigned int i = 0; i < boot_info.nr_dma; i++) {
		mutex_init(&engines[i].lock);
		init_completion(&engines[i].done);
		engines[i].base = boot_info.dma[i].base;
		engines[i].bits = boot_info.dma[i].bits;
	}
	dma_storms_init();
}

unsigned int dma_engine_count(void)
{
	return boot_info.nr_dma;
}
EXPORT_SYMBOL_GPL(dma_engine_count);

unsigned int dma_engine_bits(unsigned int n)
{
	return n < boot_info.nr_dma ? engines[n].bits : 0;
}
EXPORT_SYMBOL_GPL(dma_engine_bits);

unsigned long dma_engine_irqs(unsigned int n)
{
	return n < boot_info.nr_dma ? __atomic_load_n(&engines[n].irqs, __ATOMIC_ACQUIRE) : 0;
}
EXPORT_SYMBOL_GPL(dma_engine_irqs);

static irqreturn_t dma_interrupt(int irq, void *dev)
{
	struct dma_engine *e = dev;

	(void)irq;
	__atomic_fetch_add(&e->irqs, 1, __ATOMIC_RELEASE);
	complete(&e->done);
	return IRQ_HANDLED;
}

static bool reaches(const struct page *page, unsigned int bits)
{
	return bits >= 64 || !((page_to_phys(page) + PAGE_SIZE - 1) >> bits);
}

/* A zeroed page that the engine reaches: from the highest zone that can have one, then from the lowest. */
static struct page *reachable_page(unsigned int bits)
{
	gfp_t zones[] = {bits >= 64 ? 0 : bits > 24 ? GFP_DMA32 : GFP_DMA, GFP_DMA};

	for (unsigned int i = 0; i < 2; i++) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN | zones[i]);

		if (page && reaches(page, bits))
			return page;
		if (page)
			__free_page(page);
	}
	return NULL;
}

static int engine_start(struct dma_engine *e)
{
	struct page *page = reachable_page(e->bits);
	struct msi_msg msg;
	int err;

	if (!page)
		return -ENOMEM;
	e->irq = msi_alloc_irq(0, &msg);
	if (e->irq < 0) {
		__free_page(page);
		return e->irq;
	}
	err = request_irq((unsigned int)e->irq, dma_interrupt, 0, "dma", e);
	if (err) {
		msi_free_irq(e->irq);
		__free_page(page);
		return err;
	}
	set_page_owner(page, OWNER_DMA);
	e->ring = page_address(page);
	e->head_word = (uint32_t *)(e->ring + RING_SIZE);
	dev_write(e->base + DMA_RING, page_to_phys(page));
	dev_write(e->base + DMA_RING_SIZE, RING_SIZE);
	dev_write(e->base + DMA_HEAD_GPA, __pa(e->head_word));
	dev_write(e->base + DMA_MSI_ADDR, msg.address);
	dev_write(e->base + DMA_MSI_DATA, msg.data);
	e->ready = true;
	return 0;
}

/* Needs: e->lock, e ready. */
static int run_batch(struct dma_engine *e, struct dma_request *req, unsigned int nr)
{
	struct dma_desc *d = NULL;
	unsigned long left = ANSWER_TIMEOUT;

	for (unsigned int i = 0; i < nr; i++) {
		d = &e->ring[(e->head + i) % RING_SIZE];
		*d = (struct dma_desc){.src = req[i].src, .dst = req[i].dst, .len = req[i].len, .op = req[i].op};
	}
	d->flags = DMA_F_IRQ;
	reinit_completion(&e->done);
	__atomic_store_n(e->head_word, e->head + nr, __ATOMIC_SEQ_CST);
	dev_write(e->base + DMA_HEAD, 0);

	/* The status is written before the interrupt is raised; an interrupt without it is not ours. */
	do {
		left = wait_for_completion_timeout(&e->done, left);
	} while (left && __atomic_load_n(&d->status, __ATOMIC_ACQUIRE) == DMA_PENDING);
	if (!left) {
		e->broken = true;
		return -ETIMEDOUT;
	}
	for (unsigned int i = 0; i < nr; i++) {
		d = &e->ring[(e->head + i) % RING_SIZE];
		req[i].result = d->result;
		req[i].status = d->status;
	}
	e->head += nr;
	return 0;
}

int dma_engine_run(unsigned int n, struct dma_request *req, unsigned int nr)
{
	struct dma_engine *e;
	int err = 0;

	if (n >= boot_info.nr_dma)
		return -ENODEV;
	if (!nr || nr > DMA_ENGINE_BATCH)
		return -EINVAL;
	e = &engines[n];
	mutex_lock(&e->lock);
	if (e->broken)
		err = -ETIMEDOUT;
	else if (!e->ready)
		err = engine_start(e);
	if (!err)
		err = run_batch(e, req, nr);
	mutex_unlock(&e->lock);
	return err;
}
EXPORT_SYMBOL_GPL(dma_engine_run);
