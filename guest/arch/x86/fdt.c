/* SPDX-License-Identifier: MIT */
/*
 * fdt.c - what the VMM says, from the flattened device tree into boot_info.
 *
 * The tree is input like any other: libfdt checks that every tag, property and string lies inside it, this file checks what
 * the values mean. Whatever is wrong ends the run with one line.
 * One pass over the tags: looking properties up by name would walk the same bytes, character by character, for each of them,
 * and was half of the boot. A node's properties come before its children, so a node is complete, and acted
 * on, when the next node begins or this one ends.
 * Sorting and overlaps: RAM ranges and CPUs are kept in order as they are found.
 */
#include <libfdt.h>

#include <linux/kernel.h>
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

/** struct prop - a property: NULL if the node has none. */
struct prop {
	const char *data;
	uint32_t len;
};

/** enum prop_id - the properties that mean something here; the others are passed over. */
enum prop_id { P_REG, P_RELEASE, P_CLOCK, P_LABEL, P_COMPATIBLE, P_BITS, P_BOOTARGS, P_SEED, P_SUITES, NR_PROPS };

static const char *const prop_names[NR_PROPS] = {
	[P_REG] = "reg",
	[P_RELEASE] = "cpu-release-addr",
	[P_CLOCK] = "clock-frequency",
	[P_LABEL] = "label",
	[P_COMPATIBLE] = "compatible",
	[P_BITS] = FDT_DMA_BITS,
	[P_BOOTARGS] = "bootargs",
	[P_SEED] = FDT_SEED,
	[P_SUITES] = FDT_SUITES,
};

/** struct node - one node of the tree, its children apart. */
struct node {
	const char *name;
	struct prop props[NR_PROPS];
};

static uint64_t get_u64(const void *cells)
{
	return fdt64_to_cpu(*(const fdt64_t *)cells);
}

/* A property that must be there and be a number of @size bytes. */
static uint64_t need_number(const struct node *n, enum prop_id id, unsigned int size)
{
	const struct prop *p = &n->props[id];

	if (!p->data || p->len != size)
		bad(n->name, prop_names[id]);
	return size == 8 ? get_u64(p->data) : fdt32_to_cpu(*(const fdt32_t *)p->data);
}

/* The node's reg: one address and size, two cells each. */
static struct boot_range need_reg(const struct node *n)
{
	const struct prop *p = &n->props[P_REG];
	struct boot_range r;

	if (!p->data || p->len != 16)
		bad(n->name, "reg is not one range");
	r.base = get_u64(p->data);
	r.size = get_u64(p->data + 8);
	if (r.base >= GPA_LIMIT || r.size > GPA_LIMIT - r.base)
		bad(n->name, "reg lies beyond 52 bits");
	return r;
}

/* A property made of strings, each with its NUL; NULL if it is not there. */
static const char *get_strings(const struct node *n, enum prop_id id)
{
	const struct prop *p = &n->props[id];

	if (p->data && (!p->len || p->data[p->len - 1]))
		bad(n->name, prop_names[id]);
	return p->data;
}

static bool is_compatible(const struct node *n, const char *what)
{
	const char *p = get_strings(n, P_COMPATIBLE);

	return p && !strcmp(p, what);
}

/* Name of a node up to its unit address. */
static bool name_is(const char *name, const char *what)
{
	size_t len = strlen(what);

	return !strncmp(name, what, len) && (name[len] == '@' || !name[len]);
}

static void add_memory(const struct node *n)
{
	struct boot_info *bi = &boot_info;
	struct boot_range r = need_reg(n);
	uint32_t i;

	if (!r.size)
		return;
	if ((r.base | r.size) & (PAGE_SIZE - 1))
		bad(n->name, "not page aligned");
	if (r.base + r.size > DIRECT_MAP_SIZE)
		bad(n->name, "beyond the direct map");
	if (bi->nr_ranges == MMV_NR_RANGES)
		bad(n->name, "too many ranges of memory");
	for (i = bi->nr_ranges; i && bi->ranges[i - 1].base > r.base; i--)
		bi->ranges[i] = bi->ranges[i - 1];
	if ((i && bi->ranges[i - 1].base + bi->ranges[i - 1].size > r.base) ||
	    (i < bi->nr_ranges && r.base + r.size > bi->ranges[i + 1].base))
		bad(n->name, "overlaps other memory");
	bi->ranges[i] = r;
	bi->nr_ranges++;
}

/* CPUs are numbered by their local APIC ids: the order in which the VMM numbers its vCPUs. */
static void add_cpu(const struct node *n)
{
	struct boot_info *bi = &boot_info;
	struct boot_cpu cpu = {.apic_id = (uint32_t)need_number(n, P_REG, 4)};
	uint32_t i;

	if (n->props[P_RELEASE].data)
		cpu.release_addr = need_number(n, P_RELEASE, 8);
	if (!bi->tsc_hz)
		bi->tsc_hz = need_number(n, P_CLOCK, 8);
	if (bi->nr_cpus == MMV_NR_CPUS)
		bad(n->name, "more CPUs than this kernel can drive");
	for (i = bi->nr_cpus; i && bi->cpus[i - 1].apic_id > cpu.apic_id; i--)
		bi->cpus[i] = bi->cpus[i - 1];
	if (i && bi->cpus[i - 1].apic_id == cpu.apic_id)
		bad(n->name, "a second CPU with this APIC id");
	bi->cpus[i] = cpu;
	bi->nr_cpus++;
}

static void add_module(const struct node *n)
{
	struct boot_range r = need_reg(n);
	const char *label = get_strings(n, P_LABEL);

	if (!label)
		bad(n->name, "no label");
	if (boot_info.nr_modules == BOOT_MAX_MODULES)
		bad(n->name, "too many modules");
	boot_info.modules[boot_info.nr_modules++] =
		(struct boot_module){.name = label, .data = __va(r.base), .size = r.size};
}

static void add_chosen(const struct node *n)
{
	const char *args = get_strings(n, P_BOOTARGS);

	if (args)
		boot_info.bootargs = args;
	if (n->props[P_SEED].data)
		boot_info.seed = need_number(n, P_SEED, 8);
	boot_info.suites = get_strings(n, P_SUITES);
	boot_info.suites_len = n->props[P_SUITES].len;
}

static void add_replay(const struct node *n)
{
	struct boot_range r = need_reg(n);

	boot_info.replay = __va(r.base);
	boot_info.replay_size = r.size;
}

static void add_dma(const struct node *n)
{
	uint64_t bits = need_number(n, P_BITS, 4);
	gpa_t base = need_reg(n).base;

	if (boot_info.nr_dma == DMA_MAX_ENGINES)
		bad(n->name, "too many DMA engines");
	if (bits < PAGE_SHIFT || bits > 64)
		bad(n->name, FDT_DMA_BITS);
	if (base < DEV_GPA || base - DEV_GPA > DEV_SIZE - DEV_PAGE)
		bad(n->name, "outside the device window");
	boot_info.dma[boot_info.nr_dma++] = (struct boot_dma){.base = base, .bits = (uint32_t)bits};
}

static uint16_t need_port(const struct node *n)
{
	gpa_t base = need_reg(n).base;

	if (!base || base > 0xfff0)
		bad(n->name, "not an I/O port");
	return (uint16_t)base;
}

static void add_disk(const struct node *n)
{
	const char *label = get_strings(n, P_LABEL);
	gpa_t base = need_reg(n).base;

	if (boot_info.nr_disks == BLK_MAX_DEVICES)
		bad(n->name, "too many block devices");
	if (base < DEV_GPA || base - DEV_GPA > DEV_SIZE - DEV_PAGE)
		bad(n->name, "outside the device window");
	boot_info.disks[boot_info.nr_disks++] = (struct boot_disk){.base = base,
								   .swap = label && !strcmp(label, FDT_SWAP),
								   .scratch = label && !strcmp(label, FDT_SCRATCH)};
}

/* A complete node, @depth below the root; @parent: name of the one it hangs from. */
static void add_node(const struct node *n, int depth, const char *parent)
{
	if (depth == 1) {
		if (name_is(n->name, "memory"))
			add_memory(n);
		else if (name_is(n->name, "chosen"))
			add_chosen(n);
		else if (name_is(n->name, "blob") && is_compatible(n, FDT_BLOB))
			boot_info.blob = need_reg(n);
		else if (name_is(n->name, "dma") && is_compatible(n, FDT_DMA))
			add_dma(n);
		else if (name_is(n->name, "serial") && is_compatible(n, FDT_SERIAL))
			boot_info.console_port = need_port(n);
		else if (name_is(n->name, "exit-port") && is_compatible(n, FDT_EXIT_PORT))
			boot_info.exit_port = need_port(n);
		else if (name_is(n->name, "virtio") && is_compatible(n, FDT_VIRTIO))
			add_disk(n);
	} else if (depth == 2) {
		if (name_is(parent, "cpus") && name_is(n->name, "cpu"))
			add_cpu(n);
		else if (name_is(parent, "reserved-memory") && name_is(n->name, "kernel"))
			boot_info.kernel = need_reg(n);
		else if (name_is(parent, "chosen") && name_is(n->name, "module"))
			add_module(n);
		else if (name_is(parent, "chosen") && name_is(n->name, "replay"))
			add_replay(n);
	}
}

/* What the name at @nameoff means, NR_PROPS for nothing. Equal names share one string, so each is compared once. */
static unsigned int prop_id(const void *fdt, int nameoff)
{
	static struct {
		int nameoff;
		unsigned int id;
	} known[16];
	static unsigned int nr_known;
	unsigned int id = 0;
	const char *name;

	for (unsigned int i = 0; i < nr_known; i++) {
		if (known[i].nameoff == nameoff)
			return known[i].id;
	}
	name = fdt_string(fdt, nameoff);
	if (!name)
		bad("/", "a property without a name");
	while (id < NR_PROPS && strcmp(name, prop_names[id]))
		id++;
	if (nr_known < ARRAY_SIZE(known)) {
		known[nr_known].nameoff = nameoff;
		known[nr_known++].id = id;
	}
	return id;
}

/* The property at @offset, which fdt_next_tag() found to lie inside the tree, data and all. */
static void take_property(const void *fdt, int offset, struct node *n)
{
	const struct fdt_property *p = fdt_offset_ptr(fdt, offset, sizeof(*p));
	unsigned int id;

	if (!p)
		bad(n->name, "a property that is cut off");
	id = prop_id(fdt, (int)fdt32_to_cpu(p->nameoff));
	if (id < NR_PROPS)
		n->props[id] = (struct prop){.data = p->data, .len = fdt32_to_cpu(p->len)};
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

/* Take all nodes in. */
static void walk_tree(const void *fdt)
{
	struct node n = {.name = "/"};
	const char *parent = "";
	bool open = false; /* @n is a node whose properties are still coming */
	int depth = -1, offset = 0, next;

	for (;;) {
		uint32_t tag = fdt_next_tag(fdt, offset, &next);

		if (next < 0)
			bad("/", fdt_strerror(next));
		if (open && (tag == FDT_BEGIN_NODE || tag == FDT_END_NODE)) {
			add_node(&n, depth, parent);
			open = false;
			if (tag == FDT_BEGIN_NODE && depth == 1)
				parent = n.name;
		}
		if (tag == FDT_BEGIN_NODE) {
			n = (struct node){.name = fdt_offset_ptr(fdt, offset + FDT_TAGSIZE, 1)};
			depth++;
			open = true;
		} else if (tag == FDT_PROP) {
			if (!open)
				bad(n.name, "a property after a child node");
			take_property(fdt, offset, &n);
		} else if (tag == FDT_END_NODE) {
			depth--;
		} else if (tag == FDT_END) {
			break;
		}
		offset = next;
	}
	if (depth != -1)
		bad("/", "a node does not end");
}

void fdt_parse(const void *fdt)
{
	boot_info.bootargs = "";
	if (fdt_check_header(fdt) || fdt_totalsize(fdt) > FDT_SIZE_MAX)
		bad("/", "not a device tree");
	walk_tree(fdt);
	check_all((uint64_t)fdt - DIRECT_MAP, fdt_totalsize(fdt));
}
