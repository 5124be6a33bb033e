/* SPDX-License-Identifier: MIT */
/*
 * control.h - the control socket (--control): a UNIX stream socket on which a tool talks to a running VMM, in lines of JSON.
 *
 * A request is one line, an object with "cmd" and perhaps "id" (a string or a number, which comes back with the reply); a reply
 * is one line, an object with "ok", "cmd", "id", and if "ok" is false "error", one sentence. Replies come in the order of the
 * requests. What is not understood is refused, and the connection goes on; a line longer than CTL_LINE_MAX is dropped and
 * refused. Only the user whose VMM it is (and root) gets in; who does not read replies is thrown out.
 *
 *	status                        what runs, for how long, how far it got
 *	pause, resume                 "root": address of struct mm_root; pauses nest over connections: the guest runs when nobody
 *	                              wants it paused, and a connection that ends takes its pauses along
 *	fds                           "regions" of guest-physical memory, and with the first byte of the reply a descriptor for
 *	                              each by SCM_RIGHTS, in order, for reading only
 *	regs                          the registers of every vCPU; the guest must be paused
 *	log       [from: N]           the console's lines with numbers from N on
 *	snapshot  file: PATH          write an ELF core and go on (shared/core.h)
 *	inject    line: NAME          the interrupt of a device, as "stats" names it; or
 *	          cpu: N, vector: N   any interrupt, on any vCPU; or
 *	          cpu: N, nmi: true   an NMI: the guest panics and says where every vCPU is
 *	stats                         exits, pauses, devices, interrupt lines
 *	quit                          end the run
 *
 * Numbers that are addresses or registers are strings in hexadecimal, "0x…": readers of JSON may keep only 53 bits of a number.
 */
#ifndef MMV_SHARED_CONTROL_H
#define MMV_SHARED_CONTROL_H

#include "shared/layout.h"
#include "shared/types.h"

/** The protocol's version, in the reply to "status". */
#define CTL_VERSION 2

/** A request is at most so many bytes long, its newline included. */
#define CTL_LINE_MAX 4096
/** So many bytes of replies may wait for a client to read them. */
#define CTL_UNREAD_MAX (16UL << 20)

/** struct mem_region - guest-physical [gpa, gpa + size) is @offset in the file. */
struct mem_region {
	gpa_t gpa;
	uint64_t size;
	uint64_t offset;
	uint32_t is_ram; /* 0: the blob */
	uint32_t pad;
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

/*
 * The members of struct guest_regs by name, for both sides of "regs": GUEST_REGS(X) is X(name) for each. (Each run of clang-format
 * would lay the list out anew.)
 */
/* clang-format off */
#define GUEST_REGS(X) \
	X(rax) X(rbx) X(rcx) X(rdx) X(rsi) X(rdi) X(rsp) X(rbp) \
	X(r8) X(r9) X(r10) X(r11) X(r12) X(r13) X(r14) X(r15) \
	X(rip) X(rflags) X(cr0) X(cr2) X(cr3) X(cr4) X(efer) X(fs_base) \
	X(gs_base) X(kernel_gs_base) X(cs) X(ds) X(es) X(fs) X(gs) X(ss) \
	X(tr) X(ldt)
/* clang-format on */

#endif
