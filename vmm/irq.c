// SPDX-License-Identifier: MIT
/*
 * irq.c - KVM's GSI routing table holds nothing but the engines' MSIs: one GSI per engine, after the I/O APIC's.
 *
 * Locking: vm->irq_lock covers the table, which is kept in vm->msi so that no other engine's lock is needed to rewrite it.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm/irq.h"
#include "vmm/vm.h"

#define FIRST_GSI 24

static int write_table(struct vm *vm)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entries[DMA_MAX_ENGINES];
	} table;

	memset(&table, 0, sizeof(table));
	for (unsigned int i = 0; i < vm->nr_dma; i++) {
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
	return ioctl(vm->fd, KVM_SET_GSI_ROUTING, &table) ? -errno : 0;
}

int irq_route(struct vm *vm, struct dma *d)
{
	struct kvm_irqfd bind = {.fd = (uint32_t)d->irq, .gsi = FIRST_GSI + d->index};
	struct msi *m = &vm->msi[d->index], old = *m;
	int err;

	pthread_mutex_lock(&vm->irq_lock);
	*m = (struct msi){d->msi_addr, d->msi_data, true, old.bound};
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
