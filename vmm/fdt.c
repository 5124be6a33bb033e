// SPDX-License-Identifier: MIT
/*
 * fdt.c - writes the device tree front to back with libfdt's sequential calls.
 *
 * Errors are collected: every step adds its result to @bad, and one look at the end is enough, because libfdt refuses
 * to go on after a failure.
 */
#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/boot.h"
#include "vmm/fdt.h"
#include "vmm/vm.h"

struct builder {
	void *fdt;
	int bad;
};

static void note(struct builder *b, int result)
{
	if (result < 0 && !b->bad)
		b->bad = result;
}

static void begin(struct builder *b, const char *name, uint64_t unit)
{
	char full[64];

	if (unit == UINT64_MAX)
		snprintf(full, sizeof(full), "%s", name);
	else
		snprintf(full, sizeof(full), "%s@%" PRIx64, name, unit);
	note(b, fdt_begin_node(b->fdt, full));
}

static void end(struct builder *b)
{
	note(b, fdt_end_node(b->fdt));
}

static void cells(struct builder *b, uint32_t address, uint32_t size)
{
	note(b, fdt_property_u32(b->fdt, "#address-cells", address));
	note(b, fdt_property_u32(b->fdt, "#size-cells", size));
}

static void reg(struct builder *b, gpa_t gpa, uint64_t size)
{
	fdt64_t v[2] = {cpu_to_fdt64(gpa), cpu_to_fdt64(size)};

	note(b, fdt_property(b->fdt, "reg", v, sizeof(v)));
}

static void add_memory(struct builder *b, const struct vm *vm)
{
	for (unsigned int i = 0; i < vm->ram.nr; i++) {
		const struct mem_region *r = &vm->ram.slots[i].region;

		if (!r->is_ram)
			continue;
		begin(b, "memory", r->gpa);
		note(b, fdt_property_string(b->fdt, "device_type", "memory"));
		reg(b, r->gpa, r->size);
		end(b);
	}
}

static void add_cpus(struct builder *b, const struct vm *vm, const struct fdt_places *p)
{
	begin(b, "cpus", UINT64_MAX);
	cells(b, 1, 0);
	for (unsigned int i = 0; i < vm->nr_cpus; i++) {
		begin(b, "cpu", i);
		note(b, fdt_property_string(b->fdt, "device_type", "cpu"));
		note(b, fdt_property_u32(b->fdt, "reg", i));
		note(b, fdt_property_string(b->fdt, "enable-method", "spin-table"));
		note(b, fdt_property_u64(b->fdt, "cpu-release-addr", p->release + i * sizeof(uint64_t)));
		note(b, fdt_property_u64(b->fdt, "clock-frequency", vm->tsc_hz));
		end(b);
	}
	end(b);
}

static void add_reserved(struct builder *b, const struct fdt_places *p)
{
	begin(b, "reserved-memory", UINT64_MAX);
	cells(b, 2, 2);
	note(b, fdt_property(b->fdt, "ranges", "", 0));
	begin(b, "kernel", p->kernel);
	reg(b, p->kernel, p->kernel_size);
	end(b);
	end(b);
}

/* A list of strings, each with its NUL, one after the other. */
static void add_suites(struct builder *b, const struct run_config *cfg)
{
	size_t len = 0;
	char *at;
	void *list;

	if (!cfg->nr_suites)
		return;
	for (unsigned int i = 0; i < cfg->nr_suites; i++)
		len += strlen(cfg->suites[i]) + 1;
	note(b, fdt_property_placeholder(b->fdt, FDT_SUITES, (int)len, &list));
	if (b->bad)
		return;
	at = list;
	for (unsigned int i = 0; i < cfg->nr_suites; i++)
		at = stpcpy(at, cfg->suites[i]) + 1;
}

static void add_chosen(struct builder *b, const struct boot_files *files, const struct run_config *cfg,
		       const struct fdt_places *p)
{
	begin(b, "chosen", UINT64_MAX);
	note(b, fdt_property_string(b->fdt, "bootargs", cfg->append ? cfg->append : ""));
	note(b, fdt_property_u64(b->fdt, FDT_SEED, cfg->seed));
	add_suites(b, cfg);
	cells(b, 2, 2);
	for (unsigned int i = 0; i < files->nr_modules; i++) {
		const struct boot_file *f = &files->modules[i];

		begin(b, "module", f->gpa);
		reg(b, f->gpa, f->size);
		note(b, fdt_property_string(b->fdt, "label", boot_base_name(f->path)));
		end(b);
	}
	if (cfg->replay) {
		begin(b, "replay", p->replay);
		reg(b, p->replay, cfg->replay_size);
		end(b);
	}
	end(b);
}

static void add_device(struct builder *b, const char *name, const char *compatible, gpa_t gpa)
{
	begin(b, name, gpa);
	note(b, fdt_property_string(b->fdt, "compatible", compatible));
	reg(b, gpa, DEV_PAGE);
}

static const char *label_of(const struct disk_spec *spec)
{
	if (spec->path)
		return FDT_DISK;
	return spec->swap ? FDT_SWAP : FDT_SCRATCH;
}

static void add_devices(struct builder *b, const struct vm *vm, const struct fdt_places *p)
{
	begin(b, "blob", p->blob);
	note(b, fdt_property_string(b->fdt, "compatible", FDT_BLOB));
	reg(b, p->blob, p->blob_size);
	end(b);
	add_device(b, "console", FDT_CONSOLE, CONSOLE_GPA);
	end(b);
	add_device(b, "exit", FDT_EXIT, EXIT_GPA);
	end(b);
	for (unsigned int i = 0; i < vm->nr_dma; i++) {
		add_device(b, "dma", FDT_DMA, DMA_GPA(i));
		note(b, fdt_property_u32(b->fdt, FDT_DMA_BITS, vm->dma[i].bits));
		end(b);
	}
	for (unsigned int i = 0; i < vm->nr_blk; i++) {
		add_device(b, "virtio", FDT_VIRTIO, BLK_GPA(i));
		note(b, fdt_property_string(b->fdt, "label", label_of(&vm->blk[i].disk.spec)));
		end(b);
	}
}

size_t fdt_max_size(const struct boot_files *files, const struct run_config *cfg)
{
	size_t size = 16384 + MMV_NR_RANGES * 128 + MMV_NR_CPUS * 256;

	size += cfg->append ? strlen(cfg->append) : 0;
	for (unsigned int i = 0; i < cfg->nr_suites; i++)
		size += strlen(cfg->suites[i]) + 1;
	for (unsigned int i = 0; i < files->nr_modules; i++)
		size += 256 + strlen(files->modules[i].path);
	return (size + 7) & ~7UL;
}

int fdt_build(void *buf, size_t size, const struct vm *vm, const struct boot_files *files,
	      const struct fdt_places *places)
{
	struct builder b = {.fdt = buf};

	note(&b, fdt_create(buf, (int)size));
	note(&b, fdt_finish_reservemap(buf));
	begin(&b, "", UINT64_MAX);
	note(&b, fdt_property_string(buf, "compatible", "mmvisor"));
	cells(&b, 2, 2);
	add_memory(&b, vm);
	add_cpus(&b, vm, places);
	add_reserved(&b, places);
	add_chosen(&b, files, vm->cfg, places);
	add_devices(&b, vm, places);
	end(&b);
	note(&b, fdt_finish(buf));
	return b.bad ? -EINVAL : 0;
}
