/* SPDX-License-Identifier: MIT */
/*
 * resource.h - what a case holds and gives back by itself when it is over, newest first.
 *
 * Context: task; from any thread of the test.
 */
#ifndef _KUNIT_RESOURCE_H
#define _KUNIT_RESOURCE_H

#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/types.h>

struct kunit;

typedef void(kunit_action_t)(void *ctx);

/** KUNIT_DEFINE_ACTION_WRAPPER - make an action of a function that takes another kind of pointer */
#define KUNIT_DEFINE_ACTION_WRAPPER(wrapper, orig, arg_type)                                                           \
	static void wrapper(void *in)                                                                                  \
	{                                                                                                              \
		arg_type arg = (arg_type)in;                                                                           \
		orig(arg);                                                                                             \
	}

/** kunit_add_action - call @action(@ctx) when the case is over. Return: 0 or -ENOMEM. */
int __must_check kunit_add_action(struct kunit *test, kunit_action_t *action, void *ctx);
/** kunit_add_action_or_reset - the same; if it cannot be noted, it is called now. */
int __must_check kunit_add_action_or_reset(struct kunit *test, kunit_action_t *action, void *ctx);
/** kunit_remove_action - forget the newest such one without calling it. */
void kunit_remove_action(struct kunit *test, kunit_action_t *action, void *ctx);
/** kunit_release_action - call the newest such one now, and forget it. */
void kunit_release_action(struct kunit *test, kunit_action_t *action, void *ctx);

/** kunit_kmalloc - memory that is freed when the case is over. Return: it, or NULL. */
void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp);
void *kunit_kmalloc_array(struct kunit *test, size_t n, size_t size, gfp_t gfp);
/** kunit_kfree - free such memory now. */
void kunit_kfree(struct kunit *test, const void *ptr);

static inline void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	return kunit_kmalloc(test, size, gfp | __GFP_ZERO);
}

static inline void *kunit_kcalloc(struct kunit *test, size_t n, size_t size, gfp_t gfp)
{
	return kunit_kmalloc_array(test, n, size, gfp | __GFP_ZERO);
}

#endif
