// SPDX-License-Identifier: MIT
/*
 * module_load.c - a relocatable ELF object becomes code that can run.
 *
 * The file is not trusted: every offset, size, index and link is checked against what holds it before it is used, with
 * tests that cannot wrap. What the checks establish:
 *   - each section's bytes lie in the file, each string table ends with a NUL, so names can be read;
 *   - each symbol is undefined, absolute, or inside its section;
 *   - each relocated word lies inside its section.
 * It can still hold any instructions: a payload is as privileged as the kernel.
 *
 * Order: headers, layout and copy (code, constants, data: each in pages of its own), symbols, relocations, rights.
 */
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/set_memory.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "guest/kernel/kunit.h"
#include "guest/kernel/module.h"

#define MAX_SECTIONS 4096
#define MAX_ALIGN PAGE_SIZE

#define fail(l, fmt, ...)                                                                                              \
	({                                                                                                             \
		printk(KERN_EMERG "mmvisor: %s: " fmt "\n", (l)->name, ##__VA_ARGS__);                                 \
		-ENOEXEC;                                                                                              \
	})

static bool inside(u64 at, u64 len, u64 size)
{
	return at <= size && len <= size - at;
}

/* A string of a string table that was checked; "" if the offset is beyond it. */
static const char *string_at(const struct load *l, u32 table, u64 at)
{
	const struct elf_shdr *s = &l->shdrs[table];

	return at < s->size ? (const char *)l->file + s->offset + at : "";
}

/** struct shown - a name of the file's, fit for the console: what is not printable could pass for our own lines */
struct shown {
	char text[64];
};

static const char *show(struct shown *s, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(s->text) - 1 && name[i]; i++)
		s->text[i] = isprint((unsigned char)name[i]) ? name[i] : '?';
	s->text[i] = 0;
	return s->text;
}

static const char *section_name(const struct load *l, u32 i)
{
	return string_at(l, l->head.shstrndx, l->shdrs[i].name);
}

static int check_head(struct load *l)
{
	const struct elf_ehdr *h = &l->head;

	if (l->size < sizeof(*h))
		return fail(l, "cut short: %llu bytes are no ELF object", l->size);
	memcpy(&l->head, l->file, sizeof(l->head));
	if (h->magic != ELF_MAGIC)
		return fail(l, "not an ELF object: build it with mmvisor-cc");
	if (h->class != ELFCLASS64 || h->data != ELFDATA2LSB)
		return fail(l, "not a 64-bit little-endian ELF object: build it with mmvisor-cc");
	if (h->machine != EM_X86_64)
		return fail(l, "for machine %u, not x86-64", h->machine);
	if (h->type != ET_REL)
		return fail(l, "ELF type %u is not relocatable: build it with mmvisor-cc", h->type);
	if (h->shentsize != sizeof(struct elf_shdr) || !h->shnum || h->shnum > MAX_SECTIONS)
		return fail(l, "bad section table: %u entries of %u bytes", h->shnum, h->shentsize);
	if (!inside(h->shoff, (u64)h->shnum * sizeof(struct elf_shdr), l->size))
		return fail(l, "cut short: the section table lies beyond the end");
	return 0;
}

static bool is_string_table(const struct load *l, u32 i)
{
	const struct elf_shdr *s = &l->shdrs[i];

	return i < l->head.shnum && s->type == SHT_STRTAB && s->size && !l->file[s->offset + s->size - 1];
}

static int check_sections(struct load *l)
{
	u32 nr = l->head.shnum;

	memcpy(l->shdrs, l->file + l->head.shoff, nr * sizeof(*l->shdrs));
	for (u32 i = 0; i < nr; i++) {
		const struct elf_shdr *s = &l->shdrs[i];

		if (s->type == SHT_NULL)
			continue;
		if (s->type != SHT_NOBITS && !inside(s->offset, s->size, l->size))
			return fail(l, "cut short: section %u lies beyond the end", i);
		if (s->addralign & (s->addralign - 1) || s->addralign > MAX_ALIGN)
			return fail(l, "section %u wants alignment %llu", i, (u64)s->addralign);
		if (s->flags & SHF_ALLOC && s->size > KERNEL_SIZE)
			return fail(l, "section %u is too large: %llu bytes", i, (u64)s->size);
		if (s->type == SHT_SYMTAB)
			l->symtab = i;
	}
	if (!is_string_table(l, l->head.shstrndx))
		return fail(l, "no section names");
	if (!l->symtab || l->shdrs[l->symtab].entsize != sizeof(struct elf_sym) ||
	    !is_string_table(l, l->shdrs[l->symtab].link))
		return fail(l, "no symbol table");
	l->nr_syms = l->shdrs[l->symtab].size / sizeof(struct elf_sym);
	return 0;
}

enum part { PART_TEXT, PART_RODATA, PART_DATA, NR_PARTS };

static enum part part_of(const struct elf_shdr *s)
{
	if (s->flags & SHF_EXECINSTR)
		return PART_TEXT;
	return s->flags & SHF_WRITE ? PART_DATA : PART_RODATA;
}

/* Offsets of the sections in the image to be, into l->addrs; the first byte of the image stays unused so none is 0. */
static int lay_out(struct load *l)
{
	u64 at = sizeof(long);

	for (enum part part = PART_TEXT; part < NR_PARTS; part++) {
		for (u32 i = 0; i < l->head.shnum; i++) {
			const struct elf_shdr *s = &l->shdrs[i];

			if (!(s->flags & SHF_ALLOC) || s->type == SHT_NULL || part_of(s) != part)
				continue;
			if (!strncmp(section_name(l, i), ".data..percpu", 13))
				return fail(l, "has per-CPU variables: payloads cannot have their own");
			at = ALIGN(at, s->addralign ? s->addralign : 1);
			l->addrs[i] = at;
			at += s->size;
		}
		at = PAGE_ALIGN(at);
		if (part == PART_TEXT)
			l->rodata = at;
		else if (part == PART_RODATA)
			l->data = at;
		if (at > MODULES_END - MODULES_START)
			return fail(l, "too large: more than %lu MiB", (MODULES_END - MODULES_START) >> 20);
	}
	l->total = at;
	return 0;
}

static void tell_host(struct load *l)
{
	struct mm_module *m = &l->root;

	strscpy(m->name, l->name, sizeof(m->name));
	for (u32 i = 0; i < l->head.shnum && m->nr_sections < ARRAY_SIZE(m->sections); i++) {
		if (!l->addrs[i] || !l->shdrs[i].size)
			continue;
		m->sections[m->nr_sections++] = (struct mm_module_section){
			.index = i,
			.flags = (u32)l->shdrs[i].flags,
			.addr = l->addrs[i],
			.size = l->shdrs[i].size,
		};
	}
	list_add_tail(&m->list, &mm_root.modules);
}

static int copy_sections(struct load *l)
{
	l->base = __vmalloc_node_range(l->total, PAGE_SIZE, MODULES_START, MODULES_END, GFP_KERNEL | __GFP_ZERO,
				       PAGE_KERNEL, 0, NUMA_NO_NODE, __builtin_return_address(0));
	if (!l->base)
		return fail(l, "no memory for %llu bytes of code and data", l->total);
	for (u32 i = 0; i < l->head.shnum; i++) {
		if (!l->addrs[i])
			continue;
		l->addrs[i] += (u64)(uintptr_t)l->base;
		if (l->shdrs[i].type != SHT_NOBITS)
			memcpy((void *)(uintptr_t)l->addrs[i], l->file + l->shdrs[i].offset, l->shdrs[i].size);
	}
	tell_host(l);
	return 0;
}

extern const struct export_entry __start_export_table[], __stop_export_table[];

static const void *find_export(const char *name)
{
	const struct export_entry *e;

	for (e = __start_export_table; e < __stop_export_table; e++)
		if (e->name[0] == name[0] && !strcmp(e->name, name))
			return e->addr;
	return NULL;
}

static int resolve_undefined(struct load *l, const struct elf_sym *sym, const char *name, u64 *value)
{
	struct shown shown;

	*value = (u64)(uintptr_t)find_export(name);
	if (*value || !*name || ELF_ST_BIND(sym->info) == STB_WEAK)
		return 0;
	fail(l, "unresolved symbol '%s'", show(&shown, name));
	return -ENOENT;
}

static int resolve_symbols(struct load *l)
{
	const struct elf_shdr *table = &l->shdrs[l->symtab];

	for (u64 i = 1; i < l->nr_syms; i++) {
		struct elf_sym sym;
		const char *name;
		int err;

		memcpy(&sym, l->file + table->offset + i * sizeof(sym), sizeof(sym));
		name = string_at(l, table->link, sym.name);
		if (sym.shndx == SHN_UNDEF) {
			err = resolve_undefined(l, &sym, name, &l->syms[i]);
			if (err)
				return err;
			continue;
		}
		if (sym.shndx == SHN_ABS) {
			l->syms[i] = sym.value;
			continue;
		}
		if (sym.shndx == SHN_COMMON)
			return fail(l, "symbol %llu is common: compile with -fno-common", i);
		if (sym.shndx >= l->head.shnum || sym.value > l->shdrs[sym.shndx].size)
			return fail(l, "symbol %llu lies outside its section", i);
		/* Symbols of sections that are not loaded serve debuggers only. */
		if (!l->addrs[sym.shndx])
			continue;
		l->syms[i] = l->addrs[sym.shndx] + sym.value;
		if (!strcmp(name, "init_module"))
			l->init = (int (*)(void))(uintptr_t)l->syms[i];
		else if (!strcmp(name, "cleanup_module"))
			l->exit = (void (*)(void))(uintptr_t)l->syms[i];
	}
	return 0;
}

/* Write @value as @width bytes at @place. Return: does it fit, as the type says? */
static bool put_relocated(u8 *place, unsigned int type, u64 value)
{
	u32 narrow = (u32)value;

	switch (type) {
	case R_X86_64_64:
	case R_X86_64_PC64:
		memcpy(place, &value, sizeof(value));
		return true;
	case R_X86_64_32:
		memcpy(place, &narrow, sizeof(narrow));
		return value == narrow;
	default: /* 32S, PC32, PLT32 */
		memcpy(place, &narrow, sizeof(narrow));
		return (s64)value == (s32)narrow;
	}
}

static int relocate_one(struct load *l, u32 target, const struct elf_rela *r)
{
	u32 type = ELF_R_TYPE(r->info);
	u64 width = type == R_X86_64_64 || type == R_X86_64_PC64 ? 8 : 4;
	u64 value;

	switch (type) {
	case R_X86_64_NONE:
		return 0;
	case R_X86_64_64:
	case R_X86_64_PC64:
	case R_X86_64_32:
	case R_X86_64_32S:
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		break;
	default:
		return fail(l, "relocation type %u: build it with mmvisor-cc", type);
	}
	if (ELF_R_SYM(r->info) >= l->nr_syms || !inside(r->offset, width, l->shdrs[target].size))
		return fail(l, "a relocation of section %u points outside", target);
	value = l->syms[ELF_R_SYM(r->info)] + (u64)r->addend;
	if (type == R_X86_64_PC32 || type == R_X86_64_PLT32 || type == R_X86_64_PC64)
		value -= l->addrs[target] + r->offset;
	if (!put_relocated((u8 *)(uintptr_t)l->addrs[target] + r->offset, type, value))
		return fail(l, "a relocation of section %u does not fit: build it with mmvisor-cc", target);
	return 0;
}

static int relocate(struct load *l)
{
	for (u32 i = 0; i < l->head.shnum; i++) {
		const struct elf_shdr *s = &l->shdrs[i];

		if (s->type != SHT_RELA && s->type != SHT_REL)
			continue;
		if (s->info >= l->head.shnum)
			return fail(l, "relocations of a section %u that is not there", s->info);
		if (!l->addrs[s->info])
			continue;
		/* What is not loaded has no bytes to relocate; what has none in the file has no relocations. */
		if (s->type != SHT_RELA || s->entsize != sizeof(struct elf_rela) || s->link != l->symtab)
			return fail(l, "relocations of a kind that x86-64 does not use");
		for (u64 at = 0; at + sizeof(struct elf_rela) <= s->size; at += sizeof(struct elf_rela)) {
			struct elf_rela r;
			int err;

			memcpy(&r, l->file + s->offset + at, sizeof(r));
			err = relocate_one(l, s->info, &r);
			if (err)
				return err;
		}
	}
	return 0;
}

/* Do @size bytes at @p lie in the payload's own memory? */
static bool is_own(const struct load *l, const void *p, u64 size)
{
	return inside((u64)(uintptr_t)p - (u64)(uintptr_t)l->base, size, l->total);
}

static u64 param_size(const struct module_param_entry *p)
{
	switch (p->type) {
	case PARAM_BOOL:
		return sizeof(bool);
	case PARAM_INT:
	case PARAM_UINT:
		return sizeof(int);
	default:
		return sizeof(long);
	}
}

/* Tables that other code walks: found by their section's name. Their entries must point into the payload. */
static int find_tables(struct load *l)
{
	for (u32 i = 0; i < l->head.shnum; i++) {
		const char *name = section_name(l, i);

		if (!l->addrs[i])
			continue;
		if (!strcmp(name, ".kunit_test_suites")) {
			l->suites = (struct kunit_suite *const *)(uintptr_t)l->addrs[i];
			l->nr_suites = l->shdrs[i].size / sizeof(*l->suites);
		} else if (!strcmp(name, ".module_params")) {
			l->params = (const struct module_param_entry *)(uintptr_t)l->addrs[i];
			l->nr_params = l->shdrs[i].size / sizeof(*l->params);
		}
	}
	for (size_t i = 0; i < l->nr_suites; i++)
		if (!is_own(l, l->suites[i], sizeof(struct kunit_suite)))
			return fail(l, "its table of suites points outside");
	for (size_t i = 0; i < l->nr_params; i++)
		if (!is_own(l, l->params[i].name, 1) || !is_own(l, l->params[i].var, param_size(&l->params[i])))
			return fail(l, "its table of parameters points outside");
	return 0;
}

/* Nothing that may be executed or is constant may be written to, by this address or any other. */
static int set_rights(struct load *l)
{
	unsigned long va = (unsigned long)l->base;
	int err;

	set_vm_flush_reset_perms(l->base);
	err = set_memory_rox(va, (int)(l->rodata >> PAGE_SHIFT));
	if (!err && l->data > l->rodata)
		err = set_memory_ro(va + l->rodata, (int)((l->data - l->rodata) >> PAGE_SHIFT));
	return err ? fail(l, "its pages' rights cannot be set: %d", err) : 0;
}

static int load_steps(struct load *l)
{
	int err = check_head(l);

	if (err)
		return err;
	l->shdrs = kvmalloc_array(l->head.shnum, sizeof(*l->shdrs), GFP_KERNEL);
	l->addrs = kvcalloc(l->head.shnum, sizeof(*l->addrs), GFP_KERNEL);
	if (!l->shdrs || !l->addrs)
		return fail(l, "no memory for %u section headers", l->head.shnum);
	err = check_sections(l) ?: lay_out(l) ?: copy_sections(l);
	if (err)
		return err;
	l->syms = kvcalloc(l->nr_syms, sizeof(*l->syms), GFP_KERNEL);
	if (!l->syms)
		return fail(l, "no memory for %llu symbols", l->nr_syms);
	err = resolve_symbols(l) ?: relocate(l);
	if (err)
		return err;
	return find_tables(l) ?: set_rights(l);
}

int module_load(struct load *l, const struct boot_module *mod)
{
	int err;

	*l = (struct load){.name = mod->name, .file = mod->data, .size = mod->size};
	err = load_steps(l);
	if (err)
		module_unload(l);
	return err;
}

void module_unload(struct load *l)
{
	if (l->base) {
		list_del(&l->root.list);
		/* What the lock checker knows of the payload's locks must not be told of the next one's at the same address. */
		if (mm_debug_hooks())
			lockdep_free_range(l->base, l->total);
	}
	vfree(l->base);
	kvfree(l->syms);
	kvfree(l->addrs);
	kvfree(l->shdrs);
}
