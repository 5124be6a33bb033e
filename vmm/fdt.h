/* SPDX-License-Identifier: MIT */
/*
 * fdt.h - the flattened device tree that describes a VM to its guest (shared/boot.h says what is in it).
 */
#ifndef MMV_VMM_FDT_H
#define MMV_VMM_FDT_H

#include "vmm/boot.h"

struct vm;

/** struct fdt_places - where things lie that only the blob's layout knows. */
struct fdt_places {
	gpa_t blob;
	uint64_t blob_size;
	gpa_t kernel;
	uint64_t kernel_size;
	gpa_t release; /* one u64 per vCPU */
	gpa_t replay;
};

/** fdt_max_size - room that fdt_build() may need. */
size_t fdt_max_size(const struct boot_files *files, const struct run_config *cfg);

/**
 * fdt_build - write the tree to @buf
 * Return: 0, or -EINVAL if it does not fit (fdt_max_size() was not asked).
 */
int fdt_build(void *buf, size_t size, const struct vm *vm, const struct boot_files *files,
	      const struct fdt_places *places);

#endif
