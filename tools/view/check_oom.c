// SPDX-License-Identifier: MIT
/*
 * check_oom.c - threads that the OOM killer chose: they are counted, and in the end none is left.
 */
#include "tools/view/check_impl.h"
#include "tools/view/thread.h"

static void fault(struct check_ctx *c, uint32_t counted, const char *want, unsigned int marked)
{
	struct check_fault *f =
		check_fault(c, R_OOM_VICTIMS, CHECK_NO_PFN, c->root->oom.va + offsetof(struct mm_oom, victims),
			    "victims of the OOM killer");

	check_got(f, "%u counted, %u threads have the mark", counted, marked);
	check_want(f, "%s", want);
}

void check_oom(struct check_ctx *c)
{
	struct view_threads all;
	unsigned int marked = 0;
	char err[VIEW_ERR_MAX];
	uint32_t counted;

	if (!c->root->oom.va || view_read(c->v, c->root->oom.va + offsetof(struct mm_oom, victims), &counted, 4))
		return;
	/* A thread gets its mark and is counted in two steps. */
	if (c->busy) {
		check_flux(c, R_OOM_VICTIMS, R_OOM_VICTIMS);
		return;
	}
	if (view_threads_read(c->v, &all, false, err))
		return;
	for (unsigned int i = 0; i < all.nr; i++)
		marked += (all.at[i].task.pending & PENDING_MEMDIE) != 0;
	check_ran(c, R_OOM_VICTIMS);
	/* A damaged list is told elsewhere. */
	if (counted)
		fault(c, counted, "none: the guest is done, and whoever was to die did", marked);
	else if (marked && !all.damage[0])
		fault(c, counted, "as many as have the mark", marked);
	view_threads_free(&all);
}
