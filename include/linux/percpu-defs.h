/* SPDX-License-Identifier: MIT */
/* percpu-defs.h - kept for code that asks for it by this name: see percpu.h. */
#ifndef _LINUX_PERCPU_DEFS_H
#define _LINUX_PERCPU_DEFS_H
#include <linux/percpu.h>
#endif
