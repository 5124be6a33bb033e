// SPDX-License-Identifier: MIT
/*
 * view.c - opening a view, its regions, and its root.
 *
 * Regions are sorted by guest-physical address and do not overlap. The root is found through page tables whose top the
 * registers name; where they are no help (a vCPU that went through a triple fault may have been reset) through the
 * kernel's load address, which the root itself confirms.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/view/view_impl.h"

#define CR3_MASK 0x000ffffffffff000ULL
#define KERNEL_ALIGN (2UL << 20)

void view_err(char *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	vsnprintf(err, VIEW_ERR_MAX, fmt, ap);
	va_end(ap);
}

uint64_t view_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void tlb_flush(struct view *v)
{
	memset(v->tlb, 0xff, VIEW_TLB_SIZE * sizeof(*v->tlb));
}

struct view *view_alloc(enum view_kind kind, char *err)
{
	struct view *v = calloc(1, sizeof(*v));

	if (v)
		v->tlb = calloc(VIEW_TLB_SIZE, sizeof(*v->tlb));
	if (!v || !v->tlb) {
		view_err(err, "out of memory");
		free(v);
		return NULL;
	}
	v->kind = kind;
	v->sock = -1;
	v->crashed_cpu = -1;
	tlb_flush(v);
	return v;
}

int view_add_region(struct view *v, const struct view_region *r, char *err)
{
	unsigned int i = v->nr_regions;

	if (v->nr_regions == VIEW_MAX_REGIONS) {
		view_err(err, "more than %d memory regions", VIEW_MAX_REGIONS);
		return -EINVAL;
	}
	if (!r->size || (r->size | r->gpa) % MMV_PAGE_SIZE || r->gpa > DIRECT_MAP_SIZE ||
	    r->size > DIRECT_MAP_SIZE - r->gpa) {
		view_err(err, "memory region at %#lx of %#lx bytes: not whole pages, or beyond the direct map", r->gpa,
			 r->size);
		return -EINVAL;
	}
	while (i && v->regions[i - 1].gpa > r->gpa)
		i--;
	if ((i && v->regions[i - 1].gpa + v->regions[i - 1].size > r->gpa) ||
	    (i < v->nr_regions && r->gpa + r->size > v->regions[i].gpa)) {
		view_err(err, "memory region at %#lx overlaps another", r->gpa);
		return -EINVAL;
	}
	memmove(&v->regions[i + 1], &v->regions[i], (v->nr_regions - i) * sizeof(*r));
	v->regions[i] = *r;
	v->nr_regions++;
	return 0;
}

/* Is struct mm_root at the announced address, seen through @cr3? */
static bool root_through(const struct view *v, gpa_t cr3)
{
	uint64_t magic;
	gpa_t gpa;

	return !view_translate(v, cr3, v->root_addr, &gpa, NULL, NULL) &&
	       !view_read_phys(v, gpa, &magic, sizeof(magic)) && magic == MM_ROOT_MAGIC;
}

/* The kernel was loaded at @base if the root, found there by arithmetic, says so itself. */
static bool root_at_base(struct view *v, gpa_t base)
{
	struct mm_root root;

	if (view_read_phys(v, base + (v->root_addr - KERNEL_BASE), &root, sizeof(root)) ||
	    root.magic != MM_ROOT_MAGIC || root.phys_base != base || !root_through(v, root.cr3 & CR3_MASK))
		return false;
	v->cr3 = root.cr3 & CR3_MASK;
	return true;
}

static void probe_bases(struct view *v)
{
	if (v->root_addr < KERNEL_BASE || v->root_addr - KERNEL_BASE >= KERNEL_SIZE)
		return;
	for (unsigned int i = 0; i < v->nr_regions; i++) {
		gpa_t at = v->regions[i].gpa, end = at + v->regions[i].size, start;
		uint64_t len;

		/* only where there is memory at all: a sparse guest is mostly holes */
		while (view_backed(v, at, end, &start, &len)) {
			gpa_t base = (start + KERNEL_ALIGN - 1) & ~(KERNEL_ALIGN - 1);

			for (; base < start + len; base += KERNEL_ALIGN)
				if (root_at_base(v, base))
					return;
			at = start + len;
		}
	}
}

static void find_tables(struct view *v)
{
	v->cr3 = v->nr_cpus ? v->regs[0].cr3 & CR3_MASK : 0;
	for (unsigned int i = 0; i < v->nr_cpus; i++) {
		if (v->regs[i].cr3 & CR3_MASK && root_through(v, v->regs[i].cr3 & CR3_MASK)) {
			v->cr3 = v->regs[i].cr3 & CR3_MASK;
			return;
		}
	}
	if (v->root_addr)
		probe_bases(v);
}

void view_settle(struct view *v)
{
	struct mm_root *r = &v->root;

	tlb_flush(v);
	v->root_ok = false;
	find_tables(v);
	if (!v->root_addr)
		view_err(v->root_err,
			 "the guest has not announced its memory management yet: try again when it has booted");
	else if (view_read(v, v->root_addr, r, sizeof(*r)))
		view_err(v->root_err, "mm_root at %#lx: no memory is mapped there", v->root_addr);
	else if (r->magic != MM_ROOT_MAGIC)
		view_err(v->root_err, "mm_root at %#lx: magic is %#lx, not %#lx: overwritten?", v->root_addr, r->magic,
			 MM_ROOT_MAGIC);
	else if (r->version != MM_ROOT_VERSION)
		view_err(v->root_err, "mm_root version %u, this program knows %u: use the one built with that kernel",
			 r->version, MM_ROOT_VERSION);
	else if (r->size != sizeof(*r) || r->page_size != sizeof(struct page))
		view_err(v->root_err,
			 "mm_root has %u bytes and struct page %u, here they have %zu and %zu: use the program built "
			 "with that "
			 "kernel",
			 r->size, r->page_size, sizeof(*r), sizeof(struct page));
	else
		v->root_ok = true;
	/* From here on the kernel's own tables: a vCPU may have been stopped while it still ran on the first ones. */
	if (v->root_ok && root_through(v, r->cr3 & CR3_MASK)) {
		v->cr3 = r->cr3 & CR3_MASK;
		tlb_flush(v);
	}
}

struct view *view_open(const char *source, char *err)
{
	struct stat st;
	int fd;

	if (stat(source, &st)) {
		view_err(err, "%s: %s", source, strerror(errno));
		return NULL;
	}
	if (S_ISSOCK(st.st_mode))
		return view_open_socket(source, err);
	if (!S_ISREG(st.st_mode)) {
		view_err(err, "%s: neither a control socket nor a core file", source);
		return NULL;
	}
	fd = open(source, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		view_err(err, "%s: %s", source, strerror(errno));
		return NULL;
	}
	return view_open_core(source, fd, err);
}

struct view *view_open_regions(const struct view_region *regions, unsigned int nr_regions, gva_t root,
			       const struct guest_regs *regs, unsigned int nr_cpus, const char *kernel, char *err)
{
	struct view *v = view_alloc(VIEW_REGIONS, err);

	if (!v)
		return NULL;
	for (unsigned int i = 0; i < nr_regions; i++)
		if (view_add_region(v, &regions[i], err))
			return view_fail(v);
	v->root_addr = root;
	v->nr_cpus = nr_cpus < MMV_NR_CPUS ? nr_cpus : MMV_NR_CPUS;
	if (regs)
		memcpy(v->regs, regs, v->nr_cpus * sizeof(*regs));
	snprintf(v->kernel, sizeof(v->kernel), "%s", kernel ? kernel : "");
	view_settle(v);
	return v;
}

struct view *view_reader(const struct view *v)
{
	struct view *r = malloc(sizeof(*r));

	if (!r)
		return NULL;
	*r = *v;
	r->kind = VIEW_REGIONS;
	r->own_maps = r->paused = false;
	r->map = NULL;
	r->nr_pins = r->nr_modules = 0;
	r->sock = -1;
	r->tlb = calloc(VIEW_TLB_SIZE, sizeof(*r->tlb));
	if (!r->tlb) {
		free(r);
		return NULL;
	}
	tlb_flush(r);
	return r;
}

void view_close(struct view *v)
{
	if (!v)
		return;
	if (v->paused)
		view_resume(v, NULL);
	if (v->sock >= 0)
		close(v->sock);
	for (unsigned int i = 0; v->own_maps && i < v->nr_regions; i++)
		munmap((void *)(uintptr_t)v->regions[i].host, v->regions[i].size);
	if (v->map)
		munmap(v->map, v->map_size);
	for (unsigned int i = 0; i < v->nr_pins; i++)
		close(v->pin[i]);
	for (unsigned int i = 0; i < v->nr_modules; i++)
		free((void *)(uintptr_t)v->modules[i]);
	free(v->tlb);
	free(v);
}

struct view *view_fail(struct view *v)
{
	view_close(v);
	return NULL;
}

enum view_kind view_kind(const struct view *v)
{
	return v->kind;
}

const char *view_kernel(const struct view *v)
{
	return v->kernel;
}

void view_add_module(struct view *v, const char *path, size_t max)
{
	char *copy = v->nr_modules < VIEW_MAX_MODULES ? strndup(path, max) : NULL;

	if (copy)
		v->modules[v->nr_modules++] = copy;
}

const char *const *view_modules(const struct view *v, unsigned int *nr)
{
	*nr = v->nr_modules;
	return v->modules;
}

const char *view_reason(const struct view *v)
{
	return v->reason;
}

int view_crashed_cpu(const struct view *v)
{
	return v->crashed_cpu;
}

char *view_log(struct view *v, char *err)
{
	char *text;

	if (v->kind == VIEW_LIVE)
		return view_live_log(v, err);
	if (!v->log_at) {
		view_err(err, "this core holds no log: it is older than this program");
		return NULL;
	}
	text = malloc(v->log_len + 1);
	if (!text) {
		view_err(err, "out of memory");
		return NULL;
	}
	memcpy(text, (const char *)v->map + v->log_at, v->log_len);
	text[v->log_len] = '\0';
	return text;
}

uint64_t view_paused_ns(const struct view *v)
{
	return v->paused_ns + (v->paused ? view_now() - v->pause_start : 0);
}

const struct guest_regs *view_regs(const struct view *v, unsigned int cpu)
{
	return cpu < v->nr_cpus ? &v->regs[cpu] : NULL;
}

unsigned int view_nr_cpus(const struct view *v)
{
	return v->nr_cpus;
}

const struct view_region *view_region(const struct view *v, unsigned int n)
{
	return n < v->nr_regions ? &v->regions[n] : NULL;
}

gva_t view_root_addr(const struct view *v)
{
	return v->root_addr;
}

const struct mm_root *view_root(const struct view *v, char *err)
{
	if (v->root_ok)
		return &v->root;
	view_err(err, "%s", v->root_err);
	return NULL;
}

gpa_t view_cr3(const struct view *v)
{
	return v->cr3;
}
