/* SPDX-License-Identifier: MIT */
/*
 * timer.h - functions to be called when jiffies has reached some value.
 *
 * The function runs in softirq context, once, on the CPU that armed the timer last (or on which it was put by
 * add_timer_on()), not before jiffies is @expires; it may arm the timer again. mod_timer() and timer_delete() may be called in
 * any context, also from the function; the _sync forms wait for a function that is running and so may be called neither
 * from it nor in an interrupt, nor while holding what the function waits for.
 */
#ifndef _LINUX_TIMER_H
#define _LINUX_TIMER_H

#include <linux/container_of.h>
#include <linux/jiffies.h>
#include <linux/rbtree.h>
#include <linux/types.h>

/**
 * struct timer_list - a timer
 * @node:    in the CPU's tree while it is armed
 * @expires: when
 * @function: NULL: was shut down, or never set up
 * @flags:   TIMER_*, and the CPU whose tree's lock guards it
 */
struct timer_list {
	struct rb_node node;
	unsigned long expires;
	void (*function)(struct timer_list *t);
	u32 flags;
};

#define TIMER_CPUMASK 0x0003ffff
#define TIMER_MIGRATING 0x00040000
#define TIMER_ARMED 0x00080000 /* it is in a tree */
#define TIMER_DEFERRABLE 0x00100000
#define TIMER_PINNED 0x00200000
#define TIMER_IRQSAFE 0x00400000

/* Statically: not armed. */
#define __TIMER_INITIALIZER(_function, _flags)                                                                         \
	{                                                                                                              \
		.function = (_function), .flags = (_flags)                                                             \
	}
#define DEFINE_TIMER(_name, _function) struct timer_list _name = __TIMER_INITIALIZER(_function, 0)

/** timer_setup - say what @timer calls; it is not armed. @flags: 0 or TIMER_*, which make no difference here. */
void timer_setup(struct timer_list *timer, void (*function)(struct timer_list *t), unsigned int flags);
#define timer_setup_on_stack(timer, function, flags) timer_setup(timer, function, flags)
#define destroy_timer_on_stack(timer) ((void)(timer))

#define from_timer(var, callback_timer, timer_fieldname)                                                               \
	container_of(callback_timer, __typeof__(*(var)), timer_fieldname)
#define timer_container_of(var, callback_timer, timer_fieldname) from_timer(var, callback_timer, timer_fieldname)

/** timer_pending - is it armed? Only a hint unless the caller keeps others from arming it. */
static inline int timer_pending(const struct timer_list *timer)
{
	return (READ_ONCE(timer->flags) & TIMER_ARMED) != 0;
}

/**
 * mod_timer - arm @timer, or change its time
 * Return: 1 if it was armed before, 0 if not (or if it was shut down: then it stays so). Context: any.
 */
int mod_timer(struct timer_list *timer, unsigned long expires);
/** mod_timer_pending - the same, only if it is armed */
int mod_timer_pending(struct timer_list *timer, unsigned long expires);
/** timer_reduce - the same, only if it is not armed or would be later */
int timer_reduce(struct timer_list *timer, unsigned long expires);
/** add_timer - arm @timer for timer->expires; it is not armed yet. */
void add_timer(struct timer_list *timer);
/** add_timer_on - the same, on @cpu */
void add_timer_on(struct timer_list *timer, int cpu);

/** timer_delete - disarm. Return: 1 if it was armed. Its function may be running. Context: any. */
int timer_delete(struct timer_list *timer);
/** timer_delete_sync - disarm, and wait until its function does not run. Return: 1 if it was armed. */
int timer_delete_sync(struct timer_list *timer);
/** timer_delete_sync_try - the same without waiting. Return: -1 if its function is running. */
int timer_delete_sync_try(struct timer_list *timer);
#define try_to_del_timer_sync(timer) timer_delete_sync_try(timer)
/** timer_shutdown - disarm for good: arming it does nothing from now on, until timer_setup(). */
int timer_shutdown(struct timer_list *timer);
int timer_shutdown_sync(struct timer_list *timer);

#define del_timer(timer) timer_delete(timer)
#define del_timer_sync(timer) timer_delete_sync(timer)

/** round_jiffies_relative - @j ticks from now or a little later, so that several wake-ups fall together */
static inline unsigned long round_jiffies_relative(unsigned long j)
{
	unsigned long at = jiffies + j + HZ - 1;

	return at - at % HZ - jiffies;
}

#endif
