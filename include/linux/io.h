/* SPDX-License-Identifier: MIT */
/*
 * io.h - devices' registers: mapped by ioremap(), read and written by calls that the compiler neither merges nor leaves out.
 */
#ifndef _LINUX_IO_H
#define _LINUX_IO_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/pgtable.h>

/**
 * ioremap - map @size bytes of device registers from @phys on, uncached
 *
 * @phys need not be page aligned, the result is as much off a page as it. ioremap_uc() is the same, more strictly.
 * ioremap_wt() writes through; ioremap_wc() is uncached here: the memory types are those of power-on, none combines
 * writes. ioremap_cache() is for memory that is no RAM of ours. All are writable and not executable.
 * Context: task. Return: NULL for size 0, a range that wraps, no memory; and, with a warning, for RAM.
 */
void __iomem *ioremap(phys_addr_t phys, size_t size);
void __iomem *ioremap_uc(phys_addr_t phys, size_t size);
void __iomem *ioremap_wc(phys_addr_t phys, size_t size);
void __iomem *ioremap_wt(phys_addr_t phys, size_t size);
void __iomem *ioremap_cache(phys_addr_t phys, size_t size);
/** ioremap_prot - with the entries' bits as they are given; a page that may be written to is never executable. */
void __iomem *ioremap_prot(phys_addr_t phys, size_t size, unsigned long prot);

/** ioremap_np - writes that wait for the device: not on this machine. Return: NULL. */
static inline void __iomem *ioremap_np(phys_addr_t phys, size_t size)
{
	(void)phys;
	(void)size;
	return NULL;
}

/** iounmap - undo; NULL is fine. Context: task. */
void iounmap(volatile void __iomem *addr);

/** is_ioremap_addr - does it lie where ioremap() maps? */
bool is_ioremap_addr(const void *addr);

#define MEMREMAP_WB (1UL << 0)
#define MEMREMAP_WT (1UL << 1)
#define MEMREMAP_WC (1UL << 2)

/**
 * memremap - memory without side effects at @phys, RAM or not
 * @flags: MEMREMAP_*: the first one that can be had, in this order. RAM is cached: MEMREMAP_WB gives its place in the direct map,
 *         the others are refused with a warning.
 */
void *memremap(phys_addr_t phys, size_t size, unsigned long flags);
void memunmap(void *addr);

#define __IO_READ(name, type)                                                                                          \
	static inline type name(const volatile void __iomem *addr)                                                     \
	{                                                                                                              \
		type v = *(const volatile type *)addr;                                                                 \
		asm volatile("" : : : "memory");                                                                       \
		return v;                                                                                              \
	}
#define __IO_WRITE(name, type)                                                                                         \
	static inline void name(type v, volatile void __iomem *addr)                                                   \
	{                                                                                                              \
		asm volatile("" : : : "memory");                                                                       \
		*(volatile type *)addr = v;                                                                            \
	}
__IO_READ(readb, u8)
__IO_READ(readw, u16)
__IO_READ(readl, u32)
__IO_READ(readq, u64)
__IO_WRITE(writeb, u8)
__IO_WRITE(writew, u16)
__IO_WRITE(writel, u32)
__IO_WRITE(writeq, u64)

#endif
