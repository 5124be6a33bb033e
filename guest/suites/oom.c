// SPDX-License-Identifier: MIT
/*
 * oom.c - suite: who is chosen to die, that it does, and that its memory comes back; and what is tried before.
 *
 * The decision is asked for directly (out_of_memory()), so that nothing depends on how full memory is; the growth of real programs into
 * real shortage is in pressure.c.
 */
#include <linux/notifier.h>

#include "pressure.h"

#define SMALL 8
#define LARGE 24

static int fill(struct program *p)
{
	unsigned long addr = user_map(p->pages);

	for (; p->done < p->pages; p->done++)
		if (!addr || write_page(addr, p->done, p->tag))
			return -EFAULT;
	complete(&p->half);
	return addr ? 0 : -ENOMEM;
}

/* Fill, then wait to be killed. 1: was. */
static int fill_and_wait(struct program *p)
{
	DECLARE_COMPLETION_ONSTACK(never);
	int err = fill(p);

	return err ? err : wait_for_completion_killable(&never) ? 1 : 0;
}

static bool decide(gfp_t gfp, int order)
{
	struct oom_control oc = {.gfp_mask = gfp, .order = order};
	bool hope;

	mutex_lock(&oom_lock);
	hope = out_of_memory(&oc);
	mutex_unlock(&oom_lock);
	return hope;
}

/* The mark goes when the thread ends, a moment after its address space. */
static void expect_no_victims(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, oom_killer_disable(10 * HZ));
	oom_killer_enable();
}

static void the_largest_dies(struct kunit *test)
{
	struct program small = {.main = fill_and_wait, .pages = SMALL, .tag = 1};
	struct program large = {.main = fill_and_wait, .pages = LARGE, .tag = 2};
	unsigned long kills = vm_events(OOM_KILL);

	program_start(test, &small, "small");
	program_start(test, &large, "large");
	wait_for_completion(&small.half);
	wait_for_completion(&large.half);
	KUNIT_EXPECT_GT(test, oom_badness(large.task, 1000), oom_badness(small.task, 1000));
	KUNIT_EXPECT_GE(test, oom_badness(large.task, 1000), (long)LARGE);
	KUNIT_EXPECT_EQ(test, oom_badness(current, 1000), LONG_MIN);
	KUNIT_EXPECT_TRUE(test, decide(GFP_KERNEL, 0));
	KUNIT_EXPECT_EQ(test, program_wait(&large), 1);
	KUNIT_EXPECT_EQ(test, vm_events(OOM_KILL), kills + 1);
	KUNIT_EXPECT_FALSE(test, fatal_signal_pending(small.task));
	send_sig(SIGKILL, small.task, 1);
	KUNIT_EXPECT_EQ(test, program_wait(&small), 1);
	expect_no_victims(test);
}

static void oom_score_adj_decides(struct kunit *test)
{
	struct program small = {.main = fill_and_wait, .pages = SMALL, .tag = 1, .adj = 500};
	struct program large = {.main = fill_and_wait, .pages = LARGE, .tag = 2, .adj = OOM_SCORE_ADJ_MIN};

	program_start(test, &small, "small");
	program_start(test, &large, "large");
	wait_for_completion(&small.half);
	wait_for_completion(&large.half);
	KUNIT_EXPECT_EQ(test, oom_badness(large.task, 1000), LONG_MIN);
	KUNIT_EXPECT_GE(test, oom_badness(small.task, 1000), 500L);
	KUNIT_EXPECT_TRUE(test, decide(GFP_KERNEL, 0));
	KUNIT_EXPECT_EQ(test, program_wait(&small), 1);
	/* Nobody else may be killed: no hope. */
	KUNIT_EXPECT_FALSE(test, decide(GFP_KERNEL, 0));
	KUNIT_EXPECT_FALSE(test, fatal_signal_pending(large.task));
	send_sig(SIGKILL, large.task, 1);
	KUNIT_EXPECT_EQ(test, program_wait(&large), 1);
	expect_no_victims(test);
}

static void nobody_dies_without_fs(struct kunit *test)
{
	struct program p = {.main = fill_and_wait, .pages = SMALL, .tag = 1};
	unsigned long kills = vm_events(OOM_KILL);

	program_start(test, &p, "bystander");
	wait_for_completion(&p.half);
	KUNIT_EXPECT_TRUE(test, decide(GFP_NOFS, 0));
	KUNIT_EXPECT_TRUE(test, decide(GFP_NOIO, 0));
	KUNIT_EXPECT_FALSE(test, fatal_signal_pending(p.task));
	KUNIT_EXPECT_TRUE(test, oom_killer_disable(HZ));
	KUNIT_EXPECT_FALSE(test, decide(GFP_KERNEL, 0));
	oom_killer_enable();
	KUNIT_EXPECT_FALSE(test, fatal_signal_pending(p.task));
	KUNIT_EXPECT_EQ(test, vm_events(OOM_KILL), kills);
	send_sig(SIGKILL, p.task, 1);
	KUNIT_EXPECT_EQ(test, program_wait(&p), 1);
}

static unsigned int asked;

static int gives_three(struct notifier_block *nb, unsigned long action, void *data)
{
	(void)nb;
	(void)action;
	asked++;
	*(unsigned long *)data += 3;
	return NOTIFY_OK;
}

static int gives_nothing(struct notifier_block *nb, unsigned long action, void *data)
{
	(void)nb;
	(void)action;
	(void)data;
	asked++;
	return NOTIFY_OK;
}

static void notifiers_come_first(struct kunit *test)
{
	struct program p = {.main = fill_and_wait, .pages = SMALL, .tag = 1};
	struct notifier_block gives = {.notifier_call = gives_three}, not = {.notifier_call = gives_nothing};

	asked = 0;
	program_start(test, &p, "bystander");
	wait_for_completion(&p.half);
	KUNIT_EXPECT_EQ(test, register_oom_notifier(&gives), 0);
	KUNIT_EXPECT_EQ(test, register_oom_notifier(&not ), 0);
	KUNIT_EXPECT_TRUE(test, decide(GFP_KERNEL, 0));
	KUNIT_EXPECT_EQ(test, asked, 2U);
	KUNIT_EXPECT_FALSE(test, fatal_signal_pending(p.task));
	KUNIT_EXPECT_EQ(test, unregister_oom_notifier(&gives), 0);
	KUNIT_EXPECT_TRUE(test, decide(GFP_KERNEL, 0));
	KUNIT_EXPECT_EQ(test, asked, 3U);
	KUNIT_EXPECT_EQ(test, program_wait(&p), 1);
	KUNIT_EXPECT_EQ(test, unregister_oom_notifier(&not ), 0);
	KUNIT_EXPECT_LT(test, unregister_oom_notifier(&not ), 0);
	expect_no_victims(test);
}

/* ---- a victim that does not get on ---- */

static int fill_and_sleep_on(struct program *p)
{
	unsigned long addr = user_map(p->pages);

	for (; addr && p->done < p->pages; p->done++)
		if (write_page(addr, p->done, p->tag))
			return -EFAULT;
	complete(&p->half);
	/* Deaf until somebody else is done. */
	wait_for_completion(&p->go);
	/* Its memory was taken: reading it is an error, never zeros. */
	return addr ? check_page(addr, 0, p->tag) : -ENOMEM;
}

static void the_reaper_takes_what_the_deaf_hold(struct kunit *test)
{
	struct program p = {.main = fill_and_sleep_on, .pages = LARGE, .tag = 3};
	struct mm_struct *mm;

	program_start(test, &p, "deaf");
	while (READ_ONCE(p.done) < LARGE)
		msleep(1);
	mm = get_task_mm(p.task);
	KUNIT_ASSERT_NOT_NULL(test, mm);
	KUNIT_EXPECT_GE(test, get_mm_rss(mm), (unsigned long)LARGE);
	KUNIT_EXPECT_TRUE(test, decide(GFP_KERNEL, 0));
	/* While it is dying nobody else is chosen. */
	KUNIT_EXPECT_TRUE(test, decide(GFP_KERNEL, 0));
	for (unsigned int i = 0; i < 500 && !(READ_ONCE(mm->flags) & MMF_OOM_SKIP); i++)
		msleep(10);
	KUNIT_EXPECT_TRUE(test, READ_ONCE(mm->flags) & MMF_OOM_SKIP);
	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), 0UL);
	KUNIT_EXPECT_EQ(test, oom_badness(p.task, 1000), LONG_MIN);
	mmput(mm);
	complete(&p.go);
	KUNIT_EXPECT_EQ(test, program_wait(&p), -EFAULT);
	expect_no_victims(test);
}

/* Two threads in one address space: both must end, or nothing comes back. */
struct pair {
	struct mm_struct *mm;
	struct completion began;
};

static int second_thread(void *data)
{
	DECLARE_COMPLETION_ONSTACK(never);
	struct pair *pair = data;
	int killed;

	kthread_use_mm(pair->mm);
	complete(&pair->began);
	killed = wait_for_completion_killable(&never) ? 1 : 0;
	kthread_unuse_mm(pair->mm);
	mmput(pair->mm);
	return killed;
}

static void all_who_share_it_die(struct kunit *test)
{
	struct program p = {.main = fill_and_wait, .pages = SMALL, .tag = 4};
	struct task_struct *second;
	struct pair pair;

	program_start(test, &p, "first");
	wait_for_completion(&p.half);
	pair.mm = get_task_mm(p.task);
	KUNIT_ASSERT_NOT_NULL(test, pair.mm);
	init_completion(&pair.began);
	second = kthread_create(second_thread, &pair, "second");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, second);
	get_task_struct(second);
	wake_up_process(second);
	wait_for_completion(&pair.began);
	KUNIT_EXPECT_TRUE(test, decide(GFP_KERNEL, 0));
	KUNIT_EXPECT_EQ(test, program_wait(&p), 1);
	while (!(READ_ONCE(second->flags) & PF_EXITING))
		msleep(1);
	KUNIT_EXPECT_EQ(test, kthread_stop(second), 1);
	put_task_struct(second);
	expect_no_victims(test);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(the_largest_dies),
	KUNIT_CASE(oom_score_adj_decides),
	KUNIT_CASE(nobody_dies_without_fs),
	KUNIT_CASE(notifiers_come_first),
	KUNIT_CASE(the_reaper_takes_what_the_deaf_hold),
	KUNIT_CASE(all_who_share_it_die),
	{},
};

static struct kunit_suite suite = {.name = "oom", .test_cases = cases};
kunit_test_suite(suite);
