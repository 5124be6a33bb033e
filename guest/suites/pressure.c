// SPDX-License-Identifier: MIT
/*
 * pressure.c - suite: whole machines that run out of memory, and what is left of everybody's data.
 *
 * Each page of a program says whose it is and which; at the end each is read back. Memory is made small by hoarding, so that twice of it
 * is little. Loops are sized by how fast the machine is.
 */
#include <linux/atomic.h>
#include <linux/blkdev.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/smp.h>

#include "pressure.h"

/* Pages that are left to use. Each CPU keeps some in its batches and lists, where reclaim on another one does not find them. */
static unsigned long small_memory(void)
{
	return (machine_is_fast() ? 96 : 16) + 48UL * (num_online_cpus() - 1);
}

static bool has_swap(struct kunit *test, unsigned long pages)
{
	if (get_nr_swap_pages() >= pages + 64)
		return true;
	kunit_skip(test, "needs swap: give the run --swap 16M");
	return false;
}

/* A page to swap and back takes an emulated ring 0 ten milliseconds. The cases that need many are for machines that run it. */
static bool takes_too_long(struct kunit *test)
{
	if (machine_is_fast())
		return false;
	kunit_skip(test, "takes a machine that runs ring 0 at speed: the nested one");
	return true;
}

/* ---- a working set larger than memory ---- */

/* Written, read back from end to end, then here and there and written anew, and read back. */
static void work_on(struct kunit *test, unsigned long addr, unsigned long pages)
{
	struct rnd_state rnd;
	u64 seed = get_random_u64();

	prandom_seed_state(&rnd, seed);
	for (unsigned long i = 0; i < pages; i++)
		KUNIT_EXPECT_EQ_MSG(test, write_page(addr, i, 1), 0, "page %lu of %lu", i, pages);
	for (unsigned long i = 0; i < pages; i++)
		KUNIT_EXPECT_EQ_MSG(test, check_page(addr, i, 1), 0, "page %lu of %lu", i, pages);
	for (unsigned long n = 0; n < pages / 4; n++) {
		unsigned long i = (unsigned long)((u64)prandom_u32_state(&rnd) * pages >> 32);

		KUNIT_EXPECT_EQ_MSG(test, write_page(addr, i, 1), 0, "page %lu of %lu, seed %llu", i, pages, seed);
		KUNIT_EXPECT_EQ_MSG(test, check_page(addr, i, 1), 0, "page %lu of %lu, seed %llu", i, pages, seed);
	}
}

static void working_set(struct kunit *test, unsigned int times)
{
	unsigned long memory = small_memory(), out = vm_events(PSWPOUT), in = vm_events(PSWPIN);
	unsigned long kills = vm_events(OOM_KILL), addr;
	struct mm_struct *mm;
	struct hoard h;

	if (!has_swap(test, times * memory))
		return;
	mm = mm_alloc();
	KUNIT_ASSERT_NOT_NULL(test, mm);
	kthread_use_mm(mm);
	addr = user_map(times * memory);
	KUNIT_EXPECT_NE(test, addr, 0UL);
	hoard_but(&h, memory);
	if (addr)
		work_on(test, addr, times * memory);
	hoard_free(&h);
	KUNIT_EXPECT_GE(test, vm_events(PSWPOUT) - out, (times - 1) * memory / 2);
	KUNIT_EXPECT_GT(test, vm_events(PSWPIN), in);
	KUNIT_EXPECT_EQ(test, vm_events(OOM_KILL), kills);
	kthread_unuse_mm(mm);
	mmput(mm);
	lru_settle();
}

static void working_set_of_twice_the_memory(struct kunit *test)
{
	working_set(test, 2);
}

static void working_set_of_four_times_the_memory(struct kunit *test)
{
	if (!takes_too_long(test))
		working_set(test, 4);
}

/* ---- several programs at once ---- */

#define PROGRAMS 3

static int fill_and_check(struct program *p)
{
	unsigned long addr = user_map(p->pages);
	int err = addr ? 0 : -ENOMEM;

	for (unsigned long i = 0; !err && i < p->pages; i++, p->done++)
		err = write_page(addr, i, p->tag);
	complete(&p->half);
	/* The others are at it still. */
	wait_for_completion(&p->go);
	for (unsigned long i = 0; !err && i < p->pages; i++)
		err = check_page(addr, i, p->tag);
	return err;
}

static void programs_side_by_side(struct kunit *test)
{
	unsigned long memory = small_memory(), kills = vm_events(OOM_KILL);
	struct program p[PROGRAMS];
	struct hoard h;

	if (takes_too_long(test) || !has_swap(test, 2 * memory))
		return;
	for (unsigned int i = 0; i < PROGRAMS; i++)
		p[i] = (struct program){.main = fill_and_check, .pages = 2 * memory / PROGRAMS, .tag = 10 + i};
	hoard_but(&h, memory);
	for (unsigned int i = 0; i < PROGRAMS; i++)
		program_start(test, &p[i], "beside");
	for (unsigned int i = 0; i < PROGRAMS; i++)
		wait_for_completion(&p[i].half);
	for (unsigned int i = 0; i < PROGRAMS; i++)
		complete(&p[i].go);
	for (unsigned int i = 0; i < PROGRAMS; i++)
		KUNIT_EXPECT_EQ_MSG(test, program_wait(&p[i]), 0, "program %u", i);
	hoard_free(&h);
	KUNIT_EXPECT_EQ(test, vm_events(OOM_KILL), kills);
	lru_settle();
}

/* ---- growth until somebody dies ---- */

#define MOST_GROWERS 4

static unsigned int growers(void)
{
	return machine_is_fast() ? MOST_GROWERS : 2;
}

/* Growers that have what they want, or are about to die. */
static atomic_t grown = ATOMIC_INIT(0);

/* Nobody goes, and leaves others his memory, before all have grown or he is killed. */
static void wait_for_others(void)
{
	atomic_inc(&grown);
	while (atomic_read(&grown) < (int)growers() && !fatal_signal_pending(current))
		msleep(1);
}

/* Grow, and look at everything now and then. Whoever is killed says so. */
static int grow(struct program *p)
{
	unsigned long addr = user_map(p->pages);
	int err = addr ? 0 : -ENOMEM;

	wait_for_completion(&p->go);
	for (unsigned long i = 0; !err && i < p->pages && !fatal_signal_pending(current); i++, p->done++) {
		err = write_page(addr, i, p->tag);
		cond_resched();
	}
	wait_for_others();
	for (unsigned long i = 0; !err && i < p->done && !fatal_signal_pending(current); i++)
		err = check_page(addr, i, p->tag);
	if (fatal_signal_pending(current))
		return 1;
	return err;
}

static int keep_and_check(struct program *p)
{
	unsigned long addr = user_map(p->pages);
	int err = addr ? 0 : -ENOMEM;

	for (unsigned long i = 0; !err && i < p->pages; i++)
		err = write_page(addr, i, p->tag);
	complete(&p->half);
	wait_for_completion(&p->go);
	for (unsigned long i = 0; !err && i < p->pages; i++)
		err = check_page(addr, i, p->tag);
	return err ? err : fatal_signal_pending(current) ? 1 : 0;
}

/* Unevictable memory: swap does not help, however much there is. */
static int grow_locked(struct program *p)
{
	unsigned long addr = user_map(p->pages);
	int err = addr ? 0 : -ENOMEM;

	wait_for_completion(&p->go);
	if (!err)
		err = vm_mlock(addr, p->pages * PAGE_SIZE);
	for (unsigned long i = 0; !err && i < p->pages && !fatal_signal_pending(current); i++, p->done++)
		err = write_page(addr, i, p->tag);
	wait_for_others();
	for (unsigned long i = 0; !err && i < p->done && !fatal_signal_pending(current); i++)
		err = check_page(addr, i, p->tag);
	return fatal_signal_pending(current) ? 1 : err;
}

static void growth(struct kunit *test, int (*grower)(struct program *p))
{
	/* Their page tables come out of it, too. */
	unsigned long memory = small_memory() + 16 * growers(), kills = vm_events(OOM_KILL), killed = 0;
	struct program p[MOST_GROWERS],
		keeper = {.main = keep_and_check, .pages = 4, .tag = 99, .adj = OOM_SCORE_ADJ_MIN};
	struct hoard h;

	program_start(test, &keeper, "keeper");
	wait_for_completion(&keeper.half);
	for (unsigned int i = 0; i < growers(); i++) {
		p[i] = (struct program){.main = grower, .pages = memory, .tag = 20 + i};
		program_start(test, &p[i], "grower");
	}
	hoard_but(&h, memory);
	atomic_set(&grown, 0);
	for (unsigned int i = 0; i < growers(); i++)
		complete(&p[i].go);
	for (unsigned int i = 0; i < growers(); i++) {
		int ret = program_wait(&p[i]);

		KUNIT_EXPECT_TRUE_MSG(test, ret == 0 || ret == 1, "program %u ended with %d after %lu pages", i, ret,
				      p[i].done);
		killed += ret == 1;
	}
	hoard_free(&h);
	KUNIT_EXPECT_GE(test, killed, 1UL);
	KUNIT_EXPECT_EQ(test, vm_events(OOM_KILL) - kills, killed);
	KUNIT_EXPECT_TRUE(test, oom_killer_disable(10 * HZ));
	oom_killer_enable();
	/* Whoever must not be killed has what it had. */
	complete(&keeper.go);
	KUNIT_EXPECT_EQ(test, program_wait(&keeper), 0);
	lru_settle();
}

static void growth_without_swap_to_oom(struct kunit *test)
{
	if (total_swap_pages()) {
		kunit_skip(test, "there is swap; locked_growth_to_oom does it with that");
		return;
	}
	growth(test, grow);
}

/* Swap helps for a while: until that is full, too. */
static void growth_beyond_swap_to_oom(struct kunit *test)
{
	unsigned long slots = total_swap_pages(), out = vm_events(PSWPOUT);

	if (!slots || slots > (growers() - 1) * small_memory() / 2) {
		kunit_skip(test, "needs a swap that growing programs fill: --swap 256K, on a slow machine 36K");
		return;
	}
	growth(test, grow);
	/* A page that came back may keep its slot: so not all of them are written. */
	KUNIT_EXPECT_GE(test, vm_events(PSWPOUT) - out, slots / 2);
	KUNIT_EXPECT_EQ(test, total_swap_pages(), slots);
	mm_drain();
	KUNIT_EXPECT_EQ(test, get_nr_swap_pages(), slots);
}

static void locked_growth_to_oom(struct kunit *test)
{
	growth(test, grow_locked);
}

/* ---- one zone alone ---- */

/* Programs' pages fill ZONE_DMA; then somebody wants memory there, while the other zones have plenty. */
static void the_dma_zone_alone(struct kunit *test)
{
	unsigned long pages = 48, out = vm_events(PSWPOUT), kills = vm_events(OOM_KILL), got = 0, addr;
	struct zone *dma = &mm_zones[ZONE_DMA];
	struct hoard above, dma_rest, wanted;
	struct mm_struct *mm;
	struct page *page;

	if (too_large(test))
		return;
	if (takes_too_long(test))
		return;
	if (!managed_zone(dma)) {
		kunit_skip(test, "no zone DMA");
		return;
	}
	if (!has_swap(test, pages))
		return;
	mm = mm_alloc();
	KUNIT_ASSERT_NOT_NULL(test, mm);
	kthread_use_mm(mm);
	addr = user_map(pages);
	hoard_init(&above);
	hoard_everything(&above);
	hoard_free_zone(&above, dma);
	KUNIT_EXPECT_NE(test, addr, 0UL);
	for (unsigned long i = 0; addr && i < pages; i++)
		KUNIT_EXPECT_EQ(test, write_page(addr, i, 7), 0);
	hoard_init(&dma_rest);
	hoard_all(&dma_rest, __GFP_DMA);
	hoard_free(&above);
	hoard_init(&wanted);
	/* Not one more than there are: what is asked for must come from the program's pages in that zone, or not at all. */
	while (got < pages && (page = alloc_page(GFP_KERNEL | __GFP_DMA | __GFP_NORETRY | __GFP_NOWARN))) {
		KUNIT_EXPECT_PTR_EQ(test, page_zone(page), dma);
		hold_page(&wanted, page);
		got++;
	}
	KUNIT_EXPECT_GE(test, got, pages / 4);
	KUNIT_EXPECT_GE(test, vm_events(PSWPOUT) - out, pages / 4);
	KUNIT_EXPECT_EQ(test, vm_events(OOM_KILL), kills);
	for (unsigned long i = 0; addr && i < pages; i++)
		KUNIT_EXPECT_EQ_MSG(test, check_page(addr, i, 7), 0, "page %lu", i);
	hoard_free(&wanted);
	hoard_free(&dma_rest);
	kthread_unuse_mm(mm);
	mmput(mm);
	lru_settle();
}

static struct kunit_case cases[] = {
	KUNIT_CASE(working_set_of_twice_the_memory),
	KUNIT_CASE(working_set_of_four_times_the_memory),
	KUNIT_CASE(programs_side_by_side),
	KUNIT_CASE(growth_without_swap_to_oom),
	KUNIT_CASE(growth_beyond_swap_to_oom),
	KUNIT_CASE(locked_growth_to_oom),
	KUNIT_CASE(the_dma_zone_alone),
	{},
};

static struct kunit_suite suite = {.name = "pressure", .test_cases = cases};
kunit_test_suite(suite);
