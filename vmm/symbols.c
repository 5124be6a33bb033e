// SPDX-License-Identifier: MIT
/*
 * symbols.c - see symbols.h.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/view/symtab.h"
#include "tools/view/view.h"
#include "vmm/vm.h"

#define HEX_DIGITS 16

_Thread_local struct vcpu *symbols_cpu;

static struct symtab *kernel_symbols(struct vm *vm)
{
	char err[VIEW_ERR_MAX];

	if (!vm->symbols.tried)
		vm->symbols.kernel = symtab_open(vm->kernel, err);
	vm->symbols.tried = true;
	return vm->symbols.kernel;
}

struct view *symbols_view(struct vm *vm, struct vcpu *cpu)
{
	struct view_region regions[RAM_MAX_SLOTS];
	struct guest_regs regs[MMV_NR_CPUS];
	char err[VIEW_ERR_MAX];
	unsigned int nr = 0;

	for (unsigned int i = 0; i < vm->ram.nr; i++) {
		const struct ram_slot *s = &vm->ram.slots[i];

		regions[i] = (struct view_region){s->region.gpa, s->region.size, s->host, s->fd, 0, s->region.is_ram};
	}
	if (cpu) {
		nr = vcpu_regs(cpu, &regs[0]) ? 0 : 1;
	} else {
		for (nr = 0; nr < vm->nr_cpus; nr++)
			vcpu_regs(&vm->cpus[nr], &regs[nr]);
	}
	return view_open_regions(regions, vm->ram.nr, atomic_load(&vm->root), regs, nr, vm->kernel, err);
}

/* Write what @tab knows about @addr - @back, as seen from @addr. */
static bool find_name(const struct symtab *tab, gva_t addr, unsigned int back, char *buf, size_t size)
{
	struct symbol_at at;

	if (!tab || symtab_find(tab, addr - back, &at))
		return false;
	snprintf(buf, size, *at.module ? "%s+%#" PRIx64 "/%#" PRIx64 " [%s]" : "%s+%#" PRIx64 "/%#" PRIx64, at.name,
		 at.offset + back, at.size, at.module);
	return true;
}

/* In a module: looked up in a table of its own, for what is loaded now may be gone at the next line. */
static bool module_name(struct vm *vm, struct view *view, gva_t addr, unsigned int back, char *buf, size_t size)
{
	struct view *mine = view ? NULL : symbols_view(vm, symbols_cpu);
	char err[VIEW_ERR_MAX];
	struct symtab *tab = NULL;
	bool found;

	if (view || mine)
		tab = symtab_open(vm->kernel, err);
	if (tab)
		symtab_add_modules(tab, view ? view : mine, vm->cfg->modules, vm->cfg->nr_modules);
	found = find_name(tab, addr, back, buf, size);
	symtab_close(tab);
	view_close(mine);
	return found;
}

char *symbols_name(struct vm *vm, struct view *view, gva_t addr, bool is_return, char *buf, size_t size)
{
	bool module = addr >= MODULES_START && addr < MODULES_END && vm->cfg->nr_modules && atomic_load(&vm->root);

	if (module && module_name(vm, view, addr, is_return, buf, size))
		return buf;
	if (!find_name(kernel_symbols(vm), addr, is_return, buf, size))
		snprintf(buf, size, "%#" PRIx64, addr);
	return buf;
}

/* On the console nobody says whether an address is one to return to: it is if nothing is known right there. */
static void console_name(struct vm *vm, gva_t addr, char *buf, size_t size)
{
	symbols_name(vm, NULL, addr, false, buf, size);
	if (buf[0] == '0')
		symbols_name(vm, NULL, addr, true, buf, size);
}

/* Does `[<16 hex digits>]` stand at @p? */
static bool is_mark(const char *p, gva_t *addr)
{
	char digits[HEX_DIGITS + 1];

	if (p[0] != '[' || p[1] != '<')
		return false;
	for (unsigned int i = 0; i < HEX_DIGITS; i++) {
		if (!isxdigit((unsigned char)p[2 + i]))
			return false;
		digits[i] = p[2 + i];
	}
	digits[HEX_DIGITS] = '\0';
	*addr = strtoull(digits, NULL, 16);
	return p[2 + HEX_DIGITS] == '>' && p[3 + HEX_DIGITS] == ']';
}

void symbols_line(struct vm *vm, const char *line, char *out, size_t size)
{
	char name[256];
	size_t at = 0;
	gva_t addr;

	while (*line && at + 1 < size) {
		if (!is_mark(line, &addr)) {
			out[at++] = *line++;
			continue;
		}
		console_name(vm, addr, name, sizeof(name));
		at += (size_t)snprintf(out + at, size - at, "%.*s %s", HEX_DIGITS + 4, line, name);
		line += HEX_DIGITS + 4;
		if (at >= size)
			at = size - 1;
	}
	out[at] = '\0';
}

void symbols_close(struct symbols *s)
{
	symtab_close(s->kernel);
	s->kernel = NULL;
}
