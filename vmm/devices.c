// SPDX-License-Identifier: MIT
/*
 * devices.c - where a guest's access to the device window goes, and the exit port.
 *
 * Registers are 8 bytes wide; other accesses read 0 and write nothing. An access where neither RAM nor a device is ends the
 * run: on a real machine it would read as ones and go unnoticed, and the guest would be none the wiser.
 */
#include <inttypes.h>
#include <string.h>

#include "vmm/vm.h"

static void mark(struct vm *vm, uint64_t which)
{
	uint64_t never = 0;

	if (which == MARK_BOOTED)
		atomic_compare_exchange_strong(&vm->t_booted, &never, vm_now());
	else if (which == MARK_DONE)
		atomic_store(&vm->t_done, vm_now());
}

static void exit_code(struct vcpu *v, uint64_t code)
{
	switch (code) {
	case EXIT_GUEST_DONE:
		vm_end(v->vm, END_DONE, v->index, "done");
		break;
	case EXIT_GUEST_USAGE:
		vm_end(v->vm, END_USAGE, v->index, "the guest was asked for something that does not exist");
		break;
	case EXIT_GUEST_PANIC:
		vm_end(v->vm, END_CRASH, v->index, "kernel panic on vCPU %u", v->index);
		break;
	default:
		vm_end(v->vm, END_CRASH, v->index, "unknown exit code %" PRIu64 " from vCPU %u", code, v->index);
	}
}

static void exit_write(struct vcpu *v, unsigned int reg, uint64_t value)
{
	switch (reg) {
	case EXIT_CODE:
		exit_code(v, value);
		break;
	case EXIT_ROOT:
		atomic_store(&v->vm->root, value);
		break;
	case EXIT_MARK:
		mark(v->vm, value);
		break;
	}
}

static void device_write(struct vcpu *v, unsigned int page, unsigned int reg, uint64_t value)
{
	struct vm *vm = v->vm;

	if (page == (CONSOLE_GPA - DEV_GPA) / DEV_PAGE)
		console_reg_write(&vm->console, reg, value);
	else if (page == (EXIT_GPA - DEV_GPA) / DEV_PAGE)
		exit_write(v, reg, value);
	else if (page - (DMA_GPA(0) - DEV_GPA) / DEV_PAGE < vm->nr_dma)
		dma_reg_write(&vm->dma[page - (DMA_GPA(0) - DEV_GPA) / DEV_PAGE], reg, value);
}

static uint64_t device_read(struct vm *vm, unsigned int page, unsigned int reg)
{
	if (page - (DMA_GPA(0) - DEV_GPA) / DEV_PAGE < vm->nr_dma)
		return dma_reg_read(&vm->dma[page - (DMA_GPA(0) - DEV_GPA) / DEV_PAGE], reg);
	return 0;
}

/* Block devices have registers of 4 bytes, and a layout of their own. */
static struct virtio_blk *blk_at(struct vm *vm, unsigned int page)
{
	unsigned int n = page - (BLK_GPA(0) - DEV_GPA) / DEV_PAGE;

	return n < vm->nr_blk ? &vm->blk[n] : NULL;
}

void vm_mmio(struct vcpu *v, gpa_t gpa, uint8_t *data, unsigned int len, bool write)
{
	unsigned int page = (unsigned int)((gpa - DEV_GPA) / DEV_PAGE), reg = gpa % DEV_PAGE;
	bool aligned = len == sizeof(uint64_t) && reg % sizeof(uint64_t) == 0;
	uint64_t value = 0;

	if (gpa < DEV_GPA || gpa - DEV_GPA >= DEV_SIZE) {
		memset(data, 0xff, len);
		vm_end(v->vm, END_CRASH, v->index,
		       "vCPU %u %s guest-physical %#" PRIx64 ", where neither RAM nor a device is", v->index,
		       write ? "wrote to" : "read from", gpa);
		return;
	}
	if (blk_at(v->vm, page)) {
		virtio_blk_access(blk_at(v->vm, page), reg, data, len, write);
		return;
	}
	if (write && aligned) {
		memcpy(&value, data, sizeof(value));
		symbols_cpu = v;
		device_write(v, page, reg, value);
	} else if (!write) {
		if (aligned)
			value = device_read(v->vm, page, reg);
		memcpy(data, &value, len < sizeof(value) ? len : sizeof(value));
	}
}
