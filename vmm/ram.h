/* SPDX-License-Identifier: MIT */
/*
 * ram.h - which guest-physical bytes are RAM, and where they lie in this process.
 *
 * A table of slots sorted by address. The one checker through which every address that a guest names goes.
 * Pure functions on a table that does not change while a guest runs: any thread may call them.
 */
#ifndef MMV_VMM_RAM_H
#define MMV_VMM_RAM_H

#include <stdbool.h>

#include "shared/control.h"
#include "shared/layout.h"

#define RAM_MAX_SLOTS (MMV_NR_RANGES + 1) /* RAM and the blob */

/** struct ram_slot - one KVM memory slot: a file, and where it is mapped here. */
struct ram_slot {
	struct mem_region region;
	int fd;
	uint8_t *host;
};

/** struct ram - sorted by gpa; slots may touch and do not overlap. */
struct ram {
	unsigned int nr;
	struct ram_slot slots[RAM_MAX_SLOTS];
};

/**
 * ram_ptr - where the byte at @gpa lies in this process
 * @run: receives how many bytes from there on lie in the same slot
 * @ram_only: the blob does not count
 * Return: NULL if nothing is there.
 */
uint8_t *ram_ptr(const struct ram *ram, gpa_t gpa, uint64_t *run, bool ram_only);

/** ram_range_ok - are all of [gpa, gpa + len) RAM? An empty range is, anywhere. Slots that touch count as one. */
bool ram_range_ok(const struct ram *ram, gpa_t gpa, uint64_t len);

/** ram_read, ram_write - copy between the guest (RAM and blob) and @buf; -EFAULT, and nothing copied, if not all is there. */
int ram_read(const struct ram *ram, gpa_t gpa, void *buf, uint64_t len);
int ram_write(const struct ram *ram, gpa_t gpa, const void *buf, uint64_t len);

#endif
