// SPDX-License-Identifier: MIT
/*
 * test_mm_lru.c - the LRU lists against a model that keeps them as plain arrays of numbers: order, flags, batches and counts.
 * Pages belong to a mapping of the test; what reclaim may take of them the model knows, too. Then what reclaim must do about pages that
 * wait where it does not look.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/mman.h>
#include <linux/oom.h>
#include <linux/pagemap.h>
#include <linux/pgtable.h>
#include <linux/sched/mm.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "guest/mm/oom.h"
#include "guest/mm/pages.h"
#include "guest/mm/reclaim.h"
#include "guest/mm/user_mm.h"
#include "tests/unit/arch/sim.h"
#include "tests/unit/validate.h"

#define MiB(n) ((uint64_t)(n) << 20)
#define PAGES 72
#define CPUS 3

static const struct sim_range one_zone[] = {{MiB(16), MiB(32)}, {}};
static const struct sim_range ram[] = {{0x1000, 0x9f000}, {0x100000, MiB(15)}, {MiB(16), MiB(16)}, {}};

/* ---- the model ---- */

enum where { GONE, WAITING, LISTED, ISOLATED };

/** struct model_page - @waits: references of batches; @held: the test's own reference */
struct model_page {
	struct page *page;
	enum where where;
	unsigned int waits;
	bool active, referenced, locked_in, unevictable, dirty, locked, held;
};

/** struct numbers - pages by number, the front of a list first */
struct numbers {
	unsigned int nr, at[PAGES];
};

static struct address_space mapping;
static struct model_page all[PAGES];
static struct numbers lists[NR_LRU_LISTS], isolated;
static struct numbers batches[CPUS][NR_LRU_BATCHES];
static unsigned long went; /* pages that reclaim got */

static const struct address_space_operations ops;

static void drop_number(struct numbers *n, unsigned int page)
{
	unsigned int i = 0;

	while (i < n->nr && n->at[i] != page)
		i++;
	ck_assert_uint_lt(i, n->nr);
	memmove(&n->at[i], &n->at[i + 1], (n->nr - i - 1) * sizeof(n->at[0]));
	n->nr--;
}

static void add_number(struct numbers *n, unsigned int page, bool front)
{
	ck_assert_uint_lt(n->nr, PAGES);
	if (front)
		memmove(&n->at[1], &n->at[0], n->nr * sizeof(n->at[0]));
	n->at[front ? 0 : n->nr] = page;
	n->nr++;
}

/* Pages of even number are an address space's, the others a file's: to the lists that is a flag. */
static enum lru_list list_of(unsigned int n)
{
	if (all[n].unevictable)
		return LRU_UNEVICTABLE;
	return (enum lru_list)((n % 2 ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON) + (all[n].active ? LRU_ACTIVE : 0));
}

static void model_unlist(unsigned int n, enum where where)
{
	drop_number(&lists[list_of(n)], n);
	all[n].where = where;
}

static void model_list(unsigned int n, bool front)
{
	add_number(&lists[list_of(n)], n, front);
	all[n].where = LISTED;
}

static void model_settle(unsigned int n)
{
	all[n].unevictable = all[n].locked_in;
	if (all[n].unevictable)
		all[n].active = false;
	model_list(n, true);
}

static void model_treat(unsigned int n, enum lru_batch_kind kind)
{
	struct model_page *p = &all[n];

	p->waits--;
	if (kind == LRU_BATCH_ADD) {
		model_settle(n);
		return;
	}
	if (p->where != LISTED || p->unevictable)
		return;
	if (kind != LRU_BATCH_ROTATE && p->active == (kind == LRU_BATCH_ACTIVATE))
		return;
	model_unlist(n, LISTED);
	p->active = kind == LRU_BATCH_ACTIVATE;
	if (kind == LRU_BATCH_DEACTIVATE)
		p->referenced = false;
	model_list(n, kind != LRU_BATCH_ROTATE);
}

static void model_drain(unsigned int cpu, enum lru_batch_kind kind)
{
	struct numbers b = batches[cpu][kind];

	batches[cpu][kind].nr = 0;
	for (unsigned int i = 0; i < b.nr; i++)
		model_treat(b.at[i], kind);
}

static void model_drain_cpu(unsigned int cpu)
{
	for (unsigned int kind = 0; kind < NR_LRU_BATCHES; kind++)
		model_drain(cpu, (enum lru_batch_kind)kind);
}

static void model_wait(unsigned int n, enum lru_batch_kind kind)
{
	all[n].waits++;
	add_number(&batches[sim_cpu][kind], n, false);
	if (batches[sim_cpu][kind].nr == LRU_BATCH_SIZE)
		model_drain(sim_cpu, kind);
}

/* ---- both at once ---- */

static void add(unsigned int n)
{
	static const gfp_t masks[] = {GFP_KERNEL | __GFP_DMA, GFP_KERNEL | __GFP_DMA32};
	struct page *page = page_cache_alloc(masks[sim_below(2)]);

	ck_assert_ptr_nonnull(page);
	all[n] = (struct model_page){.page = page, .where = WAITING};
	if (n % 2 == 0)
		SetPageSwapBacked(page);
	ck_assert_int_eq(add_to_page_cache_lru(page, &mapping, n, GFP_KERNEL), 0);
	unlock_page(page);
	put_page(page);
	/* A shadow of what was there before may have made it active. */
	all[n].active = PageActive(page);
	model_wait(n, LRU_BATCH_ADD);
}

static void touch(unsigned int n)
{
	struct model_page *p = &all[n];
	bool here = false;

	mark_page_accessed(p->page);
	if (!p->referenced) {
		p->referenced = true;
		return;
	}
	if (p->unevictable || p->active)
		return;
	for (unsigned int i = 0; i < batches[sim_cpu][LRU_BATCH_ADD].nr; i++)
		here |= batches[sim_cpu][LRU_BATCH_ADD].at[i] == n;
	if (p->where == LISTED)
		model_wait(n, LRU_BATCH_ACTIVATE);
	else if (here)
		p->active = true;
	else
		return;
	p->referenced = false;
}

static void move(unsigned int n, enum lru_batch_kind kind)
{
	struct model_page *p = &all[n];

	if (kind == LRU_BATCH_ACTIVATE)
		activate_page(p->page);
	else if (kind == LRU_BATCH_DEACTIVATE)
		deactivate_page(p->page);
	else
		rotate_reclaimable_page(p->page);
	if (p->where != LISTED || p->unevictable)
		return;
	if (kind == LRU_BATCH_ROTATE ? !p->locked && !p->dirty : p->active == (kind == LRU_BATCH_DEACTIVATE))
		model_wait(n, kind);
}

static void isolate(unsigned int n)
{
	bool can = all[n].where == LISTED;

	ck_assert_int_eq(isolate_lru_page(all[n].page), can ? 0 : -EBUSY);
	if (!can)
		return;
	model_unlist(n, ISOLATED);
	add_number(&isolated, n, true);
}

static void put_back(unsigned int n)
{
	if (all[n].where != ISOLATED)
		return;
	putback_lru_page(all[n].page);
	drop_number(&isolated, n);
	model_settle(n);
}

/* Take up to @nr off a list's end as reclaim does. Return: the pages, first in front, by @got; and on @pages */
static void take(enum lru_list lru, unsigned long nr, enum zone_type highest, struct list_head *pages,
		 struct numbers *got)
{
	unsigned long scanned, taken = isolate_lru_pages(lru, nr, highest, pages, &scanned), skipped = 0;

	got->nr = 0;
	while (got->nr < nr && skipped < 16 * nr && lists[lru].nr) {
		unsigned int n = lists[lru].at[lists[lru].nr - 1];

		if (page_zonenum(all[n].page) > highest) {
			drop_number(&lists[lru], n);
			add_number(&lists[lru], n, true);
			skipped++;
			continue;
		}
		model_unlist(n, ISOLATED);
		add_number(got, n, true);
	}
	ck_assert_uint_eq(taken, got->nr);
	ck_assert_uint_eq(scanned, got->nr);
}

static void give_back(struct list_head *pages, const struct numbers *got)
{
	putback_lru_pages(pages);
	for (unsigned int i = 0; i < got->nr; i++) {
		model_settle(got->at[i]);
		put_page(all[got->at[i]].page);
	}
}

static void take_and_give_back(void)
{
	LIST_HEAD(pages);
	struct numbers got;

	take((enum lru_list)sim_below(LRU_UNEVICTABLE), 1 + sim_below(8), sim_below(2) ? ZONE_DMA : ZONE_DMA32, &pages,
	     &got);
	give_back(&pages, &got);
}

/* Nobody else has it, its place is all that leads there, and nothing would be lost. */
static bool may_go(const struct model_page *p)
{
	return !p->held && !p->waits && !p->dirty && !p->locked && !p->locked_in;
}

static void reclaim(void)
{
	enum lru_list lru = sim_below(2) ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON;
	struct scan_control sc = {.gfp = GFP_KERNEL, .highest = ZONE_DMA32};
	struct reclaim_stat stat = {0};
	unsigned long freed, want = 0;
	struct numbers got, stay = {0};
	LIST_HEAD(pages);

	take(lru, 1 + sim_below(8), sc.highest, &pages, &got);
	freed = shrink_page_list(&pages, &sc, &stat);
	for (unsigned int i = 0; i < got.nr; i++) {
		struct model_page *p = &all[got.at[i]];

		if (may_go(p)) {
			p->where = GONE;
			want++;
			continue;
		}
		/* A look takes the mark of use away; a file's dirty page becomes active, so that it is written first. */
		if (!p->locked && !p->locked_in) {
			p->active |= p->dirty && got.at[i] % 2;
			p->referenced = false;
		}
		add_number(&stay, got.at[i], false);
	}
	ck_assert_uint_eq(freed, want);
	went += freed;
	give_back(&pages, &stay);
}

/* What a page is or is not becomes the other: @off it, or @on. */
static void flip(struct page *page, bool *is, void (*off)(struct page *page), void (*on)(struct page *page))
{
	(*is ? off : on)(page);
	*is = !*is;
}

static void make_dirty(struct page *page)
{
	set_page_dirty(page);
}

static void set_dirty(unsigned int n)
{
	if (!all[n].locked)
		lock_page(all[n].page);
	flip(all[n].page, &all[n].dirty, cancel_dirty_page, make_dirty);
	if (!all[n].locked)
		unlock_page(all[n].page);
	ck_assert_int_eq(PageDirty(all[n].page), all[n].dirty);
}

static void set_locked(unsigned int n)
{
	flip(all[n].page, &all[n].locked, unlock_page, lock_page);
}

static void hold(unsigned int n)
{
	flip(all[n].page, &all[n].held, put_page, get_page);
}

/* Takes effect when it joins a list the next time. */
static void lock_in(unsigned int n)
{
	flip(all[n].page, &all[n].locked_in, ClearPageMlocked, SetPageMlocked);
}

/* Out of its file; it is freed when the last of the others lets go. Here nobody else may have it. */
static void delete (unsigned int n)
{
	struct model_page *p = &all[n];

	if (p->held || p->waits || p->where != LISTED || p->locked)
		return;
	if (p->dirty)
		set_dirty(n);
	if (p->locked_in)
		lock_in(n);
	lock_page(p->page);
	get_page(p->page);
	delete_from_page_cache(p->page);
	unlock_page(p->page);
	put_page(p->page);
	model_unlist(n, GONE);
}

static void step(void)
{
	unsigned int n = sim_below(PAGES), what = sim_below(24);

	sim_cpu = sim_below(8) ? sim_cpu : sim_below(CPUS);
	if (all[n].where == GONE) {
		add(n);
		return;
	}
	if (what < 6)
		touch(n);
	else if (what < 12)
		move(n, (enum lru_batch_kind)(LRU_BATCH_ACTIVATE + what % 3));
	else if (what < 14)
		isolate(n);
	else if (what < 16)
		put_back(isolated.nr ? isolated.at[0] : n);
	else if (what == 16)
		take_and_give_back();
	else if (what == 17)
		reclaim();
	else if (what == 18)
		set_dirty(n);
	else if (what == 19)
		set_locked(n);
	else if (what == 20)
		hold(n);
	else if (what == 21)
		lock_in(n);
	else if (what == 22)
		delete (n);
	else if (sim_below(4)) {
		lru_add_drain();
		model_drain_cpu(sim_cpu);
	} else {
		lru_add_drain_all();
		for (unsigned int cpu = 0; cpu < CPUS; cpu++)
			model_drain_cpu(cpu);
	}
}

static void compare_list(enum lru_list lru)
{
	unsigned long sizes[MAX_NR_ZONES] = {0}, i = 0;
	struct page *page;

	list_for_each_entry (page, &mm_node.lruvec.lists[lru], lru) {
		ck_assert_uint_lt(i, lists[lru].nr);
		ck_assert_msg(all[lists[lru].at[i]].page == page, "list %u, place %lu of %u", lru, i, lists[lru].nr);
		sizes[page_zonenum(page)]++;
		i++;
	}
	ck_assert_uint_eq(i, lists[lru].nr);
	for (unsigned int zone = 0; zone < MAX_NR_ZONES; zone++)
		ck_assert_uint_eq(mm_node.lruvec.size[zone][lru], sizes[zone]);
	ck_assert_uint_eq(global_node_page_state((enum node_stat_item)(NR_INACTIVE_ANON + lru)), i);
}

static void compare(void)
{
	unsigned long off[2] = {0};

	for (unsigned int lru = 0; lru < NR_LRU_LISTS; lru++)
		compare_list((enum lru_list)lru);
	for (unsigned int n = 0; n < PAGES; n++) {
		const struct model_page *p = &all[n];

		if (p->where == GONE)
			continue;
		off[n % 2] += p->where == ISOLATED;
		ck_assert_int_eq(PageLRU(p->page), p->where == LISTED);
		ck_assert_int_eq(PageActive(p->page), p->active);
		ck_assert_int_eq(PageReferenced(p->page), p->referenced);
		ck_assert_int_eq(PageUnevictable(p->page), p->unevictable);
		ck_assert_int_eq(page_ref_count(p->page), 1 + p->held + (int)p->waits + (p->where == ISOLATED));
	}
	for (unsigned int kind = 0; kind < 2; kind++)
		ck_assert_uint_eq(global_node_page_state((enum node_stat_item)(NR_ISOLATED_ANON + kind)), off[kind]);
}

START_TEST(random_use)
{
	sim_start(ram, CPUS);
	address_space_init(&mapping, NULL, &ops, GFP_KERNEL, "test");
	mapping.size = PAGES * PAGE_SIZE;
	for (unsigned long i = 0, end = sim_steps(20000); i < end; i++) {
		step();
		if (i % 16 == 0 || i + 1 == end)
			compare();
	}
	ck_assert_uint_gt(vm_events(PGACTIVATE), 0);
	ck_assert_uint_gt(vm_events(PGDEACTIVATE), 0);
	ck_assert_uint_gt(vm_events(PGROTATED), 0);
	ck_assert_uint_gt(vm_events(UNEVICTABLE_PGCULLED), 0);
	ck_assert_uint_gt(vm_events(UNEVICTABLE_PGRESCUED), 0);
	ck_assert_uint_gt(went, 0);
	ck_assert_uint_eq(sim_warnings(), 0);
	assert_valid();
}
END_TEST

/* ---- what waits where reclaim does not look ---- */

static blk_status_t transfer(struct bio *bio)
{
	(void)bio;
	return BLK_STS_OK;
}

/* Two CPUs, user memory, and a disk that takes everything. */
static struct mm_struct *start(void)
{
	struct mm_struct *mm;

	sim_start(ram, 2);
	sim_on_bio = transfer;
	sim_swap_sectors = 256 * PAGE_SECTORS;
	user_mm_init();
	swap_init();
	mm = mm_alloc();
	ck_assert_ptr_nonnull(mm);
	kthread_use_mm(mm);
	return mm;
}

/* @nr pages of the address space, made on the CPU that runs: they wait in its batch. */
static unsigned long make_pages(unsigned long nr)
{
	unsigned long at = vm_mmap(NULL, 0, nr * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);

	for (unsigned long i = 0; i < nr; i++) {
		ck_assert_int_eq(fault_in_user(at + i * PAGE_SIZE, FAULT_FLAG_WRITE), 0);
		set_pte(user_pte(current->mm, at + i * PAGE_SIZE),
			pte_mkdirty(ptep_get(user_pte(current->mm, at + i * PAGE_SIZE))));
	}
	return at;
}

static struct page *hoard;

/* Every page that is free, to CPU 0 or 1, as far as @gfp reaches. The next pointer lies in the page. */
static void take_all(gfp_t gfp)
{
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		struct page *page;

		sim_cpu = cpu;
		while ((page = alloc_page(gfp | __GFP_NOWARN))) {
			*(struct page **)page_address(page) = hoard;
			hoard = page;
		}
	}
	sim_cpu = 0;
}

static void give(unsigned long nr)
{
	while (hoard && nr--) {
		struct page *page = hoard;

		hoard = *(struct page **)page_address(page);
		__free_page(page);
	}
}

/* All goes back, and everything is as it should be. */
static void end(struct mm_struct *mm)
{
	give(~0UL);
	kthread_unuse_mm(mm);
	mmput(mm);
	assert_valid();
}

/* All that can be got back waits in a batch of the other CPU. */
START_TEST(other_cpus_batches)
{
	struct mm_struct *mm = start();
	struct page *page;

	lru_add_drain_all();
	sim_cpu = 1;
	make_pages(LRU_BATCH_SIZE - 1);
	take_all(0);
	ck_assert_uint_eq(lruvec_lru_size(LRU_INACTIVE_ANON, MAX_NR_ZONES - 1), 0);
	/* One round only, and nobody is killed for it. */
	page = alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	ck_assert_ptr_nonnull(page);
	ck_assert_uint_eq(mm_oom.invoked, 0);
	ck_assert_uint_gt(get_mm_counter(mm, MM_SWAPENTS), 0);
	__free_page(page);
	end(mm);
}
END_TEST

/* The same, but something can be got back without them: too little. */
START_TEST(nobody_dies_for_a_batch)
{
	struct mm_struct *mm = start();
	struct page *page, *more[3];

	make_pages(1);
	lru_add_drain_all();
	sim_cpu = 1;
	make_pages(LRU_BATCH_SIZE - 1);
	take_all(0);
	for (unsigned int i = 0; i < 3; i++)
		more[i] = alloc_page(__GFP_MEMALLOC);
	page = alloc_page(GFP_KERNEL | __GFP_NOWARN);
	ck_assert_ptr_nonnull(page);
	ck_assert_uint_eq(mm_oom.invoked, 0);
	__free_page(page);
	for (unsigned int i = 0; i < 3; i++)
		__free_page(more[i]);
	end(mm);
}
END_TEST

/* Pages that a batch keeps from being freed: their owner is gone, the batch has the last reference. */
START_TEST(batches_hold_pages)
{
	struct mm_struct *mm = start();
	unsigned long at;

	sim_cpu = 1;
	at = make_pages(LRU_BATCH_SIZE - 1);
	ck_assert_int_eq(vm_munmap(at, (LRU_BATCH_SIZE - 1) * PAGE_SIZE), 0);
	take_all(__GFP_MEMALLOC);
	ck_assert_ptr_null(alloc_page(__GFP_MEMALLOC | __GFP_NOWARN));
	try_to_free_pages(0, GFP_KERNEL);
	sim_cpu = 1;
	ck_assert_ptr_nonnull(alloc_page(__GFP_MEMALLOC | __GFP_NOWARN));
	end(mm);
}
END_TEST

/* While the lock is waited for, the other CPUs get plenty back; each keeps what it got on its own lists. */
static void others_free(void)
{
	sim_on_trylock = NULL;
	for (sim_cpu = 1; sim_cpu < 16; sim_cpu++)
		give(pcp_of(sim_cpu, ZONE_DMA32)->high);
	sim_cpu = 0;
}

START_TEST(freed_at_the_last_moment)
{
	struct mm_struct *mm;
	struct page *page;

	sim_start(one_zone, 16);
	user_mm_init();
	mm = mm_alloc();
	kthread_use_mm(mm);
	take_all(0);
	sim_on_trylock = others_free;
	page = alloc_page(GFP_KERNEL | __GFP_NOWARN);
	ck_assert_ptr_null(sim_on_trylock);
	ck_assert_ptr_nonnull(page);
	ck_assert_uint_eq(mm_oom.invoked, 0);
	__free_page(page);
	end(mm);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mm_lru");
	TCase *t = tcase_create("lru");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, random_use);
	tcase_add_test(t, other_cpus_batches);
	tcase_add_test(t, nobody_dies_for_a_batch);
	tcase_add_test(t, batches_hold_pages);
	tcase_add_test(t, freed_at_the_last_moment);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
