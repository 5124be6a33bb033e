/* SPDX-License-Identifier: MIT */
/*
 * elf.h - reading ELF files that nobody vouches for: the kernel to load, the modules to pass on.
 *
 * Works on a file in memory. Every offset and size is checked against the file before it is followed.
 * Pure functions: no KVM, no allocation.
 */
#ifndef MMV_VMM_ELF_H
#define MMV_VMM_ELF_H

#include "shared/types.h"

#define ELF_MAX_SEGMENTS 16

/** struct elf_segment - file bytes [data, data + filesz) go to @vaddr; [filesz, memsz) is zero. */
struct elf_segment {
	gva_t vaddr;
	uint64_t memsz, filesz;
	const uint8_t *data;
};

/** struct elf_image - an executable for KERNEL_BASE. @start is 4 KiB aligned, @end is one past the last byte. */
struct elf_image {
	gva_t entry;
	gva_t start, end;
	unsigned int nr_segments;
	struct elf_segment segments[ELF_MAX_SEGMENTS];
};

/**
 * elf_parse_kernel - find out what to load where
 * @file, @size: the file's bytes; @image points into them afterwards
 * @why: on failure, what is wrong and what to do, without the file's name
 * Return: 0 or -ENOEXEC.
 */
int elf_parse_kernel(struct elf_image *image, const void *file, size_t size, char *why, size_t why_size);

/**
 * elf_check_module - is this a relocatable x86-64 object whose section table lies in the file?
 * Return: 0 or -ENOEXEC with @why set. What the sections say is the guest's loader's business.
 */
int elf_check_module(const void *file, size_t size, char *why, size_t why_size);

#endif
