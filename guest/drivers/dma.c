// SPDX-License-Identifier: MIT
/*
 * dma.c - driver of the DMA engines: channels (a queue, its ring, its interrupt), and batches that somebody waits for.
 *
 * A channel: memory within the engine's reach that holds the descriptor ring and, behind it, the head index (the doorbell
 * then is an ioeventfd, without an exit), and one MSI. A submission: the descriptor, the head index, the doorbell. The
 * interrupt handler hands on what is finished, in order, and stops at the first descriptor that is not.
 * @head counts what was submitted, @seen what was handed on: never more than the ring's size apart.
 * Locks: engines_lock covers who has which queue; channel->lock covers its ring and indices, in the interrupt too, but is
 * not held while the user's function runs: only one CPU takes a channel's interrupts.
 * engine->lock (a mutex) for a whole batch. A batch's channel that does not answer is closed, that is: reset.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <mmvisor/dma_engine.h>

#include <asm/apic.h>

#include "guest/drivers/devwin.h"
#include "guest/drivers/dma.h"
#include "guest/drivers/ring.h"
#include "guest/kernel/boot_info.h"

#define ANSWER_TIMEOUT (20 * HZ)

/** struct dma_channel - see the top of the file. @base: its queue's registers */
struct dma_channel {
	struct dma_engine *engine;
	bool used; /* under engines_lock */
	unsigned int size;
	gpa_t base;
	spinlock_t lock;
	struct dma_desc *ring;
	dma_addr_t ring_dma;
	uint32_t *head_word;
	uint32_t head, seen;
	struct mm_ring shown;
	bool stopped;
	int irq;
	dma_channel_fn fn;
	void *arg;
};

/** struct dma_engine - @batch: queue 0 once there was a batch; @req: the batch under way */
struct dma_engine {
	struct mutex lock;
	struct device dev;
	gpa_t base;
	unsigned int bits;
	unsigned long irqs;
	struct dma_channel queues[DMA_QUEUES];
	struct dma_channel *batch;
	struct dma_request *req;
	unsigned int done, nr;
	bool failed;
	struct completion finished;
};

static struct dma_engine engines[DMA_MAX_ENGINES];
static struct mutex engines_lock;

/* A mask that no zone lies within is more than dma_set_mask() takes; bounce buffers still are within it. */
static void device_init(struct dma_engine *e, unsigned int n)
{
	u64 mask = e->bits < 64 ? (1ULL << e->bits) - 1 : ~0ULL;

	device_initialize(&e->dev);
	dev_set_name(&e->dev, "dma%u", n);
	e->dev.driver_name = "mmvisor-dma";
	e->dev.bus_dma_limit = mask;
	if (dma_set_mask_and_coherent(&e->dev, mask))
		e->dev.own_dma_mask = e->dev.coherent_dma_mask = mask;
	device_add(&e->dev);
}

void dma_drivers_init(void)
{
	mutex_init(&engines_lock);
	for (unsigned int i = 0; i < boot_info.nr_dma; i++) {
		mutex_init(&engines[i].lock);
		init_completion(&engines[i].finished);
		engines[i].base = boot_info.dma[i].base;
		engines[i].bits = boot_info.dma[i].bits;
		device_init(&engines[i], i);
	}
	dma_storms_init();
}

unsigned int dma_engine_count(void)
{
	return boot_info.nr_dma;
}
EXPORT_SYMBOL_GPL(dma_engine_count);

struct device *dma_engine_device(unsigned int n)
{
	return n < boot_info.nr_dma ? &engines[n].dev : NULL;
}
EXPORT_SYMBOL_GPL(dma_engine_device);

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

/* ---- channels ---- */

/* What readers outside see of it. Needs: the channel's lock. */
static void show_ring(struct dma_channel *ch)
{
	ch->shown.first = ch->seen & (ch->size - 1);
	ch->shown.nr = ch->head - ch->seen;
}

/* The oldest descriptor that is finished and not handed on yet. */
static bool next_finished(struct dma_channel *ch, struct dma_desc *copy)
{
	unsigned long irq;
	bool got = false;

	spin_lock_irqsave(&ch->lock, irq);
	if (ch->seen != ch->head) {
		struct dma_desc *d = &ch->ring[ch->seen & (ch->size - 1)];

		got = __atomic_load_n(&d->status, __ATOMIC_ACQUIRE) != DMA_PENDING;
		if (got) {
			*copy = *d;
			ch->seen++;
			show_ring(ch);
		}
	}
	spin_unlock_irqrestore(&ch->lock, irq);
	return got;
}

static irqreturn_t channel_interrupt(int irq, void *dev)
{
	struct dma_channel *ch = dev;
	struct dma_desc desc;
	bool any = false;

	(void)irq;
	__atomic_fetch_add(&ch->engine->irqs, 1, __ATOMIC_RELEASE);
	while (next_finished(ch, &desc)) {
		any = true;
		ch->fn(ch->arg, &desc);
	}
	/* Nothing finished: the interrupt before this one was late and took it along, or the queue has stopped. */
	if (!any && !ch->stopped && dev_read(ch->base + DMA_QUEUE_ERROR)) {
		ch->stopped = true;
		ch->fn(ch->arg, NULL);
	}
	return IRQ_HANDLED;
}

static int channel_irq(struct dma_channel *ch, unsigned int cpu)
{
	struct msi_msg msg;
	int err;

	ch->irq = msi_alloc_irq(cpu, &msg);
	if (ch->irq < 0)
		return ch->irq;
	err = request_irq((unsigned int)ch->irq, channel_interrupt, 0, "dma", ch);
	if (err) {
		msi_free_irq(ch->irq);
		return err;
	}
	dev_write(ch->base + DMA_MSI_ADDR, msg.address);
	dev_write(ch->base + DMA_MSI_DATA, msg.data);
	return 0;
}

static size_t ring_bytes(const struct dma_channel *ch)
{
	return ch->size * sizeof(struct dma_desc) + sizeof(uint32_t);
}

static int channel_start(struct dma_channel *ch, unsigned int cpu)
{
	int err;

	ch->ring = dma_alloc_coherent(&ch->engine->dev, ring_bytes(ch), &ch->ring_dma, GFP_KERNEL | __GFP_NOWARN);
	if (!ch->ring)
		return -ENOMEM;
	dev_write(ch->base + DMA_QUEUE_RESET, 0);
	err = channel_irq(ch, cpu);
	if (err) {
		dma_free_coherent(&ch->engine->dev, ring_bytes(ch), ch->ring, ch->ring_dma);
		return err;
	}
	ch->head_word = (uint32_t *)(ch->ring + ch->size);
	dev_write(ch->base + DMA_RING, ch->ring_dma);
	dev_write(ch->base + DMA_RING_SIZE, ch->size);
	dev_write(ch->base + DMA_HEAD_GPA, ch->ring_dma + ch->size * sizeof(struct dma_desc));
	ch->shown = (struct mm_ring){.lock = &ch->lock, .desc = ch->ring, .kind = RING_ENGINE, .size = ch->size};
	ring_add(&ch->shown, dev_name(&ch->engine->dev));
	return 0;
}

static struct dma_channel *channel_open(struct dma_engine *e, unsigned int first, unsigned int last, unsigned int cpu,
					unsigned int size, dma_channel_fn fn, void *arg)
{
	struct dma_channel *ch = NULL;
	int err = -EBUSY;

	mutex_lock(&engines_lock);
	for (unsigned int q = first; q <= last && !ch; q++)
		if (!e->queues[q].used)
			ch = &e->queues[q];
	if (ch) {
		*ch = (struct dma_channel){.engine = e, .size = size, .fn = fn, .arg = arg};
		ch->base = e->base + DMA_QUEUE(ch - e->queues);
		spin_lock_init(&ch->lock);
		err = channel_start(ch, cpu);
		ch->used = !err;
	}
	mutex_unlock(&engines_lock);
	return err ? ERR_PTR(err) : ch;
}

struct dma_channel *dma_channel_open(unsigned int n, unsigned int cpu, unsigned int size, dma_channel_fn fn, void *arg)
{
	if (n >= boot_info.nr_dma || cpu >= nr_cpu_ids || !cpu_online(cpu))
		return ERR_PTR(-ENODEV);
	if (size < 2 || size > DMA_RING_MAX || (size & (size - 1)) || !fn)
		return ERR_PTR(-EINVAL);
	return channel_open(&engines[n], 1, DMA_QUEUES - 1, cpu, size, fn, arg);
}
EXPORT_SYMBOL_GPL(dma_channel_open);

/* A descriptor into the ring, for the next doorbell. */
static int channel_push(struct dma_channel *ch, const struct dma_desc *desc)
{
	unsigned long irq;
	int err = -ENOSPC;

	spin_lock_irqsave(&ch->lock, irq);
	if (ch->head - ch->seen < ch->size) {
		struct dma_desc *d = &ch->ring[ch->head & (ch->size - 1)];

		*d = *desc;
		d->status = DMA_PENDING;
		__atomic_store_n(ch->head_word, ++ch->head, __ATOMIC_SEQ_CST);
		show_ring(ch);
		err = 0;
	}
	spin_unlock_irqrestore(&ch->lock, irq);
	return err;
}

int dma_channel_submit(struct dma_channel *ch, const struct dma_desc *desc)
{
	int err = channel_push(ch, desc);

	if (!err)
		dev_write(ch->base + DMA_BELL, 0);
	return err;
}
EXPORT_SYMBOL_GPL(dma_channel_submit);

void dma_channel_close(struct dma_channel *ch)
{
	/* From here on the device neither reads the ring nor writes anywhere. */
	dev_write(ch->base + DMA_QUEUE_RESET, 0);
	ring_del(&ch->shown);
	free_irq((unsigned int)ch->irq, ch);
	msi_free_irq(ch->irq);
	dma_free_coherent(&ch->engine->dev, ring_bytes(ch), ch->ring, ch->ring_dma);
	mutex_lock(&engines_lock);
	ch->used = false;
	mutex_unlock(&engines_lock);
}
EXPORT_SYMBOL_GPL(dma_channel_close);

/* ---- batches ---- */

static void batch_progress(void *arg, const struct dma_desc *desc)
{
	struct dma_engine *e = arg;

	if (desc && e->done < e->nr) {
		struct dma_request *req = &e->req[e->done++];

		req->result = desc->result;
		req->bad_addr = desc->bad_addr;
		req->why = desc->why;
		req->status = desc->status;
	}
	e->failed |= !desc;
	if (e->failed || e->done == e->nr)
		complete(&e->finished);
}

/* It stays open, so its pages are not what the payload that happened to come first has leaked. Needs: e->lock. */
static int open_batch(struct dma_engine *e)
{
	struct dma_channel *ch = channel_open(e, 0, 0, 0, DMA_ENGINE_BATCH, batch_progress, e);

	if (IS_ERR(ch))
		return (int)PTR_ERR(ch);
	dma_driver_keeps(PAGE_ALIGN(ring_bytes(ch)) >> PAGE_SHIFT);
	e->batch = ch;
	return 0;
}

static void close_batch(struct dma_engine *e)
{
	dma_driver_keeps(-(long)(PAGE_ALIGN(ring_bytes(e->batch)) >> PAGE_SHIFT));
	dma_channel_close(e->batch);
	e->batch = NULL;
}

/* Needs: e->lock, e->batch. */
static int run_batch(struct dma_engine *e, struct dma_request *req, unsigned int nr)
{
	int err = 0;

	e->req = req;
	e->done = 0;
	e->nr = nr;
	e->failed = false;
	reinit_completion(&e->finished);
	for (unsigned int i = 0; !err && i < nr; i++) {
		struct dma_desc d = {.src = req[i].src,
				     .dst = req[i].dst,
				     .len = req[i].len,
				     .op = req[i].op,
				     .flags = req[i].flags | (i == nr - 1 ? DMA_F_IRQ : 0),
				     .src_nr = req[i].src_nr,
				     .dst_nr = req[i].dst_nr};

		err = channel_push(e->batch, &d);
	}
	dev_write(e->batch->base + DMA_BELL, 0);
	if (!err && !wait_for_completion_timeout(&e->finished, ANSWER_TIMEOUT))
		err = -ETIMEDOUT;
	else if (e->failed)
		err = -EIO;
	if (err) {
		close_batch(e);
	}
	return err;
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
	if (!e->batch)
		err = open_batch(e);
	if (!err)
		err = run_batch(e, req, nr);
	mutex_unlock(&e->lock);
	return err;
}
EXPORT_SYMBOL_GPL(dma_engine_run);
