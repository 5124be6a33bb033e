/* SPDX-License-Identifier: MIT */
/*
 * ring.h - a driver's ring is shown to readers outside the guest: see shared/ring.h.
 */
#ifndef DRIVERS_RING_H
#define DRIVERS_RING_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "shared/mm.h"

/** ring_add - from now on a device looks at it. Everything but the name is filled in. Any context. */
static inline void ring_add(struct mm_ring *ring, const char *name)
{
	unsigned long irq;

	strscpy(ring->name, name, sizeof(ring->name));
	spin_lock_irqsave(&mm_root.ring_lock, irq);
	mm_write_begin(&mm_root.ring_lock);
	list_add_tail(&ring->node, &mm_root.rings);
	mm_write_end(&mm_root.ring_lock);
	spin_unlock_irqrestore(&mm_root.ring_lock, irq);
}

/** ring_del - the device does not look at it any more. */
static inline void ring_del(struct mm_ring *ring)
{
	unsigned long irq;

	spin_lock_irqsave(&mm_root.ring_lock, irq);
	mm_write_begin(&mm_root.ring_lock);
	list_del(&ring->node);
	mm_write_end(&mm_root.ring_lock);
	spin_unlock_irqrestore(&mm_root.ring_lock, irq);
}

#endif
