// SPDX-License-Identifier: MIT
/*
 * disk_errors.c - suite: memory is short and disks fail, both at once. What was written is there, or whoever wrote it was told; what
 * cannot be read is told to whoever asked for it, and to nobody else.
 *
 * On healthy disks (the default) no error may be reported. --scratch and --swap with fail-read=, fail-write= or bad= make them fail:
 * then programs have seen no more errors than the swap device counts failed reads. The suite says what happened;
 * whoever made the disks fail knows what should.
 */
#include <linux/vmstat.h>

#include "files.h"
#include "pressure.h"

/* A device that fails now and then does so no more often than this in a row. */
#define PATIENCE 32

/* ---- what swap devices count ---- */

static unsigned long swap_read_errors(void)
{
	unsigned long n = 0;

	for (unsigned int i = 0; i < MAX_SWAPFILES; i++)
		n += READ_ONCE(mm_root.swaps[i].nr_read_errors);
	return n;
}

static unsigned long swap_write_errors(void)
{
	unsigned long n = 0;

	for (unsigned int i = 0; i < MAX_SWAPFILES; i++)
		n += READ_ONCE(mm_root.swaps[i].nr_write_errors);
	return n;
}

/* ---- programs ---- */

/**
 * struct worker - a program that uses its memory whatever it takes
 * @rounds: how often it looks at all of it
 * @locked: its memory is never swapped: it must not notice anything
 * @faults: times that it was told that a page cannot be had
 */
struct worker {
	struct program p;
	unsigned int rounds;
	bool locked;
	unsigned long faults;
};

/* Until it is done: who is told of an error may ask again. */
static int insist(struct worker *w, int (*what)(unsigned long, unsigned long, u64), unsigned long addr,
		  unsigned long page)
{
	for (unsigned int tries = 0; tries < PATIENCE; tries++) {
		int err = what(addr, page, w->p.tag);

		if (err != -EFAULT)
			return err;
		w->faults++;
	}
	return -EFAULT;
}

static int work(struct program *p)
{
	struct worker *w = container_of(p, struct worker, p);
	unsigned long addr = user_map(p->pages);
	int err = !addr ? -ENOMEM : w->locked ? vm_mlock(addr, p->pages * PAGE_SIZE) : 0;

	for (unsigned long i = 0; !err && i < p->pages; i++)
		err = insist(w, write_page, addr, i);
	complete(&p->half);
	/* The others have theirs by then. */
	wait_for_completion(&p->go);
	for (unsigned int round = 0; !err && round < w->rounds; round++)
		for (unsigned long i = 0; !err && i < p->pages; i++, p->done++)
			err = insist(w, check_page, addr, i);
	return err;
}

/* ---- a file ---- */

#define FILE_ID 21

/**
 * struct paper - a file that is written while memory is short
 * @refused: reads and writes that failed; @syncs: of them
 */
struct paper {
	struct super_block *sb;
	struct file *file;
	unsigned long pages;
	unsigned int refused, syncs;
};

static bool put_insisting(struct paper *f, loff_t pos)
{
	for (unsigned int tries = 0; tries < PATIENCE; tries++) {
		if (put(f->file, FILE_ID, pos, CHUNK))
			return true;
		f->refused++;
	}
	return false;
}

/* What comes must be what was written; it may not come. */
static bool has_insisting(struct kunit *test, struct paper *f, loff_t pos)
{
	for (unsigned int tries = 0; tries < PATIENCE; tries++) {
		loff_t at = pos;
		ssize_t n = kernel_read(f->file, buffer, CHUNK, &at);

		if (n == (ssize_t)CHUNK)
			return is_filled(FILE_ID, pos, CHUNK);
		/* What came before the page that cannot be read. */
		KUNIT_EXPECT_TRUE(test, n == -EIO || (n > 0 && is_filled(FILE_ID, pos, (size_t)n & PAGE_MASK)));
		f->refused++;
	}
	return false;
}

/* Return: 0, or -EIO: there is a place that cannot be written. */
static int sync_insisting(struct kunit *test, struct paper *f)
{
	int err = 0;

	for (unsigned int tries = 0; tries < PATIENCE; tries++) {
		err = vfs_fsync(f->file, 0);
		if (!err)
			break;
		KUNIT_EXPECT_EQ(test, err, -EIO);
		f->syncs++;
	}
	return err;
}

static void write_it(struct kunit *test, struct paper *f)
{
	unsigned long chunk = CHUNK / PAGE_SIZE;

	for (unsigned long page = 0; page < f->pages; page += chunk) {
		KUNIT_EXPECT_TRUE_MSG(test, put_insisting(f, (loff_t)(page * PAGE_SIZE)), "page %lu", page);
		if (page % (4 * chunk) == 0)
			sync_insisting(test, f);
	}
}

/* What could not be written is still in memory; all the rest is on the disk. Return: pages that cannot be written. */
static unsigned long check_it(struct kunit *test, struct paper *f)
{
	int err = sync_insisting(test, f);
	unsigned long stuck = f->file->f_mapping->nrdirty;

	KUNIT_EXPECT_EQ(test, err, stuck ? -EIO : 0);
	forget_pages(f->file);
	KUNIT_EXPECT_EQ(test, f->file->f_mapping->nrpages, stuck);
	for (unsigned long page = 0; page < f->pages; page += CHUNK / PAGE_SIZE)
		KUNIT_EXPECT_TRUE_MSG(test, has_insisting(test, f, (loff_t)(page * PAGE_SIZE)), "page %lu", page);
	return stuck;
}

static void file_end(struct paper *f)
{
	filp_close(f->file);
	/* What cannot be written goes with its name. */
	for (unsigned int tries = 0; tries < PATIENCE && vfs_unlink(f->sb, "paper"); tries++)
		;
	for (unsigned int tries = 0; tries < PATIENCE && sync_filesystem(f->sb); tries++)
		;
	fs_umount(f->sb);
}

/* ---- both ---- */

#define WORKERS 3

static void contents_survive(struct kunit *test)
{
	unsigned long memory = (machine_is_fast() ? 64 : 20) + 48UL * (num_online_cpus() - 1);
	unsigned long unread = swap_read_errors(), unwritten = swap_write_errors(), kills = vm_events(OOM_KILL);
	unsigned long faults = 0, out = vm_events(PSWPOUT), stuck;
	struct worker w[WORKERS];
	struct paper f = {.pages = ALIGN(memory / 2, CHUNK / PAGE_SIZE)};
	struct hoard h;

	if (too_large(test))
		return;
	if (get_nr_swap_pages() < 2 * memory)
		kunit_skip(test, "needs swap");
	f.sb = fresh(test, 0);
	f.file = opened(test, f.sb, "paper", O_CREAT);
	for (unsigned int i = 0; i < WORKERS; i++)
		w[i] = (struct worker){.p = {.main = work, .pages = i ? memory * 3 / 4 : 4, .tag = 40 + i},
				       .rounds = machine_is_fast() ? 2 : 1,
				       .locked = i == 0};
	/* Page tables and the file system's own come out of it, too. */
	hoard_but(&h, memory + 7 * WORKERS);
	for (unsigned int i = 0; i < WORKERS; i++)
		program_start(test, &w[i].p, "worker");
	write_it(test, &f);
	for (unsigned int i = 0; i < WORKERS; i++)
		wait_for_completion(&w[i].p.half);
	for (unsigned int i = 0; i < WORKERS; i++)
		complete(&w[i].p.go);
	for (unsigned int i = 0; i < WORKERS; i++) {
		KUNIT_EXPECT_EQ_MSG(test, program_wait(&w[i].p), 0, "worker %u after %lu looks", i, w[i].p.done);
		faults += w[i].faults;
	}
	hoard_free(&h);
	stuck = check_it(test, &f);
	pr_info("disk_errors: %u syncs failed, %u reads and writes, %lu stay dirty; %lu faults failed, %lu not "
		"swapped\n",
		f.syncs, f.refused, stuck, faults, swap_write_errors() - unwritten);
	KUNIT_EXPECT_EQ(test, w[0].faults, 0UL);
	/* What is read ahead of time in vain is read again when somebody wants it, and that may work. */
	KUNIT_EXPECT_LE(test, faults, swap_read_errors() - unread);
	KUNIT_EXPECT_GT(test, vm_events(PSWPOUT), out);
	KUNIT_EXPECT_EQ(test, vm_events(OOM_KILL), kills);
	file_end(&f);
	lru_settle();
}

/* ---- everything back ---- */

#define BACK 12UL

/* Giving up a device brings back what is there. What cannot be read now stays there, and the device in use. */
static void swapoff_loses_nothing(struct kunit *test)
{
	struct worker w = {.p = {.tag = 50}};
	unsigned long unread, unwritten = swap_write_errors(), addr;
	unsigned int refused = 0;
	struct mm_struct *mm;
	int err;

	if (get_nr_swap_pages() < 4 * BACK)
		kunit_skip(test, "needs swap");
	mm = mm_alloc();
	KUNIT_ASSERT_NOT_NULL(test, mm);
	kthread_use_mm(mm);
	addr = user_map(BACK);
	for (unsigned long i = 0; addr && i < BACK; i++)
		KUNIT_EXPECT_EQ(test, insist(&w, write_page, addr, i), 0);
	KUNIT_EXPECT_TRUE(test, vm_pageout(addr, BACK * PAGE_SIZE) || swap_write_errors() > unwritten);
	unread = swap_read_errors();
	while ((err = swapoff(swap_device())) == -EIO && refused < PATIENCE)
		refused++;
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_GE(test, swap_read_errors() - unread, (unsigned long)refused);
	KUNIT_EXPECT_EQ(test, get_mm_counter(mm, MM_SWAPENTS), 0UL);
	KUNIT_EXPECT_GE(test, swapon(swap_device()), 0);
	for (unsigned long i = 0; addr && i < BACK; i++)
		KUNIT_EXPECT_EQ_MSG(test, check_page(addr, i, w.p.tag), 0, "page %lu", i);
	pr_info("disk_errors: %u times in vain\n", refused);
	kthread_unuse_mm(mm);
	mmput(mm);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(contents_survive),
	KUNIT_CASE(swapoff_loses_nothing),
	{},
};

static struct kunit_suite suite = {.name = "disk_errors", .test_cases = cases};
kunit_test_suite(suite);
