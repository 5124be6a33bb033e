// SPDX-License-Identifier: MIT
/*
 * irq.c - KVM's GSI routing table holds nothing but the engines' MSIs: one GSI per line, after the I/O APIC's.
 *
 * Writing the table can take KVM milliseconds, so what is there already is not written again.
 * Locking: vm->irq_lock covers the table, which is kept in vm->msi so that no engine's lock is needed to rewrite it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm/irq.h"
#include "vmm/vm.h"

#define FIRST_GSI 24

/* A message to local APIC n, and the delivery mode in its data (Intel SDM 3A, 11.11). */
#define MSI_ADDRESS 0xfee00000UL
#define MSI_DEST_SHIFT 12
#define MSI_DEST_MASK 0xff
#define MSI_DATA_NMI (4U << 8)

static int write_table(struct vm *vm)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entries[IRQ_LINES];
	} table;

	memset(&table, 0, sizeof(table));
	for (unsigned int i = 0; i < IRQ_LINES; i++) {
		const struct msi *m = &vm->msi[i];
		struct kvm_irq_routing_entry *e = &table.entries[table.head.nr];

		if (!m->armed)
			continue;
		e->gsi = FIRST_GSI + i;
		e->type = KVM_IRQ_ROUTING_MSI;
		e->u.msi.address_lo = (uint32_t)m->addr;
		e->u.msi.address_hi = (uint32_t)(m->addr >> 32);
		e->u.msi.data = m->data;
		table.head.nr++;
	}
	if (ioctl(vm->fd, KVM_SET_GSI_ROUTING, &table))
		return -errno;
	for (unsigned int i = 0; i < IRQ_LINES; i++)
		vm->msi[i].known = vm->msi[i].armed;
	return 0;
}

/* Needs: irq_lock. Return: is this news? */
static bool note(struct msi *m, uint64_t addr, uint32_t data)
{
	struct msi old = *m;

	*m = (struct msi){addr, data, true, old.armed && old.known && old.addr == addr && old.data == data, old.bound};
	return !m->known;
}

void irq_note(struct vm *vm, unsigned int line, uint64_t addr, uint32_t data)
{
	pthread_mutex_lock(&vm->irq_lock);
	note(&vm->msi[line], addr, data);
	pthread_mutex_unlock(&vm->irq_lock);
}

int irq_route(struct vm *vm, unsigned int line, int fd, uint64_t addr, uint32_t data)
{
	struct kvm_irqfd bind = {.fd = (uint32_t)fd, .gsi = FIRST_GSI + line};
	struct msi *m = &vm->msi[line], old;
	int err = 0;

	pthread_mutex_lock(&vm->irq_lock);
	old = *m;
	if (note(m, addr, data))
		err = write_table(vm);
	if (err)
		*m = old;
	else if (!m->bound && ioctl(vm->fd, KVM_IRQFD, &bind))
		err = -errno;
	else
		m->bound = true;
	pthread_mutex_unlock(&vm->irq_lock);
	return err;
}

void irq_unroute(struct vm *vm, unsigned int line)
{
	pthread_mutex_lock(&vm->irq_lock);
	if (vm->msi[line].armed) {
		vm->msi[line].armed = false;
		/* A shorter table of entries that KVM has taken before: it cannot refuse it. */
		if (write_table(vm))
			vm->msi[line].armed = true;
	}
	pthread_mutex_unlock(&vm->irq_lock);
}

/* ---- on somebody's word ---- */

char *irq_line_name(unsigned int line, char *buf, size_t size)
{
	unsigned int engine = line / IRQ_LINES_PER_ENGINE, n = line % IRQ_LINES_PER_ENGINE;

	if (line >= IRQ_BLK_LINE(0))
		snprintf(buf, size, "blk%u", line - IRQ_BLK_LINE(0));
	else if (n < DMA_QUEUES)
		snprintf(buf, size, "dma%u.queue%u", engine, n);
	else
		snprintf(buf, size, "dma%u.storm%u", engine, n - DMA_QUEUES);
	return buf;
}

static int send_msi(const struct vm *vm, uint64_t addr, uint32_t data)
{
	struct kvm_msi msi = {.address_lo = (uint32_t)addr, .address_hi = (uint32_t)(addr >> 32), .data = data};

	/* 0: the vCPU has it off, as a real one would. */
	return ioctl(vm->fd, KVM_SIGNAL_MSI, &msi) < 0 ? -errno : 0;
}

int irq_fire(struct vm *vm, unsigned int line)
{
	struct msi m;

	pthread_mutex_lock(&vm->irq_lock);
	m = vm->msi[line];
	pthread_mutex_unlock(&vm->irq_lock);
	return m.armed ? send_msi(vm, m.addr, m.data) : -ENOENT;
}

int irq_send(struct vm *vm, unsigned int cpu, unsigned int vector)
{
	uint32_t data = vector == IRQ_NMI ? MSI_DATA_NMI : vector;

	return send_msi(vm, MSI_ADDRESS | (uint64_t)cpu << MSI_DEST_SHIFT, data);
}

unsigned int irq_msi_cpu(const struct msi *m)
{
	return (unsigned int)(m->addr >> MSI_DEST_SHIFT) & MSI_DEST_MASK;
}
