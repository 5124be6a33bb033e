/* SPDX-License-Identifier: MIT */
/*
 * memspec.h - what --mem says: the guest's RAM ranges, and the slots they become.
 *
 * A range is what the user asked for; a slot is one piece of RAM without holes. Ranges are sorted by address and do
 * not overlap; a DMA range that spans the PC hole becomes two slots. Pure functions: no KVM, no allocation.
 */
#ifndef MMV_VMM_MEMSPEC_H
#define MMV_VMM_MEMSPEC_H

#include "shared/layout.h"
#include "shared/types.h"

/** enum mem_zone - which part of guest-physical memory a range belongs to. */
enum mem_zone { MEM_DMA, MEM_DMA32, MEM_NORMAL, NR_MEM_ZONES };

/** struct mem_range - [gpa, gpa + size), page aligned, not empty. */
struct mem_range {
	enum mem_zone zone;
	gpa_t gpa;
	uint64_t size;
};

/** struct mem_spec - sorted by gpa; @slots is what is left of @ranges without the PC hole. */
struct mem_spec {
	unsigned int nr_ranges;
	unsigned int nr_slots;
	struct mem_range ranges[MMV_NR_RANGES];
	struct mem_range slots[MMV_NR_RANGES];
};

#define MEM_SPEC_DEFAULT "dma=16M,dma32=48M,normal=64M"

/** mem_zone_name - "dma", "dma32", "normal", as --mem spells it. */
const char *mem_zone_name(enum mem_zone zone);

/**
 * mem_parse_size - a number with an optional suffix K, M, G or T (powers of 1024; 0x… is hexadecimal)
 * @text: the number; @end receives what follows it
 * Return: 0, or -EINVAL (no number) or -ERANGE (does not fit 64 bits).
 */
int mem_parse_size(const char *text, const char **end, uint64_t *value);

/**
 * mem_spec_parse - turn the text of --mem into ranges and slots
 * @text: zone=size[@address],…; ranges without an address take the first place in their zone that is free
 * @why:  on failure, one line saying what is wrong, where, and what to do
 * Return: 0 or -EINVAL.
 */
int mem_spec_parse(struct mem_spec *spec, const char *text, char *why, size_t why_size);

/** mem_spec_bytes - all RAM in the slots. */
uint64_t mem_spec_bytes(const struct mem_spec *spec);

/** mem_spec_end - one past the last byte of RAM. */
gpa_t mem_spec_end(const struct mem_spec *spec);

#endif
