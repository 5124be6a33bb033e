/* SPDX-License-Identifier: MIT */
/*
 * control.h - the control socket (--control): a UNIX SOCK_SEQPACKET socket on which a tool asks a running VMM.
 *
 * One request per packet, one reply per packet, in order. A connection that paused the guest and goes away resumes it.
 * Pauses nest over connections: the guest runs when nobody wants it paused.
 */
#ifndef MMV_SHARED_CONTROL_H
#define MMV_SHARED_CONTROL_H

#include "shared/layout.h"
#include "shared/types.h"

#define CTL_MAGIC 0x6c74636dU /* "mctl" */
#define CTL_VERSION 1

enum ctl_cmd {
	CTL_INFO = 1,   /* reply: struct ctl_info, and one descriptor per region by SCM_RIGHTS (in order) */
	CTL_PAUSE = 2,  /* reply when every vCPU has left the guest: struct ctl_reply */
	CTL_RESUME = 3, /* reply: struct ctl_reply */
	CTL_REGS = 4,   /* arg = vCPU; guest must be paused; reply: struct ctl_regs */
};

struct ctl_request {
	uint32_t magic, version;
	uint32_t cmd; /* enum ctl_cmd */
	uint32_t arg;
};

/** @error: 0 or a positive errno */
struct ctl_reply {
	uint32_t magic, version;
	uint32_t cmd;
	uint32_t error;
};

/** struct mem_region - guest-physical [gpa, gpa + size) is @offset in the file. */
struct mem_region {
	gpa_t gpa;
	uint64_t size;
	uint64_t offset;
	uint32_t is_ram; /* 0: the blob */
	uint32_t pad;
};

struct ctl_info {
	struct ctl_reply head;
	uint32_t nr_regions, nr_cpus;
	gva_t root;       /* struct mm_root; 0 if the guest has not said yet */
	char kernel[256]; /* path of the kernel ELF */
	struct mem_region regions[MMV_NR_RANGES + 2];
};

/** struct guest_regs - one vCPU. @cr3 etc. as in struct kvm_sregs; flat 64-bit segments. */
struct guest_regs {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, rflags;
	uint64_t cr0, cr2, cr3, cr4, efer;
	uint64_t fs_base, gs_base, kernel_gs_base;
	uint16_t cs, ds, es, fs, gs, ss, tr, ldt;
};

struct ctl_regs {
	struct ctl_reply head;
	struct guest_regs regs;
};

#endif
