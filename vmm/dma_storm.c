// SPDX-License-Identifier: MIT
/*
 * dma_storm.c - storm channels: see dma_storm.h.
 *
 * A tick raises an interrupt unless the one before it is still unacknowledged; a guest that was late gets as long again for itself.
 * So the guest makes progress at any rate on any machine. An interrupt that nobody acknowledges for a second is taken for lost.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/dma_storm.h"
#include "vmm/irq.h"
#include "vmm/vm.h"

#define NS_PER_S 1000000000UL

void dma_storms_init(struct dma_storms *s, struct vm *vm, unsigned int first_line)
{
	pthread_condattr_t attr;

	s->vm = vm;
	s->first_line = first_line;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &attr);
	pthread_condattr_destroy(&attr);
	s->started = s->stop = s->complained = false;
	for (unsigned int i = 0; i < DMA_NR_STORMS; i++)
		s->ch[i] = (struct dma_storm){.irq = -1};
}

void dma_storms_join(struct dma_storms *s)
{
	bool started;

	pthread_mutex_lock(&s->lock);
	s->stop = true;
	started = s->started;
	s->started = false;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	if (started)
		pthread_join(s->thread, NULL);
}

void dma_storms_deinit(struct dma_storms *s)
{
	for (unsigned int i = 0; i < DMA_NR_STORMS; i++)
		if (s->ch[i].irq >= 0)
			close(s->ch[i].irq);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
}

static void fire(struct dma_storm *c)
{
	uint64_t one = 1;

	if (c->irq < 0)
		return;
	c->sent++;
	/* Fails only if the counter is full, and then an interrupt is on its way already. */
	if (write(c->irq, &one, sizeof(one)) < 0)
		errno = 0;
}

/* Does the guest need longer than a period? Then as long again until the next. Needs: lock. */
static bool guest_is_late(struct dma_storm *c, uint64_t now)
{
	bool was_late = c->late;

	if (c->waiting && atomic_exchange(&c->acked, false))
		c->waiting = false;
	c->late = c->waiting && now - c->sent_at < NS_PER_S;
	if (was_late && !c->waiting && now + (now - c->sent_at) > c->next)
		c->next = now + (now - c->sent_at);
	return c->late || was_late;
}

/* A period of @c has passed. Needs: lock. */
static void tick(struct dma_storms *s, struct dma_storm *c, uint64_t now)
{
	c->next += c->period;
	if (c->next <= now)
		c->next = now + c->period; /* what was slept through is not made up for */
	if (guest_is_late(c, now) || gate_wanted(&s->vm->gate)) {
		c->missed++;
		return;
	}
	atomic_store(&c->acked, false);
	c->waiting = true;
	c->sent_at = now;
	fire(c);
}

static void *storm_thread(void *arg)
{
	struct dma_storms *s = arg;

	pthread_setname_np(pthread_self(), "dma-storm");
	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		uint64_t now = vm_now(), due = UINT64_MAX;
		struct timespec ts;

		for (unsigned int i = 0; i < DMA_NR_STORMS; i++) {
			struct dma_storm *c = &s->ch[i];

			if (!c->period)
				continue;
			if (c->next <= now)
				tick(s, c, now);
			due = c->next < due ? c->next : due;
		}
		if (due == UINT64_MAX) {
			pthread_cond_wait(&s->changed, &s->lock);
			continue;
		}
		ts = (struct timespec){(time_t)(due / NS_PER_S), (long)(due % NS_PER_S)};
		pthread_cond_timedwait(&s->changed, &s->lock, &ts);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* Needs: lock. */
static void set_rate(struct dma_storms *s, struct dma_storm *c, uint64_t hz)
{
	if (hz > DMA_STORM_MAX_HZ)
		hz = DMA_STORM_MAX_HZ;
	c->period = hz ? NS_PER_S / hz : 0;
	c->next = vm_now() + c->period;
	c->waiting = c->late = false;
	if (hz && !s->started && !s->stop)
		s->started = !pthread_create(&s->thread, NULL, storm_thread, s);
	pthread_cond_broadcast(&s->changed);
}

/* Needs: lock. A channel that KVM refuses stays disarmed: it is the guest that gave the address. */
static void arm(struct dma_storms *s, unsigned int i, uint32_t data)
{
	struct dma_storm *c = &s->ch[i];

	if (c->irq < 0)
		c->irq = eventfd(0, EFD_CLOEXEC);
	if (c->irq < 0 || !irq_route(s->vm, s->first_line + i, c->irq, c->msi_addr, data))
		return;
	if (!s->complained)
		run_error("dma: KVM refuses MSI address %#lx for a storm: the guest's driver set it so", c->msi_addr);
	s->complained = true;
}

void dma_storms_reset(struct dma_storms *s)
{
	pthread_mutex_lock(&s->lock);
	for (unsigned int i = 0; i < DMA_NR_STORMS; i++) {
		s->ch[i].period = 0;
		s->ch[i].msi_addr = 0;
		s->ch[i].waiting = s->ch[i].late = false;
		if (s->ch[i].irq >= 0)
			irq_unroute(s->vm, s->first_line + i);
	}
	pthread_mutex_unlock(&s->lock);
}

void dma_storm_write(struct dma_storms *s, unsigned int reg, uint64_t value)
{
	unsigned int i = (reg - DMA_STORM(0)) / (DMA_STORM(1) - DMA_STORM(0));
	struct dma_storm *c;

	if (reg < DMA_STORM(0) || i >= DMA_NR_STORMS)
		return;
	c = &s->ch[i];
	reg -= DMA_STORM(i);
	if (reg == DMA_STORM_ACK) {
		atomic_store(&c->acked, true);
		return;
	}
	pthread_mutex_lock(&s->lock);
	switch (reg) {
	case DMA_STORM_MSI_ADDR:
		c->msi_addr = value;
		break;
	case DMA_STORM_MSI_DATA:
		arm(s, i, (uint32_t)value);
		break;
	case DMA_STORM_HZ:
		set_rate(s, c, value);
		break;
	case DMA_STORM_FIRE:
		fire(c);
		break;
	}
	pthread_mutex_unlock(&s->lock);
}

uint64_t dma_storm_read(struct dma_storms *s, unsigned int reg)
{
	unsigned int i = (reg - DMA_STORM(0)) / (DMA_STORM(1) - DMA_STORM(0));
	uint64_t value = 0;

	if (reg < DMA_STORM(0) || i >= DMA_NR_STORMS)
		return 0;
	reg -= DMA_STORM(i);
	pthread_mutex_lock(&s->lock);
	if (reg == DMA_STORM_SENT)
		value = s->ch[i].sent;
	else if (reg == DMA_STORM_MISSED)
		value = s->ch[i].missed;
	pthread_mutex_unlock(&s->lock);
	return value;
}

uint64_t dma_storms_sent(struct dma_storms *s)
{
	uint64_t sent = 0;

	pthread_mutex_lock(&s->lock);
	for (unsigned int i = 0; i < DMA_NR_STORMS; i++)
		sent += s->ch[i].sent;
	pthread_mutex_unlock(&s->lock);
	return sent;
}
