/* SPDX-License-Identifier: MIT */
/*
 * core.h - what an ELF core of a guest holds besides the standard parts.
 *
 * ET_CORE, EM_X86_64. PT_LOAD segments, all pointing into the same file bytes where they share memory, holes where
 * the guest never wrote (sparse file):
 *   - one per slot at p_vaddr = DIRECT_MAP + p_paddr: the reader of physical memory uses these;
 *   - one per run of the guest's other mappings (kernel image, vmemmap, vmalloc, modules), so that a
 *     debugger finds memory at kernel addresses.
 * PT_NOTE: NT_PRSTATUS and NT_FPREGSET per vCPU (name "CORE"), then (name "MMVISOR") one CORE_NOTE_INFO, a CORE_NOTE_REGS
 * per vCPU, and one CORE_NOTE_LOG.
 */
#ifndef MMV_SHARED_CORE_H
#define MMV_SHARED_CORE_H

#include "shared/control.h"

#define CORE_NOTE_NAME "MMVISOR"
#define CORE_NOTE_INFO 1 /* struct core_info */
#define CORE_NOTE_REGS 2 /* struct guest_regs, one note per vCPU, in order */
/*
 * What the guest printed, names put to its addresses: lines "[SECONDS.MICROSECONDS] TEXT\n", time since the guest's first
 * instruction. If the oldest were dropped, a first line "LOST N\n" says how many.
 */
#define CORE_NOTE_LOG 3
#define CORE_NOTE_MODULE 4 /* path of a payload's object file, one note for each */
#define CORE_VERSION 1

struct core_info {
	uint32_t version;
	uint32_t nr_cpus;
	uint32_t crashed_cpu; /* index, or ~0 */
	uint32_t pad;
	gva_t root;       /* struct mm_root, 0 if the guest never said */
	char reason[128]; /* one line */
	char kernel[256]; /* path of the kernel ELF */
};

#endif
