// SPDX-License-Identifier: MIT
/*
 * dma.c - the DMA engine's registers, its queues and its thread: see dma.h.
 *
 * A queue's head comes from its register, or, once the guest has set DMA_HEAD_GPA, from guest memory: then the doorbell is
 * an ioeventfd and costs the guest no exit to user space.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vmm/irq.h"
#include "vmm/vm.h"

static unsigned int queue_line(const struct dma *d, unsigned int q)
{
	return d->index * IRQ_LINES_PER_ENGINE + q;
}

int dma_init(struct dma *d, struct vm *vm, unsigned int index, unsigned int bits)
{
	memset(d, 0, sizeof(*d));
	d->vm = vm;
	d->index = index;
	d->bits = bits;
	pthread_mutex_init(&d->lock, NULL);
	for (unsigned int q = 0; q < DMA_QUEUES; q++)
		d->queues[q].irq = -1;
	dma_storms_init(&d->storms, vm, queue_line(d, DMA_QUEUES));
	d->bell = eventfd(0, EFD_CLOEXEC);
	return d->bell < 0 ? -errno : 0;
}

void dma_deinit(struct dma *d)
{
	if (d->bell >= 0)
		close(d->bell);
	for (unsigned int q = 0; q < DMA_QUEUES; q++)
		if (d->queues[q].irq >= 0)
			close(d->queues[q].irq);
	dma_storms_deinit(&d->storms);
	pthread_mutex_destroy(&d->lock);
}

static void ring_bell(int fd)
{
	uint64_t one = 1;

	/* Fails only if the counter is full, and then the bell rings already. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

static void interrupt(struct dma *d, struct dma_queue *q)
{
	if (q->irq < 0)
		return;
	d->stats.irqs++;
	ring_bell(q->irq);
}

/* ---- errors ---- */

static void count_error(struct dma *d, const struct dma_queue *q, uint32_t op, uint64_t error, uint64_t addr)
{
	struct dma_stats *s = &d->stats;

	s->why[error >> 32]++;
	s->last_queue = (unsigned int)(q - d->queues);
	s->last = error;
	s->last_addr = addr;
	s->last_op = op;
}

/* The queue itself makes no sense: it stops until its reset. */
static void stop_queue(struct dma *d, struct dma_queue *q, enum dma_status status, enum dma_why why, uint64_t addr)
{
	q->error = status | (uint64_t)why << 32;
	q->error_addr = addr;
	q->busy = false;
	d->stats.stopped++;
	count_error(d, q, 0, q->error, addr);
	interrupt(d, q);
}

/* ---- a step of a queue; all under the lock, inside the gate ---- */

/* The head as the guest has it now. Return: false if the queue has stopped. */
static bool read_head(struct dma *d, struct dma_queue *q)
{
	uint64_t run;
	gpa_t bad;

	if (q->head_gpa) {
		enum dma_why why = dma_range_why(&d->vm->ram, q->head_gpa, sizeof(uint32_t), d->bits, &bad);

		if (why) {
			stop_queue(d, q, DMA_BAD_HEAD, why, bad);
			return false;
		}
		/* Aligned, so in one slot; the guest stores it after the descriptors. */
		q->head = __atomic_load_n((uint32_t *)ram_ptr(&d->vm->ram, q->head_gpa, &run, true), __ATOMIC_ACQUIRE);
	}
	return true;
}

/* Take the next descriptor. Return: false if there is none, or the queue has stopped. */
static bool fetch(struct dma *d, struct dma_queue *q)
{
	struct ram *ram = &d->vm->ram;
	enum dma_why why;
	gpa_t bad;

	if (q->error || !read_head(d, q) || q->head == q->tail)
		return false;
	if (!q->ring_size) {
		stop_queue(d, q, DMA_BAD_RING, DMA_WHY_ALIGN, 0);
		return false;
	}
	if (q->head - q->tail > q->ring_size) {
		stop_queue(d, q, DMA_BAD_HEAD, DMA_WHY_ALIGN, q->head);
		return false;
	}
	why = dma_range_why(ram, q->ring, q->ring_size * sizeof(struct dma_desc), d->bits, &bad);
	if (why) {
		stop_queue(d, q, DMA_BAD_RING, why, bad);
		return false;
	}
	q->at = q->ring + (q->tail & (q->ring_size - 1)) * sizeof(struct dma_desc);
	return !ram_read(ram, q->at, &q->job.desc, sizeof(q->job.desc));
}

/* @q->at was checked when it was fetched, and RAM never goes away. */
static void finish(struct dma *d, struct dma_queue *q)
{
	const struct dma_desc *desc = &q->job.desc;
	struct ram *ram = &d->vm->ram;
	const size_t out = offsetof(struct dma_desc, result), last = offsetof(struct dma_desc, status);

	ram_write(ram, q->at + out, (const char *)desc + out, last - out);
	atomic_thread_fence(memory_order_release);
	ram_write(ram, q->at + last, &desc->status, sizeof(desc->status));
	q->busy = false;
	q->tail++;
	if (desc->status != DMA_OK) {
		d->stats.refused++;
		count_error(d, q, desc->op, desc->status | (uint64_t)desc->why << 32, desc->bad_addr);
	} else {
		d->stats.done[desc->op]++;
		d->stats.bytes += desc->op == DMA_IRQ ? 0 : desc->len;
	}
	if (desc->status != DMA_OK || desc->flags & DMA_F_IRQ)
		interrupt(d, q);
}

static bool queue_step(struct dma *d, struct dma_queue *q)
{
	if (!q->busy) {
		if (!fetch(d, q))
			return false;
		q->busy = true;
		if (!dma_job_begin(&q->job, &d->vm->ram, d->bits)) {
			finish(d, q);
			return true;
		}
	}
	if (dma_job_step(&q->job, &d->vm->ram, DMA_STEP))
		finish(d, q);
	return true;
}

bool dma_service(struct dma *d)
{
	bool busy = false;

	pthread_mutex_lock(&d->lock);
	for (unsigned int q = 0; q < DMA_QUEUES; q++)
		busy |= queue_step(d, &d->queues[q]);
	pthread_mutex_unlock(&d->lock);
	return busy;
}

/* ---- the thread ---- */

static void *dma_thread(void *arg)
{
	struct dma *d = arg;
	uint64_t rung;
	bool busy;

	pthread_setname_np(pthread_self(), "dma");
	for (;;) {
		if (read(d->bell, &rung, sizeof(rung)) < 0 && errno != EINTR)
			break;
		do {
			/* A mutex is not fair: whoever waits for it would wait until all is done. */
			while (atomic_load(&d->waiting) && !gate_wanted(&d->vm->gate))
				sched_yield();
			if (!gate_enter(&d->vm->gate))
				return NULL;
			busy = dma_service(d);
			gate_leave(&d->vm->gate);
		} while (busy);
	}
	return NULL;
}

int dma_start(struct dma *d)
{
	int err = pthread_create(&d->thread, NULL, dma_thread, d);

	d->started = !err;
	return -err;
}

void dma_join(struct dma *d)
{
	dma_storms_join(&d->storms);
	if (!d->started)
		return;
	ring_bell(d->bell);
	pthread_join(d->thread, NULL);
	d->started = false;
}

/* ---- registers; under the lock ---- */

/* Turn the doorbell into an ioeventfd, once. Without it the register works, by exits. */
static void bind_bell(struct dma *d, struct dma_queue *q)
{
	struct kvm_ioeventfd io = {
		.addr = DMA_GPA(d->index) + DMA_QUEUE(q - d->queues) + DMA_BELL, .len = 8, .fd = d->bell};

	if (!q->bell_bound)
		q->bell_bound = !ioctl(d->vm->fd, KVM_IOEVENTFD, &io);
}

/* Once per engine, and not per request: a guest must not be able to flood the user's terminal. */
static void arm(struct dma *d, struct dma_queue *q, uint32_t data)
{
	if (q->irq < 0)
		q->irq = eventfd(0, EFD_CLOEXEC);
	if (q->irq < 0 || !irq_route(d->vm, queue_line(d, (unsigned int)(q - d->queues)), q->irq, q->msi_addr, data))
		return;
	if (!d->complained)
		run_error("dma%u: KVM refuses MSI address %#" PRIx64 ": the guest's driver set it so", d->index,
			  q->msi_addr);
	d->complained = true;
}

static void reset_queue(struct dma_queue *q)
{
	q->ring = q->head_gpa = q->ring_size = 0;
	q->head = q->tail = 0;
	q->error = q->error_addr = 0;
	q->busy = false;
}

static void reset_engine(struct dma *d)
{
	d->stats.resets++;
	for (unsigned int q = 0; q < DMA_QUEUES; q++) {
		reset_queue(&d->queues[q]);
		d->queues[q].msi_addr = 0;
		irq_unroute(d->vm, queue_line(d, q));
	}
	dma_storms_reset(&d->storms);
}

static void queue_reg_write(struct dma *d, struct dma_queue *q, unsigned int reg, uint64_t value)
{
	switch (reg) {
	case DMA_RING:
		q->ring = value;
		if (value % sizeof(struct dma_desc))
			stop_queue(d, q, DMA_BAD_RING, DMA_WHY_ALIGN, value);
		break;
	case DMA_RING_SIZE:
		if (value >= 2 && value <= DMA_RING_MAX && !(value & (value - 1)))
			q->ring_size = value;
		else
			stop_queue(d, q, DMA_BAD_RING, DMA_WHY_ALIGN, value);
		break;
	case DMA_HEAD:
		q->head = (uint32_t)value;
		ring_bell(d->bell);
		break;
	case DMA_HEAD_GPA:
		q->head_gpa = value;
		if (value % sizeof(uint32_t))
			stop_queue(d, q, DMA_BAD_HEAD, DMA_WHY_ALIGN, value);
		else
			bind_bell(d, q);
		break;
	case DMA_BELL:
		ring_bell(d->bell);
		break;
	case DMA_MSI_ADDR:
		q->msi_addr = value;
		break;
	case DMA_MSI_DATA:
		arm(d, q, (uint32_t)value);
		break;
	case DMA_QUEUE_RESET:
		d->stats.resets++;
		reset_queue(q);
		break;
	}
}

/* The queue whose register it is, NULL if none's; the register within the queue's block. */
static struct dma_queue *queue_of(struct dma *d, unsigned int *reg)
{
	unsigned int size = DMA_QUEUE(1) - DMA_QUEUE(0), q = (*reg - DMA_QUEUE(0)) / size;

	if (*reg < DMA_QUEUE(0) || q >= DMA_QUEUES)
		return NULL;
	*reg -= DMA_QUEUE(q);
	return &d->queues[q];
}

static void lock_engine(struct dma *d)
{
	atomic_fetch_add(&d->waiting, 1);
	/* That a register belongs to no queue is no sign of an engine that is not there: NOLINTNEXTLINE(clang-analyzer-*) */
	pthread_mutex_lock(&d->lock);
	atomic_fetch_sub(&d->waiting, 1);
}

void dma_reg_write(struct dma *d, unsigned int reg, uint64_t value)
{
	struct dma_queue *q = queue_of(d, &reg);

	if (!q && reg >= DMA_STORM(0)) {
		dma_storm_write(&d->storms, reg, value);
		return;
	}
	lock_engine(d);
	if (q)
		queue_reg_write(d, q, reg, value);
	else if (reg == DMA_RESET)
		reset_engine(d);
	pthread_mutex_unlock(&d->lock);
}

uint64_t dma_reg_read(struct dma *d, unsigned int reg)
{
	struct dma_queue *q = queue_of(d, &reg);
	uint64_t value = 0;

	if (!q && reg >= DMA_STORM(0))
		return dma_storm_read(&d->storms, reg);
	lock_engine(d);
	if (q && reg == DMA_TAIL)
		value = q->tail;
	else if (q && reg == DMA_QUEUE_ERROR)
		value = q->error;
	else if (q && reg == DMA_QUEUE_ERROR_ADDR)
		value = q->error_addr;
	else if (!q && reg == DMA_BITS)
		value = d->bits;
	else if (!q && reg == DMA_NR_QUEUES)
		value = DMA_QUEUES;
	else if (!q && reg == DMA_REFUSED)
		value = d->stats.refused + d->stats.stopped;
	pthread_mutex_unlock(&d->lock);
	return value;
}
