/* SPDX-License-Identifier: MIT */
/*
 * task.h - threads and CPUs, as the scheduler keeps them and the inspector reads them.
 *
 * mm_root.tasks lists every thread, idle ones included, by task->tasks under mm_root.task_lock. mm_root.cpus has an entry
 * for each CPU: what it runs, what waits for it, and where its preempt count is (linux/preempt.h says what the bits mean), so
 * that a reader can tell a task from the interrupt or softirq that runs on top of it.
 *
 * Letters: (q) under the run queue's lock of task->cpu, (s) only the thread itself writes it, (c) constant while the thread
 * lives, (a) atomic, (p) only its own CPU writes it, with interrupts off.
 */
#ifndef MMV_SHARED_TASK_H
#define MMV_SHARED_TASK_H

#include <stdbool.h>

#include "shared/layout.h"
#include "shared/lock.h"
#include "shared/rcu.h"
#include "shared/types.h"

#define TASK_COMM_LEN 16

/* A thread's stack, in bytes: what the guest calls THREAD_SIZE. */
#define MMV_THREAD_SIZE (4 * MMV_PAGE_SIZE)

/*
 * task_struct.__state: 0 may run; one bit: sleeps so; TASK_WAKING: on its way to another CPU's queue; TASK_NEW: was never
 * started, so there is nothing on its stack yet and thread.sp is 0.
 */
#define TASK_RUNNING 0x0000
#define TASK_INTERRUPTIBLE 0x0001
#define TASK_UNINTERRUPTIBLE 0x0002
#define TASK_PARKED 0x0040
#define TASK_DEAD 0x0080
#define TASK_WAKEKILL 0x0100 /* with TASK_UNINTERRUPTIBLE: a fatal signal ends the sleep all the same */
#define TASK_WAKING 0x0200
#define TASK_NOLOAD 0x0400
#define TASK_NEW 0x0800

/* task_struct.flags */
#define PF_IDLE 0x00000002
#define PF_EXITING 0x00000004
#define PF_WQ_WORKER 0x00000020
#define PF_MEMALLOC 0x00000800
#define PF_KSWAPD 0x00020000
#define PF_MEMALLOC_NOFS 0x00040000
#define PF_MEMALLOC_NOIO 0x00080000
#define PF_LOCAL_THROTTLE 0x00100000 /* writes out what others wait for: reclaim does not make it wait for that */
#define PF_KTHREAD 0x00200000
#define PF_NO_SETAFFINITY 0x04000000
#define PF_MEMALLOC_PIN 0x10000000

/* task_struct.pending */
#define PENDING_KILL (1u << 0)   /* it shall end: see linux/sched/signal.h */
#define PENDING_MEMDIE (1u << 1) /* for want of memory, so it may use reserves until then: see linux/oom.h */

/** struct thread_struct - what a thread keeps of the machine while it does not run: its callee-saved registers lie at @sp. */
struct thread_struct {
	uint64_t sp;
};

struct kunit;

/**
 * struct task_struct - a thread
 * @on_rq:    running or on a queue, that is: not asleep
 * @on_cpu:   its stack is in use
 * @cpu:      where it runs or ran last; its queue is that CPU's
 * @cpus_mask: a bit for each CPU that it may run on
 * @refs:     1 for itself until its last turn is over, more by get_task_struct()
 * @switches: turns it had
 * @pending:  what others want of it, PENDING_*
 * @non_block: depth of non_block_start()
 * @nr_held, @held: debug kernel: locks it holds, and those that interrupts on top of it hold (guest/kernel/lockdep.c); room for
 *            MMV_MAX_HELD of them, or none
 *
 * Threads switch with a preempt count of 0 only, so they need not keep one.
 */
struct task_struct {
	struct thread_struct thread;    /* first: what __switch_to() saves */
	uint32_t __state;               /* TASK_*: written by itself, made TASK_RUNNING by wakers (q) */
	uint32_t flags;                 /* (s) PF_* */
	uint32_t cpu;                   /* (q) */
	uint8_t on_rq;                  /* (q) */
	uint8_t on_cpu;                 /* its CPU */
	uint8_t moving;                 /* (q) was put off a CPU it may not use: sched_finish() queues it elsewhere */
	int32_t pid;                    /* (c) */
	char comm[TASK_COMM_LEN];       /* (c) */
	int32_t refs;                   /* (a) */
	uint64_t cpus_mask;             /* (q) */
	GPTR(void) stack;               /* (c) lowest address, MMV_THREAD_SIZE bytes */
	struct list_head run_node;      /* (q) */
	struct list_head tasks;         /* mm_root.tasks, under mm_root.task_lock */
	GPTR(void) kthread;             /* (c) guest/kernel/kthread.c's own */
	GPTR(struct kunit) kunit_test;  /* (s) the test that it runs, or 0 */
	uint64_t switches;              /* (q) */
	GPTR(void) worker;              /* (c) guest/kernel/workqueue.c's own, for threads with PF_WQ_WORKER */
	uint32_t non_block;             /* (s) */
	uint32_t no_migrate;            /* (s) depth of migrate_disable() */
	uint32_t nr_held;               /* (s) */
	GPTR(struct mm_held_lock) held; /* (s) */
	GPTR(struct mm_struct) mm; /* (s) under mm_root.mm_list_lock: the user address space it works in, or NULL */
	uint64_t tlb_unflushed;    /* (s) CPUs that may remember mappings that it took away (try_to_unmap_flush()) */
	uint32_t pending;          /* (a) */
	uint32_t reserved;
	uint64_t
		slab_freed; /* (s) pages that it gave back outside the LRU lists: empty slabs, and what shrinkers say */
	int32_t oom_score_adj; /* (a) -1000..1000: see linux/oom.h */
};

_Static_assert(offsetof(struct task_struct, thread) == 0, "the switch code saves the stack pointer at the start");

/**
 * struct mm_cpu - what one CPU does
 * @queue:   threads that wait for it, by task->run_node; neither @curr nor @idle is on it
 * @nr:      threads with on_rq, without @idle
 * @kicked:  set by other CPUs: look at your queue
 * @preempt_count: address of its preempt count
 * @softirq_pending: bit n: softirq n waits to be served
 * @irq_stack, @irq_stack_end, @crash_stack, @crash_stack_end: lowest address of, and first address behind, the stack of its
 *           interrupts and the one of its double faults; 0: there is none
 */
struct mm_cpu {
	struct mm_lock lock;
	struct list_head queue;             /* (L) */
	uint32_t nr;                        /* (L) */
	uint32_t softirqs;                  /* (p) softirqs served since boot */
	GPTR(struct task_struct) curr;      /* (L) */
	GPTR(struct task_struct) idle;      /* (c) */
	uint64_t switches;                  /* (L) turns taken on it */
	GPTR(uint32_t) preempt_count;       /* (c) */
	uint32_t kicked;                    /* (a) */
	uint32_t softirq_pending;           /* (p) */
	gva_t irq_stack, irq_stack_end;     /* (c) */
	gva_t crash_stack, crash_stack_end; /* (c) */
	struct rcu_cpu rcu;                 /* (p) */
};

#endif
