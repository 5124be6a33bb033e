/* SPDX-License-Identifier: MIT */
/* lockdep.h - assertions about locks: lockdep_assert_held() checks in the debug kernel. */
#ifndef _LINUX_LOCKDEP_H
#define _LINUX_LOCKDEP_H
#include <linux/spinlock.h>
#endif
