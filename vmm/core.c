// SPDX-License-Identifier: MIT
/*
 * core.c - the ELF core writer.
 *
 * File: ELF header, program headers, notes, then each slot's bytes at a page boundary. The file is as large as the guest
 * and as sparse: only extents that exist in the slot's memfd are written.
 *
 * Program headers for the guest's own mappings come from a walk of its page tables, which are untrusted: a table that
 * lies outside memory ends its branch, depth is four, and there is a limit to the runs. A run is a piece of address space
 * that lies in one piece of one slot. The direct map is left out of the walk: the slots' own headers cover it.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/procfs.h>
#include <sys/user.h>
#include <unistd.h>

#include "shared/core.h"
#include "shared/mm.h"
#include "tools/view/view.h"
#include "vmm/core.h"
#include "vmm/vm.h"

/* e_phnum has 16 bits, and the value 0xffff means something else. */
#define MAX_RUNS 65000

#define PTE_P (1UL << 0)
#define PTE_PS (1UL << 7)
#define PTE_ADDR 0x000ffffffffff000UL

struct run {
	gva_t va;
	gpa_t gpa;
	uint64_t size;
};

struct core {
	struct vm *vm;
	int fd;
	uint64_t slot_at[RAM_MAX_SLOTS]; /* file offsets */
	struct run *runs;
	unsigned int nr_runs;
	bool full; /* runs were left out */
	char *notes;
	size_t notes_size;
};

/* ---- the guest's mappings ---- */

static void add_piece(struct core *c, gva_t va, gpa_t gpa, uint64_t size)
{
	struct run *last = c->nr_runs ? &c->runs[c->nr_runs - 1] : NULL;

	if (last && last->va + last->size == va && last->gpa + last->size == gpa) {
		last->size += size;
		return;
	}
	if (c->nr_runs == MAX_RUNS) {
		c->full = true;
		return;
	}
	c->runs[c->nr_runs++] = (struct run){va, gpa, size};
}

/* What of the mapping lies in slots; the rest (devices) has no bytes. */
static void add_mapping(struct core *c, gva_t va, gpa_t gpa, uint64_t size)
{
	const struct ram *ram = &c->vm->ram;

	for (unsigned int i = 0; i < ram->nr; i++) {
		const struct mem_region *r = &ram->slots[i].region;
		gpa_t start = gpa > r->gpa ? gpa : r->gpa;
		gpa_t end = gpa + size < r->gpa + r->size ? gpa + size : r->gpa + r->size;

		if (start < end)
			add_piece(c, va + (start - gpa), start, end - start);
	}
}

static void walk(struct core *c, gpa_t table, unsigned int level, gva_t base)
{
	unsigned int shift = 12 + 9 * (level - 1);
	uint64_t entries[512];

	if (ram_read(&c->vm->ram, table, entries, sizeof(entries)))
		return;
	for (unsigned int i = level == 4 ? 256 : 0; i < 512 && !c->full; i++) {
		gva_t va = base + ((uint64_t)i << shift);
		uint64_t e = entries[i], size = 1UL << shift;

		if (!(e & PTE_P) || (va >= DIRECT_MAP && va < DIRECT_MAP + DIRECT_MAP_SIZE))
			continue;
		if (level == 1 || (level < 4 && (e & PTE_PS)))
			add_mapping(c, va, e & PTE_ADDR & ~(size - 1), size);
		else
			walk(c, e & PTE_ADDR, level - 1, va);
	}
}

/* ---- notes ---- */

static void add_note(FILE *f, const char *name, uint32_t type, const void *data, size_t size)
{
	static const char zeros[4];
	Elf64_Nhdr nh = {.n_namesz = (Elf64_Word)strlen(name) + 1, .n_descsz = (Elf64_Word)size, .n_type = type};

	fwrite(&nh, sizeof(nh), 1, f);
	fwrite(name, nh.n_namesz, 1, f);
	fwrite(zeros, -nh.n_namesz & 3, 1, f);
	fwrite(data, size, 1, f);
	fwrite(zeros, -size & 3, 1, f);
}

static void fill_status(struct elf_prstatus *st, const struct guest_regs *r, unsigned int cpu, bool crashed)
{
	struct user_regs_struct u = {
		.r15 = r->r15,
		.r14 = r->r14,
		.r13 = r->r13,
		.r12 = r->r12,
		.rbp = r->rbp,
		.rbx = r->rbx,
		.r11 = r->r11,
		.r10 = r->r10,
		.r9 = r->r9,
		.r8 = r->r8,
		.rax = r->rax,
		.rcx = r->rcx,
		.rdx = r->rdx,
		.rsi = r->rsi,
		.rdi = r->rdi,
		.orig_rax = ~0UL,
		.rip = r->rip,
		.cs = r->cs,
		.eflags = r->rflags,
		.rsp = r->rsp,
		.ss = r->ss,
		.fs_base = r->fs_base,
		.gs_base = r->gs_base,
		.ds = r->ds,
		.es = r->es,
		.fs = r->fs,
		.gs = r->gs,
	};

	memset(st, 0, sizeof(*st));
	st->pr_pid = (pid_t)cpu + 1;
	st->pr_cursig = crashed ? 6 : 0;
	_Static_assert(sizeof(u) == sizeof(st->pr_reg), "both are the kernel's user_regs_struct");
	memcpy(&st->pr_reg, &u, sizeof(u));
}

/* Whose fault it is; ~0: nobody's, or the guest goes on after this. */
static unsigned int crashed_cpu(const struct vm *vm)
{
	return vm->end.set ? vm->end.cpu : ~0U;
}

/* A debugger starts at the first thread: the vCPU that crashed. */
static void add_threads(FILE *f, struct vm *vm, const struct guest_regs *regs, unsigned int crashed)
{
	unsigned int nr = vm->nr_cpus;
	struct elf_prstatus st;
	struct kvm_xsave fpu;

	for (unsigned int i = 0; i <= nr; i++) {
		unsigned int cpu = i ? i - 1 : crashed;

		if (cpu >= nr || (i && cpu == crashed))
			continue;
		fill_status(&st, &regs[cpu], cpu, cpu == crashed_cpu(vm));
		add_note(f, "CORE", NT_PRSTATUS, &st, sizeof(st));
		/* The area begins with what fxsave would write, and that is what the note holds. */
		memset(&fpu, 0, sizeof(fpu));
		if (!ioctl(vm->cpus[cpu].fd, KVM_GET_XSAVE, &fpu))
			add_note(f, "CORE", NT_FPREGSET, &fpu, sizeof(struct user_fpregs_struct));
	}
}

static int add_log(FILE *f, struct klog *log)
{
	char *text = NULL;
	size_t size = 0;
	FILE *m = open_memstream(&text, &size);

	if (!m)
		return -ENOMEM;
	klog_write(log, m);
	if (fclose(m))
		size = 0;
	add_note(f, CORE_NOTE_NAME, CORE_NOTE_LOG, text, size);
	free(text);
	return 0;
}

static int make_notes(struct core *c, const char *reason)
{
	struct vm *vm = c->vm;
	struct core_info info = {.version = CORE_VERSION, .nr_cpus = vm->nr_cpus, .crashed_cpu = crashed_cpu(vm)};
	struct guest_regs regs[MMV_NR_CPUS];
	FILE *f = open_memstream(&c->notes, &c->notes_size);
	int err;

	if (!f)
		return -ENOMEM;
	for (unsigned int i = 0; i < vm->nr_cpus; i++)
		vcpu_regs(&vm->cpus[i], &regs[i]);
	info.root = atomic_load(&vm->root);
	snprintf(info.reason, sizeof(info.reason), "%s", reason);
	snprintf(info.kernel, sizeof(info.kernel), "%s", vm->kernel);
	add_threads(f, vm, regs, crashed_cpu(vm) < vm->nr_cpus ? crashed_cpu(vm) : 0);
	add_note(f, CORE_NOTE_NAME, CORE_NOTE_INFO, &info, sizeof(info));
	for (unsigned int i = 0; i < vm->nr_cpus; i++)
		add_note(f, CORE_NOTE_NAME, CORE_NOTE_REGS, &regs[i], sizeof(regs[i]));
	for (unsigned int i = 0; i < vm->cfg->nr_modules; i++) {
		char *path = realpath(vm->cfg->modules[i], NULL);

		if (path)
			add_note(f, CORE_NOTE_NAME, CORE_NOTE_MODULE, path, strlen(path) + 1);
		free(path);
	}
	err = add_log(f, &vm->klog);
	return fclose(f) ? -ENOMEM : err;
}

/* ---- the file ---- */

static int put(int fd, const void *data, size_t size, uint64_t at)
{
	const char *p = data;

	while (size) {
		ssize_t n = pwrite(fd, p, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENOSPC;
		p += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

static uint64_t page_up(uint64_t x)
{
	return (x + MMV_PAGE_SIZE - 1) & ~(MMV_PAGE_SIZE - 1);
}

static uint64_t file_offset(const struct core *c, gpa_t gpa)
{
	const struct ram *ram = &c->vm->ram;

	for (unsigned int i = 0; i < ram->nr; i++) {
		const struct mem_region *r = &ram->slots[i].region;

		if (gpa >= r->gpa && gpa - r->gpa < r->size)
			return c->slot_at[i] + (gpa - r->gpa);
	}
	return 0;
}

static int put_headers(struct core *c, uint64_t notes_at, uint64_t slots_at, uint64_t *file_size)
{
	const struct ram *ram = &c->vm->ram;
	unsigned int nr = 1 + ram->nr + c->nr_runs, at = 0;
	Elf64_Ehdr eh = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(eh),
		.e_ehsize = sizeof(eh),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (Elf64_Half)nr,
	};
	Elf64_Phdr *ph = calloc(nr, sizeof(*ph));
	int err;

	if (!ph)
		return -ENOMEM;
	ph[at++] = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = notes_at, .p_filesz = c->notes_size, .p_align = 4};
	for (unsigned int i = 0; i < ram->nr; i++) {
		const struct mem_region *r = &ram->slots[i].region;

		c->slot_at[i] = slots_at;
		ph[at++] = (Elf64_Phdr){.p_type = PT_LOAD,
					.p_flags = PF_R | PF_W,
					.p_offset = slots_at,
					.p_vaddr = DIRECT_MAP + r->gpa,
					.p_paddr = r->gpa,
					.p_filesz = r->size,
					.p_memsz = r->size,
					.p_align = MMV_PAGE_SIZE};
		slots_at += page_up(r->size);
	}
	for (unsigned int i = 0; i < c->nr_runs; i++) {
		const struct run *r = &c->runs[i];

		ph[at++] = (Elf64_Phdr){.p_type = PT_LOAD,
					.p_flags = PF_R | PF_W | PF_X,
					.p_offset = file_offset(c, r->gpa),
					.p_vaddr = r->va,
					.p_paddr = r->gpa,
					.p_filesz = r->size,
					.p_memsz = r->size,
					.p_align = MMV_PAGE_SIZE};
	}
	*file_size = slots_at;
	err = put(c->fd, &eh, sizeof(eh), 0);
	if (!err)
		err = put(c->fd, ph, nr * sizeof(*ph), sizeof(eh));
	free(ph);
	return err;
}

/* Only what exists: memory that the guest never touched stays a hole. */
static int put_slot(struct core *c, unsigned int i)
{
	const struct ram_slot *s = &c->vm->ram.slots[i];
	off_t start = 0, end;
	int err = 0;

	while (!err) {
		start = lseek(s->fd, start, SEEK_DATA);
		if (start < 0)
			return errno == ENXIO ? 0 : -errno;
		end = lseek(s->fd, start, SEEK_HOLE);
		if (end < 0)
			return -errno;
		err = put(c->fd, s->host + start, (size_t)(end - start), c->slot_at[i] + (uint64_t)start);
		start = end;
	}
	return err;
}

static int put_all(struct core *c)
{
	uint64_t notes_at = sizeof(Elf64_Ehdr) + (1UL + c->vm->ram.nr + c->nr_runs) * sizeof(Elf64_Phdr), size;
	int err = put_headers(c, notes_at, page_up(notes_at + c->notes_size), &size);

	if (!err)
		err = put(c->fd, c->notes, c->notes_size, notes_at);
	if (!err && ftruncate(c->fd, (off_t)size))
		err = -errno;
	for (unsigned int i = 0; !err && i < c->vm->ram.nr; i++)
		err = put_slot(c, i);
	return err;
}

/* The kernel's own tables if it has said where they are, else those of the vCPU that crashed. */
static gpa_t top_table(const struct vm *vm, struct view *view)
{
	const struct guest_regs *regs =
		view ? view_regs(view, crashed_cpu(vm) < vm->nr_cpus ? crashed_cpu(vm) : 0) : NULL;
	const struct mm_root *root = view ? view_root(view, NULL) : NULL;

	if (root)
		return root->cr3 & PTE_ADDR;
	return regs ? regs->cr3 & PTE_ADDR : vm->boot_cr3;
}

int core_write(struct vm *vm, struct view *view, const char *path, const char *reason)
{
	struct core c = {.vm = vm, .fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
	int err = c.fd < 0 ? -errno : 0;

	c.runs = malloc(MAX_RUNS * sizeof(*c.runs));
	if (!err && !c.runs)
		err = -ENOMEM;
	if (!err) {
		walk(&c, top_table(vm, view), 4, 0xffff000000000000UL);
		err = make_notes(&c, reason);
	}
	if (!err)
		err = put_all(&c);
	if (c.fd >= 0 && close(c.fd) && !err)
		err = -errno;
	if (err && c.fd >= 0)
		unlink(path);
	free(c.runs);
	free(c.notes);
	return !err && c.full ? CORE_SHORT : err;
}
