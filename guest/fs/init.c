// SPDX-License-Identifier: MIT
/*
 * init.c - what runs from the start: the thread that writes what lies dirty for too long, and giving back inodes and names
 * that nobody uses when memory is short.
 */
#include <linux/kthread.h>
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

void fs_init(void)
{
	inodes_init();
	dentries_init();
	writeback_start();
}
