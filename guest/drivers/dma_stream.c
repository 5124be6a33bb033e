// SPDX-License-Identifier: MIT
/*
 * dma_stream.c - the receiver of <mmvisor/dma_stream.h>: what a driver's memory traffic looks like.
 *
 * A buffer is free in nobody's hand, posted (mapped, in the ring, in @posted), or full (on @full, for the worker).
 * The engine finishes descriptors in order, so @posted is a queue.
 * Locks: @lock covers lists, the sequence and the counters; taken with interrupts off by the worker, in the interrupt, and by
 * whoever starts. Nothing is allocated under it.
 * The worker refills what the interrupt could not: it may sleep for memory.
 */
#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <mmvisor/dma_engine.h>
#include <mmvisor/dma_stream.h>

#define PATTERN_SIZE (4 * PAGE_SIZE)
/* Packets begin at different places of the pattern: neighbours must not look alike. */
#define PATTERN_STEP 61
#define PATIENCE (60 * HZ)

/** struct stream_buffer - @node: on posted or full */
struct stream_buffer {
	struct list_head node;
	char *data;
	dma_addr_t addr;
	unsigned long from;
};

struct stream {
	const struct dma_stream_config *cfg;
	struct dma_stream_stats stats;
	struct device *dev;
	struct dma_channel *ch;
	char *pattern;
	dma_addr_t pattern_addr;
	spinlock_t lock;
	struct list_head posted, full;
	unsigned long next, in_ring;
	unsigned int tries;
	bool stopped;
	struct work_struct work;
	struct completion done;
};

static void drop_buffer(struct stream_buffer *b)
{
	kfree(b->data);
	kfree(b);
}

static struct stream_buffer *new_buffer(const struct stream *s, gfp_t gfp)
{
	struct stream_buffer *b = kmalloc(sizeof(*b), gfp);

	if (!b)
		return NULL;
	b->data = kmalloc(s->cfg->size, gfp);
	if (!b->data) {
		kfree(b);
		return NULL;
	}
	return b;
}

/* Into the ring, for the next packet. Return: false if there is none to come, or no room to map it: the buffer is gone. */
static bool post(struct stream *s, struct stream_buffer *b)
{
	struct dma_desc d = {.op = DMA_COPY, .len = s->cfg->size, .flags = DMA_F_IRQ};
	unsigned long irq;
	bool ok;

	b->addr = dma_map_single(s->dev, b->data, s->cfg->size, DMA_FROM_DEVICE);
	if (dma_mapping_error(s->dev, b->addr)) {
		spin_lock_irqsave(&s->lock, irq);
		s->stats.unmapped++;
		spin_unlock_irqrestore(&s->lock, irq);
		drop_buffer(b);
		return false;
	}
	spin_lock_irqsave(&s->lock, irq);
	ok = s->next < s->cfg->packets && s->in_ring < s->cfg->buffers;
	if (ok) {
		b->from = s->next++ * PATTERN_STEP % (PATTERN_SIZE - s->cfg->size);
		d.src = s->pattern_addr + b->from;
		d.dst = b->addr;
		list_add_tail(&b->node, &s->posted);
		s->in_ring++;
		/* Under the lock: the order in the ring is the order of the list. */
		WARN_ON(dma_channel_submit(s->ch, &d));
	}
	spin_unlock_irqrestore(&s->lock, irq);
	if (!ok) {
		dma_unmap_single(s->dev, b->addr, s->cfg->size, DMA_FROM_DEVICE);
		drop_buffer(b);
	}
	return ok;
}

/* In the interrupt: a new buffer for the place that became free, if there is memory for it right now. */
static void replace(struct stream *s)
{
	struct stream_buffer *b = NULL;

	s->tries++;
	if (!s->cfg->fail_every || s->tries % s->cfg->fail_every)
		b = new_buffer(s, GFP_ATOMIC | __GFP_NOWARN);
	if (!b) {
		s->stats.atomic_failed++;
		return; /* the worker does it */
	}
	s->stats.atomic++;
	post(s, b);
}

/* Hard interrupt; on one CPU only. */
static void packet_done(void *arg, const struct dma_desc *desc)
{
	struct stream *s = arg;
	struct stream_buffer *b;

	if (!desc) {
		s->stopped = true;
		complete(&s->done);
		return;
	}
	spin_lock(&s->lock);
	b = list_first_entry(&s->posted, struct stream_buffer, node);
	list_del(&b->node);
	s->in_ring--;
	spin_unlock(&s->lock);
	dma_unmap_single(s->dev, b->addr, s->cfg->size, DMA_FROM_DEVICE);
	s->stats.refused += desc->status != DMA_OK;
	spin_lock(&s->lock);
	list_add_tail(&b->node, &s->full);
	spin_unlock(&s->lock);
	replace(s);
	schedule_work(&s->work);
}

static struct stream_buffer *next_full(struct stream *s)
{
	struct stream_buffer *b;
	unsigned long irq;

	spin_lock_irqsave(&s->lock, irq);
	b = list_first_entry_or_null(&s->full, struct stream_buffer, node);
	if (b)
		list_del(&b->node);
	spin_unlock_irqrestore(&s->lock, irq);
	return b;
}

static bool ring_has_room(struct stream *s)
{
	return READ_ONCE(s->in_ring) < s->cfg->buffers && READ_ONCE(s->next) < s->cfg->packets;
}

static void consume(struct work_struct *work)
{
	struct stream *s = container_of(work, struct stream, work);
	struct stream_buffer *b;

	while ((b = next_full(s))) {
		s->stats.corrupt += memcmp(b->data, s->pattern + b->from, s->cfg->size) != 0;
		s->stats.bytes += s->cfg->size;
		s->stats.received++;
		drop_buffer(b);
	}
	while (ring_has_room(s)) {
		b = new_buffer(s, GFP_KERNEL);
		if (!b || !post(s, b))
			break;
		s->stats.refilled++;
	}
	/* Nothing in the ring and nothing to put there: no interrupt will come to try again. */
	if (s->stats.received == s->cfg->packets)
		complete(&s->done);
	else if (!READ_ONCE(s->in_ring) && list_empty(&s->full))
		schedule_work(&s->work);
}

static void drop_all(struct stream *s)
{
	struct stream_buffer *b, *next;

	list_for_each_entry_safe (b, next, &s->posted, node) {
		dma_unmap_single(s->dev, b->addr, s->cfg->size, DMA_FROM_DEVICE);
		drop_buffer(b);
	}
	list_for_each_entry_safe (b, next, &s->full, node)
		drop_buffer(b);
}

/* Needs: pattern and channel. */
static int receive(struct stream *s)
{
	bool in_time = false;

	for (unsigned int i = 0; i < s->cfg->buffers; i++) {
		struct stream_buffer *b = new_buffer(s, GFP_KERNEL);

		if (!b || !post(s, b))
			break;
	}
	if (s->next) {
		schedule_work(&s->work);
		in_time = wait_for_completion_timeout(&s->done, PATIENCE);
	}
	dma_channel_close(s->ch);
	cancel_work_sync(&s->work);
	if (s->stopped || !s->next)
		return s->stopped ? -EIO : -ENOMEM;
	return in_time ? 0 : -ETIMEDOUT;
}

int dma_stream_run(const struct dma_stream_config *cfg, struct dma_stream_stats *stats)
{
	struct stream s = {.cfg = cfg, .dev = dma_engine_device(cfg->engine)};
	int err;

	if (!s.dev)
		return -ENODEV;
	if (cfg->buffers < 2 || cfg->buffers > 256 || !cfg->size || cfg->size >= PATTERN_SIZE || !cfg->packets)
		return -EINVAL;
	spin_lock_init(&s.lock);
	INIT_LIST_HEAD(&s.posted);
	INIT_LIST_HEAD(&s.full);
	INIT_WORK(&s.work, consume);
	init_completion(&s.done);
	s.pattern = dma_alloc_coherent(s.dev, PATTERN_SIZE, &s.pattern_addr, GFP_KERNEL);
	if (!s.pattern)
		return -ENOMEM;
	get_random_bytes(s.pattern, PATTERN_SIZE);
	s.ch = dma_channel_open(cfg->engine, cfg->cpu, cfg->buffers, packet_done, &s);
	err = IS_ERR(s.ch) ? (int)PTR_ERR(s.ch) : receive(&s);
	drop_all(&s);
	dma_free_coherent(s.dev, PATTERN_SIZE, s.pattern, s.pattern_addr);
	*stats = s.stats;
	return err;
}
EXPORT_SYMBOL_GPL(dma_stream_run);
