/* SPDX-License-Identifier: MIT */
/*
 * symbols.h - names for kernel addresses, from the kernel's ELF file and from modules where they were loaded.
 *
 * Independent of a view: the VMM names addresses on the console before there is anything to look at.
 */
#ifndef MMV_TOOLS_SYMBOLS_H
#define MMV_TOOLS_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "shared/mm.h"

struct symbols;
struct view;

/** struct symbol_at - what lies at an address: @name + @offset, of @size bytes, in @module ("" for the kernel). */
struct symbol_at {
	const char *name;
	uint64_t offset;
	uint64_t size;
	const char *module;
};

/**
 * symbols_open - read the symbol table of a kernel
 * Return: NULL and one line in @err (VIEW_ERR_MAX bytes) if @path is not an ELF file for x86-64 or has no symbols.
 */
struct symbols *symbols_open(const char *path, char *err);
void symbols_close(struct symbols *s);

/**
 * symbols_add_module - add the symbols of the object file @path, whose sections lie where @mod says
 * Return: 0, or -1 and one line in @err.
 */
int symbols_add_module(struct symbols *s, const char *path, const struct mm_module *mod, char *err);

/**
 * symbols_add_modules - the same for all modules that the guest has loaded
 * @paths: object files that may have been given to the guest; matched by file name; those that are not among them are
 * tried as given Return: how many were added.
 */
unsigned int symbols_add_modules(struct symbols *s, const struct view *v, const char *const *paths,
				 unsigned int nr_paths);

/** symbols_find - what lies at @addr. Return: 0, or -1: nothing known. Names live as long as @s. */
int symbols_find(const struct symbols *s, gva_t addr, struct symbol_at *at);

/** symbols_lookup - address of a symbol by name. Return: 0 or -1. */
int symbols_lookup(const struct symbols *s, const char *name, gva_t *addr);

/** symbols_format - "name+0x12/0x80 [module]", or the bare address in hex. @s may be NULL. Return: @buf. */
char *symbols_format(const struct symbols *s, gva_t addr, char *buf, size_t size);

#endif
