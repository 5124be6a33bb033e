// SPDX-License-Identifier: MIT
/*
 * sched.c - damage to run queues and to callbacks that wait.
 */
#include "tests/sabotage/image.h"

static gva_t cpu0(void)
{
	return image_root()->cpus.va;
}

/* The nth thread on the queue of CPU 0. */
static gva_t queued(unsigned int n)
{
	gva_t head = AT(cpu0(), struct mm_cpu, queue), node = peek64(head);

	while (n-- && node != head)
		node = peek64(node);
	ck_assert_msg(node != head, "no thread waits");
	return node - offsetof(struct task_struct, run_node);
}

static gva_t chain(enum rcu_list list)
{
	return AT(cpu0(), struct mm_cpu, rcu.lists) + (gva_t)list * sizeof(struct rcu_chain);
}

static gva_t callback(enum rcu_list list)
{
	gva_t head = peek64(AT(chain(list), struct rcu_chain, head));

	ck_assert_msg(head, "no callback waits on list %d", (int)list);
	return head;
}

static gva_t grace(void)
{
	return image_root()->rcu.va;
}

/* ---- run queues ---- */

static void thread_lost(void)
{
	unlink_node(AT(queued(1), struct task_struct, run_node));
}

static void thread_prev(void)
{
	add64(AT(queued(1), struct task_struct, run_node.prev), 64);
}

static void thread_nowhere(void)
{
	poke64(AT(queued(0), struct task_struct, run_node.next), 0xdead000000000100);
}

static void thread_asleep(void)
{
	poke8(AT(queued(0), struct task_struct, on_rq), 0);
}

static void thread_elsewhere(void)
{
	poke32(AT(queued(2), struct task_struct, cpu), 1);
}

static void thread_not_allowed(void)
{
	poke64(AT(queued(0), struct task_struct, cpus_mask), 2);
}

static void queue_counts_one_more(void)
{
	gva_t nr = AT(cpu0(), struct mm_cpu, nr);

	poke32(nr, peek32(nr) + 1);
}

static void cpus_nowhere(void)
{
	poke64(AT(view_root_addr(image_view()), struct mm_root, cpus), 0xffff777700000000);
}

/* ---- callbacks ---- */

static void grace_for_nobody(void)
{
	poke64(AT(grace(), struct rcu_state, waiting), 0);
}

static void grace_for_no_cpu(void)
{
	poke64(AT(grace(), struct rcu_state, waiting), 1ULL << 40);
}

static void grace_runs_back(void)
{
	add64(AT(grace(), struct rcu_state, completed), 5);
}

static void grace_nowhere(void)
{
	poke64(AT(view_root_addr(image_view()), struct mm_root, rcu), 0xffff777700000000);
}

static void chain_counts_one_more(void)
{
	add64(AT(chain(RCU_NEXT), struct rcu_chain, nr), 1);
}

static void chain_tail(void)
{
	add64(AT(chain(RCU_WAIT), struct rcu_chain, tail), 16);
}

static void chain_cut(void)
{
	poke64(callback(RCU_NEXT), 0);
}

static void chain_cycle(void)
{
	gva_t second = peek64(callback(RCU_NEXT));

	poke64(second, callback(RCU_NEXT));
}

static void called_twice(void)
{
	gva_t second = peek64(callback(RCU_NEXT));

	poke64(second, callback(RCU_WAIT));
}

/* Its object was freed, and nobody told RCU: the head of a free block stands for it. */
static void in_free_page(void)
{
	unsigned int zone;
	gva_t page = DIRECT_MAP + (free_page_head(0, &zone) << MMV_PAGE_SHIFT);

	poke64(AT(chain(RCU_WAIT), struct rcu_chain, head), page);
}

static void in_free_object(void)
{
	gva_t cache = cache_named("rich-mixed");
	uint64_t pfn = first_slab(cache, offsetof(struct kmem_cache, partial));
	struct page page;
	struct kmem_cache s;
	gva_t start;

	peek(cache, &s, sizeof(s));
	page_copy(pfn, &page);
	start = DIRECT_MAP + (pfn << MMV_PAGE_SHIFT) + s.first;
	/* Every second one is free: the first that the checker does not take for used will do. */
	for (unsigned int i = 0; i < s.objs_per_slab; i++) {
		struct check_report r;
		char err[VIEW_ERR_MAX];

		poke64(AT(chain(RCU_WAIT), struct rcu_chain, head), start + i * s.size);
		ck_assert_int_ge(image_check(&r, err), 0);
		bool hit = r.found[check_rule_find("rcu.callback")];

		check_report_free(&r);
		if (hit)
			return;
	}
}

static void unaligned(void)
{
	add64(AT(chain(RCU_WAIT), struct rcu_chain, head), 4);
}

static void nowhere(void)
{
	poke64(AT(chain(RCU_WAIT), struct rcu_chain, head), 0xffff777700000000);
}

const struct sabotage sched_sabotage[] = {
	{"sched.queue", "a runnable thread is on no queue", thread_lost, ""},
	{"sched.queue", "prev off", thread_prev, ""},
	{"sched.queue", "next poisoned", thread_nowhere, ""},
	{"sched.queue", "a sleeping thread is queued", thread_asleep, ""},
	{"sched.queue", "a thread of another CPU is queued", thread_elsewhere, ""},
	{"sched.queue", "a thread that may not run here is queued", thread_not_allowed, ""},
	{"sched.queue", "nr", queue_counts_one_more, ""},
	{"sched.queue", "queues nowhere", cpus_nowhere, "thread.cpu"},
	{"rcu.grace", "waits for nobody", grace_for_nobody, ""},
	{"rcu.grace", "waits for a CPU that is not there", grace_for_no_cpu, ""},
	{"rcu.grace", "completed before it began", grace_runs_back, ""},
	{"rcu.grace", "state nowhere", grace_nowhere, ""},
	{"rcu.lists", "nr", chain_counts_one_more, ""},
	{"rcu.lists", "tail off", chain_tail, ""},
	{"rcu.lists", "cut short", chain_cut, ""},
	{"rcu.lists", "cycle", chain_cycle, "rcu.callback"},
	{"rcu.callback", "waits twice", called_twice, "rcu.lists"},
	{"rcu.callback", "in a free page", in_free_page, "rcu.lists"},
	{"rcu.callback", "in a free object", in_free_object, "rcu.lists"},
	{"rcu.callback", "not aligned", unaligned, "rcu.lists"},
	{"rcu.callback", "not mapped", nowhere, "rcu.lists"},
};
const unsigned int nr_sched_sabotage = sizeof(sched_sabotage) / sizeof(sched_sabotage[0]);
