/* SPDX-License-Identifier: MIT */
/*
 * set_memory.h - change what may be done with pages of the kernel's that are mapped.
 *
 * @addr: page aligned, in the direct map, the kernel image, a vmalloc or module area. Large pages are split where the range ends
 * inside one. Beside the mapping itself the pages' place in the direct map changes, but for execution, which is never allowed
 * there. Nothing of this is undone when the memory is freed, unless set_vm_flush_reset_perms() was called.
 * Context: task, may sleep. Return: 0; -EINVAL for an address that is not page aligned; -EFAULT if not all of it is mapped,
 * -ENOMEM for no memory for tables: then nothing has changed.
 */
#ifndef _LINUX_SET_MEMORY_H
#define _LINUX_SET_MEMORY_H

#include <linux/types.h>

struct page;

int set_memory_ro(unsigned long addr, int numpages);
int set_memory_rw(unsigned long addr, int numpages);
/** set_memory_x - may be executed: refused with -EINVAL while it may be written to. */
int set_memory_x(unsigned long addr, int numpages);
int set_memory_nx(unsigned long addr, int numpages);
/** set_memory_rox - read-only and executable in one step. */
int set_memory_rox(unsigned long addr, int numpages);
/** set_memory_np - nobody may touch it; set_memory_p undoes that. */
int set_memory_np(unsigned long addr, int numpages);
int set_memory_p(unsigned long addr, int numpages);
/** set_memory_4k - map by small pages. */
int set_memory_4k(unsigned long addr, int numpages);
int set_memory_uc(unsigned long addr, int numpages);
int set_memory_wc(unsigned long addr, int numpages);
int set_memory_wb(unsigned long addr, int numpages);

/**
 * set_direct_map_invalid_noflush, set_direct_map_default_noflush - take a page out of the direct map; put it back, readable and
 * writable
 *
 * Neither flushes: other CPUs may know the old mapping until somebody does.
 */
int set_direct_map_invalid_noflush(struct page *page);
int set_direct_map_default_noflush(struct page *page);
/** kernel_page_present - is the page in the direct map? */
bool kernel_page_present(struct page *page);

#endif
