// SPDX-License-Identifier: MIT
/*
 * cpu.c - a vCPU as it is before its first instruction: CPUID, long mode, registers; and its registers afterwards.
 *
 * CPUID is what KVM supports, with these changes: an APIC id and a topology per vCPU (one package, a core each, no
 * threads), TSC-deadline timer and x2APIC announced (KVM's APIC has them, whatever the host says), and none of KVM's
 * paravirtual features (asynchronous page faults make a fault cost milliseconds; a guest that is real does without).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "shared/boot.h"
#include "vmm/vm.h"

#define CR0_BOOT 0x80050033UL /* PG AM WP NE ET MP PE */
#define CR4_BOOT 0xa0UL       /* PGE PAE */
#define EFER_BOOT 0xd01UL     /* NXE LMA LME SCE */

#define KVM_FEATURE_LEAF 0x40000001U

static unsigned int bits_for(unsigned int n)
{
	unsigned int bits = 0;

	while (1U << bits < n)
		bits++;
	return bits;
}

/* Extended topology: subleaf 0 threads (one), 1 cores (all), 2 ends the list. */
static void set_topology(struct kvm_cpuid_entry2 *e, unsigned int id, unsigned int nr_cpus)
{
	static const unsigned int types[] = {1, 2};

	e->edx = id;
	e->ecx = e->index;
	e->eax = 0;
	e->ebx = 0;
	if (e->index < 2) {
		e->ecx |= types[e->index] << 8;
		e->eax = e->index ? bits_for(nr_cpus) : 0;
		e->ebx = e->index ? nr_cpus : 1;
	}
}

static void adapt(struct kvm_cpuid_entry2 *e, const struct vm *vm, unsigned int id)
{
	switch (e->function) {
	case 1:
		e->ebx = (e->ebx & 0x0000ffff) | id << 24 | (vm->nr_cpus & 0xff) << 16;
		e->ecx |= 1U << 21 | 1U << 31; /* x2APIC, hypervisor */
		if (vm->host.has_tsc_deadline)
			e->ecx |= 1U << 24;
		if (vm->nr_cpus > 1)
			e->edx |= 1U << 28;
		break;
	case 0xb:
	case 0x1f:
		set_topology(e, id, vm->nr_cpus);
		break;
	case KVM_FEATURE_LEAF:
		e->eax = 0;
		e->edx = 0;
		break;
	}
}

static int set_cpuid(struct vcpu *v)
{
	const struct kvm_cpuid2 *host = v->vm->host.cpuid;
	size_t size = sizeof(*host) + host->nent * sizeof(host->entries[0]);
	struct kvm_cpuid2 *mine = malloc(size);
	int err;

	if (!mine)
		return -ENOMEM;
	memcpy(mine, host, size);
	for (unsigned int i = 0; i < mine->nent; i++)
		adapt(&mine->entries[i], v->vm, v->index);
	err = ioctl(v->fd, KVM_SET_CPUID2, mine) ? -errno : 0;
	free(mine);
	return err;
}

static int set_sregs(struct vcpu *v)
{
	struct kvm_segment code = {.limit = ~0U, .selector = BOOT_CS, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1};
	struct kvm_segment data = {.limit = ~0U, .selector = BOOT_DS, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1};
	struct kvm_sregs s;

	if (ioctl(v->fd, KVM_GET_SREGS, &s))
		return -errno;
	s.cs = code;
	s.ds = s.es = s.fs = s.gs = s.ss = data;
	s.tr = (struct kvm_segment){.limit = 0x67, .type = 11, .present = 1};
	s.ldt = (struct kvm_segment){.unusable = 1};
	s.gdt = s.idt = (struct kvm_dtable){.limit = 0};
	s.cr0 = CR0_BOOT;
	s.cr4 = CR4_BOOT;
	s.efer = EFER_BOOT;
	s.cr3 = v->vm->boot_cr3;
	return ioctl(v->fd, KVM_SET_SREGS, &s) ? -errno : 0;
}

int vcpu_init(struct vcpu *v)
{
	struct kvm_regs regs = {
		.rip = v->vm->entry,
		.rflags = 2,
		.rdi = v->vm->boot_fdt,
		.rsi = v->vm->phys_base,
		.rdx = v->index,
	};
	struct kvm_mp_state runnable = {.mp_state = KVM_MP_STATE_RUNNABLE};
	int err = set_cpuid(v);

	if (!err)
		err = set_sregs(v);
	if (!err && ioctl(v->fd, KVM_SET_REGS, &regs))
		err = -errno;
	if (!err && ioctl(v->fd, KVM_SET_MP_STATE, &runnable))
		err = -errno;
	return err;
}

static uint64_t kernel_gs_base(struct vcpu *v)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} m;

	memset(&m, 0, sizeof(m));
	m.head.nmsrs = 1;
	m.entry.index = 0xc0000102;
	return ioctl(v->fd, KVM_GET_MSRS, &m) == 1 ? m.entry.data : 0;
}

int vcpu_regs(struct vcpu *v, struct guest_regs *out)
{
	struct kvm_regs r;
	struct kvm_sregs s;

	memset(out, 0, sizeof(*out));
	if (ioctl(v->fd, KVM_GET_REGS, &r) || ioctl(v->fd, KVM_GET_SREGS, &s))
		return -errno;
	*out = (struct guest_regs){
		.rax = r.rax,
		.rbx = r.rbx,
		.rcx = r.rcx,
		.rdx = r.rdx,
		.rsi = r.rsi,
		.rdi = r.rdi,
		.rsp = r.rsp,
		.rbp = r.rbp,
		.r8 = r.r8,
		.r9 = r.r9,
		.r10 = r.r10,
		.r11 = r.r11,
		.r12 = r.r12,
		.r13 = r.r13,
		.r14 = r.r14,
		.r15 = r.r15,
		.rip = r.rip,
		.rflags = r.rflags,
		.cr0 = s.cr0,
		.cr2 = s.cr2,
		.cr3 = s.cr3,
		.cr4 = s.cr4,
		.efer = s.efer,
		.fs_base = s.fs.base,
		.gs_base = s.gs.base,
		.kernel_gs_base = kernel_gs_base(v),
		.cs = s.cs.selector,
		.ds = s.ds.selector,
		.es = s.es.selector,
		.fs = s.fs.selector,
		.gs = s.gs.selector,
		.ss = s.ss.selector,
		.tr = s.tr.selector,
		.ldt = s.ldt.selector,
	};
	return 0;
}
