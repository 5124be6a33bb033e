// SPDX-License-Identifier: MIT
/*
 * dma.c - the DMA engine's registers and its thread.
 *
 * The head index comes from the register, or, once the guest has set DMA_HEAD_GPA, from guest memory: then the
 * doorbell is an ioeventfd and costs the guest no exit to user space.
 */
#include <errno.h>
#include <inttypes.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vmm/irq.h"
#include "vmm/vm.h"

int dma_init(struct dma *d, struct vm *vm, unsigned int index, unsigned int bits)
{
	d->vm = vm;
	d->index = index;
	d->bits = bits;
	pthread_mutex_init(&d->lock, NULL);
	atomic_init(&d->tail, 0);
	d->irq = -1;
	dma_storms_init(&d->storms, vm, index * IRQ_LINES_PER_ENGINE + 1);
	d->bell = eventfd(0, EFD_CLOEXEC);
	if (d->bell < 0)
		return -errno;
	d->irq = eventfd(0, EFD_CLOEXEC);
	return d->irq < 0 ? -errno : 0;
}

void dma_deinit(struct dma *d)
{
	if (d->bell >= 0)
		close(d->bell);
	if (d->irq >= 0)
		close(d->irq);
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

/* Once per engine, and not per request: a guest must not be able to flood the user's terminal. Needs: d->lock. */
static void complain(struct dma *d, const char *what, uint64_t value)
{
	if (!d->complained)
		run_error("dma%u: %s (%#" PRIx64 "), requests are ignored: the guest's driver set it so", d->index,
			  what, value);
	d->complained = true;
}

/**
 * struct dma_work - what the thread needs for one look at the ring: registers as they were then.
 */
struct dma_work {
	gpa_t ring;
	uint64_t size;
	uint32_t head;
};

/* Is there something to do, and where? */
static bool next_work(struct dma *d, struct dma_work *w)
{
	uint32_t tail = atomic_load(&d->tail);
	bool ok = false;

	pthread_mutex_lock(&d->lock);
	*w = (struct dma_work){d->ring, d->ring_size, d->head};
	if (d->head_gpa && ram_read(&d->vm->ram, d->head_gpa, &w->head, sizeof(w->head)))
		w->head = tail;
	if (w->head == tail) {
		ok = false;
	} else if (!w->size) {
		complain(d, "no ring", 0);
	} else if (w->head - tail > w->size) {
		complain(d, "head is further ahead than the ring is long", w->head);
	} else if (!dma_reachable(&d->vm->ram, w->ring, w->size * sizeof(struct dma_desc), d->bits)) {
		complain(d, "the ring lies beyond its address width or outside RAM", w->ring);
	} else {
		ok = true;
	}
	pthread_mutex_unlock(&d->lock);
	return ok;
}

/* Needs: inside the gate. */
static void do_one(struct dma *d, const struct dma_work *w)
{
	struct ram *ram = &d->vm->ram;
	uint32_t tail = atomic_load(&d->tail);
	gpa_t at = w->ring + (tail & (w->size - 1)) * sizeof(struct dma_desc);
	struct dma_desc desc;
	uint32_t status;

	/* next_work() has checked that the whole ring is there, and RAM never goes away. */
	if (ram_read(ram, at, &desc, sizeof(desc)))
		return;
	status = dma_check(ram, &desc, d->bits);
	if (status == DMA_OK)
		desc.result = dma_perform(ram, &desc);
	else
		desc.result = 0;
	ram_write(ram, at + offsetof(struct dma_desc, result), &desc.result, sizeof(desc.result));
	atomic_thread_fence(memory_order_release);
	ram_write(ram, at + offsetof(struct dma_desc, status), &status, sizeof(status));
	atomic_store(&d->tail, tail + 1);
	if (desc.flags & DMA_F_IRQ)
		ring_bell(d->irq);
}

static void *dma_thread(void *arg)
{
	struct dma *d = arg;
	struct dma_work w;
	uint64_t rung;

	for (;;) {
		if (read(d->bell, &rung, sizeof(rung)) < 0 && errno != EINTR)
			break;
		for (;;) {
			if (!gate_enter(&d->vm->gate))
				return NULL;
			if (!next_work(d, &w)) {
				gate_leave(&d->vm->gate);
				break;
			}
			do_one(d, &w);
			gate_leave(&d->vm->gate);
		}
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

/* Turn DMA_HEAD into an ioeventfd, once. Without it the register works, by exits. Needs: d->lock. */
static void bind_bell(struct dma *d)
{
	struct kvm_ioeventfd io = {.addr = DMA_GPA(d->index) + DMA_HEAD, .len = 8, .fd = d->bell};

	if (!d->bell_bound)
		d->bell_bound = !ioctl(d->vm->fd, KVM_IOEVENTFD, &io);
}

void dma_reg_write(struct dma *d, unsigned int reg, uint64_t value)
{
	if (reg >= DMA_STORM(0)) {
		dma_storm_write(&d->storms, reg, value);
		return;
	}
	pthread_mutex_lock(&d->lock);
	switch (reg) {
	case DMA_RING:
		d->ring = value;
		break;
	case DMA_RING_SIZE:
		if (value >= 2 && value <= DMA_RING_MAX && !(value & (value - 1)))
			d->ring_size = value;
		else
			complain(d, "ring size is no power of two between 2 and 1024", value);
		break;
	case DMA_HEAD:
		d->head = (uint32_t)value;
		ring_bell(d->bell);
		break;
	case DMA_HEAD_GPA:
		if (value % sizeof(uint32_t) || !ram_range_ok(&d->vm->ram, value, sizeof(uint32_t))) {
			complain(d, "the head index does not lie in RAM", value);
			break;
		}
		d->head_gpa = value;
		bind_bell(d);
		break;
	case DMA_MSI_ADDR:
		d->msi_addr = value;
		break;
	case DMA_MSI_DATA:
		d->msi_data = (uint32_t)value;
		if (irq_route(d->vm, d->index * IRQ_LINES_PER_ENGINE, d->irq, d->msi_addr, d->msi_data))
			complain(d, "KVM refuses the MSI address", d->msi_addr);
		break;
	}
	pthread_mutex_unlock(&d->lock);
}

uint64_t dma_reg_read(struct dma *d, unsigned int reg)
{
	if (reg >= DMA_STORM(0))
		return dma_storm_read(&d->storms, reg);
	switch (reg) {
	case DMA_TAIL:
		return atomic_load(&d->tail);
	case DMA_BITS:
		return d->bits;
	}
	return 0;
}
