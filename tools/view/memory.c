// SPDX-License-Identifier: MIT
/*
 * memory.c - from addresses to bytes: regions, holes, page tables, pages, frames.
 *
 * Every access ends in view_span(), the one place that turns a guest-physical address into a pointer.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tools/view/view_impl.h"

#define ENTRIES 512

static const struct view_region *region_of(const struct view *v, gpa_t gpa)
{
	for (unsigned int i = 0; i < v->nr_regions; i++)
		if (gpa >= v->regions[i].gpa && gpa - v->regions[i].gpa < v->regions[i].size)
			return &v->regions[i];
	return NULL;
}

const void *view_span(const struct view *v, gpa_t gpa, uint64_t *len)
{
	const struct view_region *r = region_of(v, gpa);

	if (!r)
		return NULL;
	if (*len > r->gpa + r->size - gpa)
		*len = r->gpa + r->size - gpa;
	return (const char *)r->host + (gpa - r->gpa);
}

const void *view_phys(const struct view *v, gpa_t gpa, uint64_t len)
{
	uint64_t got = len;
	const void *p = view_span(v, gpa, &got);

	return got == len ? p : NULL;
}

int view_read_phys(const struct view *v, gpa_t gpa, void *buf, size_t len)
{
	const struct view_region *r = region_of(v, gpa);

	if (r && len <= r->gpa + r->size - gpa) {
		memcpy(buf, (const char *)r->host + (gpa - r->gpa), len);
		return 0;
	}
	/* Slots that touch count as one; make sure of all pieces before the first is copied. */
	for (size_t done = 0; done < len;) {
		uint64_t n = len - done;

		if (gpa > UINT64_MAX - len || !view_span(v, gpa + done, &n))
			return -EFAULT;
		done += n;
	}
	for (size_t done = 0; done < len;) {
		uint64_t n = len - done;
		const void *p = view_span(v, gpa + done, &n);

		memcpy((char *)buf + done, p, n);
		done += n;
	}
	return 0;
}

/* The run at or after @gpa inside one region. */
static bool backed_in(const struct view_region *r, gpa_t gpa, gpa_t end, gpa_t *start, uint64_t *len)
{
	off_t from = (off_t)(r->offset + (gpa - r->gpa)), limit = (off_t)(r->offset + (end - r->gpa)), data, hole;

	*start = gpa;
	*len = end - gpa;
	if (r->fd < 0)
		return true;
	data = lseek(r->fd, from, SEEK_DATA);
	if (data < 0 && errno != ENXIO)
		return true; /* a file system that does not tell: all of it exists */
	if (data < 0 || data >= limit)
		return false;
	hole = lseek(r->fd, data, SEEK_HOLE);
	if (hole < 0 || hole > limit)
		hole = limit;
	*start = gpa + (uint64_t)(data - from);
	*len = (uint64_t)(hole - data);
	return *len != 0;
}

bool view_backed(const struct view *v, gpa_t gpa, gpa_t end, gpa_t *start, uint64_t *len)
{
	for (unsigned int i = 0; i < v->nr_regions; i++) {
		const struct view_region *r = &v->regions[i];
		gpa_t from = gpa > r->gpa ? gpa : r->gpa;
		gpa_t to = end < r->gpa + r->size ? end : r->gpa + r->size;

		if (from < to && backed_in(r, from, to, start, len))
			return true;
	}
	return false;
}

static bool canonical(gva_t va)
{
	return va >> 47 == 0 || va >> 47 == 0x1ffff;
}

int view_walk(const struct view *v, gpa_t cr3, gva_t va, struct view_step steps[4])
{
	gpa_t table = cr3 & PTE_ADDR;
	int n = 0;

	for (int level = 4; level >= 1; level--) {
		gpa_t at = table + ((va >> (12 + 9 * (level - 1))) & (ENTRIES - 1)) * 8;
		uint64_t entry;

		if (view_read_phys(v, at, &entry, sizeof(entry)))
			return n;
		steps[n++] = (struct view_step){.level = level, .entry_gpa = at, .entry = entry};
		if (!(entry & VIEW_PTE_PRESENT) || (level <= 3 && (entry & VIEW_PTE_HUGE)))
			return n;
		table = entry & PTE_ADDR;
	}
	return n;
}

int view_entry(const struct view *v, gva_t va, uint64_t *entry)
{
	struct view_step steps[4];
	int n = canonical(va) ? view_walk(v, view_cr3(v), va, steps) : 0;

	if (!n || !(steps[n - 1].entry & VIEW_PTE_PRESENT) ||
	    (steps[n - 1].level > 1 && !(steps[n - 1].entry & VIEW_PTE_HUGE)))
		return -EFAULT;
	*entry = steps[n - 1].entry;
	return 0;
}

int view_translate(const struct view *v, gpa_t cr3, gva_t va, gpa_t *gpa, uint64_t *page_size, uint64_t *flags)
{
	uint64_t all = VIEW_PTE_WRITE | VIEW_PTE_USER, any = 0, size, last;
	struct view_step steps[4];
	int n = canonical(va) ? view_walk(v, cr3, va, steps) : 0;

	if (!n || !(steps[n - 1].entry & VIEW_PTE_PRESENT))
		return -EFAULT;
	last = steps[n - 1].entry;
	if (steps[n - 1].level > 1 && !(last & VIEW_PTE_HUGE))
		return -EFAULT; /* a table outside memory */
	for (int i = 0; i < n; i++) {
		all &= steps[i].entry;
		any |= steps[i].entry;
	}
	size = 1ULL << (12 + 9 * (steps[n - 1].level - 1));
	*gpa = (last & PTE_ADDR & ~(size - 1)) | (va & (size - 1));
	if (page_size)
		*page_size = size;
	if (flags) {
		*flags = VIEW_PTE_PRESENT | all | (any & VIEW_PTE_NX) |
			 (last & (VIEW_PTE_NOCACHE | VIEW_PTE_ACCESSED | VIEW_PTE_DIRTY | VIEW_PTE_GLOBAL));
		if (size > MMV_PAGE_SIZE)
			*flags |= VIEW_PTE_HUGE;
	}
	return 0;
}

/* Translation for reading; remembers. The direct map is what its name says: check.h proves it, reading relies on it. */
static int locate(const struct view *v, gva_t va, gpa_t *gpa, uint64_t *run)
{
	struct view_tlb *t = &v->tlb[(va >> 21) % VIEW_TLB_SIZE];
	uint64_t size;

	if (va >= DIRECT_MAP && va - DIRECT_MAP < DIRECT_MAP_SIZE) {
		*gpa = va - DIRECT_MAP;
		*run = DIRECT_MAP_SIZE - *gpa;
		return 0;
	}
	if (t->va == UINT64_MAX || va < t->va || va - t->va >= t->size) {
		if (view_translate(v, v->cr3, va, gpa, &size, NULL))
			return -EFAULT;
		t->va = va & ~(size - 1);
		t->size = size;
		t->gpa = *gpa & ~(size - 1);
	}
	*gpa = t->gpa + (va - t->va);
	*run = t->size - (va - t->va);
	return 0;
}

int view_read(const struct view *v, gva_t va, void *buf, size_t len)
{
	if (va > UINT64_MAX - len)
		return -EFAULT;
	for (size_t done = 0; done < len;) {
		uint64_t run;
		gpa_t gpa;

		if (locate(v, va + done, &gpa, &run))
			return -EFAULT;
		if (run > len - done)
			run = len - done;
		if (view_read_phys(v, gpa, (char *)buf + done, run))
			return -EFAULT;
		done += run;
	}
	return 0;
}

int view_read_str(const struct view *v, gva_t va, char *buf, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		buf[i] = '\0';
		if (i == size - 1)
			break;
		if (view_read(v, va + i, &buf[i], 1)) {
			buf[i] = '\0';
			return -EFAULT;
		}
		if (!buf[i])
			break;
		if (buf[i] < ' ' || buf[i] > '~')
			buf[i] = '?';
	}
	return 0;
}

int view_page(const struct view *v, uint64_t pfn, struct page *page)
{
	if (pfn >= VMEMMAP_SIZE / sizeof(*page))
		return -EFAULT;
	return view_read(v, view_page_addr(pfn), page, sizeof(*page));
}

int view_page_head(const struct view *v, uint64_t pfn, uint64_t *head, struct page *page)
{
	uint64_t at = pfn;

	for (;;) {
		if (view_page(v, at, page))
			return -ENOENT;
		if (page->state != PAGE_QUIET)
			break;
		if (!at || pfn - (at & (at - 1)) >= 1UL << MAX_PAGE_ORDER)
			return -ENOENT;
		at &= at - 1;
	}
	*head = at;
	return page->order <= MAX_PAGE_ORDER && pfn - at < 1UL << page->order ? 0 : -ENOENT;
}

int view_pfn_of(gva_t page, uint64_t *pfn)
{
	if (page < VMEMMAP || page - VMEMMAP >= VMEMMAP_SIZE || (page - VMEMMAP) % sizeof(struct page))
		return -EINVAL;
	*pfn = (page - VMEMMAP) / sizeof(struct page);
	return 0;
}
