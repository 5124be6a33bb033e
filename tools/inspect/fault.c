// SPDX-License-Identifier: MIT
/*
 * fault.c - what stands around a violation: the page that it is about, the blocks before and behind it, and who allocated it.
 *
 * A violation of a structure in the direct map is about the page that the structure lies in: what wrote there was its neighbour's,
 * more often than not.
 */
#include <json-c/json.h>

#include "tools/inspect/inspect.h"
#include "tools/view/debug.h"
#include "tools/view/view_impl.h"

#define IN_SHORT 160

/** struct around - the page, and its neighbours */
struct around {
	char page[IN_SHORT], before[IN_SHORT], behind[IN_SHORT];
	uint32_t stack; /* of its allocation; 0: nobody knows */
};

/* Return: is there a page? */
static bool look_around(const struct inspect *in, const struct check_fault *f, struct around *a)
{
	uint64_t pfn = f->pfn, start, end, other, head;
	struct page_ext story;
	gpa_t gpa;

	if (pfn == CHECK_NO_PFN && (!f->addr || view_pfn_of(f->addr, &pfn))) {
		if (!f->addr || view_translate(in->view, view_cr3(in->view), f->addr, &gpa, NULL, NULL))
			return false;
		pfn = gpa >> MMV_PAGE_SHIFT;
	}
	page_in_short(in, pfn, &start, &end, a->page, sizeof(a->page));
	snprintf(a->before, sizeof(a->before), "nothing");
	if (start)
		page_in_short(in, start - 1, &other, &head, a->before, sizeof(a->before));
	page_in_short(in, end, &other, &head, a->behind, sizeof(a->behind));
	a->stack = view_page_story(in->view, pfn, &head, &story) ? 0 : story.alloc_stack;
	return true;
}

void fault_print(void *ctx, const struct check_fault *f)
{
	const struct inspect *in = ctx;
	struct around a;

	if (!look_around(in, f, &a))
		return;
	fprintf(in->out, "    page   %s\n    before %s\n    behind %s\n", a.page, a.before, a.behind);
	if (a.stack) {
		fprintf(in->out, "    allocated at\n");
		print_stack(in->view, in->symbols, a.stack, "      ", in->out);
	}
}

void fault_json(void *ctx, const struct check_fault *f, struct json_object *o)
{
	const struct inspect *in = ctx;
	struct around a;

	if (!look_around(in, f, &a))
		return;
	json_object_object_add(o, "page", json_object_new_string(a.page));
	json_object_object_add(o, "before", json_object_new_string(a.before));
	json_object_object_add(o, "behind", json_object_new_string(a.behind));
	if (a.stack)
		json_object_object_add(o, "stack", json_stack(in->view, in->symbols, a.stack));
}
