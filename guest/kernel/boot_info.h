/* SPDX-License-Identifier: MIT */
/*
 * boot_info.h - what the VMM told this run, taken from the FDT once at boot and checked there.
 *
 * Constant after boot. Pointers lead into the blob, which stays mapped in the direct map for good. Strings end within
 * it. Addresses and sizes of modules and of the replay are known to lie in the blob.
 */
#ifndef KERNEL_BOOT_INFO_H
#define KERNEL_BOOT_INFO_H

#include <stdbool.h>

#include "shared/layout.h"
#include "shared/devices.h"
#include "shared/types.h"
#include "shared/virtio.h"

#define BOOT_MAX_MODULES 32

/** struct boot_range - guest-physical [base, base + size). */
struct boot_range {
	gpa_t base;
	uint64_t size;
};

/** struct boot_cpu - a CPU: its local APIC and the word that its parked vCPU watches (0 for the boot CPU). */
struct boot_cpu {
	uint32_t apic_id;
	gpa_t release_addr;
};

/** struct boot_module - a relocatable object to load. @name: the file's name. */
struct boot_module {
	const char *name;
	const void *data;
	uint64_t size;
};

/** struct boot_dma - a DMA engine: its registers, and the address bits it drives. */
struct boot_dma {
	gpa_t base;
	uint32_t bits;
};

/** struct boot_disk - a block device. @swap: it is there to swap to; @scratch: to be overwritten: nobody expects anything on it. */
struct boot_disk {
	gpa_t base;
	bool swap, scratch;
};

/**
 * struct boot_info - one run
 * @ranges: RAM, sorted by address, no overlaps
 * @console_port, @exit_port: I/O ports that stand for our own devices on another VMM's machine; 0: ours are there
 * @suites: @suites_len bytes of globs, each ended by a NUL; NULL and 0: all suites
 * @replay: compiled op stream (shared/replay.h), or NULL
 */
struct boot_info {
	uint32_t nr_ranges, nr_cpus, nr_modules, nr_dma;
	struct boot_range ranges[MMV_NR_RANGES];
	struct boot_cpu cpus[MMV_NR_CPUS];
	struct boot_range kernel; /* the loaded image, .bss included */
	struct boot_range blob;
	uint16_t console_port, exit_port;
	uint64_t tsc_hz;
	uint64_t seed;
	const char *bootargs; /* never NULL */
	const char *suites;
	uint64_t suites_len;
	struct boot_module modules[BOOT_MAX_MODULES];
	const void *replay;
	uint64_t replay_size;
	struct boot_dma dma[DMA_MAX_ENGINES];
	uint32_t nr_disks;
	struct boot_disk disks[BLK_MAX_DEVICES];
};

extern struct boot_info boot_info;

/** sched_det - the boot option sched.deterministic: the scheduler's choices come from the seed. Constant from before the first thread. */
extern bool sched_det;

#endif
