// SPDX-License-Identifier: MIT
/*
 * boot.c - fills a new VM's memory: kernel image, and the blob with first page tables, release words, FDT, modules
 * and replay stream.
 *
 * The blob, from its start:  TABLES  page tables | RELEASE  spin-table words | FDT | modules, page aligned | op stream
 *
 * Everything here writes to memory that no vCPU has seen yet.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "shared/boot.h"
#include "vmm/fdt.h"
#include "vmm/vm.h"

#define MIB2 (2UL << 20)
/* First page tables: a top table, and for each of the four areas at most two tables on the two lower levels. */
#define NR_TABLES 17
#define RELEASE_OFFSET (NR_TABLES * MMV_PAGE_SIZE)
#define FDT_OFFSET (RELEASE_OFFSET + MMV_PAGE_SIZE)

#define PTE_P (1UL << 0)
#define PTE_W (1UL << 1)
#define PTE_PWT (1UL << 3)
#define PTE_PCD (1UL << 4)
#define PTE_PS (1UL << 7)
#define PTE_NX (1UL << 63)
#define PTE_ADDR 0x000ffffffffff000UL

_Static_assert(MMV_NR_CPUS * sizeof(uint64_t) <= MMV_PAGE_SIZE, "release words fit a page");

static uint64_t align_up(uint64_t x, uint64_t to)
{
	return (x + to - 1) & ~(to - 1);
}

uint64_t boot_blob_size(const struct boot_files *files, const struct run_config *cfg)
{
	uint64_t size = FDT_OFFSET + align_up(fdt_max_size(files, cfg), MMV_PAGE_SIZE);

	for (unsigned int i = 0; i < files->nr_modules; i++)
		size += align_up(files->modules[i].size, MMV_PAGE_SIZE);
	size += align_up(cfg->replay_size, MMV_PAGE_SIZE);
	return align_up(size, MIB2);
}

/* ---- first page tables ---- */

struct tables {
	struct vm *vm;
	gpa_t top;
	unsigned int used;
};

static uint64_t *table_at(const struct tables *t, gpa_t gpa)
{
	uint64_t run;

	return (uint64_t *)ram_ptr(&t->vm->ram, gpa, &run, false);
}

/* The table that @entry leads to, made if it is not there. 0: the room for tables is used up. */
static gpa_t next_table(struct tables *t, uint64_t *entry)
{
	if (!(*entry & PTE_P)) {
		if (t->used == NR_TABLES)
			return 0;
		*entry = (t->top + t->used++ * MMV_PAGE_SIZE) | PTE_P | PTE_W;
	}
	return *entry & PTE_ADDR;
}

static int map_2m(struct tables *t, gva_t va, gpa_t gpa, uint64_t size, uint64_t flags)
{
	for (uint64_t off = 0; off < size; off += MIB2) {
		gpa_t at = t->top;

		for (unsigned int shift = 39; shift > 21; shift -= 9) {
			at = next_table(t, &table_at(t, at)[(va + off) >> shift & 511]);
			if (!at)
				return -ENOSPC;
		}
		table_at(t, at)[(va + off) >> 21 & 511] = (gpa + off) | flags | PTE_P | PTE_PS;
	}
	return 0;
}

static uint64_t capped(uint64_t size)
{
	size = align_up(size, MIB2);
	return size < BOOT_MAP_MAX ? size : BOOT_MAP_MAX;
}

static int make_tables(struct vm *vm, uint64_t room, uint64_t blob_size)
{
	struct tables t = {.vm = vm, .top = vm->blob_gpa, .used = 1};
	int err;

	vm->boot_cr3 = t.top;
	err = map_2m(&t, KERNEL_BASE, vm->phys_base, capped(room), PTE_W);
	if (!err)
		err = map_2m(&t, DIRECT_MAP + vm->phys_base, vm->phys_base, capped(room), PTE_W | PTE_NX);
	if (!err)
		err = map_2m(&t, DIRECT_MAP + vm->blob_gpa, vm->blob_gpa, capped(blob_size), PTE_W | PTE_NX);
	if (!err)
		err = map_2m(&t, DEV_VA, DEV_GPA, DEV_SIZE, PTE_W | PTE_NX | PTE_PCD | PTE_PWT);
	return err;
}

/* ---- kernel ---- */

/* How much RAM follows @base in the slot, if the image fits there; else 0. */
static uint64_t fits(const struct mem_range *slot, const struct elf_image *img, gpa_t base)
{
	gpa_t end = slot->gpa + slot->size;

	if (base >= end || end - base < img->end - KERNEL_BASE)
		return 0;
	return end - base;
}

/*
 * Above 4 GiB if there is RAM, to leave the scarce zones alone; else the highest zone that has room. The early kernel
 * needs memory for its tables right behind its image, so a slot with room to spare comes first.
 */
static int place_kernel(struct vm *vm, const struct elf_image *img, uint64_t *room)
{
	const struct mem_spec *mem = &vm->cfg->mem;

	for (uint64_t spare = 8UL << 20;; spare = 0) {
		for (int zone = NR_MEM_ZONES - 1; zone >= 0; zone--) {
			for (unsigned int i = 0; i < mem->nr_slots; i++) {
				const struct mem_range *s = &mem->slots[i];
				gpa_t base = align_up(s->gpa, MIB2);

				*room = fits(s, img, base);
				if ((int)s->zone == zone && *room && *room >= img->end - KERNEL_BASE + spare) {
					vm->phys_base = base;
					return 0;
				}
			}
		}
		if (!spare)
			break;
	}
	run_error("--mem: no range is big enough for the kernel: it needs %" PRIu64
		  "K behind a 2M boundary; give a larger one",
		  (img->end - KERNEL_BASE + 1023) >> 10);
	return RUN_USAGE;
}

static int load_kernel(struct vm *vm, const struct elf_image *img)
{
	for (unsigned int i = 0; i < img->nr_segments; i++) {
		const struct elf_segment *s = &img->segments[i];

		/* What follows the file's bytes is zero: new memory is. */
		if (ram_write(&vm->ram, vm->phys_base + (s->vaddr - KERNEL_BASE), s->data, s->filesz))
			return -EFAULT;
	}
	vm->entry = img->entry;
	return 0;
}

/* ---- blob ---- */

static int place_files(struct vm *vm, struct boot_files *files, gpa_t at, gpa_t *replay)
{
	const struct run_config *cfg = vm->cfg;

	for (unsigned int i = 0; i < files->nr_modules; i++) {
		struct boot_file *f = &files->modules[i];

		f->gpa = at;
		if (ram_write(&vm->ram, at, f->data, f->size))
			return -EFAULT;
		at += align_up(f->size, MMV_PAGE_SIZE);
	}
	*replay = at;
	return cfg->replay ? ram_write(&vm->ram, at, cfg->replay, cfg->replay_size) : 0;
}

int vm_boot_prepare(struct vm *vm, struct boot_files *files)
{
	const struct elf_image *img = &files->image;
	size_t fdt_size = fdt_max_size(files, vm->cfg);
	uint64_t room, run, blob_size = boot_blob_size(files, vm->cfg);
	struct fdt_places p = {
		.blob = vm->blob_gpa,
		.blob_size = blob_size,
		.release = vm->blob_gpa + RELEASE_OFFSET,
	};
	int err = place_kernel(vm, img, &room);

	if (err)
		return err;
	p.kernel = vm->phys_base + (img->start - KERNEL_BASE);
	p.kernel_size = img->end - img->start;
	vm->boot_fdt = vm->blob_gpa + FDT_OFFSET;
	err = load_kernel(vm, img);
	if (!err)
		err = place_files(vm, files, vm->boot_fdt + align_up(fdt_size, MMV_PAGE_SIZE), &p.replay);
	if (!err)
		err = fdt_build(ram_ptr(&vm->ram, vm->boot_fdt, &run, false), fdt_size, vm, files, &p);
	if (!err)
		err = make_tables(vm, room, blob_size);
	for (unsigned int i = 0; !err && i < vm->nr_cpus; i++)
		err = vcpu_init(&vm->cpus[i]);
	if (err) {
		run_error("setting the guest up failed: %s", strerror(-err));
		return RUN_CRASHED;
	}
	return 0;
}
