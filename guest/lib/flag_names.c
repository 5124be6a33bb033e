// SPDX-License-Identifier: MIT
/*
 * flag_names.c - bits in words: what %pGg and %pGp print. The names are those of shared/gfp_names.h, one after the other with
 * a '|' between them; bits without a name follow in hexadecimal; no bits at all are "none".
 */
#include <linux/build_bug.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm_types.h>

#include "shared/gfp_names.h"

/* The tools cannot see gfp_types.h, so both were written by hand. */
_Static_assert(GFP_TRANSHUGE == 0x1c24ca && GFP_TRANSHUGE_LIGHT == 0x1c20ca, "gfp_names.h differs");
_Static_assert(GFP_HIGHUSER_MOVABLE == 0x100cca && GFP_KERNEL_ACCOUNT == 0x400cc0, "gfp_names.h differs");
_Static_assert(GFP_KERNEL == 0xcc0 && GFP_NOFS == 0xc40 && GFP_ATOMIC == 0x820, "gfp_names.h differs");
_Static_assert(GFP_NOIO == 0xc00 && GFP_NOWAIT == 0x2800 && GFP_USER == 0x100cc0, "gfp_names.h differs");
_Static_assert((__GFP_DMA | __GFP_DMA32 << 1 | __GFP_MOVABLE << 2 | __GFP_RECLAIMABLE << 3) == 0xa9,
	       "gfp_names.h differs");
_Static_assert((__GFP_NOWARN | __GFP_RETRY_MAYFAIL << 1 | __GFP_NOFAIL << 2) == 0x2a000, "gfp_names.h differs");
_Static_assert((__GFP_NORETRY | __GFP_MEMALLOC << 1 | __GFP_COMP << 2) == 0x150000, "gfp_names.h differs");
_Static_assert((__GFP_NOMEMALLOC | __GFP_HARDWALL << 1 | __GFP_THISNODE << 2) == 0xa80000, "gfp_names.h differs");
_Static_assert((__GFP_ZERO | __GFP_WRITE | __GFP_ACCOUNT | __GFP_ZEROTAGS) == 0xc01100, "gfp_names.h differs");

static char *names_of(char *buf, size_t size, u32 bits, const struct flag_name *names, size_t nr)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < nr; i++) {
		if ((bits & names[i].bits) != names[i].bits)
			continue;
		bits &= ~names[i].bits;
		at += (size_t)scnprintf(buf + at, size - at, "%s%s", at ? "|" : "", names[i].name);
	}
	if (bits)
		scnprintf(buf + at, size - at, "%s%#x", at ? "|" : "", bits);
	else if (!at)
		scnprintf(buf, size, "none");
	return buf;
}

char *gfp_names(char *buf, size_t size, gfp_t gfp)
{
	static const struct flag_name names[] = GFP_NAMES;

	return names_of(buf, size, gfp, names, ARRAY_SIZE(names));
}

char *page_flag_names(char *buf, size_t size, u32 flags)
{
	static const struct flag_name names[] = PAGE_FLAG_NAMES;

	return names_of(buf, size, flags, names, ARRAY_SIZE(names));
}
