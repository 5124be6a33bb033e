/* SPDX-License-Identifier: MIT */
/*
 * mmvisor/fault.h - an exception that a memory access raised: what kind it is, and what lies at the address.
 */
#ifndef MMVISOR_FAULT_H
#define MMVISOR_FAULT_H

#include <linux/types.h>

/** enum fault_kind - what went wrong, as far as the address and the tables say */
enum fault_kind {
	FAULT_NONE,
	FAULT_NULL,          /* the first page */
	FAULT_USER,          /* an address of the lower half: no user process is running */
	FAULT_NON_CANONICAL, /* not an address at all */
	FAULT_GUARD,         /* the page behind a vmalloc area */
	FAULT_FREED,         /* an area that was there and is not any more */
	FAULT_UNMAPPED,      /* nothing is there */
	FAULT_HIDDEN,        /* taken away by set_memory_np() or out of the direct map */
	FAULT_READ_ONLY,     /* a write to what may only be read */
	FAULT_EXEC,          /* execution of what is data */
	FAULT_TABLES,        /* a reserved bit in a page table */
	FAULT_OTHER,         /* some other exception */
	NR_FAULT_KINDS
};

/** enum vmap_place - where an address lies in the vmalloc or module range */
enum vmap_place {
	VMAP_NOWHERE, /* not in these ranges, or nobody was ever near */
	VMAP_INSIDE,
	VMAP_GUARD,
	VMAP_FREED,
	VMAP_BEYOND, /* in free space; the story is about the area below */
};

/** struct vmap_story - what is known about an address: the area it lies in, lay in, or is nearest to. */
struct vmap_story {
	enum vmap_place place;
	unsigned long start, end; /* of the area, guard included */
	unsigned long flags;      /* VM_* */
	unsigned long caller;     /* who asked for it; 0: not known */
	u32 alloc_stack, free_stack;
};

/** vmap_tell - tell it. Context: any, also from under the locks of vmalloc. */
void vmap_tell(unsigned long addr, struct vmap_story *story);

/** struct fault_info - one exception: @addr is not valid if @has_addr is false */
struct fault_info {
	enum fault_kind kind;
	bool has_addr;
	bool write, exec;
	unsigned long addr, ip;
	unsigned long vector, error_code;
	struct vmap_story story;
};

/** fault_kind_name - in words */
const char *fault_kind_name(enum fault_kind kind);

/**
 * fault_text - the report's text about the address: "write to 0x...: ..." and what is known about the area
 * Return: @buf.
 */
char *fault_text(const struct fault_info *f, char *buf, size_t size);

/* ---- faults that are expected ---- */

/** struct fault_catch - where to go on. Private, but for @info, valid once the fault was caught. */
struct fault_catch {
	unsigned long regs[8]; /* rbx, rbp, r12-r15, rsp, rip: fault_catch_begin() knows this order */
	struct fault_catch *next;
	void *task;
	unsigned int preempt_count;
	unsigned int cpu_irqs_off;
	struct fault_info info;
};

/**
 * fault_catch_begin - from here on a fault of this task does not end the run
 *
 * Returns twice, as setjmp(): 0 at first; 1 when a fault came before fault_catch_end(), with @c->info telling which. Then the
 * catch is over. Only faults with the same preempt count as here are caught: not those in interrupts, not those under a lock that was taken
 * since. Local variables that change in between must be volatile.
 */
int fault_catch_begin(struct fault_catch *c) __attribute__((returns_twice));

/** fault_catch_end - no fault came. */
void fault_catch_end(struct fault_catch *c);

#endif
