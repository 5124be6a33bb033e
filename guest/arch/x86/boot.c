/* SPDX-License-Identifier: MIT */
/*
 * boot.c - from the first line of C to the first kernel thread. What is called here, in this order, is the boot.
 */
#include <linux/fault-inject.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmdebug.h>
#include <linux/panic.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/stackdepot.h>
#include <linux/swiotlb.h>

#include "guest/arch/x86/arch.h"
#include "guest/arch/x86/tables.h"
#include "guest/drivers/dma.h"
#include "guest/drivers/virtio_blk.h"
#include "guest/kernel/boot_info.h"
#include "guest/kernel/main.h"
#include "shared/boot.h"

static void add_memory(void)
{
	for (uint32_t i = 0; i < boot_info.nr_ranges; i++) {
		if (memblock_add(boot_info.ranges[i].base, boot_info.ranges[i].size))
			panic("too many ranges of memory");
	}
	if (memblock_reserve(phys_base, PAGE_ALIGN((unsigned long)(kernel_end - kernel_start))))
		panic("too many reserved ranges of memory");
}

static void fill_root(uint64_t tsc)
{
	mm_root.tsc_entry = tsc;
	mm_root.phys_base = phys_base;
	mm_root.kernel_start = (gva_t)kernel_start;
	mm_root.kernel_end = (gva_t)kernel_end;
	mm_root.cr3 = kernel_cr3;
	mm_root.nr_cpus = boot_info.nr_cpus;
	mm_root.nr_cpus_online = 1;
	mm_root.direct_on_touch = paging_on_touch();
}

/**
 * x86_start - the boot CPU's first C code, on the boot stack, on the VMM's page tables
 * @fdt:  gpa of the device tree
 * @phys: gpa at which KERNEL_BASE was loaded
 * @tsc:  time-stamp counter at the first instruction
 */
void x86_start(gpa_t fdt, gpa_t phys, uint64_t tsc)
{
	phys_base = phys;
	traps_init();
	fdt_parse(__va(fdt));
	tsc_hz = boot_info.tsc_hz;
	smp_prepare();
	add_memory();
	paging_init();
	fill_root(tsc);
	random_init(boot_info.seed);
	fault_inject_seed(boot_info.seed);
	cmdline_setup();
	for (unsigned int i = 0; i < boot_info.nr_dma; i++)
		swiotlb_limit_bits = min(swiotlb_limit_bits, boot_info.dma[i].bits);
	if (MM_DEBUG)
		stack_depot_init();
	if (MM_DEBUG)
		page_debug_init((struct page_ext *)PAGE_EXT);
	mm_init();
	paging_protect_image();

	stack_init_cpu(0, boot_irq_top, boot_ist_top);
	desc_init_cpu(boot_ist_top);
	irq_init();
	apic_init_cpu();
	sched_init();
	stack_publish(0);
	apic_timer_init_cpu();
	smp_boot();
	dma_drivers_init();
	virtio_blk_init();
	start_kernel();
}
