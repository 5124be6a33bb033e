// SPDX-License-Identifier: MIT
/*
 * kfree_rcu.c - free after a grace period, many at a time.
 *
 * Shape:   each CPU collects pointers in a block. While callbacks of this CPU wait for their grace period the open block
 *          fills; when the last of them is done, or the block is full, the block goes to call_rcu() itself. So a single
 *          object costs no block (its own rcu_head goes), a storm costs one callback for some five hundred, and nothing
 *          waits longer than two grace periods: no timer is needed.
 * Always:  whoever is in a block that was handed to call_rcu() was so before that: the grace period covers all of them;
 *          a block is open only while in_flight > 0, or until the next pointer of its CPU.
 * No room: an object with a rcu_head goes by itself. From the address of the head the beginning of the object follows: it
 *          lies in a slab, in a block of pages, or in a vmalloc area. One without waits for a grace period.
 * Locking: the CPU's lock, interrupts off; nothing is allocated, freed or called under it.
 */
#include <linux/export.h>
#include <linux/kfree_rcu.h>
#include <linux/rcupdate.h>
#include <linux/vmalloc.h>

#include "slab.h"

#define BLOCK_BYTES 4096

/** struct kvfree_block - pointers that wait. @of: the CPU's collection, told when they are free */
struct kvfree_block {
	struct rcu_head rcu;
	struct kvfree_cpu *of;
	unsigned long nr;
	void *ptrs[];
};
#define BLOCK_ROOM ((BLOCK_BYTES - sizeof(struct kvfree_block)) / sizeof(void *))

/** struct kvfree_cpu - one CPU's collection. @in_flight: callbacks that it waits for */
static struct kvfree_cpu {
	struct mm_lock lock;
	struct kvfree_block *open;
	unsigned long in_flight;
} ____cacheline_aligned collections[MMV_NR_CPUS];

static void free_block_rcu(struct rcu_head *rcu);

static struct kvfree_cpu *lock_collection(struct kvfree_cpu *c, unsigned long *irq)
{
	*irq = mm_lock_write(&c->lock);
	return c;
}

/* The open block, to be handed to call_rcu() by the caller once the lock is dropped. NULL if there is none. */
static struct kvfree_block *close_block(struct kvfree_cpu *c)
{
	struct kvfree_block *b = c->open;

	if (b)
		c->in_flight++;
	c->open = NULL;
	return b;
}

static void submit(struct kvfree_block *b)
{
	if (b)
		call_rcu(&b->rcu, free_block_rcu);
}

/* A callback is done. If it was the last one, what gathered meanwhile goes next. */
static void landed(struct kvfree_cpu *c)
{
	struct kvfree_block *b = NULL;
	unsigned long irq;

	lock_collection(c, &irq);
	if (!--c->in_flight)
		b = close_block(c);
	mm_unlock_write(&c->lock, irq);
	submit(b);
}

static void free_block_rcu(struct rcu_head *rcu)
{
	struct kvfree_block *b = container_of(rcu, struct kvfree_block, rcu);
	struct kvfree_cpu *c = b->of;

	for (unsigned long i = 0; i < b->nr; i++)
		kvfree(b->ptrs[i]);
	kfree(b);
	landed(c);
}

/* Where the memory begins that @addr lies in. */
static void *beginning(void *addr)
{
	const struct slab *page = obj_page(addr);
	const struct vm_struct *vm;
	struct page *head;

	if (page)
		return slab_nearest(page->slab_cache, obj_slab(page->slab_cache, addr), addr);
	vm = is_vmalloc_addr(addr) ? find_vm_area(addr) : NULL;
	if (vm)
		return (void *)vm->addr;
	head = obj_head(addr);
	return head ? page_address(head) : NULL;
}

/* One object by its own head. Callbacks run on the CPU that asked for them. */
static void free_one_rcu(struct rcu_head *rcu)
{
	struct kvfree_cpu *c = &collections[raw_smp_processor_id()];

	kvfree(beginning(rcu));
	landed(c);
}

/* Twice the same, both still waiting: the second one is not taken. */
static bool waits_already(const struct kvfree_block *b, const void *ptr)
{
	for (unsigned long i = 0; MM_DEBUG && b && i < b->nr; i++)
		if (b->ptrs[i] == ptr)
			return true;
	return false;
}

/* Needs: interrupts off, so that this CPU's collection stays that. */
static bool collect(struct kvfree_cpu *c, void *ptr, struct kvfree_block **spare, struct kvfree_block **full)
{
	struct kvfree_block *b = c->open;

	if (WARN(waits_already(b, ptr), "kvfree_call_rcu(): Double-freed call. %lx\n", (unsigned long)ptr))
		return true;
	if (!b && *spare) {
		b = c->open = *spare;
		b->of = c;
		b->nr = 0;
		*spare = NULL;
	}
	if (!b)
		return false;
	b->ptrs[b->nr++] = ptr;
	if (b->nr == BLOCK_ROOM || !c->in_flight)
		*full = close_block(c);
	return true;
}

void kvfree_call_rcu(struct rcu_head *head, void *ptr)
{
	gfp_t gfp = (head ? GFP_NOWAIT : GFP_KERNEL | __GFP_NORETRY) | __GFP_NOMEMALLOC | __GFP_NOWARN;
	struct kvfree_block *spare = NULL, *full = NULL;
	bool taken = false, alone = false;

	if (!head)
		might_sleep();
	for (int round = 0; round < 2 && !taken && !alone; round++) {
		unsigned long irq = arch_local_irq_save();
		struct kvfree_cpu *c = &collections[raw_smp_processor_id()];

		mm_spin_acquire(&c->lock);
		mm_write_begin(&c->lock);
		taken = (c->in_flight || !head || round) && collect(c, ptr, &spare, &full);
		/* Nothing is under way here, or there is no room: its own head goes. */
		alone = !taken && head && (!c->in_flight || round);
		c->in_flight += alone;
		mm_write_end(&c->lock);
		mm_spin_release(&c->lock);
		if (alone)
			call_rcu(head, free_one_rcu);
		arch_local_irq_restore(irq);
		if (!taken && !alone && !round)
			spare = kmalloc(BLOCK_BYTES, gfp);
	}
	submit(full);
	kfree(spare);
	if (!taken && !alone) {
		synchronize_rcu();
		kvfree(ptr);
	}
}
EXPORT_SYMBOL(kvfree_call_rcu);

void kvfree_rcu_barrier(void)
{
	bool busy = false;

	for (uint32_t cpu = 0; cpu < mm_root.nr_cpus; cpu++) {
		struct kvfree_block *b;
		unsigned long irq;
		struct kvfree_cpu *c = lock_collection(&collections[cpu], &irq);

		busy |= c->in_flight || c->open;
		b = close_block(c);
		mm_unlock_write(&c->lock, irq);
		submit(b);
	}
	if (busy)
		rcu_barrier();
}
EXPORT_SYMBOL(kvfree_rcu_barrier);
