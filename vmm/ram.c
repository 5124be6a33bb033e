// SPDX-License-Identifier: MIT
/*
 * ram.c - guest-physical addresses: checked lookup and copy.
 *
 * The table is short (33 entries at most), so a linear search it is.
 */
#include <errno.h>
#include <string.h>

#include "vmm/ram.h"

uint8_t *ram_ptr(const struct ram *ram, gpa_t gpa, uint64_t *run, bool ram_only)
{
	for (unsigned int i = 0; i < ram->nr; i++) {
		const struct ram_slot *s = &ram->slots[i];

		if (gpa < s->region.gpa || gpa - s->region.gpa >= s->region.size)
			continue;
		if (ram_only && !s->region.is_ram)
			return NULL;
		*run = s->region.size - (gpa - s->region.gpa);
		return s->host + (gpa - s->region.gpa);
	}
	return NULL;
}

static bool range_there(const struct ram *ram, gpa_t gpa, uint64_t len, bool ram_only)
{
	uint64_t run;

	while (len) {
		if (!ram_ptr(ram, gpa, &run, ram_only))
			return false;
		if (run >= len)
			return true;
		gpa += run;
		len -= run;
	}
	return true;
}

bool ram_range_ok(const struct ram *ram, gpa_t gpa, uint64_t len)
{
	return range_there(ram, gpa, len, true);
}

int ram_read(const struct ram *ram, gpa_t gpa, void *buf, uint64_t len)
{
	uint8_t *out = buf;
	uint64_t run;

	if (!range_there(ram, gpa, len, false))
		return -EFAULT;
	while (len) {
		const uint8_t *p = ram_ptr(ram, gpa, &run, false);

		if (run > len)
			run = len;
		memcpy(out, p, run);
		out += run;
		gpa += run;
		len -= run;
	}
	return 0;
}

int ram_write(const struct ram *ram, gpa_t gpa, const void *buf, uint64_t len)
{
	const uint8_t *in = buf;
	uint64_t run;

	if (!range_there(ram, gpa, len, false))
		return -EFAULT;
	while (len) {
		uint8_t *p = ram_ptr(ram, gpa, &run, false);

		if (run > len)
			run = len;
		memcpy(p, in, run);
		in += run;
		gpa += run;
		len -= run;
	}
	return 0;
}
