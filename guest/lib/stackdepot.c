// SPDX-License-Identifier: MIT
/*
 * stackdepot.c - call stacks, each kept once, for the debug kernel's reports.
 *
 * Shape:   a pool of 32-bit words from memblock. Its first words are the hash table, then records follow one another (struct
 *          stack_record, shared/debug.h); a handle is the number of a record's first word. Nothing is ever removed.
 * Always:  a record that a bucket or another record leads to is complete and constant, so readers need no lock, neither
 *          here nor outside the guest. Chains go from newer to older.
 * Locking: none. Room is claimed by advancing a counter, a record becomes visible with one compare-and-exchange of its bucket.
 *          Two CPUs that meet with the same new stack: the later one finds the earlier one's record when its exchange
 *          fails; the words it claimed stay unused.
 * Context: any, also under every lock of the allocators: nothing is called from here that could take one. What was lost is said
 *          at the end of the run, not here, because a caller may hold the console.
 */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>

#include "shared/debug.h"
#include "shared/mm.h"

#define DEPOT_MIN (64UL << 10)
#define DEPOT_MAX (4UL << 20)
#define DEPOT_SHARE 128 /* of RAM */
/* A bucket for so many words of the pool: a record takes about twelve. */
#define WORDS_PER_BUCKET 16
#define RECORD_WORDS (sizeof(struct stack_record) / sizeof(u32))

struct stack_depot stack_depot;

struct fetch_buffer {
	unsigned long entries[STACK_DEPOT_MAX_DEPTH];
};
static DEFINE_PER_CPU(struct fetch_buffer, fetch_buffer);

void stack_depot_init(void)
{
	phys_addr_t size = clamp_t(phys_addr_t, memblock_phys_mem_size() / DEPOT_SHARE, DEPOT_MIN, DEPOT_MAX);
	unsigned int bits = 0;
	u32 *pool;

	size &= ~(phys_addr_t)(MMV_PAGE_SIZE - 1);
	pool = memblock_alloc(size, MMV_PAGE_SIZE);
	if (!pool) {
		pr_warn("stack depot: no %llu KiB of memory: reports will lack stacks\n", size >> 10);
		return;
	}
	stack_depot.words = (u32)(size / sizeof(u32));
	while (2UL << bits <= stack_depot.words / WORDS_PER_BUCKET)
		bits++;
	stack_depot.bucket_bits = bits;
	stack_depot.buckets = pool;
	stack_depot.used = 1U << bits;
	stack_depot.pool = pool;
	mm_root.stack_depot = &stack_depot;
}

static struct stack_record *record_at(u32 handle)
{
	return (struct stack_record *)(stack_depot.pool + handle);
}

/* Knuth's multiplicative hash, over one word after the other; its upper bits are the good ones. */
static u32 hash_of(const unsigned long *entries, unsigned int nr)
{
	u32 h = nr;

	for (unsigned int i = 0; i < nr; i++)
		h = ((h ^ (u32)entries[i]) * 0x9e3779b1U) ^ (h >> 15);
	return h * 0x9e3779b1U;
}

static bool same_stack(const struct stack_record *r, u32 hash, const unsigned long *entries, unsigned int nr)
{
	if (r->hash != hash || r->nr != nr)
		return false;
	for (unsigned int i = 0; i < nr; i++)
		if (r->entries[i] != (u32)entries[i])
			return false;
	return true;
}

/* Look through a chain, up to the record at which somebody already looked. */
static u32 find_record(u32 from, u32 until, u32 hash, const unsigned long *entries, unsigned int nr)
{
	for (u32 at = from; at != until; at = record_at(at)->next)
		if (same_stack(record_at(at), hash, entries, nr))
			return at;
	return 0;
}

/* Claim room for a record of @nr entries. Return: its handle, 0 if there is no room. */
static u32 claim(unsigned int nr)
{
	u32 used = READ_ONCE(stack_depot.used);

	do {
		if (RECORD_WORDS + nr > stack_depot.words - used) {
			__atomic_fetch_add(&stack_depot.lost, 1, __ATOMIC_RELAXED);
			return 0;
		}
	} while (!try_cmpxchg(&stack_depot.used, &used, used + (u32)RECORD_WORDS + nr));
	return used;
}

depot_stack_handle_t stack_depot_save(const unsigned long *entries, unsigned int nr, gfp_t gfp)
{
	u32 hash, first, found, handle;
	struct stack_record *r;
	u32 *bucket;

	(void)gfp;
	if (!stack_depot.pool || !nr)
		return 0;
	nr = min(nr, (unsigned int)STACK_DEPOT_MAX_DEPTH);
	hash = hash_of(entries, nr);
	bucket = &stack_depot.buckets[hash >> (32 - stack_depot.bucket_bits)];
	first = __atomic_load_n(bucket, __ATOMIC_ACQUIRE);
	found = find_record(first, 0, hash, entries, nr);
	if (found)
		return found;
	handle = claim(nr);
	if (!handle)
		return 0;
	r = record_at(handle);
	r->hash = hash;
	r->nr = nr;
	for (unsigned int i = 0; i < nr; i++)
		r->entries[i] = (u32)entries[i];
	for (;;) {
		u32 seen = first;

		r->next = first;
		if (try_cmpxchg(bucket, &first, handle))
			break;
		found = find_record(first, seen, hash, entries, nr);
		if (found)
			return found;
	}
	__atomic_fetch_add(&stack_depot.records, 1, __ATOMIC_RELAXED);
	return handle;
}
EXPORT_SYMBOL(stack_depot_save);

noinline depot_stack_handle_t stack_depot_save_here(unsigned int skip, unsigned int depth)
{
	unsigned long entries[STACK_DEPOT_MAX_DEPTH];
	unsigned int nr;

	if (!stack_depot.pool)
		return 0;
	nr = stack_trace_save(entries, min(depth, (unsigned int)STACK_DEPOT_MAX_DEPTH), skip + 1);
	return stack_depot_save(entries, nr, 0);
}
EXPORT_SYMBOL(stack_depot_save_here);

/* A handle may come out of damaged memory: only what lies among the records is followed. */
static const struct stack_record *record_of(depot_stack_handle_t handle)
{
	const struct stack_record *r;
	u32 used = READ_ONCE(stack_depot.used);

	if (!stack_depot.pool || handle < 1U << stack_depot.bucket_bits || handle >= used ||
	    used - handle < RECORD_WORDS)
		return NULL;
	r = record_at(handle);
	return r->nr <= STACK_DEPOT_MAX_DEPTH && RECORD_WORDS + r->nr <= used - handle ? r : NULL;
}

unsigned int stack_depot_copy(depot_stack_handle_t handle, unsigned long *store, unsigned int size)
{
	const struct stack_record *r = record_of(handle);
	unsigned int nr = r ? min(r->nr, size) : 0;

	for (unsigned int i = 0; i < nr; i++)
		store[i] = (unsigned long)STACK_ENTRY(r->entries[i]);
	return nr;
}
EXPORT_SYMBOL(stack_depot_copy);

unsigned int stack_depot_fetch(depot_stack_handle_t handle, unsigned long **entries)
{
	*entries = this_cpu_ptr(&fetch_buffer)->entries;
	return stack_depot_copy(handle, *entries, STACK_DEPOT_MAX_DEPTH);
}
EXPORT_SYMBOL(stack_depot_fetch);

void stack_depot_print(depot_stack_handle_t handle)
{
	unsigned long entries[STACK_DEPOT_MAX_DEPTH];
	unsigned int nr = stack_depot_copy(handle, entries, STACK_DEPOT_MAX_DEPTH);

	stack_trace_print(entries, nr, 0);
}
EXPORT_SYMBOL(stack_depot_print);

void stack_depot_say(void)
{
	if (stack_depot.lost)
		pr_warn("stack depot: full with %u stacks in %u KiB: %llu were not kept\n", stack_depot.records,
			stack_depot.words / 256, (unsigned long long)stack_depot.lost);
}
