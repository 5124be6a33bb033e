/* SPDX-License-Identifier: MIT */
/* irq.h - kept for code that asks for it by this name: see interrupt.h. */
#ifndef _LINUX_IRQ_H
#define _LINUX_IRQ_H
#include <linux/interrupt.h>
#endif
