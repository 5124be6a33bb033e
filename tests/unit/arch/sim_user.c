// SPDX-License-Identifier: MIT
/*
 * sim_user.c - user address spaces of the simulated machine: top tables without a kernel's half, nobody who walks them but the
 * test; a swap device of which only the size is known (what is transferred, sim_on_bio sees); semaphores that nobody else wants.
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/blkdev.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/sched.h>

#include "tests/unit/arch/sim.h"

struct block_device {
	sector_t sectors;
};

static struct block_device disk;
unsigned long sim_swap_sectors, sim_user_flushes;

uint64_t arch_pgd_alloc(gfp_t gfp)
{
	struct page *page = pgtable_alloc(gfp);

	return page ? page_to_phys(page) : 0;
}

void arch_pgd_free(uint64_t pgd)
{
	pgtable_free(phys_to_page(pgd));
}

void arch_use_mm(struct mm_struct *mm)
{
	current->mm = mm;
}

void arch_flush_tlb_cpus(uint64_t cpus, unsigned long start, unsigned long end)
{
	(void)cpus;
	(void)start;
	(void)end;
	sim_user_flushes++;
}

struct block_device *blkdev_nth(unsigned int n)
{
	disk.sectors = sim_swap_sectors;
	return n || !sim_swap_sectors ? NULL : &disk;
}

bool bdev_is_swap(const struct block_device *bdev)
{
	(void)bdev;
	return true;
}

bool bdev_read_only(const struct block_device *bdev)
{
	(void)bdev;
	return false;
}

sector_t bdev_nr_sectors(const struct block_device *bdev)
{
	return bdev->sectors;
}

const char *bdev_name(const struct block_device *bdev)
{
	(void)bdev;
	return "vda";
}

/* One thread: whoever has it would wait for itself. */
static void take(struct rw_semaphore *sem, int count)
{
	if (sem->count < 0 || (count < 0 && sem->count)) {
		fprintf(stderr, "sim: a task waits for a semaphore that it holds\n");
		abort();
	}
	sem->count += count;
}

void down_read(struct rw_semaphore *sem)
{
	take(sem, 1);
}

int down_read_trylock(struct rw_semaphore *sem)
{
	take(sem, 1);
	return 1;
}

void down_write(struct rw_semaphore *sem)
{
	take(sem, -1);
}

void up_read(struct rw_semaphore *sem)
{
	sem->count--;
}

void up_write(struct rw_semaphore *sem)
{
	sem->count = 0;
}

long schedule_timeout_uninterruptible(long timeout)
{
	return schedule_timeout(timeout);
}
