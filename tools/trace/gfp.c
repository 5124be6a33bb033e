// SPDX-License-Identifier: MIT
/*
 * gfp.c - GFP flags as traces spell them, in the guest's bits.
 *
 * The kernel prints the longest composite name that fits and the remaining bits after it, by name or as a hexadecimal
 * rest. Names that Linux has dropped or that mean nothing here (memory tagging) are known and worth no bit.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trace/internal.h"

enum {
#define X(name, value) BIT##name = (value),
	REPLAY_GFP_BITS(X)
#undef X
		RECLAIM = BIT__GFP_DIRECT_RECLAIM | BIT__GFP_KSWAPD_RECLAIM,
	KERNEL = RECLAIM | BIT__GFP_IO | BIT__GFP_FS,
	USER = KERNEL | BIT__GFP_HARDWALL,
	MOVABLE = USER | BIT__GFP_HIGHMEM | BIT__GFP_MOVABLE,
	HUGE_LIGHT = (MOVABLE & ~RECLAIM) | BIT__GFP_COMP | BIT__GFP_NOMEMALLOC | BIT__GFP_NOWARN,
#define X(name, value) | (value)
	ALL_BITS = 0 REPLAY_GFP_BITS(X)
#undef X
};

static const struct gfp_name {
	const char *name;
	uint32_t bits;
} gfp_names[] = {
#define X(name, value) {#name, value},
	REPLAY_GFP_BITS(X)
#undef X
		{"GFP_KERNEL", KERNEL},
	{"GFP_KERNEL_ACCOUNT", KERNEL | BIT__GFP_ACCOUNT},
	{"GFP_ATOMIC", BIT__GFP_HIGH | BIT__GFP_KSWAPD_RECLAIM},
	{"GFP_NOWAIT", BIT__GFP_KSWAPD_RECLAIM | BIT__GFP_NOWARN},
	{"GFP_NOIO", RECLAIM},
	{"GFP_NOFS", RECLAIM | BIT__GFP_IO},
	{"GFP_USER", USER},
	{"GFP_DMA", BIT__GFP_DMA},
	{"GFP_DMA32", BIT__GFP_DMA32},
	{"GFP_HIGHUSER", USER | BIT__GFP_HIGHMEM},
	{"GFP_HIGHUSER_MOVABLE", MOVABLE},
	{"GFP_TRANSHUGE_LIGHT", HUGE_LIGHT},
	{"GFP_TRANSHUGE", HUGE_LIGHT | BIT__GFP_DIRECT_RECLAIM},
	{"GFP_TEMPORARY", KERNEL | BIT__GFP_RECLAIMABLE},
	{"__GFP_RECLAIM", RECLAIM},
	{"__GFP_WAIT", RECLAIM},
	{"__GFP_REPEAT", BIT__GFP_RETRY_MAYFAIL},
	{"__GFP_ATOMIC", 0},
	{"__GFP_COLD", 0},
	{"__GFP_NOTRACK", 0},
	{"__GFP_OTHER_NODE", 0},
	{"__GFP_ZEROTAGS", 0},
	{"__GFP_SKIP_ZERO", 0},
	{"__GFP_SKIP_KASAN", 0},
	{"__GFP_SKIP_KASAN_POISON", 0},
	{"__GFP_SKIP_KASAN_UNPOISON", 0},
	{"__GFP_NOLOCKDEP", 0},
	{"__GFP_NO_OBJ_EXT", 0},
	{"none", 0},
};

static const struct gfp_name *find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(gfp_names) / sizeof(gfp_names[0]); i++)
		if (!strncmp(gfp_names[i].name, name, len) && !gfp_names[i].name[len])
			return &gfp_names[i];
	return NULL;
}

uint32_t trace_gfp_bit(const char *name)
{
	const struct gfp_name *n = find(name, strlen(name));

	return n ? n->bits : 0;
}

/* A number stands for the bits of recent kernels, which are the guest's. */
static int number(const char *text, size_t len, uint32_t *gfp)
{
	uint64_t value;

	if (!len || *text < '0' || *text > '9' || trace_number(text, len, 0, &value))
		return -EINVAL;
	*gfp |= (uint32_t)(value & ALL_BITS);
	return 0;
}

int trace_gfp_parse(const char *text, size_t len, uint32_t *gfp)
{
	*gfp = 0;
	while (len) {
		const char *bar = memchr(text, '|', len);
		size_t n = bar ? (size_t)(bar - text) : len;
		const struct gfp_name *known = n ? find(text, n) : NULL;

		if (known)
			*gfp |= known->bits;
		else if (number(text, n, gfp))
			return -EINVAL;
		text += n + (bar != NULL);
		len -= n + (bar != NULL);
	}
	return 0;
}

/* Those that the kernel prints, the ones with most bits first. */
static const char *const composites[] = {
	"GFP_TRANSHUGE", "GFP_TRANSHUGE_LIGHT", "GFP_HIGHUSER_MOVABLE", "GFP_HIGHUSER",
	"GFP_USER",      "GFP_KERNEL_ACCOUNT",  "GFP_KERNEL",           "GFP_NOFS",
	"GFP_NOIO",      "GFP_ATOMIC",          "GFP_NOWAIT",
};

static void append(char *buf, size_t size, const char *name)
{
	size_t len = strlen(buf);

	snprintf(buf + len, size - len, "%s%s", len ? "|" : "", name);
}

char *trace_gfp_text(uint32_t gfp, char *buf, size_t size)
{
	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(composites) / sizeof(composites[0]); i++) {
		uint32_t bits = trace_gfp_bit(composites[i]);

		if ((gfp & bits) != bits)
			continue;
		append(buf, size, composites[i]);
		gfp &= ~bits;
		break;
	}
	for (size_t i = 0; i < sizeof(gfp_names) / sizeof(gfp_names[0]) && gfp; i++) {
		if (!(gfp & gfp_names[i].bits) || (gfp & gfp_names[i].bits) != gfp_names[i].bits)
			continue;
		append(buf, size, gfp_names[i].name);
		gfp &= ~gfp_names[i].bits;
	}
	if (gfp || !buf[0]) {
		char rest[16];

		snprintf(rest, sizeof(rest), "%#x", gfp);
		append(buf, size, rest);
	}
	return buf;
}
