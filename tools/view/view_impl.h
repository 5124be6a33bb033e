/* SPDX-License-Identifier: MIT */
/*
 * view_impl.h - what a view is made of: for the files of this library only.
 */
#ifndef MMV_TOOLS_VIEW_IMPL_H
#define MMV_TOOLS_VIEW_IMPL_H

#include "tools/view/view.h"

/* The address in a page-table entry. */
#define PTE_ADDR 0x000ffffffffff000ULL

#define VIEW_MAX_REGIONS (MMV_NR_RANGES + 2)

#define VIEW_MAX_MODULES 64

/* A direct-mapped cache of translations: one entry per 2 MiB of address space. Purely a matter of speed. */
#define VIEW_TLB_SIZE 256
struct view_tlb {
	gva_t va;      /* start of the page, ~0 if the entry is empty */
	uint64_t size; /* of the page */
	gpa_t gpa;
};

/**
 * struct view - one opened guest.
 * @map, @map_size: for a core, the whole file; regions of a live guest are mappings of their own
 * @pin: descriptors behind the regions that this view must close
 * @sock: control socket, -1 if none
 */
struct view {
	enum view_kind kind;
	unsigned int nr_regions;
	struct view_region regions[VIEW_MAX_REGIONS];
	bool own_maps;
	void *map;
	uint64_t map_size;
	int pin[VIEW_MAX_REGIONS];
	unsigned int nr_pins;
	int sock;
	bool paused;
	uint64_t pause_start, paused_ns;

	unsigned int nr_cpus;
	struct guest_regs regs[MMV_NR_CPUS];
	int crashed_cpu;
	char reason[128];
	uint64_t log_at, log_len; /* in @map: the core's note */
	char kernel[256];
	const char *modules[VIEW_MAX_MODULES];
	unsigned int nr_modules;

	gpa_t cr3;
	gva_t root_addr;
	bool root_ok;
	char root_err[VIEW_ERR_MAX];
	struct mm_root root;
	struct view_tlb *tlb;
};

/** view_add_module - note the path of a payload; of very many, the first ones */
void view_add_module(struct view *v, const char *path, size_t max);

/** view_alloc - an empty view. NULL: no memory, said in @err. */
struct view *view_alloc(enum view_kind kind, char *err);

/** view_add_region - refuses overlap, unaligned and empty ones. Return: 0 or -EINVAL, said in @err. */
int view_add_region(struct view *v, const struct view_region *r, char *err);

/** view_settle - registers and regions are known: find the page tables and read the root. */
void view_settle(struct view *v);

/** view_fail - say why, give everything back. Return: NULL, for the caller to pass on. */
struct view *view_fail(struct view *v);

struct view *view_open_core(const char *path, int fd, char *err);
struct view *view_open_socket(const char *path, char *err);
char *view_live_log(struct view *v, char *err);

/** view_reader - a second view of the same memory, for another thread; only to read through. view_close() it first. NULL: no memory. */
struct view *view_reader(const struct view *v);

void view_err(char *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** view_now - CLOCK_MONOTONIC in nanoseconds. */
uint64_t view_now(void);

#endif
