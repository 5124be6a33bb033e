// SPDX-License-Identifier: MIT
/*
 * page_report.c - what the page allocator says about a page that is not what the caller thinks. Nothing here changes a page or
 * takes a zone's lock; what is said may be a moment old. A failed request's report is in show_mem.c.
 */
#include <linux/export.h>
#include <linux/memblock.h>
#include <linux/mmdebug.h>
#include <linux/printk.h>
#include <linux/sched.h>

#include "internal.h"

/* Like page_head(), for a page that may be nobody's: looks only at entries that exist. */
static const struct page *head_if_any(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned long at = pfn;

	while (pfn_valid(at)) {
		const struct page *head = pfn_to_page(at);

		if (head->state != PAGE_QUIET)
			return (pfn - at) >> head->order ? NULL : head;
		if (!(at & (MAX_ORDER_NR_PAGES - 1)))
			return NULL;
		at &= at - 1;
	}
	return NULL;
}

/* What the page is now, and in the debug kernel whose it was. */
static void say_page(const struct page *page)
{
	static const char *const owners[] = PAGE_OWNER_NAMES;
	unsigned long pfn = page_to_pfn(page);
	const struct page *head;

	if (!pfn_valid(pfn)) {
		pr_alert("page pfn:%05lx does not exist: no RAM there\n", pfn);
		return;
	}
	head = head_if_any(page);
	if (!head)
		pr_alert("page pfn:%05lx is %s\n", pfn,
			 PageReserved(page) ? "reserved: it was never given to the page allocator"
					    : "free and untouched");
	else if (page_is_free(head))
		pr_alert("page pfn:%05lx lies in a free block of order %u at pfn:%05lx\n", pfn, head->order,
			 page_to_pfn(head));
	else
		pr_alert("page pfn:%05lx lies in an allocated block of order %u at pfn:%05lx, owner %s, refcount %d, "
			 "mapcount %d, mapping %#lx, flags %#x\n",
			 pfn, head->order, page_to_pfn(head), head->owner < NR_PAGE_OWNERS ? owners[head->owner] : "?",
			 head->refcount, head->mapcount, (unsigned long)head->mapping, head->flags);
	dump_page_owner(page);
}

void dump_page(const struct page *page, const char *reason)
{
	say_page(page);
	if (reason)
		pr_alert("page dumped because: %s\n", reason);
}
EXPORT_SYMBOL(dump_page);

void bad_page(const struct page *page, const char *what)
{
	unsigned long pfn = page_to_pfn(page);

	say_page(page);
	WARN(1, "BUG: Bad page state in process %s  pfn:%05lx: %s\n", current->comm, pfn, what);
}
