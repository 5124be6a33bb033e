/* SPDX-License-Identifier: MIT */
/*
 * boot.h - the boot protocol: what the VMM has prepared when the guest's first instruction runs.
 *
 * Every vCPU starts in 64-bit long mode at the kernel's ELF entry point with
 *   %rdi  guest-physical address of the FDT (it lies in the blob)
 *   %rsi  guest-physical address at which KERNEL_BASE was loaded (2 MiB aligned)
 *   %rdx  index of this vCPU: 0 boots, the others park on their cpu-release-addr
 *   %rsp  0: the kernel brings its own stacks
 * flat segments (CS 0x08, data 0x10), RFLAGS 0x2 (interrupts off), CR0 PE|MP|ET|NE|WP|PG|AM, CR4 PAE|PGE,
 * EFER LME|LMA|NXE|SCE, CR3 the first page tables, which lie in the blob and map, with 2 MiB pages:
 *   KERNEL_BASE ..        the kernel image and what follows it in its RAM range, up to BOOT_MAP_MAX, RWX
 *   DIRECT_MAP + gpa      the same bytes of RAM, and the whole blob up to BOOT_MAP_MAX, RW
 *   DEV_VA                the device window, uncached
 *
 * The FDT (root #address-cells = #size-cells = 2) has
 *   /memory@GPA            device_type "memory", reg; one node per RAM slot
 *   /cpus/cpu@N            device_type "cpu", reg = local APIC id, enable-method "spin-table",
 *                          cpu-release-addr (u64 gpa in the blob; the guest stores the virtual address of an
 *                          entry to jump to there), clock-frequency (u64, TSC in Hz)
 *   /reserved-memory/kernel@GPA   reg: the loaded image, .bss included
 *   /blob@GPA              compatible "mmvisor,blob", reg: the blob slot (not RAM: no struct page)
 *   /chosen                bootargs; mmvisor,seed (u64); mmvisor,suites (string list of globs, absent = all)
 *   /chosen/module@GPA     reg, label = file name: a relocatable ELF object to load and run
 *   /chosen/replay@GPA     reg: a compiled op stream (shared/replay.h)
 *   /console@GPA           compatible "mmvisor,console", reg        (shared/devices.h)
 *   /exit@GPA              compatible "mmvisor,exit", reg
 *   /dma@GPA               compatible "mmvisor,dma", reg, mmvisor,address-bits (u32); one per --dma
 *   /serial@PORT           compatible "ns16550a", reg: a console on an I/O port, for a VMM without /console
 *   /exit-port@PORT        compatible "mmvisor,exit-port", reg: takes the exit code as a byte, for a VMM without /exit
 *   /virtio@GPA            compatible "virtio,mmio", reg, label "disk", "scratch" or "swap", as the option (shared/virtio.h)
 *
 * A guest that announced itself (EXIT_ROOT) can be inspected.
 */
#ifndef MMV_SHARED_BOOT_H
#define MMV_SHARED_BOOT_H

/* The first page tables cover this much from the kernel's base (or to the end of its RAM range). */
#define BOOT_MAP_MAX (64UL << 20)

#define BOOT_CS 0x08
#define BOOT_DS 0x10

#define FDT_CONSOLE "mmvisor,console"
#define FDT_EXIT "mmvisor,exit"
#define FDT_SERIAL "ns16550a"
#define FDT_EXIT_PORT "mmvisor,exit-port"
#define FDT_DMA "mmvisor,dma"
#define FDT_VIRTIO "virtio,mmio"
#define FDT_DISK "disk"
#define FDT_SWAP "swap"
#define FDT_SCRATCH "scratch"
#define FDT_BLOB "mmvisor,blob"
#define FDT_SEED "mmvisor,seed"
#define FDT_SUITES "mmvisor,suites"
#define FDT_DMA_BITS "mmvisor,address-bits"

#endif
