// SPDX-License-Identifier: MIT
/*
 * symtab.c - names for addresses: one array of symbols sorted by address, kernel and modules together.
 *
 * Names are copied out of the files, which are closed at once. Files are untrusted (a payload's object file is whatever
 * the user gave): libelf checks their structure, this file checks what libelf returns.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/view/symtab.h"
#include "tools/view/view_impl.h"

#define MAX_MODULES 1024
/* Symbols without a size reach to the next one, but no further than this. */
#define MAX_REACH (1UL << 20)

struct sym {
	gva_t addr;
	uint64_t size;
	char *name;
	unsigned int module; /* index into modules, 0: the kernel */
};

struct symtab {
	struct sym *syms;
	size_t nr, cap;
	char **modules;
	unsigned int nr_modules;
};

static int by_addr(const void *a, const void *b)
{
	const struct sym *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	/* among aliases the one with a size, then the shorter name */
	if (!x->size != !y->size)
		return x->size ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int add(struct symtab *s, const char *name, gva_t addr, uint64_t size, unsigned int module)
{
	struct sym *more;

	if (s->nr == s->cap) {
		more = reallocarray(s->syms, s->cap ? s->cap * 2 : 1024, sizeof(*more));
		if (!more)
			return -ENOMEM;
		s->syms = more;
		s->cap = s->cap ? s->cap * 2 : 1024;
	}
	s->syms[s->nr] = (struct sym){.addr = addr, .size = size, .name = strdup(name), .module = module};
	if (!s->syms[s->nr].name)
		return -ENOMEM;
	s->nr++;
	return 0;
}

/* Where the section lies: by the file for a linked kernel, by the guest's own record for a module. */
static bool section_base(const struct mm_module *mod, unsigned int shndx, gva_t *base)
{
	if (!mod) {
		*base = 0;
		return shndx != SHN_UNDEF && shndx < SHN_LORESERVE;
	}
	for (unsigned int i = 0; i < mod->nr_sections && i < sizeof(mod->sections) / sizeof(mod->sections[0]); i++) {
		if (mod->sections[i].index == shndx && mod->sections[i].addr) {
			*base = mod->sections[i].addr;
			return true;
		}
	}
	return false;
}

static int take_symbols(struct symtab *s, Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh, const struct mm_module *mod,
			unsigned int module)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t n = data && sh->sh_entsize ? sh->sh_size / sh->sh_entsize : 0;

	for (size_t i = 0; i < n; i++) {
		const char *name;
		GElf_Sym sym;
		gva_t base;

		if (!gelf_getsym(data, (int)i, &sym))
			break;
		if (GELF_ST_TYPE(sym.st_info) == STT_SECTION || GELF_ST_TYPE(sym.st_info) == STT_FILE)
			continue;
		name = elf_strptr(elf, sh->sh_link, sym.st_name);
		if (!name || !name[0] || !section_base(mod, sym.st_shndx, &base))
			continue;
		if (add(s, name, base + sym.st_value, sym.st_size, module))
			return -ENOMEM;
	}
	return 0;
}

static int read_file(struct symtab *s, const char *path, const struct mm_module *mod, unsigned int module, char *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t before = s->nr;
	Elf_Scn *scn = NULL;
	GElf_Ehdr eh;
	GElf_Shdr sh;
	Elf *elf;
	int ret = 0;

	if (fd < 0) {
		view_err(err, "%s: %s", path, strerror(errno));
		return -1;
	}
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || !gelf_getehdr(elf, &eh) || eh.e_machine != EM_X86_64 || eh.e_ident[EI_CLASS] != ELFCLASS64) {
		view_err(err, "%s: not an ELF file for x86-64", path);
		ret = -1;
	}
	while (!ret && (scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_SYMTAB)
			ret = take_symbols(s, elf, scn, &sh, mod, module);
	if (ret == -ENOMEM)
		view_err(err, "%s: out of memory", path);
	else if (!ret && s->nr == before && !mod) {
		view_err(err, "%s: has no symbols", path);
		ret = -1;
	}
	elf_end(elf);
	close(fd);
	if (s->nr)
		qsort(s->syms, s->nr, sizeof(*s->syms), by_addr);
	return ret ? -1 : 0;
}

static int new_module(struct symtab *s, const char *name)
{
	char **more = reallocarray(s->modules, s->nr_modules + 1, sizeof(*more));

	if (!more)
		return -1;
	s->modules = more;
	s->modules[s->nr_modules] = strdup(name);
	if (!s->modules[s->nr_modules])
		return -1;
	return (int)s->nr_modules++;
}

struct symtab *symtab_open(const char *path, char *err)
{
	struct symtab *s = calloc(1, sizeof(*s));

	if (!s || new_module(s, "")) {
		view_err(err, "out of memory");
		symtab_close(s);
		return NULL;
	}
	if (read_file(s, path, NULL, 0, err)) {
		symtab_close(s);
		return NULL;
	}
	return s;
}

void symtab_close(struct symtab *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nr; i++)
		free(s->syms[i].name);
	for (unsigned int i = 0; i < s->nr_modules; i++)
		free(s->modules[i]);
	free(s->modules);
	free(s->syms);
	free(s);
}

int symtab_add_module(struct symtab *s, const char *path, const struct mm_module *mod, char *err)
{
	char name[sizeof(mod->name) + 1];
	const char *base;
	int module;

	snprintf(name, sizeof(name), "%.*s", (int)sizeof(mod->name) - 1, mod->name);
	base = strrchr(name, '/');
	module = new_module(s, base ? base + 1 : name);
	if (module < 0) {
		view_err(err, "out of memory");
		return -1;
	}
	return read_file(s, path, mod, (unsigned int)module, err);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

unsigned int symtab_add_modules(struct symtab *s, const struct view *v, const char *const *paths, unsigned int nr_paths)
{
	const struct mm_root *root = view_root(v, NULL);
	gva_t head = view_root_addr(v) + offsetof(struct mm_root, modules);
	unsigned int added = 0, seen = 0;
	struct mm_module mod;

	if (!root)
		return 0;
	for (gva_t at = root->modules.next.va; at != head && seen < MAX_MODULES; at = mod.list.next.va, seen++) {
		const char *path;

		if (view_read(v, at - offsetof(struct mm_module, list), &mod, sizeof(mod)))
			break;
		mod.name[sizeof(mod.name) - 1] = '\0';
		path = mod.name;
		for (unsigned int i = 0; i < nr_paths; i++)
			if (!strcmp(base_name(paths[i]), base_name(mod.name)))
				path = paths[i];
		if (!symtab_add_module(s, path, &mod, NULL))
			added++;
	}
	return added;
}

int symtab_find(const struct symtab *s, gva_t addr, struct symbol_at *at)
{
	size_t lo = 0, hi = s ? s->nr : 0;
	const struct sym *sym;
	gva_t start;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->syms[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return -1;
	/* the first of those at the same address is the best name */
	start = s->syms[lo - 1].addr;
	while (lo > 1 && s->syms[lo - 2].addr == start)
		lo--;
	sym = &s->syms[lo - 1];
	if (addr - sym->addr >= (sym->size ? sym->size : MAX_REACH) && addr != sym->addr)
		return -1;
	*at = (struct symbol_at){
		.name = sym->name, .offset = addr - sym->addr, .size = sym->size, .module = s->modules[sym->module]};
	return 0;
}

int symtab_lookup(const struct symtab *s, const char *name, gva_t *addr)
{
	for (size_t i = 0; s && i < s->nr; i++) {
		if (!strcmp(s->syms[i].name, name)) {
			*addr = s->syms[i].addr;
			return 0;
		}
	}
	return -1;
}

char *symtab_format(const struct symtab *s, gva_t addr, char *buf, size_t size)
{
	struct symbol_at at;

	if (symtab_find(s, addr, &at))
		snprintf(buf, size, "%#lx", addr);
	else if (at.module[0])
		snprintf(buf, size, "%s+%#lx/%#lx [%s]", at.name, at.offset, at.size, at.module);
	else
		snprintf(buf, size, "%s+%#lx/%#lx", at.name, at.offset, at.size);
	return buf;
}
