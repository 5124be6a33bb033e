/* SPDX-License-Identifier: MIT */
/*
 * module.h - a payload between being a file and being gone; shared by the loader (module_load.c) and who runs it (module.c).
 */
#ifndef KERNEL_MODULE_H
#define KERNEL_MODULE_H

#include <linux/types.h>

#include "guest/kernel/elf.h"
#include "guest/kernel/main.h"
#include "shared/mm.h"

struct kunit_suite;
struct module_param_entry;

/**
 * struct load - a payload that is loaded
 * @name:      file name, for messages
 * @file:      the object, @size bytes: untrusted, constant
 * @shdrs:     its section headers, copied; each is known to lie in the file
 * @addrs:     where each section was put, 0 if it was not
 * @syms:      address of each symbol; @nr_syms
 * @base:      where the sections are, @total bytes, in three parts with rights of their own: code up to @rodata,
 *             constants up to @data, data
 * @root:      what the host sees, on mm_root.modules
 */
struct load {
	const char *name;
	const u8 *file;
	u64 size;
	struct elf_ehdr head;
	struct elf_shdr *shdrs;
	u64 *addrs;
	u32 symtab;
	u64 *syms;
	u64 nr_syms;
	u8 *base;
	u64 rodata, data, total;
	int (*init)(void);
	void (*exit)(void);
	struct kunit_suite *const *suites;
	size_t nr_suites;
	const struct module_param_entry *params;
	size_t nr_params;
	struct mm_module root;
};

/**
 * module_load - check the object, put its sections into memory, resolve and relocate them, set their rights
 *
 * What is wrong with it is said in one line, "mmvisor: NAME: ...". Context: task.
 * Return: 0, or -errno with nothing left behind. Undo with module_unload().
 */
int module_load(struct load *l, const struct boot_module *mod);
void module_unload(struct load *l);

#endif
