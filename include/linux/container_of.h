/* SPDX-License-Identifier: MIT */
/* container_of.h - from a member to the structure around it. */
#ifndef _LINUX_CONTAINER_OF_H
#define _LINUX_CONTAINER_OF_H

#include <linux/build_bug.h>
#include <linux/stddef.h>

#define typeof_member(T, m) __typeof__(((T *)0)->m)

/**
 * container_of - the structure of @type whose @member lies at @ptr
 */
#define container_of(ptr, type, member)                                                                                \
	({                                                                                                             \
		void *__mptr = (void *)(ptr);                                                                          \
		_Static_assert(__same_type(*(ptr), ((type *)0)->member) || __same_type(*(ptr), void),                  \
			       "container_of: the pointer is not of the member's type");                               \
		((type *)((char *)__mptr - offsetof(type, member)));                                                   \
	})
#define container_of_const(ptr, type, member) ((const type *)container_of(ptr, type, member))

#endif
