// SPDX-License-Identifier: MIT
/*
 * check_sched.c - run queues, and callbacks that wait for a grace period.
 *
 * A queue or a CPU's callbacks that are being changed (odd count) are left alone. Chains are walked no further than their own
 * count, plus one.
 */
#include <inttypes.h>
#include <stdio.h>

#include "tools/view/check_impl.h"
#include "tools/view/slabs.h"

/* More than anybody has: a count that large is garbage. */
#define MAX_CALLBACKS (1u << 22)
/* Asking a slab about an object costs a walk of its free list: of longer lists, the first so many are asked about. */
#define MAX_OBJECTS_ASKED 4096
#define MAX_RUNNABLE (1u << 16)

static const char *const list_names[RCU_LISTS] = {"next", "wait", "done"};

/* ---- run queues ---- */

static void queue_fault(struct check_ctx *c, unsigned int cpu, gva_t at, const char *got, const char *want)
{
	struct check_fault *f = check_fault(c, R_SCHED_QUEUE, CHECK_NO_PFN, at, "run queue of CPU %u", cpu);

	check_got(f, "%s", got);
	check_want(f, "%s", want);
}

/* One thread on the queue. */
static void check_queued(struct check_ctx *c, unsigned int cpu, gva_t addr)
{
	struct task_struct t;
	char text[64];

	if (view_read(c->v, addr, &t, sizeof(t))) {
		queue_fault(c, cpu, addr, "no thread there", "a thread");
	} else if (t.cpu != cpu || !t.on_rq) {
		snprintf(text, sizeof(text), "pid %d, of CPU %u, %s", t.pid, t.cpu, t.on_rq ? "runnable" : "asleep");
		queue_fault(c, cpu, addr, text, "a runnable thread of this CPU");
	} else if (!(t.cpus_mask >> cpu & 1) && !t.no_migrate && !t.moving) {
		snprintf(text, sizeof(text), "pid %d, which may run on %#" PRIx64, t.pid, t.cpus_mask);
		/* Whoever changes the set moves the thread right afterwards. */
		if (!c->busy)
			queue_fault(c, cpu, addr, text, "a thread that may run here");
	}
}

/* Does the running thread count? Not while it is being switched away from, and not twice. */
static bool runs(struct check_ctx *c, const struct mm_cpu *q, bool curr_queued)
{
	struct task_struct t;

	if (q->curr.va == q->idle.va || curr_queued)
		return false;
	return view_read(c->v, q->curr.va, &t, sizeof(t)) || (t.on_rq && !t.moving);
}

static void check_queue(struct check_ctx *c, unsigned int cpu, gva_t at, const struct mm_cpu *q)
{
	gva_t head = at + offsetof(struct mm_cpu, queue), node = q->queue.next.va, prev = head;
	bool curr_queued = false;
	uint32_t nr = 0;
	char text[64];

	for (; node != head && nr <= MAX_RUNNABLE; nr++) {
		struct list_head l;

		if (view_read(c->v, node, &l, sizeof(l)) || l.prev.va != prev) {
			queue_fault(c, cpu, node, "a link that does not lead back", "a closed list");
			return;
		}
		check_queued(c, cpu, node - offsetof(struct task_struct, run_node));
		curr_queued |= node - offsetof(struct task_struct, run_node) == q->curr.va;
		prev = node;
		node = l.next.va;
	}
	if (q->queue.prev.va != prev)
		queue_fault(c, cpu, head, "the last one is not the head's prev", "a closed list");
	nr += runs(c, q, curr_queued);
	if (nr != q->nr) {
		snprintf(text, sizeof(text), "nr %u", q->nr);
		queue_fault(c, cpu, at + offsetof(struct mm_cpu, nr), text, "what is queued, and what runs");
	}
}

/* ---- callbacks ---- */

static void callback_fault(struct check_ctx *c, unsigned int cpu, unsigned int list, gva_t at, const char *got)
{
	struct check_fault *f =
		check_fault(c, R_RCU_CALLBACK, CHECK_NO_PFN, at, "callback of CPU %u, list %s", cpu, list_names[list]);

	check_got(f, "%s", got);
	check_want(f, "allocated memory, waiting once");
}

/* Why can no callback be at @at? NULL: it can. */
static const char *why_not(struct check_ctx *c, gva_t at, bool ask_slab)
{
	struct slab_object o;
	struct page head;
	gpa_t gpa;

	if (at % 8)
		return "not aligned";
	if (view_translate(c->v, view_cr3(c->v), at, &gpa, NULL, NULL))
		return "not mapped";
	if (frame_fresh(c, gpa >> MMV_PAGE_SHIFT))
		return "in a page that was never handed out";
	if (c->any_flux)
		return NULL;
	switch (frame_state(c, gpa >> MMV_PAGE_SHIFT, &head)) {
	case PAGE_USED:
		if (head.owner == OWNER_SLAB && ask_slab && !c->busy && !view_object(c->v, DIRECT_MAP + gpa, &o) &&
		    o.state != OBJECT_USED)
			return "in a free object";
		return NULL;
	case PAGE_QUIET:
		return NULL; /* reserved: the kernel's own image */
	default:
		return "in a free page";
	}
}

static void list_fault(struct check_ctx *c, unsigned int cpu, unsigned int list, gva_t at, const char *got,
		       const char *want)
{
	struct check_fault *f =
		check_fault(c, R_RCU_LISTS, CHECK_NO_PFN, at, "callbacks of CPU %u, list %s", cpu, list_names[list]);

	check_got(f, "%s", got);
	check_want(f, "%s", want);
}

static void check_chain(struct check_ctx *c, unsigned int cpu, unsigned int list, gva_t at,
			const struct rcu_chain *chain, struct vec *seen)
{
	gva_t link = at + offsetof(struct rcu_chain, head), node = chain->head.va, mark = 0;
	uint64_t nr = 0;
	char text[64];

	while (node && nr <= chain->nr && nr < MAX_CALLBACKS) {
		struct callback_head h;
		const char *why = why_not(c, node, nr < MAX_OBJECTS_ASKED);

		/* A circle comes by its mark; the marks are ever further apart. */
		if (node == mark)
			break;
		if (!(nr & (nr - 1)))
			mark = node;
		if (why)
			callback_fault(c, cpu, list, node, why);
		if (view_read(c->v, node, &h, sizeof(h)))
			return;
		vec_add(seen, node);
		link = node;
		node = h.next.va;
		nr++;
	}
	if (nr != chain->nr || node) {
		snprintf(text, sizeof(text), "%s%" PRIu64 " callbacks, nr %" PRIu64, node ? "more than " : "", nr,
			 chain->nr);
		list_fault(c, cpu, list, at, text, "as many as it counts");
	} else if (chain->tail.va != link) {
		snprintf(text, sizeof(text), "tail %#" PRIx64, chain->tail.va);
		list_fault(c, cpu, list, at, text, "the last link");
	}
}

static void check_callbacks(struct check_ctx *c, unsigned int cpu, gva_t at, const struct rcu_cpu *r, struct vec *seen)
{
	for (unsigned int i = 0; i < RCU_LISTS; i++)
		check_chain(c, cpu, i, at + offsetof(struct rcu_cpu, lists) + i * sizeof(struct rcu_chain),
			    &r->lists[i], seen);
}

static void check_once(struct check_ctx *c, struct vec *seen)
{
	vec_sort(seen);
	for (size_t i = 1; i < seen->nr; i++) {
		if (seen->at[i] == seen->at[i - 1]) {
			struct check_fault *f = check_fault(c, R_RCU_CALLBACK, CHECK_NO_PFN, seen->at[i],
							    "callback %#" PRIx64, seen->at[i]);

			check_got(f, "it waits twice");
			check_want(f, "once");
		}
	}
}

static void check_grace(struct check_ctx *c)
{
	uint64_t cpus = c->root->nr_cpus < 64 ? (1ULL << c->root->nr_cpus) - 1 : ~0ULL;
	gva_t at = c->root->rcu.va;
	struct check_fault *f;
	struct rcu_state s;

	check_ran(c, R_RCU_GRACE);
	if (view_read(c->v, at, &s, sizeof(s))) {
		f = check_fault(c, R_RCU_GRACE, CHECK_NO_PFN, at, "grace periods");
		check_got(f, "a pointer to nowhere");
		check_want(f, "struct rcu_state");
		return;
	}
	if (!check_lock(c, &s.lock, at, "grace periods")) {
		check_flux(c, R_RCU_GRACE, R_RCU_GRACE);
		return;
	}
	if (s.latest - s.completed <= 1 && !(s.waiting & ~cpus) && !s.waiting == (s.latest == s.completed))
		return;
	f = check_fault(c, R_RCU_GRACE, CHECK_NO_PFN, at, "grace periods");
	check_got(f, "latest %" PRIu64 ", completed %" PRIu64 ", waits for %#" PRIx64, s.latest, s.completed,
		  s.waiting);
	check_want(f, "one under way that waits for CPUs, or none that waits for none");
}

void check_sched(struct check_ctx *c)
{
	struct vec seen = {0};

	check_ran_all(c, R_SCHED_QUEUE, R_RCU_CALLBACK);
	/* Before the scheduler is up there is nothing to see. */
	if (!c->root->cpus.va)
		return;
	for (unsigned int cpu = 0; cpu < c->root->nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		gva_t at = c->root->cpus.va + cpu * sizeof(struct mm_cpu);
		struct mm_cpu q;
		char name[32];

		if (view_read(c->v, at, &q, sizeof(q))) {
			queue_fault(c, cpu, at, "a pointer to nowhere", "struct mm_cpu");
			break;
		}
		if (!q.idle.va)
			continue; /* it is not up yet */
		snprintf(name, sizeof(name), "run queue of CPU %u", cpu);
		if (check_lock(c, &q.lock, at, name))
			check_queue(c, cpu, at, &q);
		else
			check_flux(c, R_SCHED_QUEUE, R_SCHED_QUEUE);
		if (q.rcu.lock.seq & 1)
			check_flux(c, R_RCU_LISTS, R_RCU_CALLBACK);
		else
			check_callbacks(c, cpu, at + offsetof(struct mm_cpu, rcu), &q.rcu, &seen);
	}
	check_once(c, &seen);
	vec_free(&seen);
	check_grace(c);
}
