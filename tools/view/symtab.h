/* SPDX-License-Identifier: MIT */
/*
 * symtab.h - names for kernel addresses, from the kernel's ELF file and from modules where they were loaded.
 *
 * Independent of a view: the VMM names addresses on the console before there is anything to look at.
 */
#ifndef MMV_TOOLS_SYMTAB_H
#define MMV_TOOLS_SYMTAB_H

#include <stddef.h>
#include <stdint.h>

#include "shared/mm.h"

struct symtab;
struct view;

/** struct symbol_at - what lies at an address: @name + @offset, of @size bytes, in @module ("" for the kernel). */
struct symbol_at {
	const char *name;
	uint64_t offset;
	uint64_t size;
	const char *module;
};

/**
 * symtab_open - read the symbol table of a kernel
 * Return: NULL and one line in @err (VIEW_ERR_MAX bytes) if @path is not an ELF file for x86-64 or has no symbols.
 */
struct symtab *symtab_open(const char *path, char *err);
void symtab_close(struct symtab *s);

/**
 * symtab_add_module - add the symbols of the object file @path, whose sections lie where @mod says
 * Return: 0, or -1 and one line in @err.
 */
int symtab_add_module(struct symtab *s, const char *path, const struct mm_module *mod, char *err);

/**
 * symtab_add_modules - the same for all modules that the guest has loaded
 * @paths: object files that may have been given to the guest; matched by file name; those that are not among them are
 * tried as given Return: how many were added.
 */
unsigned int symtab_add_modules(struct symtab *s, const struct view *v, const char *const *paths,
				unsigned int nr_paths);

/** symtab_find - what lies at @addr. Return: 0, or -1: nothing known. Names live as long as @s. */
int symtab_find(const struct symtab *s, gva_t addr, struct symbol_at *at);

/** symtab_lookup - address of a symbol by name. Return: 0 or -1. */
int symtab_lookup(const struct symtab *s, const char *name, gva_t *addr);

/** symtab_format - "name+0x12/0x80 [module]", or the bare address in hex. @s may be NULL. Return: @buf. */
char *symtab_format(const struct symtab *s, gva_t addr, char *buf, size_t size);

#endif
