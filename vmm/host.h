/* SPDX-License-Identifier: MIT */
/*
 * host.h - what this machine's KVM offers: opened, asked, and judged usable or not.
 */
#ifndef MMV_VMM_HOST_H
#define MMV_VMM_HOST_H

#include <linux/kvm.h>
#include <stdbool.h>

/**
 * struct kvm_host - /dev/kvm and its answers.
 * @cpuid: what KVM can give a guest (KVM_GET_SUPPORTED_CPUID)
 * @emulates_ring0: the processor has neither VMX nor SVM, so KVM executes guest ring 0 in its instruction emulator
 * @engine: who runs the guest, in one word: "kvm", "kvm-emulated", or "nested" (on a processor that QEMU's TCG emulates)
 */
struct kvm_host {
	int kvm;
	int api_version;
	unsigned int max_vcpus;
	unsigned int nr_slots;
	unsigned int phys_bits;
	unsigned int run_size;
	bool has_tsc_deadline;
	bool emulates_ring0;
	const char *engine;
	struct kvm_cpuid2 *cpuid;
};

/**
 * kvm_host_open - open /dev/kvm and ask
 * Return: 0, or RUN_NO_KVM after one line on stderr that says what to do. kvm_host_close() is due in either case.
 */
int kvm_host_open(struct kvm_host *h);
void kvm_host_close(struct kvm_host *h);

/** kvm_host_cpuid - the entry of a leaf (first subleaf), or NULL. */
const struct kvm_cpuid_entry2 *kvm_host_cpuid(const struct kvm_host *h, unsigned int leaf);

/** kvm_host_cap - value of a KVM_CAP_*, 0 if it is not there. */
int kvm_host_cap(const struct kvm_host *h, long cap);

#endif
