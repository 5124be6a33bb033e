/* SPDX-License-Identifier: MIT */
/*
 * kfree_rcu.h - free what readers may still look at: after a grace period. slab.h and rcupdate.h include this.
 *
 * Whatever kvfree() takes: objects of any cache, kmalloc() and vmalloc() memory; NULL does nothing.
 */
#ifndef _LINUX_KFREE_RCU_H
#define _LINUX_KFREE_RCU_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/stddef.h>
#include <linux/types.h>

/**
 * kvfree_call_rcu - free @ptr after a grace period
 * @head: inside what @ptr points at; NULL: then it may sleep
 */
void kvfree_call_rcu(struct rcu_head *head, void *ptr);

/** kvfree_rcu_barrier - wait until all that was handed over before is free. Context: task. */
void kvfree_rcu_barrier(void);

#define __kfree_rcu_2(ptr, field)                                                                                      \
	do {                                                                                                           \
		__typeof__(ptr) __rcu_ptr = (ptr);                                                                     \
                                                                                                                       \
		BUILD_BUG_ON(offsetof(__typeof__(*__rcu_ptr), field) >= 4096);                                         \
		if (__rcu_ptr)                                                                                         \
			kvfree_call_rcu(&__rcu_ptr->field, (void *)__rcu_ptr);                                         \
	} while (0)
#define __kfree_rcu_1(ptr)                                                                                             \
	do {                                                                                                           \
		__typeof__(ptr) __rcu_ptr = (ptr);                                                                     \
                                                                                                                       \
		if (__rcu_ptr)                                                                                         \
			kvfree_call_rcu(NULL, (void *)__rcu_ptr);                                                      \
	} while (0)
#define __kfree_rcu_pick(_1, _2, name, ...) name

/**
 * kfree_rcu - (ptr, field): @field is the object's struct rcu_head, within its first 4096 bytes. Context: any but NMI.
 *             (ptr): the object has none. Context: task, may sleep; the name of that is kfree_rcu_mightsleep() today.
 */
#define kfree_rcu(...) __kfree_rcu_pick(__VA_ARGS__, __kfree_rcu_2, __kfree_rcu_1, )(__VA_ARGS__)
#define kvfree_rcu(...) kfree_rcu(__VA_ARGS__)
#define kfree_rcu_mightsleep(ptr) __kfree_rcu_1(ptr)
#define kvfree_rcu_mightsleep(ptr) __kfree_rcu_1(ptr)

#endif
