/* SPDX-License-Identifier: MIT */
/*
 * boot.h - what a guest boots from: files read and checked on the host, and the blob they become in the guest.
 */
#ifndef MMV_VMM_BOOT_H
#define MMV_VMM_BOOT_H

#include "vmm/elf.h"
#include "vmm/run.h"

/* The guest's table of modules has this many entries. */
#define BOOT_MAX_MODULES 32

/** struct boot_file - a whole file in memory. @gpa: where it lies in the guest, once placed. */
struct boot_file {
	char *path;
	uint8_t *data;
	size_t size;
	gpa_t gpa;
};

/** struct boot_files - everything that run_config names, read and checked. @image points into @kernel. */
struct boot_files {
	struct boot_file kernel;
	struct elf_image image;
	unsigned int nr_modules;
	struct boot_file modules[BOOT_MAX_MODULES];
};

/** boot_files_load - 0, or RUN_USAGE after one line on stderr; boot_files_free() is due in either case. */
int boot_files_load(struct boot_files *files, const struct run_config *cfg);
void boot_files_free(struct boot_files *files);

/** boot_blob_size - bytes of blob that these files need, a multiple of 2 MiB. */
uint64_t boot_blob_size(const struct boot_files *files, const struct run_config *cfg);

/** boot_base_name - the part of a path after its last slash. */
const char *boot_base_name(const char *path);

#endif
