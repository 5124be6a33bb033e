// SPDX-License-Identifier: MIT
/*
 * fault_inject.c - shall this call fail? Counting and dice; see <linux/fault-inject.h>.
 *
 * Locking: none. Counters that several CPUs change are atomic; two that ask at the same moment get different rolls. @times is
 *          never overdrawn.
 * Context: any. The report goes through printk, which any context may.
 */
#include <linux/export.h>
#include <linux/fault-inject.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>

#define MAX_REPORTS 10

static u64 fault_seed;

void fault_inject_seed(u64 seed)
{
	fault_seed = seed;
}

/* The @n-th number of a sequence: Steele, Lea, Flood 2014 (SplitMix64). */
static u32 roll(u64 seed, u64 n)
{
	u64 z = seed + n * 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (u32)((z ^ (z >> 31)) >> 32);
}

/* One failure less to come. False if there is none left. */
static bool take_one(atomic_t *times)
{
	int left = atomic_read(times);

	do {
		if (left == 0)
			return false;
		if (left < 0)
			return true;
	} while (!atomic_try_cmpxchg(times, &left, left - 1));
	return true;
}

/* Is there room that must be used up first? Then use some. */
static bool in_space(struct fault_attr *attr, long size)
{
	if (atomic_read(&attr->space) <= size)
		return false;
	atomic_sub((int)size, &attr->space);
	return true;
}

static noinline void report(struct fault_attr *attr)
{
	if (!attr->verbose || __atomic_fetch_add(&attr->said, 1, __ATOMIC_RELAXED) >= MAX_REPORTS)
		return;
	pr_notice("FAULT_INJECTION: forcing a failure of %s: interval %lu, probability %lu, space %d, times %d\n",
		  attr->name ? attr->name : "(unnamed)", attr->interval, attr->probability, atomic_read(&attr->space),
		  atomic_read(&attr->times));
	if (attr->verbose > 1)
		dump_stack();
}

bool should_fail_slow(struct fault_attr *attr, long size, int flags)
{
	if (attr->task && (!in_task() || current != attr->task))
		return false;
	if (atomic_read(&attr->times) == 0 || in_space(attr, size))
		return false;
	if (attr->interval > 1 && __atomic_add_fetch(&attr->count, 1, __ATOMIC_RELAXED) % attr->interval)
		return false;
	if (attr->probability < 100 &&
	    roll(fault_seed, __atomic_add_fetch(&attr->rolls, 1, __ATOMIC_RELAXED)) % 100 >= attr->probability)
		return false;
	if (!take_one(&attr->times))
		return false;
	if (!(flags & FAULT_NOWARN))
		report(attr);
	return true;
}
EXPORT_SYMBOL(should_fail_slow);

/* A number up to @end or a comma. Return: behind it, NULL if there is none. */
static const char *number(const char *s, char end, long *v)
{
	bool minus = *s == '-';
	long n = 0;

	s += minus;
	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++) {
		n = n * 10 + (*s - '0');
		if (n > INT_MAX)
			return NULL;
	}
	*v = minus ? -n : n;
	return *s == end ? s + (end != '\0') : NULL;
}

int setup_fault_attr(struct fault_attr *attr, const char *str)
{
	long interval, probability, space, times;

	str = number(str, ',', &interval);
	str = str ? number(str, ',', &probability) : NULL;
	str = str ? number(str, ',', &space) : NULL;
	str = str ? number(str, '\0', &times) : NULL;
	if (!str || interval < 0 || probability < 0 || probability > 100 || space < 0)
		return 0;
	attr->interval = (unsigned long)interval;
	atomic_set(&attr->space, (int)space);
	atomic_set(&attr->times, (int)times);
	attr->probability = (unsigned long)probability;
	return 1;
}
EXPORT_SYMBOL(setup_fault_attr);
