// SPDX-License-Identifier: MIT
/*
 * init_mem.c - the boot arguments init_on_alloc=1 and init_on_free=1: memory is cleared whether or not anybody asked for it.
 *
 * On allocating: so that nobody sees what was there before him. On freeing: so that nothing stays behind. Pages and slab objects
 * alike, but for objects whose contents belong to the allocator's user while they are free (constructor, SLAB_TYPESAFE_BY_RCU) and
 * those that debugging poisons: cleared memory would hide what poison is there to show.
 *
 * Cost: none unless asked for. The quick ways look at nothing new: pages are sent past them by the largest order that may go
 * there, objects by arrays of capacity 0, as in caches with debugging.
 */
#include <linux/init.h>

#include "pages.h"
#include "slab.h"

struct init_mem init_mem = {.alloc_orders = PCP_ORDERS, .free_orders = PCP_ORDERS};

/* Return: 1, or 0 if it is neither on nor off. */
static int set_switch(const char *value, bool *to)
{
	if ((value[0] != '0' && value[0] != '1') || value[1])
		return 0;
	*to = value[0] == '1';
	return 1;
}

static int setup_on_alloc(char *value)
{
	bool on = false;
	int ret = set_switch(value, &on);

	init_mem.on_alloc = on ? __GFP_ZERO : 0;
	init_mem.alloc_orders = on ? 0 : PCP_ORDERS;
	return ret;
}
__setup("init_on_alloc", setup_on_alloc);

static int setup_on_free(char *value)
{
	int ret = set_switch(value, &init_mem.on_free);

	init_mem.free_orders = init_mem.on_free ? 0 : PCP_ORDERS;
	return ret;
}
__setup("init_on_free", setup_on_free);

uint32_t slab_init_flags(const struct kmem_cache *s)
{
	if (s->ctor || s->flags & SLAB_TYPESAFE_BY_RCU || (slab_debugged(s) && s->flags & SLAB_POISON))
		return 0;
	return (init_mem.on_alloc ? SLAB_INIT_ALLOC : 0) | (init_mem.on_free ? SLAB_INIT_FREE : 0);
}
