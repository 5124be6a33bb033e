/* SPDX-License-Identifier: MIT */
/*
 * layout.h - the one memory map: guest-physical ranges and guest-virtual areas.
 *
 *   guest-physical                                 what
 *   0            .. 0x9ffff                        DMA RAM, low part
 *   0xa0000      .. 0xfffff                        hole (as on a PC: no RAM, no device)
 *   0x100000     .. 16 MiB                         DMA RAM, high part
 *   16 MiB       .. DEV_GPA                        DMA32 RAM (as much as --mem asks for)
 *   DEV_GPA      .. 4 GiB                          device window, then APICs: never RAM
 *   4 GiB        ..                                NORMAL RAM
 *   above all RAM, 2 MiB aligned, >= 4 GiB         the blob: FDT, first page tables, modules, op streams
 *
 *   guest-virtual                                  what
 *   DIRECT_MAP   + gpa                             all RAM and the blob, NX
 *   VMALLOC_START.. VMALLOC_END                    vmalloc
 *   VMEMMAP      + pfn * sizeof(struct page)       struct page of every RAM page
 *   PAGE_EXT     + pfn * sizeof(struct page_ext)   what the debug kernel knows about every RAM page
 *   KERNEL_BASE  ..                                kernel image, W^X
 *   MODULES_START.. MODULES_END                    module sections (within 2 GiB of the kernel: code model "kernel")
 *   DEV_VA       .. + DEV_SIZE                     the device window, uncached
 */
#ifndef MMV_SHARED_LAYOUT_H
#define MMV_SHARED_LAYOUT_H

#define MMV_PAGE_SHIFT 12
#define MMV_PAGE_SIZE (1UL << MMV_PAGE_SHIFT)

/* Largest block the page allocator hands out: 2^10 pages = 4 MiB, as Linux's MAX_PAGE_ORDER. */
#define MAX_PAGE_ORDER 10
#define NR_PAGE_ORDERS (MAX_PAGE_ORDER + 1)

/* PC hole between the end of conventional memory and 1 MiB. */
#define HOLE_START 0xa0000UL
#define HOLE_END 0x100000UL
/* Zone borders: ISA DMA reaches 24 address bits, ZONE_DMA32 32 bits. */
#define DMA_END (16UL << 20)
#define DMA32_END (4UL << 30)

/* The device window lies under the I/O APIC (0xfec00000) and local APIC (0xfee00000). */
#define DEV_GPA 0xfe000000UL
#define DEV_SIZE 0x200000UL

/* 4-level paging: 47 bits each half. */
#define DIRECT_MAP 0xffff888000000000UL
#define DIRECT_MAP_SIZE (64UL << 40)
#define VMALLOC_START 0xffffc90000000000UL
#define VMALLOC_END 0xffffe90000000000UL
#define VMEMMAP 0xffffea0000000000UL
#define VMEMMAP_SIZE (1UL << 40)
#define PAGE_EXT 0xffffec0000000000UL
#define PAGE_EXT_SIZE (1UL << 39)
#define KERNEL_BASE 0xffffffff80000000UL
#define KERNEL_SIZE (512UL << 20)
#define MODULES_START 0xffffffffa0000000UL
#define MODULES_END 0xffffffffff000000UL
#define DEV_VA 0xffffffffff200000UL

_Static_assert(DIRECT_MAP + DIRECT_MAP_SIZE <= VMALLOC_START, "direct map runs into vmalloc");
_Static_assert(VMALLOC_END <= VMEMMAP, "vmalloc runs into vmemmap");
_Static_assert((DIRECT_MAP_SIZE >> MMV_PAGE_SHIFT) * 64 <= VMEMMAP_SIZE, "vmemmap is too small for the direct map");
_Static_assert(VMEMMAP + VMEMMAP_SIZE <= PAGE_EXT, "vmemmap runs into the debug kernel's entries");
_Static_assert((DIRECT_MAP_SIZE >> MMV_PAGE_SHIFT) * 32 <= PAGE_EXT_SIZE, "too small for the direct map");
_Static_assert(KERNEL_BASE + KERNEL_SIZE <= MODULES_START, "kernel image runs into modules");
_Static_assert(MODULES_END <= DEV_VA, "modules run into the device window");

/* What one kernel image can drive. */
#define MMV_NR_CPUS 64
#define MMV_NR_RANGES 32
/* Ranges of untouched memory that a zone keeps apart. */
#define MMV_NR_FRESH 64

#endif
