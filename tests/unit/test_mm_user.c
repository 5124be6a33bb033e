// SPDX-License-Identifier: MIT
/*
 * test_mm_user.c - user memory on the simulated machine: areas, faults, copies and swap against a model that says what each page
 * of each address space must hold. Who writes is the test: it does what a CPU would, bits included.
 */
#include <check.h>
#include <string.h>

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/mman.h>
#include <linux/mmap_lock.h>
#include <linux/pgtable.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/swap.h>

#include "guest/mm/user_mm.h"
#include "tests/runner.h"
#include "tests/unit/arch/sim.h"
#include "tests/unit/validate.h"

#define SLOTS 96
#define PAGES 40
#define SPACES 3
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static const struct sim_range machine[] = {{0x1000, 0x9f000}, {0x100000, 15UL << 20}, {16UL << 20, 16UL << 20}, {}};

/* ---- the disk ---- */

static char disk[SLOTS + 1][PAGE_SIZE];
static long fail_write = -1, fail_read = -1;
static unsigned long nr_written, nr_read;

/* When this slot is read, the entry at @zap_at that leads there goes. */
static unsigned long zap_slot, zap_at;

static blk_status_t transfer(struct bio *bio)
{
	unsigned long slot = bio->bi_iter.bi_sector >> PAGE_SECTORS_SHIFT;
	void *memory = page_address(bio->bi_io_vec[0].bv_page);

	ck_assert_uint_gt(slot, 0);
	ck_assert_uint_le(slot, SLOTS);
	ck_assert_uint_eq(bio->bi_iter.bi_size, PAGE_SIZE);
	if (bio_op(bio) == REQ_OP_WRITE) {
		nr_written++;
		if ((long)slot == fail_write)
			return BLK_STS_IOERR;
		memcpy(disk[slot], memory, PAGE_SIZE);
	} else {
		nr_read++;
		if (slot == zap_slot)
			zap_vma_range(find_vma(current->mm, zap_at), zap_at, zap_at + PAGE_SIZE);
		if (fail_read >= 0 && !fail_read--)
			return BLK_STS_IOERR;
		memcpy(memory, disk[slot], PAGE_SIZE);
	}
	return BLK_STS_OK;
}

static void start(void)
{
	sim_start(machine, 2);
	sim_on_bio = transfer;
	sim_swap_sectors = (SLOTS + 1) * PAGE_SECTORS;
	user_mm_init();
	swap_init();
	ck_assert_uint_eq(total_swap_pages(), SLOTS);
}

static struct mm_struct *use_new(void)
{
	struct mm_struct *mm = mm_alloc();

	ck_assert_ptr_nonnull(mm);
	kthread_use_mm(mm);
	return mm;
}

static void drop(struct mm_struct *mm)
{
	kthread_unuse_mm(mm);
	mmput(mm);
}

/* ---- a CPU ---- */

/* What the CPU finds at @addr, after as many faults as it takes; NULL: the access fails. */
static u64 *touch(unsigned long addr, bool write)
{
	for (unsigned int tries = 0; tries < 8; tries++) {
		pte_t *ptep = user_pte(current->mm, addr);
		pte_t pte = ptep ? *ptep : __pte(0);

		if (pte_present(pte) && (pte_write(pte) || !write)) {
			*ptep = write ? pte_mkdirty(pte_mkyoung(pte)) : pte_mkyoung(pte);
			return (u64 *)((char *)__va(pte_pfn(pte) << PAGE_SHIFT) + offset_in_page(addr));
		}
		if (fault_in_user(addr, write ? FAULT_FLAG_WRITE : 0) & VM_FAULT_ERROR)
			return NULL;
	}
	ck_abort_msg("an access to %#lx faults for ever", addr);
	return NULL;
}

static void store(unsigned long addr, u64 value)
{
	u64 *p = touch(addr, true);

	ck_assert_ptr_nonnull(p);
	*p = value;
}

static u64 load(unsigned long addr)
{
	u64 *p = touch(addr, false);

	ck_assert_ptr_nonnull(p);
	return *p;
}

static unsigned long map(unsigned long pages)
{
	unsigned long at = vm_mmap(NULL, 0, pages * PAGE_SIZE, RW, ANON, 0);

	ck_assert_uint_lt(at, USER_END);
	return at;
}

/* Nothing is left behind. */
static void all_back(void)
{
	swap_cache_trim();
	ck_assert_uint_eq(get_nr_swap_pages(), total_swap_pages());
	ck_assert_uint_eq(nr_swapcache_pages(), 0);
	ck_assert_uint_eq(mm_root.nr_mms, 0);
	ck_assert_uint_eq(global_node_page_state(NR_ANON_MAPPED), 0);
	ck_assert_uint_eq(global_node_page_state(NR_ISOLATED_ANON), 0);
	ck_assert_uint_eq(sim_warnings(), 0);
	assert_valid();
}

START_TEST(faults)
{
	struct mm_struct *mm;
	unsigned long at;

	start();
	mm = use_new();
	at = map(3);
	ck_assert_uint_eq(load(at + 8), 0);
	ck_assert(!(mm_pagemap(mm, at) & PM_DIRTY));
	store(at + PAGE_SIZE, 5);
	ck_assert_uint_eq(load(at + PAGE_SIZE), 5);
	ck_assert_uint_eq(get_mm_rss(mm), 2);
	ck_assert_ptr_null(touch(at + 3 * PAGE_SIZE, false));
	ck_assert_ptr_null(touch(8, true));
	drop(mm);
	all_back();
}
END_TEST

START_TEST(pages_are_held)
{
	struct page *pages[4], *more[2];
	struct mm_struct *mm, *copy;
	unsigned long at;

	start();
	mm = use_new();
	at = map(3);
	ck_assert_int_eq(get_user_pages_fast(at, 0, 0, pages), 0);
	ck_assert_int_eq(get_user_pages_fast(-PAGE_SIZE, 2, 0, pages), 0);
	ck_assert_int_eq(get_user_pages_fast(at, 1, FOLL_FORCE, pages), -EINVAL);
	ck_assert_int_eq(get_user_pages_fast(8, 1, 0, pages), -EFAULT);
	ck_assert_int_eq(get_user_pages_fast(at, 3, FOLL_WRITE | FOLL_FAST_ONLY, pages), 0);
	store(at + PAGE_SIZE, 5);
	/* The rest is brought; behind the area there is nothing. */
	ck_assert_int_eq(pin_user_pages_fast(at + 9, 4, FOLL_WRITE | FOLL_LONGTERM, pages), 3);
	ck_assert_uint_eq(get_mm_rss(mm), 3);
	ck_assert_uint_eq(*(u64 *)page_address(pages[1]), 5);
	*(u64 *)page_address(pages[2]) = 7;
	ck_assert_uint_eq(load(at + 2 * PAGE_SIZE), 7);
	/* It may be unmapped meanwhile, but what comes back is the same page. */
	ck_assert_int_eq(vm_pageout(at, 3 * PAGE_SIZE), 0);
	ck_assert_int_eq(get_user_pages_fast(at + PAGE_SIZE, 1, 0, more), 1);
	ck_assert_ptr_eq(more[0], pages[1]);
	put_page(more[0]);
	unpin_user_pages(pages, 3);
	/* Shared with a copy: to be written to it must be one's own. */
	copy = dup_mm(mm);
	ck_assert_ptr_nonnull(copy);
	ck_assert_int_eq(get_user_pages_fast(at + PAGE_SIZE, 1, FOLL_WRITE | FOLL_FAST_ONLY, more), 0);
	ck_assert_int_eq(get_user_pages_fast(at + PAGE_SIZE, 1, 0, more), 1);
	ck_assert_int_eq(get_user_pages_fast(at + PAGE_SIZE, 1, FOLL_WRITE, more + 1), 1);
	ck_assert_ptr_ne(more[0], more[1]);
	*(u64 *)page_address(more[1]) = 6;
	ck_assert_uint_eq(*(u64 *)page_address(more[0]), 5);
	ck_assert_uint_eq(load(at + PAGE_SIZE), 6);
	put_page(more[0]);
	unpin_user_page(more[1]);
	mmput(copy);
	drop(mm);
	all_back();
}
END_TEST

START_TEST(no_memory)
{
	struct mm_struct *mm;
	unsigned long at;

	start();
	mm = use_new();
	at = map(1);
	/* Whatever is refused on the way, the access fails, and the next one works. */
	for (long n = 0;; n++) {
		sim_fail_at(n);
		if (touch(at, true)) {
			ck_assert(!sim_fail_hit());
			break;
		}
		ck_assert(sim_fail_hit());
	}
	sim_fail_at(-1);
	store(at, 1);
	for (long n = 0; n < 12; n++) {
		struct mm_struct *copy;

		sim_fail_at(n);
		copy = dup_mm(mm);
		if (copy)
			mmput(copy);
		else
			ck_assert(sim_fail_hit());
	}
	sim_fail_at(-1);
	ck_assert_uint_eq(load(at), 1);
	drop(mm);
	all_back();
}
END_TEST

START_TEST(write_error)
{
	struct mm_struct *mm;
	unsigned long at;

	start();
	mm = use_new();
	at = map(3);
	for (unsigned long i = 0; i < 3; i++)
		store(at + i * PAGE_SIZE, i + 1);
	/* The first cluster that is given out begins at slot 64. */
	fail_write = SWAP_CLUSTER_SLOTS + 1;
	ck_assert_int_eq(vm_pageout(at, 3 * PAGE_SIZE), 2);
	ck_assert_uint_eq(swap_infos[0].nr_write_errors, 1);
	ck_assert_int_eq(vm_pageout(at, 3 * PAGE_SIZE), 0);
	for (unsigned long i = 0; i < 3; i++)
		ck_assert_uint_eq(load(at + i * PAGE_SIZE), i + 1);
	/* That slot is lost, the page gets another. */
	ck_assert_uint_eq(total_swap_pages(), SLOTS - 1);
	ck_assert_int_eq(vm_pageout(at, 3 * PAGE_SIZE), 3);
	ck_assert_uint_eq(load(at + PAGE_SIZE), 2);
	drop(mm);
	all_back();
}
END_TEST

START_TEST(read_error)
{
	struct mm_struct *mm;
	unsigned long at;

	start();
	mm = use_new();
	at = map(2);
	store(at, 11);
	ck_assert_int_eq(vm_pageout(at, PAGE_SIZE), 1);
	fail_read = 0;
	ck_assert_uint_eq(fault_in_user(at, 0), VM_FAULT_SIGBUS);
	ck_assert_uint_eq(swap_infos[0].nr_read_errors, 1);
	/* It was only once. */
	ck_assert_uint_eq(load(at), 11);
	drop(mm);
	all_back();
}
END_TEST

/* @nr pages, each with its number and one more, all of them in swap. Return: where */
static unsigned long out_in_order(unsigned long nr)
{
	unsigned long at = map(nr);

	for (unsigned long i = 0; i < nr; i++)
		store(at + i * PAGE_SIZE, i + 1);
	ck_assert_int_eq(vm_pageout(at, nr * PAGE_SIZE), (long)nr);
	return at;
}

START_TEST(read_ahead)
{
	struct mm_struct *mm;
	unsigned long at, guessed;

	start();
	mm = use_new();
	at = out_in_order(32);
	for (unsigned long i = 0; i < 32; i++)
		ck_assert_uint_eq(load(at + i * PAGE_SIZE), i + 1);
	/* Each was read once, most of them before they were wanted. */
	guessed = vm_events(SWAP_RA);
	ck_assert_uint_ge(guessed, 24);
	ck_assert_uint_eq(vm_events(SWAP_RA_HIT), guessed);
	ck_assert_uint_eq(nr_read, 32);
	ck_assert_uint_eq(mm->major_faults, 32 - guessed);
	/* Here and there: nothing pays off, so only what is wanted is read once that is known. */
	ck_assert_int_eq(vm_pageout(at, 32 * PAGE_SIZE), 32);
	for (unsigned long i = 0; i < 4; i++)
		load(at + (i * 8 + 1) * PAGE_SIZE);
	guessed = vm_events(SWAP_RA);
	load(at + 29 * PAGE_SIZE);
	ck_assert_uint_eq(vm_events(SWAP_RA), guessed);
	page_cluster = 0;
	for (unsigned long i = 0; i < 32; i++)
		ck_assert_uint_eq(load(at + i * PAGE_SIZE), i + 1);
	ck_assert_uint_eq(vm_events(SWAP_RA), guessed);
	drop(mm);
	all_back();
}
END_TEST

/* What could not be read ahead is read again for who wants it: he is told nothing of the first time. */
START_TEST(read_ahead_error)
{
	struct mm_struct *mm;
	unsigned long at;

	start();
	mm = use_new();
	at = out_in_order(16);
	for (unsigned long i = 0; i < 4; i++)
		load(at + i * PAGE_SIZE);
	ck_assert_uint_gt(vm_events(SWAP_RA), 0);
	fail_read = 1;
	for (unsigned long i = 4; i < 16; i++)
		ck_assert_uint_eq(load(at + i * PAGE_SIZE), i + 1);
	ck_assert_uint_eq(swap_infos[0].nr_read_errors, 1);
	ck_assert_uint_eq(nr_read, 17);
	drop(mm);
	all_back();
}
END_TEST

/* What goes out of use while it is read leaves no slot behind. */
START_TEST(unneeded_while_read)
{
	struct mm_struct *mm;
	unsigned long at;

	start();
	mm = use_new();
	at = out_in_order(16);
	zap_at = at + 7 * PAGE_SIZE;
	zap_slot = mm_pagemap(mm, zap_at) & PM_NUMBER;
	for (unsigned long i = 0; i < 7; i++)
		load(at + i * PAGE_SIZE);
	ck_assert_uint_eq(mm_pagemap(mm, zap_at), 0);
	ck_assert_uint_eq(swap_infos[0].swap_map[zap_slot], 0);
	ck_assert_uint_eq(load(zap_at), 0);
	drop(mm);
	all_back();
}
END_TEST

static struct mm_struct *dying;

static void victim_ends(void)
{
	sim_on_sleep = NULL;
	mmput(dying);
}

/* The memory of a victim of the OOM killer is on disk: it does not come back, and is not an error either. */
START_TEST(swapoff_of_the_dying)
{
	start();
	dying = use_new();
	out_in_order(4);
	kthread_unuse_mm(dying);
	dying->flags |= MMF_UNSTABLE;
	sim_on_sleep = victim_ends;
	ck_assert_int_eq(swapoff(blkdev_nth(0)), 0);
	ck_assert_ptr_null(sim_on_sleep);
	ck_assert_int_eq(swapon(blkdev_nth(0)), 0);
	all_back();
}
END_TEST

START_TEST(swap_full)
{
	struct mm_struct *mm;
	unsigned long at;

	start();
	mm = use_new();
	at = map(SLOTS + 10);
	for (unsigned long i = 0; i < SLOTS + 10; i++)
		store(at + i * PAGE_SIZE, i + 1);
	ck_assert_int_eq(vm_pageout(at, (SLOTS + 10) * PAGE_SIZE), SLOTS);
	ck_assert_uint_eq(get_nr_swap_pages(), 0);
	ck_assert_uint_eq(get_mm_rss(mm), 10);
	for (unsigned long i = 0; i < SLOTS + 10; i++)
		ck_assert_uint_eq(load(at + i * PAGE_SIZE), i + 1);
	/* Slots were scarce: they were given up when the pages came back, until they were not any more. */
	ck_assert_uint_ge(get_nr_swap_pages(), SLOTS / 2);
	ck_assert_int_eq(swapoff(blkdev_nth(0)), 0);
	ck_assert_uint_eq(get_mm_rss(mm), SLOTS + 10);
	ck_assert_int_eq(vm_pageout(at, SLOTS * PAGE_SIZE), 0);
	ck_assert_int_eq(swapon(blkdev_nth(0)), 0);
	drop(mm);
	all_back();
}
END_TEST

START_TEST(too_many_copies)
{
	struct mm_struct *mm, *copies[SWAP_MAP_MAX];
	unsigned int nr = 0;
	unsigned long at;

	start();
	mm = use_new();
	at = map(1);
	store(at, 77);
	ck_assert_int_eq(vm_pageout(at, PAGE_SIZE), 1);
	while (nr < SWAP_MAP_MAX && (copies[nr] = dup_mm(mm)))
		nr++;
	/* The slot's count is full with its first owner and so many others. */
	ck_assert_uint_eq(nr, SWAP_MAP_MAX - 1);
	kthread_unuse_mm(mm);
	kthread_use_mm(copies[7]);
	ck_assert_uint_eq(load(at), 77);
	kthread_unuse_mm(copies[7]);
	kthread_use_mm(mm);
	while (nr)
		mmput(copies[--nr]);
	ck_assert_uint_eq(load(at), 77);
	drop(mm);
	all_back();
}
END_TEST

/* ---- against a model ---- */

/** struct space - an address space, and what its pages hold; 0: zeros; @mapped: is there an area? */
struct space {
	struct mm_struct *mm;
	u64 value[PAGES];
	bool mapped[PAGES];
};

static struct space spaces[SPACES];
static unsigned long base;

static void enter(struct space *s)
{
	if (current->mm)
		kthread_unuse_mm(current->mm);
	kthread_use_mm(s->mm);
}

static void new_space(struct space *s)
{
	memset(s, 0, sizeof(*s));
	s->mm = mm_alloc();
	enter(s);
	base = 1UL << 30;
	ck_assert_uint_eq(vm_mmap(NULL, base, PAGES * PAGE_SIZE, RW, ANON | MAP_FIXED, 0), base);
	for (unsigned int i = 0; i < PAGES; i++)
		s->mapped[i] = true;
}

static void check_page(struct space *s, unsigned int n)
{
	u64 *p = touch(base + n * PAGE_SIZE, false);

	ck_assert_msg(!p == !s->mapped[n], "page %u", n);
	if (p)
		ck_assert_uint_eq(*p, s->value[n]);
}

static void replace_by_copy(struct space *from, struct space *to)
{
	if (from == to)
		return;
	enter(from);
	mmput(to->mm);
	*to = *from;
	to->mm = dup_mm(from->mm);
	ck_assert_ptr_nonnull(to->mm);
}

static void unmap_some(struct space *s, unsigned int n, unsigned int nr)
{
	ck_assert_int_eq(vm_munmap(base + n * PAGE_SIZE, nr * PAGE_SIZE), 0);
	for (; nr--; n++) {
		s->mapped[n] = false;
		s->value[n] = 0;
	}
}

static void map_some(struct space *s, unsigned int n, unsigned int nr)
{
	ck_assert_uint_eq(vm_mmap(NULL, base + n * PAGE_SIZE, nr * PAGE_SIZE, RW, ANON | MAP_FIXED, 0),
			  base + n * PAGE_SIZE);
	for (; nr--; n++) {
		s->mapped[n] = true;
		s->value[n] = 0;
	}
}

static void step(u64 serial)
{
	struct space *s = &spaces[sim_below(SPACES)];
	unsigned int n = sim_below(PAGES), nr = 1 + sim_below(PAGES - n);

	enter(s);
	switch (sim_below(12)) {
	case 0:
		replace_by_copy(s, &spaces[sim_below(SPACES)]);
		break;
	case 1:
		unmap_some(s, n, sim_below(4) ? 1 : nr);
		break;
	case 2:
		map_some(s, n, sim_below(4) ? 1 : nr);
		break;
	case 3:
		vm_pageout(base + n * PAGE_SIZE, nr * PAGE_SIZE);
		break;
	case 4:
		if (s->mapped[n])
			ck_assert_int_eq(sim_below(2) ? vm_mlock(base + n * PAGE_SIZE, PAGE_SIZE)
						      : vm_munlock(base + n * PAGE_SIZE, PAGE_SIZE),
					 0);
		break;
	case 5:
		sim_cpu = sim_below(2);
		break;
	case 6:
	case 7:
		check_page(s, n);
		break;
	default:
		if (s->mapped[n]) {
			store(base + n * PAGE_SIZE, serial);
			s->value[n] = serial;
		}
	}
}

START_TEST(random_use)
{
	start();
	for (unsigned int i = 0; i < SPACES; i++)
		new_space(&spaces[i]);
	for (unsigned long i = 1; i < sim_steps(6000); i++)
		step(i);
	for (unsigned int i = 0; i < SPACES; i++) {
		enter(&spaces[i]);
		for (unsigned int n = 0; n < PAGES; n++)
			check_page(&spaces[i], n);
	}
	kthread_unuse_mm(current->mm);
	for (unsigned int i = 0; i < SPACES; i++)
		mmput(spaces[i].mm);
	lru_add_drain();
	ck_assert_uint_gt(nr_written, 0);
	ck_assert_uint_gt(nr_read, 0);
	all_back();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mm_user");
	TCase *t = tcase_create("user");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, faults);
	tcase_add_test(t, pages_are_held);
	tcase_add_test(t, no_memory);
	tcase_add_test(t, write_error);
	tcase_add_test(t, read_error);
	tcase_add_test(t, read_ahead);
	tcase_add_test(t, read_ahead_error);
	tcase_add_test(t, unneeded_while_read);
	tcase_add_test(t, swapoff_of_the_dying);
	tcase_add_test(t, swap_full);
	tcase_add_test(t, too_many_copies);
	tcase_add_test(t, random_use);
	suite_add_tcase(s, t);
	return run_to_end(srunner_create(s));
}
