/* SPDX-License-Identifier: MIT */
/*
 * probe.h - a VM of one page of code: what does this KVM really do with guest ring 0?
 */
#ifndef MMV_VMM_PROBE_H
#define MMV_VMM_PROBE_H

#include <stdint.h>

#include "vmm/host.h"

/** struct probe - one vCPU in 64-bit mode with identity-mapped memory, no interrupts. */
struct probe {
	int vm, cpu;
	unsigned int run_size;
	struct kvm_run *run;
	uint8_t *mem;
};

/** probe_open - 0 or -errno; probe_close() is due in either case. */
int probe_open(struct probe *p, const struct kvm_host *h);
void probe_close(struct probe *p);

/**
 * probe_run - run @code at ring 0 until it writes to a port
 * @code: machine code that begins with the loop count in %rcx and ends with `out`
 * @ns: receives how long it took
 * Return: 0; -EIO if KVM gave up on it (cannot emulate it), -errno otherwise.
 */
int probe_run(struct probe *p, const uint8_t *code, unsigned int size, uint64_t rcx, uint64_t *ns);

#endif
