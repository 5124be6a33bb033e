// SPDX-License-Identifier: MIT
/*
 * kunit_resource.c - what a case registered to be undone when it is over: a list, newest first, under the test's lock.
 */
#include <linux/export.h>

#include "guest/kernel/kunit.h"

/** struct resource - call @action(@ctx) */
struct resource {
	struct list_head node;
	kunit_action_t *action;
	void *ctx;
};

int kunit_add_action(struct kunit *test, kunit_action_t *action, void *ctx)
{
	struct resource *r = kmalloc(sizeof(*r), GFP_KERNEL);
	unsigned long flags;

	if (!r)
		return -ENOMEM;
	r->action = action;
	r->ctx = ctx;
	spin_lock_irqsave(&test->lock, flags);
	list_add(&r->node, &test->resources);
	spin_unlock_irqrestore(&test->lock, flags);
	return 0;
}
EXPORT_SYMBOL_GPL(kunit_add_action);

int kunit_add_action_or_reset(struct kunit *test, kunit_action_t *action, void *ctx)
{
	int err = kunit_add_action(test, action, ctx);

	if (err)
		action(ctx);
	return err;
}
EXPORT_SYMBOL_GPL(kunit_add_action_or_reset);

/* Take off the newest one that fits; with @action NULL the newest. */
static struct resource *take(struct kunit *test, kunit_action_t *action, const void *ctx)
{
	struct resource *r, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&test->lock, flags);
	list_for_each_entry (r, &test->resources, node) {
		if (!action || (r->action == action && r->ctx == ctx)) {
			found = r;
			list_del(&r->node);
			break;
		}
	}
	spin_unlock_irqrestore(&test->lock, flags);
	return found;
}

void kunit_remove_action(struct kunit *test, kunit_action_t *action, void *ctx)
{
	kfree(take(test, action, ctx));
}
EXPORT_SYMBOL_GPL(kunit_remove_action);

void kunit_release_action(struct kunit *test, kunit_action_t *action, void *ctx)
{
	struct resource *r = take(test, action, ctx);

	if (WARN(!r, "kunit_release_action: no such action\n"))
		return;
	kfree(r);
	action(ctx);
}
EXPORT_SYMBOL_GPL(kunit_release_action);

void kunit_release_all(struct kunit *test)
{
	struct resource *r;

	while ((r = take(test, NULL, NULL))) {
		kunit_action_t *action = r->action;
		void *ctx = r->ctx;

		kfree(r);
		action(ctx);
	}
}

static void free_memory(void *p)
{
	kfree(p);
}

void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	void *p = kmalloc(size, gfp);

	if (p && kunit_add_action_or_reset(test, free_memory, p))
		return NULL;
	return p;
}
EXPORT_SYMBOL_GPL(kunit_kmalloc);

void *kunit_kmalloc_array(struct kunit *test, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	return check_mul_overflow(n, size, &bytes) ? NULL : kunit_kmalloc(test, bytes, gfp);
}
EXPORT_SYMBOL_GPL(kunit_kmalloc_array);

void kunit_kfree(struct kunit *test, const void *ptr)
{
	if (ptr)
		kunit_release_action(test, free_memory, (void *)ptr);
}
EXPORT_SYMBOL_GPL(kunit_kfree);
