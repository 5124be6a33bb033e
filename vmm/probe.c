// SPDX-License-Identifier: MIT
/*
 * probe.c - see probe.h.
 *
 * Memory: one slot of 2 MiB at 0, mapped to itself by one large page. Tables at 0x1000, code at 0x8000.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/probe.h"
#include "vmm/vm.h"

#define PROBE_MEM (2UL << 20)
#define PML4 0x1000UL
#define PDPT 0x2000UL
#define PD 0x3000UL
#define CODE 0x8000UL
#define DATA 0x9000UL

static void set_entry(struct probe *p, uint64_t table, uint64_t value)
{
	memcpy(p->mem + table, &value, sizeof(value));
}

static int enter_long_mode(struct probe *p)
{
	struct kvm_segment seg = {.limit = ~0U, .selector = 0x08, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1};
	struct kvm_sregs s;

	set_entry(p, PML4, PDPT | 3);
	set_entry(p, PDPT, PD | 3);
	set_entry(p, PD, 0x83);
	if (ioctl(p->cpu, KVM_GET_SREGS, &s))
		return -errno;
	s.cs = seg;
	seg.selector = 0x10;
	seg.type = 3;
	seg.l = 0;
	seg.db = 1;
	s.ds = s.es = s.fs = s.gs = s.ss = seg;
	s.cr0 = 0x80050033;
	s.cr4 = 0x20;
	s.efer = 0x500;
	s.cr3 = PML4;
	return ioctl(p->cpu, KVM_SET_SREGS, &s) ? -errno : 0;
}

int probe_open(struct probe *p, const struct kvm_host *h)
{
	struct kvm_userspace_memory_region slot = {.memory_size = PROBE_MEM};
	void *map;

	*p = (struct probe){.vm = -1, .cpu = -1, .run_size = h->run_size};
	p->vm = ioctl(h->kvm, KVM_CREATE_VM, 0);
	if (p->vm < 0)
		return -errno;
	map = mmap(NULL, PROBE_MEM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return -errno;
	p->mem = map;
	slot.userspace_addr = (uint64_t)(uintptr_t)map;
	if (ioctl(p->vm, KVM_SET_USER_MEMORY_REGION, &slot))
		return -errno;
	p->cpu = ioctl(p->vm, KVM_CREATE_VCPU, 0);
	if (p->cpu < 0)
		return -errno;
	map = mmap(NULL, p->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, p->cpu, 0);
	if (map == MAP_FAILED)
		return -errno;
	p->run = map;
	if (ioctl(p->cpu, KVM_SET_CPUID2, h->cpuid))
		return -errno;
	return enter_long_mode(p);
}

void probe_close(struct probe *p)
{
	if (p->run)
		munmap(p->run, p->run_size);
	if (p->cpu >= 0)
		close(p->cpu);
	if (p->vm >= 0)
		close(p->vm);
	if (p->mem)
		munmap(p->mem, PROBE_MEM);
}

int probe_run(struct probe *p, const uint8_t *code, unsigned int size, uint64_t rcx, uint64_t *ns)
{
	struct kvm_regs regs = {.rip = CODE, .rflags = 2, .rcx = rcx, .rsi = DATA, .rsp = DATA};
	uint64_t start;

	/* The access of the last exit is completed first, at the place where it happened. */
	p->run->immediate_exit = 1;
	if (ioctl(p->cpu, KVM_RUN, 0) && errno != EINTR)
		return -errno;
	p->run->immediate_exit = 0;
	memcpy(p->mem + CODE, code, size);
	if (ioctl(p->cpu, KVM_SET_REGS, &regs))
		return -errno;
	start = vm_now();
	if (ioctl(p->cpu, KVM_RUN, 0))
		return -errno;
	*ns = vm_now() - start;
	return p->run->exit_reason == KVM_EXIT_IO ? 0 : -EIO;
}
