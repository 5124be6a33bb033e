/* SPDX-License-Identifier: MIT */
/*
 * xarray.h - an array of pointers by unsigned long, sparse, with three marks for each entry.
 *
 *	DEFINE_XARRAY(things);
 *	old = xa_store(&things, 17, thing, GFP_KERNEL);
 *	xa_for_each(&things, index, thing) ...
 *	xa_erase(&things, 17);
 *
 * Entries are pointers to something aligned to 4, or small numbers (xa_mk_value()). Calls whose names begin with xa_ take the
 * lock, with interrupts off, so they work in any context; those with __xa_ want it held: xa_lock_irqsave(). A call that may
 * have to allocate nodes gives the lock back meanwhile.
 */
#ifndef _LINUX_XARRAY_H
#define _LINUX_XARRAY_H

#include <linux/err.h>
#include <linux/gfp_types.h>
#include <linux/limits.h>
#include <linux/spinlock.h>
#include "shared/xarray.h"

typedef unsigned int xa_mark_t;
#define XA_MARK_0 0U
#define XA_MARK_1 1U
#define XA_MARK_2 2U
/* Not a mark: "any entry" to xa_find(). */
#define XA_PRESENT 8U

#define XARRAY_INIT(name, flags)                                                                                       \
	{                                                                                                              \
		.xa_lock = __SPIN_LOCK_UNLOCKED((name).xa_lock), .xa_flags = (flags)                                   \
	}
#define DEFINE_XARRAY_FLAGS(name, flags) struct xarray name = XARRAY_INIT(name, flags)
#define DEFINE_XARRAY(name) DEFINE_XARRAY_FLAGS(name, 0)
#define XA_FLAGS_LOCK_IRQ 1U
#define XA_FLAGS_LOCK_BH 2U

#define xa_lock(xa) spin_lock(&(xa)->xa_lock)
#define xa_unlock(xa) spin_unlock(&(xa)->xa_lock)
#define xa_lock_irqsave(xa, flags) spin_lock_irqsave(&(xa)->xa_lock, flags)
#define xa_unlock_irqrestore(xa, flags) spin_unlock_irqrestore(&(xa)->xa_lock, flags)

#define xa_init_flags(xa, flags)                                                                                       \
	do {                                                                                                           \
		*(xa) = (struct xarray){.xa_flags = (flags)};                                                          \
		spin_lock_init(&(xa)->xa_lock);                                                                        \
	} while (0)
#define xa_init(xa) xa_init_flags(xa, 0)

/* ---- entries ---- */

static inline void *xa_mk_value(unsigned long v)
{
	return (void *)((v << 1) | 1);
}

static inline unsigned long xa_to_value(const void *entry)
{
	return (unsigned long)entry >> 1;
}

static inline bool xa_is_value(const void *entry)
{
	return (unsigned long)entry & 1;
}

/** xa_is_err, xa_err - calls that return an entry return one of these for "it did not work" */
static inline bool xa_is_err(const void *entry)
{
	return IS_ERR(entry);
}

static inline int xa_err(const void *entry)
{
	return IS_ERR(entry) ? (int)PTR_ERR(entry) : 0;
}

static inline bool xa_empty(const struct xarray *xa)
{
	return !READ_ONCE(xa->xa_head);
}

/* ---- one entry ---- */

/** xa_load - the entry at @index, or NULL */
void *xa_load(struct xarray *xa, unsigned long index);
/** xa_store - put @entry there (NULL: nothing). Return: what was there, or xa_is_err(): -ENOMEM, -EINVAL. */
void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
/** xa_erase - take away what is there and its marks. Return: it. Never fails. */
void *xa_erase(struct xarray *xa, unsigned long index);
/** xa_insert - put @entry where nothing is. Return: 0, -EBUSY, -ENOMEM. */
int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
/** xa_cmpxchg - put @entry there if @old is there. Return: what was there, or xa_is_err(). */
void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp);

void *__xa_load(const struct xarray *xa, unsigned long index);
/** __xa_store - the same with the lock held, interrupts off; @flags: as xa_lock_irqsave() gave them, used if it must allocate */
void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp, unsigned long *flags);
void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp, unsigned long *flags);
void *__xa_erase(struct xarray *xa, unsigned long index);
/** __xa_replace - another entry in a slot that holds one: allocates nothing, marks stay. Return: what was there. */
void *__xa_replace(struct xarray *xa, unsigned long index, void *entry);

/* ---- marks: an entry that goes takes its marks along ---- */

bool xa_get_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
/** xa_set_mark - nothing happens where no entry is */
void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
bool __xa_get_mark(const struct xarray *xa, unsigned long index, xa_mark_t mark);
void __xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void __xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
/** xa_marked - has any entry the mark? */
bool xa_marked(const struct xarray *xa, xa_mark_t mark);

/* ---- many ---- */

/**
 * xa_find - the first entry from *@index to @max
 * @filter: XA_PRESENT, or a mark that it must have
 * Return: it, and *@index is where; NULL if there is none.
 */
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter);
/** xa_find_after - the same from behind *@index */
void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter);
void *__xa_find(const struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter);
/** xa_extract - up to @n entries from @start to @max into @dst. Return: how many. */
unsigned int xa_extract(struct xarray *xa, void **dst, unsigned long start, unsigned long max, unsigned int n,
			xa_mark_t filter);
/** xa_destroy - take everything away. What the entries point to is the caller's affair. */
void xa_destroy(struct xarray *xa);

#define xa_for_each_marked(xa, index, entry, filter)                                                                   \
	for ((index) = 0, (entry) = xa_find(xa, &(index), ULONG_MAX, filter); (entry);                                 \
	     (entry) = xa_find_after(xa, &(index), ULONG_MAX, filter))
#define xa_for_each_range(xa, index, entry, start, last)                                                               \
	for ((index) = (start), (entry) = xa_find(xa, &(index), last, XA_PRESENT); (entry);                            \
	     (entry) = xa_find_after(xa, &(index), last, XA_PRESENT))
#define xa_for_each_start(xa, index, entry, start) xa_for_each_range(xa, index, entry, start, ULONG_MAX)
#define xa_for_each(xa, index, entry) xa_for_each_start(xa, index, entry, 0)

/** xarray_init - the cache of nodes; once, when slabs work. */
void xarray_init(void);

#endif
