/* SPDX-License-Identifier: MIT */
/*
 * types.h - the kernel's integer types and the structures that everything links things with.
 *
 * list_head and rb_node come from shared/types.h, because the inspector reads them.
 */
#ifndef _LINUX_TYPES_H
#define _LINUX_TYPES_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/compiler.h>
#include <linux/stddef.h>
#include "shared/rcu.h"
#include "shared/types.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;

typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s8 __s8;
typedef s16 __s16;
typedef s32 __s32;
typedef s64 __s64;

typedef u16 __le16;
typedef u16 __be16;
typedef u32 __le32;
typedef u32 __be32;
typedef u64 __le64;
typedef u64 __be64;

typedef unsigned char unchar;
typedef long ssize_t;
typedef long off_t;
typedef long loff_t;
typedef int pid_t;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef unsigned short ushort;
typedef unsigned short umode_t;

/** phys_addr_t - a guest-physical address inside the guest; the same bits as gpa_t. */
typedef u64 phys_addr_t;
typedef phys_addr_t resource_size_t;
/** dma_addr_t - an address as a device sees it. */
typedef u64 dma_addr_t;
typedef unsigned long irq_hw_number_t;

typedef unsigned int gfp_t;
typedef unsigned int slab_flags_t;
typedef unsigned int fmode_t;
typedef unsigned long pgoff_t;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

typedef atomic64_t atomic_long_t;

#define ATOMIC_INIT(i)                                                                                                 \
	{                                                                                                              \
		(i)                                                                                                    \
	}
#define ATOMIC64_INIT(i)                                                                                               \
	{                                                                                                              \
		(i)                                                                                                    \
	}
#define ATOMIC_LONG_INIT(i)                                                                                            \
	{                                                                                                              \
		(i)                                                                                                    \
	}

struct hlist_head {
	struct hlist_node *first;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

/* Something to be called after a grace period: shared/rcu.h, because the inspector reads it. */
#define rcu_head callback_head
typedef void (*rcu_callback_t)(struct rcu_head *head);

typedef int (*cmp_func_t)(const void *a, const void *b);
typedef int (*cmp_r_func_t)(const void *a, const void *b, const void *priv);
typedef void (*swap_func_t)(void *a, void *b, int size);

#endif
