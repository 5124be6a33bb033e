/* SPDX-License-Identifier: MIT */
/* timekeeping.h - kept for code that asks for it by this name: see ktime.h. */
#ifndef _LINUX_TIMEKEEPING_H
#define _LINUX_TIMEKEEPING_H
#include <linux/ktime.h>
#endif
