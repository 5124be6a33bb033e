/* SPDX-License-Identifier: MIT */
/* spinlock_types.h - kept for code that asks for it by this name: see spinlock.h. */
#ifndef _LINUX_SPINLOCK_TYPES_H
#define _LINUX_SPINLOCK_TYPES_H
#include <linux/spinlock.h>
#endif
