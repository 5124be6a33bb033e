/* SPDX-License-Identifier: MIT */
/*
 * fdt.c - what the VMM says, from the flattened device tree into boot_info.
 *
 * The tree is input like any other: libfdt checks offsets within it, this file checks what the values mean. Whatever is
 * wrong ends the run with one line. One pass over the nodes; each looks only at its own properties.
 * Sorting and overlaps: RAM ranges and CPUs are kept in order as they are found.
 */
#include <libfdt.h>

#include <linux/printk.h>
#include <linux/panic.h>
#include <linux/string.h>

#include "guest/arch/x86/arch.h"
#include "guest/kernel/boot_info.h"
#include "shared/boot.h"

#define FDT_SIZE_MAX (1UL << 20)

struct boot_info boot_info;

/* Every value the tree may carry as an address: below the architecture's 52 bits. */
#define GPA_LIMIT (1UL << 52)

static void bad(const char *node, const char *what)
{
	panic("FDT: %s: %s", node, what);
}

static uint64_t get_u64(const void *cells)
{
	return fdt64_to_cpu(*(const fdt64_t *)cells);
}

/* A property that must be there and be a number of @size bytes. */
static uint64_t need_number(const void *fdt, int node, const char *name, const char *prop, int size)
{
	int len;
	const void *p = fdt_getprop(fdt, node, prop, &len);

	if (!p || len != size)
		bad(name, prop);
	return size == 8 ? get_u64(p) : fdt32_to_cpu(*(const fdt32_t *)p);
}

/* The node's reg: one address and size, two cells each. */
static struct boot_range need_reg(const void *fdt, int node, const char *name)
{
	struct boot_range r;
	int len;
	const char *p = fdt_getprop(fdt, node, "reg", &len);

	if (!p || len != 16)
		bad(name, "reg is not one range");
	r.base = get_u64(p);
	r.size = get_u64(p + 8);
	if (r.base >= GPA_LIMIT || r.size > GPA_LIMIT - r.base)
		bad(name, "reg lies beyond 52 bits");
	return r;
}

static bool is_compatible(const void *fdt, int node, const char *what)
{
	int len;
	const char *p = fdt_getprop(fdt, node, "compatible", &len);

	return p && len > 0 && (size_t)len == strlen(what) + 1 && !memcmp(p, what, (size_t)len);
}

/* Name of a node up to its unit address. */
static bool name_is(const char *name, const char *what)
{
	size_t len = strlen(what);

	return !strncmp(name, what, len) && (name[len] == '@' || !name[len]);
}

static void add_memory(const void *fdt, int node, const char *name)
{
	struct boot_info *bi = &boot_info;
	struct boot_range r = need_reg(fdt, node, name);
	uint32_t i;

	if (!r.size)
		return;
	if ((r.base | r.size) & (PAGE_SIZE - 1))
		bad(name, "not page aligned");
	if (r.base + r.size > DIRECT_MAP_SIZE)
		bad(name, "beyond the direct map");
	if (bi->nr_ranges == MMV_NR_RANGES)
		bad(name, "too many ranges of memory");
	for (i = bi->nr_ranges; i && bi->ranges[i - 1].base > r.base; i--)
		bi->ranges[i] = bi->ranges[i - 1];
	if ((i && bi->ranges[i - 1].base + bi->ranges[i - 1].size > r.base) ||
	    (i < bi->nr_ranges && r.base + r.size > bi->ranges[i + 1].base))
		bad(name, "overlaps other memory");
	bi->ranges[i] = r;
	bi->nr_ranges++;
}

/* CPUs are numbered by their local APIC ids: the order in which the VMM numbers its vCPUs. */
static void add_cpu(const void *fdt, int node, const char *name)
{
	struct boot_info *bi = &boot_info;
	struct boot_cpu cpu = { 0 };
	uint32_t i;
	int len;
	const void *reg = fdt_getprop(fdt, node, "reg", &len), *release;

	if (!reg || (len != 4 && len != 8))
		bad(name, "reg is not an APIC id");
	cpu.apic_id = len == 8 ? (uint32_t)get_u64(reg) : fdt32_to_cpu(*(const fdt32_t *)reg);
	release = fdt_getprop(fdt, node, "cpu-release-addr", &len);
	if (release && len == 8)
		cpu.release_addr = get_u64(release);
	if (!bi->tsc_hz)
		bi->tsc_hz = need_number(fdt, node, name, "clock-frequency", 8);
	if (bi->nr_cpus == MMV_NR_CPUS)
		bad(name, "more CPUs than this kernel can drive");
	for (i = bi->nr_cpus; i && bi->cpus[i - 1].apic_id > cpu.apic_id; i--)
		bi->cpus[i] = bi->cpus[i - 1];
	if (i && bi->cpus[i - 1].apic_id == cpu.apic_id)
		bad(name, "a second CPU with this APIC id");
	bi->cpus[i] = cpu;
	bi->nr_cpus++;
}

static void add_module(const void *fdt, int node, const char *name)
{
	struct boot_range r = need_reg(fdt, node, name);
	struct boot_module *m = &boot_info.modules[boot_info.nr_modules];
	int len;
	const char *label = fdt_getprop(fdt, node, "label", &len);

	if (!label || len < 1 || label[len - 1])
		bad(name, "no label");
	if (boot_info.nr_modules == BOOT_MAX_MODULES)
		bad(name, "too many modules");
	*m = (struct boot_module){ .name = label, .data = __va(r.base), .size = r.size };
	boot_info.nr_modules++;
}

static void add_chosen(const void *fdt, int node, const char *name)
{
	int len;
	const char *p = fdt_getprop(fdt, node, "bootargs", &len);

	if (p && (len < 1 || p[len - 1]))
		bad(name, "bootargs is not a string");
	boot_info.bootargs = p ? p : "";
	p = fdt_getprop(fdt, node, FDT_SEED, &len);
	if (p && len == 8)
		boot_info.seed = get_u64(p);
	p = fdt_getprop(fdt, node, FDT_SUITES, &len);
	if (p && len > 0) {
		if (p[len - 1])
			bad(name, "suites is not a list of strings");
		boot_info.suites = p;
		boot_info.suites_len = (uint64_t)len;
	}
}

static void add_dma(const void *fdt, int node, const char *name)
{
	struct boot_dma *d = &boot_info.dma[boot_info.nr_dma];
	uint64_t bits = need_number(fdt, node, name, FDT_DMA_BITS, 4);

	if (boot_info.nr_dma == DMA_MAX_ENGINES)
		bad(name, "too many DMA engines");
	if (bits < 12 || bits > 64)
		bad(name, FDT_DMA_BITS);
	d->base = need_reg(fdt, node, name).base;
	d->bits = (uint32_t)bits;
	if (d->base < DEV_GPA || d->base - DEV_GPA > DEV_SIZE - DEV_PAGE)
		bad(name, "outside the device window");
	boot_info.nr_dma++;
}

/* A node at the top level. */
static void add_top(const void *fdt, int node, const char *name)
{
	if (name_is(name, "memory"))
		add_memory(fdt, node, name);
	else if (name_is(name, "chosen"))
		add_chosen(fdt, node, name);
	else if (name_is(name, "blob") && is_compatible(fdt, node, FDT_BLOB))
		boot_info.blob = need_reg(fdt, node, name);
	else if (name_is(name, "dma") && is_compatible(fdt, node, FDT_DMA))
		add_dma(fdt, node, name);
}

/* A node one below: @parent is what it hangs from. */
static void add_second(const void *fdt, int node, const char *name, const char *parent)
{
	if (!strcmp(parent, "cpus") && name_is(name, "cpu")) {
		add_cpu(fdt, node, name);
	} else if (!strcmp(parent, "reserved-memory") && name_is(name, "kernel")) {
		boot_info.kernel = need_reg(fdt, node, name);
	} else if (!strcmp(parent, "chosen") && name_is(name, "module")) {
		add_module(fdt, node, name);
	} else if (!strcmp(parent, "chosen") && name_is(name, "replay")) {
		struct boot_range r = need_reg(fdt, node, name);

		boot_info.replay = __va(r.base);
		boot_info.replay_size = r.size;
	}
}

static void need_in_blob(const char *what, uint64_t addr, uint64_t size)
{
	const struct boot_range *b = &boot_info.blob;

	if (addr < b->base || addr - b->base > b->size || size > b->size - (addr - b->base))
		bad(what, "not inside the blob");
}

/* What only shows when the whole tree is known. */
static void check_all(uint64_t fdt_gpa, uint64_t fdt_size)
{
	struct boot_info *bi = &boot_info;
	const struct boot_range *last;

	if (!bi->nr_ranges)
		bad("memory", "there is none");
	last = &bi->ranges[bi->nr_ranges - 1];
	if (!bi->nr_cpus)
		bad("cpus", "there is none");
	if (bi->tsc_hz < 1000000)
		bad("cpus", "clock-frequency");
	if (bi->kernel.size < (uint64_t)(kernel_end - kernel_start) || bi->kernel.base != phys_base)
		bad("reserved-memory", "does not cover the kernel");
	if (bi->blob.base + bi->blob.size > DIRECT_MAP_SIZE || (bi->blob.base | bi->blob.size) & (PAGE_SIZE - 1) ||
	    bi->blob.base < last->base + last->size)
		bad("blob", "not above all memory, or not page aligned");
	need_in_blob("fdt", fdt_gpa, fdt_size);
	for (uint32_t i = 1; i < bi->nr_cpus; i++) {
		if (bi->cpus[i].release_addr & 7)
			bad("cpus", "cpu-release-addr is not aligned");
		need_in_blob("cpu-release-addr", bi->cpus[i].release_addr, 8);
	}
	for (uint32_t i = 0; i < bi->nr_modules; i++)
		need_in_blob("module", (uint64_t)bi->modules[i].data - DIRECT_MAP, bi->modules[i].size);
	if (bi->replay)
		need_in_blob("replay", (uint64_t)bi->replay - DIRECT_MAP, bi->replay_size);
}

void fdt_parse(const void *fdt)
{
	const char *parent = "";
	int depth = 0, node = 0;

	boot_info.bootargs = "";
	if (fdt_check_header(fdt) || fdt_totalsize(fdt) > FDT_SIZE_MAX)
		bad("/", "not a device tree");
	while ((node = fdt_next_node(fdt, node, &depth)) >= 0 && depth >= 0) {
		const char *name;

		if (depth > 2)
			continue;
		name = fdt_get_name(fdt, node, NULL);
		if (!name)
			bad("/", "a node without a name");
		if (depth == 1) {
			parent = name;
			add_top(fdt, node, name);
		} else if (depth == 2) {
			add_second(fdt, node, name, parent);
		}
	}
	if (node < 0 && node != -FDT_ERR_NOTFOUND)
		bad("/", fdt_strerror(node));
	check_all((uint64_t)fdt - DIRECT_MAP, fdt_totalsize(fdt));
}
