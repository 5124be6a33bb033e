// SPDX-License-Identifier: MIT
/*
 * lockdep.c - suite: the debug kernel's lock checker finds each kind of mistake before it is a deadlock, and nothing else.
 *
 * Every case has locks of its own, so that what it teaches the checker is of no consequence to anybody else. In the release
 * kernel the same code runs, and nothing may be reported.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <mmvisor/dma_engine.h>

/* Do @statement: one report of @kind that says @text from the debug kernel, none from the release kernel. */
#define EXPECT_FOUND(test, kind, text, statement)                                                                      \
	do {                                                                                                           \
		unsigned long __before = lockdep_reports(kind);                                                        \
                                                                                                                       \
		if (lockdep_is_on())                                                                                   \
			KUNIT_EXPECT_REPORT(test, text, statement);                                                    \
		else                                                                                                   \
			statement;                                                                                     \
		KUNIT_EXPECT_EQ(test, lockdep_reports(kind) - __before, lockdep_is_on() ? 1UL : 0UL);                  \
	} while (0)

#define EXPECT_QUIET(test, statement)                                                                                  \
	do {                                                                                                           \
		unsigned long __warned = warn_count();                                                                 \
                                                                                                                       \
		statement;                                                                                             \
		KUNIT_EXPECT_EQ(test, warn_count() - __warned, 0UL);                                                   \
	} while (0)

static void take_both(spinlock_t *first, spinlock_t *second)
{
	spin_lock(first);
	spin_lock(second);
	spin_unlock(second);
	spin_unlock(first);
}

static void order_inversion(struct kunit *test)
{
	spinlock_t a, b;

	spin_lock_init(&a);
	spin_lock_init(&b);
	EXPECT_QUIET(test, take_both(&a, &b));
	EXPECT_QUIET(test, take_both(&a, &b));
	EXPECT_FOUND(test, LOCKDEP_INVERSION, "possible circular locking dependency: &a at", take_both(&b, &a));
	/* Said once. */
	EXPECT_QUIET(test, take_both(&b, &a));
}

static void order_inversion_over_three(struct kunit *test)
{
	spinlock_t a, b, c;

	spin_lock_init(&a);
	spin_lock_init(&b);
	spin_lock_init(&c);
	EXPECT_QUIET(test, take_both(&a, &b));
	EXPECT_QUIET(test, take_both(&b, &c));
	EXPECT_QUIET(test, take_both(&a, &c));
	EXPECT_FOUND(test, LOCKDEP_INVERSION, "possible circular locking dependency", take_both(&c, &a));
}

static void mutex_and_spinlock(struct mutex *m, spinlock_t *l)
{
	mutex_lock(m);
	spin_lock(l);
	spin_unlock(l);
	mutex_unlock(m);
}

static DEFINE_MUTEX(static_mutex);

static void order_of_mutexes(struct kunit *test)
{
	struct mutex m;
	spinlock_t l;

	mutex_init(&m);
	spin_lock_init(&l);
	EXPECT_QUIET(test, mutex_and_spinlock(&m, &l));
	mutex_lock(&static_mutex);
	EXPECT_QUIET(test, mutex_lock(&m));
	mutex_unlock(&m);
	mutex_unlock(&static_mutex);
	mutex_lock(&m);
	EXPECT_FOUND(test, LOCKDEP_INVERSION, "possible circular locking dependency", mutex_lock(&static_mutex));
	mutex_unlock(&static_mutex);
	mutex_unlock(&m);
}

/* Who only tries does not wait, so no order follows; what is taken under it is another matter. */
static void trying_makes_no_order(struct kunit *test)
{
	spinlock_t a, b, c;

	spin_lock_init(&a);
	spin_lock_init(&b);
	spin_lock_init(&c);
	EXPECT_QUIET(test, take_both(&a, &b));
	spin_lock(&b);
	EXPECT_QUIET(test, KUNIT_EXPECT_TRUE(test, spin_trylock(&a)));
	EXPECT_QUIET(test, spin_lock(&c));
	spin_unlock(&c);
	spin_unlock(&a);
	spin_unlock(&b);
	EXPECT_FOUND(test, LOCKDEP_INVERSION, "possible circular locking dependency", take_both(&c, &a));
}

static void nested_pair(spinlock_t *locks, unsigned int subclass)
{
	spin_lock(&locks[0]);
	spin_lock_nested(&locks[1], subclass);
	spin_unlock(&locks[1]);
	spin_unlock(&locks[0]);
}

static void one_class_twice(struct kunit *test)
{
	spinlock_t locks[2];

	for (unsigned int i = 0; i < ARRAY_SIZE(locks); i++)
		spin_lock_init(&locks[i]);
	EXPECT_QUIET(test, nested_pair(locks, 1));
	EXPECT_FOUND(test, LOCKDEP_RECURSION, "possible recursive locking: &locks[i]", nested_pair(locks, 0));
}

/* ---- interrupts ---- */

static void take(void *lock)
{
	spin_lock(lock);
	spin_unlock(lock);
}

struct in_irq {
	spinlock_t *lock;
	struct completion done;
};

static void take_in_irq(void *arg)
{
	struct in_irq *w = arg;

	take(w->lock);
	complete(&w->done);
}

/* Take @lock in a real hard interrupt: the engine's, or one from here on another CPU. */
static void in_hard_irq(struct kunit *test, spinlock_t *lock)
{
	struct in_irq w = {.lock = lock};
	int storm;

	if (num_online_cpus() > 1) {
		smp_call_function(take, lock, 1);
		return;
	}
	init_completion(&w.done);
	storm = dma_storm_start(0, 0, 0, take_in_irq, &w);
	KUNIT_ASSERT_GE_MSG(test, storm, 0, "one CPU and no DMA engine: nothing to interrupt with");
	dma_storm_fire(storm);
	wait_for_completion(&w.done);
	dma_storm_stop(storm);
}

static void irq_unsafe_use(struct kunit *test)
{
	unsigned long flags;
	spinlock_t l;

	spin_lock_init(&l);
	in_hard_irq(test, &l);
	spin_lock_irqsave(&l, flags);
	spin_unlock_irqrestore(&l, flags);
	EXPECT_FOUND(test, LOCKDEP_INTERRUPT, "inconsistent lock use: &l is taken in a hard interrupt, and held",
		     take(&l));
}

static void irq_unsafe_through_another(struct kunit *test)
{
	spinlock_t safe, unsafe;

	spin_lock_init(&safe);
	spin_lock_init(&unsafe);
	EXPECT_QUIET(test, take(&unsafe));
	in_hard_irq(test, &safe);
	local_irq_disable();
	EXPECT_FOUND(test, LOCKDEP_INTERRUPT, "inconsistent lock use: &safe is taken in a hard interrupt, &unsafe",
		     take_both(&safe, &unsafe));
	local_irq_enable();
}

/* Interrupts that come on while it is held are as bad as interrupts that were never off. */
static void turn_on_inside(spinlock_t *l)
{
	spin_lock_irq(l);
	local_irq_enable();
	local_irq_disable();
	spin_unlock_irq(l);
}

static void irqs_on_while_held(struct kunit *test)
{
	spinlock_t l;

	spin_lock_init(&l);
	in_hard_irq(test, &l);
	EXPECT_FOUND(test, LOCKDEP_INTERRUPT, "inconsistent lock use", turn_on_inside(&l));
}

/* ---- sleeping ---- */

static void sleep_under(spinlock_t *l)
{
	spin_lock(l);
	might_sleep();
	spin_unlock(l);
}

static void sleeping_with_a_spinlock(struct kunit *test)
{
	unsigned long before = lockdep_reports(LOCKDEP_SLEEP);
	spinlock_t l;

	spin_lock_init(&l);
	KUNIT_EXPECT_REPORT(test, "sleeping function called from invalid context", sleep_under(&l));
	KUNIT_EXPECT_EQ(test, lockdep_reports(LOCKDEP_SLEEP) - before, lockdep_is_on() ? 1UL : 0UL);
}

/* ---- reclaim ---- */

static void reclaim_takes(struct mutex *m, gfp_t gfp)
{
	fs_reclaim_acquire(gfp);
	mutex_lock(m);
	mutex_unlock(m);
	fs_reclaim_release(gfp);
}

static void allocate_under(struct mutex *m, gfp_t gfp)
{
	mutex_lock(m);
	kfree(kmalloc(32, gfp));
	mutex_unlock(m);
}

static void allocate_in_scope(struct mutex *m, unsigned int scope)
{
	unsigned int token = memalloc_flags_save(scope);

	allocate_under(m, GFP_KERNEL);
	memalloc_flags_restore(token);
}

static void reclaim_recursion(struct kunit *test)
{
	struct mutex m;

	mutex_init(&m);
	EXPECT_QUIET(test, reclaim_takes(&m, GFP_KERNEL));
	EXPECT_QUIET(test, allocate_under(&m, GFP_NOFS));
	EXPECT_QUIET(test, allocate_under(&m, GFP_NOWAIT));
	EXPECT_QUIET(test, allocate_in_scope(&m, PF_MEMALLOC_NOFS));
	EXPECT_QUIET(test, allocate_in_scope(&m, PF_MEMALLOC_NOIO));
	EXPECT_QUIET(test, allocate_in_scope(&m, PF_MEMALLOC));
	if (__GFP_NOLOCKDEP)
		EXPECT_QUIET(test, allocate_under(&m, GFP_KERNEL | __GFP_NOLOCKDEP));
	EXPECT_FOUND(test, LOCKDEP_RECLAIM, "(reclaim recursion)", allocate_under(&m, GFP_KERNEL));
}

static void reclaim_recursion_by_io(struct kunit *test)
{
	struct mutex m;

	mutex_init(&m);
	EXPECT_QUIET(test, reclaim_takes(&m, GFP_NOFS));
	EXPECT_QUIET(test, allocate_under(&m, GFP_NOIO));
	EXPECT_QUIET(test, allocate_in_scope(&m, PF_MEMALLOC_NOIO));
	EXPECT_FOUND(test, LOCKDEP_RECLAIM, "(reclaim recursion)", allocate_in_scope(&m, PF_MEMALLOC_NOFS));
}

/* The lock first, reclaim later: the other order of learning. */
static void reclaim_recursion_learned_late(struct kunit *test)
{
	struct mutex m;
	struct page *page;

	mutex_init(&m);
	mutex_lock(&m);
	EXPECT_QUIET(test, page = alloc_pages(GFP_KERNEL, 0));
	if (page)
		__free_pages(page, 0);
	mutex_unlock(&m);
	EXPECT_FOUND(test, LOCKDEP_RECLAIM, "(reclaim recursion)", reclaim_takes(&m, GFP_KERNEL));
}

/* ---- ends ---- */

static int ends_with_a_mutex(void *m)
{
	mutex_lock(m);
	return 0;
}

static void run_to_the_end(struct kunit *test, struct mutex *m)
{
	struct task_struct *task = kthread_create(ends_with_a_mutex, m, "careless");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	get_task_struct(task);
	wake_up_process(task);
	while (!mutex_is_locked(m))
		schedule_timeout_uninterruptible(1);
	kthread_stop(task);
	put_task_struct(task);
}

static void a_thread_ends_with_a_lock(struct kunit *test)
{
	struct mutex m;

	mutex_init(&m);
	EXPECT_FOUND(test, LOCKDEP_EXIT, "a thread ends with a lock held: &m", run_to_the_end(test, &m));
}

static void unlock(spinlock_t *l)
{
	preempt_disable();
	spin_unlock(l);
}

static void given_back_by_nobody(struct kunit *test)
{
	spinlock_t l;

	spin_lock_init(&l);
	EXPECT_FOUND(test, LOCKDEP_NOT_HELD, "a lock is given back that is not held", unlock(&l));
}

struct locked_object {
	char padding[24];
	spinlock_t lock;
};

static void freed_with_a_held_lock(struct kunit *test)
{
	struct locked_object *obj = kzalloc(sizeof(*obj), GFP_KERNEL);
	unsigned long before = lockdep_reports(LOCKDEP_FREED);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	spin_lock_init(&obj->lock);
	spin_lock(&obj->lock);
	if (lockdep_is_on()) {
		/* The real thing would write to freed memory: ask what kfree() asks. */
		KUNIT_EXPECT_REPORT(test, "memory is freed that holds a held lock",
				    debug_check_no_locks_freed(obj, sizeof(*obj)));
		KUNIT_EXPECT_EQ(test, lockdep_reports(LOCKDEP_FREED) - before, 1UL);
	}
	EXPECT_QUIET(test, debug_check_no_locks_freed(obj + 1, sizeof(*obj)));
	spin_unlock(&obj->lock);
	EXPECT_QUIET(test, kfree(obj));
}

static void knows_what_is_held(struct kunit *test)
{
	unsigned int depth = lockdep_depth();
	spinlock_t l;

	spin_lock_init(&l);
	spin_lock(&l);
	lockdep_assert_held(&l);
	if (lockdep_is_on())
		KUNIT_EXPECT_EQ(test, lockdep_depth(), depth + 1);
	spin_unlock(&l);
	KUNIT_EXPECT_EQ(test, lockdep_depth(), depth);
	if (lockdep_is_on())
		KUNIT_EXPECT_REPORT(test, "", lockdep_assert_held(&l));
}

/* What fills a table is said, once, and the suites leave room. */
static void tables_have_room(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, lockdep_reports(LOCKDEP_FULL), 0UL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(order_inversion),
	KUNIT_CASE(order_inversion_over_three),
	KUNIT_CASE(order_of_mutexes),
	KUNIT_CASE(trying_makes_no_order),
	KUNIT_CASE(one_class_twice),
	KUNIT_CASE(irq_unsafe_use),
	KUNIT_CASE(irq_unsafe_through_another),
	KUNIT_CASE(irqs_on_while_held),
	KUNIT_CASE(sleeping_with_a_spinlock),
	KUNIT_CASE(reclaim_recursion),
	KUNIT_CASE(reclaim_recursion_by_io),
	KUNIT_CASE(reclaim_recursion_learned_late),
	KUNIT_CASE(a_thread_ends_with_a_lock),
	KUNIT_CASE(given_back_by_nobody),
	KUNIT_CASE(freed_with_a_held_lock),
	KUNIT_CASE(knows_what_is_held),
	KUNIT_CASE(tables_have_room),
	{},
};
static struct kunit_suite suite = {.name = "lockdep", .test_cases = cases};
kunit_test_suite(suite);
