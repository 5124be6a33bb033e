// SPDX-License-Identifier: MIT
/*
 * page_slow.c - a request that found every zone at its low mark: what is tried, in which order, and when it gives up.
 *
 *   1  kswapd is woken, if the request may (__GFP_KSWAPD_RECLAIM)
 *   2  the zones down to the mark that the request has a right to; what this CPU keeps of other orders and types
 *   3  large or unmovable blocks: compaction, without waiting
 *   4  the same with special rights: who frees memory (PF_MEMALLOC), who dies for want of it
 *   5  who may not wait, or frees memory himself, fails here
 *   6  direct reclaim; then HIGHATOMIC blocks and all CPUs' lists are given back, once each time
 *   7  compaction, harder each time that it made progress
 *   8  __GFP_NORETRY, and large blocks without __GFP_RETRY_MAYFAIL, fail here
 *   9  again from 4 while what reclaim could free would be enough; MAX_RECLAIM_RETRIES rounds without progress at most
 *   10 again while compaction gets on
 *   11 the OOM killer, for small blocks that may come from anywhere; again from 4 if that gives hope
 *   12 __GFP_NOFAIL: with half of the min reserve, again and again; everybody else fails, and says so
 *
 * Locking: none of its own. Context: any that the mask allows.
 */
#include <linux/compaction.h>
#include <linux/mutex.h>
#include <linux/oom.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>

#include "pages.h"
#include "reclaim.h"

/* Rounds that compaction may fail in at one priority; for costly orders a quarter. */
#define MAX_COMPACT_RETRIES 16

/**
 * struct slow - a request on its slow way
 * @rights:    what it may do to a zone now
 * @no_progress: rounds of reclaim that brought nothing
 * @reclaimed: pages that the last round brought
 */
struct slow {
	const struct page_request *r;
	unsigned int rights;
	unsigned int no_progress, compact_retries;
	unsigned long reclaimed;
	enum compact_priority prio;
	enum compact_result compacted;
};

static bool is_costly(const struct page_request *r)
{
	return r->order > PAGE_ALLOC_COSTLY_ORDER;
}

static void wake_kswapd(const struct page_request *r)
{
	if (r->gfp & __GFP_KSWAPD_RECLAIM)
		wakeup_kswapd(r->gfp, r->order, r->highest);
}

static bool unreserve(const struct page_request *r, bool force)
{
	for (struct zone **z = zonelists[r->highest]; *z; z++)
		if (unreserve_highatomic(*z, r->type, force))
			return true;
	return false;
}

/* Before the scheduler runs nobody can wait for anything: what the mask says is only an intention. */
static bool may_wait(const struct page_request *r)
{
	return gfpflags_allow_blocking(r->gfp) && mm_root.tsc_booted;
}

/* ---- 3, 7, 10: compaction ---- */

static struct page *compact(struct slow *s)
{
	const struct page_request *r = s->r;
	struct page *page;
	unsigned int token;

	s->compacted = COMPACT_SKIPPED;
	if (!r->order || !gfp_compaction_allowed(r->gfp))
		return NULL;
	token = memalloc_noreclaim_save();
	s->compacted = try_to_compact_pages(r->gfp, r->order, s->prio);
	memalloc_noreclaim_restore(token);
	if (s->compacted == COMPACT_SKIPPED)
		return NULL;
	count_vm_event(COMPACTSTALL);
	page = page_take_by_right(r, s->rights);
	if (page)
		compaction_defer_reset(page_zone(page), r->order, true);
	count_vm_event(page ? COMPACTSUCCESS : COMPACTFAIL);
	return page;
}

static bool should_compact_retry(struct slow *s)
{
	const struct page_request *r = s->r;
	enum compact_priority last = is_costly(r) ? MIN_COMPACT_COSTLY_PRIORITY : MIN_COMPACT_PRIORITY;
	unsigned int most = is_costly(r) ? MAX_COMPACT_RETRIES / 4 : MAX_COMPACT_RETRIES;

	if (!r->order || !gfp_compaction_allowed(r->gfp))
		return false;
	if (compaction_needs_reclaim(s->compacted))
		return compaction_zonelist_suitable(r->gfp, r->order);
	if (compaction_made_progress(s->compacted) && ++s->compact_retries <= most)
		return true;
	if (s->prio <= last)
		return false;
	s->prio--;
	s->compact_retries = 0;
	return true;
}

/* ---- 6, 9: reclaim ---- */

static struct page *reclaim(struct slow *s)
{
	const struct page_request *r = s->r;
	struct page *page;

	s->reclaimed = try_to_free_pages(r->order, r->gfp);
	page = s->reclaimed ? page_take_by_right(r, s->rights) : NULL;
	if (page)
		return page;
	/* What others keep for themselves. */
	unreserve(r, false);
	drain_all_pages(NULL);
	return page_take_by_right(r, s->rights);
}

/* Would a zone pass if everything that can be got back were free? */
static bool reclaim_could_help(const struct slow *s)
{
	const struct page_request *r = s->r;

	for (struct zone **z = zonelists[r->highest]; *z; z++) {
		uint64_t there = READ_ONCE((*z)->nr_free) + zone_reclaimable_pages(*z);
		uint64_t floor = page_floor_of(*z, s->rights) + (*z)->lowmem_reserve[r->highest];

		if (there >= floor + (1UL << r->order) && zone_reclaimable_pages(*z) && zone_has_block(*z, r->order))
			return true;
	}
	return false;
}

/* What others have isolated is on no list, and about to be freed or put back: no reason for anybody to die. */
static bool others_hold_pages(void)
{
	if (!global_node_page_state(NR_ISOLATED_ANON) && !global_node_page_state(NR_ISOLATED_FILE))
		return false;
	schedule_timeout_uninterruptible(1);
	return true;
}

static bool should_reclaim_retry(struct slow *s)
{
	if (s->reclaimed && !is_costly(s->r))
		s->no_progress = 0;
	else
		s->no_progress++;
	if (s->no_progress > MAX_RECLAIM_RETRIES)
		return unreserve(s->r, true);
	/* Pages in CPUs' batches are not counted among those that can be got back. */
	if (!reclaim_could_help(s) && !(lru_drain_waiting() && reclaim_could_help(s)) && !others_hold_pages())
		return false;
	/* A work item may keep others waiting that would free memory. */
	if (current->flags & PF_WQ_WORKER)
		schedule_timeout_uninterruptible(1);
	else
		cond_resched();
	return true;
}

/* ---- 11: somebody must die ---- */

/* Does the request concern everybody, so that a death would help? */
static bool may_kill(const struct page_request *r)
{
	return !is_costly(r) && !(r->gfp & (__GFP_RETRY_MAYFAIL | __GFP_THISNODE)) && r->highest >= ZONE_NORMAL;
}

static struct page *kill_somebody(struct slow *s, bool *hope)
{
	const struct page_request *r = s->r;
	struct oom_control oc = {.gfp_mask = r->gfp, .order = (int)r->order};
	struct page *page;

	*hope = false;
	if (!mutex_trylock(&oom_lock)) {
		*hope = true;
		schedule_timeout_uninterruptible(1);
		return NULL;
	}
	/* At the high mark: somebody may have freed much since, on any CPU, and then nobody need die. */
	lru_drain_waiting();
	drain_all_pages(NULL);
	page = page_take_above(r, WMARK_HIGH);
	if (!page && may_kill(r)) {
		*hope = out_of_memory(&oc);
		if (!*hope && r->gfp & __GFP_NOFAIL) {
			*hope = true;
			page = page_take_by_right(r, RIGHT_NO_MARKS);
		}
	}
	mutex_unlock(&oom_lock);
	return page;
}

/* ---- the way ---- */

/* 2, 3. */
static struct page *first_tries(struct slow *s)
{
	const struct page_request *r = s->r;
	struct page *page = page_take_by_right(r, s->rights);

	/* What this CPU holds of other orders and types is as good as free. */
	if (!page && pcp_drain_this(NULL))
		page = page_take_by_right(r, s->rights);
	if (!page && may_wait(r) && !page_special_rights(r->gfp) && r->order &&
	    (is_costly(r) || r->type != MIGRATE_MOVABLE)) {
		page = compact(s);
		s->prio = DEF_COMPACT_PRIORITY;
	}
	return page;
}

enum verdict { GOT, AGAIN, FAIL };

/* 4 to 10. */
static enum verdict one_round(struct slow *s, struct page **page)
{
	const struct page_request *r = s->r;
	unsigned int special = page_special_rights(r->gfp);

	wake_kswapd(r);
	if (special)
		s->rights = special;
	*page = special ? page_take_by_right(r, s->rights) : NULL;
	if (*page)
		return GOT;
	if (!may_wait(r) || current->flags & PF_MEMALLOC)
		return FAIL;
	*page = reclaim(s);
	if (!*page)
		*page = compact(s);
	if (*page)
		return GOT;
	if (r->gfp & __GFP_NORETRY || (is_costly(r) && !(r->gfp & __GFP_RETRY_MAYFAIL)))
		return FAIL;
	if (should_reclaim_retry(s) || (s->reclaimed && should_compact_retry(s)))
		return AGAIN;
	return FAIL;
}

/* 4 to 11, until there is a page or no hope. */
static struct page *rounds(struct slow *s)
{
	const struct page_request *r = s->r;
	struct page *page = NULL;
	bool hope;

	for (;;) {
		enum verdict verdict = one_round(s, &page);

		if (verdict == AGAIN)
			continue;
		if (verdict == GOT || !may_wait(r) || current->flags & PF_MEMALLOC || r->gfp & __GFP_NORETRY)
			return page;
		if (is_costly(r) && !(r->gfp & __GFP_RETRY_MAYFAIL))
			return unreserve(r, true) ? page_take_by_right(r, s->rights) : NULL;
		page = kill_somebody(s, &hope);
		if (page)
			return page;
		/* It is dying, had its share of the reserve, and that was not enough. */
		if (tsk_is_oom_victim(current) && (s->rights & RIGHT_OOM || r->gfp & __GFP_NOMEMALLOC))
			return NULL;
		if (!hope)
			return unreserve(r, true) ? page_take_by_right(r, s->rights) : NULL;
		s->no_progress = 0;
	}
}

/* 12: until there is something. Only who may wait can be promised that. */
static struct page *no_fail(struct slow *s)
{
	const struct page_request *r = s->r;
	struct page *page = NULL;

	if (!gfpflags_allow_blocking(r->gfp)) {
		WARN_ONCE(1, "page allocation: __GFP_NOFAIL without __GFP_DIRECT_RECLAIM cannot be kept\n");
		return NULL;
	}
	WARN_ONCE(current->flags & PF_MEMALLOC, "page allocation: __GFP_NOFAIL by who frees memory for others\n");
	while (!page) {
		page = page_take_by_right(r, s->rights | RIGHT_MIN_RESERVE);
		if (page)
			break;
		cond_resched();
		cpu_relax();
		page = rounds(s);
	}
	return page;
}

struct page *page_alloc_slow(const struct page_request *r)
{
	struct slow s = {.r = r, .rights = page_rights_of(r->gfp, r->order), .prio = INIT_COMPACT_PRIORITY};
	struct page *page;

	wake_kswapd(r);
	page = first_tries(&s);
	if (!page)
		page = rounds(&s);
	if (!page && r->gfp & __GFP_NOFAIL)
		page = no_fail(&s);
	if (!page && (!(r->gfp & __GFP_DMA) || managed_zone(&mm_zones[ZONE_DMA])))
		alloc_failed(r->gfp, r->order);
	return page;
}
