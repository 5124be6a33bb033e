// SPDX-License-Identifier: MIT
/*
 * threads.c - damage to threads, their stacks, and what is known of their locks.
 *
 * The image is of the release kernel, which keeps no list of held locks: sabotage gives it one, in a page of the payload's.
 */
#include <string.h>

#include "tests/sabotage/image.h"
#include "tools/view/thread.h"

/* Stacks are areas of vmalloc: its rules look there too. */
#define PAGES_OF_STACK "vmalloc.mapped vmalloc.guard vmalloc.outside vmalloc.once"

static gva_t root_field(size_t offset)
{
	return view_root_addr(image_view()) + offset;
}

/* The thread of that name; @running: is it to be one that a CPU runs? */
static gva_t thread_named(const char *name, bool running)
{
	char err[VIEW_ERR_MAX] = "";
	struct view_threads all;
	gva_t found = 0;

	ck_assert_msg(!view_threads_read(image_view(), &all, false, err), "%s", err);
	for (unsigned int i = 0; i < all.nr; i++) {
		if (!strncmp(all.at[i].name, name, strlen(name)) && (all.at[i].running >= 0) == running)
			found = all.at[i].addr;
	}
	view_threads_free(&all);
	ck_assert_msg(found, "no thread is called %s", name);
	return found;
}

static gva_t sleeper(void)
{
	return thread_named("kernel_main", false);
}

static gva_t runner(void)
{
	return thread_named("kunit:", true);
}

/* A page of the payload's, to write to. */
static gva_t own_page(void)
{
	return DIRECT_MAP + (used_page(OWNER_RAW, 0) << MMV_PAGE_SHIFT);
}

static void give_lock(gva_t task, const struct mm_held_lock *held)
{
	gva_t page = own_page();

	poke(page, held, sizeof(*held));
	poke64(AT(task, struct task_struct, held), page);
	poke32(AT(task, struct task_struct, nr_held), 1);
}

static void link_lost(void)
{
	poke64(AT(AT(sleeper(), struct task_struct, tasks), struct list_head, prev),
	       root_field(offsetof(struct mm_root, tasks)) + 64);
}

static void list_without_end(void)
{
	gva_t node = AT(sleeper(), struct task_struct, tasks);

	poke64(AT(node, struct list_head, next), node);
	poke64(AT(node, struct list_head, prev), node);
}

static void end_of_stack_overwritten(void)
{
	poke64(peek64(AT(sleeper(), struct task_struct, stack)), 0x4141414141414141);
}

static void pointer_outside(void)
{
	poke64(AT(sleeper(), struct task_struct, thread), peek64(AT(sleeper(), struct task_struct, stack)) - 64);
}

static void stack_not_mapped(void)
{
	poke64(pte_addr(peek64(AT(sleeper(), struct task_struct, stack)) + MMV_PAGE_SIZE, 1), 0);
}

static void guard_mapped(void)
{
	gva_t stack = peek64(AT(sleeper(), struct task_struct, stack));

	poke64(pte_addr(stack - MMV_PAGE_SIZE, 1), peek64(pte_addr(stack, 1)));
}

static void cpu_runs_nobody(void)
{
	poke64(image_root()->cpus.va + offsetof(struct mm_cpu, curr), own_page());
}

static void idle_thread_lost(void)
{
	poke64(image_root()->cpus.va + offsetof(struct mm_cpu, idle), own_page());
}

static void odd_preempt_count(void)
{
	gva_t count = peek64(image_root()->cpus.va + offsetof(struct mm_cpu, preempt_count));

	poke32(count, peek32(count) | 0x04000000);
}

static void sleeps_with_a_spinlock(void)
{
	struct mm_held_lock held = {.lock = own_page() + 512};

	give_lock(sleeper(), &held);
}

static void scope_left_open(void)
{
	gva_t flags = AT(sleeper(), struct task_struct, flags);

	poke32(flags, peek32(flags) | PF_MEMALLOC_NOFS);
}

/* Held, says the thread; free, says the lock. */
static void lock_disagrees(void)
{
	struct mm_held_lock held = {.lock = own_page() + 512};

	poke32(own_page() + 512, 0);
	give_lock(runner(), &held);
}

static void too_many_locks(void)
{
	poke32(AT(sleeper(), struct task_struct, nr_held), 1000);
}

static void mutex_kept(void)
{
	struct mm_held_lock held = {.lock = own_page() + 512, .flags = HELD_SLEEPS};

	give_lock(sleeper(), &held);
}

static void order_with_a_cycle(void)
{
	struct mm_lock_class classes[4] = {{0}};

	memcpy(classes[1].name, "one", 4);
	classes[1].after[0] = 1 << 2;
	classes[2].after[0] = 1 << 3;
	classes[3].after[0] = 1 << 1;
	poke(own_page(), classes, sizeof(classes));
	poke64(root_field(offsetof(struct mm_root, lock_classes)), own_page());
	poke32(root_field(offsetof(struct mm_root, nr_lock_classes)), 4);
}

const struct sabotage thread_sabotage[] = {
	{"thread.linked", "a link that leads back elsewhere", link_lost, ""},
	{"thread.linked", "a thread that is its own neighbour", list_without_end, ""},
	{"thread.stack", "the last word of a stack overwritten", end_of_stack_overwritten, ""},
	{"thread.stack", "a saved stack pointer under the stack", pointer_outside, ""},
	{"thread.stack", "a hole in a stack", stack_not_mapped, PAGES_OF_STACK " pgtable.count"},
	{"thread.stack", "the guard page mapped", guard_mapped, PAGES_OF_STACK " pgtable.count"},
	{"thread.cpu", "a CPU that runs what is no thread", cpu_runs_nobody, "lock.held mm.cpus sched.queue"},
	{"thread.cpu", "an idle thread that is none", idle_thread_lost, ""},
	{"thread.atomic", "an impossible preempt count", odd_preempt_count, ""},
	{"thread.atomic", "a spinlock held by a sleeping thread", sleeps_with_a_spinlock, "lock.quiet"},
	{"thread.scope", "a memalloc scope that never ended", scope_left_open, ""},
	{"lock.held", "a held lock whose word is free", lock_disagrees, ""},
	{"lock.held", "more locks than there is room for", too_many_locks, ""},
	{"lock.quiet", "a mutex kept to the end", mutex_kept, ""},
	{"lock.order", "three classes, each under the next", order_with_a_cycle, ""},
};
const unsigned int nr_thread_sabotage = sizeof(thread_sabotage) / sizeof(thread_sabotage[0]);
