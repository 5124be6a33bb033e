// SPDX-License-Identifier: MIT
/*
 * page_wait.c - a page's lock, and waiting for it or for the end of its being written.
 *
 * PG_LOCKED and PG_WRITEBACK are bits of the page; who must wait does so on one of a few wait queues, chosen by the page's
 * address, together with those who wait for other pages there. Whoever clears a bit wakes all of them: they look again.
 * The bit is cleared by a locked instruction before the queue is looked at, and a waiter joins before it looks at the bit: so one
 * of them sees the other.
 * Contexts: waiting: task. Clearing: any.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/wait.h>

#include "page_cache.h"

#define NR_QUEUES 32
static struct wait_queue_head queues[NR_QUEUES];

void page_wait_init(void)
{
	for (unsigned int i = 0; i < NR_QUEUES; i++)
		init_waitqueue_head(&queues[i]);
}

static struct wait_queue_head *queue_of(const struct page *page)
{
	unsigned long at = (unsigned long)page / sizeof(*page);

	return &queues[(at ^ at >> 5) % NR_QUEUES];
}

/* Until @bit is clear, and then set it if @take. Return: false: time is up. */
static bool wait_on_bit_of(struct page *page, u32 bit, bool take, long timeout)
{
	struct wait_queue_head *wq = queue_of(page);
	DEFINE_WAIT(wait);
	bool done;

	might_sleep();
	for (;;) {
		prepare_to_wait(wq, &wait, TASK_UNINTERRUPTIBLE);
		done = take ? !page_test_and_set_flag(page, bit) : !page_test_flag(page, bit);
		if (done || !timeout)
			break;
		timeout = schedule_timeout(timeout);
	}
	finish_wait(wq, &wait);
	return done;
}

void page_wake_waiters(struct page *page)
{
	struct wait_queue_head *wq = queue_of(page);

	if (waitqueue_active(wq))
		wake_up_all(wq);
}

bool trylock_page(struct page *page)
{
	return !page_test_flag(page, PG_LOCKED) && !TestSetPageLocked(page);
}
EXPORT_SYMBOL(trylock_page);

void lock_page(struct page *page)
{
	might_sleep();
	if (!trylock_page(page))
		wait_on_bit_of(page, PG_LOCKED, true, MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL(lock_page);

void unlock_page(struct page *page)
{
	MM_CHECK(PageLocked(page));
	ClearPageLocked(page);
	page_wake_waiters(page);
}
EXPORT_SYMBOL(unlock_page);

void wait_on_page_locked(struct page *page)
{
	if (PageLocked(page))
		wait_on_bit_of(page, PG_LOCKED, false, MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL(wait_on_page_locked);

void wait_on_page_writeback(struct page *page)
{
	if (PageWriteback(page))
		wait_on_bit_of(page, PG_WRITEBACK, false, MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL(wait_on_page_writeback);

bool wait_on_page_writeback_timeout(struct page *page, long timeout)
{
	return !PageWriteback(page) || wait_on_bit_of(page, PG_WRITEBACK, false, timeout);
}
EXPORT_SYMBOL(wait_on_page_writeback_timeout);
