/* SPDX-License-Identifier: MIT */
/*
 * vm.h - one virtual machine: KVM handles, memory slots, vCPUs, devices, and how it ended.
 *
 * Threads: the one that called run_guest() waits for the end and serves the control socket; one per vCPU; one per
 * DMA engine. What they share: the gate (gate.h), struct vm_end (under its lock), the console (under its own), and the
 * fields marked (a). Everything else is constant once the vCPUs run.
 */
#ifndef MMV_VMM_VM_H
#define MMV_VMM_VM_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "shared/devices.h"
#include "vmm/boot.h"
#include "vmm/console.h"
#include "vmm/dma.h"
#include "vmm/gate.h"
#include "vmm/host.h"
#include "vmm/irq.h"
#include "vmm/klog.h"
#include "vmm/ram.h"
#include "vmm/run.h"
#include "vmm/symbols.h"
#include "vmm/virtio_blk.h"

/** struct vcpu - @fd is -1 before it exists. @exits: (a) times it left the guest */
struct vcpu {
	struct vm *vm;
	unsigned int index;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	bool started;
	_Atomic(uint64_t) exits;
};

/** struct vm_end - the first reason to stop wins. @cpu: which vCPU, or ~0. */
struct vm_end {
	pthread_mutex_t lock;
	bool set;
	enum run_end how;
	unsigned int cpu;
	int signal;
	char reason[256];
	/* KVM_EXIT_INTERNAL_ERROR, suberror 1: what KVM could not emulate; nr_insn 0: it did not say */
	bool no_emulation;
	unsigned int nr_insn;
	uint8_t insn[16];
};

struct vm {
	const struct run_config *cfg;
	struct kvm_host host;
	int fd;
	int end_fd; /* eventfd: somebody called vm_end() */
	struct ram ram;
	gpa_t blob_gpa;
	gpa_t phys_base; /* where KERNEL_BASE lies */
	gva_t entry;
	gpa_t boot_fdt, boot_cr3;
	char *kernel; /* path */
	struct kvm_cpuid2 *cpuid;
	uint64_t tsc_hz;
	unsigned int nr_cpus;
	struct vcpu cpus[MMV_NR_CPUS];
	struct gate gate;
	struct console console;
	struct klog klog;
	struct dma dma[DMA_MAX_ENGINES];
	unsigned int nr_dma;
	struct virtio_blk blk[BLK_MAX_DEVICES];
	unsigned int nr_blk;
	pthread_mutex_t irq_lock;
	struct msi msi[IRQ_LINES]; /* under irq_lock */
	struct symbols symbols;
	struct vm_end end;
	_Atomic(gva_t) root;                /* (a) from EXIT_ROOT */
	_Atomic(uint64_t) t_start;          /* (a) ns, CLOCK_MONOTONIC: first KVM_RUN */
	_Atomic(uint64_t) t_booted, t_done; /* (a) marks */
};

/** vm_now - CLOCK_MONOTONIC in ns. */
static inline uint64_t vm_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000UL + (uint64_t)ts.tv_nsec;
}

/**
 * vm_create - KVM handles, slots with empty memory, irqchip, vCPUs without state
 * Return: 0, or an enum run_exit after one line on stderr. vm_destroy() is due in either case.
 */
int vm_create(struct vm *vm, const struct run_config *cfg, uint64_t blob_size);

/** vm_destroy - everything back; threads must have ended. */
void vm_destroy(struct vm *vm);

/** vm_boot_prepare - kernel, blob, FDT, first page tables, vCPU state (boot.c). Return as vm_create(). */
int vm_boot_prepare(struct vm *vm, struct boot_files *files);

/** vm_start - all vCPUs and engines run. Return: 0 or -errno. */
int vm_start(struct vm *vm);

/** vm_stop - nobody runs any more: kicks and joins every thread. Safe to call twice. */
void vm_stop(struct vm *vm);

/** vm_pause, vm_resume - pauses nest. After vm_pause() every vCPU and engine is out of the guest. */
void vm_pause(struct vm *vm);
void vm_resume(struct vm *vm);

/** vm_kick - make every vCPU leave the guest soon. */
void vm_kick(struct vm *vm);

/** vm_end - the run is over; the first caller's reason stands. Any thread. */
void vm_end(struct vm *vm, enum run_end how, unsigned int cpu, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** vcpu_regs - registers of a vCPU that is out of the guest. Return: 0 or -errno. */
int vcpu_regs(struct vcpu *vcpu, struct guest_regs *regs);

/** vcpu_init - registers, CPUID and power state for boot (cpu.c). Return: 0 or -errno. */
int vcpu_init(struct vcpu *vcpu);

/** vcpu_thread - runs one vCPU until the end (vcpu.c). */
void *vcpu_thread(void *vcpu);

/** vm_mmio - a guest access to an address that is no RAM (devices.c). */
void vm_mmio(struct vcpu *vcpu, gpa_t gpa, uint8_t *data, unsigned int len, bool write);

#endif
