/* SPDX-License-Identifier: MIT */
/* processor.h - cpu_relax() and what else the machine offers: see <asm/processor.h>. */
#ifndef _LINUX_PROCESSOR_H
#define _LINUX_PROCESSOR_H
#include <asm/processor.h>
#endif
