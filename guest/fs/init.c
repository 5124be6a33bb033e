// SPDX-License-Identifier: MIT
/*
 * init.c - what runs from the start: the thread that writes what lies dirty for too long, and giving back inodes and names
 * that nobody uses when memory is short.
 */
#include <linux/kthread.h>
#include <linux/shrinker.h>
#include <linux/writeback.h>

#include "fs.h"

static int flusher(void *unused)
{
	(void)unused;
	while (!kthread_should_stop()) {
		writeback_wait();
		writeback_round();
	}
	return 0;
}

void writeback_start(void)
{
	if (IS_ERR(kthread_run(flusher, NULL, "flusher")))
		panic("no memory for the flusher");
}

static unsigned long count(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long nr = inodes_unused() + dentries_unused();

	(void)s;
	(void)sc;
	return nr ? nr : SHRINK_EMPTY;
}

/* Inodes are written as they go, which takes locks that the caller may hold: unless it says that it does not. */
static unsigned long scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long all = inodes_unused() + dentries_unused(), names, gone;

	(void)s;
	if (!(sc->gfp_mask & __GFP_FS))
		return SHRINK_STOP;
	names = all ? sc->nr_to_scan * dentries_unused() / all : 0;
	gone = dentries_shrink(names);
	return gone + inodes_shrink(sc->nr_to_scan - names);
}

void fs_init(void)
{
	struct shrinker *s = shrinker_alloc(0, "fs");

	inodes_init();
	dentries_init();
	if (!s)
		panic("no memory for the shrinker of inodes and names");
	s->count_objects = count;
	s->scan_objects = scan;
	shrinker_register(s);
	writeback_start();
}
