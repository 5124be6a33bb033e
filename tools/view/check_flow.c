// SPDX-License-Identifier: MIT
/*
 * check_flow.c - what of a zone can be told from outside its lists: the accounts of blocks that went out and came back, and what
 * never-used memory holds.
 *
 * Memory that nobody has used since power-on is mostly not there at all: the file behind the guest has a hole. Only what the
 * file has is read, so that looking does not make memory exist. Where nobody knows the holes (a view on plain memory) the
 * first page of every 4 MiB is looked at.
 */
#include <string.h>

#include "tools/view/check_impl.h"

#define SAMPLE_PAGES (1UL << MAX_PAGE_ORDER)

/* Where the first byte of [at, at + len) that is not zero lies; @len if all are. */
static uint64_t first_byte(const char *at, uint64_t len)
{
	uint64_t i = 0, word;

	for (; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, at + i, sizeof(word));
		if (word)
			break;
	}
	while (i < len && !at[i])
		i++;
	return i;
}

/* Return: is it all zero? */
static bool judge(struct check_ctx *c, const struct check_zone *z, gpa_t gpa, uint64_t len, const char *what)
{
	const char *p = view_phys(c->v, gpa, len);
	uint64_t at = p ? first_byte(p, len) : len;
	struct check_fault *f;

	if (at == len)
		return true;
	f = check_fault(c, R_PAGE_ZEROED, (gpa + at) >> MMV_PAGE_SHIFT, DIRECT_MAP + gpa + at, "zone %.8s, %s",
			z->z.name, what);
	check_got(f, "%#x in byte %lu of the page", (uint8_t)p[at], (gpa + at) % MMV_PAGE_SIZE);
	check_want(f, "zeros: nobody has used it since power-on");
	return false;
}

static bool holes_known(const struct view *v, gpa_t gpa)
{
	const struct view_region *r;

	for (unsigned int i = 0; (r = view_region(v, i)); i++)
		if (gpa >= r->gpa && gpa - r->gpa < r->size)
			return r->fd >= 0;
	return false;
}

void check_zeroed(struct check_ctx *c, const struct check_zone *z, uint64_t pfn, uint64_t nr, const char *what)
{
	gpa_t at = pfn << MMV_PAGE_SHIFT, end = (pfn + nr) << MMV_PAGE_SHIFT, run;
	uint64_t len;

	check_ran(c, R_PAGE_ZEROED);
	if (!holes_known(c->v, at)) {
		for (; at < end; at += SAMPLE_PAGES << MMV_PAGE_SHIFT)
			if (!judge(c, z, at, MMV_PAGE_SIZE, what))
				return;
		return;
	}
	while (at < end && view_backed(c->v, at, end, &run, &len)) {
		if (!judge(c, z, run, len, what))
			return;
		at = run + len;
	}
}

/* Damage to the memory map was reported by its own name; counting heads there proves nothing. */
static bool map_broken(const struct check_ctx *c, const struct check_zone *z)
{
	if (z->lost)
		return true;
	for (unsigned int r = R_PAGE_MAPPED; r <= R_PAGE_TAILS; r++)
		if (c->r->found[r])
			return true;
	return c->r->found[R_PCP_ENTRY] || c->r->found[R_BUDDY_ENTRY];
}

void check_flow(struct check_ctx *c, const struct check_zone *z, unsigned int zone)
{
	uint64_t allocs = z->z.nr_allocs, frees = z->z.nr_frees;
	struct check_fault *f;

	for (unsigned int cpu = 0; cpu < c->root->nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		struct per_cpu_pages pcp;

		if (view_read(c->v, c->root->pcp.va + (cpu * MAX_NR_ZONES + zone) * sizeof(pcp), &pcp, sizeof(pcp)))
			return;
		allocs += pcp.nr_allocs;
		frees += pcp.nr_frees;
	}
	check_ran(c, R_ZONE_FLOW);
	if (allocs - frees == z->used_heads || map_broken(c, z))
		return;
	/* A block has left its list some time before it is counted as gone, and the other way round. */
	if (c->busy) {
		check_flux(c, R_ZONE_FLOW, R_ZONE_FLOW);
		return;
	}
	f = check_fault(c, R_ZONE_FLOW, CHECK_NO_PFN, z->addr + offsetof(struct zone, nr_allocs), "zone %.8s",
			z->z.name);
	check_got(f, "%lu handed out, %lu given back", allocs, frees);
	check_want(f, "a difference of %lu, the blocks in use, not %ld", z->used_heads, (long)(allocs - frees));
}
