/* SPDX-License-Identifier: MIT */
/*
 * notifier.h - lists of functions to call when something happens, highest priority first.
 *
 * Raw chains only: whoever owns one sees to it that nobody changes it while it is called.
 */
#ifndef _LINUX_NOTIFIER_H
#define _LINUX_NOTIFIER_H

#include <linux/errno.h>
#include <linux/types.h>

struct notifier_block;
typedef int (*notifier_fn_t)(struct notifier_block *nb, unsigned long action, void *data);

struct notifier_block {
	notifier_fn_t notifier_call;
	struct notifier_block *next;
	int priority;
};

struct raw_notifier_head {
	struct notifier_block *head;
};

#define RAW_NOTIFIER_HEAD(name) struct raw_notifier_head name = {NULL}

#define NOTIFY_DONE 0
#define NOTIFY_OK 1
#define NOTIFY_STOP_MASK 0x8000 /* call nobody after this one */
#define NOTIFY_BAD (NOTIFY_STOP_MASK | 2)
#define NOTIFY_STOP (NOTIFY_STOP_MASK | NOTIFY_OK)

static inline int raw_notifier_chain_register(struct raw_notifier_head *chain, struct notifier_block *nb)
{
	struct notifier_block **at = &chain->head;

	for (; *at && (*at)->priority >= nb->priority; at = &(*at)->next)
		if (*at == nb)
			return -EEXIST;
	nb->next = *at;
	*at = nb;
	return 0;
}

static inline int raw_notifier_chain_unregister(struct raw_notifier_head *chain, struct notifier_block *nb)
{
	for (struct notifier_block **at = &chain->head; *at; at = &(*at)->next) {
		if (*at == nb) {
			*at = nb->next;
			return 0;
		}
	}
	return -ENOENT;
}

/** raw_notifier_call_chain - Return: what the last one called returned. */
static inline int raw_notifier_call_chain(struct raw_notifier_head *chain, unsigned long action, void *data)
{
	int ret = NOTIFY_DONE;

	for (struct notifier_block *nb = chain->head; nb && !(ret & NOTIFY_STOP_MASK); nb = nb->next)
		ret = nb->notifier_call(nb, action, data);
	return ret;
}

#endif
